package validation

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// kind is what a JSON value is, as a set of one.
type kind uint8

const (
	kindNull kind = 1 << iota
	kindBoolean
	kindNumber
	kindString
	kindArray
	kindObject
	anyKind = kindBoolean | kindNumber | kindString | kindArray | kindObject
)

// schema is what one direction of the contract asks of a value: all schemas that apply to it at once, with allOf
// dissolved, so that one pass checks them together. It is immutable once compiled. A nil schema asks for JSON and no
// more.
type schema struct {
	parts []*part
	// kinds are the ones that all parts allow, without null.
	kinds kind
	// null says whether null is accepted, which is known beforehand as null has no inside.
	null bool
	// finite says that a number must fit into a float64, as it must wherever the contract says anything about a value.
	finite bool

	properties []property
	// index finds a property when there are too many to try one by one.
	index map[string]int
	// required has a bit for each property that must be there.
	required []uint64
	// others applies to members that are no properties, unless closed forbids them.
	others *schema
	closed *openapi3.Schema
	// counted says that a part bounds the number of members.
	counted bool
	// known are the names that a member must not resemble, with those of all variants.
	known [][]byte

	items  *schema
	groups []*group
	not    []negation
	// choice is in place of the only group, when a member says which of its variants applies.
	choice *choice
	// recursive says that the schema leads back to itself through something that goes over a value again: checks of a
	// value against it are remembered then.
	recursive bool
}

// part is one schema of the contract, without its compositions.
type part struct {
	source *openapi3.Schema
	kinds  kind
	enum   *enum

	numbers   numberRules
	numeric   bool
	minLength uint64
	maxLength *uint64
	measured  bool
	pattern   *regexp.Regexp
	format    *format
	// required are the members that must be there, in this direction.
	required []requirement
}

// requirement is a member and its place among the properties.
type requirement struct {
	name     string
	position int
}

// property is a name that the contract mentions.
type property struct {
	name string
	raw  []byte
	// known says that it is a property, not only required.
	known  bool
	schema *schema
	// closed is a schema beside the one with the property, which forbids it.
	closed *openapi3.Schema
	// readOnly is the property's schema if it must not be sent in this direction.
	readOnly *openapi3.Schema
}

// group is a oneOf or an anyOf.
type group struct {
	source   *openapi3.Schema
	variants []*schema
	refs     []string
	// one says that no more than one variant may match.
	one bool
}

// negation is a not.
type negation struct {
	source *openapi3.Schema
	schema *schema
}

// choice is a oneOf or an anyOf with a discriminator. Each variant has been compiled together with what stands beside
// the choice; byValue holds nil for values that lead to none.
type choice struct {
	source  *openapi3.Schema
	byValue map[string]*schema
	// rest is what stands beside the choice.
	rest *schema
}

// find returns the position of a property, or -1.
func (s *schema) find(name []byte) int {
	if s == nil {
		return -1
	}
	if s.index != nil {
		if i, ok := s.index[string(name)]; ok {
			return i
		}
		return -1
	}
	for i := range s.properties {
		if bytes.Equal(s.properties[i].raw, name) {
			return i
		}
	}
	return -1
}

// compiler makes checkers out of the contract's schemas, for one direction.
type compiler struct {
	direction Direction
	formats   map[string]format
	unchecked func(mediaType string) bool
	done      map[string]*schema
	empty     map[*openapi3.Schema]bool
	err       error
}

