package schemagen

import "slices"

// measure finds out how deep the flattest value of each node nests, and for which nodes there is none.
func (b *builder) measure() {
	for changed := true; changed; {
		changed = false
		for _, n := range slices.Backward(b.order) {
			if h := n.flattest(); h < n.height {
				n.height, changed = h, true
			}
		}
	}
	for _, n := range b.order {
		n.onlyNull = n.null && n.flattestOther() >= tooHigh
	}
}

// bury finds out which nodes have no value because of what only the oracle knows, so that nobody looks for one again.
func (b *builder) bury(g *Generator) {
	for {
		found := false
		for _, n := range slices.Backward(b.order) {
			if !n.tested || n.wrong || n.dead || n.height >= tooHigh {
				continue
			}
			d := g.drawer(NewSource(1), 0)
			d.effort = 4000
			if _, ok := d.value(n, 0, nil); !ok {
				n.dead, found = true, true
			}
		}
		if !found {
			return
		}
		for _, n := range b.order {
			n.height = tooHigh
		}
		b.measure()
	}
}

func (n *node) flattest() int {
	if n.dead {
		return tooHigh
	}
	if n.null {
		return 0
	}
	return n.flattestOther()
}

// flattestOther is for a value that is not null.
func (n *node) flattestOther() int {
	least := tooHigh
	if n.group != nil {
		for _, a := range n.alternatives {
			if a.node != nil {
				least = min(least, a.height)
			}
		}
		return least
	}
	if n.isEnum {
		if len(n.enum) > 0 {
			return 0
		}
		return tooHigh
	}
	for _, k := range kinds {
		if n.kinds&k != 0 {
			least = min(least, n.heightAs(k))
		}
	}
	return least
}

// heightAs is how deep the flattest value of a kind nests.
func (n *node) heightAs(k kind) int {
	switch k {
	case ofArray:
		if n.array.min == 0 {
			return 0
		}
		return min(n.array.item.height+1, tooHigh)
	case ofObject:
		most := 0
		for i := range n.object.properties {
			p := &n.object.properties[i]
			if !p.required {
				continue
			}
			if p.isDead() {
				return tooHigh
			}
			most = max(most, p.value.height+1)
		}
		return most
	default:
		return 0
	}
}
