package validation_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

func TestParameters(t *testing.T) {
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	for _, c := range []struct {
		name, target string
		change       func(*http.Request)
		want         []string
	}{
		{"within the bounds", "/api/v1/wires/?limit=100", nil, nil},
		{"below the minimum", "/api/v1/wires/?limit=0", nil, []string{"query.limit minimum"}},
		{"above the maximum", "/api/v1/wires/?limit=101", nil, []string{"query.limit maximum"}},
		{"no number", "/api/v1/wires/?limit=ten", nil, []string{"query.limit type"}},
		{"an empty number", "/api/v1/wires/?limit=", nil, []string{"query.limit type"}},
		{"a number with a leading zero", "/api/v1/wires/?limit=010", nil, []string{"query.limit type"}},
		{"a fraction", "/api/v1/wires/?limit=1.0", nil, []string{"query.limit type"}},
		{"two values for one parameter", "/api/v1/wires/?limit=1&limit=2", nil,
			[]string{"query.limit duplicate_parameter"}},
		{"an unknown value of an enumeration", "/api/v1/wires/?direction=SIDEWAYS", nil,
			[]string{"query.direction enum"}},
		{"no UUID", "/api/v1/wires/?pocket_id=12", nil, []string{"query.pocket_id format"}},
		{"several faults at once", "/api/v1/wires/?pocket_id=12&direction=UP&limit=0", nil,
			[]string{"query.pocket_id format", "query.direction enum", "query.limit minimum"}},
		{"a query that is not well-formed", "/api/v1/wires/?limit=1;x", nil, []string{"query query_invalid"}},
		{"a list of one", "/api/v1/customers/" + id + "/statements/?type[]=MONTHLY", nil,
			[]string{"query.type[].0 enum"}},
		{"a list, escaped", "/api/v2/pockets/" + id + "/transactions/?filter%5Bportal%5D=" + id +
			"&filter%5Bportal%5D=" + id, nil, nil},
		{"a list whose second item is wrong", "/api/v2/pockets/" + id + "/transactions/?filter[portal]=" + id +
			"&filter[portal]=x", nil, []string{"query.filter[portal].1 format"}},
		{"a path parameter that is not a UUID", "/api/v1/wires/12/", nil, []string{"path.wire_id format"}},
		{"a path parameter with an escaped slash", "/api/v1/wires/a%2Fb/", nil, []string{"path.wire_id format"}},
		{"a nil UUID elsewhere than in the key", "/api/v1/wires/" + nilID + "/", nil, nil},
		{"a missing header", "/api/v1/wires/", set("x-jiko-signature"), []string{"header.x-jiko-signature required"}},
		{"an empty header", "/api/v1/wires/", set("x-jiko-signature", ""),
			[]string{"header.x-jiko-signature min_length"}},
		{"a header twice", "/api/v1/wires/", set("x-jiko-idempotency", id, id),
			[]string{"header.x-jiko-idempotency duplicate_parameter"}},
		{"a key that is not a UUID", "/api/v1/wires/", set("x-jiko-idempotency", "{"+id+"}"),
			[]string{"header.x-jiko-idempotency format"}},
		{"the nil UUID as key", "/api/v1/wires/", set("x-jiko-idempotency", nilID),
			[]string{"header.x-jiko-idempotency format"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("GET", c.target, "")
			if c.change != nil {
				c.change(r)
			}
			e := refusal(t, shared().CheckRequest(r))
			if got := rules(e); !slices.Equal(got, c.want) {
				t.Fatalf("violations = %q; want %q", got, c.want)
			}
		})
	}
}

