package schema

import "github.com/getkin/kin-openapi/openapi3"

// node is what one direction of the contract asks of a value: all schemas that apply to it at once, with allOf
// dissolved, so that one pass checks them together. It is immutable once compiled.
type node struct {
	// number tells it from the other nodes of a compiler.
	number int
	// kinds are those that all schemas allow, without null.
	kinds kind
	// null says whether null is accepted, which is known beforehand as null has no inside.
	null bool
	// parts are the schemas, without their compositions, as far as they say anything.
	parts []part

	objects  objects
	arrays   arrays
	texts    texts
	numbers  numbers
	booleans booleans
	// passages go over the value again.
	passages rules[passage]
	// choice is in place of the only passage, when a member says which of its variants applies.
	choice *choice
	// recursive says that the node leads back to itself through something that goes over a value again: checks of a
	// value against it are remembered then.
	recursive bool
}

// part is one schema of the contract, without its compositions.
type part struct {
	source *openapi3.Schema
	kinds  kind
	enum   *enum
}

// choice is a oneOf or an anyOf whose discriminator tells its variants apart. Each variant has been compiled together
// with what stands beside the choice.
type choice struct {
	*discriminator
	// byValue holds nil for values that lead to no variant.
	byValue map[string]*node
	// rest is what stands beside the choice.
	rest *node
}

// anything accepts every JSON value that is read strictly.
var anything = newAnything()

func newAnything() *node {
	n := &node{kinds: kindAny, null: true}
	n.arrays.item, n.objects.others = n, n
	return n
}

func (n *node) evaluate(c *Checker, i int, m mode) (end int, ok bool) {
	switch c.at(i) {
	case '{':
		return n.composed(c, i, m, kindObject)
	case '[':
		return n.composed(c, i, m, kindArray)
	case '"':
		return n.whole(c, i, m, kindString)
	case 't', 'f':
		return n.whole(c, i, m, kindBoolean)
	case 'n':
		if end = c.literal(i, "null"); end < 0 || !n.null && c.broken("nullable", nil) {
			return -1, false
		}
		return end, true
	default:
		return n.whole(c, i, m, kindNumber)
	}
}

// composed checks an object or an array. A oneOf, an anyOf and a not go over their value again, and a node that leads
// back to itself through one of them does so once more at each level below: the work would double with every level that
// a sender nests. Such nodes remember what became of each object and array that they checked, so that the work stays in
// proportion to the text.
func (n *node) composed(c *Checker, i int, m mode, k kind) (end int, ok bool) {
	if !n.recursive {
		return n.whole(c, i, m, k)
	}
	if c.collector != nil {
		if c.effort++; c.effort > maxMemory {
			return -1, false
		}
		return n.whole(c, i, m, k)
	}
	v := visit{n.number, i, m}
	if end, known := c.memory[v]; known {
		return end, end >= 0
	}
	end, ok = n.whole(c, i, m, k)
	if !ok {
		end = -1
	}
	return end, c.remember(v, end) && ok
}

// whole checks a value that is not null, and then what has to go over it again.
func (n *node) whole(c *Checker, i int, m mode, k kind) (end int, ok bool) {
	if k == kindObject && n.choice != nil {
		if n = n.choice.selected(c, i); n == nil {
			return -1, false
		}
	}
	if n.kinds&k == 0 {
		return n.wrongKind(c, i, k)
	}
	switch {
	case c.settled == i && c.isSecond() && k&(kindObject|kindArray|kindString) != 0:
		end, ok = c.past(i), true
	case k == kindObject:
		end, ok = n.objects.evaluate(c, i, m)
	case k == kindArray:
		end, ok = n.arrays.evaluate(c, i, m)
	case k == kindString:
		end, ok = n.texts.evaluate(c, i, m)
	case k == kindNumber:
		end, ok = n.numbers.evaluate(c, i, m)
	default:
		end, ok = n.booleans.evaluate(c, i, m)
	}
	if !ok || len(n.passages) == 0 {
		return end, ok
	}
	for _, r := range n.passages {
		if r.check(c, passage{i, m}) == stop {
			if c.isFirst() {
				c.settled = i
			}
			return -1, false
		}
	}
	return end, true
}

// wrongKind passes over a value of a type that is not allowed, and notes it.
func (n *node) wrongKind(c *Checker, i int, k kind) (int, bool) {
	if c.collector == nil {
		return -1, false
	}
	collector, trail := c.collector, len(c.trail)
	c.collector = nil
	end, ok := anything.evaluate(c, i, lax)
	c.collector, c.trail = collector, c.trail[:trail]
	if c.flaw != noFlaw {
		return -1, false
	}
	for _, p := range n.parts {
		keyword := "type"
		if ok && p.enum != nil && !p.enum.has(c, i) {
			// kin-openapi looks at the values before the type, and says what is more use to the caller.
			keyword = "enum"
		} else if p.kinds&k != 0 {
			continue
		}
		if c.broken(keyword, p.source) {
			return -1, false
		}
	}
	return end, ok
}

// selected returns what applies to the object at i. If nothing does, it returns what stands beside the choice while
// faults are collected, and nil otherwise.
func (ch *choice) selected(c *Checker, i int) *node {
	text, ok, stop := ch.value(c, i)
	if ok {
		n, known := ch.byValue[string(text)]
		switch {
		case n != nil:
			return n
		case known:
			stop = c.broken("oneOf", ch.source)
		default:
			stop = ch.unknown(c)
		}
	}
	if stop {
		return nil
	}
	return ch.rest
}
