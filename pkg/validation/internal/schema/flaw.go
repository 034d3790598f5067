package schema

import (
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds how deep objects and arrays nest. No contract comes near it.
const maxDepth = 64

// flaw is why a text cannot be read as JSON. Nothing is known of what follows it.
type flaw uint8

const (
	noFlaw flaw = iota
	noValue
	noName
	noColon
	noEndOfObject
	noEndOfArray
	moreText
	openText
	controlCharacter
	badEscape
	halfPair
	notUTF8
	badNumber
	badLiteral
	tooDeep
)

// at returns the very byte of the flaw, which the scanner found in a string that begins near i.
func (f flaw) at(text []byte, i int) int {
	if f != notUTF8 {
		return i
	}
	for {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}

// rule is the stable name of the rule that is broken.
func (f flaw) rule() string {
	if f == tooDeep {
		return "json_depth"
	}
	return "json_invalid"
}

// message says what is expected of a text, in whichever place.
func (f flaw) message() string {
	switch f {
	case notUTF8:
		return "must be UTF-8"
	case halfPair:
		return "must not escape half a surrogate pair"
	case tooDeep:
		return "must not nest deeper than " + strconv.Itoa(maxDepth) + " levels"
	default:
		return "must be exactly one well-formed JSON value"
	}
}

// detail says what is wrong at the place of the flaw, for whoever develops.
func (f flaw) detail() string {
	switch f {
	case noValue:
		return "a value is missing"
	case noName:
		return "a name in quotation marks is missing"
	case noColon:
		return "a colon is missing behind a name"
	case noEndOfObject:
		return "a comma or a closing brace is missing"
	case noEndOfArray:
		return "a comma or a closing bracket is missing"
	case moreText:
		return "there is something behind the value"
	case openText:
		return "a string has no end"
	case controlCharacter:
		return "a string has a control character, which must be escaped"
	case badEscape:
		return "a string has an escape that JSON does not have"
	case halfPair:
		return "the other half of the pair is missing"
	case notUTF8:
		return "a string has a byte that is not UTF-8"
	case badNumber:
		return "a number is not spelled as in JSON"
	case badLiteral:
		return "only true, false and null are spelled without quotation marks"
	default:
		return "this is the level that is too deep"
	}
}
