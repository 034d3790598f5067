package schemagen

import "github.com/getkin/kin-openapi/openapi3"

// kind is what a JSON value is, as a set of one. The simplest one comes first.
type kind uint8

const (
	ofBoolean kind = 1 << iota
	ofNumber
	ofString
	ofArray
	ofObject
	ofAny = ofBoolean | ofNumber | ofString | ofArray | ofObject
)

var kinds = []kind{ofBoolean, ofNumber, ofString, ofArray, ofObject}

func kindsOf(s *openapi3.Schema) kind {
	types := s.Type.Slice()
	if len(types) == 0 {
		return ofAny
	}
	var all kind
	for _, name := range types {
		switch name {
		case openapi3.TypeBoolean:
			all |= ofBoolean
		case openapi3.TypeInteger, openapi3.TypeNumber:
			all |= ofNumber
		case openapi3.TypeString:
			all |= ofString
		case openapi3.TypeArray:
			all |= ofArray
		case openapi3.TypeObject:
			all |= ofObject
		}
	}
	return all
}

// a names a kind in a sentence.
func (k kind) a() string {
	switch k {
	case ofBoolean:
		return "a boolean"
	case ofNumber:
		return "a number"
	case ofString:
		return "a string"
	case ofArray:
		return "an array"
	default:
		return "an object"
	}
}
