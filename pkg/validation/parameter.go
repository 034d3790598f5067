package validation

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// idempotencyHeader is the header whose UUID must not be the nil one: every caller that forgot to set a key would share
// it.
const idempotencyHeader = "x-jiko-idempotency"

// parameter is a parameter of an operation or a header of a response.
type parameter struct {
	in, name string
	// place is what in says, for a switch that every request goes through.
	place place
	// canonical is the name as http.Header has it.
	canonical string
	required  bool
	// key says that the nil UUID is refused.
	key    bool
	schema *schema
	// json says that the text is JSON, because the contract gives a media type in place of a schema.
	json bool
	// array says that the value is a list, and separator what its items stand between; "" stands for repeating the
	// parameter.
	array     bool
	separator string
	// kinds are the types that the text, or an item of it, may have.
	kinds []string
	// direct says that the text can be checked as it is, if no character of it has a meaning in JSON.
	direct bool
	// position is where the value of a path parameter stands among those of the path.
	position int
}

// place is where a parameter stands in a request.
type place uint8

const (
	inHeader place = iota
	inPath
	inQuery
	inCookie
	// inLength is the header that net/http keeps out of the headers of a request that is being made.
	inLength
)

func placeOf(in, canonical string) place {
	switch in {
	case openapi3.ParameterInPath:
		return inPath
	case openapi3.ParameterInQuery:
		return inQuery
	case openapi3.ParameterInCookie:
		return inCookie
	}
	if canonical == "Content-Length" {
		return inLength
	}
	return inHeader
}

func newParameter(compile *compiler, p *openapi3.Parameter) (*parameter, error) {
	c := &parameter{in: p.In, name: p.Name, canonical: http.CanonicalHeaderKey(p.Name), required: p.Required}
	c.place = placeOf(p.In, c.canonical)
	c.key = p.In == openapi3.ParameterInHeader && strings.EqualFold(p.Name, idempotencyHeader)
	fail := func(what string) (*parameter, error) {
		return nil, fmt.Errorf("the %s parameter %s %s, which cannot be checked", p.In, p.Name, what)
	}
	if p.Schema == nil {
		for mediaType, content := range p.Content {
			if !isJSON(mediaType) {
				return fail("has the media type " + mediaType)
			}
			c.json = true
			if content.Schema != nil {
				var err error
				if c.schema, err = compile.compile(content.Schema.Value); err != nil {
					return nil, err
				}
			}
		}
		return c, nil
	}
	source := p.Schema.Value
	method, err := p.SerializationMethod()
	if err != nil {
		return nil, err
	}
	kinds := kindsOf(source, nil)
	switch {
	case slices.Contains(kinds, openapi3.TypeObject):
		return fail("is an object")
	case slices.Contains(kinds, openapi3.TypeArray):
		if len(kinds) > 1 || source.Items == nil {
			return fail("may be a list or something else")
		}
		c.array = true
		kinds = kindsOf(source.Items.Value, nil)
		if slices.Contains(kinds, openapi3.TypeObject) || slices.Contains(kinds, openapi3.TypeArray) {
			return fail("is a list of lists or objects")
		}
	}
	c.kinds = kinds
	if c.schema, err = compile.compile(source); err != nil {
		return nil, err
	}
	c.direct = !c.array && c.schema.kinds == kindString && len(c.schema.groups) == 0 && len(c.schema.not) == 0
	switch method.Style {
	case openapi3.SerializationSimple:
		c.separator = ","
	case openapi3.SerializationForm:
		if !method.Explode {
			c.separator = ","
		}
	default:
		return fail("has the style " + method.Style)
	}
	return c, nil
}

// kindsOf returns the types that a schema names, through compositions.
func kindsOf(s *openapi3.Schema, seen []*openapi3.Schema) []string {
	if s == nil || slices.Contains(seen, s) {
		return nil
	}
	if len(s.Type.Slice()) > 0 {
		return s.Type.Slice()
	}
	seen = append(slices.Clip(seen), s)
	var kinds []string
	for _, refs := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, ref := range refs {
			for _, kind := range kindsOf(ref.Value, seen) {
				if !slices.Contains(kinds, kind) {
					kinds = append(kinds, kind)
				}
			}
		}
	}
	return kinds
}

