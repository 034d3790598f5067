package validation

import (
	"cmp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxCollected bounds how many violations are put in order before the first ones are reported.
const maxCollected = 1_000

// collector gathers the violations of a value that was refused.
type collector struct {
	report    *report
	direction Direction
	base      []any
	path      []any
	found     []Violation
	// misspelled are members that resemble known ones, which come last.
	misspelled []Violation
	limit      int
	// trial says that it gathers what one variant has against a value.
	trial bool
	// marks say where the violations of a member begin, for the objects that are open.
	marks []mark
}

type mark struct {
	name string
	from int
}

func (k *collector) full() bool { return len(k.found)+len(k.misspelled) >= k.limit }

func (k *collector) here() []any { return slices.Concat(k.base, k.path) }

// broken notes a broken rule at the value that is being checked, and reports whether to stop: at once without a
// collector.
func (c *checker) broken(keyword string, s *openapi3.Schema) (stop bool) {
	k := c.collector
	if k == nil {
		return true
	}
	rule, message := k.report.v.describe(keyword, s)
	k.found = append(k.found, Violation{k.here(), rule, message})
	return k.full()
}

// resembles notes a member that differs in case alone from a known one.
func (c *checker) resembles(known string) (stop bool) {
	k := c.collector
	if k == nil {
		return true
	}
	k.misspelled = append(k.misspelled, Violation{
		append(k.here(), known), "member_case", "must be spelled with the same upper and lower case",
	})
	return k.full()
}

func (c *checker) enter(i int) {
	if c.collector != nil {
		c.collector.path = append(c.collector.path, i)
	}
}

func (c *checker) enterMember(name []byte) {
	k := c.collector
	if k == nil {
		return
	}
	part := "*"
	if k.report.v.names[string(name)] {
		part = string(name)
	}
	k.path = append(k.path, part)
}

func (c *checker) leave() {
	if k := c.collector; k != nil {
		k.path = k.path[:len(k.path)-1]
	}
}

// openSection begins the members of an object, mark each of them, and closeSection puts their violations in the order
// of the names, so that the same mistakes make the same report however the sender ordered them.
func (c *checker) openSection() int {
	if c.collector == nil {
		return 0
	}
	return len(c.collector.marks)
}

func (c *checker) mark(name []byte) {
	if k := c.collector; k != nil {
		k.marks = append(k.marks, mark{string(name), len(k.found)})
	}
}

func (c *checker) closeSection(from int) {
	k := c.collector
	if k == nil {
		return
	}
	marks := k.marks[from:]
	k.marks = k.marks[:from]
	if len(marks) == 0 {
		return
	}
	type section struct {
		name  string
		found []Violation
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

// unmatched reports why no variant of a oneOf or an anyOf accepts the value at i: what is wrong in the variant that was
// meant, which is the only one that has all its members in place, or else that none fits.
func (c *checker) unmatched(g *group, i int) (goOn bool) {
	outer := c.collector
	keyword := "anyOf"
	if g.one {
		keyword = "oneOf"
	}
	if g.source.Discriminator != nil && c.data[i] != '{' {
		return !c.broken("object", nil)
	}
	if outer.trial && slices.ContainsFunc(g.variants, func(variant *schema) bool { return variant.recursive }) {
		// The variants of variants of variants would take time without end, and a reader's patience.
		return !c.broken(keyword, g.source)
	}
	depth := len(outer.base) + len(outer.path)
	var meant [][]Violation
	for _, variant := range g.variants {
		trial := &collector{report: outer.report, direction: outer.direction, base: outer.here(), limit: maxCollected,
			trial: true}
		c.collect(trial, variant, i)
		if len(g.variants) == 1 || !slices.ContainsFunc(trial.found,
			func(v Violation) bool { return excludes(v, depth, g.one) }) {
			meant = append(meant, trial.found)
		}
	}
	if len(meant) != 1 || len(meant[0]) == 0 {
		return !c.broken(keyword, g.source)
	}
	outer.found = append(outer.found, meant[0]...)
	return !outer.full()
}

// excludes reports whether a violation shows that a variant was not the one that was meant.
func excludes(v Violation, depth int, one bool) bool {
	if len(v.Location) == depth {
		return one || v.Rule == "type"
	}
	return v.Rule == "required" && len(v.Location) == depth+1
}

// collect gathers what a variant has against the value at i, aside from everything else.
func (c *checker) collect(trial *collector, variant *schema, i int) {
	outer, depth := c.collector, c.depth
	set, unknown, starts := len(c.bits), len(c.unknown), len(c.starts)
	c.collector = trial
	_, _ = c.value(variant, i, lax)
	c.collector, c.depth = outer, depth
	c.bits, c.unknown, c.starts = c.bits[:set], c.unknown[:unknown], c.starts[:starts]
}
