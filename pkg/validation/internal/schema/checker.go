package schema

import "github.com/getkin/kin-openapi/openapi3"

// maxMemory bounds how many checks are remembered for a text, and how many are made to explain why it was refused.
const maxMemory = 1 << 16

// Checker is the memory that checks work in, used again from one to the next. The zero value is ready. It is not safe
// for concurrent use.
//
// A check goes over the bytes once and looks at each value while it passes; only a oneOf, an anyOf and a not go over
// theirs again. Without a collector it stops at the first fault, and then allocates nothing for what the contract has:
// the slices grow once.
type Checker struct {
	scanner
	depth int
	// bits are the members that the open objects have had, and unknown the hashes of the names that the contract does
	// not have.
	bits    []uint64
	unknown []uint64
	// starts are where the items of open arrays begin, if they must be different.
	starts []int
	// name, meaning and spelled hold a text without its escapes, as long as it is looked at.
	name, meaning, spelled []byte

	// memory has what became of the checks that recursive schemas make, and exhausted says that it was full. effort
	// counts such checks while faults are collected, when none is remembered.
	memory    map[visit]int
	exhausted bool
	effort    int

	// collector is nil as long as it is enough to know that a text is refused.
	collector *collector
}

// mode says how a value is looked at.
type mode uint8

const (
	// strict refuses members that resemble a known one.
	strict mode = iota
	// inner does so in values inside, but not in this one, whose other schemas may know the member.
	inner
	// lax does not, to find out which variant is meant.
	lax
)

func (m mode) below() mode {
	if m == lax {
		return lax
	}
	return strict
}

// visit is a value, by its position, that was checked against a schema, by its number.
type visit struct {
	schema, at int
	mode       mode
}

// start makes the checker ready for a text, whatever became of the one before.
func (c *Checker) start(text []byte) {
	c.data, c.depth, c.collector = text, 0, nil
	c.exhausted, c.effort = false, 0
	if len(c.memory) > 0 {
		clear(c.memory)
	}
	c.bits, c.unknown, c.starts = c.bits[:0], c.unknown[:0], c.starts[:0]
}

// Forget lets go of the text that was checked. It reports whether the memory that is left is small enough to be kept
// for the next one.
func (c *Checker) Forget() (small bool) {
	c.data, c.collector = nil, nil
	return cap(c.unknown) < 1<<12 && cap(c.spelled)+cap(c.meaning)+cap(c.name) < 1<<16 && cap(c.starts) < 1<<12 &&
		len(c.memory) < 1<<8
}

// broken notes a broken rule at the value that is being checked, and reports whether to stop: at once without a
// collector.
func (c *Checker) broken(keyword string, s *openapi3.Schema) (stop bool) {
	return c.collector == nil || c.collector.broken(keyword, s)
}

// brokenAt is broken for a member of the object that is being checked.
func (c *Checker) brokenAt(member, keyword string, s *openapi3.Schema) (stop bool) {
	if c.collector == nil {
		return true
	}
	c.enterMember([]byte(member))
	defer c.leave()
	return c.collector.broken(keyword, s)
}

// resembles notes a member that differs in case alone from a known one, and reports whether to stop.
func (c *Checker) resembles(known string) (stop bool) {
	return c.collector == nil || c.collector.resembles(known)
}

func (c *Checker) enter(i int) {
	if k := c.collector; k != nil {
		k.path = append(k.path, i)
	}
}

func (c *Checker) enterMember(name []byte) {
	if k := c.collector; k != nil {
		k.path = append(k.path, k.spell(string(name)))
	}
}

func (c *Checker) leave() {
	if k := c.collector; k != nil {
		k.path = k.path[:len(k.path)-1]
	}
}

// openSection begins the members of an object, mark each of them, and closeSection puts their faults in order.
func (c *Checker) openSection() int {
	if c.collector == nil {
		return 0
	}
	return len(c.collector.marks)
}

func (c *Checker) mark(name []byte) {
	if c.collector != nil {
		c.collector.mark(name)
	}
}

func (c *Checker) closeSection(from int) {
	if c.collector != nil {
		c.collector.closeSection(from)
	}
}

// meant returns what the inside of a string means, until the next call.
func (c *Checker) meant(start, end int, escaped bool) []byte {
	if !escaped {
		return c.data[start:end]
	}
	c.meaning = appendUnescaped(c.meaning[:0], c.data[start:end])
	return c.meaning
}

// remember notes where the value of a visit ends, or -1 when it is refused. It reports false when there is no more
// room, which refuses the text.
func (c *Checker) remember(v visit, end int) bool {
	if len(c.memory) >= maxMemory {
		c.exhausted = true
		return false
	}
	if c.memory == nil {
		c.memory = make(map[visit]int)
	}
	c.memory[v] = end
	return true
}
