package schema

import "github.com/getkin/kin-openapi/openapi3"

// members is an object that has been read.
type members struct {
	at    int
	count uint64
	// had has a bit for each property that is there, and complete says that none is missing that must be.
	had      []uint64
	complete bool
}

// memberCount is minProperties and maxProperties.
type memberCount struct{ source *openapi3.Schema }

// newMemberCount returns nil for a schema that does not bound how many members there are.
func newMemberCount(s *openapi3.Schema) *memberCount {
	if s.MinProps == 0 && s.MaxProps == nil {
		return nil
	}
	return &memberCount{s}
}

func (r *memberCount) check(c *Checker, o members) verdict {
	s := r.source
	if o.count < s.MinProps && c.broken("minProperties", s) ||
		s.MaxProps != nil && o.count > *s.MaxProps && c.broken("maxProperties", s) {
		return stop
	}
	return goOn
}

// required are the members that must be there, in this direction.
type required struct {
	source *openapi3.Schema
	names  []requirement
}

// requirement is a member and its place among the properties.
type requirement struct {
	name     string
	position int
}

func (r *required) check(c *Checker, o members) verdict {
	if o.complete {
		return goOn
	}
	for _, n := range r.names {
		if o.had[n.position/64]&(1<<(n.position%64)) == 0 && c.brokenAt(n.name, "required", r.source) {
			return stop
		}
	}
	return goOn
}
