package partner_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestWhatIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		step  http.HandlerFunc
		again bool
	}{
		{"408", status(408), true},
		{"429", status(429), true},
		{"500", status(500), true},
		{"502", status(502), true},
		{"503", status(503), true},
		{"503 in HTML", raw(503, "text/html", "<html>"), true},
		{"504", status(504), true},
		{"599", status(599), true},
		{"600", status(600), false},
		{"a connection that is closed", hangUp, true},
		{"400", status(400), false},
		{"403", status(403), false},
		{"404", status(404), false},
		{"a 409 to the first attempt", status(409), false},
		{"412", status(412), false},
		{"422", status(422), false},
		{"501", status(501), false},
		{"a redirect", statusWith(308, "Location", "/elsewhere/"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, c.step, transferCreated)
			client := a.client(t)
			clock := newClock(client)
			err := pay(t.Context(), t, client)
			got := s.requests()
			if !c.again {
				if err == nil || len(got) != 1 || len(clock.waited()) != 0 {
					t.Errorf("%v after %d requests and %v", err, len(got), clock.waited())
				}
				return
			}
			if err != nil || len(got) != 2 || len(clock.waited()) != 1 {
				t.Fatalf("%v after %d requests and %v", err, len(got), clock.waited())
			}
			if got[0].key != got[1].key || got[0].body != got[1].body || got[0].body == "" {
				t.Errorf("the attempts differ: %+v", got)
			}
		})
	}
}

func TestAConnectionThatCannotBeMadeIsTriedAgain(t *testing.T) {
	var dials atomic.Int64
	a, s := scripted(t, transferCreated)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= 2 {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	client := a.configured(t, func(c *partner.Config) {
		c.Username, c.Password, c.Tokens = "", signing.NewSecret(""), tokens(goodToken)
		c.HTTPClient = &http.Client{Transport: transport}
	})
	newClock(client)
	if err := pay(t.Context(), t, client); err != nil || len(s.requests()) != 1 || dials.Load() != 3 {
		t.Errorf("%v after %d dials and %d requests", err, dials.Load(), len(s.requests()))
	}
}

func TestAWriteKeepsItsKeyAndAReadTakesAFreshOne(t *testing.T) {
	own := idempotency.NewKey()
	for _, c := range []struct {
		name    string
		call    func(*partner.Client, ...partner.CallOption) error
		options []partner.CallOption
		same    bool
	}{
		{"a write", func(client *partner.Client, o ...partner.CallOption) error {
			return pay(t.Context(), t, client, o...)
		}, nil, true},
		{"a write with its own key", func(client *partner.Client,
			o ...partner.CallOption) error {
			return pay(t.Context(), t, client, o...)
		},
			[]partner.CallOption{partner.WithIdempotencyKey(own)}, true},
		{"a read", func(client *partner.Client, o ...partner.CallOption) error {
			return read(t.Context(), client, o...)
		}, nil, false},
		{"a read with its own key", func(client *partner.Client,
			o ...partner.CallOption) error {
			return read(t.Context(), client, o...)
		},
			[]partner.CallOption{partner.WithIdempotencyKey(own)}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, status(503), status(500), func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					agreementsOK(w, r)
					return
				}
				transferCreated(w, r)
			})
			client := a.client(t)
			newClock(client)
			var response partner.Response
			if err := c.call(client, append(c.options, partner.WithResponse(&response))...); err != nil {
				t.Fatal(err)
			}
			keys := map[string]bool{}
			got := s.requests()
			for _, request := range got {
				keys[request.key] = true
				if request.body != got[0].body {
					t.Error("the bodies differ")
				}
			}
			if want := map[bool]int{true: 1, false: 3}[c.same]; len(got) != 3 || len(keys) != want {
				t.Errorf("%d keys in %d requests, want %d", len(keys), len(got), want)
			}
			if response.IdempotencyKey.String() != got[2].key || response.Attempts != 3 ||
				response.Header.Get("Content-Type") != "application/json" || len(response.Body) == 0 {
				t.Errorf("the response says %+v", response)
			}
		})
	}
}

