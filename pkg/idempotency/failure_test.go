package idempotency_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestNothingIsExecutedWhenTheStoreDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name   string
			err    error
			status int
			reason idempotency.Reason
			claims int
		}{
			{"dead", errDead, 503, idempotency.ReasonStoreUnavailable, 5},
			{"full", idempotency.ErrFull, 503, idempotency.ReasonStoreUnavailable, 1},
			{"damaged", idempotency.ErrCorrupt, 500, idempotency.ReasonRecordDamaged, 1},
			{"an answer that does not exist", nil, 503, idempotency.ReasonStoreUnavailable, 1},
		} {
			var count atomic.Int64
			claims := 0
			var events []idempotency.Event
			store := &hooks{claim: func(context.Context, idempotency.Claim) (idempotency.Outcome, error) {
				claims++
				return idempotency.Outcome{}, c.err
			}}
			handler := protect(t, idempotency.Config{Store: store,
				Observe: func(_ context.Context, e idempotency.Event) { events = append(events, e) }}, pay(&count))
			begun := time.Now()
			w := serve(handler, post(aKey, "x"))
			if w.Code != c.status || !strings.Contains(w.Body.String(), string(c.reason)) || count.Load() != 0 ||
				claims != c.claims {
				t.Errorf("%s: answered %d %s after %d claims; executed %d times", c.name, w.Code, w.Body, claims,
					count.Load())
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s: gave up after %s", c.name, took)
			}
			if len(events) != 1 || events[0].Kind != idempotency.EventFailed || events[0].Err == nil ||
				events[0].Key != aKey {
				t.Errorf("%s: observed %v", c.name, events)
			}
		}
	})
}

// A store that hangs is given up, and what hangs in it ends.
func TestAStoreThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hooks{claim: func(ctx context.Context, _ idempotency.Claim) (idempotency.Outcome, error) {
			<-ctx.Done()
			return idempotency.Outcome{}, ctx.Err()
		}}
		begun := time.Now()
		w := serve(protect(t, idempotency.Config{Store: store, StoreTimeout: time.Second},
			func(http.ResponseWriter, *http.Request) {}), post(aKey, "x"))
		if w.Code != 503 || time.Since(begun) != time.Second {
			t.Errorf("answered %d after %s", w.Code, time.Since(begun))
		}
	})
}

// The answer to a claim is lost on its way: the claim is made again and finds itself.
func TestAClaimWhoseAnswerIsLostIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count atomic.Int64
		inner := memory(t)
		claims := 0
		store := &hooks{Store: inner, claim: func(ctx context.Context, c idempotency.Claim) (idempotency.Outcome,
			error) {
			outcome, err := inner.Claim(ctx, c)
			if claims++; claims <= 2 {
				return idempotency.Outcome{}, errDead
			}
			return outcome, err
		}}
		handler := protect(t, idempotency.Config{Store: store}, pay(&count))
		if w := serve(handler, post(aKey, "x")); w.Code != 201 || count.Load() != 1 || claims != 3 {
			t.Errorf("answered %d %s after %d claims", w.Code, w.Body, claims)
		}
		if w := serve(handler, post(aKey, "x")); w.Code != 201 || count.Load() != 1 {
			t.Errorf("the repeat is answered %d %s; executed %d times", w.Code, w.Body, count.Load())
		}
	})
}

func TestAResponseThatCannotBeStoredGoesOutAndIsNeverExecutedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count atomic.Int64
		inner := memory(t)
		store := &hooks{Store: inner, complete: func(context.Context, idempotency.Hold,
			[]byte) error {
			return errDead
		}}
		var kinds []string
		handler := protect(t, idempotency.Config{Store: store,
			Observe: func(_ context.Context, e idempotency.Event) { kinds = append(kinds, e.Kind.String()) }},
			pay(&count))
		if w := serve(handler, post(aKey, "x")); w.Code != 201 || strings.Join(kinds, " ") != "claimed failed" {
			t.Errorf("answered %d, observed %v", w.Code, kinds)
		}
		time.Sleep(2 * time.Minute)
		if w := serve(handler, post(aKey, "x")); w.Code != 409 || count.Load() != 1 {
			t.Errorf("the repeat is answered %d %s; executed %d times", w.Code, w.Body, count.Load())
		}
	})
}

