package validation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// idempotencyHeader is the header whose UUID must not be the nil one: every caller that forgot to set a key would share it.
const idempotencyHeader = "x-jiko-idempotency"

// parameter is a parameter of an operation or a header of a response.
type parameter struct {
	in, name string
	required bool
	schema   *openapi3.Schema
	// json says that the text is JSON, because the contract gives a media type in place of a schema.
	json bool
	// array says that the value is a list, and separator what its items stand between; "" stands for repeating the parameter.
	array     bool
	separator string
	// kinds are the types that the text, or an item of it, may have.
	kinds []string
	// position is where the value of a path parameter stands among those of the path.
	position int
}

func newParameter(p *openapi3.Parameter) (*parameter, error) {
	c := &parameter{in: p.In, name: p.Name, required: p.Required}
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
				c.schema = content.Schema.Value
			}
		}
		return c, nil
	}
	c.schema = p.Schema.Value
	method, err := p.SerializationMethod()
	if err != nil {
		return nil, err
	}
	kinds := kindsOf(c.schema, nil)
	switch {
	case slices.Contains(kinds, openapi3.TypeObject):
		return fail("is an object")
	case slices.Contains(kinds, openapi3.TypeArray):
		if len(kinds) > 1 || c.schema.Items == nil {
			return fail("may be a list or something else")
		}
		c.array = true
		kinds = kindsOf(c.schema.Items.Value, nil)
		if slices.Contains(kinds, openapi3.TypeObject) || slices.Contains(kinds, openapi3.TypeArray) {
			return fail("is a list of lists or objects")
		}
	}
	c.kinds = kinds
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

// texts returns how often and with which texts the parameter was sent.
func (p *parameter) texts(r *http.Request, path []string, query url.Values) []string {
	switch p.in {
	case openapi3.ParameterInPath:
		text, err := url.PathUnescape(path[p.position])
		if err != nil {
			text = path[p.position]
		}
		return []string{text}
	case openapi3.ParameterInQuery:
		return query[p.name]
	case openapi3.ParameterInCookie:
		var texts []string
		for _, cookie := range r.CookiesNamed(p.name) {
			texts = append(texts, cookie.Value)
		}
		return texts
	}
	texts := r.Header.Values(p.name)
	// net/http keeps the length out of the headers of a request that is being made.
	if len(texts) == 0 && strings.EqualFold(p.name, "content-length") && bodyLength(r) >= 0 {
		texts = []string{strconv.FormatInt(bodyLength(r), 10)}
	}
	return texts
}

// check reports what is wrong with the texts of a parameter.
func (p *parameter) check(rep *report, texts []string) {
	location := []any{p.in, p.name}
	if len(texts) == 0 {
		if p.required {
			rep.add(location, "required", "is required")
		}
		return
	}
	repeatable := p.array && (p.separator == "" || p.in == openapi3.ParameterInHeader)
	if len(texts) > 1 && !repeatable {
		rep.add(location, "duplicate_parameter", "must be sent once")
		return
	}
	switch {
	case p.json:
		rep.checkText(p.schema, []byte(texts[0]), location...)
	case p.array:
		items := []any{}
		for _, text := range texts {
			if p.separator == "" {
				items = append(items, p.coerce(text))
				continue
			}
			for item := range strings.SplitSeq(text, p.separator) {
				if p.in == openapi3.ParameterInHeader {
					item = strings.Trim(item, " \t")
				}
				items = append(items, p.coerce(item))
			}
		}
		rep.checkValue(p.schema, items, len(items) <= maxNodes, location...)
	default:
		if p.in == openapi3.ParameterInHeader && strings.EqualFold(p.name, idempotencyHeader) && texts[0] == nilUUID {
			rep.add(location, "format", "must be a UUID other than the nil UUID")
			return
		}
		rep.checkValue(p.schema, p.coerce(texts[0]), true, location...)
	}
}

var (
	integerText = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	numberText  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// coerce gives a text the type that the schema asks for. A text that cannot have it stays a string, which the schema then
// refuses.
func (p *parameter) coerce(text string) any {
	for _, kind := range p.kinds {
		switch kind {
		case openapi3.TypeInteger:
			if len(text) <= maxNumber && integerText.MatchString(text) {
				return json.Number(text)
			}
		case openapi3.TypeNumber:
			if len(text) <= maxNumber && numberText.MatchString(text) {
				return json.Number(text)
			}
		case openapi3.TypeBoolean:
			if text == "true" || text == "false" {
				return text == "true"
			}
		}
	}
	return text
}
