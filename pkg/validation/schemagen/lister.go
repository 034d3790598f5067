package schemagen

import (
	"fmt"
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
func (l *lister) is(i int, why string, by making) { l.valid(&l.place, i, why, by) }

func (l *lister) orAny(i int) { l.right(&l.place, i) }

func (l *lister) isNot(i int, rule, why string, by making) { l.invalid(&l.place, i, rule, why, by) }

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