// appendTexts appends the texts that the parameter was sent with.
func (p *parameter) appendTexts(to []string, r *request) []string {
	switch p.place {
	case inPath:
		text := r.path[p.position]
		if strings.IndexByte(text, '%') >= 0 {
			if meaning, err := url.PathUnescape(text); err == nil {
				text = meaning
			}
		}
		return append(to, text)
	case inQuery:
		return r.appendQuery(to, p.name)
	case inCookie:
		for _, cookie := range r.CookiesNamed(p.name) {
			to = append(to, cookie.Value)
		}
		return to
	case inLength:
		if length := bodyLength(r.Request); len(r.Header[p.canonical]) == 0 && length >= 0 {
			return append(to, strconv.FormatInt(length, 10))
		}
	case inHeader:
	}
	return append(to, r.Header[p.canonical]...)
}

// matches reports whether the texts are what the parameter may be.
func (p *parameter) matches(c *checker, texts []string) bool {
	if len(texts) == 0 {
		return !p.required
	}
	if p.repeats(texts) || p.key && texts[0] == nilUUID {
		return false
	}
	switch {
	case p.direct && isAllPlain(texts[0]):
		c.start(nil)
		c.encoded = append(c.encoded[:0], texts[0]...)
		return c.textual(p.schema, c.encoded)
	case p.json:
		c.encoded = append(c.encoded[:0], texts[0]...)
	default:
		c.encoded, _ = p.appendJSON(c.encoded[:0], texts)
	}
	return c.matches(p.schema, c.encoded)
}

func (p *parameter) repeats(texts []string) bool {
	return len(texts) > 1 && (!p.array || p.separator != "" && p.in != openapi3.ParameterInHeader)
}

// explain reports what is wrong with the texts of a parameter.
func (p *parameter) explain(rep *report, texts []string) {
	location := []any{p.in, p.name}
	switch {
	case len(texts) == 0:
		rep.add(location, "required", "is required")
	case p.repeats(texts):
		rep.add(location, "duplicate_parameter", "must be sent once")
	case p.json:
		rep.checkText(p.schema, []byte(texts[0]), location...)
	case p.key && texts[0] == nilUUID:
		rep.add(location, "format", "must be a UUID other than the nil UUID")
	default:
		encoded, items := p.appendJSON(nil, texts)
		rep.explain(p.schema, encoded, items <= maxNodes, location)
	}
}

// appendJSON spells the texts of a parameter as JSON, with the types that the schema asks for, and counts the items.
func (p *parameter) appendJSON(to []byte, texts []string) (encoded []byte, items int) {
	if !p.array {
		return p.appendScalar(to, texts[0]), 1
	}
	to = append(to, '[')
	for _, text := range texts {
		for more := true; more; items++ {
			item := text
			if more = false; p.separator != "" {
				item, text, more = strings.Cut(text, p.separator)
			}
			if p.separator != "" && p.in == openapi3.ParameterInHeader {
				item = strings.Trim(item, " \t")
			}
			if items > 0 {
				to = append(to, ',')
			}
			to = p.appendScalar(to, item)
		}
	}
	return append(to, ']'), items
}

// appendScalar gives a text the type that the schema asks for. A text that cannot have it stays a string, which the
// schema then refuses.
func (p *parameter) appendScalar(to []byte, text string) []byte {
	for _, kind := range p.kinds {
		switch kind {
		case openapi3.TypeInteger:
			if isNumber(text, true) {
				return append(to, text...)
			}
		case openapi3.TypeNumber:
			if isNumber(text, false) {
				return append(to, text...)
			}
		case openapi3.TypeBoolean:
			if text == "true" || text == "false" {
				return append(to, text...)
			}
		}
	}
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
			// What is not UTF-8 counts as a character per byte.
			r, size := utf8.DecodeRuneInString(text[i:])
			to = utf8.AppendRune(to, r)
			i += size - 1
		}
		i++
	}
	return append(to, '"')
}

// isPlain has the characters that JSON spells as they are.
var isPlain = func() (plain [256]bool) {
	for b := ' '; b < utf8.RuneSelf; b++ {
		plain[b] = b != '"' && b != '\\'
	}
	return plain
}()

func isAllPlain(text string) bool {
	for i := range len(text) {
		if !isPlain[text[i]] {
			return false
		}
	}
	return true
}

// isNumber reports whether a text is a JSON number, or one without fraction and exponent.
func isNumber(text string, integer bool) bool {
	if text == "" || len(text) > maxNumber || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return false
	}
	if i := strings.IndexFunc(strings.TrimPrefix(text, "-"),
		func(r rune) bool { return r < '0' || r > '9' }); i >= 0 && integer {
		return false
	}
	c := checker{data: []byte(text)}
	end, _ := c.number(0)
	return end == len(text)
}
