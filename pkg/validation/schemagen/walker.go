package schemagen

import (
	"fmt"
	"slices"
)

// maxProbes bounds what is tried for one schema. One that has more has a constraint that says so.
const maxProbes = 50_000

// walker lists the constraints of a schema, and ways to values on both sides.
type walker struct {
	*Generator
	config      Config
	constraints []Constraint
	known       map[string]int
	probes      []*probe
}

func newWalker(g *Generator, config Config) *walker {
	w := &walker{Generator: g, config: config, known: make(map[string]int)}
	w.walk(place{node: g.root, prefixes: []prefix{{}}})
	if len(w.probes) > maxProbes {
		more := Side{Reason: "the schema asks for more than is tried"}
		w.constraints = append(w.constraints, Constraint{ID: "/…", Valid: more, Invalid: more})
	}
	return w
}

// place is where a value stands in the whole one.
type place struct {
	*node
	steps   []step
	pointer string
	// prefixes are the ways to the roots of the node, by keywords.
	prefixes []prefix
	// above are the nodes on the way.
	above []*node
}

type prefix struct {
	path string
	made bool
}

// of returns the id that a part's constraints begin with. ok is false for one that the document does not have.
func (p *place) of(of part) (id string, ok bool) {
	from := p.prefixes[of.root]
	return from.path + of.path, !of.made && !from.made
}

// inside returns the place of a value inside.
func (p *place) inside(e edge, s step, name string) place {
	below := place{node: e.node, steps: append(slices.Clip(p.steps), s), pointer: pointerTo(p.pointer, name),
		above: append(slices.Clip(p.above), p.node)}
	for _, from := range e.from {
		id, ok := p.of(p.parts[from.part])
		below.prefixes = append(below.prefixes, prefix{id + from.path, !ok})
	}
	return below
}

func (p *place) variant(i int) place {
	v := *p
	v.node = p.alternatives[i].node
	v.steps = append(slices.Clip(p.steps), step{kind: toAlternative, index: i})
	v.above = append(slices.Clip(p.above), p.node)
	return v
}

// walk lists what is asked of the value at a place, and of those inside. A node on the way says nothing new.
func (w *walker) walk(p place) {
	if p.node == nil || len(p.roots) == 0 || slices.Contains(p.above, p.node) || len(w.probes) > maxProbes {
		return
	}
	if len(p.chosen) == 0 {
		w.nullable(p)
	}
	if p.group != nil {
		w.variants(p)
		return
	}
	for i := range p.parts {
		if id, ok := p.of(p.parts[i]); ok {
			l := lister{w, p, p.parts[i].schema, i, id}
			l.list()
		}
	}
	if p.kinds&ofObject != 0 {
		for _, of := range p.object.properties {
			if len(of.known) > 0 && of.forbidden < 0 && of.value.height < tooHigh {
				w.walk(p.inside(of.value, step{kind: toMember, member: of.name}, of.name))
			}
		}
		if len(p.object.others.from) > 0 {
			w.walk(p.inside(p.object.others, step{kind: toMember, member: stranger}, stranger))
		}
	}
	if p.kinds&ofArray != 0 && p.array.max > 0 {
		w.walk(p.inside(p.array.item, step{kind: toItem}, "0"))
	}
}

// stranger is the name of a member that no schema names.
const stranger = "x-unnamed"

// constraint returns the index of one, by its id.
func (w *walker) constraint(p *place, id, keyword string) int {
	i, known := w.known[id]
	if !known {
		i = len(w.constraints)
		w.known[id] = i
		w.constraints = append(w.constraints, Constraint{ID: id, Pointer: p.pointer, Keyword: keyword})
	}
	return i
}

// making makes a value for a node.
type making func(d *drawer, n *node, depth int) (any, bool)

func always(v any) making { return func(*drawer, *node, int) (any, bool) { return v, true } }

func anyValue(d *drawer, n *node, depth int) (any, bool) { return d.value(n, depth, nil) }

func (w *walker) add(p *place, i int, made probe, by making) {
	made.constraint, made.index, made.aim = w.constraints[i].ID, i, aim{p.steps, by}
	w.probes = append(w.probes, &made)
}

func (w *walker) valid(p *place, i int, why string, by making) {
	w.add(p, i, probe{valid: true, pointer: p.pointer, why: why}, by)
}

// right adds a value that is right in any way, for a side that nothing else is found for.
func (w *walker) right(p *place, i int) {
	w.add(p, i, probe{valid: true, pointer: p.pointer, why: "a value that is right", last: true}, anyValue)
}

func (w *walker) invalid(p *place, i int, rule, why string, by making) {
	w.add(p, i, probe{pointer: p.pointer, rules: []string{rule}, why: why}, by)
}

// onlyValid says why a constraint has no other side.
func (w *walker) onlyValid(i int, reason string) {
	w.constraints[i].Invalid = Side{Absent: true, Reason: reason}
}

func (w *walker) nullable(p place) {
	typed, nullable := false, false
	id, found := "", false
	for _, of := range p.parts {
		prefix, ok := p.of(of)
		if !ok {
			continue
		}
		if !found || !nullable && of.schema.Nullable {
			id, found = prefix, true
		}
		typed, nullable = typed || of.schema.Type != nil, nullable || of.schema.Nullable
	}
	switch {
	case !found || p.null && !nullable:
		// Nothing is said of null.
	case p.null:
		i := w.constraint(&p, id+"/nullable=true", "nullable")
		w.valid(&p, i, "null", always(nil))
		w.onlyValid(i, "null is right, and so is something else")
	default:
		i := w.constraint(&p, id+"/nullable=false", "nullable")
		w.add(&p, i, probe{pointer: p.pointer, rules: []string{"nullable", "type", "enum"}, why: "null"}, always(nil))
		w.right(&p, i)
	}
}

// variants lists a oneOf or an anyOf, its discriminator, and what its variants ask for.
func (w *walker) variants(p place) {
	g := p.group
	id, ok := p.of(g.part)
	if !ok {
		return
	}
	rule := map[string]string{"oneOf": "one_of", "anyOf": "any_of"}[g.keyword]
	all := w.constraint(&p, id+"/"+g.keyword, g.keyword)
	w.right(&p, all)
	for _, v := range []any{object{}, list{}, "", number("0"), true, object{{stranger, true}}, number("0.5"),
		"\u0001"} {
		w.add(&p, all, probe{pointer: p.pointer, rules: []string{rule, "type", "enum", "not"},
			why: "a value of no variant, " + string(encode(v))}, always(v))
	}
	for _, n := range p.doubled {
		w.invalid(&p, all, rule, "a value of two variants", func(d *drawer, _ *node, depth int) (any, bool) {
			d.trusting = true
			v, ok := d.value(n, depth, nil)
			d.trusting = false
			return v, ok
		})
	}
	if g.part.schema.Discriminator != nil {
		w.discriminator(&p, id, all)
	}
	for i, other := range p.alternatives {
		one := w.constraint(&p, fmt.Sprintf("%s/%s/%d", id, g.keyword, i), g.keyword)
		w.onlyValid(one, "a value of another variant is right as well")
		if other.node == nil {
			w.constraints[one].Valid.Reason = other.reason
			continue
		}
		v := p.variant(i)
		if other.height >= tooHigh {
			w.constraints[one].Valid.Reason = "no value has this variant and what stands beside it"
			continue
		}
		w.valid(&v, one, "a value of this variant", anyValue)
		w.walk(v)
	}
}
