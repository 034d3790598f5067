package schema

import (
	"cmp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxCollected bounds how many faults are put in order before the first ones are reported.
const maxCollected = 1_000

// collector gathers the faults of a value that was refused.
type collector struct {
	*vocabulary
	base  []any
	path  []any
	found []Fault
	// misspelled are members that resemble known ones, which come last.
	misspelled []Fault
	limit      int
	// trial says that it gathers what one variant has against a value.
	trial bool
	// marks say where the faults of a member begin, for the objects that are open.
	marks []mark
}

type mark struct {
	name string
	from int
}

// below returns a collector for what a variant has against the value that is being checked.
func (k *collector) below() *collector {
	return &collector{vocabulary: k.vocabulary, base: k.here(), limit: maxCollected, trial: true}
}

func (k *collector) full() bool { return len(k.found)+len(k.misspelled) >= k.limit }

func (k *collector) here() []any { return slices.Concat(k.base, k.path) }

// broken notes a broken rule at the value that is being checked, and reports whether to stop.
func (k *collector) broken(keyword string, s *openapi3.Schema) (stop bool) {
	rule, message := k.describe(keyword, s)
	k.found = append(k.found, Fault{k.here(), rule, message})
	return k.full()
}

// resembles notes a member that differs in case alone from a known one, and reports whether to stop.
func (k *collector) resembles(known string) (stop bool) {
	k.misspelled = append(k.misspelled, Fault{
		append(k.here(), known), "member_case", "must be spelled with the same upper and lower case",
	})
	return k.full()
}

// mark begins a member of the object that is open.
func (k *collector) mark(name []byte) { k.marks = append(k.marks, mark{string(name), len(k.found)}) }

// closeSection puts the faults of an object's members, which have the marks since from, in the order of the names, so
// that the same mistakes make the same report however the sender ordered them.
func (k *collector) closeSection(from int) {
	marks := k.marks[from:]
	k.marks = k.marks[:from]
	if len(marks) == 0 {
		return
	}
	type section struct {
		name  string
		found []Fault
	}
	start := marks[0].from
	var sections []section
	for i, m := range marks {
		end := len(k.found)
		if i+1 < len(marks) {
			end = marks[i+1].from
		}
		sections = append(sections, section{m.name, slices.Clone(k.found[m.from:end])})
	}
	slices.SortStableFunc(sections, func(a, b section) int { return cmp.Compare(a.name, b.name) })
	k.found = k.found[:start]
	for _, s := range sections {
		k.found = append(k.found, s.found...)
	}
}
