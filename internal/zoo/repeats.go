package zoo

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// repeats are broken in what they make of a key that was used before.
var repeats = []Animal{
	{
		Name: "pocket-for-each-repeat", Fault: "The key of one operation is not looked at.",
		Checks: []string{"F901"}, Operations: []string{"createPocket"}, Place: "another_id",
		Break: rekeyed(func(call) string { return uuid.NewString() }, "createPocket"),
	},
	{
		Name: "ach-for-each-repeat", Fault: "An ACH that is repeated is another one.",
		Checks: []string{"F901"}, Operations: []string{"createACHOrigination"}, Place: "another_id",
		Break: rekeyed(func(call) string { return uuid.NewString() }, "createACHOrigination"),
	},
	{
		Name: "money-for-each-repeat", Fault: "A pocket is funded again by a repeat, which the answer does not show.",
		Checks: []string{"F901"}, Operations: []string{"fundAccount"}, Place: "effect",
		Break: rekeyed(func(call) string { return uuid.NewString() }, "fundAccount"),
	},
	{
		Name: "swipe-for-each-repeat", Fault: "A card is swiped again by a repeat.",
		Checks: []string{"F901"}, Operations: []string{"simulateCardSwipe"}, Place: "effect",
		Break: rekeyed(func(call) string { return uuid.NewString() }, "simulateCardSwipe"),
	},
	{
		Name: "replayed-and-done-again", Fault: "A repeat gets the stored answer, and takes effect all the same.",
		Checks: []string{"F901"}, Operations: []string{"createAccountPortal"}, Place: "effect",
		Break: remembering(func(b Bank, m *memory, c call) *answer {
			first := m.answers[c.key]
			a := c.underKey(uuid.NewString())
			if first != nil {
				return first
			}
			m.answers[c.key] = a
			return a
		}, "createAccountPortal"),
	},
	{
		Name: "one-key-remembered", Fault: "A key is forgotten as soon as another one comes.",
		Checks: []string{"F901"}, Operations: []string{"createReportRequest"}, Place: "another_id",
		Break: remembering(func(b Bank, m *memory, c call) *answer {
			if c.key != m.last {
				m.last, m.under = c.key, uuid.NewString()
			}
			if c.operation != "createReportRequest" {
				return c.asIs()
			}
			return c.underKey(m.under)
		}),
	},
	{
		Name: "key-of-a-token", Fault: "Keys are those of a token, and forgotten with it.",
		Checks: []string{"F901"}, Operations: []string{"createCounterparty"}, Place: "another_id",
		Break: rekeyed(func(c call) string { return named(c.r.Header.Get(headerBearer) + c.key) },
			"createCounterparty"),
	},
	{
		Name: "key-of-the-bytes", Fault: "A repeat with other white space is another request.",
		Checks: []string{"F901"}, Operations: []string{"createSubscription"}, Place: "another_id",
		Break: rekeyed(func(c call) string { return named(string(c.body) + c.key) }, "createSubscription"),
	},
	{
		Name: "change-for-each-repeat", Fault: "A late repeat of a change takes back what came after it.",
		Checks: []string{"F901"}, Operations: []string{"updatePocket"}, Place: "undone",
		Break: rekeyed(func(call) string { return uuid.NewString() }, "updatePocket"),
	},
	{
		Name: "subscription-taken-back", Fault: "A late repeat sets the URL of a subscription back.",
		Checks: []string{"F901"}, Operations: []string{"updateSubscription"}, Place: "undone",
		Break: rekeyed(func(call) string { return uuid.NewString() }, "updateSubscription"),
	},

	{
		Name: "key-and-no-body", Fault: "A key replays its answer whatever is sent under it.",
		Checks: []string{"F902"}, Operations: []string{"createWire"}, Place: "other_body",
		Break: replaying(func(c call) string { return c.key + c.r.URL.Path }, "createWire"),
	},
	{
		Name: "key-and-length", Fault: "Of a body, its length alone is compared.",
		Checks: []string{"F902"}, Operations: []string{"createOnUsTransfer"}, Place: "other_body",
		Break: replaying(func(c call) string { return c.key + strconv.Itoa(len(c.body)) }, "createOnUsTransfer"),
	},
	{
		Name: "key-and-no-file", Fault: "A key replays its answer whatever file is sent under it.",
		Checks: []string{"F902"}, Operations: []string{"uploadCustomerDocument"}, Place: "other_body",
		Break: replaying(func(c call) string { return c.key + c.r.URL.Path }, "uploadCustomerDocument"),
	},
	{
		Name: "key-of-body-executed", Fault: "A key may be used for several amounts, each of which is carried out.",
		Checks: []string{"F902"}, Operations: []string{"fundAccount"}, Place: "other_body",
		Break: rekeyed(func(c call) string {
			amount, _ := in(decode(c.body), "amount_usdc").(json.Number)
			return named(c.key + amount.String())
		}, "fundAccount"),
	},
	{
		Name: "key-of-everything", Fault: "A key replays its answer for any operation.",
		Checks: []string{"F902"}, Operations: []string{"createCardOrder"}, Place: "other_operation",
		Break: replaying(func(c call) string { return c.key }),
	},
	{
		Name: "key-of-each-operation", Fault: "Each operation has keys of its own.",
		Checks: []string{"F902"}, Operations: []string{"createVirtualCard"}, Place: "other_operation",
		Break: rekeyed(func(c call) string { return named(c.operation + c.key) }),
	},
	{
		Name: "key-of-no-pocket", Fault: "A key replays its answer for another pocket.",
		Checks: []string{"F902"}, Operations: []string{"createPocketPortal"}, Place: "other_path",
		Break: replaying(func(c call) string { return c.key + string(c.body) }, "createPocketPortal"),
	},
	{
		Name: "key-of-no-method", Fault: "A key that has changed a subscription may remove it.",
		Checks: []string{"F902"}, Operations: []string{"updateSubscription"}, Place: "other_method",
		Break: rekeyed(func(c call) string { return named(c.r.Method + c.key) }, "updateSubscription",
			"deleteSubscription"),
	},
	{
		Name: "keys-that-begin-alike", Fault: "The first 8 characters of a key are remembered.",
		Checks: []string{"F902"}, Operations: []string{"createCounterparty"}, Place: "near_key other_end",
		Break: rekeyed(func(c call) string { return named(c.key[:min(8, len(c.key))]) }, "createCounterparty"),
	},
	{
		Name: "keys-that-end-alike", Fault: "The last 12 characters of a key are remembered.",
		Checks: []string{"F902"}, Operations: []string{"createRelatedPartyApplication"}, Place: "near_key other_start",
		Break: rekeyed(func(c call) string { return named(c.key[max(0, len(c.key)-12):]) },
			"createRelatedPartyApplication"),
	},

	{
		Name: "replayed-as-ok", Fault: "What was created is answered with 200 when it is repeated.",
		Checks: []string{"F903"}, Operations: []string{"createCounterparty"}, Place: "status",
		Break: onReplay(func(a *answer) { a.status = http.StatusOK }, "createCounterparty"),
	},
	{
		Name: "replayed-at-another-time", Fault: "A replay is rendered anew, with the time of now.",
		Checks: []string{"F903"}, Operations: []string{"createReportRequest"}, Place: "body /",
		Break: onReplay(func(a *answer) { a.setValue(later(a.value())) }, "createReportRequest"),
	},
	{
		Name: "replayed-as-text", Fault: "The media type of an answer is not stored.",
		Checks: []string{"F903"}, Operations: []string{"createPocketPortal"}, Place: "content-type",
		Break: onReplay(func(a *answer) { a.header.Set(headerMedia, "text/plain; charset=utf-8") },
			"createPocketPortal"),
	},
	{
		Name: "replayed-without-body", Fault: "A replay has the status and no body.",
		Checks: []string{"F903"}, Operations: []string{"submitApplication"}, Place: "body",
		Break: onReplay(func(a *answer) { a.body = []byte("{}") }, "submitApplication"),
	},

	{
		Name: "key-stored-after-the-effect", Fault: "A key is stored when its request is done.",
		Checks: []string{"F904"}, Operations: []string{"createPocket"}, Place: "several_ids",
		Break: racing("createPocket"),
	},
	{
		Name: "money-in-a-race", Fault: "Requests that overlap fund a pocket more than once.",
		Checks: []string{"F904"}, Operations: []string{"fundAccount"}, Place: "at_once",
		Break: racing("fundAccount"),
	},
	{
		Name: "card-orders-in-a-race", Fault: "Requests that overlap order more than one card.",
		Checks: []string{"F904"}, Operations: []string{"createCardOrder"}, Place: "several_ids",
		Break: racing("createCardOrder"),
	},
	{
		Name: "effects-in-a-race", Fault: "Requests that overlap all take effect, and all get the answer of the first.",
		Checks: []string{"F904"}, Operations: []string{"createCounterparty"}, Place: "at_once",
		Break: racingAlike("createCounterparty"),
	},

	{
		Name: "invalid-requests-use-up-their-key", Fault: "A 422 is stored under its key.",
		Checks: []string{"F905"}, Operations: []string{"createPocket"}, Place: "invalid",
		Break: blocking(func(a *answer, _ call) bool { return a.status == http.StatusUnprocessableEntity },
			"createPocket"),
	},
	{
		Name:   "refusals-use-up-their-key",
		Fault:  "What the bank has refused, not for its form, is stored under its key.",
		Checks: []string{"F905"}, Operations: []string{"createReportRequest"}, Place: "refused",
		Break: blocking(func(a *answer, c call) bool {
			return a.status == http.StatusUnprocessableEntity && strings.Contains(string(c.body), "2099")
		}, "createReportRequest"),
	},
	{
		Name: "strangers-use-up-keys", Fault: "A key is taken before the signature is looked at.",
		Checks: []string{"F905"}, Operations: []string{"fundAccount"}, Place: "unsigned",
		Break: blocking(func(a *answer, _ call) bool { return a.status == http.StatusUnauthorized }, "fundAccount"),
	},
	{
		Name: "near-keys-are-refused", Fault: "A key is refused that begins as another one did.",
		Checks: []string{"F905"}, Operations: []string{"createSubscription"}, Place: "near_key",
		Break: remembering(func(b Bank, m *memory, c call) *answer {
			begin := c.key[:min(16, len(c.key))]
			if known := m.keys[begin]; known != "" && known != c.key {
				return refusal(http.StatusConflict)
			}
			a := c.asIs()
			if a.status/100 == 2 {
				m.keys[begin] = c.key
			}
			return a
		}, "createSubscription"),
	},
}

