package schematest

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// The oracle is what pkg/validation did before it had a compiler of its own. It decodes a text with encoding/json,
// hands the value to kin-openapi, and adds what kin-openapi cannot see. It shares no code with the package, formats
// included.

var optionsOf = map[schema.Direction][]openapi3.SchemaValidationOption{
	schema.DirectionRequest: {openapi3.WithStringFormatValidators(formats), silent, openapi3.VisitAsRequest(),
		openapi3.FailFast()},
	schema.DirectionResponse: {openapi3.WithStringFormatValidators(formats), silent, openapi3.VisitAsResponse(),
		openapi3.FailFast()},
}

var silent = openapi3.SetSchemaErrorMessageCustomizer(func(*openapi3.SchemaError) string { return "another value" })

// Accepts is the oracle's verdict on a JSON text.
func Accepts(s *openapi3.Schema, direction schema.Direction, text []byte) bool {
	d := readStrictly(text)
	if d.faults > 0 {
		return false
	}
	options := optionsOf[direction]
	if s.VisitJSON(d.value, options...) != nil {
		return false
	}
	p := &place{options: options}
	p.strict([]*openapi3.Schema{s}, d.value)
	return !p.broken
}

// AcceptsAlone is kin-openapi's own verdict on a JSON text, without what the oracle adds.
func AcceptsAlone(s *openapi3.Schema, direction schema.Direction, text []byte) bool {
	return s.VisitJSON(readStrictly(text).value, optionsOf[direction]...) == nil
}

type place struct {
	options []openapi3.SchemaValidationOption
	broken  bool
}

// strict reports what kin-openapi cannot see: members that differ from a name of the contract in case alone, which Go's
// decoder would bind, and numbers that pass only because they were rounded to a float64. schemas all apply to value.
func (p *place) strict(schemas []*openapi3.Schema, value any) {
	if p.broken || len(schemas) == 0 {
		return
	}
	switch value := value.(type) {
	case json.Number:
		applying, _ := p.expand(schemas, value)
		for _, s := range applying {
			p.number(s, value)
		}
	case []any:
		applying, _ := p.expand(schemas, value)
		var items []*openapi3.Schema
		for _, s := range applying {
			if s.Items != nil && s.Items.Value != nil {
				items = append(items, s.Items.Value)
			}
		}
		for _, item := range value {
			p.strict(items, item)
		}
	case map[string]any:
		p.object(schemas, value)
	}
}

func (p *place) object(schemas []*openapi3.Schema, value map[string]any) {
	applying, possible := p.expand(schemas, value)
	known := make(map[string]bool)
	for _, s := range possible {
		for name := range s.Properties {
			known[name] = true
		}
	}
	var names []string
	for name := range value {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !known[name] {
			for spelling := range known {
				if strings.EqualFold(spelling, name) {
					p.broken = true
				}
			}
		}
		var next []*openapi3.Schema
		for _, s := range applying {
			if property := s.Properties[name]; property != nil {
				next = append(next, property.Value)
			} else if more := s.AdditionalProperties.Schema; more != nil {
				next = append(next, more.Value)
			}
		}
		p.strict(next, value[name])
	}
}

// expand follows allOf, oneOf and anyOf. applying are the schemas that hold for value; possible has also the variants
// that it might have been meant to match.
func (p *place) expand(schemas []*openapi3.Schema, value any) (applying, possible []*openapi3.Schema) {
	var follow func(s *openapi3.Schema, applies bool)
	follow = func(s *openapi3.Schema, applies bool) {
		if s == nil || slices.Contains(possible, s) && (!applies || slices.Contains(applying, s)) {
			return
		}
		if !slices.Contains(possible, s) {
			possible = append(possible, s)
		}
		if applies {
			applying = append(applying, s)
		}
		for _, ref := range s.AllOf {
			follow(ref.Value, applies)
		}
		for _, variants := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
			if selected := selectVariant(s.Discriminator, variants, value); selected != nil {
				follow(selected, applies)
				continue
			}
			for _, ref := range variants {
				follow(ref.Value, applies && ref.Value != nil && ref.Value.VisitJSON(value, p.options...) == nil)
			}
		}
	}
	for _, s := range schemas {
		follow(s, true)
	}
	return applying, possible
}

func selectVariant(d *openapi3.Discriminator, variants openapi3.SchemaRefs, value any) *openapi3.Schema {
	object, ok := value.(map[string]any)
	if d == nil || !ok {
		return nil
	}
	name, _ := object[d.PropertyName].(string)
	ref := d.Mapping[name].Ref
	if ref != "" && !strings.Contains(ref, "/") {
		ref = "#/components/schemas/" + ref
	}
	for _, variant := range variants {
		if ref != "" && variant.Ref == ref {
			return variant.Value
		}
	}
	return nil
}

// number checks a number's digits. kin-openapi has checked it as a float64, which is exact up to 15 digits.
func (p *place) number(s *openapi3.Schema, value json.Number) {
	if !s.Type.Is(openapi3.TypeInteger) && !s.Type.Is(openapi3.TypeNumber) {
		return
	}
	if s.Type.Is(openapi3.TypeInteger) && !integers.MatchString(value.String()) {
		p.broken = true // 100.0 and 1e2 are no spelling of an integer.
		return
	}
	d := decimalOf(value.String())
	if len(d.digits) <= 15 && d.exponent >= -300 && len(d.digits)+d.exponent <= 15 {
		return
	}
	add := func(string) { p.broken = true }
	if s.Type.Is(openapi3.TypeInteger) {
		if !d.isInteger() {
			add("type")
			return
		}
		if (s.Format == "int64" || s.Format == "") && !d.fits(64) || s.Format == "int32" && !d.fits(32) {
			add("format")
		}
	}
	if d.exponent > 400 || d.exponent < -maxNumber {
		// Far from any bound, and too long to write out.
		return
	}
	exact, ok := new(big.Rat).SetString(d.scientific())
	if !ok {
		return
	}
	if s.Min != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Min)) < 0 {
		add("minimum")
	}
	if s.Max != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Max)) > 0 {
		add("maximum")
	}
	if s.ExclusiveMin.IsTrue() && s.Min != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Min)) == 0 {
		add("exclusiveMinimum")
	}
	if s.ExclusiveMax.IsTrue() && s.Max != nil && exact.Cmp(new(big.Rat).SetFloat64(*s.Max)) == 0 {
		add("exclusiveMaximum")
	}
}

var (
	integers = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	numbers  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// Coerce gives the text of a parameter the type that the schema asks for.
func Coerce(s *openapi3.Schema, text string) any {
	for len(s.AllOf) == 1 && s.Type == nil {
		s = s.AllOf[0].Value
	}
	switch {
	case s.Type.Is(openapi3.TypeInteger) && integers.MatchString(text),
		s.Type.Is(openapi3.TypeNumber) && numbers.MatchString(text):
		return json.Number(text)
	case s.Type.Is(openapi3.TypeBoolean) && (text == "true" || text == "false"):
		return text == "true"
	}
	return text
}

// Visit is the oracle's verdict on a value that was decoded from a request.
func Visit(s *openapi3.Schema, value any) bool {
	p := &place{options: optionsOf[schema.DirectionRequest]}
	if s.VisitJSON(value, p.options...) != nil {
		return false
	}
	p.strict([]*openapi3.Schema{s}, value)
	return !p.broken
}
