package validation

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// report collects violations, each place and rule once, up to the limit.
type report struct {
	v       *Validator
	options []openapi3.SchemaValidationOption
	found   []Violation
	seen    map[string]bool
}

// visitOptions never has openapi3.DefaultsSet, so defaults are not filled in.
var visitOptions = map[Direction][]openapi3.SchemaValidationOption{
	Request:  {openapi3.WithStringFormatValidators(formatValidators), silent, openapi3.VisitAsRequest()},
	Response: {openapi3.WithStringFormatValidators(formatValidators), silent, openapi3.VisitAsResponse()},
}

// silent gives kin-openapi's errors a constant text. It renders them while it tries the variants of a oneOf, with the value in
// them: half a minute and 28 GB for a body of 1 MB that nests deeply.
var silent = openapi3.SetSchemaErrorMessageCustomizer(func(*openapi3.SchemaError) string { return "another value" })

func (v *Validator) newReport(direction Direction) *report {
	return &report{v: v, options: visitOptions[direction]}
}

func (r *report) full() bool { return len(r.found) >= r.v.maxViolations }

func (r *report) add(location []any, rule, message string) {
	key := fmt.Sprintf("%q %s", location, rule)
	if r.full() || r.seen[key] {
		return
	}
	if r.seen == nil {
		r.seen = make(map[string]bool)
	}
	r.seen[key] = true
	r.found = append(r.found, Violation{Location: location, Rule: rule, Message: message})
}

// checkText reads a JSON text strictly and checks it against a schema, which may be nil.
func (r *report) checkText(schema *openapi3.Schema, text []byte, location ...any) {
	d := readJSON(text)
	for _, f := range d.faults {
		at := r.at(location, d.value)
		r.add(at.locate(f.pointer), f.rule, f.message)
	}
	if len(d.faults) == 0 && schema != nil {
		r.checkValue(schema, d.value, d.nodes <= maxNodes, location...)
	}
}

// checkValue checks a decoded value against a schema: all of it, or up to the first violation.
func (r *report) checkValue(schema *openapi3.Schema, value any, all bool, location ...any) {
	at := r.at(location, value)
	if all {
		at.options = append(slices.Clip(r.options), openapi3.MultiErrors())
	}
	at.schemaError(schema.VisitJSON(value, at.options...), nil)
	at.strict([]*openapi3.Schema{schema}, value, nil)
}

// place is where a value that is checked stands in the message.
type place struct {
	*report
	options  []openapi3.SchemaValidationOption
	location []any
	root     any
}

func (r *report) at(location []any, root any) place {
	return place{report: r, options: r.options, location: location, root: root}
}

// locate turns raw names and indices into a location. A name that the contract does not know was chosen by the sender, so
// it becomes *.
func (p place) locate(pointer []string) []any {
	location := append(make([]any, 0, len(p.location)+len(pointer)), p.location...)
	value := p.root
	for _, part := range pointer {
		if array, ok := value.([]any); ok {
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(array) {
				return location
			}
			location, value = append(location, i), array[i]
			continue
		}
		if object, ok := value.(map[string]any); ok {
			value = object[part]
		} else {
			value = nil
		}
		if p.v.names[part] {
			location = append(location, part)
		} else {
			location = append(location, "*")
		}
	}
	return location
}

func (p place) value(pointer []string) any {
	value := p.root
	for _, part := range pointer {
		switch container := value.(type) {
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(container) {
				return nil
			}
			value = container[i]
		case map[string]any:
			value = container[part]
		default:
			return nil
		}
	}
	return value
}

// schemaError reports what kin-openapi found. Its texts hold values of the message, so only the place, the keyword and the
// schema are taken from it. base leads to the value that was visited.
func (p place) schemaError(err error, base []string) {
	if err == nil || p.full() {
		return
	}
	// Not errors.As: what is wrapped further down belongs to the branches of a composition.
	if several, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // see above
		for _, err := range several {
			p.schemaError(err, base)
		}
		return
	}
	e, ok := err.(*openapi3.SchemaError) //nolint:errorlint // see above
	if !ok || e.Schema == nil {
		p.add(p.locate(base), "schema", "must match the schema")
		return
	}
	pointer := append(slices.Clip(base), e.JSONPointer()...)
	switch e.SchemaField {
	case "allOf":
		for _, err := range branches(e) {
			p.schemaError(err, base)
		}
		p.rest(e, pointer)
	case "oneOf":
		p.oneOf(e, pointer, base)
		p.rest(e, pointer)
	case "discriminator":
		p.discriminator(e, pointer)
		p.rest(e, pointer)
	case "anyOf":
		p.add(p.locate(pointer), "any_of", "must match one of the allowed schemas")
		p.rest(e, pointer)
	case "not":
		p.add(p.locate(pointer), "not", "must not have the form, or the combination of members, that the contract rules out")
		p.rest(e, pointer)
	default:
		rule, message := describe(e.SchemaField, e.Schema)
		p.add(p.locate(pointer), rule, message)
	}
}

