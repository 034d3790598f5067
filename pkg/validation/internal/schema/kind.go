package schema

import "github.com/getkin/kin-openapi/openapi3"

// kind is what a JSON value is, as a set of one.
type kind uint8

const (
	kindBoolean kind = 1 << iota
	kindNumber
	kindString
	kindArray
	kindObject
	kindAny = kindBoolean | kindNumber | kindString | kindArray | kindObject
)

// kindOf returns the kind of a type's values, or 0 for a type that OpenAPI 3.0 does not have.
func kindOf(name string) kind {
	switch name {
	case openapi3.TypeBoolean:
		return kindBoolean
	case openapi3.TypeInteger, openapi3.TypeNumber:
		return kindNumber
	case openapi3.TypeString:
		return kindString
	case openapi3.TypeArray:
		return kindArray
	case openapi3.TypeObject:
		return kindObject
	}
	return 0
}
