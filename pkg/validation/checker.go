package validation

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// checker is the state of one check. It goes over the bytes once and looks at each value while it passes; only a oneOf,
// an anyOf and a not go over theirs again. Without a collector it stops at the first violation, and then allocates
// nothing for what the contract has: its slices grow once and are used again.
type checker struct {
	data  []byte
	depth int
	// bits are the members that the open objects have had, and unknown the hashes of the names that the contract does
	// not have.
	bits    []uint64
	unknown []uint64
	// starts are where the items of open arrays begin, if they must be different.
	starts []int
	// name, meaning and spelled hold a text without its escapes, as long as it is looked at.
	name, meaning, spelled []byte
	// encoded is a parameter in JSON.
	encoded []byte
	// pairs are those of a request's query.
	pairs []pair

	// memory has what became of the checks that recursive schemas make, and exhausted says that it was full. effort
	// counts such checks while violations are collected, when none is remembered.
	memory    map[visit]int
	exhausted bool
	effort    int

	collector *collector
}

var (
	checkers = sync.Pool{New: func() any { return new(checker) }}
	// seed keeps senders from choosing names whose hashes collide.
	seed = maphash.MakeSeed()
)

// mode says how a value is looked at.
type mode uint8

const (
	// strict refuses members that resemble a known one.
	strict mode = iota
	// inner does so in values inside, but not in this one, whose other schemas may know the member.
	inner
	// lax does not, to find out which variant is meant.
	lax
)

func (m mode) below() mode {
	if m == lax {
		return lax
	}
	return strict
}

func newChecker() *checker {
	c, _ := checkers.Get().(*checker)
	return c
}

// start makes the checker ready for a text, whatever became of the one before.
func (c *checker) start(data []byte) {
	c.data, c.depth, c.collector = data, 0, nil
	c.exhausted, c.effort = false, 0
	if len(c.memory) > 0 {
		clear(c.memory)
	}
	c.bits, c.unknown, c.starts = c.bits[:0], c.unknown[:0], c.starts[:0]
}

func (c *checker) release() {
	c.data, c.collector = nil, nil
	clear(c.pairs) // which are the sender's texts
	c.pairs = c.pairs[:0]
	if cap(c.pairs) > 1<<8 {
		c.pairs = nil
	}
	if cap(c.unknown) < 1<<12 && cap(c.spelled)+cap(c.meaning)+cap(c.name)+cap(c.encoded) < 1<<16 &&
		cap(c.starts) < 1<<12 && len(c.memory) < 1<<8 {
		checkers.Put(c)
	}
}

// matches reports whether data is exactly one JSON value, read strictly, that the schema accepts.
func (c *checker) matches(s *schema, data []byte) bool {
	c.start(data)
	end, ok := c.value(s, c.space(0), strict)
	return ok && c.space(end) == len(data) && !c.exhausted
}

// value checks the value at i and returns where it ends. With a collector, it fails only when there is no use in going
// on.
func (c *checker) value(s *schema, i int, m mode) (end int, ok bool) {
	switch b := c.at(i); b {
	case '{':
		return c.composed(s, i, m, kindObject)
	case '[':
		return c.composed(s, i, m, kindArray)
	case '"':
		return c.composed(s, i, m, kindString)
	case 't':
		if end = c.literal(i, "true"); end < 0 {
			return -1, false
		}
		return c.composed(s, i, m, kindBoolean)
	case 'f':
		if end = c.literal(i, "false"); end < 0 {
			return -1, false
		}
		return c.composed(s, i, m, kindBoolean)
	case 'n':
		if end = c.literal(i, "null"); end < 0 {
			return -1, false
		}
		if s != nil && !s.null && c.broken("nullable", nil) {
			return -1, false
		}
		return end, true
	default:
		return c.composed(s, i, m, kindNumber)
	}
}

// composed checks a value that is not null, and then what has to go over it again.
func (c *checker) composed(s *schema, i int, m mode, k kind) (end int, ok bool) {
	if s == nil || !s.recursive || k&(kindArray|kindObject) == 0 {
		return c.whole(s, i, m, k)
	}
	if c.collector != nil {
		if c.effort++; c.effort > maxMemory {
			return -1, false
		}
		return c.whole(s, i, m, k)
	}
	v := visit{s, i, m}
	if end, known := c.memory[v]; known {
		return end, end >= 0
	}
	end, ok = c.whole(s, i, m, k)
	if !ok {
		end = -1
	}
	return end, c.note(v, end) && ok
}

