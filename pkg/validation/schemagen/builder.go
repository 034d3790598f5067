package schemagen

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// maxNodes bounds the combinations of variants that are told apart.
const maxNodes = 20_000

// builder makes one node for each set of schemas that apply to a value.
type builder struct {
	config   Config
	compiler *schema.Compiler
	nodes    map[string]*node
	order    []*node
	pins     map[choice]*openapi3.Schema
	checker  schema.Checker
	err      error
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// build returns the node of schemas that apply to the same value.
func (b *builder) build(roots []*openapi3.Schema) *node { return b.node(roots, nil, false) }

// node does so with the variants that are chosen. What is wrong by intent leads to nothing else that is.
func (b *builder) node(roots []*openapi3.Schema, chosen []choice, wrong bool) *node {
	var key strings.Builder
	if wrong {
		key.WriteByte('!')
	}
	for _, s := range roots {
		fmt.Fprintf(&key, "%p;", s)
	}
	for _, c := range chosen {
		fmt.Fprintf(&key, "%p%s%d;", c.schema, c.keyword, c.index)
	}
	if n := b.nodes[key.String()]; n != nil {
		return n
	}
	n := &node{roots: roots, chosen: chosen, wrong: wrong, height: tooHigh}
	b.nodes[key.String()] = n
	b.order = append(b.order, n)
	if len(b.nodes) > maxNodes {
		b.fail(errors.New("the schema has too many combinations of variants"))
	}
	if b.err != nil {
		return n
	}
	for i, s := range roots {
		b.flatten(n, part{schema: s, root: i})
	}
	b.compile(n)
	if b.err == nil {
		b.fill(n, wrong)
	}
	if b.err == nil && !wrong {
		b.deny(n)
	}
	return n
}

// maxDoubled bounds the pairs of variants that are looked at.
const maxDoubled = 12

// deny prepares values that are wrong for what is said of them as a whole.
func (b *builder) deny(n *node) {
	if n.group == nil {
		n.denied = make(map[int]*node)
		for i, p := range n.parts {
			if p.schema.Not != nil && !p.made {
				n.denied[i] = b.node(append(slices.Clip(n.roots), p.schema.Not.Value), n.chosen, true)
			}
		}
		return
	}
	if n.group.keyword != "oneOf" || n.group.part.schema.Discriminator != nil {
		return
	}
	for i := range n.group.refs {
		for _, other := range n.group.refs[:i] {
			if len(n.doubled) < maxDoubled {
				n.doubled = append(n.doubled, b.node(append(slices.Clip(n.roots), other.Value),
					append(slices.Clip(n.chosen), choice{n.group.part.schema, "oneOf", i}), true))
			}
		}
	}
}

// flatten adds a schema, those of its allOf and its chosen variants to the parts of a node.
func (b *builder) flatten(n *node, p part) {
	if p.schema == nil || slices.ContainsFunc(n.parts, func(other part) bool { return other.schema == p.schema }) {
		return
	}
	n.parts = append(n.parts, p)
	below := func(ref *openapi3.SchemaRef, path string, index int) {
		b.flatten(n, part{schema: ref.Value, root: p.root, path: fmt.Sprintf("%s/%s/%d", p.path, path, index)})
	}
	for i, ref := range p.schema.AllOf {
		below(ref, "allOf", i)
	}
	for _, g := range []group{{p, "oneOf", p.schema.OneOf}, {p, "anyOf", p.schema.AnyOf}} {
		if len(g.refs) == 0 {
			continue
		}
		i := slices.IndexFunc(n.chosen, func(c choice) bool { return c.schema == p.schema && c.keyword == g.keyword })
		if i < 0 {
			if n.group == nil {
				n.group = &g
			}
			continue
		}
		c := n.chosen[i]
		below(g.refs[c.index], g.keyword, c.index)
		if pin := b.pins[c]; pin != nil {
			n.parts = append(n.parts, part{schema: pin, root: p.root, made: true})
		} else {
			n.tested = true // More than one may match.
		}
	}
	n.tested = n.tested || p.schema.Not != nil
}

// compile asks the validator of pkg/validation for all that a node asks of a value.
func (b *builder) compile(n *node) {
	var refs openapi3.SchemaRefs
	for _, s := range n.roots {
		refs = append(refs, &openapi3.SchemaRef{Value: s})
	}
	for _, c := range n.chosen {
		list := c.schema.OneOf
		if c.keyword == "anyOf" {
			list = c.schema.AnyOf
		}
		refs = append(refs, &openapi3.SchemaRef{Value: list[c.index].Value})
	}
	var ref *openapi3.SchemaRef
	switch len(refs) {
	case 0:
	case 1:
		ref = refs[0]
	default:
		ref = &openapi3.SchemaRef{Value: &openapi3.Schema{AllOf: refs}}
	}
	var err error
	if n.oracle, err = b.compiler.Compile(ref); err != nil {
		b.fail(err)
	}
}

func (b *builder) accepts(n *node, v any) bool { return n.oracle.Accepts(&b.checker, encode(v)) }

// pin returns a schema that says which values a discriminator has in a variant. ok is false if there are none.
func (b *builder) pin(c choice, ref string) (ok bool) {
	d := c.schema.Discriminator
	if d == nil {
		return true
	}
	value := &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}}
	for _, name := range slices.Sorted(maps.Keys(d.Mapping)) {
		target := d.Mapping[name].Ref
		if target == "" {
			return true // Then all variants are tried.
		}
		if !strings.Contains(target, "/") {
			target = "#/components/schemas/" + target
		}
		if target == ref {
			value.Enum = append(value.Enum, name)
		}
	}
	if len(d.Mapping) == 0 || len(value.Enum) > 0 {
		b.pins[c] = &openapi3.Schema{Required: []string{d.PropertyName},
			Properties: openapi3.Schemas{d.PropertyName: {Value: value}}}
		return true
	}
	return false
}

