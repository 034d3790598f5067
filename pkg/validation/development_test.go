package validation_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// explained spells out violations as "body.amount is required", in their order.
func explained(e *validation.Refusal) []string {
	var list []string
	if e != nil {
		for _, v := range e.Violations {
			list = append(list, place(v)+" "+v.Message)
		}
	}
	return list
}

func TestWhatIsUnknownIsRefusedWhereOneWantsIt(t *testing.T) {
	validators := make(map[bool]*validation.Validator)
	for _, development := range []bool{false, true} {
		var err error
		if validators[development], err = validation.Load(partnergo.Spec(), validation.Config{RefuseUnknown: true,
			Development: development}); err != nil {
			t.Fatal(err)
		}
	}
	strict := func(development bool) *validation.Validator { return validators[development] }
	const known = " must not be sent: the contract does not know it"
	const nearest = known + "; the nearest known one is "
	for _, c := range []struct {
		name, method, target, body string
		quiet, inDevelopment       string
	}{
		{"what the contract knows", "POST", transfers, transfer, "", ""},
		{"a query that it knows", "GET", "/api/v2/pockets/?limit=5", "", "", ""},
		{"misspelled parameters", "GET", "/api/v2/pockets/?filter[staus]=OPEN&limt=5&limt=6", "",
			"query.*" + nearest + "filter[status]; query.*" + nearest + "limit",
			"query.filter[staus]" + nearest + "filter[status]; query.limt" + nearest + "limit"},
		{"a query where none is known", "GET", "/health?verbose=1", "", "query.*" + known, "query.verbose" + known},
		{"a misspelled member", "POST", transfers, strings.Replace(transfer, `"description"`, `"descriptionn"`, 1),
			"body.*" + nearest + "description", "body.descriptionn" + nearest + "description"},
		{"a body where none is known", "GET", "/health", "{}", "body" + known, "body" + known},
	} {
		t.Run(c.name, func(t *testing.T) {
			for development, want := range map[bool]string{false: c.quiet, true: c.inDevelopment} {
				for _, chunked := range []bool{false, true} {
					r := request(c.method, c.target, c.body)
					r.Header.Set("X-Other", "1")
					r.AddCookie(&http.Cookie{Name: "other", Value: "1"})
					if chunked {
						r.Body, r.ContentLength = io.NopCloser(strings.NewReader(c.body)), -1
					}
					if got := explained(refusal(t, strict(development).CheckRequest(r))); strings.Join(got,
						"; ") != want {
						t.Errorf("development: %v: %q; want %q", development, got, want)
					}
				}
			}
			if err := shared().CheckRequest(request(c.method, c.target, c.body)); err != nil {
				t.Errorf("without the option: %v", err)
			}
		})
	}
	res := answer(request("GET", "/health", ""), 422, `{"detail":[],"hint":"x"}`)
	if got := rules(refusal(t, strict(false).CheckResponse(res))); len(got) == 0 {
		t.Error("an unknown member of a response is accepted")
	}
}

const pets = `{
	"/pets/": {"get": {"operationId": "list", "responses": {"200": {"description": "ok"}}}},
	"/pets/{id}/": {"get": {"operationId": "get", "parameters": [{"name": "id", "in": "path", "required": true,
		"schema": {"type": "string"}}], "responses": {"200": {"description": "ok"}}}},
	"/pets/{id}/toys/{toy}": {"get": {"operationId": "toy", "parameters": [{"name": "id", "in": "path",
		"required": true,
		"schema": {"type": "string"}}, {"name": "toy", "in": "path", "required": true, "schema": {"type": "string"}}],
		"responses": {"200": {"description": "ok"}}}},
	"/health": {"get": {"operationId": "health", "responses": {"200": {"description": "ok"}}}}}`