func TestARepeatThatIsRefused(t *testing.T) {
	for _, c := range []struct {
		name     string
		steps    []http.HandlerFunc
		ok       bool
		outcome  partner.Outcome
		attempts int
	}{
		{"a 409 after an unknown attempt is waited for", []http.HandlerFunc{hangUp, status(409), transferCreated}, true,
			0, 3},
		{"and was received before in the end", []http.HandlerFunc{hangUp, status(409)}, false,
			partner.OutcomeReceivedBefore, 3},
		{"a 422 after an unknown attempt is not tried again",
			[]http.HandlerFunc{status(503), status(422), transferCreated}, false, partner.OutcomeReceivedBefore, 2},
		{"nor is a 404", []http.HandlerFunc{status(500), status(404), transferCreated}, false,
			partner.OutcomeReceivedBefore, 2},
		{"a 422 after a 429 is a refusal: the first was not looked at", []http.HandlerFunc{status(429), status(422)},
			false, partner.OutcomeRefused, 2},
		{"a 409 at once is a refusal", []http.HandlerFunc{status(409), transferCreated}, false, partner.OutcomeRefused,
			1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, c.steps...)
			client := a.client(t)
			newClock(client)
			err := pay(t.Context(), t, client)
			if len(s.requests()) != c.attempts || (err == nil) != c.ok {
				t.Fatalf("%v after %d requests", err, len(s.requests()))
			}
			var failure *partner.Error
			if errors.As(err, &failure) && (failure.Outcome != c.outcome || failure.Attempts != c.attempts) {
				t.Errorf("%v: %s after %d attempts", err, failure.Outcome, failure.Attempts)
			}
		})
	}
}

// The process before this one may have sent the key, and its attempt may be under way: a new key could pay twice.
func TestA409ToAnOwnKeyMayBeTheAnswerToARepeat(t *testing.T) {
	a, s := scripted(t, status(409), transferCreated)
	client := a.client(t)
	newClock(client)
	if err := pay(t.Context(), t, client, partner.WithIdempotencyKey(idempotency.NewKey())); err != nil ||
		len(s.requests()) != 2 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
	a, _ = scripted(t, status(409))
	client = a.client(t)
	newClock(client)
	err := pay(t.Context(), t, client, partner.WithIdempotencyKey(idempotency.NewKey()))
	if !errors.Is(err, partner.ErrOutcomeUnknown) || !errors.Is(err, partner.ErrDuplicate) {
		t.Error(err)
	}
}

func TestTheDoubtsOfAKeyOutliveItsCall(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []http.HandlerFunc
		want  partner.Outcome
	}{
		{"an unknown call, then a refusal", []http.HandlerFunc{status(503), status(422)},
			partner.OutcomeReceivedBefore},
		{"an unreadable answer, then a refusal", []http.HandlerFunc{raw(201, "application/json", "{"), status(422)},
			partner.OutcomeReceivedBefore},
		{"an unknown call, then a rate limit", []http.HandlerFunc{status(503), status(429)}, partner.OutcomeUnknown},
		{"a success, then a refusal", []http.HandlerFunc{transferCreated, status(422)}, partner.OutcomeReceivedBefore},
		{"a refusal, then another", []http.HandlerFunc{status(422), status(422)}, partner.OutcomeRefusedThisTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := scripted(t, c.steps...)
			client := a.client(t)
			own := []partner.CallOption{partner.WithIdempotencyKey(idempotency.NewKey()), partner.WithMaxRetries(0)}
			_ = pay(t.Context(), t, client, own...)
			var failure *partner.Error
			if err := pay(t.Context(), t, client, own...); !errors.As(err, &failure) || failure.Outcome != c.want {
				t.Errorf("%v: want %s", err, c.want)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for _, c := range []struct {
		name, header string
		least, most  time.Duration
	}{
		{"none", "", 0, 500 * time.Millisecond},
		{"seconds", "7", 7 * time.Second, 7 * time.Second},
		{"none at all", "0", 0, 0},
		{"as long as is waited", "30", 30 * time.Second, 30 * time.Second},
		{"soon", "soon", 0, 500 * time.Millisecond},
		{"negative", "-5", 0, 500 * time.Millisecond},
		{"a date", time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat), 15 * time.Second, 20 * time.Second},
		{"a date long ago", "Mon, 02 Jan 2006 15:04:05 GMT", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, code := range []int{429, 503} {
				a, _ := scripted(t, statusWith(code, "Retry-After", c.header), agreementsOK)
				client := a.client(t)
				clock := newClock(client)
				if err := read(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				if waits := clock.waited(); len(waits) != 1 || waits[0] < c.least || waits[0] > c.most {
					t.Errorf("after %d it waited %v, want %s to %s", code, waits, c.least, c.most)
				}
			}
		})
	}
}

// To wait less than was asked for cannot help, and to wait so long is for the caller to decide.
func TestACallThatIsAskedToWaitLongFailsAtOnceAndSaysHowLong(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"31": 31 * time.Second, "3600": time.Hour, "315360000": 87600 * time.Hour,
		time.Now().Add(2 * time.Hour).UTC().Format(http.TimeFormat): 2 * time.Hour,
	} {
		for _, code := range []int{408, 429, 500, 503} {
			a, s := scripted(t, statusWith(code, "Retry-After", header))
			client := a.client(t)
			clock := newClock(client)
			var failure *partner.Error
			if err := pay(t.Context(), t, client); !errors.As(err, &failure) || len(s.requests()) != 1 ||
				len(clock.waited()) != 0 || (want-failure.RetryAfter).Abs() > 2*time.Minute {
				t.Errorf("%d, Retry-After %s: %v after %d requests, to wait %s", code, header, err, len(s.requests()),
					failure.RetryAfter)
			}
		}
	}
}

