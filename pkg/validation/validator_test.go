package validation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestEachStatus(t *testing.T) {
	with := func(r *http.Request, change func(*http.Request)) *http.Request {
		change(r)
		return r
	}
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	for _, c := range []struct {
		name string
		r    *http.Request
		want int
	}{
		{"what the contract allows passes", request("POST", transfers, transfer), 0},
		{"an unknown query parameter passes", request("GET", "/api/v1/wires/?surprise=1", ""), 0},
		{"a body for an operation without one passes unread", request("GET", "/api/v1/wires/", "{"), 0},
		{"a charset of UTF-8 passes", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json; charset=UTF-8")), 0},
		{"login needs no signature", with(request("POST", "/api/v1/login/", `{"username":"a","password":"b"}`),
			header("x-jiko-signature")), 0},

		{"an unknown path", request("GET", "/api/v1/nothing/", ""), 404},
		{"a path without its trailing slash", request("GET", "/api/v1/wires", ""), 404},
		{"a path with a slash too many", request("GET", "/api/v1//wires/", ""), 404},
		{"a path with an empty parameter", request("GET", "/api/v1/customers//", ""), 404},
		{"another spelling of the path", request("GET", "/api/v1/%77ires/", ""), 404},

		{"another method", request("DELETE", transfers, ""), 405},
		{"HEAD, which the contract does not have", request("HEAD", "/api/v1/wires/", ""), 405},
		{"OPTIONS, which the contract does not have", request("OPTIONS", "/api/v1/wires/", ""), 405},
		{"a method in lower case", request("get", "/api/v1/wires/", ""), 405},

		{"another media type", with(request("POST", transfers, transfer), header("Content-Type", "text/plain")), 415},
		{"no media type", with(request("POST", transfers, transfer), header("Content-Type")), 415},
		{"two media types", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json", "application/json")), 415},
		{"a malformed media type", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json; charset")), 415},
		{"another charset", with(request("POST", transfers, transfer),
			header("Content-Type", "application/json; charset=latin1")), 415},
		{"a compressed body", with(request("POST", transfers, transfer), header("Content-Encoding", "gzip")), 415},
		{"a file of another type", with(request("POST", upload, "GIF89a"), header("Content-Type", "image/gif")), 415},

		{"a body over the limit", request("POST", transfers, transfer+strings.Repeat(" ", 1<<20)), 413},
		{"a body over the limit, of unknown length", with(request("POST", transfers, ""), func(r *http.Request) {
			r.Header.Set("Content-Type", "application/json")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat(" ", 1<<20+1))), -1
		}), 413},
		{"a length over the limit, before anything is read",
			with(request("POST", transfers, "{}"), func(r *http.Request) {
				r.Body, r.ContentLength = io.NopCloser(iotest.ErrReader(errors.New("read"))), 1<<20+1
			}), 413},
		{"a file over 50 MiB", with(request("POST", upload, "PNG"), func(r *http.Request) {
			r.Header.Set("Content-Type", "image/png")
			r.ContentLength = 50<<20 + 1
		}), 413},
		{"a body that a reader before this one cut off",
			with(request("POST", transfers, transfer), func(r *http.Request) {
				r.Body = http.MaxBytesReader(nil, r.Body, 5)
			}), 413},

		{"a body that cannot be read", with(request("POST", transfers, transfer), func(r *http.Request) {
			r.Body = io.NopCloser(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(transfer))))
		}), 400},

		{"no body", request("POST", transfers, ""), 422},
		{"no body, although it has a media type", with(request("POST", transfers, ""),
			header("Content-Type", "application/json")), 422},
		{"an empty body of unknown length", with(request("POST", transfers, "{}"), func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("")), -1
		}), 422},
		{"no signature", with(request("POST", transfers, transfer), header("x-jiko-signature")), 422},
		{"no idempotency key", with(request("POST", transfers, transfer), header("x-jiko-idempotency")), 422},
		{"the nil UUID as idempotency key", with(request("POST", transfers, transfer),
			header("x-jiko-idempotency", nilID)), 422},
		{"a wrong body", request("POST", transfers, "{}"), 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := refusal(t, shared().CheckRequest(c.r))
			got := 0
			if e != nil {
				got = e.Status
			}
			if got != c.want {
				t.Fatalf("status = %d; want %d: %v", got, c.want, e)
			}
			if e != nil && (e.Status == 422) != (len(e.Violations) > 0) {
				t.Errorf("%d with %d violations", e.Status, len(e.Violations))
			}
		})
	}
}

