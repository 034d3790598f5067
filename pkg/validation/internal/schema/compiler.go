package schema

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Config says how schemas are compiled.
type Config struct {
	// Direction is the way that the texts go.
	Direction Direction
	// Survey knows the schemas that are compiled, and the names that faults may mention. Required.
	Survey *Survey
	// Formats are those of strings; all others are comments. Nil means Formats().
	Formats map[string]Format
	// RefuseUnknown refuses members that the contract does not name, unless it says of their object that others are
	// welcome: by an additionalProperties of true or of a schema, or by naming none at all.
	RefuseUnknown bool
	// Reveal lets faults mention names that the contract does not have, and where a text is broken. Values they never
	// have.
	Reveal bool
}

// Compiler makes nodes out of the schemas of a contract, for one direction. It makes one for each set of schemas that
// apply to the same value, however often they are asked for. It is not safe for concurrent use; what it has compiled
// is.
type Compiler struct {
	access     access
	closed     bool
	vocabulary *vocabulary
	done       map[string]*node
	vacant     map[*openapi3.Schema]bool
	recursion  *recursion
	nodes      int
	err        error
}

// NewCompiler returns a compiler that has compiled nothing yet.
func NewCompiler(config Config) *Compiler {
	if config.Formats == nil {
		config.Formats = Formats()
	}
	return &Compiler{
		access: access{config.Direction}, closed: config.RefuseUnknown,
		vocabulary: &vocabulary{names: config.Survey.names, formats: config.Formats, reveal: config.Reveal},
		done:       make(map[string]*node), vacant: make(map[*openapi3.Schema]bool), recursion: newRecursion(),
	}
}

// root is a schema together with those whose compositions lead to it.
type root struct {
	schema *openapi3.Schema
	above  []*openapi3.Schema
	// vacant says that it stands below a schema without any keyword but names, which accepts null for its members.
	vacant bool
}

// flat is what a root becomes without allOf.
type flat struct {
	parts  []root
	groups []composition
}

// composition is a oneOf or an anyOf.
type composition struct {
	root
	refs openapi3.SchemaRefs
	one  bool
}

// compile returns the node of a schema, complete with all nodes that it leads to.
func (c *Compiler) compile(s *openapi3.Schema) (*node, error) {
	n := c.all([]root{{schema: s}})
	if c.err == nil {
		c.recursion.mark(n)
	}
	return n, c.err
}

// fail keeps the first thing that cannot be checked.
func (c *Compiler) fail(err error) {
	if c.err == nil {
		c.err = fmt.Errorf("a schema: %w", err)
	}
}

func (c *Compiler) newNode() *node {
	c.nodes++
	return &node{number: c.nodes, kinds: kindAny, null: true}
}

// all compiles schemas that apply to the same value.
func (c *Compiler) all(roots []root) *node {
	if len(roots) == 0 {
		return anything
	}
	var key strings.Builder
	for _, r := range roots {
		fmt.Fprintf(&key, "%p %v %q;", r.schema, r.vacant, c.access.exempt(r.schema, r.above))
	}
	if n := c.done[key.String()]; n != nil {
		return n
	}
	n := c.newNode()
	// A schema that leads back to itself finds this one, which is filled in by the time that it is used.
	c.done[key.String()] = n
	var f flat
	for _, r := range roots {
		n.null = n.null && (r.vacant || acceptsNull(r.schema, nil))
		c.flatten(r, &f)
	}
	c.fill(n, f)
	return n
}

func (c *Compiler) flatten(r root, f *flat) {
	s := r.schema
	if slices.Contains(r.above, s) || slices.ContainsFunc(f.parts, func(p root) bool { return p.schema == s }) {
		return
	}
	below := root{schema: s, above: append(slices.Clip(r.above), s), vacant: r.vacant}
	if len(s.OneOf) > 0 {
		f.groups = append(f.groups, composition{below, s.OneOf, true})
	}
	if len(s.AnyOf) > 0 {
		f.groups = append(f.groups, composition{below, s.AnyOf, false})
	}
	for _, ref := range s.AllOf {
		c.flatten(root{ref.Value, below.above, r.vacant}, f)
	}
	f.parts = append(f.parts, r)
}

// fill compiles into n what applies to one value.
func (c *Compiler) fill(n *node, f flat) {
	c.members(n, f.parts)
	var items []root
	var negations rules[passage]
	for _, r := range f.parts {
		if r.schema.Items != nil {
			items = append(items, root{schema: r.schema.Items.Value, vacant: c.isVacant(r.schema)})
		}
		if r.schema.Not != nil {
			negations = append(negations, &negation{r.schema, c.all([]root{{
				schema: r.schema.Not.Value, above: append(slices.Clip(r.above), r.schema),
			}})})
		}
		if !c.isVacant(r.schema) {
			n.numbers.finite = true
			if err := c.part(n, r); err != nil {
				c.fail(err)
			}
		}
	}
	n.arrays.item = c.all(items)
	for _, g := range f.groups {
		n.passages = append(n.passages, c.group(n, g))
	}
	if c.closed && !n.objects.open && len(n.objects.known) > 0 {
		n.objects.strange = f.parts[0].schema
	}
	n.passages = append(n.passages, negations...)
	if len(f.groups) == 1 {
		n.choice = c.choose(f)
	}
}

