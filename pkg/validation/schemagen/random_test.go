package schemagen_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// components are what schemas at random refer to.
const components = `,
	"Cat": {"type": "object", "required": ["kind", "lives"],
		"properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
	"Dog": {"type": "object", "required": ["kind"],
		"properties": {"kind": {"type": "string"}, "bark": {"type": "string", "nullable": true}}},
	"Tree": {"oneOf": [{"type": "string", "minLength": 1},
		{"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
		{"type": "object", "additionalProperties": false, "required": ["a"], "properties": {
			"a": {"$ref": "#/components/schemas/Tree"}, "b": {"$ref": "#/components/schemas/Tree"}}}]},
	"Term": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Term"}, "c": {"type": "integer"}},
		"anyOf": [{"required": ["c"]}, {"required": ["a"]}]}`

// randomSchema makes a schema of keywords in combinations that nobody would write.
func randomSchema(d schematest.Dice, depth int) map[string]any {
	s := map[string]any{}
	kind := schematest.Pick(d, []string{"", "string", "string", "integer", "number", "boolean", "array", "object",
		"object", "object"})
	if depth > 2 {
		kind = schematest.Pick(d, []string{"string", "integer", "boolean"})
	}
	if kind != "" {
		s["type"] = kind
	}
	below := func() any {
		if d(8) == 0 {
			return map[string]any{"$ref": "#/components/schemas/" + schematest.Pick(d, []string{"Tree", "Term", "Cat"})}
		}
		return randomSchema(d, depth+1)
	}
	some := func(keyword string, odds int, value func() any) {
		if d(odds) == 0 {
			s[keyword] = value()
		}
	}
	names := []string{"a", "b", "c", "kind"}
	some("nullable", 6, func() any { return true })
	switch kind {
	case "string":
		some("minLength", 4, func() any { return d(5) })
		some("maxLength", 4, func() any { return 4 + d(5) })
		some("pattern", 4, func() any {
			return schematest.Pick(d, []string{"^a", "b$", `^\u0061+$`, "^[a-z]{2,4}$", `^\d{4}(-\d{2})?$`, "x|y{3}",
				"^(ab|c)*d?$", ".", `\bword\b`, "^[^0-9]+$"})
		})
		some("format", 4, func() any {
			return schematest.Pick(d, []string{"uuid", "date", "date-time", "email", "uri", "byte", "other"})
		})
		some("enum", 6, func() any { return []any{"a", "ab", "b", ""} })
	case "integer", "number":
		some("minimum", 3, func() any { return d(7) - 3 })
		some("maximum", 3, func() any { return d(9) })
		some("exclusiveMinimum", 5, func() any { return true })
		some("exclusiveMaximum", 5, func() any { return true })
		some("multipleOf", 5, func() any { return schematest.Pick(d, []json.Number{"1", "2", "3", "0.5", "0.01"}) })
		some("format", 5, func() any { return schematest.Pick(d, []string{"int32", "int64", "double"}) })
		some("enum", 8, func() any { return []any{1, 2, 3.5} })
	case "array":
		s["items"] = below()
		some("minItems", 4, func() any { return d(3) })
		some("maxItems", 4, func() any { return 2 + d(3) })
		some("uniqueItems", 4, func() any { return true })
	case "object":
		some("minProperties", 6, func() any { return d(3) })
		some("maxProperties", 6, func() any { return 2 + d(3) })
	}
	if depth > 2 {
		return s
	}
	if kind == "object" || kind == "" && d(3) == 0 {
		properties := map[string]any{}
		for range d(4) {
			p := randomSchema(d, depth+1)
			if d(8) == 0 {
				p[schematest.Pick(d, []string{"readOnly", "writeOnly"})] = true
			}
			properties[schematest.Pick(d, names)] = p
		}
		s["properties"] = properties
		some("required", 2, func() any { return names[d(4):][:1] })
		some("additionalProperties", 4, func() any { return schematest.Pick(d, []any{true, false, below()}) })
	}
	variants := func() any {
		list := []any{}
		for range 1 + d(3) {
			list = append(list, below())
		}
		return list
	}
	some("allOf", 8, variants)
	some("oneOf", 8, variants)
	some("anyOf", 8, variants)
	some("not", 12, func() any {
		not := randomSchema(d, depth+1)
		if not["type"] == nil {
			not["type"] = "string"
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
			discriminator["mapping"] = map[string]any{"cat": "#/components/schemas/Cat", "dog": "Dog"}
		}
		s["discriminator"] = discriminator
	}
	return s
}

// undecided are numbers that kin-openapi rounds, or that it takes for integers however they are spelled.
var undecided = regexp.MustCompile(`[0-9]{16}|[0-9]\.0\b|[0-9]e[0-9]`)

// agreeAtRandom makes a schema of a seed and holds what is made for it against pkg/validation's compiler and against
// kin-openapi. It reports whether there was anything to look at.
func agreeAtRandom(t *testing.T, seed uint64) bool {
	t.Helper()
	text, err := json.Marshal(randomSchema(schemagen.NewSource(seed).Intn, 0))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := tryLoad(string(text), components)
	if err != nil {
		return false
	}
	config := schemagen.Config{Schema: ref, Direction: validation.DirectionRequest}
	direction := schema.DirectionRequest
	if seed%2 == 1 {
		config.Direction, direction = validation.DirectionResponse, schema.DirectionResponse
	}
	gen, err := schemagen.New(config)
	if errors.Is(err, schemagen.ErrNoValue) {
		return false
	}
	if err != nil {
		t.Logf("seed %d: %v: %s", seed, err, text)
		return false
	}
	compiled := oracle(t, config)
	agrees := func(value []byte, right bool) bool {
		return undecided.Match(value) || schematest.Accepts(ref.Value, direction, value) == right
	}
	src := schemagen.NewSource(seed)
	for range 10 {
		v, err := gen.DrawValid(src)
		if err != nil {
			t.Fatalf("seed %d: %v\nschema %s", seed, err, text)
		}
		if found := faults(compiled, v); found != nil || !agrees(v, true) {
			t.Fatalf("seed %d: %s is said to be right; faults %q, kin-openapi agrees: %v\nschema %s", seed, v, found,
				agrees(v, true), text)
		}
	}
	for range 10 {
		v, err := gen.DrawInvalid(src)
		if errors.Is(err, schemagen.ErrNoValue) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if found := faults(compiled, v.Value); !slices.Equal(found, []string{v.Rule + " " + v.Pointer}) ||
			!agrees(v.Value, false) {
			t.Fatalf("seed %d: %s is said to break %s at %q; faults %q, kin-openapi agrees: %v\nschema %s", seed,
				v.Value, v.Rule, v.Pointer, found, agrees(v.Value, false), text)
		}
	}
	for _, b := range gen.Boundaries() {
		if found := faults(compiled, b.Value); b.IsValid != (found == nil) || !agrees(b.Value, b.IsValid) ||
			!b.IsValid && !slices.Contains(found, b.Rule+" "+b.Pointer) {
			t.Fatalf("seed %d: the boundary %s of %s says %v %s %s; faults %q, kin-openapi agrees: %v\nschema %s", seed,
				b.Value, b.Constraint, b.IsValid, b.Rule, b.Pointer, found, agrees(b.Value, b.IsValid), text)
		}
	}
	return true
}

func TestWhatIsMadeForSchemasAtRandomIsWhatItIsSaidToBe(t *testing.T) {
	t.Parallel()
	const count = 250
	looked := 0
	for seed := range uint64(count) {
		if agreeAtRandom(t, seed) {
			looked++
		}
	}
	t.Logf("%d of %d schemas have values", looked, count)
	if looked < count*6/10 {
		t.Errorf("only %d of %d schemas have values", looked, count)
	}
}

func FuzzSchemas(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(1000 + seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { agreeAtRandom(t, seed) })
}

// randomValue makes a value that has a chance with a schema at random.
func randomValue(d schematest.Dice, depth int) any {
	n := d(9)
	if depth > 2 {
		n = d(5)
	}
	switch n {
	case 0:
		return nil
	case 1:
		return d(2) == 0
	case 2:
		return schematest.Pick(d, []json.Number{"0", "1", "2", "3", "-1", "1.5", "6", "0.01"})
	case 3, 4:
		return schematest.Pick(d, []string{"", "a", "ab", "b", "abb", "x", "aaaa", "cat", "dog", "1234", schematest.ID})
	case 5:
		items := []any{}
		for range d(4) {
			items = append(items, randomValue(d, depth+1))
		}
		return items
	}
	object := map[string]any{}
	for range d(5) {
		object[schematest.Pick(d, []string{"a", "b", "c", "kind", "lives"})] = randomValue(d, depth+1)
	}
	return object
}

// A generator that gives up must have a reason: other values do not find their way either.
func TestASchemaThatIsRefusedHasNoValueThatIsEasyToFind(t *testing.T) {
	t.Parallel()
	refused, missed := 0, 0
	for seed := range uint64(400) {
		text, err := json.Marshal(randomSchema(schemagen.NewSource(seed).Intn, 0))
		if err != nil {
			t.Fatal(err)
		}
		ref, err := tryLoad(string(text), components)
		if err != nil {
			continue
		}
		config := schemagen.Config{Schema: ref}
		if _, err := schemagen.New(config); !errors.Is(err, schemagen.ErrNoValue) {
			continue
		}
		refused++
		compiled, checker, d := oracle(t, config), new(schema.Checker), schematest.Dice(schemagen.NewSource(seed).Intn)
		for range 2000 {
			value, err := json.Marshal(randomValue(d, 0))
			if err != nil {
				t.Fatal(err)
			}
			if compiled.Accepts(checker, value) {
				t.Logf("seed %d: %s is right for %s", seed, value, text)
				missed++
				break
			}
		}
	}
	t.Logf("%d schemas are refused, %d of them have a value", refused, missed)
	if missed > refused/40 {
		t.Errorf("%d of %d schemas that were refused have a value", missed, refused)
	}
}
