package schemagen

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// lister lists what one part asks of a value.
type lister struct {
	*walker
	place
	schema *openapi3.Schema
	part   int
	id     string
}

func (l *lister) list() {
	if l.schema.Type != nil {
		l.types()
	}
	if len(l.schema.Enum) > 0 {
		l.enum()
	}
	if l.schema.Not != nil {
		l.not()
	}
	of := kindsOf(l.schema) & l.kinds
	if of&ofString != 0 {
		l.lengths()
		l.pattern()
		l.format()
	}
	if of&ofNumber != 0 {
		l.numbers()
	}
	if of&ofArray != 0 {
		l.items()
	}
	if of&ofObject != 0 {
		l.members()
		l.counts()
	}
}

// of names a constraint of this part.
func (l *lister) of(keyword string, value any) int {
	return l.constraint(&l.place, fmt.Sprintf("%s/%s=%v", l.id, keyword, value), keyword)
}

// is adds a value that is right, orAny any such value if there is no other, and isNot one that is wrong.
func (l *lister) is(i int, why string, make making) { l.valid(&l.place, i, why, make) }

func (l *lister) orAny(i int) { l.right(&l.place, i) }

func (l *lister) isNot(i int, rule, why string, make making) { l.invalid(&l.place, i, rule, why, make) }

// ofKind makes a value of a kind that a node allows.
func ofKind(k kind) making {
	return func(d *drawer, n *node, depth int) (any, bool) {
		if n.isEnum {
			var open list
			for _, v := range n.enum {
				if kindOf(v) == k {
					open = append(open, v)
				}
			}
			if len(open) == 0 {
				return nil, false
			}
			return pick(d.src, open), true
		}
		return d.ofKind(n, k, depth, nil)
	}
}

func (l *lister) types() {
	name := l.schema.Type.Slice()[0]
	i := l.of("type", name)
	mine := kindsOf(l.schema)
	for _, k := range kinds {
		if mine&l.kinds&k != 0 {
			l.is(i, k.a(), ofKind(k))
		}
	}
	l.orAny(i)
	wrong := func(why string, v any) {
		l.add(&l.place, i, probe{pointer: l.pointer, rules: []string{"type", "enum"}, why: why}, always(v))
	}
	text := "text"
	switch {
	case mine&ofNumber != 0:
		text = "1"
	case mine&ofBoolean != 0:
		text = "true"
	}
	for _, other := range []struct {
		kind kind
		v    any
	}{{ofBoolean, true}, {ofNumber, number("1")}, {ofString, text}, {ofArray, list{}}, {ofObject, object{}}} {
		if mine&other.kind == 0 {
			wrong(other.kind.a()+" in place of "+a(name), other.v)
		}
	}
	if name == openapi3.TypeInteger {
		wrong("a fraction in place of an integer", number("1.5"))
		wrong("an integer that is spelled with a fraction", number("1.0"))
		wrong("an integer that is spelled with an exponent", number("1e0"))
	}
}

func a(name string) string {
	if strings.IndexByte("aio", name[0]) >= 0 {
		return "an " + name
	}
	return "a " + name
}

func (l *lister) enum() {
	all := l.constraint(&l.place, l.id+"/enum", "enum")
	var texts []string
	hasNumber, hasBoolean := false, false
	for i, value := range l.schema.Enum {
		v, err := valueOf(value)
		if err != nil {
			continue
		}
		spelled := string(encode(v))
		if text, ok := v.(string); ok {
			texts, spelled = append(texts, text), text
		}
		hasNumber, hasBoolean = hasNumber || kindOf(v) == ofNumber, hasBoolean || kindOf(v) == ofBoolean
		one := l.of("enum/"+strconv.Itoa(i), spelled)
		l.constraints[one].Keyword = "enum"
		l.onlyValid(one, "an enumerated value has one side")
		if v != nil && !l.accepts(l.node, encode(v)) {
			l.constraints[one].Valid = Side{Absent: true, Reason: "what stands beside the enum rules it out"}
			continue
		}
		l.is(one, "the enumerated value "+spelled, always(v))
	}
	l.orAny(all)
	wrong := func(why string, v any) {
		// A value that a discriminator does not know is one that its variant does not list.
		l.add(&l.place, all, probe{pointer: l.pointer, rules: []string{"enum", "discriminator"}, why: why}, always(v))
	}
	if len(texts) > 0 {
		for _, other := range otherCases(texts) {
			wrong("an enumerated value in other case, "+other, other)
		}
		wrong("a text that is not enumerated", unlisted(texts))
		wrong("an enumerated value with a blank behind it", texts[0]+" ")
		if !slices.Contains(texts, "") {
			wrong("an empty text", "")
		}
	}
	if hasNumber {
		for n := range 1000 {
			if v := number(strconv.Itoa(n)); !slices.Contains(l.node.enum, any(v)) {
				wrong("a number that is not enumerated", v)
				break
			}
		}
	}
	switch {
	case hasBoolean:
		wrong("true, which is not enumerated", true)
		wrong("false, which is not enumerated", false)
	case len(texts) == 0 && !hasNumber:
		wrong("an object that is not enumerated", object{})
		wrong("an array that is not enumerated", list{})
	}
}

