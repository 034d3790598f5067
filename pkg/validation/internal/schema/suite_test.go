package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The draft-4 cases of JSON-Schema-Test-Suite, as far as OpenAPI 3.0.3 has what they use. The data is not part of the
// repository: SHARED_DIR says where it is, or it is beside the repository.
func TestJSONSchemaTestSuite(t *testing.T) {
	shared := os.Getenv("SHARED_DIR")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "..", "shared")
	}
	files, err := filepath.Glob(filepath.Join(shared, "json-schema-test-suite", "draft4", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	formats, err := filepath.Glob(filepath.Join(shared, "json-schema-test-suite", "draft4", "format", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, formats...)
	if len(files) == 0 {
		t.Skip("no json-schema-test-suite in " + shared)
	}
	ran, skipped := 0, map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var groups []struct {
			Description string
			Schema      json.RawMessage
			Tests       []struct {
				Description string
				Data        json.RawMessage
				Valid       bool
			}
		}
		if err := json.Unmarshal(text, &groups); err != nil {
			t.Fatal(err)
		}
		for _, group := range groups {
			var schema any
			if err := json.Unmarshal(group.Schema, &schema); err != nil {
				t.Fatal(err)
			}
			reason := outside(schema)
			if strings.HasSuffix(file, "default.json") {
				reason = "defaults, which the loader wants to fit their own schema"
			}
			if reason != "" {
				skipped[reason] += len(group.Tests)
				continue
			}
			v, err := tryCompile(string(group.Schema))
			if err != nil {
				t.Errorf("%s, %s: %v", filepath.Base(file), group.Description, err)
				continue
			}
			for _, c := range group.Tests {
				if reason := outsideData(c.Data); reason != "" {
					skipped[reason]++
					continue
				}
				if reason := formatDifferences[c.Description]; reason != "" {
					skipped[reason]++
					// A difference that has gone must leave the list.
					if faults := v.check(string(c.Data)); (len(faults) == 0) == c.Valid {
						t.Errorf("%s is a difference no more", c.Description)
					}
					continue
				}
				ran++
				if faults := v.check(string(c.Data)); (len(faults) == 0) != c.Valid {
					t.Errorf("%s, %s, %s: %q; want it accepted: %v", filepath.Base(file), group.Description,
						c.Description, rules(faults), c.Valid)
				}
			}
		}
	}
	total := 0
	for reason, count := range skipped {
		t.Logf("skipped %d: %s", count, reason)
		total += count
	}
	t.Logf("ran %d cases, skipped %d", ran, total)
}

// formatDifferences are cases about formats that get another verdict here, on purpose.
var formatDifferences = map[string]string{
	"a valid date-time with a leap second, UTC":               "leap seconds, which no time.Time can hold",
	"a valid date-time with a leap second, with minus offset": "leap seconds, which no time.Time can hold",
	"case-insensitive T and Z":                                "lower-case t and z, which time.Time does not decode",
	"dot before local part is not valid": "dots in the local part of addresses, which some " +
		"real ones have",
	"dot after local part is not valid": "dots in the local part of addresses, which some " +
		"real ones have",
	"two subsequent dots inside local part are not valid": "dots in the local part of addresses, which some " +
		"real ones have",
}

// outside says what a schema has that OpenAPI 3.0.3 has not, or means otherwise.
func outside(schema any) string {
	s, ok := schema.(map[string]any)
	if !ok {
		return "a schema that is not an object"
	}
	for keyword, value := range s {
		switch keyword {
		case "patternProperties", "dependencies", "definitions", "id", "additionalItems", "$schema", "$comment":
			return keyword
		case "$ref":
			return "$ref into another document than components"
		case "type":
			if _, several := value.([]any); several {
				return "several types"
			}
			if value == "null" {
				return "the type null"
			}
			if value == "array" && s["items"] == nil {
				return "an array without items"
			}
		case "items":
			if _, tuple := value.([]any); tuple {
				return "tuples"
			}
		case "format":
			switch value {
			case "email", "ipv4", "ipv6", "date-time", "uri":
			default:
				return "a format that is a comment here"
			}
		case "enum":
			for _, v := range value.([]any) {
				if v == nil {
					return "null without nullable"
				}
			}
		case "exclusiveMinimum", "exclusiveMaximum":
			if _, number := value.(float64); number {
				return "a number as " + keyword
			}
		}
		var below []any
		switch keyword {
		case "properties":
			for _, v := range value.(map[string]any) {
				below = append(below, v)
			}
		case "allOf", "anyOf", "oneOf":
			below, _ = value.([]any)
		case "items", "not":
			below = []any{value}
		case "additionalProperties":
			if _, flag := value.(bool); !flag {
				below = []any{value}
			}
		}
		for _, v := range below {
			if reason := outside(v); reason != "" {
				return reason
			}
		}
	}
	return ""
}

// outsideData says what a value has that is treated otherwise in OpenAPI 3.0.3, whatever the schema.
func outsideData(data json.RawMessage) string {
	if bytes.Contains(data, []byte("null")) {
		return "null without nullable"
	}
	return ""
}
