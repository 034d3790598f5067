package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

// wantWork demands how often the work was done and lasts.
func (p place) wantWork(t *testing.T, times int) {
	t.Helper()
	if got := p.done(t); len(got) != times {
		t.Errorf("the work was done %d times, want %d", len(got), times)
	}
}

func TestEveryStoreRemembersWhatWasHandled(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		r := start(t, webhook.Config{Store: p.forTest(t),
			Handle: func(ctx context.Context, event *webhook.Event) error {
				hold, _ := idempotency.HoldFromContext(ctx)
				if hold.Key != event.ID.String() || hold.Scope != webhook.DefaultScope || hold.Token <= 0 {
					t.Errorf("the hold is %v", hold)
				}
				return p.work(ctx)
			}})
		event := newEvent(t)
		r.want(t, r.deliver(t, event), 202, 1)
		r.want(t, r.deliver(t, event), 200, 1)
		r.want(t, r.deliver(t, bytes.Replace(event.Raw, []byte(marker), nil, 1)), 200, 1)
		p.wantWork(t, 1)
		if !strings.Contains(r.log.String(), "other content") {
			t.Errorf("other content is not reported: %s", r.log.String())
		}
	})
}

func TestInEveryStoreAFailureIsHandledAgain(t *testing.T) {
	for name, fail := range map[string]func() error{
		"an error":                 func() error { return errors.New("no connection") },
		"a panic":                  func() error { panic("no such thing") },
		"the end of the goroutine": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, p place) {
				broken := true
				r := start(t, webhook.Config{Store: p.forTest(t),
					Handle: func(ctx context.Context, _ *webhook.Event) error {
						if err := p.work(ctx); err != nil || !broken {
							return err
						}
						return fail()
					}})
				event := newEvent(t)
				r.want(t, r.deliver(t, event), 500, 1)
				before := 1
				if p.Store == "transactional" {
					before = 0 // It was rolled back.
				}
				p.wantWork(t, before)
				broken = false
				r.want(t, r.deliver(t, event), 202, 2)
				r.want(t, r.deliver(t, event), 200, 2)
				p.wantWork(t, before+1)
			})
		})
	}
}

func TestInEveryStoreOneOfManyDeliveriesIsHandled(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		store := p.forTest(t)
		// Two instances of a program.
		one, other := start(t, webhook.Config{Store: store}), start(t, webhook.Config{Store: store})
		event := newEvent(t)
		var handled atomic.Int32
		var group sync.WaitGroup
		for i := range 20 {
			r := []*receiver{one, other}[i%2]
			group.Go(func() {
				switch status := webhooktest.Deliver(t, r, oldSecret, event).StatusCode; status {
				case 202:
					handled.Add(1)
				case 200, 409:
				default:
					t.Errorf("status %d", status)
				}
			})
		}
		group.Wait()
		if calls := one.calls.Load() + other.calls.Load(); calls != 1 || handled.Load() != 1 {
			t.Errorf("%d calls, %d answers", calls, handled.Load())
		}
	})
}

// short is a configuration whose leases are over soon, unless they are renewed.
func (p place) short(t *testing.T, handle func(context.Context, *webhook.Event) error) webhook.Config {
	return webhook.Config{Store: p.forTest(t), Timeout: 50 * time.Millisecond, Lease: 600 * time.Millisecond,
		Handle: handle}
}

func TestInEveryStoreAFunctionThatOverrunsKeepsItsEvent(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		goOn := make(chan struct{})
		leave := sync.OnceFunc(func() { close(goOn) })
		r := start(t, p.short(t, func(ctx context.Context, _ *webhook.Event) error {
			<-goOn
			return p.work(ctx)
		}))
		t.Cleanup(leave) // before the handler is closed, should the test fail
		event := newEvent(t)
		r.want(t, r.deliver(t, event), 503, 1)
		for range 5 {
			time.Sleep(200 * time.Millisecond)
			r.want(t, r.deliver(t, event), 409, 1)
		}
		leave()
		r.until(t, event, 200)
		r.want(t, r.deliver(t, event), 200, 1)
		p.wantWork(t, 1)
	})
}

