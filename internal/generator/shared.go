package generator

import (
	"slices"

	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// shared is what all variants of a union have.
type shared struct {
	// Union is the name of the union's type.
	Union string
	// Declaration is a struct with the members.
	Declaration string
	// Required are the names of those that every variant requires, and that none lets be null.
	Required   []string
	properties []codegen.Property
}

// Name is the name of the struct.
func (s *shared) Name() string { return s.Union + "Shared" }

// Fields are the fields of the struct, for a comment.
func (s *shared) Fields() []field { return fieldsOf(s.properties) }

// Shared returns what the variants of each sealed union have in common, by name and type. A union whose variants have
// nothing in common is not there.
func (m *models) Shared() []*shared {
	variants := map[string]*model{}
	for _, one := range m.Types {
		variants[one.TypeName] = one
	}
	var all []*shared
	for _, union := range m.Types {
		elements := union.Schema.UnionElements
		if len(elements) < 2 || !sealed(union.TypeDefinition) {
			continue
		}
		var common []codegen.Property
		for i, element := range elements {
			variant := variants[element.String()]
			if variant == nil {
				common = nil
				break
			}
			if i == 0 {
				common = slices.Clone(variant.properties)
				continue
			}
			common = intersection(common, variant.properties)
		}
		if len(common) == 0 {
			continue
		}
		s := &shared{Union: union.TypeName, properties: common}
		for _, p := range common {
			if p.Required {
				s.Required = append(s.Required, p.JsonFieldName)
			}
		}
		s.Declaration = codegen.GenStructFromSchema(codegen.Schema{Properties: common})
		all = append(all, s)
	}
	return all
}

// intersection returns the properties that are also among others, with the same type. One is required if both are.
func intersection(properties, others []codegen.Property) []codegen.Property {
	var all []codegen.Property
	for _, p := range properties {
		i := slices.IndexFunc(others, func(o codegen.Property) bool { return o.JsonFieldName == p.JsonFieldName })
		if i < 0 || others[i].Schema.TypeDecl() != p.Schema.TypeDecl() || others[i].Nullable != p.Nullable {
			continue
		}
		if p.Required && !others[i].Required {
			p = others[i]
		}
		all = append(all, p)
	}
	return all
}