func TestACallDoesNotWaitPastItsDeadline(t *testing.T) {
	a, s := scripted(t, statusWith(503, "Retry-After", "30"))
	client := a.client(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	start := time.Now()
	err := pay(ctx, t, client)
	var failure *partner.Error
	if !errors.As(err, &failure) || failure.StatusCode != 503 || failure.RetryAfter != 30*time.Second ||
		len(s.requests()) != 1 || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %d requests and %s", err, len(s.requests()), time.Since(start))
	}
}

func TestNothingIsSentAgainAfterTheWindow(t *testing.T) {
	for _, c := range []struct {
		name     string
		took     time.Duration
		attempts int
	}{
		{"well within it", 10 * time.Minute, 3},
		{"towards its end", 30 * time.Minute, 2},
		{"with the wait beyond it", 55*time.Minute - time.Second, 1},
		{"after it", 2 * time.Hour, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var slow *clock
			a, s := scripted(t, func(w http.ResponseWriter, r *http.Request) {
				slow.advance(c.took)
				statusWith(503, "Retry-After", "2")(w, r)
			})
			client := a.client(t)
			slow = newClock(client)
			if err := pay(t.Context(), t, client); !errors.Is(err, partner.ErrOutcomeUnknown) ||
				len(s.requests()) != c.attempts {
				t.Errorf("%v after %d requests, want %d", err, len(s.requests()), c.attempts)
			}
		})
	}
}

func TestTheWindowOfAnOwnKeyBeganWithItsFirstCall(t *testing.T) {
	a, s := scripted(t, status(503))
	client := a.client(t)
	clock := newClock(client)
	own := partner.WithIdempotencyKey(idempotency.NewKey())
	if err := pay(t.Context(), t, client, own, partner.WithMaxRetries(0)); err == nil {
		t.Fatal("no error")
	}
	clock.advance(56 * time.Minute)
	if err := pay(t.Context(), t, client, own); !errors.Is(err, partner.ErrOutcomeUnknown) || len(s.requests()) != 2 {
		t.Errorf("%v after %d requests: a retry could be a new payment", err, len(s.requests()))
	}
}

func TestAnOutageIsNotAmplified(t *testing.T) {
	var requests atomic.Int64
	var broken atomic.Bool
	broken.Store(true)
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if broken.Load() {
			status(503)(w, r)
			return
		}
		agreementsOK(w, r)
	})
	client := a.client(t)
	newClock(client)
	for range 1000 {
		if err := read(t.Context(), client); err == nil {
			t.Fatal("no error")
		}
	}
	if n := requests.Load(); n != 1020 {
		t.Errorf("%d requests for 1000 calls, want 1020", n)
	}
	// Each success gives a tenth of a retry back.
	broken.Store(false)
	for range 55 {
		if err := read(t.Context(), client); err != nil {
			t.Fatal(err)
		}
	}
	broken.Store(true)
	requests.Store(0)
	for range 100 {
		_ = read(t.Context(), client)
	}
	if n := requests.Load(); n < 105 || n > 106 {
		t.Errorf("%d requests for 100 calls after 55 successes", n)
	}
}