func TestErrorSaysWhatIsAllowed(t *testing.T) {
	e := refusal(t, shared().CheckRequest(request("PUT", "/api/v1/subscriptions/", "")))
	if !slices.Equal(e.Allow, []string{"GET", "POST"}) || e.Operation.Path != "/api/v1/subscriptions/" {
		t.Errorf("405 with Allow %v of %+v", e.Allow, e.Operation)
	}
	r := request("POST", upload, "x")
	r.Header.Set("Content-Type", "text/html")
	if e = refusal(t, shared().CheckRequest(r)); !slices.Equal(e.Accept,
		[]string{"application/pdf", "image/jpeg", "image/png"}) {
		t.Errorf("415 with Accept %v", e.Accept)
	}
}

func TestErrorUnwrapsToTheReason(t *testing.T) {
	r := request("POST", transfers, "{}")
	r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	if err := shared().CheckRequest(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("CheckRequest = %v; want it to wrap the reader's error", err)
	}
	if _, err := io.ReadAll(r.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading again = %v; want the reader's error", err)
	}
}

// Every example in the contract must fit the contract.
func TestExamplesOfTheContractPass(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	requests, responses := 0, 0
	eachExample(doc, func(method, path, status string, body []byte) {
		r := request(method, path, "")
		if status == "" {
			requests++
			r = request(method, path, string(body))
			if err := shared().CheckRequest(r); err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			return
		}
		responses++
		code := 503
		if status != "default" {
			code = int(status[0]-'0')*100 + int(status[1]-'0')*10 + int(status[2]-'0')
		}
		if err := shared().CheckResponse(answer(r, code, string(body))); err != nil {
			t.Errorf("%s %s %s: %v", method, path, status, err)
		}
	})
	if requests < 20 || responses < 50 {
		t.Errorf("found %d examples of requests and %d of responses", requests, responses)
	}
}

