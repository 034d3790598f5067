package schemagen

import (
	"fmt"
	"slices"
)

func (l *lister) items() {
	s := l.schema
	exactly := func(n int) making {
		return func(d *drawer, of *node, depth int) (any, bool) { return d.array(of, depth, length{n}, nil) }
	}
	if n := intOf(s.MinItems); n > 0 {
		i := l.of("minItems", n)
		l.isNot(i, "min_items", fmt.Sprintf("%s, fewer than minItems %d", counted(n-1, "item"), n), exactly(n-1))
		l.is(i, fmt.Sprintf("%s, as many as minItems", counted(n, "item")), exactly(n))
		l.is(i, fmt.Sprintf("%s, one more than minItems", counted(n+1, "item")), exactly(n+1))
		l.orAny(i)
	}
	if s.MaxItems != nil {
		n := intOr(s.MaxItems)
		i := l.of("maxItems", n)
		if n > 0 {
			l.is(i, fmt.Sprintf("%s, one fewer than maxItems", counted(n-1, "item")), exactly(n-1))
		}
		l.is(i, fmt.Sprintf("%s, as many as maxItems", counted(n, "item")), exactly(n))
		l.isNot(i, "max_items", fmt.Sprintf("%s, more than maxItems %d", counted(n+1, "item"), n), exactly(n+1))
		l.orAny(i)
	}
	if s.UniqueItems {
		i := l.of("uniqueItems", true)
		l.is(i, "two items that differ", exactly(max(2, l.array.min)))
		l.isNot(i, "unique_items", "the same item twice", func(d *drawer, n *node, depth int) (any, bool) {
			v, ok := d.array(n, depth, length{max(1, n.array.min-1)}, nil)
			if items, isList := v.(list); ok && isList {
				return append(items, items[0]), true
			}
			return nil, false
		})
		l.orAny(i)
	}
}

func shaped(s shape) making {
	return func(d *drawer, n *node, depth int) (any, bool) { return d.object(n, depth, s, nil) }
}

func (l *lister) members() {
	for _, name := range l.schema.Required {
		at := slices.IndexFunc(l.object.properties, func(p property) bool { return p.name == name })
		if at < 0 || !slices.Contains(l.object.properties[at].requiredBy, l.part) {
			continue // It must not be there in this direction.
		}
		i := l.of("required", name)
		l.is(i, "with "+name+", and no member that is not required", shaped(shape{with: name, fixed: true}))
		l.add(&l.place, i, probe{pointer: pointerTo(l.pointer, name), rules: []string{"required", "discriminator"},
			why: "without " + name}, shaped(shape{without: name}))
		l.orAny(i)
	}
	for _, p := range l.object.properties {
		if !slices.Contains(p.known, l.part) {
			continue
		}
		switch {
		case p.forbidden == l.part:
			i := l.constraint(&l.place, l.id+pointerTo("/properties", p.name)+"/"+p.keyword, p.keyword)
			rule := map[string]string{"readOnly": "read_only", "writeOnly": "write_only"}[p.keyword]
			l.is(i, "without "+p.name, shaped(shape{without: p.name}))
			l.add(&l.place, i, probe{pointer: pointerTo(l.pointer, p.name), rules: []string{rule},
				why: "with " + p.name}, shaped(shape{with: p.name}))
		case p.required || p.forbidden >= 0:
		default:
			i := l.constraint(&l.place, l.id+pointerTo("/properties", p.name), "properties")
			l.onlyValid(i, "an optional member may be there or not")
			l.is(i, "without "+p.name+" alone", shaped(shape{without: p.name, full: true}))
			l.is(i, "of the optional members "+p.name+" alone", shaped(shape{with: p.name, fixed: true}))
		}
	}
	closed := l.schema.AdditionalProperties.Has != nil && !*l.schema.AdditionalProperties.Has
	unknown := l.config.RefuseUnknown && !l.object.closed && !l.object.welcome && len(l.schema.Properties) > 0
	if !closed && !unknown {
		return
	}
	id, rule := l.id+"/additionalProperties=false", "additional_property"
	if !closed {
		id, rule = l.id+"/additionalProperties", "unknown_member"
	}
	i := l.constraint(&l.place, id, "additionalProperties")
	l.is(i, "no member but those that are known", shaped(shape{full: true}))
	l.orAny(i)
	l.add(&l.place, i, probe{pointer: pointerTo(l.pointer, stranger), rules: []string{rule},
		why: "a member that is not known"}, shaped(shape{strange: stranger}))
}

func (l *lister) counts() {
	s := l.schema
	exactly := func(n int) making {
		if n == 0 {
			return always(object{})
		}
		return shaped(shape{count: n})
	}
	if n := intOf(s.MinProps); n > 0 {
		i := l.of("minProperties", n)
		l.isNot(i, "min_properties", fmt.Sprintf("%s, fewer than minProperties %d", counted(n-1, "member"), n),
			exactly(n-1))
		l.is(i, fmt.Sprintf("%s, as many as minProperties", counted(n, "member")), exactly(n))
		l.is(i, fmt.Sprintf("%s, one more than minProperties", counted(n+1, "member")), exactly(n+1))
		l.orAny(i)
	}
	if s.MaxProps != nil {
		n := intOr(s.MaxProps)
		i := l.of("maxProperties", n)
		if n > 0 {
			l.is(i, fmt.Sprintf("%s, one fewer than maxProperties", counted(n-1, "member")), exactly(n-1))
		}
		l.is(i, fmt.Sprintf("%s, as many as maxProperties", counted(n, "member")), exactly(n))
		l.isNot(i, "max_properties", fmt.Sprintf("%s, more than maxProperties %d", counted(n+1, "member"), n),
			exactly(n+1))
		l.orAny(i)
	}
}