// call is a request whose token and signature are looked at by the right server.
type call struct {
	b         Bank
	r         *http.Request
	body      []byte
	operation string
	key       string
}

func (c call) asIs() *answer { return c.b.ask(c.r, c.body) }

// underKey has the right server see another key. A wrong signature stays wrong.
func (c call) underKey(key string) *answer {
	if s := c.b.signedBy(c.r, c.body); s.given == s.want && uuid.Validate(c.key) == nil {
		c.r.Header.Set(headerKey, key)
		c.b.put(c.r, c.body)
	}
	return c.asIs()
}

// named is a key that comes from a text.
func named(text string) string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(text)).String() }

// memory is what a broken server remembers of keys. One request has it at a time.
type memory struct {
	mu          sync.Mutex
	answers     map[string]*answer
	keys        map[string]string
	last, under string
}

// remembering answers the writes among some operations by what it remembers.
func remembering(handle func(b Bank, m *memory, c call) *answer, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		m := &memory{answers: map[string]*answer{}, keys: map[string]string{}}
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			c := call{b, r, body, operationOf(r), r.Header.Get(headerKey)}
			if r.Method == http.MethodGet || c.operation == "login" {
				b.serve(w, r, body)
				return
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			handle(b, m, c).write(w)
		}, operations...)(b)
	}
}

