package schema_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

var (
	smallNames   = []string{"a", "b", "c", "kind"}
	smallNumbers = []json.Number{"0", "1", "2", "3", "-1", "1.5", "10", "0.1", "0.3"}
	smallTexts   = []string{"", "a", "b", "ab", "cat", "dog", "é", schematest.ID, "2024-02-29"}
)

// randomSchema makes a schema of keywords that the contract itself may not have, or not together.
func randomSchema(d schematest.Dice, depth int) map[string]any {
	s := map[string]any{}
	kind := schematest.Pick(d, []string{"", "string", "integer", "number", "boolean", "array", "object", "object",
		"object"})
	if depth > 3 {
		kind = schematest.Pick(d, []string{"", "string", "integer"})
	}
	if kind != "" {
		s["type"] = kind
	}
	below := func() any {
		if d(10) == 0 {
			return map[string]any{"$ref": "#/components/schemas/" + schematest.Pick(d, []string{"Tree", "Term", "Odd"})}
		}
		return randomSchema(d, depth+1)
	}
	some := func(keyword string, odds int, value func() any) {
		if d(odds) == 0 {
			s[keyword] = value()
		}
	}
	some("nullable", 6, func() any { return true })
	switch kind {
	case "string":
		some("minLength", 4, func() any { return d(3) })
		some("maxLength", 4, func() any { return 1 + d(3) })
		some("pattern", 6, func() any { return schematest.Pick(d, []string{"^a", "b$", `^\u0061+$`}) })
		some("format", 6, func() any { return schematest.Pick(d, []string{"uuid", "date", "other"}) })
		some("enum", 4, func() any { return []any{schematest.Pick(d, smallTexts), schematest.Pick(d, smallTexts)} })
	case "integer", "number":
		some("minimum", 3, func() any { return schematest.Pick(d, smallNumbers) })
		some("maximum", 3, func() any { return schematest.Pick(d, smallNumbers) })
		some("exclusiveMinimum", 4, func() any { return d(2) == 0 })
		some("exclusiveMaximum", 4, func() any { return d(2) == 0 })
		some("multipleOf", 5, func() any { return schematest.Pick(d, []json.Number{"1", "2", "3", "0.5"}) })
		some("enum", 6, func() any { return []any{schematest.Pick(d, smallNumbers), schematest.Pick(d, smallNumbers)} })
	case "array":
		s["items"] = below()
		some("minItems", 4, func() any { return d(3) })
		some("maxItems", 4, func() any { return 1 + d(3) })
		some("uniqueItems", 4, func() any { return true })
	case "object":
		some("minProperties", 6, func() any { return d(3) })
		some("maxProperties", 6, func() any { return 1 + d(3) })
	case "":
		some("enum", 8, func() any {
			return []any{schematest.Pick(d, smallTexts), schematest.Pick(d, smallNumbers), true,
				[]any{json.Number("1")}, map[string]any{"a": json.Number("1"), "b": nil}}
		})
	}
	if depth > 3 {
		return s
	}
	if kind == "object" || kind == "" && d(3) == 0 {
		properties := map[string]any{}
		for range d(4) {
			p := randomSchema(d, depth+1)
			if d(8) == 0 {
				p[schematest.Pick(d, []string{"readOnly", "writeOnly"})] = true
			}
			properties[schematest.Pick(d, smallNames)] = p
		}
		s["properties"] = properties
		some("required", 2, func() any {
			required := []any{schematest.Pick(d, smallNames)}
			if other := schematest.Pick(d, smallNames); other != required[0] {
				required = append(required, other)
			}
			return required
		})
		some("additionalProperties", 4, func() any { return schematest.Pick(d, []any{true, false, below()}) })
	}
	variants := func() any {
		list := []any{}
		for range 1 + d(3) {
			list = append(list, below())
		}
		return list
	}
	some("allOf", 5, variants)
	some("oneOf", 8, variants)
	some("anyOf", 8, variants)
	some("not", 12, func() any {
		// kin-openapi takes a not for nothing when its schema has no keywords. See TestDeliberateDifferences.
		not := randomSchema(d, depth+1)
		if not["type"] == nil {
			not["type"] = schematest.Pick(d, []string{"string", "integer", "object"})
		}
		return not
	})
	if d(10) == 0 {
		delete(s, "oneOf")
		delete(s, "anyOf")
		s[schematest.Pick(d, []string{"oneOf", "anyOf"})] = []any{
			map[string]any{"$ref": "#/components/schemas/Cat"}, map[string]any{"$ref": "#/components/schemas/Dog"},
		}
		discriminator := map[string]any{"propertyName": "kind"}
		if d(4) > 0 {
			discriminator["mapping"] = map[string]any{"cat": "#/components/schemas/Cat", "dog": "Dog",
				"ab": "#/components/schemas/Cat"}
		}
		s["discriminator"] = discriminator
	}
	return s
}

