package validation_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

// A document that somebody has put together by hand can lack anything. That is an error, and no nil dereference.
func TestDocumentsThatLackSomething(t *testing.T) {
	whole := document(`{"/a/{b}/": {"parameters": [{"name": "b", "in": "path", "required": true,
		"schema": {"type": "string"}}],
		"post": {"operationId": "a", "parameters": [{"name": "q", "in": "query", "schema": {"type": "array",
			"items": {"type": "string"}}}, {"name": "j", "in": "query",
				"content": {"application/json": {"schema": {}}}}],
		"requestBody": {"content": {"application/json": {"schema": {"type": "object",
			"properties": {"p": {"type": "array",
			"items": {"type": "string"}}}, "oneOf": [{"$ref": "#/components/schemas/Cat"}], "not": {"type": "string"},
			"discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}}}}}},
		"responses": {"200": {"description": "ok", "headers": {"X": {"schema": {"type": "string"}}},
			"content": {"application/json": {"schema": {"type": "object"}}}}}}}}`)
	item := func(d *openapi3.T) *openapi3.PathItem { return d.Paths.Value("/a/{b}/") }
	body := func(d *openapi3.T) openapi3.Content { return item(d).Post.RequestBody.Value.Content }
	query := func(d *openapi3.T) (list []*openapi3.Parameter) {
		for _, p := range item(d).Post.Parameters {
			list = append(list, p.Value)
		}
		return list
	}
	schema := func(d *openapi3.T) *openapi3.Schema { return body(d)["application/json"].Schema.Value }
	answer := func(d *openapi3.T) *openapi3.Response { return item(d).Post.Responses.Value("200").Value }
	for what, take := range map[string]func(*openapi3.T){
		"nothing":                   func(*openapi3.T) {},
		"paths":                     func(d *openapi3.T) { d.Paths = nil },
		"a path":                    func(d *openapi3.T) { d.Paths.Set("/a/{b}/", nil) },
		"info":                      func(d *openapi3.T) { d.Info = nil },
		"components":                func(d *openapi3.T) { d.Components = nil },
		"a server":                  func(d *openapi3.T) { d.Servers = openapi3.Servers{nil} },
		"servers of a path":         func(d *openapi3.T) { item(d).Servers = openapi3.Servers{nil} },
		"a parameter":               func(d *openapi3.T) { item(d).Parameters[0] = nil },
		"a parameter's value":       func(d *openapi3.T) { item(d).Parameters[0].Value = nil },
		"a parameter's schema":      func(d *openapi3.T) { item(d).Parameters[0].Value.Schema = nil },
		"a parameter's schema's":    func(d *openapi3.T) { item(d).Post.Parameters[0].Value.Schema.Value = nil },
		"a parameter's items":       func(d *openapi3.T) { query(d)[0].Schema.Value.Items.Value = nil },
		"an operation's parameter":  func(d *openapi3.T) { item(d).Post.Parameters[0] = nil },
		"a parameter's content":     func(d *openapi3.T) { query(d)[1].Content["application/json"] = nil },
		"a request body":            func(d *openapi3.T) { item(d).Post.RequestBody = nil },
		"a request body's value":    func(d *openapi3.T) { item(d).Post.RequestBody.Value = nil },
		"a media type":              func(d *openapi3.T) { body(d)["application/json"] = nil },
		"a schema":                  func(d *openapi3.T) { body(d)["application/json"].Schema = nil },
		"a schema's value":          func(d *openapi3.T) { body(d)["application/json"].Schema.Value = nil },
		"a property":                func(d *openapi3.T) { schema(d).Properties["p"] = nil },
		"a property's value":        func(d *openapi3.T) { schema(d).Properties["p"].Value = nil },
		"items":                     func(d *openapi3.T) { schema(d).Properties["p"].Value.Items.Value = nil },
		"a variant":                 func(d *openapi3.T) { schema(d).OneOf[0] = nil },
		"a variant's value":         func(d *openapi3.T) { schema(d).OneOf[0].Value = nil },
		"what is ruled out":         func(d *openapi3.T) { schema(d).Not.Value = nil },
		"a discriminator's mapping": func(d *openapi3.T) { schema(d).Discriminator.Mapping = nil },
		"responses":                 func(d *openapi3.T) { item(d).Post.Responses = nil },
		"a response":                func(d *openapi3.T) { item(d).Post.Responses.Set("200", nil) },
		"a response's value":        func(d *openapi3.T) { item(d).Post.Responses.Value("200").Value = nil },
		"a response's description":  func(d *openapi3.T) { answer(d).Description = nil },
		"a response's media type":   func(d *openapi3.T) { answer(d).Content["application/json"] = nil },
		"a header":                  func(d *openapi3.T) { answer(d).Headers["X"] = nil },
		"a header's value":          func(d *openapi3.T) { answer(d).Headers["X"].Value = nil },
		"a header's schema":         func(d *openapi3.T) { answer(d).Headers["X"].Value.Schema = nil },
		"all of an operation":       func(d *openapi3.T) { item(d).Post = &openapi3.Operation{} },
	} {
		t.Run(what, func(t *testing.T) {
			d, err := openapi3.NewLoader().LoadFromData([]byte(whole))
			if err != nil {
				t.Fatal(err)
			}
			take(d)
			v, err := validation.New(validation.Config{Document: d})
			if (v == nil) == (err == nil) {
				t.Errorf("New = %v, %v", v, err)
			}
			if what == "nothing" && err != nil || err != nil && !strings.HasPrefix(err.Error(), "validation: ") {
				t.Error(err)
			}
			if v != nil {
				r := request("POST", "/a/1/?q=1&j=1", `{"kind":"cat","lives":9,"p":["x"]}`)
				_ = v.CheckRequest(r)
				_ = v.CheckResponse(answerOf(r))
			}
		})
	}
}