func newCompiler(direction Direction, c config) *compiler {
	return &compiler{direction: direction, formats: c.formats, unchecked: c.isUnchecked, done: make(map[string]*schema),
		empty: make(map[*openapi3.Schema]bool)}
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

type composition struct {
	root
	refs          openapi3.SchemaRefs
	discriminator *openapi3.Discriminator
	one           bool
}

func (c *compiler) compile(s *openapi3.Schema) (*schema, error) {
	compiled := c.all([]root{{schema: s}})
	return compiled, c.err
}

// all compiles schemas that apply to the same value.
func (c *compiler) all(roots []root) *schema {
	if len(roots) == 0 {
		return nil
	}
	var key strings.Builder
	for _, r := range roots {
		fmt.Fprintf(&key, "%p %v %q;", r.schema, r.vacant, c.exempt(r))
	}
	if s := c.done[key.String()]; s != nil {
		return s
	}
	s := new(schema)
	// A schema that leads back to itself finds this one, which is filled in by the time that it is used.
	c.done[key.String()] = s
	var f flat
	s.null = true
	for _, r := range roots {
		s.null = s.null && (r.vacant || acceptsNull(r.schema, nil))
		c.flatten(r, &f)
	}
	c.fill(s, f)
	return s
}

// acceptsNull follows kin-openapi: a composition that accepts null does so for the schema around it.
func acceptsNull(s *openapi3.Schema, above []*openapi3.Schema) bool {
	if s.Nullable || slices.Contains(above, s) {
		return true
	}
	if len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) == 0 {
		return false
	}
	above = append(slices.Clip(above), s)
	accepts := func(ref *openapi3.SchemaRef) bool { return acceptsNull(ref.Value, above) }
	matches := 0
	for _, ref := range s.OneOf {
		if accepts(ref) {
			matches++
		}
	}
	return (len(s.OneOf) == 0 || matches == 1) &&
		(len(s.AnyOf) == 0 || slices.ContainsFunc(s.AnyOf, accepts)) &&
		!slices.ContainsFunc(s.AllOf, func(ref *openapi3.SchemaRef) bool { return !accepts(ref) }) &&
		(s.Not == nil || !accepts(s.Not))
}

func (c *compiler) flatten(r root, f *flat) {
	s := r.schema
	if slices.Contains(r.above, s) || slices.ContainsFunc(f.parts, func(p root) bool { return p.schema == s }) {
		return
	}
	below := root{schema: s, above: append(slices.Clip(r.above), s), vacant: r.vacant}
	if len(s.OneOf) > 0 {
		f.groups = append(f.groups, composition{below, s.OneOf, s.Discriminator, true})
	}
	if len(s.AnyOf) > 0 {
		f.groups = append(f.groups, composition{below, s.AnyOf, s.Discriminator, false})
	}
	for _, ref := range s.AllOf {
		c.flatten(root{ref.Value, below.above, r.vacant}, f)
	}
	f.parts = append(f.parts, r)
}

// fill compiles into s what applies to one value.
func (c *compiler) fill(s *schema, f flat) {
	s.kinds = anyKind
	c.members(s, f.parts)
	var items []root
	for _, r := range f.parts {
		if r.schema.Items != nil {
			items = append(items, root{schema: r.schema.Items.Value, vacant: c.isEmpty(r.schema)})
		}
		if r.schema.Not != nil {
			s.not = append(s.not, negation{r.schema, c.all([]root{{
				schema: r.schema.Not.Value, above: append(slices.Clip(r.above), r.schema),
			}})})
		}
		if c.isEmpty(r.schema) {
			continue
		}
		p := c.part(s, r)
		s.finite = true
		s.kinds &= p.kinds
		s.counted = s.counted || r.schema.MinProps > 0 || r.schema.MaxProps != nil
		if hasOwnKeywords(r.schema) {
			s.parts = append(s.parts, p)
		}
	}
	s.items = c.all(items)
	for _, g := range f.groups {
		s.groups = append(s.groups, c.group(s, g))
	}
	if len(f.groups) == 1 {
		s.choice = c.choose(f)
	}
}

// isEmpty reports whether a schema says nothing about any value, which is more than that it has no keywords: nullable
// says something, and an allOf of empty schemas does not. It goes by what kin-openapi calls empty, which does not come
// to an end for a schema that contains itself: what is above is not looked at again.
func (c *compiler) isEmpty(s *openapi3.Schema) bool {
	empty, known := c.empty[s]
	if !known {
		empty = saysNothing(s, nil)
		c.empty[s] = empty
	}
	return empty
}

func saysNothing(s *openapi3.Schema, above []*openapi3.Schema) bool {
	if slices.Contains(above, s) {
		return true
	}
	if hasOwnKeywords(s) || s.Nullable || s.ReadOnly || s.WriteOnly {
		return false
	}
	above = append(slices.Clip(above), s)
	nothing := func(ref *openapi3.SchemaRef) bool {
		return ref == nil || ref.Value == nil || saysNothing(ref.Value, above)
	}
	for _, ref := range s.Properties {
		if !nothing(ref) {
			return false
		}
	}
	return nothing(s.Not) && nothing(s.Items) && nothing(s.AdditionalProperties.Schema) &&
		!slices.ContainsFunc(slices.Concat(s.OneOf, s.AnyOf, s.AllOf),
			func(ref *openapi3.SchemaRef) bool { return !nothing(ref) })
}

