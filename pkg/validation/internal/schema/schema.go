package schema

import (
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// Schema is a compiled schema. It is immutable and safe for concurrent use.
type Schema struct {
	node       *node
	vocabulary *vocabulary
}

// Compile compiles a schema that the survey has taken in. One that is nil accepts every value that is JSON. It fails
// for what cannot be checked, such as keywords that OpenAPI 3.0 does not have, and from then on always.
func (c *Compiler) Compile(ref *openapi3.SchemaRef) (*Schema, error) {
	if ref == nil || ref.Value == nil {
		return &Schema{anything, c.vocabulary}, nil
	}
	n, err := c.compile(ref.Value)
	if err != nil {
		return nil, err
	}
	return &Schema{n, c.vocabulary}, nil
}

// Accepts reports whether a text is exactly one JSON value, read strictly, that the schema accepts.
func (s *Schema) Accepts(c *Checker, text []byte) bool {
	c.start(text)
	return s.evaluate(c) && !c.exhausted
}

func (s *Schema) evaluate(c *Checker) bool {
	end, ok := s.node.evaluate(c, c.space(0), strict)
	if !ok {
		return false
	}
	if end = c.space(end); end < len(c.data) {
		c.fail(end, moreText)
	}
	return end == len(c.data)
}

// IsOfText reports whether the schema accepts nothing but strings, each by what it means alone. Then AcceptsText tells
// all that there is to tell.
func (s *Schema) IsOfText() bool { return s.node.kinds == kindString && len(s.node.passages) == 0 }

// AcceptsText reports whether the schema accepts a string that means text.
func (s *Schema) AcceptsText(c *Checker, text []byte) bool {
	c.start(nil)
	c.escaped = false
	return s.node.texts.accept(c, text)
}

// Check returns what is wrong with a text, up to so many faults, and nil when Accepts says that nothing is. Of a text
// that is not JSON it says the first thing alone. A text that is refused is looked at a second time, which does not
// take longer than the first: what was right before the first fault is passed over.
func (s *Schema) Check(c *Checker, text []byte, limit int) []Fault {
	if s.Accepts(c, text) {
		return nil
	}
	return s.Explain(c, limit)
}

// Explain returns what Check does for a text that Accepts has just refused, without looking at it a first time again.
func (s *Schema) Explain(c *Checker, limit int) []Fault {
	if c.flaw == noFlaw && !c.exhausted && limit > 0 {
		c.startAgain(s.vocabulary)
		s.evaluate(c)
	}
	switch {
	case c.exhausted:
		return []Fault{{nil, "too_complex", "must need fewer checks against schemas that contain themselves"}}
	case c.flaw != noFlaw:
		return []Fault{s.vocabulary.flaw(c.data, c.flaw, c.flawed)}
	}
	list := faults{limit: limit}
	k := &c.gathering
	for _, found := range [][]finding{k.found, k.misspelled} {
		for _, f := range found {
			if list.isFull() {
				break
			}
			list.add(s.vocabulary.fault(c.data, k.steps[f.from:f.to], f))
		}
	}
	if len(list.found) == 0 {
		// A check that refuses what it cannot explain is wrong, but letting the text pass would be worse.
		list.add(Fault{nil, "schema", "must match the schema"})
	}
	return list.found
}

// IsPlain reports whether a text is spelled in JSON as it is.
func IsPlain(text string) bool {
	for i := range len(text) {
		if !isPlain[text[i]] {
			return false
		}
	}
	return true
}

// IsNumber reports whether a text is a JSON number, or one without fraction and exponent.
func IsNumber(text string, integer bool) bool {
	if text == "" || len(text) > maxNumber || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	if i := strings.IndexFunc(strings.TrimPrefix(text, "-"),
		func(r rune) bool { return r < '0' || r > '9' }); i >= 0 && integer {
		return false
	}
	s := scanner{data: []byte(text)}
	end, _ := s.number(0)
	return end == len(text)
}

// AppendString appends a text as a JSON string. What is not UTF-8 counts as a character per byte.
func AppendString(to []byte, text string) []byte {
	to = append(to, '"')
	plain := 0
	for plain < len(text) && isPlain[text[plain]] {
		plain++
	}
	to = append(to, text[:plain]...)
	for i := plain; i < len(text); {
		b := text[i]
		switch {
		case b == '"' || b == '\\':
			to = append(to, '\\', b)
		case b < ' ':
			to = append(to, '\\', 'u', '0', '0', '0'+b>>4, "0123456789abcdef"[b&15])
		case b < utf8.RuneSelf:
			to = append(to, b)
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			to = utf8.AppendRune(to, r)
			i += size - 1
		}
		i++
	}
	return append(to, '"')
}