func answerOf(r *http.Request) *http.Response { return answer(r, 200, `{}`) }

// A Validator that New did not make says so, and so does one that gets nothing to check.
func TestValidatorsAndMessagesThatAreNone(t *testing.T) {
	const unmade = "validation: a Validator that is nil or was not made by New"
	panics := func(f func()) (text string) {
		defer func() { text = fmt.Sprint(recover()) }()
		f()
		return ""
	}
	r := httptest.NewRequest("GET", "/a/", nil)
	for name, v := range map[string]*validation.Validator{"nil": nil, "zero": {}} {
		for what, got := range map[string]string{
			"CheckRequest":  fmt.Sprint(v.CheckRequest(r)),
			"CheckResponse": fmt.Sprint(v.CheckResponse(answer(r, 200, "{}"))),
			"Middleware":    panics(func() { v.Middleware(http.NotFoundHandler()) }),
			"Transport":     panics(func() { v.Transport(nil) }),
		} {
			if got != unmade {
				t.Errorf("%s of a %s Validator = %s", what, name, got)
			}
		}
		if _, ok := v.Operation("GET", "/a/"); ok || v.Match(r) != nil || v.Find(new(validation.Match), r) {
			t.Errorf("a %s Validator finds an operation", name)
		}
	}
	v := small(t, "{}", validation.Config{})
	for what, got := range map[string]string{
		"no request":                   fmt.Sprint(v.CheckRequest(nil)),
		"a request without a URL":      fmt.Sprint(v.CheckRequest(&http.Request{})),
		"no response":                  fmt.Sprint(v.CheckResponse(nil)),
		"a response without a request": fmt.Sprint(v.CheckResponse(&http.Response{Request: &http.Request{}})),
		"no next handler":              panics(func() { v.Middleware(nil) }),
		"an empty request, to be sent": fmt.Sprint(func() error {
			_, err := v.Transport(nil).RoundTrip(&http.Request{})
			return err
		}()),
	} {
		if !strings.HasPrefix(got, "validation: ") || strings.Contains(got, "nil pointer") {
			t.Errorf("%s: %s", what, got)
		}
	}
	if v.Match(nil) != nil || v.Find(new(validation.Match), &http.Request{}) {
		t.Error("no request has an operation")
	}
	// The zero Refusal is one too.
	w := httptest.NewRecorder()
	validation.WriteRefusal(w, nil, validation.Refusal{})
	problem := httptest.NewRecorder()
	validation.WriteProblem(problem, nil, validation.Refusal{})
	if w.Code != http.StatusInternalServerError || problem.Code != http.StatusInternalServerError {
		t.Errorf("the zero Refusal is answered with %d and %d", w.Code, problem.Code)
	}
}
