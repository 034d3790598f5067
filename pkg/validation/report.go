package validation

import (
	"encoding/json"
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
	v         *Validator
	direction Direction
	found     []Violation
	seen      map[string]bool
}

func (v *Validator) newReport(direction Direction) *report {
	return &report{v: v, direction: direction}
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

// checkText reads a JSON text strictly and checks it against a schema, which may be nil. Only a text that is refused is
// looked at again, to say why.
func (r *report) checkText(s *schema, text []byte, location ...any) {
	c := newChecker()
	ok, exhausted := c.matches(s, text), c.exhausted
	c.release()
	if ok {
		return
	}
	d := findFaults(text)
	for _, f := range d.faults {
		r.add(r.locate(location, f.pointer), f.rule, f.message)
	}
	switch {
	case exhausted:
		r.add(location, "too_complex", "must need fewer checks against schemas that contain themselves")
	case len(d.faults) == 0:
		r.explain(s, text, d.nodes <= maxNodes, location)
	}
}

// locate turns raw names and indices into a location. A name that the contract does not know was chosen by the sender,
// so it becomes *.
func (r *report) locate(base, pointer []any) []any {
	location := append(make([]any, 0, len(base)+len(pointer)), base...)
	for _, part := range pointer {
		if name, ok := part.(string); ok && !r.v.names[name] {
			part = "*"
		}
		location = append(location, part)
	}
	return location
}

// explain reports what a schema does not accept in a well-formed text: everything, or the first.
func (r *report) explain(s *schema, text []byte, all bool, location []any) {
	c := newChecker()
	c.start(text)
	c.collector = &collector{report: r, direction: r.direction, base: location, limit: maxCollected}
	if !all {
		c.collector.limit = 1
	}
	_, _ = c.value(s, c.space(0), strict)
	found := slices.Concat(c.collector.found, c.collector.misspelled)
	c.release()
	for _, v := range found {
		r.add(v.Location, v.Rule, v.Message)
	}
	if len(found) == 0 {
		// A check that refuses what it cannot explain is wrong, but letting the text pass would be worse.
		r.add(location, "schema", "must match the schema")
	}
}

// describe names a rule and says what it expects, out of the schema alone.
func (v *Validator) describe(keyword string, s *openapi3.Schema) (rule, message string) {
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
		return "discriminator", "must be one of: " +
			strings.Join(slices.Sorted(maps.Keys(s.Discriminator.Mapping)), ", ")
	case "object":
		return "type", "must be an object"
	case "text":
		return "type", "must be a string"
	case "required":
		return "required", "is required"
	case "type":
		return "type", "must be " + typeNames(s)
	case "nullable":
		return "nullable", "must not be null"
	case "enum":
		return "enum", "must be one of: " + enumText(s.Enum)
	case "format":
		return "format", v.formatMessage(s.Format)
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
