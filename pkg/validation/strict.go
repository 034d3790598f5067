package validation

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// strict reports what kin-openapi cannot see: members that differ from a name of the contract in case alone, which Go's
// decoder would bind, and numbers that pass only because they were rounded to a float64. schemas all apply to value.
func (p place) strict(schemas []*openapi3.Schema, value any, pointer []string) {
	if p.full() || len(schemas) == 0 {
		return
	}
	switch value := value.(type) {
	case json.Number:
		applying, _ := p.expand(schemas, value)
		for _, s := range applying {
			p.number(s, value, pointer)
		}
	case []any:
		applying, _ := p.expand(schemas, value)
		var items []*openapi3.Schema
		for _, s := range applying {
			if s.Items != nil && s.Items.Value != nil {
				items = append(items, s.Items.Value)
			}
		}
		for i, item := range value {
			p.strict(items, item, append(pointer, strconv.Itoa(i)))
		}
	case map[string]any:
		p.object(schemas, value, pointer)
	}
}

func (p place) object(schemas []*openapi3.Schema, value map[string]any, pointer []string) {
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
					p.add(p.locate(append(slices.Clip(pointer), spelling)), "member_case", "must be spelled with the same upper and lower case")
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
		p.strict(next, value[name], append(slices.Clip(pointer), name))
	}
}

// expand follows allOf, oneOf and anyOf. applying are the schemas that hold for value; possible has also the variants that
// it might have been meant to match.
func (p place) expand(schemas []*openapi3.Schema, value any) (applying, possible []*openapi3.Schema) {
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
func (p place) number(s *openapi3.Schema, value json.Number, pointer []string) {
	if !s.Type.Is(openapi3.TypeInteger) && !s.Type.Is(openapi3.TypeNumber) {
		return
	}
	d := parseDecimal(value.String())
	if len(d.digits) <= 15 && d.exponent >= -300 && len(d.digits)+d.exponent <= 15 {
		return
	}
	add := func(keyword string) {
		rule, message := describe(keyword, s)
		p.add(p.locate(pointer), rule, message)
	}
	if s.Type.Is(openapi3.TypeInteger) {
		if !d.isInteger() {
			add("type")
			return
		}
		if s.Format == "int64" && !d.fits(64) || s.Format == "int32" && !d.fits(32) {
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
