package schema

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// access is what readOnly and writeOnly say of members.
type access struct{ direction Direction }

// forbids reports whether a property must not be sent in this direction.
func (a access) forbids(ref *openapi3.SchemaRef) bool {
	return ref != nil && ref.Value != nil && (ref.Value.ReadOnly && a.direction == DirectionRequest ||
		ref.Value.WriteOnly && a.direction == DirectionResponse)
}

// keyword is the one that forbids a property.
func (a access) keyword(s *openapi3.Schema) string {
	if a.direction == DirectionResponse || !s.ReadOnly {
		return "writeOnly"
	}
	return "readOnly"
}

// exempt returns the members that a schema cannot require in this direction, because a schema above it, or beside it in
// an allOf, has them as readOnly or writeOnly.
func (a access) exempt(s *openapi3.Schema, above []*openapi3.Schema) []string {
	var names []string
	var seen []*openapi3.Schema
	var search func(s *openapi3.Schema)
	search = func(s *openapi3.Schema) {
		if slices.Contains(seen, s) {
			return
		}
		seen = append(seen, s)
		for name, ref := range s.Properties {
			if a.forbids(ref) {
				names = append(names, name)
			}
		}
		for _, ref := range s.AllOf {
			search(ref.Value)
		}
	}
	search(s)
	for _, s := range above {
		search(s)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
