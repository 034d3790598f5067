package validation

// A oneOf, an anyOf and a not go over their value again, and a schema that leads back to itself through one of them
// does so once more at each level below: the work would double with every level that a sender nests. Such schemas
// remember what became of each object and array they were checked against, so that the work stays in proportion to the
// body.

// maxMemory bounds how many checks are remembered for a body, and how many are made to explain why it was refused.
const maxMemory = 1 << 16

// visit is a value, by its position, that was checked against a schema.
type visit struct {
	schema *schema
	at     int
	mode   mode
}

// note remembers where the value of a visit ends, or -1 when it is refused. It reports false when there is no more
// room, which refuses the body.
func (c *checker) note(v visit, end int) bool {
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

// findRecursion marks the schemas that lead back to themselves through a variant. They are the strongly connected parts
// of the graph of all schemas, found by Tarjan's algorithm, that have such an edge inside.
func (c *compiler) findRecursion() {
	t := tarjan{numbers: make(map[*schema]int), lowest: make(map[*schema]int), open: make(map[*schema]bool)}
	for _, s := range c.done {
		t.visit(s)
	}
}

type tarjan struct {
	numbers, lowest map[*schema]int
	open            map[*schema]bool
	stack           []*schema
}

func (t *tarjan) visit(s *schema) {
	if s == nil || t.numbers[s] > 0 {
		return
	}
	t.numbers[s] = len(t.numbers) + 1
	t.lowest[s] = t.numbers[s]
	t.open[s] = true
	t.stack = append(t.stack, s)
	s.eachBelow(func(below *schema, _ bool) {
		t.visit(below)
		if t.open[below] {
			t.lowest[s] = min(t.lowest[s], t.lowest[below])
		}
	})
	if t.lowest[s] < t.numbers[s] {
		return
	}
	// s is the first of its part, and all others of it are above it on the stack.
	part := make(map[*schema]bool)
	for last := (*schema)(nil); last != s; {
		last = t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.open[last] = false
		part[last] = true
	}
	again := false
	for member := range part {
		member.eachBelow(func(below *schema, variant bool) { again = again || variant && part[below] })
	}
	for member := range part {
		member.recursive = again
	}
}

// eachBelow calls f with the schemas that s leads to. variant says that the value is gone over again for this one.
func (s *schema) eachBelow(f func(below *schema, variant bool)) {
	each := func(below *schema, variant bool) {
		if below != nil {
			f(below, variant)
		}
	}
	for i := range s.properties {
		each(s.properties[i].schema, false)
	}
	each(s.others, false)
	each(s.items, false)
	for _, g := range s.groups {
		for _, variant := range g.variants {
			each(variant, true)
		}
	}
	for _, n := range s.not {
		each(n.schema, true)
	}
	if s.choice != nil {
		each(s.choice.rest, false)
		for _, selected := range s.choice.byValue {
			each(selected, false)
		}
	}
}