// rekeyed has the right server see other keys.
func rekeyed(key func(call) string, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		c := call{b, r, body, operationOf(r), r.Header.Get(headerKey)}
		if r.Method == http.MethodGet || c.operation == "login" {
			b.serve(w, r, body)
			return
		}
		c.underKey(key(c)).write(w)
	}, operations...)
}

// replaying answers a request with the first success under the same name.
func replaying(name func(call) string, operations ...string) func(Bank) http.Handler {
	return remembering(func(_ Bank, m *memory, c call) *answer {
		s := c.b.signedBy(c.r, c.body)
		if first := m.answers[name(c)]; first != nil && s.given == s.want {
			return first
		}
		a := c.asIs()
		if a.status/100 == 2 {
			m.answers[name(c)] = a
		}
		return a
	}, operations...)
}

// onReplay changes what a repeat is answered.
func onReplay(change func(*answer), operations ...string) func(Bank) http.Handler {
	return onAnswer(func(_ *http.Request, a *answer) {
		if a.header.Get("Idempotency-Replayed") != "" {
			a.header.Del("Idempotency-Replayed")
			change(a)
		}
	}, operations...)
}

// later has all times of a value an hour later.
func later(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = later(v[name])
		}
	case []any:
		for i := range v {
			v[i] = later(v[i])
		}
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.Add(time.Hour).Format(time.RFC3339)
		}
	}
	return v
}

