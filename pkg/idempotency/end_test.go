package idempotency_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// pool is a transactional store in miniature that has three connections, as a database has.
type pool struct {
	ledger
	connections chan struct{}
}

func newPool(t testing.TB) *pool {
	return &pool{ledger{Memory: memory(t)}, make(chan struct{}, 3)}
}

func (p *pool) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	select {
	case p.connections <- struct{}{}:
	case <-ctx.Done():
		return idempotency.Outcome{}, ctx.Err()
	}
	outcome, err := p.Memory.Claim(ctx, claim)
	if err != nil || outcome.State != idempotency.StateMine {
		<-p.connections
	}
	return outcome, err
}

func (p *pool) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	err := p.ledger.Complete(ctx, hold, response)
	<-p.connections
	return err
}

func (p *pool) Release(ctx context.Context, hold idempotency.Hold) error {
	err := p.ledger.Release(ctx, hold)
	<-p.connections
	return err
}

// brokenWriter panics when the response is written.
type brokenWriter struct{ *httptest.ResponseRecorder }

func (brokenWriter) WriteHeader(int) { panic(http.ErrAbortHandler) }

// However a handler ends, and whatever is called around it, the key is not held any longer, and no connection is lost.
func TestEveryWayOutOfAHandlerEndsItsClaim(t *testing.T) {
	created := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }
	status := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	observer := func(kind idempotency.EventKind) func(*idempotency.Config) {
		return func(c *idempotency.Config) {
			c.Observe = func(_ context.Context, e idempotency.Event) {
				if e.Kind == kind {
					panic("observer")
				}
			}
		}
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		// change makes the guard one that misbehaves.
		change func(*idempotency.Config)
		// panics says that the panic goes on. stored is the status that repeats get where nothing is transactional, or
		// 0 if the key is free; in a transaction it is free unless commits is set.
		panics  bool
		stored  int
		commits bool
	}{
		{"WriteHeader(99)", status(99), nil, true, 500, false},
		{"WriteHeader(0)", status(0), nil, true, 500, false},
		{"WriteHeader(-1)", status(-1), nil, true, 500, false},
		{"WriteHeader(1000)", status(1000), nil, true, 500, false},
		{"WriteHeader(101)", status(101), nil, false, 500, false},
		{"WriteHeader(104)", status(104), nil, false, 500, false},
		{"WriteHeader(199), and more", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(199)
			w.WriteHeader(200)
			if _, err := w.Write([]byte("done")); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("Write = %v", err)
			}
		}, nil, false, 500, false},
		{"WriteHeader(103), and no more", status(103), nil, false, 200, true},
		{"a second status that makes no sense", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			w.WriteHeader(0)
			w.WriteHeader(150)
		}, nil, false, 201, true},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, nil, false, 200, true},
		{"the end of the goroutine", func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, nil, false, 500,
			false},
		{"a panic", func(http.ResponseWriter, *http.Request) { panic("handler") }, nil, true, 500, false},
		{"a panic of nil", func(http.ResponseWriter, *http.Request) { panic(error(nil)) }, nil, true, 500, false},
		{"a panic after the answer", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			panic(http.ErrAbortHandler)
		}, nil, true, 500, false},
		{"a connection that cannot be taken over", func(w http.ResponseWriter, _ *http.Request) {
			if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("Hijack = %v", err)
			}
		}, nil, false, 200, true},
		{"a policy that panics", created, func(c *idempotency.Config) {
			c.Policy = func(*http.Request, int) idempotency.Decision { panic("policy") }
		}, true, 201, true},
		{"a policy that ends the goroutine", created, func(c *idempotency.Config) {
			c.Policy = func(*http.Request, int) idempotency.Decision { runtime.Goexit(); return 0 }
		}, false, 201, true},
		{"a handler and a policy that panic", status(99), func(c *idempotency.Config) {
			c.Policy = func(*http.Request, int) idempotency.Decision { panic("policy") }
		}, true, 500, false},
		{"an observer that panics before the handler", created, observer(idempotency.EventClaimed), true, 0, false},
		{"an observer that panics at a status that is none", status(150), observer(idempotency.EventFailed), true, 500,
			false},
		{"a response that is too large", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 101))
		}, nil, false, 409, false},
		{"a refusal that panics", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 101))
		}, func(c *idempotency.Config) {
			c.Refuse = func(http.ResponseWriter, *http.Request, idempotency.Refusal) { panic("refusal") }
		}, true, -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, transactional := range []bool{false, true} {
					p := newPool(t)
					sound := idempotency.Config{Store: p.Memory, MaxResponseBytes: 100}
					if transactional {
						sound.Store = p
					}
					config := sound
					if c.change != nil {
						c.change(&config)
					}
					handler := protect(t, config, c.handler)
					keys := []string{aKey, "1" + aKey[1:], "2" + aKey[1:], "3" + aKey[1:], "5" + aKey[1:]}
					for _, key := range keys {
						panicked := false
						var group sync.WaitGroup
						group.Go(func() { // The handler may end the goroutine.
							defer func() {
								if cause := recover(); cause != nil {
									panicked = true
								}
							}()
							serve(handler, post(key, "x"))
						})
						group.Wait()
						if panicked != c.panics && (transactional || c.name != "a refusal that panics") {
							t.Errorf("transactional %t: panicked %t", transactional, panicked)
						}
					}
					if n := len(p.connections); n != 0 {
						t.Fatalf("transactional %t: %d connections are lost", transactional, n)
					}
					time.Sleep(10 * time.Minute) // longer than any lease, which nobody renews
					executed := false
					again := protect(t, sound, func(http.ResponseWriter, *http.Request) { executed = true })
					w := serve(again, post(aKey, "x"))
					free := c.stored == 0 || transactional && !c.commits
					inDoubt := strings.Contains(w.Body.String(), string(idempotency.ReasonOutcomeUnknown))
					if executed != free || inDoubt || !free && c.stored > 0 && w.Code != c.stored {
						t.Errorf("transactional %t: the repeat is answered %d %s, executed: %t", transactional, w.Code,
							w.Body, executed)
					}
				}
			})
		})
	}
}

