package schemagen

import (
	"slices"
	"strconv"
)

// maxDepth is how deep values nest unless their schema asks for more.
const maxDepth = 5

// drawer makes one value.
type drawer struct {
	*Generator
	src Source
	// small is how many values are made before the rest is as small as it can be, and effort how many at all.
	small, effort int
	// trusting says that the oracle is not asked for values inside.
	trusting bool
}

// aim leads to one place of a value, by steps, where something else is made. What is on the way has to be there.
type aim struct {
	steps []step
	make  func(d *drawer, n *node, depth int) (any, bool)
}

// step leads to a member, to the first item of an array, or to an alternative of the same value.
type step struct {
	kind   stepKind
	member string
	index  int
}

type stepKind uint8

const (
	toAlternative stepKind = iota
	toMember
	toItem
)

func (a *aim) next() *aim { return &aim{a.steps[1:], a.make} }

// value makes one that a node allows, and reports false if it did not find any.
func (d *drawer) value(n *node, depth int, a *aim) (any, bool) {
	switch {
	case d.effort <= 0:
		return nil, false
	case a != nil && len(a.steps) == 0:
		return a.make(d, n, depth)
	case a != nil || !n.tested || d.trusting:
		return d.once(n, depth, a)
	}
	before := d.src
	defer func() { d.src = before }()
	for try := range maxTries {
		if try == 3 {
			d.src = shuffled(before, try)
		}
		if v, ok := d.once(n, depth, nil); ok && d.accepts(n, encode(v)) {
			return v, true
		}
		if d.effort <= 0 {
			break
		}
	}
	return nil, false
}

// isShort reports whether values must be as flat as they can be.
func (d *drawer) isShort(depth int) bool { return depth >= maxDepth || d.small <= 0 }

func (d *drawer) once(n *node, depth int, a *aim) (any, bool) {
	d.effort--
	d.small--
	if n.height >= tooHigh && a == nil {
		return nil, false
	}
	if n.null && a == nil && (n.onlyNull || len(n.chosen) == 0 && (d.isShort(depth) || d.src.Intn(8) == 7)) {
		return nil, true
	}
	if n.group != nil {
		return d.alternative(n, depth, a)
	}
	if n.isEnum && a == nil {
		if len(n.enum) == 0 {
			return nil, false
		}
		return pick(d.src, n.enum), true
	}
	k, ok := d.kind(n, depth, a)
	if !ok {
		return nil, false
	}
	return d.ofKind(n, k, depth, a)
}

func (d *drawer) alternative(n *node, depth int, a *aim) (any, bool) {
	if a != nil {
		if s := a.steps[0]; s.kind == toAlternative {
			return d.value(n.alternatives[s.index].node, depth, a.next())
		}
	}
	least := tooHigh - 1
	if d.isShort(depth) && a == nil {
		for _, other := range n.alternatives {
			if other.node != nil {
				least = min(least, other.height)
			}
		}
	}
	var room [8]*node
	open := room[:0]
	for _, other := range n.alternatives {
		if other.node != nil && other.height <= least {
			open = append(open, other.node)
		}
	}
	if len(open) == 0 {
		return nil, false
	}
	return d.value(pick(d.src, open), depth, a)
}

// kind chooses one of those that a node allows.
func (d *drawer) kind(n *node, depth int, a *aim) (kind, bool) {
	if a != nil {
		if a.steps[0].kind == toItem {
			return ofArray, true
		}
		return ofObject, true
	}
	least := tooHigh - 1
	if d.isShort(depth) {
		for _, k := range kinds {
			if n.kinds&k != 0 {
				least = min(least, n.heightAs(k))
			}
		}
	}
	var room [5]kind
	open := room[:0]
	for _, k := range kinds {
		if n.kinds&k != 0 && n.heightAs(k) <= least {
			open = append(open, k)
		}
	}
	if len(open) == 0 {
		return 0, false
	}
	if len(open) == 1 {
		return open[0], true
	}
	return pick(d.src, open), true
}

func (d *drawer) ofKind(n *node, k kind, depth int, a *aim) (any, bool) {
	switch k {
	case ofBoolean:
		return d.src.Intn(2) == 1, true
	case ofNumber:
		return n.number.draw(d.src), true
	case ofString:
		return d.text(n)
	case ofArray:
		return d.array(n, depth, length{-1}, a)
	default:
		return d.object(n, depth, shape{}, a)
	}
}

func (d *drawer) text(n *node) (any, bool) {
	for try := range 32 {
		src := d.src
		if try > 2 {
			src = shuffled(src, try)
		}
		text, ok := n.texts.draw(src, d.nul)
		if ok && (!n.texts.tested || d.accepts(n, encode(text))) {
			return text, true
		}
		d.effort--
	}
	return nil, false
}

// length is how many items an array is to have, or -1.
type length struct{ is int }

