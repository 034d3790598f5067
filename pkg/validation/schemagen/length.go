package schemagen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

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
		var text string
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
