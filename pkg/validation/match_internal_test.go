package validation

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

const twoPaths = `{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {
	"/a/{id}/": {"get": {"operationId": "a",
		"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
		"responses": {"200": {"description": "ok"}}}},
	"/b/": {"get": {"operationId": "b",
		"parameters": [{"name": "q", "in": "query", "required": true, "schema": {"type": "string"}}],
		"responses": {"200": {"description": "ok"}}}}}}`

// A match is relied on for the request that it was found for, and for no other.
func TestMiddlewareTakesOnlyTheMatchOfItsRequest(t *testing.T) {
	var match *Match
	var refused []string
	config := Config{
		Matched: func(*http.Request) *Match { return match },
		Refuse:  func(_ http.ResponseWriter, _ *http.Request, r Refusal) { refused = append(refused, r.Operation.ID) },
	}
	v, err := Load([]byte(twoPaths), config)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Load([]byte(twoPaths), config)
	if err != nil {
		t.Fatal(err)
	}
	b := v.Match(httptest.NewRequest("GET", "/b/?q=1", nil)).op
	// misled has found b where there is a. Only somebody who relies on it misses the parameter q.
	misled := func(v *Validator, r *http.Request) *Match {
		m := v.Match(r)
		m.op = b
		return m
	}
	get := func(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }
	behindRouter := get("/a/1/")
	behindRouter.Pattern = "GET /a/{x}/"
	escaped := get("/a/%31/")
	for _, c := range []struct {
		name     string
		match    *Match
		r        *http.Request
		reliedOn bool
	}{
		{"the request's own", misled(v, get("/a/1/")), get("/a/1/"), true},
		{"another query", misled(v, get("/a/1/?x=1")), get("/a/1/"), true},
		{"none", nil, get("/a/1/"), false},
		{"an empty one", new(Match), get("/a/1/"), false},
		{"of another path", misled(v, get("/a/2/")), get("/a/1/"), false},
		{"of another spelling of the path", misled(v, get("/a/1/")), escaped, false},
		{"of what a router has matched since", misled(v, get("/a/1/")), behindRouter, false},
		{"of another validator", misled(other, get("/a/1/")), get("/a/1/"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			match, refused = c.match, nil
			v.Middleware(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), c.r)
			if relied := len(refused) == 1 && refused[0] == "b"; relied != c.reliedOn {
				t.Errorf("refused %q; want the match to be relied on: %v", refused, c.reliedOn)
			}
		})
	}
	posted := httptest.NewRequest("POST", "/a/1/", nil)
	if match, refused = misled(v, get("/a/1/")), nil; !v.Find(new(Match), get("/a/1/")) || v.Find(match, posted) {
		t.Error("Find finds another method")
	}
	if match.op != nil || match.Operation.ID != "" {
		t.Errorf("Find has left %+v", match.Operation)
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	v, err := Load([]byte(twoPaths), Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, m := httptest.NewRequest("GET", "/a/1/", nil), new(Match)
	if n := testing.AllocsPerRun(100, func() { v.Find(m, r) }); n != 0 || m.Operation.ID != "a" {
		t.Errorf("%v allocations for %+v", n, m.Operation)
	}
}

// A request that is right costs the middleware nothing, wherever it stands.
func TestMiddlewareAllocatesNothing(t *testing.T) {
	v, err := Load([]byte(twoPaths), Config{})
	if err != nil {
		t.Fatal(err)
	}
	handler := v.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for name, pattern := range map[string]string{
		"before a router": "", "behind ServeMux": "GET /a/{x}/", "behind ServeMux, exactly": "GET /a/{x}/{$}",
		"behind chi": "/a/{x:[0-9]+}", "behind StripPrefix": "GET example.com/api/v1/a/{x}/", "below a mount": "/api/",
		"below a mount of chi's": "/api/*",
	} {
		r := httptest.NewRequest("GET", "/a/1/?q=2", nil)
		r.Pattern = pattern
		r.SetPathValue("x", "1")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if n := testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, r) }); n != 0 && !raceDetector ||
			w.Code != http.StatusOK {
			t.Errorf("%s: %v allocations; answered %d %s", name, n, w.Code, w.Body)
		}
	}
}
