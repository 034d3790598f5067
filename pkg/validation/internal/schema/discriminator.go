package schema

import (
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// discriminator is the member that says which variant of a oneOf or an anyOf applies.
type discriminator struct {
	source *openapi3.Schema
	member string
	// refs are the references to variants by the member's value. Without any, all variants are to be tried.
	refs map[string]string
}

// newDiscriminator returns nil for a schema without one.
func newDiscriminator(s *openapi3.Schema) *discriminator {
	if s.Discriminator == nil {
		return nil
	}
	d := &discriminator{source: s, member: s.Discriminator.PropertyName, refs: make(map[string]string)}
	for value, mapped := range s.Discriminator.Mapping {
		ref := mapped.Ref
		if ref != "" && !strings.Contains(ref, "/") {
			ref = "#/components/schemas/" + ref // It may be spelled as a name.
		}
		d.refs[value] = ref
	}
	return d
}

// value returns the discriminator's value in the object at i. ok is false when it is not there or no text, which has
// been noted; stop then says whether to stop.
func (d *discriminator) value(c *Checker, i int) (text []byte, ok, stop bool) {
	text, found, isText := peek(c, d.member, i)
	switch {
	case !found:
		return nil, false, c.brokenAt(d.member, "required", d.source)
	case !isText:
		return nil, false, c.brokenAt(d.member, "text", d.source)
	}
	return text, true, false
}

// unknown notes a value that leads nowhere.
func (d *discriminator) unknown(c *Checker) (stop bool) {
	return c.brokenAt(d.member, "discriminator", d.source)
}

// peek looks for a member of the object at i. It does not mind what else is wrong with the object: a check goes over it
// yet.
func peek(c *Checker, name string, i int) (text []byte, found, isText bool) {
	for i = c.space(i + 1); c.at(i) == '"'; {
		end, escaped := c.text(i)
		if end < 0 {
			return nil, false, false
		}
		hit := string(c.meant(i+1, end, escaped)) == name
		if i = c.space(end + 1); c.at(i) != ':' {
			return nil, false, false
		}
		i = c.space(i + 1)
		if hit {
			if c.at(i) != '"' {
				return nil, true, false
			}
			if end, escaped = c.text(i); end < 0 {
				return nil, true, false
			}
			return c.meant(i+1, end, escaped), true, true
		}
		if i = c.skip(i); i < 0 || c.at(i) != ',' {
			return nil, false, false
		}
		i = c.space(i + 1)
	}
	return nil, false, false
}
