package validation_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

const answering = `{"/a/": {"get": {"operationId": "a", "responses": {"204": {"description": "none"},
	"200": {"description": "ok",
	"headers": {"X-Count": {"required": true, "schema": {"type": "integer"}}},
	"content": {"application/json": {"schema": {"type": "object", "required": ["id"],
		"properties": {"id": {"type": "integer"}}}},
		"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}}}}`

func TestMiddlewareChecksResponses(t *testing.T) {
	for _, c := range []struct {
		name        string
		status      int
		mediaType   string
		count, body string
		want        []string
	}{
		{"what the contract says", 200, "application/json", "1", `{"id":1}`, nil},
		{"a file", 200, "application/pdf", "1", "%PDF", nil},
		{"nothing", 204, "", "", "", nil},
		{"another body", 200, "application/json", "1", `{"id":"secret"}`, []string{"body.id type"}},
		{"another header", 200, "application/json", "one", `{"id":1}`, []string{"header.X-Count type"}},
		{"a file without its header", 200, "application/pdf", "", "%PDF", []string{"header.X-Count required"}},
		{"another media type", 200, "text/html", "1", "<p>secret</p>", []string{"header.content-type media_type"}},
		{"another status", 201, "application/json", "1", `{"id":1}`, []string{"status status"}},
		{"a status of its own without a body", 418, "", "", "", []string{"status status"}},
		{"no body", 200, "application/json", "1", "", []string{"body required"}},
		{"a large body", 200, "application/json", "1", `{"id":1,"x":"` + strings.Repeat("x", 100) + `"}`,
			[]string{"body max_bytes"}},
	} {
		for _, mode := range []validation.ResponseMode{validation.ResponseModeOff, validation.ResponseModeLog,
			validation.ResponseModeEnforce} {
			t.Run(c.name+map[validation.ResponseMode]string{0: ", off", 1: ", logged", 2: ", enforced"}[mode],
				func(t *testing.T) {
					var seen []string
					v := load(t, answering, validation.Config{Responses: mode, MaxBodyBytes: 64,
						Observe: func(_ context.Context, event validation.Event) {
							r, e := event.Request, event.Refusal
							if r.URL.Path != "/a/" || e.Direction != validation.DirectionResponse ||
								e.Operation.ID != "a" ||
								e.Status != c.status {
								t.Errorf("observed %v of %s", e, r.URL)
							}
							seen = append(seen, rules(e)...)
						}})
					recorder := httptest.NewRecorder()
					v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						if c.mediaType != "" {
							w.Header().Set("Content-Type", c.mediaType)
						}
						if c.count != "" {
							w.Header().Set("X-Count", c.count)
						}
						w.Header().Set("ETag", "secret")
						w.WriteHeader(c.status)
						w.WriteHeader(http.StatusTeapot) // net/http does not mind, nor do we
						for i := range len(c.body) {
							if n, err := io.WriteString(w, c.body[i:i+1]); n != 1 || err != nil {
								t.Errorf("Write = %d, %v", n, err)
							}
						}
					})).ServeHTTP(recorder, request("GET", "/a/", ""))
					want := c.want
					if mode == validation.ResponseModeOff {
						want = nil
					}
					if strings.Join(seen, "; ") != strings.Join(want, "; ") {
						t.Errorf("observed %q; want %q", seen, want)
					}
					if mode == validation.ResponseModeEnforce && want != nil {
						if recorder.Code != 500 || strings.TrimSpace(
							recorder.Body.String()) != `{"detail":"Internal Server Error"}` ||
							recorder.Header().Get("ETag") != "" {
							t.Errorf("answered %d %s", recorder.Code, recorder.Body)
						}
					} else if recorder.Code != c.status || recorder.Body.String() != c.body {
						t.Errorf("answered %d %s", recorder.Code, recorder.Body)
					}
				})
		}
	}
}

func TestResponsesThatAreHeldBack(t *testing.T) {
	v := load(t, answering, validation.Config{Responses: validation.ResponseModeEnforce})
	serve := func(handler http.HandlerFunc) (w *httptest.ResponseRecorder) {
		w = httptest.NewRecorder()
		v.Middleware(handler).ServeHTTP(w, request("GET", "/a/", ""))
		return w
	}
	t.Run("are not flushed before they are checked", func(t *testing.T) {
		w := serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":`)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			w.(http.Flusher).Flush()
		})
		if w.Code != 500 || w.Flushed {
			t.Errorf("answered %d, flushed: %v", w.Code, w.Flushed)
		}
	})
	t.Run("are those with JSON alone", func(t *testing.T) {
		w := serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			w.Header().Set("X-Count", "1")
			_, _ = io.WriteString(w, "%PDF")
			w.(http.Flusher).Flush()
		})
		if w.Code != 200 || !w.Flushed {
			t.Errorf("answered %d, flushed: %v", w.Code, w.Flushed)
		}
	})
	t.Run("stay unsent when the handler panics", func(t *testing.T) {
		w := httptest.NewRecorder()
		broken := errors.New("broken")
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, broken) || w.Body.Len() > 0 {
				t.Errorf("recovered %v; sent %s", err, w.Body)
			}
		}()
		v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":1}`)
			panic(broken)
		})).ServeHTTP(w, request("GET", "/a/", ""))
	})
	t.Run("let what is informational through", func(t *testing.T) {
		server := httptest.NewServer(v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNoContent)
		})))
		defer server.Close()
		res, err := http.Get(server.URL + "/a/")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNoContent {
			t.Errorf("answered %d", res.StatusCode)
		}
	})
}
