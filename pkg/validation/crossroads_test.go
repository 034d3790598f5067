package validation_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

// crossing is an operation of a contract whose paths are made to be mistaken for each other.
type crossing struct{ method, path string }

var crossings = []crossing{
	{"POST", "/transfers/{id}/"}, {"GET", "/transfers/{id}/"}, {"POST", "/transfers/create/"},
	{"GET", "/transfers/{id}/{part}/"}, {"GET", "/transfers/"},
	{"GET", "/files/{name}"}, {"GET", "/files/{name}/{part}"}, {"DELETE", "/files/{name}/"}, {"GET", "/files/a:b"},
	{"DELETE", "/accounts/"}, {"GET", "/accounts/{id}"}, {"POST", "/accounts/{id}"},
	{"GET", "/items/delta()"}, {"GET", "/items/a%20b"}, {"GET", "/items/caf%c3%a9"}, {"GET", "/things%3Abatch"},
	{"GET", "/items/things%3Abatch"}, {"GET", "/menu/caf%c3%a9"}, {"GET", "/menu/{dish}"},
	{"GET", "/menu/{dish}/caf%c3%a9"}, {"GET", "/menu/{dish}/{side}"},
	{"GET", "/x/{a}/y/{b}"}, {"GET", "/x/b/{c}/d"}, {"GET", "/x/{a}/{b}/"}, {"GET", "/{any}"},
	{"PUT", "/{any}/{more}/"}, {"GET", "/"}, {"HEAD", "/files/{name}/{part}"}, {"DELETE", "/accounts/{id}"},
}

// passed is what was checked of a request, or what its handler has read.
type passed struct {
	operation int
	path      []string
	query     map[string][]string
}

func (p *passed) String() string {
	if p == nil || p.operation < 0 {
		return "nothing"
	}
	c := crossings[p.operation]
	return fmt.Sprintf("%s %s with %q and %q", c.method, c.path, p.path, p.query)
}

// layouts are the ways in which one puts a validator and a router together.
var layouts = []struct {
	name string
	// base stands before the contract's paths in what is requested.
	base  string
	build func(w *crossroads) http.Handler
}{
	{"chi behind", "", func(w *crossroads) http.Handler {
		r := chi.NewRouter()
		r.Use(w.validator("").Middleware)
		w.chiRoutes(r, "", nil)
		return r
	}},
	{"chi behind, with paths as they mean", "", func(w *crossroads) http.Handler {
		r := chi.NewRouter()
		r.Use(w.validator("").Middleware)
		for i, c := range crossings {
			path, err := url.PathUnescape(c.path)
			if err != nil {
				panic(err)
			}
			r.Method(c.method, path, w.handler(i))
		}
		return r
	}},
	{"chi before", "", func(w *crossroads) http.Handler {
		r := chi.NewRouter()
		w.chiRoutes(r, "", w.validator("").Middleware)
		return r
	}},
	{"chi before and behind", "/api", func(w *crossroads) http.Handler {
		r := chi.NewRouter()
		r.Route("/api", func(r chi.Router) {
			r.Use(w.validator("/api").Middleware)
			w.chiRoutes(r, "", nil)
		})
		return r
	}},
	{"chi with a router of its own for each transfer", "", func(w *crossroads) http.Handler {
		v := w.validator("")
		r := chi.NewRouter()
		r.Route("/transfers/{id}", func(r chi.Router) {
			r.Use(v.Middleware)
			r.Method("POST", "/", w.handler(0))
			r.Method("GET", "/", w.handler(1))
			r.Method("GET", "/{part}/", w.handler(3))
		})
		r.With(v.Middleware).Method("POST", "/transfers/create/", w.handler(2))
		return r
	}},
	{"ServeMux behind", "", func(w *crossroads) http.Handler {
		return w.validatorWithout("", unregistered).Middleware(w.muxRoutes("", "{$}", nil))
	}},
	{"ServeMux behind, with open ends", "", func(w *crossroads) http.Handler {
		return w.validatorWithout("", unregistered).Middleware(w.muxRoutes("", "", nil))
	}},
	{"ServeMux before", "", func(w *crossroads) http.Handler {
		return w.muxRoutes("", "{$}", w.validator("").Middleware)
	}},
	{"ServeMux before, with open ends", "", func(w *crossroads) http.Handler {
		return w.muxRoutes("", "", w.validator("").Middleware)
	}},
	{"ServeMux before, then StripPrefix", "/api", func(w *crossroads) http.Handler {
		v := w.validator("")
		return w.muxRoutes("/api", "{$}", func(next http.Handler) http.Handler {
			return http.StripPrefix("/api", v.Middleware(next))
		})
	}},
	{"ServeMux before and behind", "/api", func(w *crossroads) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/api/", http.StripPrefix("/api", w.validatorWithout("", unregistered).Middleware(w.muxRoutes("",
			"{$}", nil))))
		return mux
	}},
	{"ServeMux before, chi behind", "/api", func(w *crossroads) http.Handler {
		r := chi.NewRouter()
		w.chiRoutes(r, "/api", nil)
		mux := http.NewServeMux()
		mux.Handle("/", w.validator("/api").Middleware(r))
		return mux
	}},
	{"StripPrefix, then chi behind", "/api", func(w *crossroads) http.Handler {
		r := chi.NewRouter()
		w.chiRoutes(r, "", nil)
		return http.StripPrefix("/api", w.validator("").Middleware(r))
	}},
	{"chi before, ServeMux behind", "/api", func(w *crossroads) http.Handler {
		r := chi.NewRouter()
		r.Mount("/api", w.validatorWithout("/api", unregistered).Middleware(w.muxRoutes("/api", "{$}", nil)))
		return r
	}},
}