func (c *checker) whole(s *schema, i int, m mode, k kind) (end int, ok bool) {
	if s != nil && k == kindObject && s.choice != nil {
		selected := c.selected(s.choice, i)
		if selected == nil {
			return -1, false
		}
		s = selected
	}
	if s != nil && s.kinds&k == 0 {
		return c.wrongKind(s, i, k)
	}
	switch k {
	case kindObject:
		end, ok = c.object(s, i, m)
	case kindArray:
		end, ok = c.array(s, i, m)
	case kindString:
		end, ok = c.string(s, i)
	case kindNumber:
		end, ok = c.numeral(s, i)
	default:
		end, ok = i+4, true
		if c.data[i] == 'f' {
			end++
		}
		if s != nil {
			ok = c.enumerated(s, i)
		}
	}
	if !ok || s == nil {
		return end, ok
	}
	for _, g := range s.groups {
		if !c.group(g, i, m, k) {
			return -1, false
		}
	}
	for _, n := range s.not {
		if c.try(n.schema, i, lax) && c.broken("not", n.source) {
			return -1, false
		}
	}
	return end, true
}

// wrongKind reports a value of a type that is not allowed, and passes over it.
func (c *checker) wrongKind(s *schema, i int, k kind) (int, bool) {
	if c.collector == nil {
		return -1, false
	}
	for _, p := range s.parts {
		keyword := "type"
		if p.enum != nil && !c.hasEnum(p.enum, i) {
			// kin-openapi looks at the values before the type, and says what is more use to the caller.
			keyword = "enum"
		} else if p.kinds&k != 0 {
			continue
		}
		if c.broken(keyword, p.source) {
			return -1, false
		}
	}
	return c.unchecked(i)
}

// unchecked passes over a value that has been refused.
func (c *checker) unchecked(i int) (int, bool) {
	collector := c.collector
	c.collector = nil
	end, ok := c.value(nil, i, lax)
	c.collector = collector
	return end, ok
}

// enumerated checks enumerations of values other than strings.
func (c *checker) enumerated(s *schema, i int) bool {
	for _, p := range s.parts {
		if p.enum != nil && !c.hasEnum(p.enum, i) && c.broken("enum", p.source) {
			return false
		}
	}
	return true
}

func (c *checker) hasEnum(e *enum, i int) bool {
	if c.data[i] == '"' {
		end, escaped := c.text(i)
		return e.texts[string(c.meant(i+1, end, escaped))]
	}
	if len(e.others) == 0 {
		return false
	}
	c.spelled, _ = c.canonical(c.spelled[:0], i)
	return e.others[string(c.spelled)]
}

// meant returns what the inside of a string means, until the next call.
func (c *checker) meant(start, end int, escaped bool) []byte {
	if !escaped {
		return c.data[start:end]
	}
	c.meaning = appendUnescaped(c.meaning[:0], c.data[start:end])
	return c.meaning
}

func (c *checker) string(s *schema, i int) (int, bool) {
	end, escaped := c.text(i)
	if end < 0 {
		return -1, false
	}
	if s == nil || len(s.parts) == 0 {
		return end + 1, true
	}
	return end + 1, c.textual(s, c.meant(i+1, end, escaped))
}

// textual checks what a string means.
func (c *checker) textual(s *schema, text []byte) bool {
	for _, p := range s.parts {
		if p.enum != nil && !p.enum.texts[string(text)] {
			if c.broken("enum", p.source) {
				return false
			}
			continue
		}
		if p.measured {
			length := uint64(utf8.RuneCount(text)) //nolint:gosec // a count is not negative
			if length < p.minLength && c.broken("minLength", p.source) {
				return false
			}
			if p.maxLength != nil && length > *p.maxLength && c.broken("maxLength", p.source) {
				return false
			}
		}
		if p.pattern != nil && !p.pattern.Match(text) && c.broken("pattern", p.source) {
			return false
		}
		if p.format != nil && !p.format.ok(text) && c.broken("format", p.source) {
			return false
		}
	}
	return true
}

