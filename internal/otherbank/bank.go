package otherbank

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Credentials of the one partner that there is.
const (
	Username      = "partner-of-the-other-bank"
	Password      = "a-long-password-of-the-other-bank"
	SigningSecret = "a-secret-that-both-of-us-know"
)

// Bank is a server. It implements http.Handler.
type Bank struct {
	mood   Mood
	routes *http.ServeMux
	post   *post

	mu       sync.Mutex
	requests int64
	numbers  int64
	tokens   map[string]time.Time
	keys     map[string]*use
	people   []string
	papers   map[string]*paper
	pockets  []*pocket
	hooks    []*hook
	events   []*event
}

// New returns a bank with two customers, who have a pocket each.
func New(mood Mood) *Bank {
	b := &Bank{mood: mood, routes: http.NewServeMux(), tokens: map[string]time.Time{}, keys: map[string]*use{},
		papers: map[string]*paper{}, people: []string{uuid(), uuid()}}
	b.post = newPost(b)
	for _, customer := range b.people {
		b.pockets = append(b.pockets, &pocket{ID: uuid(), number: b.next(), customer: customer, name: "Everyday",
			deposit: strategies[0].id, status: "OPEN"})
	}
	b.serve("POST /api/v1/login/", bare, b.logIn)
	b.serve("GET /health", bare, func(*call) answer { return answer{200, "OK"} })
	b.serve("GET /api/v2/trading-strategies/", 0, b.listStrategies)
	b.serve("GET /api/v2/pocket-configurations/", 0, b.listConfigurations)
	b.serve("GET /api/v2/pockets/", 0, b.listPockets)
	b.serve("GET /api/v2/pockets/{pocket}/", 0, b.showPocket)
	b.serve("GET /api/v2/pockets/{pocket}/earnings/", 0, b.showEarnings)
	b.serve("GET /api/v2/customers/{customer}/pockets/", 0, b.listPockets)
	b.serve("POST /api/v2/customers/{customer}/pockets/", 0, b.openPocket)
	b.serve("GET /api/v2/customers/{customer}/pockets/{pocket}/", 0, b.showPocket)
	b.serve("PATCH /api/v2/customers/{customer}/pockets/{pocket}/", problems, b.changePocket)
	b.serve("POST /api/v1/sandbox/fund/", 0, b.fund)
	b.serve("GET /api/v1/subscriptions/", 0, b.listHooks)
	b.serve("POST /api/v1/subscriptions/", 0, b.addHook)
	b.serve("GET /api/v1/subscriptions/{hook}/", 0, b.showHook)
	b.serve("PATCH /api/v1/subscriptions/{hook}/", 0, b.changeHook)
	b.serve("DELETE /api/v1/subscriptions/{hook}/", 0, b.removeHook)
	b.serve("GET /api/v1/events/types/", 0, b.listTypes)
	b.serve("GET /api/v1/events/", 0, b.listEvents)
	b.serve("POST /api/v1/sandbox/webhook/", 0, b.trigger)
	if mood.Onboards {
		b.serve("POST /api/v1/applications/", 0, b.apply)
		b.serve("GET /api/v1/applications/{paper}/", 0, b.showPaper)
		b.serve("POST /api/v1/applications/{paper}/apply/", 0, b.submit)
	}
	return b
}

// Close ends deliveries.
func (b *Bank) Close() { b.post.close() }

// Customers are the ids of those that were there before anybody called.
func (b *Bank) Customers() []string { return append([]string(nil), b.people[:2]...) }

// Pockets are the ids of their pockets.
func (b *Bank) Pockets() []string { return []string{b.pockets[0].ID, b.pockets[1].ID} }

// How a route differs from others.
type trait int

const (
	// bare needs no credentials.
	bare trait = 1 << iota
	// problems answers 422 in the second of the two shapes.
	problems
)

// A call is a request of which the body has been read.
type call struct {
	*http.Request
	body   []byte
	traits trait
}

