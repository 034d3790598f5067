package validation

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// survey is what is known of all schemas of a contract together.
type survey struct {
	// names are those of all members, the only ones that errors may mention.
	names map[string]bool
	seen  map[*openapi3.Schema]bool
	err   error
}

// surveySchemas goes over the schemas that the operations use. It fails when a schema is one of its own variants, or is
// ruled out by itself: checking a value would never end.
func surveySchemas(doc *openapi3.T) (*survey, error) {
	s := &survey{names: make(map[string]bool), seen: make(map[*openapi3.Schema]bool)}
	for _, item := range doc.Paths.Map() {
		s.parameters(item.Parameters)
		for _, operation := range item.Operations() {
			s.parameters(operation.Parameters)
			if operation.RequestBody != nil {
				s.content(operation.RequestBody.Value.Content)
			}
			for _, response := range operation.Responses.Map() {
				s.content(response.Value.Content)
				for _, header := range response.Value.Headers {
					s.schema(header.Value.Schema)
					s.content(header.Value.Content)
				}
			}
		}
	}
	return s, s.err
}

func (s *survey) parameters(parameters openapi3.Parameters) {
	for _, p := range parameters {
		s.schema(p.Value.Schema)
		s.content(p.Value.Content)
	}
}

func (s *survey) content(content openapi3.Content) {
	for _, media := range content {
		s.schema(media.Schema)
	}
}

func (s *survey) schemas(refs openapi3.SchemaRefs) {
	for _, ref := range refs {
		s.schema(ref)
	}
}

func (s *survey) schema(ref *openapi3.SchemaRef) {
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
	s.compositions(v, v, make(map[step]bool), false)
}

// step is a schema that a composition leads to, and whether the way there went through a variant.
type step struct {
	schema *openapi3.Schema
	again  bool
}

// compositions follows what applies to the same value as a schema. Going in a circle of allOf alone says nothing new; a
// circle through a oneOf, an anyOf or a not has no meaning.
func (s *survey) compositions(from, at *openapi3.Schema, passed map[step]bool, again bool) {
	follow := func(ref *openapi3.SchemaRef, again bool) {
		switch {
		case ref == nil || ref.Value == nil:
		case ref.Value == from:
			if again && s.err == nil {
				s.err = fmt.Errorf(
					"validation: %s leads back to itself through oneOf, anyOf or not for the same value, which "+
						"cannot be checked", nameOf(ref))
			}
		case !passed[step{ref.Value, again}]:
			passed[step{ref.Value, again}] = true
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