// until delivers an event until the answer is no 409, and demands that it is this one.
func (r *receiver) until(t *testing.T, event *webhook.Event, status int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		response := r.deliver(t, event)
		if response.StatusCode == status {
			return
		}
		if response.StatusCode != 409 || time.Now().After(deadline) {
			t.Fatalf("status %d, want %d\n%s", response.StatusCode, status, r.log.String())
		}
	}
}

func TestInEveryStoreAQueuedEventIsHeld(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		goOn := make(chan struct{})
		leave := sync.OnceFunc(func() { close(goOn) })
		config := p.short(t, func(ctx context.Context, _ *webhook.Event) error {
			<-goOn
			return p.work(ctx)
		})
		config.Async = &webhook.Async{Queue: 1, Workers: 1}
		r := start(t, config)
		t.Cleanup(leave) // before the handler is closed, should the test fail
		running, waiting := newEvent(t), newEvent(t)
		for _, event := range []*webhook.Event{running, waiting} {
			if status := r.deliver(t, event).StatusCode; status != 202 {
				t.Fatalf("status %d", status)
			}
			for r.calls.Load() == 0 { // The worker has the first one.
				time.Sleep(time.Millisecond)
			}
		}
		for range 5 {
			time.Sleep(200 * time.Millisecond)
			r.want(t, r.deliver(t, running), 409, 1)
			r.want(t, r.deliver(t, waiting), 409, 1)
		}
		leave()
		r.until(t, running, 200)
		r.until(t, waiting, 200)
		p.wantWork(t, 2)
	})
}

// A handler that is cut off from the store for longer than its lease is told, and settles nothing.
func TestWhoLosesAnEventIsToldAndSettlesNothing(t *testing.T) {
	s := newHooks()
	var cut atomic.Bool
	cut.Store(true)
	s.renew = func() error {
		if cut.Load() {
			return errors.New("no connection")
		}
		return nil
	}
	told := make(chan error, 1)
	tokens := make(chan idempotency.Token, 2)
	first := start(t, webhook.Config{Store: s, Lease: 100 * time.Millisecond,
		Handle: func(ctx context.Context, _ *webhook.Event) error {
			hold, _ := idempotency.HoldFromContext(ctx)
			tokens <- hold.Token
			<-ctx.Done()
			told <- context.Cause(ctx)
			return context.Cause(ctx)
		}})
	event := newEvent(t)
	answered := make(chan int, 1)
	go func() { answered <- first.deliver(t, event).StatusCode }()
	second := start(t, webhook.Config{Store: s.Store, Handle: func(ctx context.Context, _ *webhook.Event) error {
		hold, _ := idempotency.HoldFromContext(ctx)
		tokens <- hold.Token
		return nil
	}})
	before := <-tokens // The first has begun.
	second.until(t, event, 202)
	cut.Store(false)
	if cause := <-told; !errors.Is(cause, idempotency.ErrLost) {
		t.Errorf("the function was told %v", cause)
	}
	if status := <-answered; status != 503 {
		t.Errorf("status %d", status)
	}
	second.want(t, second.deliver(t, event), 200, 1)
	if after := <-tokens; after <= before {
		t.Errorf("the tokens are %d and %d", before, after)
	}
	if log := first.log.String(); !strings.Contains(log, "webhook lease expired") {
		t.Errorf("the log does not say what happened: %s", log)
	}
}

// What a transaction could not commit was not handled, and must not be answered as if it were.
func TestACommitThatFailsIsNoSuccess(t *testing.T) {
	p := newPlace(t, "transactional")
	store, closeStore, err := p.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, webhook.Config{Store: store, StoreTimeout: 2 * time.Second,
		Handle: func(ctx context.Context, _ *webhook.Event) error {
			if err := p.work(ctx); err != nil {
				return err
			}
			return closeStore() // The connection is gone, and the transaction with it.
		}})
	event := newEvent(t)
	r.want(t, r.deliver(t, event), 503, 1)
	p.wantWork(t, 0)
	r = start(t, webhook.Config{Store: p.forTest(t),
		Handle: func(ctx context.Context, _ *webhook.Event) error { return p.work(ctx) }})
	r.until(t, event, 202)
	p.wantWork(t, 1)
}
