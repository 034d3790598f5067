package rapidgen_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
	"github.com/jiko-partner/partner-go/pkg/validation/schemagen/rapidgen"
)

// said is a test that may fail, and what it says then.
type said struct {
	recorder
	text strings.Builder
}

func (s *said) Errorf(format string, args ...any) {
	s.failed = true
	fmt.Fprintf(&s.text, format, args...)
}
func (s *said) Fatalf(format string, args ...any) { s.Errorf(format, args...); s.FailNow() }
func (s *said) Logf(format string, args ...any)   { fmt.Fprintf(&s.text, format, args...) }

// drawn is what a test says that draws from a generator a few times.
func drawn[V any](t *testing.T, gen *rapid.Generator[V]) string {
	t.Helper()
	to := &said{recorder: recorder{TB: t}}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(stopped) {
				fmt.Fprintf(&to.text, "panic: %v", r)
			}
		}()
		rapid.Check(to, func(t *rapid.T) { gen.Draw(t, "value") })
	}()
	return to.text.String()
}

// schemas are such as nobody would write, in the keywords that there are.
func schemas(depth int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		s := map[string]any{}
		number := rapid.IntRange(-2, 4)
		below := func() any { return map[string]any{} }
		if depth > 0 {
			below = func() any { return schemas(depth-1).Draw(t, "below") }
		}
		list := func() any { return []any{below(), below()}[:rapid.IntRange(0, 2).Draw(t, "length")] }
		size := func() any { return max(number.Draw(t, "size"), 0) }
		one := func(of ...string) func() any {
			return func() any { return rapid.SampledFrom(of).Draw(t, "one of") }
		}
		values := []any{nil, "a", 1, true, []any{}, map[string]any{}}
		keywords := map[string]func() any{
			"type":      one("string", "integer", "number", "boolean", "array", "object"),
			"nullable":  func() any { return rapid.Bool().Draw(t, "nullable") },
			"enum":      func() any { return values[:number.Draw(t, "enum")+2] },
			"minLength": size, "maxLength": size, "minItems": size, "maxItems": size,
			"minProperties": size, "maxProperties": size,
			"minimum":     func() any { return number.Draw(t, "min") },
			"maximum":     func() any { return number.Draw(t, "max") },
			"uniqueItems": func() any { return true }, "multipleOf": func() any { return max(number.Draw(t, "of"), 1) },
			"pattern": one("", "^$", "^a", "^[a-z]{2}$", "b$"), "format": one("uuid", "date", "date-time", "x"),
			"items": below, "not": below,
			"additionalProperties": func() any { return rapid.Bool().Draw(t, "more") },
			"properties":           func() any { return map[string]any{"a": below(), "b": below()} },
			"required":             func() any { return []string{"a", "b", "c"}[:max(number.Draw(t, "of")-1, 0)] },
			"allOf":                list, "anyOf": list, "oneOf": list,
		}
		for _, keyword := range slices.Sorted(maps.Keys(keywords)) {
			value := keywords[keyword]
			if rapid.IntRange(0, 5).Draw(t, keyword) == 0 {
				s[keyword] = value()
			}
		}
		return s
	})
}

// Whatever a schema asks for, no generator panics: it draws, or fails the test and says why.
func TestNoSchemaHasAGeneratorPanic(t *testing.T) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		t.Fatal(err)
	}
	loaded := map[bool]int{}
	look := func(text string) {
		schema := new(openapi3.Schema)
		if err := schema.UnmarshalJSON([]byte(text)); err != nil {
			return
		}
		gen, err := schemagen.New(schemagen.Config{Schema: schema.NewRef()})
		loaded[err == nil]++
		if err != nil {
			return
		}
		for name, what := range map[string]string{"Valid": drawn(t, rapidgen.Valid(gen)),
			"Invalid": drawn(t, rapidgen.Invalid(gen)), "Boundaries": drawn(t, rapidgen.Boundaries(gen))} {
			if strings.Contains(what, "panic") {
				t.Errorf("%s of %s: %s", name, text, what)
			}
			hasNone := name == "Boundaries" && len(gen.Boundaries()) == 0
			if hasNone && !strings.Contains(what, "the schema has no boundaries") {
				t.Errorf("%s of %s says %q", name, text, what)
			}
		}
	}
	for _, text := range []string{`{}`, `{"nullable":true}`, `{"type":"object"}`, `{"type":"array","items":{}}`,
		`{"enum":[]}`, `{"enum":[null]}`, `{"not":{}}`, `{"oneOf":[{}]}`, `{"anyOf":[]}`, `{"allOf":[{},{}]}`,
		`{"type":"string","maxLength":0}`, `{"type":"array","maxItems":0,"items":{}}`,
		`{"type":"object","maxProperties":0}`,
		`{"type":"object","additionalProperties":false}`, `{"type":"boolean","enum":[true]}`, `{"description":"x"}`} {
		look(text)
	}
	if loaded[true] < 10 {
		t.Errorf("%d schemas are loaded", loaded[true])
	}
	for seed := range 150 {
		text, err := json.Marshal(schemas(2).Example(seed))
		if err != nil {
			t.Fatal(err)
		}
		look(string(text))
	}
	if loaded[true] < 50 {
		t.Errorf("%d schemas are loaded, and %d have no values", loaded[true], loaded[false])
	}
}
