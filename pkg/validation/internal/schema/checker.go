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
	// name, meaning and spelled hold a text without its escapes, as long as it is looked at. escaped says that the last
	// one that was read has some.
	name, meaning, spelled []byte
	escaped                bool
	// reading is where that text begins.
	reading int

	// memory has what became of the checks that recursive schemas make, and exhausted says that it was full. effort
	// counts such checks while faults are collected, when none is remembered.
	memory    map[visit]int
	exhausted bool
	effort    int

	// trail leads to what was refused, from the inside to the outside: in each object and array that is open there, a
	// position before which everything is right. A second look passes over that.
	trail []int
	// settled is where a value begins of which all was right until something went over it again, or -1.
	settled int
	// refusedText is where the text begins that was refused, or -1, and hadEscapes says how it was spelled. unmatched
	// has the pattern that it did not match.
	refusedText int
	hadEscapes  bool
	unmatched   *openapi3.Schema
	// repeatedIn is where the object begins that has a member twice, or -1, and repeatedAs the hash of its name.
	repeatedIn int
	repeatedAs uint64
	// repeats counts what is gone over again, where the trail does not lead.
	repeats int

	// collector is nil as long as it is enough to know that a text is refused. gathering is the only one that there is.
	collector *collector
	gathering collector
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
	c.data, c.flaw, c.depth, c.collector = text, noFlaw, 0, nil
	c.exhausted, c.effort, c.repeats = false, 0, 0
	if len(c.memory) > 0 {
		clear(c.memory)
	}
	c.bits, c.unknown, c.starts = c.bits[:0], c.unknown[:0], c.starts[:0]
	c.trail, c.settled, c.refusedText, c.repeatedIn = c.trail[:0], -1, -1, -1
	c.unmatched = nil
}

// startAgain makes the checker ready for a second look at its text, to find out what is wrong with it.
func (c *Checker) startAgain(v *vocabulary) {
	trail, settled, text, object, unmatched := c.trail, c.settled, c.refusedText, c.repeatedIn, c.unmatched
	c.start(c.data)
	c.unmatched = unmatched
	c.trail, c.settled, c.refusedText, c.repeatedIn = trail, settled, text, object
	c.collector = &c.gathering
	c.collector.begin(v, c.data, maxCollected)
}

// Forget lets go of the text that was checked. It reports whether the memory that is left is small enough to be kept
// for the next one.
func (c *Checker) Forget() (small bool) {
	c.data, c.collector = nil, nil
	return c.gathering.forget() && cap(c.unknown) < 1<<12 &&
		cap(c.spelled)+cap(c.meaning)+cap(c.name) < 1<<16 && cap(c.starts) < 1<<12 && len(c.memory) < 1<<8
}

// refused notes, at the first look, that what is open is right up to a position, and refused there or behind. It
// returns what an evaluator does that refuses.
func (c *Checker) refused(i int) (int, bool) {
	if c.collector == nil {
		c.trail = append(c.trail, i)
	}
	return -1, false
}

// right returns up to which position everything is known to be right in the object or array that begins at i and is the
// last one that was opened.
func (c *Checker) right(i int) int {
	n := len(c.trail) - c.depth
	if n < 0 || !c.isSecond() || c.depth > 1 && c.trail[n+1] != i {
		return 0
	}
	return c.trail[n]
}

// isFirst reports whether this is the first look at a value, and isSecond whether it is the second. What goes over it
// again is neither.
func (c *Checker) isFirst() bool  { return c.collector == nil && c.repeats == 0 }
func (c *Checker) isSecond() bool { return c.collector != nil && c.repeats == 0 }

// broken notes a broken rule at the value that is being checked, and reports whether to stop: at once without a
// collector.
func (c *Checker) broken(keyword string, s *openapi3.Schema) (stop bool) {
	return c.collector == nil || c.collector.broken(finding{keyword: keyword, source: s})
}

// brokenAt is broken for a member of the object that is being checked, by its name in the contract.
func (c *Checker) brokenAt(member, keyword string, s *openapi3.Schema) (stop bool) {
	return c.collector == nil || c.collector.brokenBelow(step{name: member}, finding{keyword: keyword, source: s})
}

// brokenMember is broken for a member of the object that is being checked, by the place of its name in the text.
func (c *Checker) brokenMember(from, to int, f finding) (stop bool) {
	return c.collector == nil || c.collector.brokenBelow(step{from: from, to: to}, f)
}

// resembles notes a member that differs in case alone from a known one, and reports whether to stop.
func (c *Checker) resembles(known string) (stop bool) {
	return c.collector == nil || c.collector.resembles(known)
}

// enter notes that the next value is an item of the array that is open, and reports whether to look at it.
func (c *Checker) enter(i int) bool {
	k := c.collector
	if k == nil {
		return true
	}
	k.path = append(k.path, step{index: i})
	return k.charge(1)
}

// enterMember does so for a member, whose name stands in the text from one position to another.
func (c *Checker) enterMember(from, to int) bool {
	k := c.collector
	if k == nil {
		return true
	}
	k.path = append(k.path, step{from: from, to: to})
	return k.charge(1)
}

func (c *Checker) leave() {
	if k := c.collector; k != nil {
		k.path = k.path[:len(k.path)-1]
	}
}

// openSection begins the members of an object, section notes those with faults, and closeSection puts them in order.
func (c *Checker) openSection() int {
	if c.collector == nil {
		return 0
	}
	return len(c.collector.sections)
}

// found returns how much was found so far.
func (c *Checker) found() int {
	if c.collector == nil {
		return 0
	}
	return len(c.collector.found)
}

func (c *Checker) section(name []byte, from int) {
	if k := c.collector; k != nil && len(k.found) > from {
		k.sections = append(k.sections, section{name, from, len(k.found)})
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