// hasOwnKeywords is false for schemas that only compose or contain others, or describe them.
func hasOwnKeywords(s *openapi3.Schema) bool {
	forbidding := s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
	return s.Type != nil || s.Format != "" || len(s.Enum) > 0 || s.UniqueItems || s.ExclusiveMin.IsSet() ||
		s.ExclusiveMax.IsSet() ||
		s.AllowEmptyValue || s.Min != nil || s.Max != nil || s.MultipleOf != nil || s.MinLength > 0 ||
		s.MaxLength != nil || s.Pattern != "" ||
		s.MinItems > 0 || s.MaxItems != nil || len(s.Required) > 0 || s.MinProps > 0 || s.MaxProps != nil ||
		forbidding || unknownKeyword(s) != ""
}

func (c *compiler) part(s *schema, r root) *part {
	source := r.schema
	p := &part{source: source, kinds: anyKind, minLength: source.MinLength, maxLength: source.MaxLength}
	p.measured = p.minLength > 0 || p.maxLength != nil
	if keyword := unknownKeyword(source); keyword != "" {
		c.fail(fmt.Errorf("%s, which OpenAPI 3.0 does not have, cannot be checked", keyword))
	}
	if types := source.Type.Slice(); len(types) > 0 {
		p.kinds = kindOf(types[0])
		if p.kinds == 0 || len(types) > 1 {
			c.fail(fmt.Errorf("the type %s cannot be checked", strings.Join(types, ", ")))
		}
	}
	if len(source.Enum) > 0 {
		var err error
		if p.enum, err = newEnum(source.Enum); err != nil {
			c.fail(err)
		}
	}
	p.numbers, p.numeric = newNumberRules(source)
	if source.MultipleOf != nil && *source.MultipleOf <= 0 {
		c.fail(errors.New("a multipleOf that is not positive cannot be checked"))
	}
	if source.Pattern != "" {
		var err error
		if p.pattern, err = regexp.Compile(codepoint.ReplaceAllString(source.Pattern, `\x{$1}`)); err != nil {
			c.fail(fmt.Errorf("a pattern cannot be checked: %w", err))
		}
	}
	if f, ok := c.formats[source.Format]; ok {
		p.format = &f
	}
	exempt := c.exempt(r)
	for _, name := range source.Required {
		if c.forbidden(source.Properties[name]) || slices.Contains(exempt, name) {
			continue
		}
		i := s.find([]byte(name))
		p.required = append(p.required, requirement{name, i})
		s.required[i/64] |= 1 << (i % 64)
	}
	return p
}

// codepoint is an escape that JavaScript's patterns have and RE2 spells differently.
var codepoint = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

func kindOf(name string) kind {
	switch name {
	case openapi3.TypeBoolean:
		return kindBoolean
	case openapi3.TypeInteger, openapi3.TypeNumber:
		return kindNumber
	case openapi3.TypeString:
		return kindString
	case openapi3.TypeArray:
		return kindArray
	case openapi3.TypeObject:
		return kindObject
	}
	return 0
}

// unknownKeyword finds a keyword that OpenAPI 3.0 does not have, and which nothing here checks.
func unknownKeyword(s *openapi3.Schema) string {
	for _, keyword := range []struct {
		name string
		used bool
	}{
		{"const", s.Const != nil}, {"prefixItems", len(s.PrefixItems) > 0}, {"contains", s.Contains != nil},
		{"minContains", s.MinContains != nil},
		{"maxContains", s.MaxContains != nil}, {"patternProperties", len(s.PatternProperties) > 0},
		{"dependentSchemas", len(s.DependentSchemas) > 0},
		{"propertyNames", s.PropertyNames != nil}, {"if", s.If != nil}, {"then", s.Then != nil},
		{"else", s.Else != nil},
		{"dependentRequired", len(s.DependentRequired) > 0},
		{"unevaluatedItems", s.UnevaluatedItems.Has != nil || s.UnevaluatedItems.Schema != nil},
		{"unevaluatedProperties", s.UnevaluatedProperties.Has != nil || s.UnevaluatedProperties.Schema != nil},
		{"a boolean schema", s.Always != nil}, {"$dynamicRef", s.DynamicRef != ""},
		{"contentSchema", s.ContentSchema != nil},
		{"a number as exclusiveMinimum", s.ExclusiveMin.Value != nil},
		{"a number as exclusiveMaximum", s.ExclusiveMax.Value != nil},
	} {
		if keyword.used {
			return keyword.name
		}
	}
	return ""
}