// otherCases spells the first of some texts otherwise, unless that is one of them.
func otherCases(texts []string) []string {
	var others []string
	for _, change := range []func(string) string{strings.ToLower, strings.ToUpper, func(text string) string {
		r, size := utf8.DecodeRuneInString(text)
		return string(unicode.ToUpper(r)) + strings.ToLower(text[size:])
	}} {
		for _, text := range texts {
			if other := change(text); text != "" && other != text && !slices.Contains(texts, other) {
				if !slices.Contains(others, other) {
					others = append(others, other)
				}
				break
			}
		}
	}
	return others
}

// unlisted is a text that looks like some others, and is none of them.
func unlisted(texts []string) string {
	text := "UNLISTED"
	if strings.ToLower(texts[0]) == texts[0] {
		text = "unlisted"
	}
	for slices.Contains(texts, text) {
		text += "_"
	}
	return text
}

func (l *lister) not() {
	i := l.constraint(&l.place, l.id+"/not", "not")
	l.orAny(i)
	denied := l.denied[l.part]
	if denied == nil {
		return
	}
	l.isNot(i, "not", "a value that is ruled out", func(d *drawer, _ *node, depth int) (any, bool) {
		d.trusting = true
		v, ok := d.value(denied, depth, nil)
		d.trusting = false
		return v, ok
	})
}

// textOf makes a text of so many characters.
func textOf(length int) making {
	return func(d *drawer, n *node, _ int) (any, bool) {
		if length > maxText || n.isEnum {
			return nil, false
		}
		if len(n.texts.patterns) > 0 {
			text, ok := pick(d.src, n.texts.patterns).text(d.src, length, length)
			if ok && utf8.RuneCountInString(text) == length {
				return text, true
			}
		}
		for _, name := range n.texts.formats {
			for range 8 {
				if text := ofFormat(d.src, name, length); utf8.RuneCountInString(text) == length {
					return text, true
				}
			}
		}
		return ofLength(d.src, length, d.nul), true
	}
}

// ofFormat makes a text of a format that is as long as it is wanted, if that can be.
func ofFormat(src Source, name string, length int) string {
	text := formats[name].draw(src)
	missing := length - utf8.RuneCountInString(text)
	if missing == 0 {
		return text
	}
	switch name {
	case "uri":
		text = "https://a.example/"
		if missing = length - len(text); missing > 0 {
			return text + strings.Repeat("a", missing)
		}
		text = "a:b" // The shortest one.
		return text + strings.Repeat("b", max(0, length-len(text)))
	case "email":
		switch {
		case length < 3:
		case length <= 60:
			return strings.Repeat("a", length-2) + "@b"
		default:
			domain := ""
			for left := length - 61; left > 0; left -= 60 {
				domain += "." + strings.Repeat("b", max(min(left-1, 59), 1))
			}
			return strings.Repeat("a", 59) + "@b" + domain
		}
	case "byte":
		return strings.Repeat("YWJj", length/4)
	}
	return text
}

