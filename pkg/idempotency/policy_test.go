package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// told is what pkg/partner tells its caller of a status, when it has sent a request once.
func told(t *testing.T, status int) partner.Outcome {
	t.Helper()
	client, err := partner.New(partner.Config{BaseURL: "http://127.0.0.1:1", Tokens: tokens{},
		SigningSecret: signing.NewSecret("shared-secret-here"), MaxRetries: -1,
		HTTPClient: &http.Client{Transport: transport(func(r *http.Request) *http.Response {
			return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
				Body: http.NoBody, Request: r}
		})}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1/api/v1/payments/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatalf("%d: %v", status, err)
	}
	defer func() { _ = response.Body.Close() }()
	outcome, ok := partner.OutcomeOf(response)
	if !ok {
		t.Fatalf("%d: the client does not know", status)
	}
	return outcome
}

type tokens struct{}

func (tokens) Token(context.Context, string) (string, error) { return "token", nil }

type transport func(*http.Request) *http.Response

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r), nil }

// Whatever the client believes of a status is true of a server with this guard.
func TestThePolicyAgreesWithTheClientForEveryStatus(t *testing.T) {
	decided := map[string]int{}
	for status := 200; status <= 999; status++ {
		outcome := partner.OutcomeUnknown
		if status < 600 { // No client takes another one for an answer.
			outcome = told(t, status)
		}
		for _, transactional := range []bool{false, true} {
			l := &ledger{Memory: memory(t)}
			config := idempotency.Config{Store: l.Memory}
			if transactional {
				config.Store = l
			}
			executed := 0
			handler := protect(t, config, func(w http.ResponseWriter, _ *http.Request) {
				executed++
				l.pending = append(l.pending, "entry")
				w.WriteHeader(status)
			})
			var stored bool
			switch outcome {
			case partner.OutcomeDone:
				stored = true
			case partner.OutcomeUnknown:
				// The repeat finds what there is, or executes what was rolled back. A redirect comes after the deed.
				stored = !transactional || status < 400
			case partner.OutcomeRefused:
				stored = false
			default:
				t.Fatalf("%d: the client says %s", status, outcome)
			}
			decided[fmt.Sprintf("%s, transactional %t, stored %t", outcome, transactional, stored)]++
			replayed := map[bool]string{true: "true"}[stored]
			for n, want := range []string{"", replayed} {
				if w := serve(handler, post(aKey, "x")); w.Code != status ||
					w.Header().Get(idempotency.HeaderReplayed) != want {
					t.Errorf("%d, transactional %t: answer %d is %d, replayed: %q, want %q", status, transactional, n+1,
						w.Code, w.Header().Get(idempotency.HeaderReplayed), want)
				}
			}
			if stored && executed != 1 || !stored && (executed != 2 || l.Len() != 0) {
				t.Errorf("%d, transactional %t: executed %d times; %d keys stay", status, transactional, executed,
					l.Len())
			}
			if transactional && (stored && len(l.committed) != 1 || !stored && len(l.committed) != 0) {
				t.Errorf("%d: committed %v", status, l.committed)
			}
		}
	}
	if len(decided) != 7 {
		t.Errorf("decided %v", decided)
	}
}

func TestAPolicyOfOnesOwnWins(t *testing.T) {
	policy := func(r *http.Request, status int) idempotency.Decision {
		switch {
		case r.URL.Path != "/payments/":
			return idempotency.Decision(99) // There is none such, and the default stays.
		case status == 503 || status == 201:
			return idempotency.DecisionRelease
		case status == 422:
			return idempotency.DecisionStore
		}
		return idempotency.DecisionDefault
	}
	for _, c := range []struct {
		path     string
		status   int
		executed int
		// committed is how many effects last, with a transaction.
		committed int
	}{
		{"/payments/", 503, 2, 0}, {"/refunds/", 503, 1, 0}, {"/payments/", 422, 1, 1}, {"/refunds/", 422, 2, 0},
		{"/payments/", 500, 1, 0}, {"/payments/", 201, 2, 0}, {"/refunds/", 201, 1, 1},
	} {
		t.Run(fmt.Sprint(c.path, c.status), func(t *testing.T) {
			l := &ledger{Memory: memory(t)}
			executed := 0
			for _, store := range []idempotency.Store{memory(t), l} {
				executed, l.pending = 0, nil
				handler := protect(t, idempotency.Config{Store: store, Policy: policy},
					func(w http.ResponseWriter, _ *http.Request) {
						executed++
						l.pending = append(l.pending, "entry")
						w.WriteHeader(c.status)
					})
				for range 2 {
					r := post(aKey, "x")
					r.URL.Path = c.path
					if w := serve(handler, r); w.Code != c.status {
						t.Errorf("answered %d", w.Code)
					}
				}
				if store != idempotency.Store(l) && executed != c.executed {
					t.Errorf("executed %d times", executed)
				}
			}
			if len(l.committed) != c.committed {
				t.Errorf("committed %v", l.committed)
			}
		})
	}
}

