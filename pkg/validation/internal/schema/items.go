package schema

import "github.com/getkin/kin-openapi/openapi3"

// items is an array that has been read.
type items struct {
	at    int
	count uint64
	// different says that no two items are equal, as far as anybody has asked.
	different bool
}

// itemRules are minItems, maxItems and uniqueItems.
type itemRules struct{ source *openapi3.Schema }

// newItemRules returns nil for a schema that asks nothing of an array as a whole.
func newItemRules(s *openapi3.Schema) *itemRules {
	if s.MinItems == 0 && s.MaxItems == nil && !s.UniqueItems {
		return nil
	}
	return &itemRules{s}
}

func (r *itemRules) check(c *Checker, l items) verdict {
	s := r.source
	if l.count < s.MinItems && c.broken("minItems", s) ||
		s.MaxItems != nil && l.count > *s.MaxItems && c.broken("maxItems", s) ||
		!l.different && s.UniqueItems && c.broken("uniqueItems", s) {
		return stop
	}
	return goOn
}
