package schema

import (
	"bytes"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// objects evaluates objects.
type objects struct {
	schemas    []rules[members]
	properties []property
	// index finds a property when there are too many to try one by one.
	index map[string]int
	// required has a bit for each property that must be there.
	required []uint64
	// others applies to members that are not properties, unless closed forbids them.
	others evaluator
	closed *openapi3.Schema
	// known are the names that a member must not resemble, with those of all variants.
	known [][]byte
}

// property is a name that the contract mentions.
type property struct {
	name string
	raw  []byte
	// known says that it is a property, not only required.
	known bool
	value evaluator
	// closed is a schema beside the one with the property, which forbids it.
	closed *openapi3.Schema
	// forbidden is the property's schema if it must not be sent in this direction, and keyword says why.
	forbidden *openapi3.Schema
	keyword   string
}

// find returns the position of a property, or -1.
func (o *objects) find(name []byte) int {
	if o.index != nil {
		if i, ok := o.index[string(name)]; ok {
			return i
		}
		return -1
	}
	for i := range o.properties {
		if bytes.Equal(o.properties[i].raw, name) {
			return i
		}
	}
	return -1
}

func (o *objects) evaluate(c *Checker, i int, m mode) (int, bool) {
	start := i
	if c.depth++; c.depth > maxDepth {
		return -1, false
	}
	set, unknown, count := len(c.bits), len(c.unknown), uint64(0)
	for range o.required {
		c.bits = append(c.bits, 0)
	}
	section := c.openSection()
	i = c.space(i + 1)
	if c.at(i) == '}' {
		i++
	} else {
		for more := true; more; count++ {
			if c.at(i) != '"' {
				return -1, false
			}
			end, escaped := c.text(i)
			if end < 0 {
				return -1, false
			}
			name := c.data[i+1 : end]
			if escaped {
				c.name = appendUnescaped(c.name[:0], name)
				name = c.name
			}
			c.mark(name)
			position := o.find(name)
			below := o.others
			var p *property
			if position < 0 {
				if !isNew(c, unknown, name) || o.closed != nil && c.broken("properties", o.closed) {
					return -1, false
				}
			} else {
				bit := uint64(1) << (position % 64)
				if c.bits[set+position/64]&bit != 0 {
					return -1, false
				}
				c.bits[set+position/64] |= bit
				p = &o.properties[position]
				if p.closed != nil && c.broken("properties", p.closed) {
					return -1, false
				}
				below = p.value
			}
			if m == strict && (p == nil || !p.known) && !o.spelledRight(c, name) {
				return -1, false
			}
			c.enterMember(name)
			if i = c.space(end + 1); c.at(i) != ':' {
				return -1, false
			}
			i = c.space(i + 1)
			if p != nil && p.forbidden != nil && c.at(i) != 'n' && c.broken(p.keyword, p.forbidden) {
				return -1, false
			}
			end, ok := below.evaluate(c, i, m.below())
			c.leave()
			if !ok {
				return -1, false
			}
			switch i = c.space(end); c.at(i) {
			case ',':
				i = c.space(i + 1)
			case '}':
				i, more = i+1, false
			default:
				return -1, false
			}
		}
	}
	c.depth--
	if !areDistinct(c, unknown) {
		return -1, false
	}
	c.unknown = c.unknown[:unknown]
	c.closeSection(section)
	ok := o.complete(c, start, c.bits[set:], count)
	c.bits = c.bits[:set]
	return i, ok
}

// complete checks what is known once all members have been seen.
func (o *objects) complete(c *Checker, start int, had []uint64, count uint64) bool {
	complete := true
	for w, required := range o.required {
		complete = complete && required&^had[w] == 0
	}
	if !complete && c.collector == nil {
		return false
	}
	return len(o.schemas) == 0 || hold(c, o.schemas, members{start, count, had, complete})
}

// spelledRight reports whether a member resembles none that the contract knows.
func (o *objects) spelledRight(c *Checker, name []byte) bool {
	for _, known := range o.known {
		if !bytes.EqualFold(known, name) || bytes.Equal(known, name) {
			continue
		}
		if slices.ContainsFunc(o.known, func(k []byte) bool { return bytes.Equal(k, name) }) {
			return true
		}
		if c.resembles(string(known)) {
			return false
		}
	}
	return true
}