func TestAPanicIsAFailure(t *testing.T) {
	for name, decision := range map[string]idempotency.Decision{
		"stored": idempotency.DecisionStore, "released": idempotency.DecisionRelease,
		"stored by default": idempotency.DecisionDefault,
	} {
		t.Run(name, func(t *testing.T) {
			count := 0
			handler := protect(t, idempotency.Config{
				Policy: func(_ *http.Request, status int) idempotency.Decision {
					if status == http.StatusInternalServerError {
						return decision
					}
					return idempotency.DecisionDefault
				}},
				func(w http.ResponseWriter, _ *http.Request) {
					if count++; count == 1 {
						w.WriteHeader(http.StatusCreated)
						_, _ = io.WriteString(w, "half of a secret")
						panic("broken")
					}
				})
			func() {
				defer func() {
					if cause := recover(); cause != "broken" {
						t.Errorf("recovered %v", cause)
					}
				}()
				serve(handler, post(aKey, "x"))
			}()
			w := serve(handler, post(aKey, "x"))
			stored := decision != idempotency.DecisionRelease
			if stored && (w.Code != 500 || strings.Contains(w.Body.String(), "secret") || count != 1) ||
				!stored && (w.Code != 200 || count != 2) {
				t.Errorf("the repeat is answered %d %s; executed %d times", w.Code, w.Body, count)
			}
		})
	}
}

// Half of what a handler does is never committed, whatever the policy says of a 500; a 500 that it answers is another
// thing.
func TestAPanicInATransactionIsNeverCommitted(t *testing.T) {
	for name, handle := range map[string]struct {
		do        func(http.ResponseWriter)
		committed int
	}{
		"a panic":                          {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, 0},
		"a status that ends no response":   {func(w http.ResponseWriter) { w.WriteHeader(150) }, 0},
		"a response that is too large":     {func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 101)) }, 0},
		"a 500 that the policy has stored": {func(w http.ResponseWriter) { w.WriteHeader(500) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{Memory: memory(t)}
			handler := protect(t, idempotency.Config{Store: l, MaxResponseBytes: 100,
				Policy: func(*http.Request, int) idempotency.Decision { return idempotency.DecisionStore }},
				func(w http.ResponseWriter, _ *http.Request) {
					l.pending = append(l.pending, "entry")
					handle.do(w)
				})
			func() {
				defer func() {
					if err, _ := recover().(error); err != nil && !errors.Is(err, http.ErrAbortHandler) {
						t.Error(err)
					}
				}()
				serve(handler, post(aKey, "x"))
			}()
			if len(l.committed) != handle.committed {
				t.Errorf("committed %v", l.committed)
			}
		})
	}
}

// A refusal takes no room, so that nobody fills a store by asking for what is refused.
func TestRefusalsDoNotFillAStore(t *testing.T) {
	store := newMemory(t, idempotency.MemoryConfig{MaxKeys: 10})
	var count atomic.Int64
	handler := protect(t, idempotency.Config{Store: store}, func(w http.ResponseWriter, _ *http.Request) {
		count.Add(1)
		w.WriteHeader(http.StatusUnprocessableEntity)
	})
	for range 1000 {
		if w := serve(handler, post(idempotency.NewKey().String(), "x")); w.Code != 422 {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
	}
	if store.Len() != 0 {
		t.Errorf("%d keys stay", store.Len())
	}
}

func TestDecisionsHaveNames(t *testing.T) {
	for decision, want := range map[idempotency.Decision]string{idempotency.DecisionDefault: "default",
		idempotency.DecisionStore: "store", idempotency.DecisionRelease: "release", 9: "Decision(9)"} {
		if decision.String() != want {
			t.Errorf("%s; want %s", decision, want)
		}
	}
}
