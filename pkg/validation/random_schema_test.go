package validation_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

var (
	smallNames   = []string{"a", "b", "c", "kind"}
	smallNumbers = []json.Number{"0", "1", "2", "3", "-1", "1.5", "10", "0.1", "0.3"}
	smallTexts   = []string{"", "a", "b", "ab", "cat", "dog", "é", id, "2024-02-29"}
)

// randomSchema makes a schema of keywords that the contract itself may not have, or not together.
func randomSchema(d dice, depth int) map[string]any {
	s := map[string]any{}
	kind := pick(d, []string{"", "string", "integer", "number", "boolean", "array", "object", "object", "object"})
	if depth > 3 {
		kind = pick(d, []string{"", "string", "integer"})
	}
	if kind != "" {
		s["type"] = kind
	}
	below := func() any {
		if d(10) == 0 {
			return map[string]any{"$ref": "#/components/schemas/" + pick(d, []string{"Tree", "Term", "Odd"})}
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
		some("pattern", 6, func() any { return pick(d, []string{"^a", "b$", `^\u0061+$`}) })
		some("format", 6, func() any { return pick(d, []string{"uuid", "date", "other"}) })
		some("enum", 4, func() any { return []any{pick(d, smallTexts), pick(d, smallTexts)} })
	case "integer", "number":
		some("minimum", 3, func() any { return pick(d, smallNumbers) })
		some("maximum", 3, func() any { return pick(d, smallNumbers) })
		some("exclusiveMinimum", 4, func() any { return d(2) == 0 })
		some("exclusiveMaximum", 4, func() any { return d(2) == 0 })
		some("multipleOf", 5, func() any { return pick(d, []json.Number{"1", "2", "3", "0.5"}) })
		some("enum", 6, func() any { return []any{pick(d, smallNumbers), pick(d, smallNumbers)} })
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
			return []any{pick(d, smallTexts), pick(d, smallNumbers), true, []any{json.Number("1")},
				map[string]any{"a": json.Number("1"), "b": nil}}
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
				p[pick(d, []string{"readOnly", "writeOnly"})] = true
			}
			properties[pick(d, smallNames)] = p
		}
		s["properties"] = properties
		some("required", 2, func() any {
			required := []any{pick(d, smallNames)}
			if other := pick(d, smallNames); other != required[0] {
				required = append(required, other)
			}
			return required
		})
		some("additionalProperties", 4, func() any { return pick(d, []any{true, false, below()}) })
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
			not["type"] = pick(d, []string{"string", "integer", "object"})
		}
		return not
	})
	if d(10) == 0 {
		delete(s, "oneOf")
		delete(s, "anyOf")
		s[pick(d, []string{"oneOf", "anyOf"})] = []any{
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
func randomValue(d dice, depth int) any {
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
		return pick(d, smallNumbers)
	case 3, 4:
		return pick(d, smallTexts)
	case 5:
		items := []any{}
		for range d(4) {
			items = append(items, randomValue(d, depth+1))
		}
		return items
	}
	object := map[string]any{}
	for range d(5) {
		object[pick(d, append(smallNames, "lives", "bark", "x"))] = randomValue(d, depth+1)
	}
	if d(3) == 0 {
		object["kind"] = pick(d, []any{"cat", "dog", "cow"})
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
	d := dice(rand.New(rand.NewPCG(seed, 0)).IntN)
	accepted, compared, refused, wrong := 0, 0, 0, 0
	shortest := ""
	for range count {
		text, err := json.Marshal(randomSchema(d, 0))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := openapi3.NewLoader().LoadFromData([]byte(document(
			`{"/a/": {"post": {"operationId": "a", "requestBody": {"content": {"application/json": {"schema": ` +
				string(text) +
				`}}}, "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": ` +
				string(text) + `}}}}}}}`)))
		if err != nil {
			t.Fatal(err)
		}
		v, err := validation.New(doc)
		if err != nil {
			// kin-openapi finds some combinations absurd, such as a property that is readOnly and writeOnly.
			refused++
			continue
		}
		post := doc.Paths.Value("/a/").Post
		r := request("POST", "/a/", "{}")
		for range 100 {
			body, err := json.Marshal(randomValue(d, 0))
			if err != nil {
				t.Fatal(err)
			}
			for _, direction := range []validation.Direction{validation.Request, validation.Response} {
				s := post.RequestBody.Value.Content["application/json"].Schema.Value
				var ours error
				if direction == validation.Request {
					ours = v.CheckRequest(request("POST", "/a/", string(body)))
				} else {
					s = post.Responses.Value("200").Value.Content["application/json"].Schema.Value
					ours = v.CheckResponse(answer(r, 200, string(body)))
				}
				compared++
				if kins := kinAccepts(s, direction, body); (ours == nil) != kins {
					wrong++
					if report := fmt.Sprintf("%s: ours: %v; kin-openapi accepts it: %v\nbody %s\nschema %s", direction,
						ours, kins, body, text); shortest == "" || len(report) < len(shortest) {
						shortest = report
					}
				}
				if ours == nil {
					accepted++
				} else if e := refusal(t, ours); e.Violations[0].Rule == "schema" {
					t.Errorf("seed %d: refused without a reason\nschema %s\nbody %s", seed, text, body)
				}
			}
		}
	}
	if wrong > 0 {
		t.Errorf("seed %d: %d disagreements, the shortest of them %s", seed, wrong, shortest)
	}
	t.Logf("%d bodies for %d schemas, %d of them accepted by both; %d schemas refused by New", compared, count-refused,
		accepted, refused)
}