func (l *lister) lengths() {
	if n := intOf(l.schema.MinLength); n > 0 {
		i := l.of("minLength", n)
		l.isNot(i, "min_length", fmt.Sprintf("%s, fewer than minLength %d", characters(n-1), n), textOf(n-1))
		l.is(i, fmt.Sprintf("%s, as many as minLength", characters(n)), textOf(n))
		l.is(i, fmt.Sprintf("%s, one more than minLength", characters(n+1)), textOf(n+1))
		l.orAny(i)
	}
	if l.schema.MaxLength != nil {
		n := intOr(l.schema.MaxLength)
		i := l.of("maxLength", *l.schema.MaxLength)
		if n > 0 {
			l.is(i, fmt.Sprintf("%s, one fewer than maxLength", characters(n-1)), textOf(n-1))
		}
		l.is(i, fmt.Sprintf("%s, as many as maxLength", characters(n)), textOf(n))
		l.isNot(i, "max_length", fmt.Sprintf("%s, more than maxLength %d", characters(n+1), n), textOf(n+1))
		l.orAny(i)
	}
}

func characters(n int) string { return counted(n, "character") }

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

func (l *lister) pattern() {
	if l.schema.Pattern == "" {
		return
	}
	at := slices.IndexFunc(l.texts.patterns, func(p *pattern) bool { return p.source == l.schema.Pattern })
	if at < 0 {
		return
	}
	p := l.texts.patterns[at]
	i := l.of("pattern", l.schema.Pattern)
	l.is(i, "a text that matches", func(d *drawer, n *node, _ int) (any, bool) {
		if n.isEnum {
			return nil, false
		}
		return d.text(n)
	})
	l.isNot(i, "pattern", "a text that does not match", func(d *drawer, n *node, _ int) (any, bool) {
		return unmatched(d, &n.texts, p)
	})
	l.orAny(i)
}

// unmatched makes a text without a pattern, by changing one that has it. Of the right lengths, it is the one mistake.
func unmatched(d *drawer, t *texts, p *pattern) (any, bool) {
	base, ok := t.matching(d.src, p, 64)
	if !ok {
		base = ""
	}
	runes := []rune(base)
	strange := append([]rune("!\u00e9 a0Z-_\n#"), p.edges...)
	fits := func(text string) bool {
		n := utf8.RuneCountInString(text)
		return n >= t.min && n <= t.max && !p.matches(text)
	}
	for _, name := range t.formats {
		right := formats[name].right
		for _, text := range []string{formats[name].draw(d.src), right[0].text, right[1].text, formats[name].other} {
			if fits(text) {
				return text, true
			}
		}
	}
	for try := range 48 {
		text := base
		at := 0
		if len(runes) > 0 {
			at = d.src.Intn(len(runes))
		}
		r := strange[(try+d.src.Intn(len(strange)))%len(strange)]
		switch {
		case try == 0 && t.min == 0:
			text = ""
		case try%4 == 1 && len(runes) > 0: // One less.
			text = string(runes[:at]) + string(runes[at+1:])
		case try%4 == 2: // One more.
			text = string(runes[:at]) + string(r) + string(runes[at:])
		case try%4 == 3 && len(runes) > 0: // Another one.
			text = string(runes[:at]) + string(r) + string(runes[at+1:])
		default: // Others.
			text = strings.Repeat(string(r), max(t.min, min(len(runes), t.max)))
		}
		if fits(text) {
			return text, true
		}
	}
	return nil, false
}

func (l *lister) format() {
	f, known := formats[l.schema.Format]
	if !known || kindsOf(l.schema)&ofString == 0 {
		return
	}
	i := l.of("format", l.schema.Format)
	for _, s := range f.right {
		l.is(i, s.why, always(s.text))
	}
	for _, s := range f.wrong {
		l.isNot(i, "format", s.why, always(s.text))
	}
	l.isNot(i, "format", "a text of no such format", func(d *drawer, n *node, depth int) (any, bool) {
		if len(n.texts.patterns) > 0 {
			return n.texts.matching(d.src, pick(d.src, n.texts.patterns), 64)
		}
		return strings.Repeat("#", max(n.texts.min, min(3, n.texts.max))), true
	})
	l.orAny(i)
}