// crossroads is a contract, and services that have it. It is for one request at a time.
type crossroads struct {
	services []http.Handler
	// checked is what the validator looked at, and ran what a handler did.
	checked, ran passed
	requests     bufio.Reader
}

func newCrossroads() *crossroads {
	w := new(crossroads)
	for _, l := range layouts {
		w.services = append(w.services, l.build(w))
	}
	return w
}

// document describes the crossings. Each operation and each value has a format of its own, which notes what is checked.
func (w *crossroads) document(without string) (text string, formats map[string]validation.Format) {
	formats = make(map[string]validation.Format)
	note := func(name string, f func(text []byte)) string {
		formats[name] = validation.Format{Expectation: "anything", Check: func(text []byte) bool {
			f(text)
			return true
		}}
		return name
	}
	paths := make(map[string]string)
	for i, c := range crossings {
		if c.path == without {
			continue
		}
		operation := note(fmt.Sprint("operation ", i), func([]byte) { w.checked.operation = i })
		parameters := `{"name": "X-Operation", "in": "header", "required": true, "schema": {"type": "string",
			"format": "` +
			operation + `"}}`
		for segment := range strings.SplitSeq(c.path, "/") {
			if name, ok := strings.CutPrefix(segment, "{"); ok {
				name = strings.TrimSuffix(name, "}")
				parameters += `, {"name": "` + name +
					`", "in": "path", "required": true, "schema": {"type": "string", "format": "` +
					note(fmt.Sprint("path ", i, name), func(text []byte) {
						w.checked.path = append(w.checked.path,
							string(text))
					}) +
					`"}}`
			}
		}
		value := note(fmt.Sprint("owner ", i), func(text []byte) { w.see("owner", text) })
		item := note(fmt.Sprint("tag ", i), func(text []byte) { w.see("tag[]", text) })
		parameters += `, {"name": "owner", "in": "query", "schema": {"type": "string", "format": "` + value + `"}},
			{"name": "tag[]", "in": "query", "schema": {"type": "array", "items": {"type": "string",
				"format": "` + item + `"}}}`
		if paths[c.path] != "" {
			paths[c.path] += ", "
		}
		paths[c.path] += `"` + strings.ToLower(c.method) + `": {"operationId": "` + strconv.Itoa(i) +
			`", "parameters": [` +
			parameters + `], "responses": {"200": {"description": "ok"}}}`
	}
	var items []string
	for path, item := range paths {
		items = append(items, `"`+path+`": {`+item+`}`)
	}
	return document("{" + strings.Join(items, ",\n") + "}"), formats
}

