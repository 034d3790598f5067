package authentication

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

const (
	// maxRespelled and maxNesting bound what is written anew, as indented text grows with the square of the nesting.
	maxRespelled = 64 << 10
	maxNesting   = 32
)

// respelling is a JSON text as another program writes it.
type respelling struct{ style, text string }

// layout is the white space of an encoder.
type layout struct{ style, indent, comma, colon string }

var layouts = []layout{
	{"compact", "", ",", ":"},
	{"a space after each comma and colon, as Python's json.dumps does", "", ", ", ": "},
	{"indented by 2 spaces", "  ", ",", ": "},
	{"indented by 4 spaces", "    ", ",", ": "},
	{"indented by a tab", "\t", ",", ": "},
}

// escaping is how an encoder writes a string. escape returns nothing for what stands for itself.
type escaping struct {
	style  string
	escape func(rune) string
}

// The zero escaping leaves strings as they arrived.
var escapings = []escaping{
	{},
	{"nothing escaped", func(rune) string { return "" }},
	{"non-ASCII characters escaped", escapeASCII},
	{"<, > and & escaped, as Go's encoding/json does", func(r rune) string {
		if strings.ContainsRune("<>&\u2028\u2029", r) {
			return unicodeEscape(r)
		}
		return ""
	}},
	{"slashes and non-ASCII characters escaped, as PHP's json_encode does", func(r rune) string {
		if r == '/' {
			return `\/`
		}
		return escapeASCII(r)
	}},
}

func escapeASCII(r rune) string {
	if r < 0x7f {
		return ""
	}
	return unicodeEscape(r)
}

func unicodeEscape(r rune) string {
	if r >= 0x10000 { // A pair of surrogates.
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// respell returns the ways in which the usual encoders write the same JSON. Numbers keep their digits. It returns
// nothing for a body that is not JSON, too long or nested too deeply.
func respell(body []byte) []respelling {
	if len(body) > maxRespelled || !json.Valid(body) {
		return nil
	}
	p := &parser{text: string(body) + "\n"} // so that something comes after each value
	root := p.value(0)
	if p.tooDeep {
		return nil
	}
	var all []respelling
	for _, sorted := range []bool{false, true} {
		for _, e := range escapings {
			spelled := map[string]string{}
			for _, l := range layouts {
				var b strings.Builder
				w := writer{b: &b, layout: l, escaping: e, sorted: sorted, spelled: spelled}
				w.value(root, 0)
				style := l.style
				if sorted {
					style += ", keys sorted"
				}
				if e.style != "" {
					style += ", " + e.style
				}
				all = append(all, respelling{style, b.String()})
			}
		}
	}
	return all
}

// node is a JSON value. raw is the text of a scalar; an object has a name for each item.
type node struct {
	kind  byte // { [ " or 0
	raw   string
	names []string
	items []node
}

// parser takes apart JSON that is known to be valid, and that white space comes after.
type parser struct {
	text    string
	tooDeep bool
}

func (p *parser) peek() byte {
	p.text = strings.TrimLeft(p.text, " \t\r\n")
	return p.text[0]
}

func (p *parser) take(n int) string {
	taken := p.text[:n]
	p.text = p.text[n:]
	return taken
}

func (p *parser) value(depth int) node {
	if depth > maxNesting {
		p.tooDeep = true
		return node{}
	}
	switch c := p.peek(); c {
	case '{', '[':
		n := node{kind: c}
		for p.take(1); p.peek() != c+2 && !p.tooDeep; { // ] and } are two after [ and {.
			if p.peek() == ',' {
				p.take(1)
				p.peek()
			}
			if c == '{' {
				n.names = append(n.names, p.string())
				p.peek()
				p.take(1)
			}
			n.items = append(n.items, p.value(depth+1))
			if p.tooDeep {
				return node{}
			}
		}
		p.take(1)
		return n
	case '"':
		return node{kind: '"', raw: p.string()}
	}
	return node{raw: p.take(strings.IndexAny(p.text, " \t\r\n,]}"))}
}

func (p *parser) string() string {
	p.peek()
	for i := 1; ; i++ {
		switch p.text[i] {
		case '\\':
			i++
		case '"':
			return p.take(i + 1)
		}
	}
}

// writer writes JSON in one style.
type writer struct {
	b        *strings.Builder
	layout   layout
	escaping escaping
	sorted   bool
	// spelled is what strings become, by what they were.
	spelled map[string]string
}

func (w *writer) value(n node, depth int) {
	switch n.kind {
	case '"':
		w.b.WriteString(w.string(n.raw))
		return
	case 0:
		w.b.WriteString(n.raw)
		return
	}
	order := make([]int, len(n.items))
	for i := range order {
		order[i] = i
	}
	if w.sorted && n.kind == '{' {
		slices.SortStableFunc(order, func(i, j int) int {
			return strings.Compare(decode(n.names[i]), decode(n.names[j]))
		})
	}
	w.b.WriteByte(n.kind)
	for at, i := range order {
		if at > 0 {
			w.b.WriteString(w.layout.comma)
		}
		w.newLine(depth + 1)
		if n.kind == '{' {
			w.b.WriteString(w.string(n.names[i]) + w.layout.colon)
		}
		w.value(n.items[i], depth+1)
	}
	if len(order) > 0 {
		w.newLine(depth)
	}
	w.b.WriteByte(n.kind + 2)
}

func (w *writer) newLine(depth int) {
	if w.layout.indent != "" {
		w.b.WriteString("\n" + strings.Repeat(w.layout.indent, depth))
	}
}

func (w *writer) string(raw string) string {
	if w.escaping.escape == nil {
		return raw
	}
	spelled, ok := w.spelled[raw]
	if !ok {
		spelled = w.escaping.spell(decode(raw))
		w.spelled[raw] = spelled
	}
	return spelled
}

// decode returns the text of a string.
func decode(raw string) string {
	var s string
	_ = json.Unmarshal([]byte(raw), &s) // It is valid.
	return s
}

// shortEscapes are the ones that every encoder writes.
var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func (e escaping) spell(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		short, isShort := shortEscapes[r]
		switch escaped := e.escape(r); {
		case isShort:
			b.WriteString(short)
		case r < ' ':
			b.WriteString(unicodeEscape(r))
		case escaped != "":
			b.WriteString(escaped)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
