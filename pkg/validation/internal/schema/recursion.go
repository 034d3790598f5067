package schema

// recursion marks the nodes that lead back to themselves through a variant. They are the strongly connected parts of
// the graph of all nodes, found by Tarjan's algorithm, that have such an edge inside.
type recursion struct {
	numbers, lowest map[*node]int
	open            map[*node]bool
	stack           []*node
}

func newRecursion() *recursion {
	return &recursion{numbers: make(map[*node]int), lowest: make(map[*node]int), open: make(map[*node]bool)}
}

// mark looks at all nodes that n leads to. All of them have been compiled.
func (t *recursion) mark(n *node) {
	if t.numbers[n] > 0 {
		return
	}
	t.numbers[n] = len(t.numbers) + 1
	t.lowest[n] = t.numbers[n]
	t.open[n] = true
	t.stack = append(t.stack, n)
	n.eachBelow(func(below *node, _ bool) {
		t.mark(below)
		if t.open[below] {
			t.lowest[n] = min(t.lowest[n], t.lowest[below])
		}
	})
	if t.lowest[n] < t.numbers[n] {
		return
	}
	// n is the first of its part, and all others of it are above it on the stack.
	part := make(map[*node]bool)
	for last := (*node)(nil); last != n; {
		last = t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.open[last] = false
		part[last] = true
	}
	again := false
	for member := range part {
		member.eachBelow(func(below *node, variant bool) { again = again || variant && part[below] })
	}
	for member := range part {
		member.recursive = again
	}
	// What a part leads to was marked before.
	for member := range part {
		for _, r := range member.passages {
			if g, ok := r.(*variants); ok {
				for _, variant := range g.list {
					g.recursive = g.recursive || variant.(*node).recursive
				}
			}
		}
	}
}

// eachBelow calls f with the nodes that n leads to. variant says that the value is gone over again for this one.
func (n *node) eachBelow(f func(below *node, variant bool)) {
	each := func(e evaluator, variant bool) {
		if below, ok := e.(*node); ok && below != anything {
			f(below, variant)
		}
	}
	for i := range n.objects.properties {
		each(n.objects.properties[i].value, false)
	}
	each(n.objects.others, false)
	each(n.arrays.item, false)
	for _, r := range n.passages {
		switch r := r.(type) {
		case *variants:
			for _, variant := range r.list {
				each(variant, true)
			}
		case *negation:
			each(r.inner, true)
		}
	}
	if n.choice == nil {
		return
	}
	each(n.choice.rest, false)
	for _, selected := range n.choice.byValue {
		if selected != nil {
			each(selected, false)
		}
	}
}
