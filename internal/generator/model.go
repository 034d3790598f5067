package generator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// sealed reports whether each variant of a union is a schema of its own. The variants of others are numbered.
func sealed(union codegen.TypeDefinition) bool {
	for i, element := range union.Schema.UnionElements {
		if element.String() == fmt.Sprintf("%s%d", union.TypeName, i) {
			return false
		}
	}
	return true
}

// required returns the members that a variant of a union must have, and not as null, by the variant's place in the
// union.
func required(union codegen.TypeDefinition, variant int) []string {
	schema := union.Schema.OAPISchema
	return requiredOf(slices.Concat(schema.OneOf, schema.AnyOf)[variant].Value)
}

func requiredOf(schema *openapi3.Schema) []string {
	var members []string
	for _, name := range schema.Required {
		if property := schema.Properties[name]; property == nil || property.Value == nil || !property.Value.Nullable {
			members = append(members, name)
		}
	}
	for _, part := range schema.AllOf {
		members = append(members, requiredOf(part.Value)...)
	}
	slices.Sort(members)
	return slices.Compact(members)
}

// alternative is another name that a list may have for its items.
type alternative struct{ Member, Field string }

// alsoItems is where a list may have its items instead of in items, by its x-items-also, or nil.
func alsoItems(list codegen.TypeDefinition) *alternative {
	if list.Schema.OAPISchema == nil {
		return nil
	}
	member, ok := list.Schema.OAPISchema.Extensions["x-items-also"].(string)
	if !ok {
		return nil
	}
	return &alternative{member, codegen.SchemaNameToTypeName(member)}
}

// constant is a value of an enum.
type constant struct{ Name, Value string }

// constantsOf returns the constants of an enum by names that read as Go: TypePartnerCustomerFunding rather than
// TypePARTNERCUSTOMERFUNDING. A list of x-enum-varnames wins. The null of a nullable enum is not a constant: the
// field's type says it.
func constantsOf(enum codegen.EnumDefinition) []constant {
	values := enum.GetValues()
	_, named := enum.Schema.OAPISchema.Extensions["x-enum-varnames"]
	var all []constant
	for _, key := range codegen.SortedMapKeys(values) {
		value := values[key]
		if value == "<nil>" {
			continue
		}
		name := key
		if !named {
			// A word before the value keeps the rules for the beginning of a name out of it.
			name = enum.TypeName + codegen.SchemaNameToTypeName(strings.ToLower("value_" + value))[len("value"):]
		}
		all = append(all, constant{name, value})
	}
	return all
}