func TestStylesOfParameters(t *testing.T) {
	v := load(t, `{"/a/{ids}/": {"parameters": [
			{"name": "ids", "in": "path", "required": true, "schema": {"type": "array", "items": {"type": "integer"}}},
			{"name": "shadowed", "in": "query", "schema": {"type": "integer"}}],
		"get": {"parameters": [
			{"name": "shadowed", "in": "query", "schema": {"type": "boolean"}},
			{"name": "csv", "in": "query", "explode": false, "schema": {"type": "array", "maxItems": 2,
				"items": {"type": "number"}}},
			{"name": "either", "in": "query", "schema": {"oneOf": [{"type": "integer"}, {"type": "string",
				"enum": ["all"]}]}},
			{"name": "json", "in": "query", "content": {"application/json": {"schema": {"type": "object",
				"required": ["a"], "properties": {"a": {"type": "string"}}}}}},
			{"name": "X-List", "in": "header", "schema": {"type": "array", "items": {"type": "string", "enum": ["a",
				"b"]}}},
			{"name": "session", "in": "cookie", "schema": {"type": "string", "minLength": 3}}],
		"responses": {"200": {"description": "ok"}}}}}`, validation.Config{})
	for _, c := range []struct {
		name, target, list, cookie string
		want                       []string
	}{
		{"everything right", "/a/1,2/?shadowed=true&csv=1.5,2e1&either=all&json=%7B%22a%22:%22b%22%7D", "a, b", "abc",
			nil},
		{"the other of two types", "/a/1/?either=5", "", "", nil},
		{"neither of two types", "/a/1/?either=some", "", "", []string{"query.either one_of"}},
		{"a wrong item in the path", "/a/1,x/", "", "", []string{"path.ids.1 type"}},
		{"the operation's parameter wins over the path's", "/a/1/?shadowed=1", "", "", []string{"query.shadowed type"}},
		{"too many items between commas", "/a/1/?csv=1,2,3", "", "", []string{"query.csv max_items"}},
		{"JSON that is broken", "/a/1/?json=%7B", "", "", []string{"query.json json_invalid"}},
		{"JSON without a member", "/a/1/?json=%7B%7D", "", "", []string{"query.json.a required"}},
		{"a wrong item in a header", "/a/1/", "a,c", "", []string{"header.X-List.1 enum"}},
		{"a wrong cookie", "/a/1/", "", "ab", []string{"cookie.session min_length"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", c.target, nil)
			if c.list != "" {
				r.Header.Set("X-List", c.list)
			}
			if c.cookie != "" {
				r.AddCookie(&http.Cookie{Name: "session", Value: c.cookie})
			}
			if got := rules(refusal(t, v.CheckRequest(r))); !slices.Equal(got, c.want) {
				t.Fatalf("violations = %q; want %q", got, c.want)
			}
		})
	}
}

// sample is a parameter of an operation and a request to put it into.
type sample struct {
	parameter *openapi3.Parameter
	request   *http.Request
}

func samples(t *testing.T, document *openapi3.T) []*sample {
	t.Helper()
	var list []*sample
	for template, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			parameters := slices.Concat(op.Parameters, item.Parameters)
			path := schematest.FillPath(template, parameters)
			for _, ref := range parameters {
				if ref.Value.Schema != nil && ref.Value.In != "path" {
					list = append(list, &sample{ref.Value, request(method, path, "")})
				}
			}
		}
	}
	return list
}

// Parameters get kin-openapi's verdict too, once their text has the type that the schema asks for.
func TestParametersGetTheVerdictOfKin(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	w, err := schematest.NewWords(document)
	if err != nil {
		t.Fatal(err)
	}
	parameters := samples(t, document)
	source := rand.New(rand.NewPCG(rand.Uint64(), 0))
	d := schematest.Dice(source.IntN)
	accepted, refused := 0, 0
	for range 30_000 {
		s := schematest.Pick(d, parameters)
		p := s.parameter
		var texts []string
		for range 1 + d(2)*d(2) {
			text, ok := w.Generate(d, p.Schema.Value, 0).(string)
			if !ok || d(3) == 0 {
				text = fmt.Sprint(schematest.Pick(d,
					[]any{d(200) - 50, schematest.Pick(d, w.Texts), schematest.Pick(d, schematest.Numbers), d(2) == 0,
						id + "é", "\xff", "a\"\\b"}))
			}
			texts = append(texts, text)
		}
		r := s.request.Clone(s.request.Context())
		list := p.Schema.Value.Type.Is("array")
		var value any
		switch {
		case list:
			items := []any{}
			for _, text := range texts {
				items = append(items, schematest.Coerce(p.Schema.Value.Items.Value, text))
			}
			value = items
		default:
			value = schematest.Coerce(p.Schema.Value, texts[0])
		}
		switch p.In {
		case "query":
			query := r.URL.Query()
			query[p.Name] = texts
			r.URL.RawQuery = query.Encode()
			if d(2) == 0 && !strings.ContainsAny(strings.Join(texts, ""), "&=%+;#") {
				r.URL.RawQuery = p.Name + "=" + strings.Join(texts, "&"+p.Name+"=")
			}
		default:
			texts = texts[:1]
			r.Header[http.CanonicalHeaderKey(p.Name)] = texts
		}
		want := schematest.Visit(p.Schema.Value, value) && (list || len(texts) == 1) &&
			(!strings.EqualFold(p.Name, "x-jiko-idempotency") || texts[0] != nilID) &&
			utf8.ValidString(strings.Join(texts, "")) // kin-openapi does not mind.
		got := true
		for _, rule := range rules(refusal(t, shared().CheckRequest(r))) {
			got = got && !strings.HasPrefix(rule, p.In+"."+p.Name+" ") && !strings.HasPrefix(rule, p.In+"."+p.Name+".")
		}
		if got != want {
			t.Fatalf("%s %s = %q: we accept it: %v; kin-openapi: %v", p.In, p.Name, texts, got, want)
		}
		if got {
			accepted++
		} else {
			refused++
		}
	}
	if accepted < 1000 || refused < 1000 {
		t.Errorf("%d accepted, %d refused: the test is blind on one side", accepted, refused)
	}
}