func (d *drawer) array(n *node, depth int, l length, a *aim) (any, bool) {
	r := &n.array
	count := l.is
	if count < 0 {
		count = r.min
		if r.item.height < tooHigh && !d.isShort(depth) {
			count += d.src.Intn(min(max(r.max-r.min, 0), 4) + 1)
		}
		if a != nil {
			count = max(count, 1)
		}
	}
	if count > d.effort {
		return nil, false
	}
	items := make(list, 0, count)
	var seen map[string]bool
	if r.unique {
		seen = make(map[string]bool, count)
	}
	for i := range count {
		item, ok := d.item(r, depth, seen, i == 0, a)
		if !ok && len(items) >= r.min && l.is < 0 && len(items) > 0 {
			break
		}
		if !ok {
			return nil, false
		}
		items = append(items, item)
	}
	return items, true
}

// item makes one that is not there yet, if that matters.
func (d *drawer) item(r *arrays, depth int, seen map[string]bool, first bool, a *aim) (any, bool) {
	if first && a != nil {
		item, ok := d.value(r.item.node, depth+1, a.next())
		if ok && seen != nil {
			seen[string(encode(item))] = true
		}
		return item, ok
	}
	for try := range 16 {
		item, ok := d.shuffledValue(r.item.node, depth+1, try)
		switch {
		case !ok:
			return nil, false
		case seen == nil:
			return item, true
		}
		if key := string(encode(item)); !seen[key] {
			seen[key] = true
			return item, true
		}
	}
	return nil, false
}

func (d *drawer) shuffledValue(n *node, depth, try int) (any, bool) {
	if try > 1 {
		before := d.src
		d.src = shuffled(before, try+d.effort<<8)
		defer func() { d.src = before }()
	}
	return d.value(n, depth, nil)
}

// shape is which members an object is to have, beyond what its schema asks for.
type shape struct {
	// without leaves one out, and with puts one in.
	without, with string
	// fixed says that no other optional member is there, and full that all are.
	fixed, full bool
	// count is how many members there are, if it is not 0.
	count int
	// strange puts in a member that no schema names.
	strange string
}

func (d *drawer) object(n *node, depth int, s shape, a *aim) (any, bool) {
	o := &n.object
	aimed := ""
	if a != nil {
		aimed = a.steps[0].member
	}
	there := make([]bool, len(o.properties))
	count := 0
	for i := range o.properties {
		p := &o.properties[i]
		switch {
		case p.name == aimed, p.name == s.with && s.with != "":
			there[i] = true
		case p.name == s.without && s.without != "":
		case p.required:
			there[i] = true
		}
		if there[i] {
			count++
		}
	}
	for i := len(there) - 1; i >= 0 && s.count > 0 && count > s.count; i-- {
		if there[i] && o.properties[i].name != aimed { // Too many are required: then one is missing.
			there[i] = false
			count--
		}
	}
	least, most := o.min, o.max
	if s.count > 0 {
		least, most = s.count, s.count
	}
	optional := func(all bool) {
		for i := range o.properties {
			p := &o.properties[i]
			if there[i] || p.isDead() || p.name == s.without && s.without != "" || count >= most ||
				d.isShort(depth) && !all && !s.full {
				continue
			}
			if all || s.full || d.src.Intn(2) == 1 {
				there[i] = true
				count++
			}
			if all && count >= least {
				return
			}
		}
	}
	if !s.fixed {
		optional(false)
	}
	if count < least {
		optional(true)
	}
	members := make(object, 0, count+1)
	for i := range o.properties {
		p := &o.properties[i]
		if !there[i] {
			continue
		}
		var next *aim
		if p.name == aimed && a != nil {
			next = a.next()
		}
		v, ok := d.value(p.value.node, depth+1, next)
		if !ok {
			if next == nil && !p.required && p.name != s.with && count > least {
				count--
				continue
			}
			return nil, false
		}
		members = append(members, member{p.name, v})
	}
	return d.strangers(o, depth, s, least, most, members, a)
}

// strangers adds members that no schema names.
func (d *drawer) strangers(o *objects, depth int, s shape, least, most int, members object, a *aim) (any, bool) {
	add := func(name string, next *aim) bool {
		n := o.others.node
		if n == nil {
			members = append(members, member{name, true})
			return true
		}
		v, ok := d.value(n, depth+1, next)
		members = append(members, member{name, v})
		return ok
	}
	if s.strange != "" && !add(s.strange, nil) {
		return nil, false
	}
	if a != nil && !slices.ContainsFunc(members, func(m member) bool { return m.name == a.steps[0].member }) &&
		!add(a.steps[0].member, a.next()) {
		return nil, false
	}
	more := 0
	if o.welcome && o.others.height < tooHigh && !s.fixed && !d.isShort(depth) && s.count == 0 {
		more = d.src.Intn(min(max(most-len(members), 0), 3) + 1)
	}
	more = max(more, least-len(members))
	if more > 0 && (o.closed || more > d.effort) {
		return nil, false
	}
	for i := range more {
		if !add(d.strangerName(o, i), nil) {
			return nil, false
		}
	}
	return members, true
}

// strangerName makes a name that is not taken, and resembles none that the schema knows.
func (d *drawer) strangerName(_ *objects, i int) string {
	return "x-" + strconv.Itoa(i) + drawWord(d.src, 4)
}