// fill says what a node allows.
func (b *builder) fill(n *node, wrong bool) {
	mayBeNull := slices.ContainsFunc(n.parts, func(p part) bool { return p.schema.Nullable || p.schema.Type == nil })
	n.null = (mayBeNull || len(n.parts) == 0) && b.accepts(n, nil)
	if g := n.group; g != nil {
		for i, ref := range g.refs {
			c := choice{g.part.schema, g.keyword, i}
			if !b.pin(c, ref.Ref) {
				n.alternatives = append(n.alternatives, alternative{nil, "no value of the discriminator leads there"})
				continue
			}
			n.alternatives = append(n.alternatives,
				alternative{b.node(n.roots, append(slices.Clip(n.chosen), c), wrong), ""})
		}
		return
	}
	n.kinds = ofAny
	for _, p := range n.parts {
		n.kinds &= kindsOf(p.schema)
		if len(p.schema.Enum) > 0 && !n.isEnum {
			n.isEnum = true
			b.enumerate(n, p.schema.Enum)
		}
	}
	if n.isEnum {
		n.kinds = 0
		for _, v := range n.enum {
			n.kinds |= kindOf(v)
		}
	}
	if n.kinds&ofNumber != 0 {
		if n.number = newGrid(n.parts); n.number.isEmpty() && !n.isEnum {
			n.kinds &^= ofNumber
		}
	}
	if n.kinds&ofString != 0 {
		b.fillTexts(n)
	}
	if n.kinds&ofArray != 0 {
		b.fillArray(n)
	}
	if n.kinds&ofObject != 0 {
		b.fillObject(n)
	}
}

func kindOf(v any) kind {
	switch v.(type) {
	case bool:
		return ofBoolean
	case number:
		return ofNumber
	case string:
		return ofString
	case list:
		return ofArray
	case object:
		return ofObject
	}
	return 0
}

func (b *builder) enumerate(n *node, values []any) {
	for _, value := range values {
		v, err := valueOf(value)
		if err != nil {
			b.fail(err)
			return
		}
		if v != nil && b.accepts(n, v) {
			n.enum = append(n.enum, v)
		}
	}
}

func intOf(n uint64) int { return int(min(n, endless)) }

func intOr(n *uint64) int {
	if n == nil {
		return endless
	}
	return intOf(*n)
}

func (b *builder) fillTexts(n *node) {
	t := &n.texts
	t.max = endless
	for _, p := range n.parts {
		s := p.schema
		t.min, t.max = max(t.min, intOf(s.MinLength)), min(t.max, intOr(s.MaxLength))
		if _, known := formats[s.Format]; known && !slices.Contains(t.formats, s.Format) {
			t.formats = append(t.formats, s.Format)
		}
		if s.Pattern == "" {
			continue
		}
		made, err := newPattern(s.Pattern)
		if err != nil {
			b.fail(err)
			return
		}
		t.patterns = append(t.patterns, made)
	}
	bounded := t.min > 0 || t.max < endless
	t.tested = len(t.patterns) > 0 || len(t.formats) > 1 || len(t.formats) == 1 && bounded
	for _, p := range n.parts {
		for _, seed := range append([]any{p.schema.Example, p.schema.Default}, p.schema.Examples...) {
			if text, ok := seed.(string); ok && len(text) < 1024 && b.accepts(n, text) {
				t.seeds = append(t.seeds, text)
			}
		}
	}
	if n.isEnum || n.wrong || t.min <= t.max && (!t.tested || b.findsText(n)) {
		return
	}
	n.kinds &^= ofString
}

