package schema

import "github.com/getkin/kin-openapi/openapi3"

// formatted is the format of a text.
type formatted struct {
	source *openapi3.Schema
	Format
}

func (f *formatted) check(c *Checker, text []byte) verdict {
	if (!f.Check(text) || f.Plain && c.escaped) && c.broken("format", f.source) {
		return stop
	}
	return goOn
}