func (c *checker) numeral(s *schema, i int) (int, bool) {
	end, plain := c.number(i)
	if end < 0 {
		return -1, false
	}
	if s == nil || !s.finite {
		return end, true
	}
	text := c.data[i:end]
	n, small := int64(0), false
	if plain {
		n, small = smallInteger(text)
	}
	if (!plain || len(text) > 300) && isHuge(text) {
		// Named after the type, as no number of that size can be told from others.
		source := (*openapi3.Schema)(nil)
		for _, p := range s.parts {
			source = p.source
			if p.kinds != anyKind {
				break
			}
		}
		if c.broken("type", source) {
			return -1, false
		}
		return end, true
	}
	var exact decimal
	parsed := false
	for _, p := range s.parts {
		if p.enum != nil && !c.hasEnum(p.enum, i) {
			if c.broken("enum", p.source) {
				return -1, false
			}
			continue
		}
		if !p.numeric {
			continue
		}
		r := &p.numbers
		if small && r.small && n >= r.lowest && n <= r.highest && (r.divisor == 0 || n%r.divisor == 0) {
			continue
		}
		if c.collector == nil && small && r.small {
			return -1, false
		}
		if !parsed {
			exact, parsed = parseDecimal(string(text)), true
		}
		if !c.exactly(p, exact) {
			return -1, false
		}
	}
	return end, true
}

// exactly checks a number by its digits.
func (c *checker) exactly(p *part, d decimal) bool {
	r := &p.numbers
	if r.integer && !d.isInteger() {
		return !c.broken("type", p.source)
	}
	if r.bits > 0 && !d.fits(r.bits) && c.broken("format", p.source) {
		return false
	}
	if r.minimum != nil {
		order := d.compare(*r.minimum)
		if order == 0 && r.aboveMin && c.broken("exclusiveMinimum", p.source) {
			return false
		}
		if order < 0 && (r.aboveMin && c.broken("exclusiveMinimum", p.source) || c.broken("minimum", p.source)) {
			return false
		}
	}
	if r.maximum != nil {
		order := d.compare(*r.maximum)
		if order == 0 && r.belowMax && c.broken("exclusiveMaximum", p.source) {
			return false
		}
		if order > 0 && (r.belowMax && c.broken("exclusiveMaximum", p.source) || c.broken("maximum", p.source)) {
			return false
		}
	}
	return r.multipleOf == nil || d.isMultipleOf(*r.multipleOf) || !c.broken("multipleOf", p.source)
}

func (c *checker) array(s *schema, i int, m mode) (int, bool) {
	start := i
	if c.depth++; c.depth > maxDepth {
		return -1, false
	}
	var items *schema
	unique := false
	if s != nil {
		items = s.items
		for _, p := range s.parts {
			unique = unique || p.source.UniqueItems
		}
	}
	base, count := len(c.starts), uint64(0)
	i = c.space(i + 1)
	if c.at(i) == ']' {
		i++
	} else {
		for more := true; more; count++ {
			if unique {
				c.starts = append(c.starts, i)
			}
			c.enter(int(count))
			end, ok := c.value(items, i, m.below())
			c.leave()
			if !ok {
				return -1, false
			}
			switch i = c.space(end); c.at(i) {
			case ',':
				i = c.space(i + 1)
			case ']':
				i, more = i+1, false
			default:
				return -1, false
			}
		}
	}
	c.depth--
	if s == nil {
		return i, true
	}
	different := !unique || c.unique(c.starts[base:])
	c.starts = c.starts[:base]
	for _, p := range s.parts {
		if p.enum != nil && !c.hasEnum(p.enum, start) && c.broken("enum", p.source) ||
			count < p.source.MinItems && c.broken("minItems", p.source) ||
			p.source.MaxItems != nil && count > *p.source.MaxItems && c.broken("maxItems", p.source) ||
			!different && p.source.UniqueItems && c.broken("uniqueItems", p.source) {
			return -1, false
		}
	}
	return i, true
}