// window is how long a broken server takes between looking for a key and storing it, as one with a database would.
const window = 2 * time.Millisecond

// racing carries out requests again that come before another one under their key is done.
func racing(operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		underWay, done := map[string]int{}, map[string]bool{}
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			c := call{b, r, body, operationOf(r), r.Header.Get(headerKey)}
			mu.Lock()
			isFirst := underWay[c.key] == 0 || done[c.key]
			underWay[c.key]++
			mu.Unlock()
			time.Sleep(window)
			var a *answer
			if isFirst {
				a = c.asIs()
			} else {
				a = c.underKey(uuid.NewString())
			}
			mu.Lock()
			underWay[c.key]--
			done[c.key] = true
			mu.Unlock()
			a.write(w)
		}, operations...)(b)
	}
}

// racingAlike carries out requests again that overlap, and answers all of them as the first one.
func racingAlike(operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		answers, done := map[string]*answer{}, map[string]chan struct{}{}
		return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			c := call{b, r, body, operationOf(r), r.Header.Get(headerKey)}
			if s := b.signedBy(r, body); s.given != s.want || c.key == "" {
				b.serve(w, r, body)
				return
			}
			mu.Lock()
			known := done[c.key]
			if known == nil {
				done[c.key] = make(chan struct{})
			}
			mu.Unlock()
			if known == nil {
				time.Sleep(window)
				a := c.asIs()
				mu.Lock()
				answers[c.key] = a
				close(done[c.key])
				mu.Unlock()
				a.write(w)
				return
			}
			select {
			case <-known:
			default:
				c.underKey(uuid.NewString())
				<-known
			}
			mu.Lock()
			a := answers[c.key]
			mu.Unlock()
			a.write(w)
		}, operations...)(b)
	}
}

// blocking refuses what comes under a key that was refused before.
func blocking(isKept func(*answer, call) bool, operations ...string) func(Bank) http.Handler {
	return remembering(func(_ Bank, m *memory, c call) *answer {
		if m.answers[c.key] != nil {
			return refusal(http.StatusConflict)
		}
		a := c.asIs()
		if isKept(a, c) {
			m.answers[c.key] = a
		}
		return a
	}, operations...)
}

// refusal is one that says nothing.
func refusal(status int) *answer {
	return &answer{status, http.Header{headerMedia: {"application/json"}}, []byte(`{"detail":"refused"}`)}
}