func TestAnAttemptHasATimeoutOfItsOwn(t *testing.T) {
	a, s := scripted(t, hang, hang, transferCreated)
	client := a.configured(t, func(c *partner.Config) { c.AttemptTimeout = 50 * time.Millisecond })
	newClock(client)
	if err := pay(t.Context(), t, client); err != nil || len(s.requests()) != 3 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
}

func TestACallMayChooseTheTimeoutOfItsAttempts(t *testing.T) {
	a, s := scripted(t, hang)
	client := a.client(t)
	newClock(client)
	start := time.Now()
	err := pay(t.Context(), t, client, partner.WithMaxRetries(1), partner.WithAttemptTimeout(30*time.Millisecond),
		partner.WithAttemptTimeout(0), partner.WithAttemptTimeout(-1))
	if !errors.Is(err, partner.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) ||
		len(s.requests()) != 2 || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %d requests and %s", err, len(s.requests()), time.Since(start))
	}
}

func TestTheTimeoutOfAnAttemptCoversItsAnswer(t *testing.T) {
	a, _ := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		hang(w, r)
	}, agreementsOK)
	client := a.configured(t, func(c *partner.Config) { c.AttemptTimeout = 50 * time.Millisecond })
	newClock(client)
	if err := read(t.Context(), client); err != nil {
		t.Error(err)
	}
}

func TestACancelledCallStopsAtOnce(t *testing.T) {
	for _, c := range []struct {
		name     string
		step     http.HandlerFunc
		cancel   func(cancel context.CancelFunc) partner.Hooks
		outcome  partner.Outcome
		requests int
	}{
		{"before anything is sent", transferCreated,
			func(cancel context.CancelFunc) partner.Hooks { cancel(); return partner.Hooks{} }, partner.OutcomeNotSent,
			0},
		{"while it waits for an answer", hang, func(cancel context.CancelFunc) partner.Hooks {
			return partner.Hooks{OnRequest: func(a partner.Attempt, _ *http.Request) {
				if a.Operation.ID == "createOnUsTransfer" {
					time.AfterFunc(50*time.Millisecond, cancel)
				}
			}}
		}, partner.OutcomeUnknown, 1},
		{"while it waits for a retry", statusWith(503, "Retry-After", "30"),
			func(cancel context.CancelFunc) partner.Hooks {
				return partner.Hooks{OnRetry: func(partner.Attempt,
					time.Duration) {
					time.AfterFunc(10*time.Millisecond, cancel)
				}}
			}, partner.OutcomeUnknown, 1},
		{"while it waits for a retry after a rate limit", statusWith(429, "Retry-After", "30"),
			func(cancel context.CancelFunc) partner.Hooks {
				return partner.Hooks{OnRetry: func(partner.Attempt,
					time.Duration) {
					time.AfterFunc(10*time.Millisecond, cancel)
				}}
			}, partner.OutcomeRefused, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			a, s := scripted(t, c.step)
			client := a.configured(t, func(config *partner.Config) { config.Hooks = c.cancel(cancel) })
			start := time.Now()
			err := pay(ctx, t, client)
			var failure *partner.Error
			if !errors.As(err, &failure) || !errors.Is(err, context.Canceled) || failure.Outcome != c.outcome ||
				len(s.requests()) != c.requests ||
				failure.Attempts != c.requests || time.Since(start) > 10*time.Second {
				t.Errorf("%v after %d requests and %s", err, len(s.requests()), time.Since(start))
			}
		})
	}
}