// eachExample visits the JSON examples of requests, with status "", and of responses.
func eachExample(doc *openapi3.T, visit func(method, path, status string, body []byte)) {
	for template, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			var path strings.Builder
			for i, segment := range strings.Split(template, "/") {
				if i > 0 {
					path.WriteByte('/')
				}
				switch {
				case segment == "{document_type}":
					segment = "ID_FRONT"
				case strings.HasPrefix(segment, "{"):
					segment = id
				}
				path.WriteString(segment)
			}
			content := func(status string, c openapi3.Content) {
				media := c["application/json"]
				if media == nil {
					return
				}
				examples := []any{media.Example}
				for _, ref := range media.Examples {
					examples = append(examples, ref.Value.Value)
				}
				for _, example := range examples {
					if body, err := json.Marshal(example); err == nil && example != nil {
						visit(method, path.String(), status, body)
					}
				}
			}
			if op.RequestBody != nil {
				content("", op.RequestBody.Value.Content)
			}
			for status, ref := range op.Responses.Map() {
				content(status, ref.Value.Content)
			}
		}
	}
}

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
		{"a path parameter that is no UUID", "/api/v1/wires/12/", nil, []string{"path.wire_id format"}},
		{"a path parameter with an escaped slash", "/api/v1/wires/a%2Fb/", nil, []string{"path.wire_id format"}},
		{"a nil UUID elsewhere than in the key", "/api/v1/wires/" + nilID + "/", nil, nil},
		{"a missing header", "/api/v1/wires/", set("x-jiko-signature"), []string{"header.x-jiko-signature required"}},
		{"an empty header", "/api/v1/wires/", set("x-jiko-signature", ""),
			[]string{"header.x-jiko-signature min_length"}},
		{"a header twice", "/api/v1/wires/", set("x-jiko-idempotency", id, id),
			[]string{"header.x-jiko-idempotency duplicate_parameter"}},
		{"a key that is no UUID", "/api/v1/wires/", set("x-jiko-idempotency", "{"+id+"}"),
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
			{"name": "csv", "in": "query", "explode": false, "schema": {"type": "array", "maxItems": 2, "items": {"type": "number"}}},
			{"name": "either", "in": "query", "schema": {"oneOf": [{"type": "integer"}, {"type": "string", "enum": ["all"]}]}},
			{"name": "json", "in": "query", "content": {"application/json": {"schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}}}},
			{"name": "X-List", "in": "header", "schema": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}},
			{"name": "session", "in": "cookie", "schema": {"type": "string", "minLength": 3}}],
		"responses": {"200": {"description": "ok"}}}}}`)
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

// The contract asks for the header content-length, which net/http keeps in a field.
func TestContentLengthComesFromTheRequest(t *testing.T) {
	r, err := http.NewRequest("POST", "https://example.com"+upload, strings.NewReader("PNG"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = request("POST", upload, "PNG").Header
	r.Header.Set("Content-Type", "image/png")
	if err := shared().CheckRequest(r); err != nil {
		t.Errorf("a file of known length: %v", err)
	}
	if body, _ := io.ReadAll(r.Body); string(body) != "PNG" {
		t.Errorf("the file is now %q", body)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("PNG")), -1
	if got := rules(refusal(t, shared().CheckRequest(r))); !slices.Equal(got,
		[]string{"header.content-length required"}) {
		t.Errorf("a file of unknown length: %q", got)
	}
}

func TestOperation(t *testing.T) {
	for _, c := range []struct{ name, method, path, want string }{
		{"a path without parameters", "POST", transfers, "createOnUsTransfer"},
		{"a path with a parameter", "GET", transfers + id + "/", "getOnUsTransfer"},
		{"a parameter takes any text", "GET", transfers + "a%2Fb/", "getOnUsTransfer"},
		{"a literal wins over a parameter", "POST", "/api/v1/customers/1/counterparties/plaid/link-token/",
			"createPlaidLinkToken"},
		{"a parameter where no literal fits", "POST", "/api/v1/customers/1/counterparties/2/plaid/verify/",
			"verifyPlaidCounterparty"},
		{"a literal wins whatever the method", "GET", "/api/v1/customers/1/counterparties/plaid/", ""},
		{"a path that has no trailing slash", "GET", "/health", "getHealth"},
		{"a trailing slash too many", "GET", "/health/", ""},
		{"a trailing slash too few", "GET", "/api/v1/wires", ""},
		{"the beginning of a path", "GET", "/api/v1/", ""},
		{"no path", "GET", "", ""},
		{"an asterisk", "OPTIONS", "*", ""},
		{"another method", "PUT", transfers, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			op, ok := shared().Operation(c.method, c.path)
			if ok != (c.want != "") || (ok && (op.ID == "" || op.Method != c.method)) {
				t.Fatalf("Operation = %+v, %v; want %q", op, ok, c.want)
			}
			if ok && op.ID != c.want {
				t.Errorf("operation = %s; want %s", op.ID, c.want)
			}
		})
	}
}

// Every path of the contract leads to itself, whatever stands for its parameters.
func TestOperationFindsEveryPath(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		for template, item := range doc.Paths.Map() {
			segments := strings.Split(template, "/")
			for i, segment := range segments {
				if strings.HasPrefix(segment, "{") {
					segments[i] = rapid.StringMatching(`[a-f0-9%-]{36}`).Draw(t, "value")
				}
			}
			for method := range item.Operations() {
				if op, ok := shared().Operation(method, strings.Join(segments, "/")); !ok || op.Path != template {
					t.Fatalf("Operation(%s, %q) = %+v, %v", method, segments, op, ok)
				}
			}
		}
	})
}

func TestNewRefusesWhatItCannotCheck(t *testing.T) {
	body := func(content string) string {
		return document(`{"/a/": {"post": {"requestBody": {"content": ` + content +
			`}, "responses": {"200": {"description": "ok"}}}}}`)
	}
	own := func(schema string) string {
		return strings.Replace(body(`{"application/json": {"schema": {"$ref": "#/components/schemas/Own"}}}`), `"Cat":`,
			`"Own": `+schema+`, "Cat":`, 1)
	}
	parameter := func(p string) string {
		return document(`{"/a/": {"get": {"parameters": [` + p + `], "responses": {"200": {"description": "ok"}}}}}`)
	}
	for _, c := range []struct{ name, spec, want string }{
		{"something that is no document", "[", "parsing"},
		{"an empty document", "{}", "not OpenAPI 3.0"},
		{"OpenAPI 3.1", strings.Replace(document("{}"), "3.0.3", "3.1.0", 1), "not OpenAPI 3.0"},
		{"a document without info", `{"openapi": "3.0.3", "paths": {}}`, "invalid"},
		{"a reference to another file", body(`{"application/json": {"schema": {"$ref": "other.yaml#/A"}}}`), "parsing"},
		{"a form", body(`{"multipart/form-data": {"schema": {"type": "object"}}}`), "multipart/form-data"},
		{"a media type with a parameter", body(`{"application/json; version=2": {}}`), "parameters"},
		{"a parameter that is an object", parameter(`{"name": "p", "in": "query", "schema": {"type": "object"}}`),
			"is an object"},
		{"a list of lists", parameter(
			`{"name": "p", "in": "query", "schema": {"type": "array", "items": {"type": "array", "items": {}}}}`),
			"list of lists"},
		{"a list or something else",
			parameter(
				`{"name": "p", "in": "query", "schema": {"oneOf": [{"type": "string"}, {"type": "array", "items": {}}]}}`),
			"something else"},
		{"an unusual style", parameter(
			`{"name": "p", "in": "query", "style": "pipeDelimited", "schema": {"type": "array", "items": {"type": "string"}}}`), "style"},
		{"a schema that is one of its own variants",
			own(`{"oneOf": [{"type": "string"}, {"allOf": [{"$ref": "#/components/schemas/Own"}]}]}`), "leads back"},
		{"a schema that rules itself out", own(`{"allOf": [{"not": {"$ref": "#/components/schemas/Own"}}]}`),
			"leads back"},
		{"a path segment that is partly a parameter",
			document(
				`{"/a/{b}.png": {"get": {"parameters": [{"name": "b", "in": "path", "required": true, "schema": {}}], "responses": {"200": {"description": "ok"}}}}}`), "partly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v, err := validation.Load([]byte(c.spec)); v != nil || err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("Load = %v; want it to mention %q", err, c.want)
			}
		})
	}
	if _, err := validation.New(nil); err == nil {
		t.Error("a nil document is accepted")
	}
	for name, option := range map[string]validation.Option{
		"no bytes": validation.WithMaxBodyBytes(0), "no violations": validation.WithMaxViolations(0),
		"no handler": validation.WithErrorHandler(nil),
	} {
		if _, err := validation.Load(partnergo.Spec(), option); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOptions(t *testing.T) {
	v := small(t, `{"type": "array", "items": {"type": "string"}}`, validation.WithMaxBodyBytes(20),
		validation.WithMaxViolations(3))
	if e := refusal(t, v.CheckRequest(request("POST", "/a/", "[1,2,3,4,5]"))); len(e.Violations) != 3 {
		t.Errorf("%d violations; want 3", len(e.Violations))
	}
	if e := refusal(t, v.CheckRequest(request("POST", "/a/", `["012345678901234"]`))); e != nil {
		t.Errorf("19 bytes: %v", e)
	}
	if e := refusal(t, v.CheckRequest(request("POST", "/a/", `["01234567890123456"]`))); e == nil || e.Status != 413 {
		t.Errorf("21 bytes: %v", e)
	}
}

func TestResponses(t *testing.T) {
	list := request("GET", "/api/v1/subscriptions/", "")
	create := request("POST", transfers, transfer)
	for _, c := range []struct {
		name string
		r    *http.Response
		want []string
	}{
		{"an error of the default shape", answer(create, 503, `{"detail":"later"}`), nil},
		{"an undocumented status is the default one", answer(create, 299, `{"detail":5}`), nil},
		{"the default one is checked too", answer(create, 503, `{"trace_id":5}`), []string{"body.trace_id type"}},
		{"HTML from a proxy", func() *http.Response {
			r := answer(create, 503, "<html>")
			r.Header.Set("Content-Type", "text/html")
			return r
		}(), []string{"header.content-type media_type"}},
		{"a compressed body", func() *http.Response {
			r := answer(create, 503, "x")
			r.Header.Set("Content-Encoding", "gzip")
			return r
		}(), []string{"header.content-encoding content_encoding"}},
		{"no body", answer(create, 201, ""), []string{"body required"}},
		{"broken JSON", answer(create, 201, "{"), []string{"body json_invalid"}},
		{"a body over the limit", answer(create, 201, strings.Repeat(" ", 1<<20+1)), []string{"body max_bytes"}},
		{"missing members", answer(create, 201, "{}"),
			[]string{"body.id required", "body.status required", "body.transfer required", "body.fees required",
				"body.object_type required"}},
		{"a path outside the contract", answer(httptest.NewRequest("GET", "/x", nil), 200, "{}"),
			[]string{"path path"}},
		{"a method outside the contract", answer(httptest.NewRequest("PUT", transfers, nil), 200, "{}"),
			[]string{"path method"}},
		{"a body that breaks off", func() *http.Response {
			r := answer(list, 200, "")
			r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
			return r
		}(), []string{"body unreadable"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := refusal(t, shared().CheckResponse(c.r))
			if got := rules(e); !slices.Equal(got, c.want) {
				t.Fatalf("violations = %q; want %q", got, c.want)
			}
			if e != nil && (e.Direction != validation.Response || e.Status != c.r.StatusCode) {
				t.Errorf("%s with status %d; want the response's own", e.Direction, e.Status)
			}
		})
	}
	if err := shared().CheckResponse(&http.Response{StatusCode: 200}); err == nil {
		t.Error("a response without its request is accepted")
	}
}

func TestStatusesAndHeadersOfResponses(t *testing.T) {
	v := load(t, `{"/a/": {"get": {"operationId": "a", "responses": {
		"204": {"description": "nothing"},
		"2XX": {"description": "fine", "headers": {"X-Count": {"required": true, "schema": {"type": "integer"}}}}}}}}`)
	r := httptest.NewRequest("GET", "/a/", nil)
	respond := func(status int, counts ...string) *http.Response {
		return &http.Response{StatusCode: status, Request: r, Header: http.Header{"X-Count": counts}, Body: http.NoBody}
	}
	for _, c := range []struct {
		name string
		r    *http.Response
		want []string
	}{
		{"an exact status wins over its range", respond(204), nil},
		{"a range", respond(201, "5"), nil},
		{"a missing header", respond(201), []string{"header.X-Count required"}},
		{"a wrong header", respond(201, "five"), []string{"header.X-Count type"}},
		{"a status that is not documented", respond(404), []string{"status status"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := rules(refusal(t, v.CheckResponse(c.r))); !slices.Equal(got, c.want) {
				t.Fatalf("violations = %q; want %q", got, c.want)
			}
		})
	}
}

// Whatever the body, whatever the verdict, the next reader gets the same bytes.
func TestBodiesStayTheSame(t *testing.T) {
	v := small(t,
		`{"type": "object", "properties": {"a": {"type": "integer", "default": 5}, "b": {"type": "object", "default": {}}}}`,
		validation.WithMaxBodyBytes(30))
	bodies := rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 1, 60),
		rapid.Map(rapid.SampledFrom([]string{`{}`, ` { "a" : 1.0 } `, `{"b":{}}`, "{\"a\":\n1}", `{"c":1e2}`}),
			func(s string) []byte { return []byte(s) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		body := bodies.Draw(t, "body")
		r := httptest.NewRequest("POST", "/a/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if rapid.Bool().Draw(t, "chunked") {
			r.ContentLength = -1
		}
		err := v.CheckRequest(r)
		got, readErr := io.ReadAll(r.Body)
		if readErr != nil || !bytes.Equal(got, body) {
			t.Fatalf("the body is now %q, %v", got, readErr)
		}
		if err == nil && r.ContentLength != int64(len(body)) {
			t.Fatalf("ContentLength = %d; want %d", r.ContentLength, len(body))
		}
		res := answer(r, 200, string(body))
		_ = v.CheckResponse(res)
		if got, readErr := io.ReadAll(res.Body); readErr != nil || !bytes.Equal(got, body) {
			t.Fatalf("the response's body is now %q, %v", got, readErr)
		}
	})
}
