package validation_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

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
			if e != nil && (e.Direction != validation.DirectionResponse || e.Status != c.r.StatusCode) {
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
		"2XX": {"description": "fine", "headers": {"X-Count": {"required": true,
			"schema": {"type": "integer"}}}}}}}}`, validation.Config{})
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
