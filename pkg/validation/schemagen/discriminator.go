package schemagen

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// discriminator lists the values of a discriminator, and what may be wrong with one. all is the constraint of the group
// that it belongs to.
func (w *walker) discriminator(p *place, id string, all int) {
	d := p.group.part.schema.Discriminator
	name := d.PropertyName
	i := w.constraint(p, fmt.Sprintf("%s/discriminator=%s", id, name), "discriminator")
	w.right(p, i)
	at := pointerTo(p.pointer, name)
	wrong := func(why, rule string, change func(object) (object, bool)) {
		w.add(p, i, probe{pointer: at, rules: []string{rule}, why: why},
			func(d *drawer, n *node, depth int) (any, bool) {
				v, ok := d.value(n, depth, nil)
				if o, isObject := v.(object); ok && isObject {
					return change(o)
				}
				return nil, false
			})
	}
	wrong("without "+name, "required", func(o object) (object, bool) {
		return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.name == name }), true
	})
	wrong("a number as "+name, "type", func(o object) (object, bool) { return o.with(name, number("1")), true })
	values := slices.Sorted(maps.Keys(d.Mapping))
	if len(values) == 0 {
		return
	}
	wrong("a value of "+name+" that names no variant", "discriminator", func(o object) (object, bool) {
		return o.with(name, unlisted(values)), true
	})
	for _, other := range otherCases(values) {
		wrong("a value of "+name+" in other case, "+other, "discriminator", func(o object) (object, bool) {
			return o.with(name, other), true
		})
	}
	var reached []*place
	var by []string
	for _, value := range values {
		one := w.constraint(p, fmt.Sprintf("%s/discriminator/mapping=%s", id, value), "discriminator")
		w.onlyValid(one, "an enumerated value has one side")
		ref := d.Mapping[value].Ref
		if !strings.Contains(ref, "/") {
			ref = "#/components/schemas/" + ref
		}
		for v, variant := range p.group.refs {
			if variant.Ref != ref || p.alternatives[v].node == nil {
				continue
			}
			of := p.variant(v)
			reached, by = append(reached, &of), append(by, value)
			w.add(&of, one, probe{valid: true, pointer: p.pointer, why: name + " " + value},
				func(d *drawer, n *node, depth int) (any, bool) {
					v, ok := d.value(n, depth, nil)
					if o, isObject := v.(object); ok && isObject {
						return o.with(name, value), true
					}
					return nil, false
				})
		}
	}
	for k, of := range reached {
		other := by[(k+1)%len(by)]
		if other == by[k] {
			continue
		}
		why := fmt.Sprintf("the members of %s, called %s", by[k], other)
		w.add(of, all, probe{pointer: p.pointer, loose: true, why: why},
			func(d *drawer, n *node, depth int) (any, bool) {
				v, ok := d.value(n, depth, nil)
				if o, isObject := v.(object); ok && isObject {
					return o.with(name, other), true
				}
				return nil, false
			})
	}
}

// with returns an object with a member set.
func (o object) with(name string, value any) object {
	changed := slices.Clone(o)
	for i := range changed {
		if changed[i].name == name {
			changed[i].value = value
			return changed
		}
	}
	return append(changed, member{name, value})
}
