package validation_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

// shelves is a contract in which two paths fit /shelves/new/books/7/: the first segments decide here, and others
// elsewhere.
const shelves = `{
	"/shelves/{shelf}/books/{book}/": {"get": {"operationId": "book", "parameters": [
		{"name": "shelf", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 3}},
		{"name": "book", "in": "path", "required": true, "schema": {"type": "integer"}}],
			"responses": {"200": {"description": "ok"}}}},
	"/shelves/new/books/{name}/": {"get": {"operationId": "new", "parameters": [
		{"name": "name", "in": "path", "required": true, "schema": {"type": "string", "minLength": 2}}],
			"responses": {"200": {"description": "ok"}}}},
	"/shelves/{shelf}": {"get": {"operationId": "shelf", "parameters": [
		{"name": "shelf", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 3}}],
			"responses": {"200": {"description": "ok"}}}}}`

// What is checked is the operation that runs: the one that the router chose, where it has chosen.
func TestMiddlewareBehindARouterTakesItsRoute(t *testing.T) {
	v := load(t, shelves, validation.Config{BasePath: "/api/",
		Refuse: func(w http.ResponseWriter, _ *http.Request, refusal validation.Refusal) {
			w.WriteHeader(refusal.Status)
			_, _ = io.WriteString(w, refusal.Operation.ID+" refused")
		}})
	handler := func(name string) http.Handler {
		return v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, name)
		}))
	}
	perRoute := chi.NewRouter()
	perRoute.With(v.Middleware).Get("/api/shelves/{id}/books/{book}/", handler("book").ServeHTTP)
	perRoute.Method("GET", "/api/shelves/{id:[a-z]+}", handler("shelf"))
	perRoute.Method("GET", "/api/elsewhere/{id}/", handler("elsewhere"))
	before := chi.NewRouter()
	before.Use(v.Middleware)
	before.Get("/api/shelves/{id}/books/{book}/", handler("book").ServeHTTP)
	mounted := chi.NewRouter()
	mounted.Route("/api", func(r chi.Router) {
		r.Use(v.Middleware)
		r.Get("/shelves/{id}", handler("shelf").ServeHTTP)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /api/shelves/{id}/books/{book}/{$}", handler("book"))
	mux.Handle("example.com/api/shelves/{id}", handler("shelf"))
	subtree := http.NewServeMux()
	subtree.Handle("/api/", handler("any"))

	for _, c := range []struct {
		name   string
		router http.Handler
		path   string
		want   string
	}{
		{"chi, a route of the contract", perRoute, "/api/shelves/abc/books/7/", "200 book"},
		{"chi, a value that is wrong", perRoute, "/api/shelves/abc/books/x/", "422 book refused"},
		{"chi, where another path of the contract fits better", perRoute, "/api/shelves/new/books/7/", "200 book"},
		{"chi, and would accept what this one does not", perRoute, "/api/shelves/new/books/xx/", "422 book refused"},
		{"chi, a route with a pattern", perRoute, "/api/shelves/abc", "200 shelf"},
		{"chi, a route that the contract does not have", perRoute, "/api/elsewhere/1/", "404  refused"},
		{"chi, before routing", before, "/api/shelves/abc/books/7/", "200 book"},
		{"chi, before routing, by our own match", before, "/api/shelves/new/books/x/", "422 new refused"},
		{"chi, in a group", mounted, "/api/shelves/abcd", "422 shelf refused"},
		{"chi, in a group, a right one", mounted, "/api/shelves/abc", "200 shelf"},
		{"net/http, a route of the contract", mux, "/api/shelves/abc/books/7/", "200 book"},
		{"net/http, where another path of the contract fits better", mux, "/api/shelves/new/books/7/", "200 book"},
		{"net/http, with a host", mux, "/api/shelves/abcd", "422 shelf refused"},
		{"net/http, a subtree", subtree, "/api/shelves/new/books/7/", "422 new refused"},
		{"net/http, outside the contract", subtree, "/api/x", "404  refused"},
		{"without a router", handler("any"), "/api/shelves/abc", "200 any"},
		{"without a router, outside the base path", handler("any"), "/shelves/abc", "404  refused"},
		{"chi, an escaped slash, which it leaves escaped", perRoute, "/api/shelves/a%2Fb/books/7/", "422 book refused"},
		{"net/http, an escaped slash, which is part of its segment", mux, "/api/shelves/a%2Fb/books/7/", "200 book"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			c.router.ServeHTTP(w, httptest.NewRequest("GET", c.path, nil))
			if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != c.want {
				t.Errorf("answered %s; want %s", got, c.want)
			}
		})
	}
}