// A 404 says to whoever observes, or develops, which path was meant, and to a stranger nothing.
func TestA404SaysWhichPathWasMeant(t *testing.T) {
	const plain = "path must be a path of the contract"
	for _, c := range []struct{ name, base, path, want string }{
		{"no slash at the end", "", "/pets/" + marker, plain + "; with a slash at its end it would be /pets/{id}/"},
		{"a slash too many at the end", "", "/health/", plain + "; without the slash at its end it would be /health"},
		{"an empty segment", "", "/pets//" + marker + "/", plain + "; without empty segments it would be /pets/{id}/"},
		{"a mount", "", "/api/pets/", plain + "; without what stands before it, it would be /pets/ " +
			"(is it mounted? Set Config.BasePath, or take it off by http.StripPrefix)"},
		{"a deeper mount", "", "/api/v1/pets/1/toys/2", plain + "; without what stands before it, it would be " +
			"/pets/{id}/toys/{toy} (is it mounted? Set Config.BasePath, or take it off by http.StripPrefix)"},
		{"a base that was taken off", "/api", "/pets/", plain + "; below /api it would be /api/pets/ " +
			"(was that taken off? Set Config.BasePath to / then)"},
		{"another base", "/api", "/v2/pets/", plain + "; without what stands before it, it would be /api/pets/ " +
			"(is it mounted? Set Config.BasePath, or take it off by http.StripPrefix)"},
		{"a misspelled segment", "", "/pet/" + marker + "/toys/1", plain +
			"; the nearest one is /pets/{id}/toys/{toy}"},
		{"another misspelled one", "", "/heath", plain + "; the nearest one is /health"},
		{"nothing that is near", "", "/" + marker + "/x/y", plain},
		{"nothing at all", "", "*", plain},
		{"much too long", "", "/" + strings.Repeat("pets/", 10_000), plain},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, development := range []bool{false, true} {
				var seen *validation.Refusal
				config := validation.Config{BasePath: c.base, Development: development,
					Observe: func(_ context.Context, e validation.Event) { seen = e.Refusal }}
				v := load(t, pets, config)
				r := httptest.NewRequest("GET", "/", nil)
				r.URL.Path = c.path
				w := httptest.NewRecorder()
				v.Middleware(http.NotFoundHandler()).ServeHTTP(w, r)
				want := c.want
				if !development {
					want, _, _ = strings.Cut(want, "; the nearest")
				}
				if w.Code != 404 || seen == nil || strings.Join(explained(seen), "") != want {
					t.Errorf("%d, observed %v; want %q", w.Code, seen, want)
				}
				answered := `{"detail":"Not Found"}`
				if development {
					answered = `{"detail":"Not Found: the ` + want + `"}`
				}
				if got := strings.TrimSpace(w.Body.String()); got != answered {
					t.Errorf("development: %v: answered %s; want %s", development, got, answered)
				}
				problem := httptest.NewRecorder()
				validation.WriteProblem(problem, r, *seen)
				if strings.Contains(problem.Body.String(), "The "+want) != development {
					t.Errorf("development: %v: answered %s", development, problem.Body)
				}
				if strings.Contains(seen.Error(), marker) {
					t.Errorf("it says %s", seen)
				}
			}
		})
	}
}

// A path that is refused for its spelling is told so: it says nothing of the contract.
func TestASpellingThatIsRefusedIsTold(t *testing.T) {
	v := load(t, pets, validation.Config{})
	for path, want := range map[string]string{
		"/%70ets/":    "must be spelled without escapes of letters, digits, hyphens, dots, underscores and tildes",
		"/pets/../":   "must not have . or .. between slashes",
		"/pets/%2e/":  "must not have . or .. between slashes",
		"/pets/%2F/":  "must not be one that routers can read as several paths of the contract",
		"/pets/%2e./": "must not have . or .. between slashes",
	} {
		w := httptest.NewRecorder()
		v.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 404 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if _, ok := v.Operation("GET", path); ok || v.Match(httptest.NewRequest("GET", path, nil)) != nil {
			t.Errorf("%s is an operation", path)
		}
	}
	w := httptest.NewRecorder()
	v.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/pets/a%2Fb/", nil))
	if w.Code != 422 || !strings.Contains(w.Body.String(),
		`{"loc":["path","id"],"msg":"must be spelled with fewer escapes`) {
		t.Errorf("an escaped slash: %d %s", w.Code, w.Body)
	}
}