// part compiles what one schema says, without its compositions.
func (c *Compiler) part(n *node, r root) error {
	p, err := newPart(r.schema)
	if err != nil {
		return err
	}
	n.kinds &= p.kinds
	if !hasOwnKeywords(r.schema) {
		return nil
	}
	return n.add(p, c.vocabulary.formats, c.requirements(n, r))
}

// requirements are the members that a schema requires in this direction.
func (c *Compiler) requirements(n *node, r root) []requirement {
	var list []requirement
	exempt := c.access.exempt(r.schema, r.above)
	for _, name := range r.schema.Required {
		if !c.access.forbids(r.schema.Properties[name]) && !slices.Contains(exempt, name) {
			list = append(list, requirement{name, n.objects.find([]byte(name))})
		}
	}
	return list
}

func (c *Compiler) isVacant(s *openapi3.Schema) bool {
	vacant, known := c.vacant[s]
	if !known {
		vacant = saysNothing(s, nil)
		c.vacant[s] = vacant
	}
	return vacant
}

// members compiles properties, required and additionalProperties. A name has the schemas of all parts, each of which
// may have it among its properties or among the others.
func (c *Compiler) members(n *node, parts []root) {
	o := &n.objects
	known, names := make(map[string]bool), make(map[string]bool)
	for _, r := range parts {
		for name := range r.schema.Properties {
			known[name], names[name] = true, true
		}
		for _, name := range r.schema.Required {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		p := property{name: name, raw: []byte(name), known: known[name]}
		var roots []root
		for _, r := range parts {
			ref := r.schema.Properties[name]
			if ref == nil {
				roots = c.other(r, roots, &p.closed)
				continue
			}
			roots = append(roots, root{schema: ref.Value, vacant: c.isVacant(r.schema)})
			if c.access.forbids(ref) {
				p.forbidden, p.keyword = ref.Value, c.access.keyword(ref.Value)
			}
		}
		p.value = c.all(roots)
		o.properties = append(o.properties, p)
	}
	var roots []root
	for _, r := range parts {
		roots = c.other(r, roots, &o.closed)
		more := r.schema.AdditionalProperties
		o.open = o.open || more.Schema != nil || more.Has != nil && *more.Has
	}
	o.others = c.all(roots)
	o.required = make([]uint64, (len(o.properties)+63)/64)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		o.known = append(o.known, []byte(name))
	}
	if len(o.properties) > 8 {
		o.index = make(map[string]int, len(o.properties))
		for i, p := range o.properties {
			o.index[p.name] = i
		}
	}
}

func (c *Compiler) other(r root, roots []root, closed **openapi3.Schema) []root {
	more := r.schema.AdditionalProperties
	switch {
	case more.Has != nil && !*more.Has:
		*closed = r.schema
	case more.Schema != nil:
		roots = append(roots, root{schema: more.Schema.Value, vacant: c.isVacant(r.schema)})
	}
	return roots
}

func (c *Compiler) group(n *node, from composition) *variants {
	g := &variants{source: from.schema, one: from.one, discriminator: newDiscriminator(from.schema)}
	o := &n.objects
	for _, ref := range from.refs {
		variant := c.all([]root{{schema: ref.Value, above: from.above}})
		g.list = append(g.list, variant)
		g.refs = append(g.refs, ref.Ref)
		o.known = append(o.known, variant.objects.known...)
		o.open = o.open || variant.objects.open
	}
	slices.SortFunc(o.known, bytes.Compare)
	o.known = slices.CompactFunc(o.known, bytes.Equal)
	return g
}

// choose compiles a group by the values of its discriminator, or returns nil when they do not tell the variants apart.
func (c *Compiler) choose(f flat) *choice {
	from := f.groups[0]
	d := newDiscriminator(from.schema)
	if d == nil || len(d.refs) == 0 {
		return nil
	}
	ch := &choice{discriminator: d, byValue: make(map[string]*node), rest: c.newNode()}
	c.fill(ch.rest, flat{parts: f.parts})
	for _, value := range slices.Sorted(maps.Keys(d.refs)) {
		target := d.refs[value]
		merged := flat{parts: slices.Clip(f.parts)}
		matches := 0
		for _, ref := range from.refs {
			if target == "" || ref.Ref != target {
				continue
			}
			matches++
			c.flatten(root{schema: ref.Value, above: from.above}, &merged)
		}
		switch {
		case target == "" || matches > 1:
			return nil
		case matches == 0:
			ch.byValue[value] = nil
		default:
			ch.byValue[value] = c.newNode()
			c.fill(ch.byValue[value], merged)
		}
	}
	return ch
}
