package schema

import (
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// manyCharacters is how long a text is looked at any further although it is too long.
const manyCharacters = 1 << 10

// length is minLength and maxLength. Characters are Unicode code points.
type length struct {
	source *openapi3.Schema
	min    uint64
	max    *uint64
}

// newLength returns nil for a schema that bounds no text.
func newLength(s *openapi3.Schema) *length {
	if s.MinLength == 0 && s.MaxLength == nil {
		return nil
	}
	return &length{s, s.MinLength, s.MaxLength}
}

func (l *length) check(c *Checker, text []byte) verdict {
	n := uint64(len(text))
	if l.max == nil || n/utf8.UTFMax <= *l.max { // Otherwise it is too long, however many bytes a character has.
		n = uint64(utf8.RuneCount(text)) //nolint:gosec // a count is not negative
	}
	if n < l.min && c.broken("minLength", l.source) {
		return stop
	}
	if l.max == nil || n <= *l.max {
		return goOn
	}
	switch {
	case c.broken("maxLength", l.source):
		return stop
	case n > manyCharacters:
		// Whether it has the pattern as well is no use to know, and takes time.
		return skip
	}
	return goOn
}
