package validation_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestWriteProblem(t *testing.T) {
	v := load(t, `{"/a/": {"post": {"operationId": "a", "parameters": [{"name": "limit", "in": "query",
		"schema": {"type": "integer"}}],
		"requestBody": {"content": {"application/json": {"schema": {"type": "object",
			"properties": {"a/b~": {"type": "array", "items": {"type": "integer"}}}}}}},
		"responses": {"200": {"description": "ok"}}}}}`, validation.Config{Refuse: validation.WriteProblem})
	for _, c := range []struct {
		name                 string
		r                    *http.Request
		status               int
		body, header, needed string
	}{
		{"violations", request("POST", "/a/?limit=x", `{"a/b~":[1,"secret"]}`), 422,
			`{"type":"about:blank","title":"Unprocessable Entity","status":422,` +
				`"detail":"The request does not match the contract.","errors":[{"detail":"must be an integer",` +
				`"type":"type","in":"query","parameter":"limit"},` +
				`{"detail":"must be an integer","type":"type","pointer":"/a~1b~0/1"}]}`, "", ""},
		{"a body that is wrong as a whole", request("POST", "/a/", `[]`), 422,
			`{"type":"about:blank","title":"Unprocessable Entity","status":422,` +
				`"detail":"The request does not match the contract.","errors":[{"detail":"must be an object",` +
				`"type":"type","pointer":""}]}`, "", ""},
		{"a query that cannot be read", request("POST", "/a/?a=%25zz;", `{}`), 422,
			`{"type":"about:blank","title":"Unprocessable Entity","status":422,` +
				`"detail":"The request does not match the contract.","errors":[{"detail":"must be well-formed",` +
				`"type":"query_invalid","in":"query"}]}`, "", ""},
		{"an unknown path", request("GET", "/b/", ""), 404, `{"type":"about:blank","title":"Not Found","status":404}`,
			"", ""},
		{"another method", request("GET", "/a/", ""), 405,
			`{"type":"about:blank","title":"Method Not Allowed","status":405}`, "Allow", "POST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			v.Middleware(http.NotFoundHandler()).ServeHTTP(w, c.r)
			if got := strings.TrimSpace(w.Body.String()); w.Code != c.status || got != c.body ||
				w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("answered %d %s %s", w.Code, w.Header().Get("Content-Type"), got)
			}
			if c.header != "" && w.Header().Get(c.header) != c.needed {
				t.Errorf("%s = %q", c.header, w.Header().Get(c.header))
			}
		})
	}
}
