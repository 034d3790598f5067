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
	keyword := "anyOf"
	if g.one {
		keyword = "oneOf"
	}
	if g.discriminator != nil && c.data[i] != '{' {
		return !c.broken("object", nil)
	}
	if !g.meant(c, i) {
		return !c.broken(keyword, g.source)
	}
	return !c.collector.full()
}

// meant finds what is wrong in the variant that was meant. It reports false, and has found nothing, if there is no such
// variant, or finding it would take too long.
func (g *variants) meant(c *Checker, i int) bool {
	k := c.collector
	if k.trials > 0 && g.recursive {
		// The variants of variants of variants would take time without end, and a reader's patience.
		return false
	}
	from, limit, floor := len(k.found), k.limit, k.floor
	meant := 0
	k.trials++
	for _, variant := range g.list {
		k.floor = len(k.found)
		k.limit = k.floor + len(k.misspelled) + maxCollected
		aside(c, variant, i, lax)
		if len(g.list) > 1 && slices.ContainsFunc(k.found[k.floor:],
			func(f finding) bool { return excludes(f, len(k.path), g.one) }) {
			k.drop(k.floor)
		} else {
			meant++
		}
		if meant > 1 || k.budget <= 0 {
			break
		}
	}
	k.trials--
	k.limit, k.floor = limit, floor
	if meant != 1 || k.budget <= 0 || len(k.found) == from {
		k.drop(from)
		return false
	}
	return true
}

// excludes reports whether a finding shows that a variant was not the one that was meant.
func excludes(f finding, depth int, one bool) bool {
	switch f.to - f.from {
	case depth:
		return one || f.keyword == "type" || f.keyword == "object"
	case depth + 1:
		return f.keyword == "required"
	}
	return false
}