func (c *checker) object(s *schema, i int, m mode) (int, bool) {
	start := i
	if c.depth++; c.depth > maxDepth {
		return -1, false
	}
	set, unknown, count := len(c.bits), len(c.unknown), uint64(0)
	if s != nil {
		for range s.required {
			c.bits = append(c.bits, 0)
		}
	}
	section := c.openSection()
	i = c.space(i + 1)
	if c.at(i) == '}' {
		i++
	} else {
		for more := true; more; count++ {
			if c.at(i) != '"' {
				return -1, false
			}
			end, escaped := c.text(i)
			if end < 0 {
				return -1, false
			}
			name := c.data[i+1 : end]
			if escaped {
				c.name = appendUnescaped(c.name[:0], name)
				name = c.name
			}
			c.mark(name)
			position := s.find(name)
			var below *schema
			var readOnly *openapi3.Schema
			if position < 0 {
				if !c.remember(unknown, name) {
					return -1, false
				}
				if s != nil {
					if s.closed != nil && c.broken("properties", s.closed) {
						return -1, false
					}
					below = s.others
				}
			} else {
				bit := uint64(1) << (position % 64)
				if c.bits[set+position/64]&bit != 0 {
					return -1, false
				}
				c.bits[set+position/64] |= bit
				p := &s.properties[position]
				if p.closed != nil && c.broken("properties", p.closed) {
					return -1, false
				}
				below, readOnly = p.schema, p.readOnly
			}
			if m == strict && s != nil && (position < 0 || !s.properties[position].known) && !c.spelledRight(s, name) {
				return -1, false
			}
			c.enterMember(name)
			if i = c.space(end + 1); c.at(i) != ':' {
				return -1, false
			}
			i = c.space(i + 1)
			if readOnly != nil && c.at(i) != 'n' && c.broken(c.forbidden(readOnly), readOnly) {
				return -1, false
			}
			end, ok := c.value(below, i, m.below())
			c.leave()
			if !ok {
				return -1, false
			}
			switch i = c.space(end); c.at(i) {
			case ',':
				i = c.space(i + 1)
			case '}':
				i, more = i+1, false
			default:
				return -1, false
			}
		}
	}
	c.depth--
	if !c.distinct(unknown) {
		return -1, false
	}
	c.unknown = c.unknown[:unknown]
	c.closeSection(section)
	ok := s == nil || c.complete(s, start, c.bits[set:], count)
	c.bits = c.bits[:set]
	return i, ok
}

// forbidden is the keyword of a member that must not be sent in this direction.
func (c *checker) forbidden(s *openapi3.Schema) string {
	if c.collector != nil && c.collector.direction == Response || !s.ReadOnly {
		return "writeOnly"
	}
	return "readOnly"
}

// complete checks what is known once all members have been seen.
func (c *checker) complete(s *schema, start int, had []uint64, count uint64) bool {
	missing := false
	for w, required := range s.required {
		missing = missing || required&^had[w] != 0
	}
	for _, p := range s.parts {
		if p.enum != nil && !c.hasEnum(p.enum, start) && c.broken("enum", p.source) {
			return false
		}
		if s.counted && (count < p.source.MinProps && c.broken("minProperties", p.source) ||
			p.source.MaxProps != nil && count > *p.source.MaxProps && c.broken("maxProperties", p.source)) {
			return false
		}
		if !missing {
			continue
		}
		if c.collector == nil {
			return false
		}
		for _, r := range p.required {
			if had[r.position/64]&(1<<(r.position%64)) != 0 {
				continue
			}
			c.enterMember([]byte(r.name))
			stop := c.broken("required", p.source)
			c.leave()
			if stop {
				return false
			}
		}
	}
	return true
}

// spelledRight reports whether a member resembles none that the contract knows.
func (c *checker) spelledRight(s *schema, name []byte) bool {
	for _, known := range s.known {
		if !bytes.EqualFold(known, name) || bytes.Equal(known, name) {
			continue
		}
		if slices.ContainsFunc(s.known, func(k []byte) bool { return bytes.Equal(k, name) }) {
			return true
		}
		if c.resembles(string(known)) {
			return false
		}
	}
	return true
}

// few is how many members are compared with each other one by one.
const few = 8

// remember reports whether an unknown member is new to its object. When there are many, distinct finds out.
func (c *checker) remember(from int, name []byte) bool {
	hash := maphash.Bytes(seed, name)
	if others := c.unknown[from:]; len(others) < few && slices.Contains(others, hash) {
		return false
	}
	c.unknown = append(c.unknown, hash)
	return true
}

// distinct reports whether no two of many unknown members have the same hash. Names with 64 bits of keyed hash in
// common are taken for the same: a sender cannot aim at a collision, and chance does not find one.
func (c *checker) distinct(from int) bool {
	members := c.unknown[from:]
	if len(members) <= few {
		return true
	}
	slices.Sort(members)
	for i := 1; i < len(members); i++ {
		if members[i] == members[i-1] {
			return false
		}
	}
	return true
}

// try reports whether a variant accepts the value at i, without collecting anything.
func (c *checker) try(s *schema, i int, m mode) bool {
	collector, depth := c.collector, c.depth
	set, unknown, starts := len(c.bits), len(c.unknown), len(c.starts)
	c.collector = nil
	_, ok := c.value(s, i, m)
	c.collector, c.depth = collector, depth
	c.bits, c.unknown, c.starts = c.bits[:set], c.unknown[:unknown], c.starts[:starts]
	return ok
}