// branches returns the errors under an allOf or a oneOf.
func branches(e *openapi3.SchemaError) []error {
	var several openapi3.MultiError
	if wrapped := errors.Unwrap(e.Origin); wrapped != nil {
		several, _ = errors.Unwrap(wrapped).(openapi3.MultiError) //nolint:errorlint // kin-openapi nests it at this depth
	}
	return several
}

// oneOf reports the violations inside the variant that was meant: the one that the discriminator selects or, without one,
// the only variant that has all its members in place.
func (p place) oneOf(e *openapi3.SchemaError, pointer, base []string) {
	here := p.locate(pointer)
	if errors.Is(e.Origin, openapi3.ErrOneOfConflict) {
		p.add(here, "one_of", "must match only one of the allowed schemas")
		return
	}
	variants := branches(e)
	switch value := p.value(pointer); {
	case value == nil:
		p.add(here, "nullable", "must not be null")
		return
	case e.Schema.Discriminator != nil && !isObject(value):
		p.add(here, "type", "must be an object")
		return
	}
	var meant []error
	for _, variant := range variants {
		trial := place{&report{v: p.v}, p.options, p.location, p.root}
		trial.schemaError(variant, base)
		if !slices.ContainsFunc(trial.found, func(v Violation) bool {
			return len(v.Location) == len(here) || (v.Rule == "required" && len(v.Location) == len(here)+1)
		}) {
			meant = append(meant, variant)
		}
	}
	if len(variants) == 1 {
		meant = variants
	}
	if len(meant) != 1 {
		p.add(here, "one_of", "must match one of the allowed schemas")
		return
	}
	p.schemaError(meant[0], base)
}

func isObject(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}

func (p place) discriminator(e *openapi3.SchemaError, pointer []string) {
	d := e.Schema.Discriminator
	object, _ := p.value(pointer).(map[string]any)
	location := append(p.locate(pointer), d.PropertyName)
	value, present := object[d.PropertyName]
	if !present {
		p.add(location, "required", "is required")
		return
	}
	if _, ok := value.(string); !ok {
		p.add(location, "type", "must be a string")
		return
	}
	p.add(location, "discriminator", "must be one of: "+strings.Join(slices.Sorted(maps.Keys(d.Mapping)), ", "))
}

// rest checks what kin-openapi leaves out once a composition has failed: the keywords beside it.
func (p place) rest(e *openapi3.SchemaError, pointer []string) {
	rest := *e.Schema
	switch e.SchemaField {
	case "allOf":
		rest.AllOf = nil
		fallthrough
	case "anyOf":
		rest.AnyOf = nil
		fallthrough
	case "oneOf":
		rest.OneOf, rest.Not, rest.Discriminator = nil, nil, nil
	case "discriminator":
		rest.OneOf, rest.AnyOf, rest.Not, rest.Discriminator = nil, nil, nil, nil
	case "not":
		rest.Not = nil
	}
	if rest.IsEmpty() {
		return
	}
	p.schemaError(rest.VisitJSON(p.value(pointer), p.options...), pointer)
}

// describe names a rule and says what it expects, out of the schema alone.
func describe(keyword string, s *openapi3.Schema) (rule, message string) {
	switch keyword {
	case "required":
		return "required", "is required"
	case "type":
		return "type", "must be " + typeNames(s)
	case "nullable":
		return "nullable", "must not be null"
	case "enum":
		return "enum", "must be one of: " + enumText(s.Enum)
	case "format":
		return "format", formatMessage(s.Format)
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
	case "readOnly":
		return "read_only", "must not be sent: it is read-only"
	case "writeOnly":
		return "write_only", "must not be answered: it is write-only"
	}
	return "schema", "must match the schema"
}

func typeNames(s *openapi3.Schema) string {
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

func enumText(values []any) string {
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
	return strings.Join(texts, ", ")
}

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
