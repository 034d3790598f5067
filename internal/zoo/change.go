package zoo

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// route is an operation with the segments of its path.
type route struct {
	id       string
	segments []string
}

// routes are those of each method. They are asked for with each request.
var routes = sync.OnceValue(func() map[string][]route {
	all := map[string][]route{}
	for _, o := range partnerapi.Operations() {
		all[o.Method] = append(all[o.Method], route{o.ID, strings.Split(o.Path, "/")})
	}
	return all
})

// operationOf is the id of the operation that a request calls, or empty.
func operationOf(r *http.Request) string {
	got := strings.Split(r.URL.EscapedPath(), "/")
	best, literal := "", -1
	for _, o := range routes()[r.Method] {
		if len(o.segments) != len(got) {
			continue
		}
		same, fits := 0, true
		for i, want := range o.segments {
			switch {
			case want == got[i]:
				same++
			case !strings.HasPrefix(want, "{") || got[i] == "":
				fits = false
			}
		}
		if fits && same > literal {
			best, literal = o.id, same
		}
	}
	return best
}

// answer is what the right server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask has a server answer, and holds what it says.
func ask(h http.Handler, r *http.Request) *answer {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return &answer{w.Code, w.Header(), w.Body.Bytes()}
}

func (a *answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	if w.Header().Get("Content-Length") != "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// value is the JSON of an answer, with its numbers as they are, or nil.
func (a *answer) value() any {
	return decode(a.body)
}

// decode reads JSON, with its numbers as they are.
func decode(body []byte) any {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

func (a *answer) setValue(v any) {
	a.body, _ = json.Marshal(v)
}

// onAnswer changes the answers of some operations, or of all if none is named.
func onAnswer(change func(r *http.Request, a *answer), operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !touches(r, operations) {
				b.ServeHTTP(w, r)
				return
			}
			a := ask(b, r)
			change(r, a)
			a.write(w)
		})
	}
}

// onSuccess changes the JSON of the successful answers of some operations.
func onSuccess(change func(v any) any, operations ...string) func(Bank) http.Handler {
	return onAnswer(func(_ *http.Request, a *answer) {
		if v := a.value(); a.status/100 == 2 && v != nil {
			a.setValue(change(v))
		}
	}, operations...)
}

// touches reports whether a request calls one of the operations. What is not of the API is never touched.
func touches(r *http.Request, operations []string) bool {
	called := operationOf(r)
	return called != "" && (len(operations) == 0 || slices.Contains(operations, called))
}

// onRequest changes the requests of some operations before the right server sees them: r's body is body.
func onRequest(change func(r *http.Request, body []byte) []byte, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if touches(r, operations) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				b.put(r, change(r, body))
			}
			b.ServeHTTP(w, r)
		})
	}
}

// put gives a request another body, and signs it if its signature was right before.
func (b Bank) put(r *http.Request, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if r.Header.Get("Content-Length") != "" {
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	b.sign(r, body)
}

// sign signs a request anew.
func (b Bank) sign(r *http.Request, body []byte) {
	s, err := signing.Sign(b.SigningSecret, r.Header.Get("X-Jiko-Idempotency"), r.URL.EscapedPath(), body)
	if err == nil {
		r.Header.Set(signing.HeaderSignature, s)
	}
}

// in is the member of an object, or nil.
func in(v any, names ...string) any {
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// with sets a member of an object.
func with(v any, name string, value any) any {
	if object, ok := v.(map[string]any); ok {
		object[name] = value
	}
	return v
}

// lacking removes a member of an object.
func lacking(v any, name string) any {
	if object, ok := v.(map[string]any); ok {
		delete(object, name)
	}
	return v
}
