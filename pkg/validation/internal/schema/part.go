package schema

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// newPart looks at what a schema of the contract says on its own.
func newPart(s *openapi3.Schema) (part, error) {
	p := part{source: s, kinds: kindAny}
	if keyword := unknownKeyword(s); keyword != "" {
		return p, fmt.Errorf("%s, which OpenAPI 3.0 does not have, cannot be checked", keyword)
	}
	if types := s.Type.Slice(); len(types) > 0 {
		p.kinds = kindOf(types[0])
		if p.kinds == 0 || len(types) > 1 {
			return p, fmt.Errorf("the type %s cannot be checked", strings.Join(types, ", "))
		}
	}
	var err error
	p.enum, err = newEnum(s)
	return p, err
}

// add has the node ask the rules of one more schema.
func (n *node) add(p part, formats map[string]Format, requirements []requirement) error {
	s := p.source
	n.parts = append(n.parts, p)
	if n.numbers.source == nil || n.numbers.any {
		n.numbers.source, n.numbers.any = s, p.kinds == kindAny
	}
	var (
		ofText    rules[[]byte]
		ofNumber  rules[numeral]
		ofBoolean rules[position]
		ofItems   rules[items]
		ofMembers rules[members]
	)
	if p.enum != nil {
		ofText, ofNumber = append(ofText, enumText{p.enum}), append(ofNumber, enumNumber{p.enum})
		ofBoolean, ofItems = append(ofBoolean, enumBoolean{p.enum}), append(ofItems, enumItems{p.enum})
		ofMembers = append(ofMembers, enumMembers{p.enum})
	}
	if r := newLength(s); r != nil {
		ofText = append(ofText, r)
	}
	expression, err := newPattern(s)
	if err != nil {
		return err
	}
	if expression != nil {
		ofText = append(ofText, expression)
	}
	if f, ok := formats[s.Format]; ok {
		ofText = append(ofText, &formatted{s, f})
	}
	limits, err := newBounds(s)
	if err != nil {
		return err
	}
	if limits != nil {
		ofNumber = append(ofNumber, limits)
	}
	if r := newItemRules(s); r != nil {
		ofItems = append(ofItems, r)
		n.arrays.unique = n.arrays.unique || s.UniqueItems
	}
	if r := newMemberCount(s); r != nil {
		ofMembers = append(ofMembers, r)
	}
	if len(requirements) > 0 {
		ofMembers = append(ofMembers, &required{s, requirements})
		for _, r := range requirements {
			n.objects.required[r.position/64] |= 1 << (r.position % 64)
		}
	}
	n.texts.schemas = appendRules(n.texts.schemas, ofText)
	n.numbers.schemas = appendRules(n.numbers.schemas, ofNumber)
	n.booleans.schemas = appendRules(n.booleans.schemas, ofBoolean)
	n.arrays.schemas = appendRules(n.arrays.schemas, ofItems)
	n.objects.schemas = appendRules(n.objects.schemas, ofMembers)
	return nil
}

func appendRules[V any](to []rules[V], more rules[V]) []rules[V] {
	if len(more) == 0 {
		return to
	}
	return append(to, more)
}
