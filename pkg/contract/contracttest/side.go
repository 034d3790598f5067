package contracttest

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// A side is one of the two of a constraint that the contract has for what an operation takes.
type side struct {
	constraint string
	isValid    bool
	// rule is what a wrong value breaks, and alone says that it breaks nothing else. Some mistakes always make another:
	// a number that is no integer may be beyond the largest one.
	rule  string
	alone bool
}

func sideOf(b schemagen.Boundary) *side { return &side{b.Constraint, b.IsValid, b.Rule, b.Alone} }

// sideKey names a side: of a parameter, such as "query limit", or of the body.
func sideKey(o *operation, where, constraint string, isValid bool) string {
	key := o.ID + " " + where + " " + constraint
	if isValid {
		return key + " right"
	}
	return key + " wrong"
}

// is reports whether a request is on the side, as the contract says of it as a whole: whatever else is in it may have
// decided about it.
func (s *side) is(said verdict) bool {
	switch {
	case s == nil:
		return false
	case s.isValid || said.isValid:
		return s.isValid == said.isValid
	}
	return slices.Contains(said.rules, s.rule) && (said.isSingle || !s.alone)
}

// tried notes that a variation is sent.
func (r *Report) tried(o *operation, v variation) {
	where := v.place
	if strings.HasPrefix(where, "body") {
		where = "body"
	}
	r.sides[sideKey(o, where, v.side.constraint, v.side.isValid)] = true
}

// sides calls a function with each side of each constraint that an operation has for what it takes as text or JSON.
// There are some that nothing can be on: a value beyond the largest integer, or a text without one more character. A
// parameter is always a text, so it is never null, no text is of another type, and one that may come several times is
// an array whatever comes.
func (o *operation) sides(with func(where string, c schemagen.Constraint, isValid bool)) {
	of := func(where string, ref *openapi3.SchemaRef) {
		g := generatorOf(ref)
		if g == nil {
			return
		}
		for _, c := range g.Constraints() {
			isAlways := c.Keyword == "nullable" || strings.HasSuffix(c.ID, "/type=string") ||
				strings.HasSuffix(c.ID, "/type=array")
			if where != "body" && isAlways {
				continue
			}
			if c.Valid.Boundaries > 0 {
				with(where, c, true)
			}
			if c.Invalid.Boundaries > 0 {
				with(where, c, false)
			}
		}
	}
	for _, p := range o.parameters {
		of(p.In+" "+p.Name, p.Schema)
	}
	if media := o.json(); media != nil && media.Schema != nil {
		of("body", media.Schema)
	}
}
