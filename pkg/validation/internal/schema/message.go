package schema

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// describe names a rule and says what it expects, out of the schema alone.
func (v *vocabulary) describe(keyword string, s *openapi3.Schema) (rule, message string) {
	switch keyword {
	case "oneOf":
		return "one_of", "must match one of the allowed schemas"
	case "oneOfConflict":
		return "one_of", "must match only one of the allowed schemas"
	case "anyOf":
		return "any_of", "must match one of the allowed schemas"
	case "not":
		return "not", "must not have the form, or the combination of members, that the contract rules out"
	case "discriminator":
		return "discriminator", "must be one of: " + join(slices.Sorted(maps.Keys(s.Discriminator.Mapping)))
	case "object":
		return "type", "must be an object"
	case "text":
		return "type", "must be a string"
	case "required":
		return "required", "is required"
	case "type":
		return "type", "must be " + typeNames(s)
	case "spelling":
		return "type", "must be an integer that is spelled without a fraction and an exponent"
	case "nullable":
		return "nullable", "must not be null"
	case "enum":
		return "enum", "must be one of: " + listOf(s.Enum)
	case "format":
		return "format", v.format(s.Format)
	case "pattern":
		return "pattern", "must match the pattern " + s.Pattern
	case "minimum":
		return "minimum", "must be at least " + number(s.Min)
	case "maximum":
		return "maximum", "must be at most " + number(s.Max)
	case "exclusiveMinimum":
		return "exclusive_minimum", "must be more than " + number(bound(s.ExclusiveMin, s.Min))
	case "exclusiveMaximum":
		return "exclusive_maximum", "must be less than " + number(bound(s.ExclusiveMax, s.Max))
	case "multipleOf":
		return "multiple_of", "must be a multiple of " + number(s.MultipleOf)
	case "minLength":
		return "min_length", "must have at least " + count(s.MinLength, "character")
	case "maxLength":
		return "max_length", "must have at most " + count(deref(s.MaxLength), "character")
	case "minItems":
		return "min_items", "must have at least " + count(s.MinItems, "item")
	case "maxItems":
		return "max_items", "must have at most " + count(deref(s.MaxItems), "item")
	case "uniqueItems":
		return "unique_items", "must not have the same item twice"
	case "minProperties":
		return "min_properties", "must have at least " + count(s.MinProps, "member")
	case "maxProperties":
		return "max_properties", "must have at most " + count(deref(s.MaxProps), "member")
	case "properties":
		return "additional_property", "must not have an unknown member"
	case "unknown":
		return "unknown_member", "must not be sent: the contract does not know it"
	case "memberCase":
		return "member_case", "must be spelled with the same upper and lower case"
	case "repeated":
		return "duplicate_member", "must not be repeated"
	case "longNumber":
		return "json_number", "must not have more than " + strconv.Itoa(maxNumber) + " characters"
	case "readOnly":
		return "read_only", "must not be sent: it is read-only"
	case "writeOnly":
		return "write_only", "must not be answered: it is write-only"
	}
	return "schema", "must match the schema"
}

func (v *vocabulary) format(name string) string {
	if f, ok := v.formats[name]; ok {
		return "must be " + f.Expectation
	}
	switch name {
	case "":
		return "must fit into 64 bits"
	case "float":
		return "must fit into a floating-point number of 32 bits"
	}
	if bits := strings.TrimLeft(name, "uint"); bits != name {
		switch bits {
		case "":
			return "must fit into 64 bits"
		case "8", "16", "32", "64":
			return "must fit into " + bits + " bits"
		}
	}
	return "must have the format " + name
}

func typeNames(s *openapi3.Schema) string {
	if s == nil {
		return "a number of ordinary size"
	}
	names := slices.Clone(s.Type.Slice())
	if len(names) == 0 {
		return "a number of ordinary size"
	}
	for i, name := range names {
		switch name {
		case openapi3.TypeArray, openapi3.TypeInteger, openapi3.TypeObject:
			names[i] = "an " + name
		default:
			names[i] = "a " + name
		}
	}
	return strings.Join(names, " or ")
}

func listOf(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		if text, ok := value.(string); ok && text != "" {
			texts[i] = text
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			text = []byte("?")
		}
		texts[i] = string(text)
	}
	return join(texts)
}

func join(texts []string) string { return strings.Join(texts, ", ") }

func bound(b openapi3.ExclusiveBound, limit *float64) *float64 {
	if b.Value != nil {
		return b.Value
	}
	return limit
}

func number(f *float64) string {
	if f == nil {
		return "the limit"
	}
	if math.Abs(*f) < 1e21 {
		return strconv.FormatFloat(*f, 'f', -1, 64)
	}
	return strconv.FormatFloat(*f, 'g', -1, 64)
}

func deref(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}

func count(n uint64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.FormatUint(n, 10) + " " + noun
}
