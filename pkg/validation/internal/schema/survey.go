package schema

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Survey knows all schemas of a contract together.
type Survey struct {
	// names are those of all members, the only ones that faults may mention.
	names map[string]bool
	seen  map[*openapi3.Schema]bool
	err   error
}

// NewSurvey returns a survey of nothing.
func NewSurvey() *Survey {
	return &Survey{names: make(map[string]bool), seen: make(map[*openapi3.Schema]bool)}
}

// Add takes in a schema and all that it leads to. It fails when one of them is one of its own variants, or is ruled out
// by itself: checking a value would never end. A schema that is nil says nothing.
func (s *Survey) Add(ref *openapi3.SchemaRef) error {
	s.schema(ref)
	return s.err
}

func (s *Survey) schemas(refs openapi3.SchemaRefs) {
	for _, ref := range refs {
		s.schema(ref)
	}
}

func (s *Survey) schema(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || s.seen[ref.Value] {
		return
	}
	v := ref.Value
	s.seen[v] = true
	for name, below := range v.Properties {
		s.names[name] = true
		s.schema(below)
	}
	for _, name := range v.Required {
		s.names[name] = true
	}
	for _, below := range []*openapi3.SchemaRef{v.Items, v.AdditionalProperties.Schema, v.Not} {
		s.schema(below)
	}
	for _, refs := range []openapi3.SchemaRefs{v.AllOf, v.OneOf, v.AnyOf} {
		s.schemas(refs)
	}
	s.compositions(v, v, make(map[link]bool), false)
}

// link is a schema that a composition leads to, and whether the way there went through a variant.
type link struct {
	schema *openapi3.Schema
	again  bool
}

// compositions follows what applies to the same value as a schema. Going in a circle of allOf alone says nothing new; a
// circle through a oneOf, an anyOf or a not has no meaning.
func (s *Survey) compositions(from, at *openapi3.Schema, passed map[link]bool, again bool) {
	follow := func(ref *openapi3.SchemaRef, again bool) {
		switch {
		case ref == nil || ref.Value == nil:
		case ref.Value == from:
			if again && s.err == nil {
				s.err = fmt.Errorf("%s leads back to itself through oneOf, anyOf or not for the same value, which "+
					"cannot be checked", nameOf(ref))
			}
		case !passed[link{ref.Value, again}]:
			passed[link{ref.Value, again}] = true
			s.compositions(from, ref.Value, passed, again)
		}
	}
	for _, ref := range at.AllOf {
		follow(ref, again)
	}
	for _, refs := range []openapi3.SchemaRefs{at.OneOf, at.AnyOf} {
		for _, ref := range refs {
			follow(ref, true)
		}
	}
	follow(at.Not, true)
}

func nameOf(ref *openapi3.SchemaRef) string {
	if ref.Ref == "" {
		return "a schema"
	}
	return "the schema " + ref.Ref
}
