package schema

import "github.com/getkin/kin-openapi/openapi3"

// hasOwnKeywords is false for schemas that only compose or contain others, or describe them.
func hasOwnKeywords(s *openapi3.Schema) bool {
	forbidding := s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
	return s.Type != nil || s.Format != "" || len(s.Enum) > 0 || s.UniqueItems || s.ExclusiveMin.IsSet() ||
		s.ExclusiveMax.IsSet() ||
		s.AllowEmptyValue || s.Min != nil || s.Max != nil || s.MultipleOf != nil || s.MinLength > 0 ||
		s.MaxLength != nil || s.Pattern != "" ||
		s.MinItems > 0 || s.MaxItems != nil || len(s.Required) > 0 || s.MinProps > 0 || s.MaxProps != nil ||
		forbidding || unknownKeyword(s) != ""
}

// unknownKeyword finds a keyword that OpenAPI 3.0 does not have, and which nothing here checks.
func unknownKeyword(s *openapi3.Schema) string {
	for _, keyword := range []struct {
		name string
		used bool
	}{
		{"const", s.Const != nil}, {"prefixItems", len(s.PrefixItems) > 0}, {"contains", s.Contains != nil},
		{"minContains", s.MinContains != nil},
		{"maxContains", s.MaxContains != nil}, {"patternProperties", len(s.PatternProperties) > 0},
		{"dependentSchemas", len(s.DependentSchemas) > 0},
		{"propertyNames", s.PropertyNames != nil}, {"if", s.If != nil}, {"then", s.Then != nil},
		{"else", s.Else != nil},
		{"dependentRequired", len(s.DependentRequired) > 0},
		{"unevaluatedItems", s.UnevaluatedItems.Has != nil || s.UnevaluatedItems.Schema != nil},
		{"unevaluatedProperties", s.UnevaluatedProperties.Has != nil || s.UnevaluatedProperties.Schema != nil},
		{"a boolean schema", s.Always != nil}, {"$dynamicRef", s.DynamicRef != ""},
		{"contentSchema", s.ContentSchema != nil},
		{"a number as exclusiveMinimum", s.ExclusiveMin.Value != nil},
		{"a number as exclusiveMaximum", s.ExclusiveMax.Value != nil},
	} {
		if keyword.used {
			return keyword.name
		}
	}
	return ""
}