// findsText reports whether there is a text with all that is asked of it. Otherwise each value would look for it in
// vain.
func (b *builder) findsText(n *node) bool {
	src := NewSource(1)
	for range maxTries {
		if text, ok := n.texts.draw(src, false); ok && b.accepts(n, text) {
			return true
		}
	}
	return false
}

func (b *builder) fillArray(n *node) {
	a := &n.array
	a.max = endless
	var roots []*openapi3.Schema
	for i, p := range n.parts {
		s := p.schema
		a.min, a.max = max(a.min, intOf(s.MinItems)), min(a.max, intOr(s.MaxItems))
		a.unique = a.unique || s.UniqueItems
		if s.Items != nil && s.Items.Value != nil {
			roots = append(roots, s.Items.Value)
			a.item.from = append(a.item.from, origin{i, "/items"})
		}
	}
	if a.min > a.max && !n.isEnum {
		n.kinds &^= ofArray
		return
	}
	a.item.node = b.build(roots)
}

// forbids reports whether a property must not go in this direction.
func (b *builder) forbids(ref *openapi3.SchemaRef) bool {
	return ref != nil && ref.Value != nil && (ref.Value.ReadOnly && !b.config.isResponse() ||
		ref.Value.WriteOnly && b.config.isResponse())
}

func (b *builder) fillObject(n *node) {
	o := &n.object
	o.max = endless
	names := make(map[string]bool)
	for _, p := range n.parts {
		s := p.schema
		o.min, o.max = max(o.min, intOf(s.MinProps)), min(o.max, intOr(s.MaxProps))
		for name := range s.Properties {
			names[name] = true
		}
		for _, name := range s.Required {
			names[name] = true
		}
	}
	var others []*openapi3.Schema
	for i, p := range n.parts {
		more := p.schema.AdditionalProperties
		switch {
		case more.Has != nil && !*more.Has:
			o.closed = true
		case more.Schema != nil && more.Schema.Value != nil:
			others = append(others, more.Schema.Value)
			o.others.from = append(o.others.from, origin{i, "/additionalProperties"})
			o.welcome = true
		case more.Has != nil:
			o.welcome = true
		}
	}
	o.welcome = (o.welcome || len(names) == 0) && !o.closed
	for _, name := range slices.Sorted(maps.Keys(names)) {
		o.properties = append(o.properties, b.property(n, name))
	}
	if !o.closed {
		o.others.node = b.build(others)
	}
	if (o.min > o.max || o.closed && o.min > len(o.properties)) && !n.isEnum {
		n.kinds &^= ofObject
	}
}

func (b *builder) property(n *node, name string) property {
	p := property{name: name, forbidden: -1}
	var roots []*openapi3.Schema
	exempt := false
	for i, of := range n.parts {
		s := of.schema
		ref := s.Properties[name]
		more := s.AdditionalProperties
		if slices.Contains(s.Required, name) {
			p.requiredBy = append(p.requiredBy, i)
		}
		switch {
		case ref != nil && ref.Value != nil:
			roots = append(roots, ref.Value)
			p.value.from = append(p.value.from, origin{i, pointerTo("/properties", name)})
			p.known = append(p.known, i)
			if b.forbids(ref) {
				exempt, p.never, p.forbidden, p.keyword = true, true, i, "readOnly"
				if b.config.isResponse() {
					p.keyword = "writeOnly"
				}
			}
		case more.Has != nil && !*more.Has && !of.made:
			p.never = true
		case more.Schema != nil && more.Schema.Value != nil:
			roots = append(roots, more.Schema.Value)
			p.value.from = append(p.value.from, origin{i, "/additionalProperties"})
		}
	}
	if exempt {
		p.requiredBy = nil
	}
	p.required = len(p.requiredBy) > 0
	p.value.node = b.build(roots)
	return p
}
