package schematest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// ID is a UUID, and NilID the nil one.
const (
	ID    = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	NilID = "00000000-0000-0000-0000-000000000000"
)

// Words are what a contract knows, to make values from.
type Words struct {
	// Names and Texts are all member names, and all values of enumerations and examples of texts.
	Names, Texts []string
}

// NewWords collects the words of a contract.
func NewWords(document *openapi3.T) (*Words, error) {
	w := &Words{Texts: []string{"", "x", ID, NilID, "2024-02-29", "2026-02-31", "2023-01-01T00:00:00Z", "a@b.example",
		"https://example.com"}}
	names, texts := map[string]bool{}, map[string]bool{}
	err := document.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		for name := range ref.Value.Properties {
			names[name] = true
		}
		for _, value := range ref.Value.Enum {
			if text, ok := value.(string); ok {
				texts[text] = true
			}
		}
		return nil
	})
	w.Names = slices.Sorted(maps.Keys(names))
	w.Texts = append(w.Texts, slices.Sorted(maps.Keys(texts))...)
	return w, err
}

// Dice is where choices come from: a seeded generator, or rapid, which shrinks them.
type Dice func(n int) int

// Pick chooses one of a list.
func Pick[T any](d Dice, from []T) T { return from[d(len(from))] }

// Numbers are spellings of numbers, many of them beyond what somebody can hold.
var Numbers = []json.Number{
	"0", "-0", "1", "-1", "1.0", "1.5", "1e3", "100e-2", "0.1", "2147483647", "2147483648", "-2147483649",
	"9007199254740991", "9007199254740993",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "1e-400",
	"99999999999999999999999999", "1000000000000000000",
}

// Scalar makes any value.
func (w *Words) Scalar(d Dice) any {
	switch d(8) {
	case 0:
		return nil
	case 1:
		return d(2) == 0
	case 2:
		return Pick(d, []any{[]any{}, map[string]any{}, []any{nil}, map[string]any{"x": json.Number("1")},
			[]any{[]any{map[string]any{}}}})
	case 3:
		return strings.Repeat(Pick(d, []string{"a", "é", "7", " ", "\U0001F600"}), d(600))
	case 4, 5:
		return Pick(d, Numbers)
	}
	return Pick(d, w.Texts)
}

// Generate makes a value that a schema accepts, most of the time.
func (w *Words) Generate(d Dice, s *openapi3.Schema, depth int) any {
	if d(60) == 0 {
		return w.Scalar(d)
	}
	if s.Nullable && d(4) == 0 {
		return nil
	}
	if len(s.Enum) > 0 {
		return Pick(d, s.Enum)
	}
	object := map[string]any{}
	merge := func(value any) any {
		if members, ok := value.(map[string]any); ok {
			maps.Copy(object, members)
			return nil
		}
		return value
	}
	var other any
	for _, variants := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(variants) == 0 {
			continue
		}
		variant := Pick(d, variants)
		if value := merge(w.Generate(d, variant.Value, depth)); value != nil {
			other = value
		}
		if s.Discriminator != nil && d(20) > 0 {
			for value := range s.Discriminator.Mapping {
				ref := s.Discriminator.Mapping[value].Ref
				if strings.TrimPrefix(ref, "#/components/schemas/") == strings.TrimPrefix(variant.Ref,
					"#/components/schemas/") {
					object[s.Discriminator.PropertyName] = value
				}
			}
		}
	}
	for _, ref := range s.AllOf {
		if value := merge(w.Generate(d, ref.Value, depth)); value != nil {
			other = value
		}
	}
	switch {
	case s.Type.Is("string"):
		switch s.Format {
		case "uuid":
			return ID
		case "date":
			return "2024-02-29"
		case "date-time":
			return "2023-01-01T00:00:00Z"
		case "email":
			return "a@b.example"
		case "uri":
			return "https://example.com"
		}
		n := int(s.MinLength)                            //nolint:gosec // no contract bounds a text by so much
		if s.MaxLength == nil || int(*s.MaxLength) > n { //nolint:gosec // the same
			n++
		}
		return strings.Repeat("a", n)
	case s.Type.Is("integer"), s.Type.Is("number"):
		if s.Min != nil && d(2) == 0 {
			return json.Number(strconv.FormatFloat(*s.Min, 'f', -1, 64))
		}
		if s.Max != nil {
			return json.Number(strconv.FormatFloat(*s.Max, 'f', -1, 64))
		}
		return json.Number("5")
	case s.Type.Is("boolean"):
		return d(2) == 0
	case s.Type.Is("array"):
		items := []any{}
		for range int(s.MinItems) + d(3) { //nolint:gosec // the same
			if s.Items != nil && depth < 8 {
				items = append(items, w.Generate(d, s.Items.Value, depth+1))
			}
		}
		return items
	case other != nil:
		return other
	}
	for name, ref := range s.Properties {
		if _, there := object[name]; there && d(2) == 0 {
			continue
		}
		if (slices.Contains(s.Required, name) || d(2) == 0) && depth < 8 {
			object[name] = w.Generate(d, ref.Value, depth+1)
		}
	}
	return object
}
