package validation

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// parameter is a parameter of an operation or a header of a response.
type parameter struct {
	in, name string
	// place is what in says, for a switch that every request goes through.
	place place
	// canonical is the name as http.Header has it.
	canonical string
	required  bool
	// refuseNil says that the nil UUID is refused.
	refuseNil bool
	schema    *schema.Schema
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

// texts are what a parameter was sent with, and the memory to check them.
type texts struct {
	checker schema.Checker
	sent    []string
	// encoded is the same in JSON, or the text itself if it was checked directly.
	encoded []byte
	direct  bool
}

// forget lets go of the sender's texts. It reports whether the memory that is left is small enough to be kept.
func (t *texts) forget() (small bool) {
	clear(t.sent[:cap(t.sent)])
	return t.checker.Forget() && cap(t.sent) <= 1<<8 && cap(t.encoded) < 1<<16
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

func newParameter(schemas *schema.Compiler, p *openapi3.Parameter) (*parameter, error) {
	c := &parameter{in: p.In, name: p.Name, canonical: http.CanonicalHeaderKey(p.Name), required: p.Required}
	c.place = placeOf(p.In, c.canonical)
	fail := func(what string) (*parameter, error) {
		return nil, fmt.Errorf("the %s parameter %s %s, which cannot be checked", p.In, p.Name, what)
	}
	if p.Schema == nil {
		for mediaType, content := range p.Content {
			if !isJSON(mediaType) {
				return fail("has the media type " + mediaType)
			}
			c.json = true
			var err error
			if c.schema, err = schemas.Compile(schemaOf(content)); err != nil {
				return nil, err
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
	if c.schema, err = schemas.Compile(p.Schema); err != nil {
		return nil, err
	}
	c.direct = !c.array && c.schema.IsOfText()
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
		return append(to, r.path[p.position])
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

// isText reports whether the contract takes the parameter for a text and nothing else.
func (p *parameter) isText() bool {
	return !p.array && !p.json && !slices.ContainsFunc(p.kinds,
		func(kind string) bool { return kind != openapi3.TypeString })
}

// nilUUID is the UUID of whoever forgot to set one.
const nilUUID = "00000000-0000-0000-0000-000000000000"

// accepts reports whether the texts are what the parameter may be.
func (p *parameter) accepts(t *texts) bool {
	if len(t.sent) == 0 {
		return !p.required
	}
	first := t.sent[0]
	if p.repeats(t.sent) || p.refuseNil && first == nilUUID {
		return false
	}
	t.direct = p.direct && schema.IsPlain(first)
	switch {
	case t.direct:
		t.encoded = append(t.encoded[:0], first...)
		return p.schema.AcceptsText(&t.checker, t.encoded)
	case !areUTF8(t.sent):
		return false
	case p.json:
		t.encoded = append(t.encoded[:0], first...)
	default:
		t.encoded = p.appendJSON(t.encoded[:0], t.sent)
	}
	return p.schema.Accepts(&t.checker, t.encoded)
}

// areUTF8 reports whether texts are what a JSON string could be: the schema says nothing of any others.
func areUTF8(texts []string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return false
		}
	}
	return true
}

func (p *parameter) repeats(texts []string) bool {
	return len(texts) > 1 && (!p.array || p.separator != "" && p.in != openapi3.ParameterInHeader)
}

// explain reports what is wrong with the texts of a parameter, which have just not been accepted.
func (p *parameter) explain(rep *report, t *texts) {
	location := []any{p.in, p.name}
	switch {
	case len(t.sent) == 0:
		rep.add(location, "required", "is required")
	case p.repeats(t.sent):
		rep.add(location, "duplicate_parameter", "must be sent once")
	case !areUTF8(t.sent):
		rep.add(location, "utf8", "must be UTF-8")
	case p.refuseNil && t.sent[0] == nilUUID:
		rep.add(location, "format", "must be a UUID other than the nil UUID")
	case t.direct:
		rep.check(&t.checker, p.schema, p.appendJSON(nil, t.sent), location)
	default:
		rep.faults(p.schema.Explain(&t.checker, rep.limit-len(rep.found)), location)
	}
}

// appendJSON spells the texts of a parameter as JSON, with the types that the schema asks for.
func (p *parameter) appendJSON(to []byte, texts []string) []byte {
	if !p.array {
		return p.appendScalar(to, texts[0])
	}
	to = append(to, '[')
	for _, text := range texts {
		for more := true; more; {
			item := text
			if more = false; p.separator != "" {
				item, text, more = strings.Cut(text, p.separator)
			}
			if p.separator != "" && p.in == openapi3.ParameterInHeader {
				item = strings.Trim(item, " \t")
			}
			to = append(p.appendScalar(to, item), ',')
		}
	}
	to[len(to)-1] = ']'
	return to
}

// appendScalar gives a text the type that the schema asks for. A text that cannot have it stays a string, which the
// schema then refuses.
func (p *parameter) appendScalar(to []byte, text string) []byte {
	for _, kind := range p.kinds {
		switch kind {
		case openapi3.TypeInteger:
			if schema.IsNumber(text, true) {
				return append(to, text...)
			}
		case openapi3.TypeNumber:
			if schema.IsNumber(text, false) {
				return append(to, text...)
			}
		case openapi3.TypeBoolean:
			if text == "true" || text == "false" {
				return append(to, text...)
			}
		}
	}
	return schema.AppendString(to, text)
}