func (l *lister) numbers() {
	s, g := l.schema, l.number
	one := g.step
	// on returns the number of the grid that is so many steps from the last one that is no more than r.
	on := func(r *big.Rat, steps int64) *big.Rat {
		q := new(big.Rat).Quo(r, one)
		k, _ := new(big.Int).DivMod(q.Num(), q.Denom(), new(big.Int))
		return new(big.Rat).Mul(new(big.Rat).SetInt(k.Add(k, big.NewInt(steps))), one)
	}
	if s.Min != nil {
		l.bound("minimum", *s.Min, s.ExclusiveMin.IsTrue(), 1, on)
	}
	if s.Max != nil {
		l.bound("maximum", *s.Max, s.ExclusiveMax.IsTrue(), -1, on)
	}
	if s.MultipleOf != nil {
		m := ratOf(*s.MultipleOf)
		i := l.of("multipleOf", spell(*s.MultipleOf))
		base := new(big.Rat).Mul(new(big.Rat).SetInt(g.low), g.step)
		if zero := new(big.Rat); g.low.Sign() <= 0 && g.high.Sign() >= 0 {
			base = zero
		}
		for n := range int64(3) {
			v := new(big.Rat).Add(base, new(big.Rat).Mul(m, ratOfInt(n)))
			l.is(i, fmt.Sprintf("a multiple, %s", decimal(v)), always(decimal(v)))
			for _, part := range []*big.Rat{ratOfInt(1), big.NewRat(1, 2), big.NewRat(1, 10), big.NewRat(1, 1000)} {
				between := new(big.Rat).Add(v, part)
				if !new(big.Rat).Quo(between, m).IsInt() {
					l.isNot(i, "multiple_of", string(decimal(between))+", which is no multiple", always(decimal(between)))
					break
				}
			}
		}
		l.orAny(i)
	}
	l.sizes()
}

// bound lists a minimum or a maximum. inward is the sign of the numbers that are right.
func (l *lister) bound(keyword string, at float64, exclusive bool, inward int64, on func(*big.Rat, int64) *big.Rat) {
	r := ratOf(at)
	i := l.of(keyword, spell(at))
	rule := keyword
	is := func(v *big.Rat) {
		l.is(i, fmt.Sprintf("%s, within %s %s", decimal(v), keyword, spell(at)), always(decimal(v)))
	}
	exact := on(r, 0).Cmp(r) == 0
	inside, outside := on(r, inward), on(r, -inward)
	if !exact {
		// The last number of the grid that is no more than r is itself inside of a maximum, and outside of a minimum.
		if inward > 0 {
			outside = on(r, 0)
		} else {
			inside, outside = on(r, 0), on(r, 1)
		}
	}
	if exclusive {
		rule = "exclusive_" + keyword
		l.isNot(i, rule, fmt.Sprintf("%s itself, which %s excludes", spell(at), keyword), always(decimal(r)))
		is(inside)
	} else {
		l.isNot(i, rule, fmt.Sprintf("%s, beyond %s %s", decimal(outside), keyword, spell(at)), always(decimal(outside)))
		is(r)
		is(inside)
	}
	l.orAny(i)
}

// sizes lists how many bits a number may have.
func (l *lister) sizes() {
	s := l.schema
	switch {
	case isInteger(s):
		low, high, ok := integerRange(s.Format)
		if !ok {
			return
		}
		name := s.Format
		if name == "" {
			name = "(int64)"
		}
		i := l.of("format", name)
		for _, edge := range []*big.Rat{high, low} {
			l.is(i, "an extreme, "+string(decimal(edge)), always(decimal(edge)))
		}
		l.isNot(i, "format", "one more than fits", always(decimal(new(big.Rat).Add(high, ratOfInt(1)))))
		l.isNot(i, "format", "one less than fits", always(decimal(new(big.Rat).Sub(low, ratOfInt(1)))))
		l.orAny(i)
	case s.Format == "float":
		i := l.of("format", "float")
		l.isNot(i, "format", "more than 32 bits of floating point hold", always(number("1e39")))
		l.orAny(i)
	}
}

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
	i, rule := 0, "additional_property"
	if closed {
		i = l.of("additionalProperties", false)
	} else {
		i, rule = l.constraint(&l.place, l.id+"/additionalProperties", "additionalProperties"), "unknown_member"
	}
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
