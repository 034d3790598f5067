package schema

import (
	"bytes"

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
	// open says that the contract welcomes names that it does not have.
	open bool
	// strange is a schema that refuses all names but those, because whoever compiled it wants it so.
	strange *openapi3.Schema
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
		return c.fail(i, tooDeep), false
	}
	set, unknown, count, right := len(c.bits), len(c.unknown), uint64(0), c.right(start)
	known := start == c.repeatedIn && c.isSecond() // Then its names were all looked at before.
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
				return c.fail(i, noName), false
			}
			end, escaped := c.text(i)
			if end < 0 {
				return -1, false
			}
			at := i
			name := c.data[at+1 : end]
			if escaped {
				c.name = appendUnescaped(c.name[:0], name)
				name = c.name
			}
			if i = c.space(end + 1); c.at(i) != ':' {
				return c.fail(i, noColon), false
			}
			i = c.space(i + 1)
			position := o.find(name)
			below := o.others
			var isNew bool
			var p *property
			if position < 0 {
				isNew = known || o.closed != nil || isUnheard(c, unknown, name)
			} else {
				word, bit := set+position/64, uint64(1)<<(position%64)
				isNew = c.bits[word]&bit == 0
				c.bits[word] |= bit
				p = &o.properties[position]
				below = p.value
			}
			if i < right {
				end = c.past(i)
			} else {
				from := c.found()
				if !isNew && c.brokenMember(at+1, end, finding{keyword: "repeated"}) ||
					!o.allowed(c, p, name, at+1, end, m) {
					return c.refused(at)
				}
				if !c.enterMember(at+1, end) {
					return c.refused(at)
				}
				if p != nil && p.forbidden != nil && c.at(i) != 'n' && c.broken(p.keyword, p.forbidden) {
					return c.refused(at)
				}
				var ok bool
				end, ok = below.evaluate(c, i, m.below())
				c.leave()
				if !ok {
					return c.refused(i)
				}
				c.section(c.data[at+1:end], from)
			}
			switch i = c.space(end); c.at(i) {
			case ',':
				i = c.space(i + 1)
			case '}':
				i, more = i+1, false
			default:
				return c.fail(i, noEndOfObject), false
			}
		}
	}
	c.depth--
	switch {
	case known:
		if brokenRepeat(c, start, c.repeatedAs) {
			return c.refused(i - 1)
		}
	case len(c.unknown)-unknown > few && i > right: // Otherwise all was right up to the closing brace.
		if hash, found := repeatedHash(c.unknown[unknown:]); found {
			if c.isFirst() {
				c.repeatedIn, c.repeatedAs = start, hash
			}
			if brokenRepeat(c, start, hash) {
				return c.refused(i - 1)
			}
		}
	}
	c.unknown = c.unknown[:unknown]
	c.closeSection(section)
	ok := o.complete(c, start, c.bits[set:], count)
	c.bits = c.bits[:set]
	if !ok {
		return c.refused(i)
	}
	return i, true
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

// brokenRepeat notes the name that the object at i has twice, and reports whether to stop.
func brokenRepeat(c *Checker, i int, hash uint64) (stop bool) {
	if c.collector == nil {
		return true
	}
	from, to := repeatedName(c, i, hash)
	return c.brokenMember(from, to, finding{keyword: "repeated"})
}

// brokenUnknown notes a member that may not be there, at its object or, for whoever develops, at the member itself.
func (o *objects) brokenUnknown(c *Checker, keyword string, s *openapi3.Schema, from, to int) (stop bool) {
	f := finding{keyword: keyword, source: s, known: o.known}
	switch {
	case c.collector == nil:
		return true
	case keyword == "properties" && !c.collector.reveal:
		return c.collector.broken(f)
	}
	return c.brokenMember(from, to, f)
}

// allowed reports whether a member may be there at all, or whether to go on although it may not. Its name, which means
// name, stands in the text from one position to another.
func (o *objects) allowed(c *Checker, p *property, name []byte, from, to int, m mode) bool {
	switch {
	case p == nil && o.closed != nil:
		if o.brokenUnknown(c, "properties", o.closed, from, to) {
			return false
		}
	case p != nil && p.closed != nil:
		if o.brokenUnknown(c, "properties", p.closed, from, to) {
			return false
		}
	}
	if m != strict || p != nil && p.known {
		return true
	}
	return o.spelledRight(c, p, name, from, to)
}

// spelledRight reports whether a member resembles none that the contract knows, and is known if it must be.
func (o *objects) spelledRight(c *Checker, p *property, name []byte, from, to int) bool {
	resembled := -1
	for i, known := range o.known {
		if !bytes.EqualFold(known, name) {
			continue
		}
		if bytes.Equal(known, name) {
			return true
		}
		if resembled < 0 {
			resembled = i
		}
	}
	switch {
	case resembled >= 0:
		return !c.resembles(string(o.known[resembled]))
	case o.strange != nil && o.closed == nil && p == nil:
		return !o.brokenUnknown(c, "unknown", o.strange, from, to)
	}
	return true
}