// randomValue makes a value that has a chance with a random schema.
func randomValue(d schematest.Dice, depth int) any {
	n := d(9)
	if depth > 3 {
		n = d(5)
	}
	switch n {
	case 0:
		return nil
	case 1:
		return d(2) == 0
	case 2:
		return schematest.Pick(d, smallNumbers)
	case 3, 4:
		return schematest.Pick(d, smallTexts)
	case 5:
		items := []any{}
		for range d(4) {
			items = append(items, randomValue(d, depth+1))
		}
		return items
	}
	object := map[string]any{}
	for range d(5) {
		object[schematest.Pick(d, append(smallNames, "lives", "bark", "x"))] = randomValue(d, depth+1)
	}
	if d(3) == 0 {
		object["kind"] = schematest.Pick(d, []any{"cat", "dog", "cow"})
		object["lives"] = json.Number("9")
	}
	return object
}

// The contract does not use all of JSON Schema. Schemas at random do, in every combination, and get kin-openapi's
// verdict too.
func TestRandomSchemasGetTheVerdictOfKin(t *testing.T) {
	count := 500
	if text := os.Getenv("VALIDATION_MUTANTS"); text != "" {
		mutants, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		count = mutants / 100
	}
	seed := rand.Uint64()
	d := schematest.Dice(rand.New(rand.NewPCG(seed, 0)).IntN)
	accepted, compared, refused, wrong := 0, 0, 0, 0
	shortest := ""
	for range count {
		text, err := json.Marshal(randomSchema(d, 0))
		if err != nil {
			t.Fatal(err)
		}
		s, err := tryCompile(string(text))
		if err != nil {
			// kin-openapi finds some combinations absurd, such as a property that is readOnly and writeOnly.
			refused++
			continue
		}
		for range 100 {
			body, err := json.Marshal(randomValue(d, 0))
			if err != nil {
				t.Fatal(err)
			}
			for direction, compiled := range map[schema.Direction]*schema.Schema{
				schema.DirectionRequest: s.request, schema.DirectionResponse: s.response,
			} {
				faults := check(compiled, body)
				ours := len(faults) == 0
				compared++
				if kins := schematest.Accepts(s.source, direction, body); ours != kins {
					wrong++
					if report := fmt.Sprintf("direction %d: ours: %q; kin-openapi accepts it: %v\nbody %s\nschema %s",
						direction, rules(faults), kins, body, text); shortest == "" || len(report) < len(shortest) {
						shortest = report
					}
				}
				all := compiled.CheckAll(new(schema.Checker), body, 20)
				switch {
				case ours:
					accepted++
				case !reflect.DeepEqual(faults, all):
					t.Errorf("seed %d: a second look finds %q; %q without passing over anything\nschema %s\nbody %s",
						seed,
						rules(faults), rules(all), text, body)
				case faults[0].Rule == "schema":
					t.Errorf("seed %d: refused without a reason\nschema %s\nbody %s", seed, text, body)
				}
			}
		}
	}
	if wrong > 0 {
		t.Errorf("seed %d: %d disagreements, the shortest of them %s", seed, wrong, shortest)
	}
	t.Logf("%d bodies for %d schemas, %d of them accepted by both; %d schemas refused", compared, count-refused,
		accepted, refused)
}
