package schema

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// variants is a oneOf or an anyOf.
type variants struct {
	source *openapi3.Schema
	list   []evaluator
	// refs are the references of the variants, in the same order.
	refs []string
	// one says that no more than one variant may match.
	one           bool
	discriminator *discriminator
	// recursive says that a variant leads back to itself.
	recursive bool
}

func (g *variants) check(c *Checker, p passage) verdict {
	if g.holds(c, p) {
		return goOn
	}
	return stop
}

func (g *variants) holds(c *Checker, p passage) bool {
	if g.discriminator != nil && c.data[p.at] == '{' {
		text, ok, _ := g.discriminator.value(c, p.at)
		if !ok {
			return c.collector != nil && !c.collector.full()
		}
		if len(g.discriminator.refs) > 0 {
			ref, known := g.discriminator.refs[string(text)]
			if !known {
				return !g.discriminator.unknown(c)
			}
			if ref != "" {
				return g.referred(c, ref, p)
			}
		}
	}
	var matching uint64
	for _, variant := range g.list {
		if !try(c, variant, p.at, lax) {
			continue
		}
		if matching++; matching > 1 && g.one {
			return !c.broken("oneOfConflict", g.source)
		}
		// What a further variant of an anyOf says of the spelling of members counts as well.
		if p.mode != lax && !again(c, variant, p.at, inner) {
			return false
		}
	}
	return matching > 0 || c.collector != nil && g.unmatched(c, p.at)
}

// referred checks the variants that a discriminator leads to.
func (g *variants) referred(c *Checker, ref string, p passage) bool {
	count := 0
	var variant evaluator
	for v := range g.list {
		if g.refs[v] == ref {
			variant = g.list[v]
			count++
		}
	}
	m := p.mode
	switch {
	case count == 0:
		return !c.broken("oneOf", g.source)
	case count > 1 && g.one:
		return !c.broken("oneOfConflict", g.source)
	case m != lax:
		m = inner
	}
	return again(c, variant, p.at, m)
}

// unmatched notes why no variant accepts the value at i: what is wrong in the variant that was meant, which is the only
// one that has all its members in place, or else that none fits.
func (g *variants) unmatched(c *Checker, i int) (goOn bool) {
	outer := c.collector
	keyword := "anyOf"
	if g.one {
		keyword = "oneOf"
	}
	if g.discriminator != nil && c.data[i] != '{' {
		return !c.broken("object", nil)
	}
	if outer.trial && g.recursive {
		// The variants of variants of variants would take time without end, and a reader's patience.
		return !c.broken(keyword, g.source)
	}
	depth := len(outer.base) + len(outer.path)
	var meant [][]Fault
	for _, variant := range g.list {
		trial := outer.below()
		aside(c, trial, variant, i, lax)
		if len(g.list) == 1 || !slices.ContainsFunc(trial.found,
			func(f Fault) bool { return excludes(f, depth, g.one) }) {
			meant = append(meant, trial.found)
		}
	}
	if len(meant) != 1 || len(meant[0]) == 0 {
		return !c.broken(keyword, g.source)
	}
	outer.found = append(outer.found, meant[0]...)
	return !outer.full()
}

// excludes reports whether a fault shows that a variant was not the one that was meant.
func excludes(f Fault, depth int, one bool) bool {
	if len(f.Pointer) == depth {
		return one || f.Rule == "type"
	}
	return f.Rule == "required" && len(f.Pointer) == depth+1
}
