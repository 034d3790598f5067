package schema

import (
	"slices"
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
	end, ok := s.node.evaluate(c, c.space(0), strict)
	return ok && c.space(end) == len(text) && !c.exhausted
}

// IsOfText reports whether the schema accepts nothing but strings, each by what it means alone. Then AcceptsText tells
// all that there is to tell.
func (s *Schema) IsOfText() bool { return s.node.kinds == kindString && len(s.node.passages) == 0 }

// AcceptsText reports whether the schema accepts a string that means text.
func (s *Schema) AcceptsText(c *Checker, text []byte) bool {
	c.start(nil)
	return s.node.texts.accept(c, text)
}

// Check returns what is wrong with a text, up to so many faults, and nil when Accepts says that nothing is. Of a text
// that is not JSON, or is very large, it may say the first thing alone.
func (s *Schema) Check(c *Checker, text []byte, limit int) []Fault {
	if s.Accepts(c, text) {
		return nil
	}
	list := &faults{limit: limit}
	exhausted := c.exhausted
	d := readStrictly(text)
	for _, f := range d.faults {
		list.add(Fault{s.spell(f.Pointer), f.Rule, f.Message})
	}
	switch {
	case exhausted:
		list.add(Fault{nil, "too_complex", "must need fewer checks against schemas that contain themselves"})
	case len(d.faults) == 0:
		s.explain(c, text, d.nodes <= maxNodes, list)
	}
	return list.found
}

// spell replaces the names in a pointer that the contract does not know.
func (s *Schema) spell(pointer []any) []any {
	spelled := slices.Clone(pointer)
	for i, part := range spelled {
		if name, ok := part.(string); ok {
			spelled[i] = s.vocabulary.spell(name)
		}
	}
	return spelled
}

// explain adds what the schema does not accept in a well-formed text: everything, or the first thing.
func (s *Schema) explain(c *Checker, text []byte, all bool, list *faults) {
	c.start(text)
	c.collector = &collector{vocabulary: s.vocabulary, limit: maxCollected}
	if !all {
		c.collector.limit = 1
	}
	_, _ = s.node.evaluate(c, c.space(0), strict)
	found := slices.Concat(c.collector.found, c.collector.misspelled)
	c.collector = nil
	for _, f := range found {
		list.add(f)
	}
	if len(found) == 0 {
		// A check that refuses what it cannot explain is wrong, but letting the text pass would be worse.
		list.add(Fault{nil, "schema", "must match the schema"})
	}
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