func TestHooksAreCalledInOrderWithWhatHappened(t *testing.T) {
	a, s := scripted(t, statusWith(503, "Retry-After", "3"), hangUp, transferCreated)
	var events []string
	var keys []string
	client := a.configured(t, func(c *partner.Config) {
		c.Username, c.Password, c.Tokens = "", signing.NewSecret(""), tokens(goodToken)
		c.Hooks = partner.Hooks{
			OnRequest: func(a partner.Attempt, r *http.Request) {
				events = append(events, fmt.Sprintf("request %d %s %s %s", a.Number, a.Operation.ID, r.Method,
					r.URL.Path))
				keys = append(keys, a.IdempotencyKey.String())
				if a.Duration != 0 || r.Header.Get("x-jiko-signature") == "" {
					t.Error("a request has no duration yet, but a signature")
				}
			},
			OnResponse: func(a partner.Attempt, r *http.Response, err error) {
				if (r == nil) == (err == nil) || a.Duration != time.Second {
					t.Errorf("response %v, %v after %s", r, err, a.Duration)
				}
				status := 0
				if r != nil {
					status = r.StatusCode
				}
				events = append(events, fmt.Sprintf("response %d %d", a.Number, status))
			},
			OnRetry: func(a partner.Attempt, wait time.Duration) {
				if a.Number == 1 && wait != 3*time.Second {
					t.Errorf("a wait of %s", wait)
				}
				events = append(events, fmt.Sprintf("retry %d", a.Number))
			},
		}
	})
	clock := newClock(client)
	// Each attempt takes a second.
	for i, step := range s.steps {
		s.steps[i] = func(w http.ResponseWriter, r *http.Request) { clock.advance(time.Second); step(w, r) }
	}
	if err := pay(t.Context(), t, client); err != nil {
		t.Fatal(err)
	}
	const request = "createOnUsTransfer POST /api/v1/transfers/on-us/"
	want := []string{
		"request 1 " + request, "response 1 503", "retry 1", "request 2 " + request, "response 2 0", "retry 2",
		"request 3 " + request, "response 3 201",
	}
	if !slices.Equal(events, want) {
		t.Errorf("%q,\nwant %q", events, want)
	}
	for i, got := range s.requests() {
		if got.key != keys[i] {
			t.Errorf("attempt %d was sent with the key %s, the hook saw %s", i+1, got.key, keys[i])
		}
	}
}

func TestWhatIsLogged(t *testing.T) {
	secrets := []string{"marker", "token-1", "Bearer"}
	a, _ := scripted(t, status(503), hangUp, raw(422, "application/json",
		`{"detail":[{"loc":["body"],"msg":"m","type":"t","input":"input-marker"}],"x":"body-marker"}`))
	var log logBuffer
	client := a.configured(t, func(c *partner.Config) { c.Logger = log.logger() })
	newClock(client)
	key := idempotency.NewKey()
	if err := pay(t.Context(), t, client, partner.WithIdempotencyKey(key)); err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	want := []struct{ level, message, content string }{
		{"DEBUG", "partner: attempt", `"operation":"login","attempt":1,"status":200`},
		{"DEBUG", "partner: attempt", `"operation":"createOnUsTransfer","attempt":1,"status":503`},
		{"INFO", "partner: retry", `"attempt":1,"status":503`},
		{"DEBUG", "partner: attempt", `"attempt":2,"status":0`},
		{"INFO", "partner: retry", `"attempt":2,"status":0`},
		{"DEBUG", "partner: attempt", `"attempt":3,"status":422`},
		{"WARN", "partner: call failed", `"outcome":"received before, result not known"`},
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), log.String())
	}
	for i, w := range want {
		for _, text := range []string{`"level":"` + w.level + `"`, `"msg":"` + w.message + `"`, w.content} {
			if !strings.Contains(lines[i], text) {
				t.Errorf("line %d lacks %s: %s", i+1, text, lines[i])
			}
		}
		if i > 0 && !strings.Contains(lines[i], key.String()) {
			t.Errorf("line %d lacks the key: %s", i+1, lines[i])
		}
	}
	for _, text := range secrets {
		if strings.Contains(log.String(), text) {
			t.Errorf("the log shows %q:\n%s", text, log.String())
		}
	}
}

func TestManyCallsAtOnceKeepTheirKeysApart(t *testing.T) {
	bodies := map[string]map[string]bool{}
	var n atomic.Int64
	s := &script{steps: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%10 == 0 {
			status(503)(w, r)
			return
		}
		transferCreated(w, r)
	}}}
	a := newAPI(t, s.ServeHTTP)
	client := a.client(t)
	partner.SetClock(client, nil, func(time.Duration) bool { return true })
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() { _ = pay(t.Context(), t, client) })
	}
	group.Wait()
	for _, request := range s.requests() {
		if bodies[request.key] == nil {
			bodies[request.key] = map[string]bool{}
		}
		bodies[request.key][request.body] = true
	}
	if len(bodies) != 200 {
		t.Errorf("%d keys for 200 calls", len(bodies))
	}
	for key, texts := range bodies {
		if len(texts) != 1 {
			t.Errorf("the key %s was sent with %d bodies", key, len(texts))
		}
	}
}
