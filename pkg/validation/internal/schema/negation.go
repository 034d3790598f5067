package schema

import "github.com/getkin/kin-openapi/openapi3"

// negation is a not.
type negation struct {
	source *openapi3.Schema
	inner  evaluator
}

func (n *negation) check(c *Checker, p passage) verdict {
	if try(c, n.inner, p.at, lax) && c.broken("not", n.source) {
		return stop
	}
	return goOn
}