// A complete whose answer is lost is made again, and does not change what is stored.
func TestACompletionWhoseAnswerIsLostIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count atomic.Int64
		inner := memory(t)
		completions := 0
		store := &hooks{Store: inner, complete: func(ctx context.Context, h idempotency.Hold, b []byte) error {
			if err := inner.Complete(ctx, h, b); err != nil {
				return err
			}
			if completions++; completions == 1 {
				return errDead
			}
			return nil
		}}
		handler := protect(t, idempotency.Config{Store: store}, pay(&count))
		first, again := serve(handler, post(aKey, "x")), serve(handler, post(aKey, "x"))
		if first.Code != 201 || again.Body.String() != first.Body.String() || completions != 2 {
			t.Errorf("answered %d and %d %s after %d completions", first.Code, again.Code, again.Body, completions)
		}
	})
}

func TestAHandlerThatLosesItsLeaseIsToldAndOverwritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := memory(t)
		var cut atomic.Bool
		cut.Store(true)
		store := &hooks{Store: inner, renew: func() error {
			if cut.Load() {
				return errDead
			}
			return nil
		}}
		// The first handler is cut off from the store for longer than its lease, and goes on all the same.
		goOn, finished := make(chan struct{}), make(chan string)
		first := protect(t, idempotency.Config{Store: store, Timeout: time.Second, Lease: 3 * time.Second},
			func(w http.ResponseWriter, r *http.Request) {
				<-goOn
				<-r.Context().Done()
				_, _ = io.WriteString(w, "first: "+context.Cause(r.Context()).Error())
			})
		go func() { finished <- serve(first, post(aKey, "x")).Body.String() }()
		time.Sleep(4 * time.Second)
		var count atomic.Int64
		second := protect(t, idempotency.Config{Store: inner, TakeOver: true}, pay(&count))
		if w := serve(second, post(aKey, "x")); w.Code != 201 {
			t.Fatalf("the successor is answered %d %s", w.Code, w.Body)
		}
		cut.Store(false)
		close(goOn)
		if got := <-finished; !strings.HasPrefix(got, "first: ") {
			t.Errorf("the first is answered %s", got)
		}
		if w := serve(second, post(aKey, "x")); w.Body.String() != "payment 1 of x" {
			t.Errorf("the stored response is %s", w.Body)
		}
	})
}

func TestALostLeaseEndsTheHandlersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hooks{Store: memory(t), renew: func() error { return idempotency.ErrLost }}
		var (
			mu    sync.Mutex // The renewal observes beside the handler.
			kinds []string
		)
		handler := protect(t, idempotency.Config{Store: store, Timeout: time.Minute, Lease: 90 * time.Second,
			Observe: func(_ context.Context, e idempotency.Event) {
				mu.Lock()
				defer mu.Unlock()
				kinds = append(kinds, e.Kind.String())
			}},
			func(w http.ResponseWriter, r *http.Request) {
				begun := time.Now()
				<-r.Context().Done()
				if cause := context.Cause(r.Context()); !errors.Is(cause, idempotency.ErrLost) ||
					time.Since(begun) != 30*time.Second {
					t.Errorf("ended after %s by %v", time.Since(begun), cause)
				}
			})
		serve(handler, post(aKey, "x"))
		mu.Lock()
		defer mu.Unlock()
		if strings.Join(kinds, " ") != "claimed expired" {
			t.Errorf("observed %v", kinds)
		}
	})
}

func TestADamagedRecordIsNeitherReplayedNorExecuted(t *testing.T) {
	var count atomic.Int64
	inner := memory(t)
	store := &hooks{Store: inner, complete: func(ctx context.Context, h idempotency.Hold, b []byte) error {
		b[len(b)/2] ^= 1
		return inner.Complete(ctx, h, b)
	}}
	handler := protect(t, idempotency.Config{Store: store}, pay(&count))
	serve(handler, post(aKey, "x"))
	if w := serve(handler, post(aKey, "x")); w.Code != 500 || strings.Contains(w.Body.String(), "payment") ||
		count.Load() != 1 {
		t.Errorf("answered %d %s; executed %d times", w.Code, w.Body, count.Load())
	}
}