func (w *crossroads) see(name string, text []byte) {
	if w.checked.query == nil {
		w.checked.query = make(map[string][]string)
	}
	w.checked.query[name] = append(w.checked.query[name], string(text))
}

func (w *crossroads) validator(base string) *validation.Validator {
	return w.validatorWithout(base, "")
}

// unregistered is a path that ServeMux does not take beside the others.
const unregistered = "/x/b/{c}/d"

func (w *crossroads) validatorWithout(base, path string) *validation.Validator {
	text, formats := w.document(path)
	v, err := validation.Load([]byte(text), validation.Config{BasePath: base, Formats: formats})
	if err != nil {
		panic(err)
	}
	return v
}

func namesIn(path string) []string {
	var names []string
	for segment := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// handler runs an operation: it reads the values, by every way that there is, and notes them.
func (w *crossroads) handler(i int) http.HandlerFunc {
	names := namesIn(crossings[i].path)
	return func(_ http.ResponseWriter, r *http.Request) {
		w.ran = passed{operation: i}
		routed := chi.RouteContext(r.Context())
		for _, name := range names {
			value := r.PathValue(name)
			if routed != nil && routed.URLParam(name) != "" && routed.URLParam(name) != value {
				value = "chi: " + routed.URLParam(name) + ", net/http: " + value
			}
			w.ran.path = append(w.ran.path, value)
		}
		query := r.URL.Query()
		for _, name := range []string{"owner", "tag[]"} {
			if values := query[name]; len(values) > 0 {
				if w.ran.query == nil {
					w.ran.query = make(map[string][]string)
				}
				w.ran.query[name] = values
			}
		}
	}
}

func (w *crossroads) chiRoutes(r chi.Router, base string, around func(http.Handler) http.Handler) {
	for i, c := range crossings {
		var h http.Handler = w.handler(i)
		if around != nil {
			h = around(h)
		}
		r.Method(c.method, base+c.path, h)
	}
}

// muxRoutes leaves out the path that ServeMux finds to be in conflict with another one.
func (w *crossroads) muxRoutes(base, end string, around func(http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	for i, c := range crossings {
		var h http.Handler = w.handler(i)
		if around != nil {
			h = around(h)
		}
		pattern := c.method + " " + base + c.path
		if strings.HasSuffix(c.path, "/") {
			pattern += end
		}
		if c.path != unregistered {
			mux.Handle(pattern, h)
		}
	}
	return mux
}

// nobody is a ResponseWriter that nobody reads from.
type nobody struct {
	header http.Header
	status int
}

func (n *nobody) Header() http.Header         { return n.header }
func (n *nobody) Write(p []byte) (int, error) { return len(p), nil }
func (n *nobody) WriteHeader(status int)      { n.status = status }

// send sends a request to one of the services, and fails when what ran is not what was checked.
func (w *crossroads) send(i int, r *http.Request) error {
	w.checked, w.ran = passed{operation: -1}, passed{operation: -1}
	own := *r
	own.URL = new(url.URL)
	*own.URL = *r.URL
	answer := nobody{header: make(http.Header)}
	w.services[i].ServeHTTP(&answer, &own)
	return w.compare(i)
}

func (w *crossroads) compare(i int) error {
	if w.ran.operation < 0 {
		return nil
	}
	same := w.ran.operation == w.checked.operation && slices.Equal(w.ran.path, w.checked.path)
	for _, name := range []string{"owner", "tag[]"} {
		same = same && slices.Equal(w.ran.query[name], w.checked.query[name])
	}
	if !same {
		return fmt.Errorf("%s: checked is %v; run is %v", layouts[i].name, &w.checked, &w.ran)
	}
	return nil
}

// request reads a request line, with a path put before that of the target.
func (w *crossroads) request(method, target, base string) (*http.Request, error) {
	host, path := cutHost(target)
	w.requests.Reset(strings.NewReader(method + " " + host + base + path +
		" HTTP/1.1\r\nHost: example.com\r\nX-Operation: x\r\n\r\n"))
	return http.ReadRequest(&w.requests)
}

// line sends a request line to every service. It returns how many of them have run an operation, and whether the line
// is one at all.
func (w *crossroads) line(method, target string) (ran int, ok bool, err error) {
	requests := make(map[string]*http.Request)
	for i, l := range layouts {
		r := requests[l.base]
		if r == nil {
			if r, err = w.request(method, target, l.base); err != nil {
				return 0, false, nil //nolint:nilerr // net/http refuses it
			}
			requests[l.base] = r
		}
		if err := w.send(i, r); err != nil {
			return ran, true, fmt.Errorf("%s %s: %w", method, target, err)
		}
		if w.ran.operation >= 0 {
			ran++
		}
	}
	return ran, true, nil
}

// cutHost takes the host off a target in absolute form.
func cutHost(target string) (host, path string) {
	const prefix = "http://example.com"
	if path, ok := strings.CutPrefix(target, prefix); ok {
		return prefix, path
	}
	return "", target
}

var crossingMethods = []string{"GET", "POST", "PUT", "DELETE", "HEAD"}

// confusing are targets that one or another router has read in its own way.
var confusing = []string{
	"/transfers/create/", "/transfers/%63reate/", "/transfers/c%72eate/", "/transfers/%63%72%65%61%74%65/",
	"/transfers/create%2F", "/transfers/create%2f", "/transfers%2Fcreate/", "/transfers/%2Fcreate/", "/transfers/7/",
	"/transfers/%37/", "/transfers/7/8/", "/transfers/create/8/", "/transfers/%2F", "/transfers/%2F/", "/transfers//",
	"//transfers/create/", "/transfers//create/", "/transfers/./create/", "/transfers/x/../create/",
	"/transfers/x/%2e%2e/create/", "/transfers/%2e/create/", "/transfers/../transfers/create/", "/transfers/..",
	"/..", "/.", "/files/x", "/files/..%2Fmore-than-20-characters\"", "/files/..%2Fmore", "/files/a%2Fb",
	"/files/a%2fb/c", "/files/%2F", "/files/a%2Fb\"", "/files/a%41\"", "/files/a\"b", "/files/{name}",
	"/files/%7Bname%7D", "/files/{a}%20b", "/files/a|b%7Cc", "/files/a:b", "/files/a%3Ab", "/files/a%3ab",
	"/files/a%20b", "/files/a+b", "/files/a%2Bb", "/files/user%40example.com", "/files/hello%20world!",
	"/files/%C3%A9", "/files/%c3%a9", "/files/\xc3\xa9", "/files/%C0%AF", "/files/%ff", "/files/\xff", "/files/%00",
	"/files/%25", "/files/%2525", "/files/%252F", "/files/%25%32%46", "/files/a;b=c", "/files/*", "/files/a?b",
	"/files/a%3Fb", "/files/a%23b", "/files/a/", "/files/a/b", "/files/a/b/", "/files//b", "/files/a//",
	"/files/a%0Ab", "/accounts/?owner=me", "/accounts/?owner=me" + strings.Repeat("&", 9_999),
	"/accounts/?owner=me" + strings.Repeat("&", 10_000), "/accounts/?owner=me&" + strings.Repeat("a&", 20_000),
	"/accounts/?owner=me&owner=you", "/accounts/?owner=me;owner=you", "/accounts/?owner=%zz",
	"/accounts/?owner=%4De&%6Fwner=x", "/accounts/?owner=a+b", "/accounts/?owner", "/accounts/?&&owner=x&&",
	"/accounts/?tag[]=a&tag%5B%5D=b", "/accounts/?tag%5b%5d=a,b", "/accounts/?tag[]=", "/accounts/?owner=%C0%AF",
	"/accounts/?owner=a=b", "/accounts/?owner=?", "/accounts/?Owner=x", "/accounts/?owner=%00",
	"/accounts/?owner=\xff", "/accounts?owner=me", "/accounts/%3Fowner=me", "/accounts/x?owner=me", "/items/delta()",
	"/items/delta%28%29", "/items/delta%28)", "/items/a%20b", "/items/a+b", "/items/caf%c3%a9", "/items/caf%C3%A9",
	"/items/caf%C3%a9", "/items/caf\xc3\xa9", "/items/caf%25c3%25a9", "/items/things%3Abatch",
	"/items/things%3abatch", "/items/things:batch", "/items/%74hings%3Abatch", "/things%3Abatch", "/things%3abatch",
	"/things:batch", "/things%253Abatch", "/menu/caf%c3%a9", "/menu/caf%C3%A9", "/menu/caf%25c3%25a9", "/menu/soup",
	"/menu/soup/caf%c3%a9", "/menu/soup/caf%C3%A9", "/menu/s%6Fup/caf%c3%a9", "/menu/caf%c3%a9/caf%c3%a9",
	"/menu/a%20b/caf%c3%a9", "/x/1/y/2", "/x/b/1/d", "/x/b/y/d", "/x/%62/y/d", "/x/b/y/%64", "/x/1/2/", "/", "",
	"/any", "/an%79", "/a%2Fb", "/a/b/", "http://example.com/files/a%2Fb", "http://example.com/transfers/%63reate/",
	"http://example.com", "http://example.com/", "http://example.com?owner=x", "http://example.com//files/x", "*",
	"/api/files/x", "/%61pi/files/x",
}

// The targets that once led astray, and those that look as if they could.
func TestWhatIsCheckedIsWhatRuns(t *testing.T) {
	w := newCrossroads()
	requests := 0
	for _, target := range confusing {
		for _, method := range crossingMethods {
			if _, ok, err := w.line(method, target); err != nil {
				t.Error(err)
			} else if ok {
				requests++
			}
		}
	}
	if requests < 500 {
		t.Errorf("only %d requests could be read", requests)
	}
}

// An ordinary request is served, whatever the router and wherever it stands.
func TestOrdinaryPathsAreServed(t *testing.T) {
	w := newCrossroads()
	for _, c := range []struct {
		method, target string
		operation      int
		values         []string
		// not are parts of the names of services that do not serve it.
		not []string
	}{
		{"POST", "/transfers/create/", 2, nil, nil},
		{"POST", "/transfers/7/", 0, []string{"7"}, nil},
		{"GET", "/files/a%20b", 5, []string{"a b"}, []string{"for each transfer"}},
		{"GET", "/files/%C3%A9", 5, []string{"é"}, []string{"for each transfer"}},
		{"GET", "/files/a\"b", 5, []string{`a"b`}, []string{"for each transfer"}},
		{"GET", "/files/a:b", 8, nil, []string{"for each transfer"}},
		// chi has put down the path already, with its escapes.
		{"GET", "/files/user%40example.com", 5, []string{"user@example.com"},
			[]string{"for each transfer", "chi before"}},
		{"GET", "/files/hello%20world!", 5, []string{"hello world!"}, []string{"for each transfer", "chi before"}},
		{"GET", "/files/%c3%a9", 5, []string{"é"}, []string{"for each transfer", "chi before"}},
		// A slash in a segment is for ServeMux alone, and only where it has come first.
		{"GET", "/files/a%2Fb/c", 6, []string{"a/b", "c"}, []string{"for each transfer", "behind", "chi"}},
		{"GET", "/items/delta()", 12, nil, []string{"for each transfer"}},
		{"GET", "/items/delta%28%29", 12, nil, []string{"for each transfer"}},
		{"GET", "/items/caf%c3%a9", 14, nil, []string{"for each transfer", "as they mean"}},
		// chi reads it without the escapes, and has a route with them.
		{"GET", "/items/caf%C3%A9", 14, nil, []string{"for each transfer", "chi"}},
		{"GET", "/items/things%3Abatch", 16, nil, []string{"for each transfer", "as they mean"}},
		{"DELETE", "/accounts/?owner=me&tag[]=a&tag[]=b", 9, nil, []string{"for each transfer"}},
	} {
		for i, l := range layouts {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(
				c.method + " " + l.base + c.target + " HTTP/1.1\r\nHost: example.com\r\nX-Operation: x\r\n\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.send(i, r); err != nil {
				t.Errorf("%s: %v", c.target, err)
			}
			want := !slices.ContainsFunc(c.not, func(name string) bool { return strings.Contains(l.name, name) })
			if want && (w.ran.operation != c.operation || !slices.Equal(w.ran.path, c.values)) {
				t.Errorf("%s, %s: run is %v", l.name, c.target, &w.ran)
			}
		}
	}
}

// The same over a connection, with all that net/http does to a request.
func TestWhatIsCheckedIsWhatRunsOverAConnection(t *testing.T) {
	w := newCrossroads()
	var service int
	var compared error
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.checked, w.ran = passed{operation: -1}, passed{operation: -1}
		w.services[service].ServeHTTP(rw, r)
		compared = w.compare(service)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	served := 0
	for i, l := range layouts {
		service = i
		for _, target := range confusing {
			if !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n") {
				continue
			}
			for _, method := range []string{"GET", "POST"} {
				compared = nil
				_, _ = io.WriteString(conn, method+" "+l.base+target+
					" HTTP/1.1\r\nHost: example.com\r\nX-Operation: x\r\nContent-Length: 0\r\n\r\n")
				res, err := http.ReadResponse(answers, nil)
				if err != nil {
					t.Fatalf("%s %s: %v", method, target, err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				if compared != nil {
					t.Errorf("%s %s: %v", method, target, compared)
				}
				if w.ran.operation >= 0 && res.StatusCode == http.StatusOK {
					served++
				}
				if res.Close {
					_ = conn.Close()
					if conn, err = net.Dial("tcp", server.Listener.Addr().String()); err != nil {
						t.Fatal(err)
					}
					answers.Reset(conn)
				}
			}
		}
	}
	if served < 200 {
		t.Errorf("only %d requests were served", served)
	}
}

// randomTarget makes a target that looks as if it were meant for a path of the contract.
func randomTarget(d func(int) int) string {
	pieces := []string{"/", "//", "/./", "/../", "%2F", "%2f", ".", "..", "%2e", "%2E%2E", "a", "create", "%63reate",
		"caf%c3%a9",
		"caf%C3%A9", "caf\xc3\xa9", "a:b", "a%3Ab", "delta()", "b", "y", "d", "files", "transfers", "menu", "x",
		"accounts",
		"%20", "%25", "%252F", "%00", "%C0%AF", "%ff", "\xff", "\"", "{", "}", "|", "^", "+", ";", "*", "!", "@",
		"%40", "=", ",",
		"?", "#", "&", "%", "%zz", "\\", "%5C", ":", "$", "~", "%7E", "é"}
	pick := func(from []string) string { return from[d(len(from))] }
	var b strings.Builder
	if d(20) == 0 {
		b.WriteString("http://example.com")
	}
	if d(8) > 0 {
		for segment := range strings.SplitSeq(crossings[d(len(crossings))].path[1:], "/") {
			b.WriteByte('/')
			if strings.HasPrefix(segment, "{") {
				segment = ""
				for range 1 + d(3)*d(2) {
					segment += pick(pieces)
				}
			}
			b.WriteString(segment)
		}
	} else {
		b.WriteByte('/')
		for range d(8) {
			b.WriteString(pick(pieces))
		}
	}
	path := b.String()
	for range d(3) * d(2) {
		at := 1 + d(len(path))
		if at >= len(path) {
			continue
		}
		switch d(4) {
		case 0:
			path = path[:at] + pick(pieces) + path[at:]
		case 1:
			path = path[:at] + fmt.Sprintf("%%%02X", path[at]) + path[at+1:]
		case 2:
			path = path[:at] + fmt.Sprintf("%%%02x", path[at]) + path[at+1:]
		case 3:
			path = path[:at] + path[at+1:]
		}
	}
	if d(3) > 0 {
		return path
	}
	path += "?"
	names := []string{"owner", "owner", "tag[]", "tag%5B%5D", "tag%5b%5d", "o%77ner", "Owner", "other", "",
		"own\xffer", "ow;ner"}
	for range d(5) {
		path += pick(names) + pick([]string{"=", "=", "=", "", "=="}) + pick(pieces) + pick([]string{"&", "&", "&&",
			";", "%26", ""})
	}
	if d(200) == 0 {
		path += strings.Repeat("&", 9_990+d(20))
	}
	return path
}

// VALIDATION_TARGETS says how many request lines to send to every service; docs/validation.md has the figure of the
// last long run. VALIDATION_SEED repeats a run.
func TestWhatIsCheckedIsWhatRunsForRandomTargets(t *testing.T) {
	count, seed := 20_000, rand.Uint64()
	for name, to := range map[string]func(string) error{
		"VALIDATION_TARGETS": func(s string) (err error) { count, err = strconv.Atoi(s); return err },
		"VALIDATION_SEED":    func(s string) (err error) { seed, err = strconv.ParseUint(s, 10, 64); return err },
	} {
		if text := os.Getenv(name); text != "" {
			if err := to(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	const workers = 4
	var requests, ran, wrong atomic.Int64
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			w := newCrossroads()
			source := rand.New(rand.NewPCG(seed, uint64(worker)))
			for i := worker; i < count && wrong.Load() < 5; i += workers {
				target := randomTarget(source.IntN)
				n, ok, err := w.line(crossingMethods[source.IntN(len(crossingMethods))], target)
				if err != nil {
					wrong.Add(1)
					t.Errorf("seed %d: %q: %v", seed, target, err)
				}
				if ok {
					requests.Add(1)
				}
				ran.Add(int64(n))
			}
		})
	}
	group.Wait()
	t.Logf("seed %d: %d request lines, %d of them requests; %d operations ran in %d services", seed, count,
		requests.Load(),
		ran.Load(), len(layouts))
	if requests.Load() < int64(count/3) || ran.Load() < int64(count/3) {
		t.Error("the test is blind on one side")
	}
}

// A byte 1 stands for five thousand ampersands, which would make a fuzzer slow.
func FuzzWhatIsCheckedIsWhatRuns(f *testing.F) {
	for i, target := range confusing {
		target = strings.ReplaceAll(target, strings.Repeat("&", 5_000), "\x01")
		for layout := range layouts {
			f.Add(uint8(i+layout), uint8(layout), []byte(target[:min(len(target), 100)]))
		}
	}
	w := newCrossroads()
	f.Fuzz(func(t *testing.T, method, layout uint8, target []byte) {
		if bytes.ContainsAny(target, "\r\n ") {
			return
		}
		line := strings.Replace(string(target), "\x01", strings.Repeat("&", 5_000), 3)
		i := int(layout) % len(layouts)
		r, err := w.request(crossingMethods[int(method)%len(crossingMethods)], line, layouts[i].base)
		if err != nil {
			return
		}
		if err := w.send(i, r); err != nil {
			t.Errorf("%q: %v", target, err)
		}
	})
}