// What goes wrong when the answer is sent changes nothing of what is stored.
func TestAnAnswerThatCannotBeSentIsStored(t *testing.T) {
	for _, transactional := range []bool{false, true} {
		p := newPool(t)
		config := idempotency.Config{Store: p.Memory}
		if transactional {
			config.Store = p
		}
		handler := protect(t, config, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
		})
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			handler.ServeHTTP(brokenWriter{httptest.NewRecorder()}, post(aKey, "x"))
		}()
		if w := serve(handler, post(aKey, "x")); w.Code != 201 || w.Header().Get(idempotency.HeaderReplayed) == "" {
			t.Errorf("the repeat is answered %d %s", w.Code, w.Body)
		}
		if n := len(p.connections); n != 0 {
			t.Errorf("%d connections are lost", n)
		}
	}
}

// An observer that panics in the goroutine of a renewal does not end the process, nor the execution.
func TestAnObserverThatPanicsDuringARenewalHarmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		renewals, told := 0, 0
		store := &hooks{Store: memory(t), renew: func() error {
			switch renewals++; renewals {
			case 1:
				return errDead
			case 2:
				panic("store")
			}
			return nil
		}}
		handler := protect(t, idempotency.Config{Store: store, Timeout: 10 * time.Minute, Lease: 11 * time.Minute,
			Observe: func(_ context.Context, e idempotency.Event) {
				if e.Kind == idempotency.EventFailed {
					told++
					panic("observer")
				}
			}}, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Hour)
			w.WriteHeader(http.StatusCreated)
		})
		if w := serve(handler, post(aKey, "x")); w.Code != 201 || told != 2 || renewals < 10 {
			t.Errorf("answered %d; %d renewals, of which %d told", w.Code, renewals, told)
		}
	})
}

// A store that panics is one that does not answer.
func TestAStoreThatPanicsIsOneThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []idempotency.Event
		store := &hooks{Store: memory(t), claim: func(context.Context, idempotency.Claim) (idempotency.Outcome, error) {
			panic("secret")
		}}
		config := idempotency.Config{Store: store,
			Observe: func(_ context.Context, e idempotency.Event) { events = append(events, e) }}
		handler := protect(t, config, func(http.ResponseWriter, *http.Request) { t.Error("executed") })
		if w := serve(handler, post(aKey, "x")); w.Code != 503 || len(events) != 1 || events[0].Err == nil ||
			strings.Contains(events[0].Err.Error(), "secret") {
			t.Errorf("answered %d %s; observed %v", w.Code, w.Body, events)
		}
		store.claim = nil
		store.complete = func(context.Context, idempotency.Hold, []byte) error {
			var none *idempotency.Hold
			return errors.New(none.Key)
		}
		handler = protect(t, config, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
		if w := serve(handler, post(aKey, "x")); w.Code != 201 || len(events) != 3 ||
			!strings.Contains(events[2].Err.Error(), "nil pointer") {
			t.Errorf("answered %d %s; observed %v", w.Code, w.Body, events)
		}
	})
}

// A store whose Join panics leaves nothing held.
type joinless struct{ *pool }

func (joinless) Join(context.Context, idempotency.Hold) context.Context { panic("join") }

func TestAStoreThatCannotBeJoinedLosesNoConnection(t *testing.T) {
	p := newPool(t)
	for range 5 {
		handler := protect(t, idempotency.Config{Store: joinless{p}},
			func(http.ResponseWriter, *http.Request) { t.Error("executed") })
		if w := serve(handler, post(aKey, "x")); w.Code != 503 || len(p.connections) != 0 {
			t.Fatalf("answered %d %s; %d connections are lost", w.Code, w.Body, len(p.connections))
		}
	}
}

func TestWhatWasNotMadeByItsConstructorRefusesToWork(t *testing.T) {
	for name, guard := range map[string]*idempotency.Guard{"zero": {}, "nil": nil} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "not made by New") {
					t.Errorf("%s: %q", name, text)
				}
			}()
			guard.Middleware(http.NotFoundHandler())
		}()
	}
	for name, executor := range map[string]*idempotency.Executor{"zero": {}, "nil": nil} {
		if execution, _, err := executor.Begin(t.Context(), claimOf("k")); execution != nil || err == nil ||
			!strings.Contains(err.Error(), "NewExecutor") {
			t.Errorf("%s: %v, %v", name, execution, err)
		}
	}
	for name, execution := range map[string]*idempotency.Execution{"zero": {}, "nil": nil} {
		for _, err := range []error{execution.Complete(nil), execution.Release()} {
			if err == nil || !strings.Contains(err.Error(), "Executor.Begin") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
