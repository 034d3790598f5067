package schema

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// acceptsNull follows kin-openapi: a composition that accepts null does so for the schema around it.
func acceptsNull(s *openapi3.Schema, above []*openapi3.Schema) bool {
	if s.Nullable || slices.Contains(above, s) {
		return true
	}
	if len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) == 0 {
		return false
	}
	above = append(slices.Clip(above), s)
	accepts := func(ref *openapi3.SchemaRef) bool { return acceptsNull(ref.Value, above) }
	matches := 0
	for _, ref := range s.OneOf {
		if accepts(ref) {
			matches++
		}
	}
	return (len(s.OneOf) == 0 || matches == 1) &&
		(len(s.AnyOf) == 0 || slices.ContainsFunc(s.AnyOf, accepts)) &&
		!slices.ContainsFunc(s.AllOf, func(ref *openapi3.SchemaRef) bool { return !accepts(ref) }) &&
		(s.Not == nil || !accepts(s.Not))
}

// saysNothing reports whether a schema says nothing about any value, which is more than that it has no keywords:
// nullable says something, and an allOf of empty schemas does not. It goes by what kin-openapi calls empty, which does
// not come to an end for a schema that contains itself: what is above is not looked at again.
func saysNothing(s *openapi3.Schema, above []*openapi3.Schema) bool {
	if slices.Contains(above, s) {
		return true
	}
	if hasOwnKeywords(s) || s.Nullable || s.ReadOnly || s.WriteOnly {
		return false
	}
	above = append(slices.Clip(above), s)
	nothing := func(ref *openapi3.SchemaRef) bool {
		return ref == nil || ref.Value == nil || saysNothing(ref.Value, above)
	}
	for _, ref := range s.Properties {
		if !nothing(ref) {
			return false
		}
	}
	return nothing(s.Not) && nothing(s.Items) && nothing(s.AdditionalProperties.Schema) &&
		!slices.ContainsFunc(slices.Concat(s.OneOf, s.AnyOf, s.AllOf),
			func(ref *openapi3.SchemaRef) bool { return !nothing(ref) })
}