func (c *compiler) fail(err error) {
	if c.err == nil {
		c.err = fmt.Errorf("a schema: %w", err)
	}
}

// members compiles properties, required and additionalProperties. A name has the schemas of all parts, each of which
// may have it among its properties or among the others.
func (c *compiler) members(s *schema, parts []root) {
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
			roots = append(roots, root{schema: ref.Value, vacant: c.isEmpty(r.schema)})
			if c.forbidden(ref) {
				p.readOnly = ref.Value
			}
		}
		p.schema = c.all(roots)
		s.properties = append(s.properties, p)
	}
	var roots []root
	for _, r := range parts {
		roots = c.other(r, roots, &s.closed)
	}
	s.others = c.all(roots)
	s.required = make([]uint64, (len(s.properties)+63)/64)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		s.known = append(s.known, []byte(name))
	}
	if len(s.properties) > 8 {
		s.index = make(map[string]int, len(s.properties))
		for i, p := range s.properties {
			s.index[p.name] = i
		}
	}
}

func (c *compiler) other(r root, roots []root, closed **openapi3.Schema) []root {
	more := r.schema.AdditionalProperties
	switch {
	case more.Has != nil && !*more.Has:
		*closed = r.schema
	case more.Schema != nil:
		roots = append(roots, root{schema: more.Schema.Value, vacant: c.isEmpty(r.schema)})
	}
	return roots
}

// forbidden reports whether a property must not be sent in this direction.
func (c *compiler) forbidden(ref *openapi3.SchemaRef) bool {
	return ref != nil && ref.Value != nil && (ref.Value.ReadOnly && c.direction == Request ||
		ref.Value.WriteOnly && c.direction == Response)
}

// exempt returns the members that a schema cannot require in this direction, because a schema above it, or beside it in
// an allOf, has them as readOnly or writeOnly.
func (c *compiler) exempt(r root) []string {
	var names []string
	var seen []*openapi3.Schema
	var search func(s *openapi3.Schema)
	search = func(s *openapi3.Schema) {
		if slices.Contains(seen, s) {
			return
		}
		seen = append(seen, s)
		for name, ref := range s.Properties {
			if c.forbidden(ref) {
				names = append(names, name)
			}
		}
		for _, ref := range s.AllOf {
			search(ref.Value)
		}
	}
	search(r.schema)
	for _, s := range r.above {
		search(s)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *compiler) group(s *schema, from composition) *group {
	g := &group{source: from.schema, one: from.one}
	for _, ref := range from.refs {
		variant := c.all([]root{{schema: ref.Value, above: from.above}})
		g.variants = append(g.variants, variant)
		g.refs = append(g.refs, ref.Ref)
		s.known = append(s.known, variant.known...)
	}
	slices.SortFunc(s.known, bytes.Compare)
	s.known = slices.CompactFunc(s.known, bytes.Equal)
	return g
}

// choose compiles a group by the values of its discriminator, or returns nil when they do not tell the variants apart.
func (c *compiler) choose(f flat) *choice {
	from := f.groups[0]
	if from.discriminator == nil || len(from.discriminator.Mapping) == 0 {
		return nil
	}
	ch := &choice{source: from.schema, byValue: make(map[string]*schema), rest: new(schema)}
	c.fill(ch.rest, flat{parts: f.parts})
	for _, value := range slices.Sorted(maps.Keys(from.discriminator.Mapping)) {
		target := variantRef(from.discriminator, value)
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
			ch.byValue[value] = new(schema)
			c.fill(ch.byValue[value], merged)
		}
	}
	return ch
}

// variantRef is the reference that a mapping leads to. It may be spelled as a name.
func variantRef(d *openapi3.Discriminator, value string) string {
	ref := d.Mapping[value].Ref
	if ref != "" && !strings.Contains(ref, "/") {
		ref = "#/components/schemas/" + ref
	}
	return ref
}
