package schema

import (
	"bytes"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxCollected bounds how many findings are put in order before the first ones are reported.
const maxCollected = 200

// collector gathers what is wrong with a text that was refused. A finding costs no more than a few words, since a text
// can have as many as it has bytes: what is said of it is spelled out for those that are reported alone.
type collector struct {
	*vocabulary
	data []byte
	path []step
	// steps holds the paths of all findings.
	steps []step
	found []finding
	// misspelled are members that resemble known ones, which come last.
	misspelled []finding
	limit      int
	// sections are the members of open objects that have findings.
	sections []section

	// trials counts what is being tried: what one variant has against a value. budget is how many values may be looked
	// at for that.
	trials, budget int
	// floor is where the findings of the innermost trial begin.
	floor int
}

// step leads from a value to one inside: to an item by its index, to a member by the place of its name in the text, or
// by its name in the contract.
type step struct {
	index    int
	from, to int
	name     string
}

// finding is a broken rule: the keyword of a schema, or of the strict reading, at the value that steps lead to.
type finding struct {
	keyword  string
	source   *openapi3.Schema
	from, to int
	// known are the members that an object of the contract has, one of which may have been meant.
	known [][]byte
}

// section is a member with findings from one to another.
type section struct {
	name     []byte
	from, to int
}

// begin makes the collector ready for a text.
func (k *collector) begin(v *vocabulary, text []byte, limit int) {
	k.vocabulary, k.data, k.limit = v, text, limit
	k.path, k.steps, k.sections = k.path[:0], k.steps[:0], k.sections[:0]
	k.found, k.misspelled = k.found[:0], k.misspelled[:0]
	// Explaining must not cost more than reading.
	k.trials, k.floor, k.budget = 0, 0, 64+len(text)/16
}

// forget lets go of the text. It reports whether what is left is small enough to be kept.
func (k *collector) forget() (small bool) {
	clear(k.sections[:cap(k.sections)])
	clear(k.found[:cap(k.found)])
	k.vocabulary, k.data = nil, nil
	return cap(k.steps) <= 1<<10 && cap(k.found) <= 1<<8
}

func (k *collector) full() bool { return len(k.found)+len(k.misspelled) >= k.limit }

// charge notes that so many values were looked at, and reports whether to go on.
func (k *collector) charge(n int) bool {
	if k.trials == 0 {
		return true
	}
	k.budget -= n
	return k.budget > 0
}

// here notes the path to the value that is being checked.
func (k *collector) here() (from, to int) {
	from = len(k.steps)
	k.steps = append(k.steps, k.path...)
	return from, len(k.steps)
}

// broken notes a broken rule at the value that is being checked, and reports whether to stop.
func (k *collector) broken(f finding) (stop bool) {
	if n := len(k.found); n > k.floor && k.found[n-1].keyword == f.keyword && k.found[n-1].source == f.source &&
		slices.Equal(k.steps[k.found[n-1].from:k.found[n-1].to], k.path) {
		return k.full() // The same was noted just now.
	}
	f.from, f.to = k.here()
	k.found = append(k.found, f)
	return k.full()
}

// brokenBelow is broken for a value inside.
func (k *collector) brokenBelow(s step, f finding) (stop bool) {
	k.path = append(k.path, s)
	stop = k.broken(f)
	k.path = k.path[:len(k.path)-1]
	return stop
}

// resembles notes a member that differs in case alone from a known one, and reports whether to stop.
func (k *collector) resembles(known string) (stop bool) {
	f := finding{keyword: "memberCase"}
	k.path = append(k.path, step{name: known})
	f.from, f.to = k.here()
	k.path = k.path[:len(k.path)-1]
	k.misspelled = append(k.misspelled, f)
	return k.full()
}

// drop forgets what was found since n.
func (k *collector) drop(n int) {
	if n < len(k.found) {
		k.steps, k.found = k.steps[:k.found[n].from], k.found[:n]
	}
}

// closeSection puts the findings of an object's members, which have the sections since from, in the order of the names,
// so that the same mistakes make the same report however the sender ordered them.
func (k *collector) closeSection(from int) {
	sections := k.sections[from:]
	if len(sections) > 1 {
		start := sections[0].from
		slices.SortStableFunc(sections, func(a, b section) int { return bytes.Compare(a.name, b.name) })
		sorted := make([]finding, 0, len(k.found)-start)
		for _, s := range sections {
			sorted = append(sorted, k.found[s.from:s.to]...)
		}
		copy(k.found[start:], sorted)
	}
	k.sections = k.sections[:from]
}
