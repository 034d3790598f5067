package schema

import (
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

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
	n := uint64(utf8.RuneCount(text)) //nolint:gosec // a count is not negative
	if n < l.min && c.broken("minLength", l.source) || l.max != nil && n > *l.max && c.broken("maxLength", l.source) {
		return stop
	}
	return goOn
}