// What development reveals is names and places, never values.
func TestDevelopmentRevealsNoValues(t *testing.T) {
	v, err := validation.Load(partnergo.Spec(), validation.Config{Development: true, RefuseUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	for what, r := range map[string]*http.Request{
		"path":            request("GET", "/"+marker, ""),
		"path parameter":  request("GET", "/api/v1/wires/"+marker+"/", ""),
		"query":           request("GET", "/api/v1/wires/?limit="+marker+"&other="+marker, ""),
		"broken JSON":     request("POST", transfers, `{"a":"`+marker+`",}`),
		"another JSON":    request("POST", transfers, `{"a":`+marker+`}`),
		"repeated member": request("POST", transfers, `{"a":"`+marker+`","a":"`+marker+`"}`),
		"wrong values":    request("POST", transfers, strings.ReplaceAll(transfer, "8a7ec6c0", marker)),
		"unknown members": request("POST", transfers, `{"a":"`+marker+`","b":["`+marker+`"]}`),
	} {
		err := v.CheckRequest(r)
		if err == nil {
			t.Errorf("%s: accepted", what)
		}
		searchLeaks(t, what, err)
	}
	e := refusal(t, v.CheckRequest(request("POST", transfers, `{"type":"PEER_TO_PEER" "x":1}`)))
	if got := strings.Join(explained(e), "; "); got !=
		"body must be exactly one well-formed JSON value: a comma or a closing brace is missing at byte 23" {
		t.Error(got)
	}
}

// The base path is that of the servers, unless one says otherwise.
func TestTheBasePathIsThatOfTheServers(t *testing.T) {
	server := func(urls ...string) string {
		var list []string
		for _, u := range urls {
			variables := "{}"
			if strings.Contains(u, "{") {
				variables = `{"version": {"default": "v3"}, "host": {"default": "example.com"}}`
			}
			list = append(list, `{"url": "`+u+`", "variables": `+variables+`}`)
		}
		return strings.Replace(document(pets), `"paths"`, `"servers": [`+strings.Join(list, ", ")+`], "paths"`, 1)
	}
	for _, c := range []struct {
		name, spec, base string
		// served is a path that is found, and warned what is said at the start.
		served, warned string
	}{
		{"no servers", document(pets), "", "/pets/", ""},
		{"a server without a path", server("https://example.com"), "", "/pets/", ""},
		{"a server with a slash", server("https://example.com/"), "", "/pets/", ""},
		{"a server with a path", server("https://example.com/api"), "", "/api/pets/", ""},
		{"a server with a path and a slash", server("https://example.com/api/v1/"), "", "/api/v1/pets/", ""},
		{"a server with variables", server("https://{host}/{version}"), "", "/v3/pets/", ""},
		{"a server that is a path", server("/api"), "", "/api/pets/", ""},
		{"several with the same path", server("https://a.example/api", "https://b.example/api/"), "", "/api/pets/", ""},
		{"several with different paths", server("https://a.example/v1", "https://a.example/v2"), "", "/pets/",
			"several paths"},
		{"several, and one says which", server("https://a.example/v1", "https://a.example/v2"), "/v2", "/v2/pets/", ""},
		{"one says another", server("https://example.com/api"), "/other", "/other/pets/", ""},
		{"one says none", server("https://example.com/api"), "/", "/pets/", ""},
		{"twice the same", server("https://example.com"), "/pets", "/pets/pets/", ""},
		{"a path with servers of its own", strings.Replace(document(pets), `"/pets/": {`,
			`"/pets/": {"servers": [{"url": "/old"}], `, 1), "", "/pets/", "servers of its own"},
		{"no paths", document("{}"), "", "", "no paths"},
		{"a base that all paths have", strings.NewReplacer(`"/pets/`, `"/api/pets/`, `"/health`,
			`"/api/health`).Replace(
			document(pets)), "/api", "/api/api/pets/", "need it twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			v, err := validation.Load([]byte(c.spec), validation.Config{BasePath: c.base,
				Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := v.Operation("GET", c.served); ok != (c.served != "") {
				t.Errorf("%s is an operation: %v", c.served, ok)
			}
			if (log.Len() > 0) != (c.warned != "") || !strings.Contains(log.String(), c.warned) {
				t.Errorf("warned of %q; want %q", log.String(), c.warned)
			}
		})
	}
	// A client finds its paths below those of the servers as well.
	v, err := validation.Load([]byte(server("https://example.com/api")), validation.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", "https://example.com/api/pets/7/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.CheckRequest(r); err != nil {
		t.Error(err)
	}
}

// Handlers behind a route that took a prefix off are served, as are those that a route of chi's mounts.
func TestAPrefixThatWasTakenOff(t *testing.T) {
	v := load(t, pets, validation.Config{})
	served := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w,
			"pet "+r.PathValue("id"))
	})
	mux := http.NewServeMux()
	mux.Handle("GET /api/pets/{id}/", http.StripPrefix("/api", v.Middleware(served)))
	mux.Handle("GET /api/v1/pets/{id}/{$}", http.StripPrefix("/api/v1", v.Middleware(served)))
	mux.Handle("example.com/open/", http.StripPrefix("/open", v.Middleware(served)))
	router := chi.NewRouter()
	router.Handle("/chi/pets/{id}/", http.StripPrefix("/chi", v.Middleware(served)))
	mux.Handle("/chi/", router)
	for path, want := range map[string]string{
		"/api/pets/7/": "pet 7", "/api/v1/pets/7/": "pet 7", "/open/pets/7/": "pet ", "/chi/pets/7/": "pet 7",
		"/api/pets/a%20b/": "pet a b",
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: %d %s; want %s", path, w.Code, w.Body, want)
		}
	}
}
