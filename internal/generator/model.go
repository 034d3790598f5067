package generator

import (
	"fmt"
	"strings"

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