// group checks a oneOf or an anyOf.
func (c *checker) group(g *group, i int, m mode, k kind) bool {
	if k == kindObject && g.source.Discriminator != nil {
		ref, found := c.discriminated(g, i)
		switch {
		case !found:
			// That was reported already.
			return c.collector != nil && !c.collector.full()
		case ref != "":
			return c.referred(g, ref, i, m)
		}
	}
	var matching uint64
	first := -1
	for v, variant := range g.variants {
		if !c.try(variant, i, lax) {
			continue
		}
		matching++
		if first < 0 {
			first = v
		} else if g.one {
			return !c.broken("oneOfConflict", g.source)
		}
		// What a further variant of an anyOf says of the spelling of members counts as well.
		if m != lax && !c.spelling(variant, i) {
			return false
		}
	}
	return matching > 0 || c.collector != nil && c.unmatched(g, i)
}

// spelling checks a variant that matches once more, now for members that resemble known ones.
func (c *checker) spelling(variant *schema, i int) bool {
	if c.collector == nil {
		return c.try(variant, i, inner)
	}
	_, ok := c.value(variant, i, inner)
	return ok
}

// referred checks the variants that a discriminator leads to.
func (c *checker) referred(g *group, ref string, i int, m mode) bool {
	count := 0
	var variant *schema
	for v := range g.variants {
		if g.refs[v] == ref {
			variant = g.variants[v]
			count++
		}
	}
	switch {
	case count == 0:
		return !c.broken("oneOf", g.source)
	case count > 1 && g.one:
		return !c.broken("oneOfConflict", g.source)
	case m != lax:
		m = inner
	}
	if c.collector == nil {
		return c.try(variant, i, m)
	}
	_, ok := c.value(variant, i, m)
	return ok
}

// discriminated returns the reference that an object's discriminator leads to, or "" when all variants are to be tried.
// It reports a discriminator that leads nowhere.
func (c *checker) discriminated(g *group, i int) (ref string, found bool) {
	d := g.source.Discriminator
	text, found, isText := c.peek(d.PropertyName, i)
	if !found || !isText {
		c.undiscriminated(d.PropertyName, found, g.source)
		return "", false
	}
	if len(d.Mapping) == 0 {
		return "", true
	}
	if _, known := d.Mapping[string(text)]; !known {
		c.misdiscriminated(d.PropertyName, g.source)
		return "", false
	}
	return variantRef(d, string(text)), true
}

// selected returns what applies to an object by its discriminator. If nothing does, it returns what stands beside the
// choice while violations are collected, and nil otherwise.
func (c *checker) selected(ch *choice, i int) *schema {
	name := ch.source.Discriminator.PropertyName
	text, found, isText := c.peek(name, i)
	var stop bool
	if !found || !isText {
		stop = c.undiscriminated(name, found, ch.source)
	} else if s, known := ch.byValue[string(text)]; s != nil {
		return s
	} else if !known {
		stop = c.misdiscriminated(name, ch.source)
	} else {
		stop = c.broken("oneOf", ch.source)
	}
	if stop {
		return nil
	}
	return ch.rest
}

func (c *checker) undiscriminated(name string, found bool, source *openapi3.Schema) (stop bool) {
	c.enterMember([]byte(name))
	defer c.leave()
	if found {
		return c.broken("text", source)
	}
	return c.broken("required", source)
}

func (c *checker) misdiscriminated(name string, source *openapi3.Schema) (stop bool) {
	c.enterMember([]byte(name))
	defer c.leave()
	return c.broken("discriminator", source)
}

// peek looks for a member of the object at i. It does not mind what else is wrong with the object: a check goes over it
// yet.
func (c *checker) peek(name string, i int) (text []byte, found, isText bool) {
	for i = c.space(i + 1); c.at(i) == '"'; {
		end, escaped := c.text(i)
		if end < 0 {
			return nil, false, false
		}
		hit := string(c.meant(i+1, end, escaped)) == name
		if i = c.space(end + 1); c.at(i) != ':' {
			return nil, false, false
		}
		i = c.space(i + 1)
		if hit {
			if c.at(i) != '"' {
				return nil, true, false
			}
			if end, escaped = c.text(i); end < 0 {
				return nil, true, false
			}
			return c.meant(i+1, end, escaped), true, true
		}
		if i = c.skip(i); i < 0 || c.at(i) != ',' {
			return nil, false, false
		}
		i = c.space(i + 1)
	}
	return nil, false, false
}