// An answer is a status and what becomes the JSON of its body, nil for none.
type answer struct {
	status int
	value  any
}

// serve has a function answer a route. The bank is locked meanwhile.
func (b *Bank) serve(route string, traits trait, do func(*call) answer) {
	if strings.HasSuffix(route, "/") {
		route += "{$}"
	}
	b.routes.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, traits: traits}
		var no *refusal
		if c.body, no = bodyOf(r); no == nil && traits&bare == 0 {
			no = b.admit(c)
		}
		if no == nil && c.Method == http.MethodHead && b.mood.NoHEAD {
			w.Header().Set("Allow", http.MethodGet)
			no = refuse(http.StatusMethodNotAllowed, "no_head", "Ask with GET")
		}
		if no == nil {
			no = b.readable(c)
		}
		if no != nil {
			b.write(w, b.refused(c, no))
			return
		}
		b.write(w, b.once(c, do))
	})
}

// ServeHTTP implements http.Handler.
func (b *Bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.requests++
	isTooMany := b.mood.EveryNth > 0 && b.requests%b.mood.EveryNth == 0
	b.mu.Unlock()
	c := &call{Request: r}
	if isTooMany {
		w.Header().Set("Retry-After", "0")
		b.write(w, b.refused(c, refuse(http.StatusTooManyRequests, "too_many", "Not so fast")))
		return
	}
	_, pattern := b.routes.Handler(r)
	if pattern != "" {
		b.routes.ServeHTTP(w, r)
		return
	}
	if b.mood.Everywhere {
		var no *refusal
		if c.body, no = bodyOf(r); no == nil {
			no = b.admit(c)
		}
		if no != nil {
			b.write(w, b.refused(c, no))
			return
		}
	}
	// The mux knows which methods there are.
	quiet := &headers{header: http.Header{}}
	b.routes.ServeHTTP(quiet, r)
	if quiet.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", quiet.header.Get("Allow"))
		b.write(w, b.refused(c, refuse(quiet.status, "no_such_method", "There is no such method")))
		return
	}
	if b.mood.AddsSlash && !strings.HasSuffix(r.URL.Path, "/") {
		with := r.Clone(r.Context())
		with.URL.Path += "/"
		if _, pattern := b.routes.Handler(with); pattern != "" {
			w.Header().Set("Location", with.URL.RequestURI())
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
	}
	b.write(w, b.refused(c, refuse(http.StatusNotFound, "no_such_path", "There is nothing here")))
}

// headers take an answer of the mux's, and leave its text.
type headers struct {
	header http.Header
	status int
}

func (h *headers) Header() http.Header         { return h.header }
func (h *headers) Write(p []byte) (int, error) { return len(p), nil }
func (h *headers) WriteHeader(status int)      { h.status = status }

func (b *Bank) write(w http.ResponseWriter, a answer) {
	if a.value == nil {
		w.WriteHeader(a.status)
		return
	}
	var text []byte
	var err error
	if b.mood.Indented {
		w.Header().Set("Content-Type", `Application/JSON;Charset="UTF-8"`)
		text, err = json.MarshalIndent(a.value, "", "\t")
	} else {
		w.Header().Set("Content-Type", "application/json")
		text, err = json.Marshal(a.value)
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(text)
}

// next is a number that is larger than those before.
func (b *Bank) next() int64 {
	b.numbers++
	return b.numbers
}

// shown is a time as answers have it.
func (b *Bank) shown(t time.Time) string {
	if b.mood.Zone != nil {
		return t.In(b.mood.Zone).Format(time.RFC3339Nano)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000-07:00")
}

func uuid() string {
	var r [16]byte
	_, _ = rand.Read(r[:])
	r[6], r[8] = r[6]&0x0f|0x40, r[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", r[:4], r[4:6], r[6:8], r[8:10], r[10:])
}

// wait is over after some time, or with a context.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
