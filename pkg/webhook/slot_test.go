package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

// atWork counts the goroutines that are in a method of a Handler. All that there are would count those that are about
// to end.
func atWork() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for goroutine := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		if bytes.Contains(goroutine, []byte("/pkg/webhook.(*Handler).")) {
			n++
		}
	}
	return n
}

// A thousand events find a function that hangs. Three get to it, three wait for a moment, and all others are told to
// come again at once. When the function returns, nothing of it is left, and the events are handled.
func TestAFunctionThatHangsHoldsNoMoreThanItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var got []webhook.Report
		var mu sync.Mutex
		r := start(t, webhook.Config{MaxConcurrent: 3, Timeout: time.Minute, Store: newHooks(),
			Handle: func(context.Context, *webhook.Event) error { <-hang; return nil },
			Observe: func(_ context.Context, report webhook.Report) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, report)
			}})
		var events []*webhook.Event
		var statuses [1000]int
		var took [1000]time.Duration
		for i := range statuses {
			event := newEvent(t)
			events = append(events, event)
			go func() {
				begun := time.Now()
				status := r.deliver(t, event).StatusCode // deliver demands a Retry-After.
				mu.Lock()
				defer mu.Unlock()
				statuses[i], took[i] = status, time.Since(begun)
			}()
			synctest.Wait()
		}
		// Those who wait, those who hang, with the goroutine of the function each.
		if n := atWork(); n != 3+2*3 {
			t.Errorf("there are %d goroutines", n)
		}
		time.Sleep(webhook.Patience)
		synctest.Wait()
		mu.Lock()
		for i, status := range statuses {
			want, wait := 503, time.Duration(0)
			switch {
			case i < 3:
				want = 0 // Not answered yet.
			case i < 6:
				wait = webhook.Patience
			}
			if status != want || took[i] != wait {
				t.Errorf("delivery %d is answered with %d after %s; want %d after %s", i, status, took[i], want, wait)
			}
		}
		if n := atWork(); n != 2*3 {
			t.Errorf("there are %d goroutines", n)
		}
		for _, report := range got {
			if report.Refusal.Reason != webhook.ReasonBusy || report.Event == nil {
				t.Errorf("the report is %+v", report)
			}
		}
		mu.Unlock()
		// The deadline has those three answered as well. They go on, and keep their slots.
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		if !slices.Equal(statuses[:3], []int{503, 503, 503}) {
			t.Errorf("the first are answered with %d", statuses[:3])
		}
		mu.Unlock()
		r.want(t, r.deliver(t, events[10]), 503, 3)
		r.want(t, r.deliver(t, events[0]), 503, 3)
		close(hang)
		synctest.Wait()
		r.want(t, r.deliver(t, events[0]), 200, 3)
		r.want(t, r.deliver(t, events[10]), 202, 4)
		synctest.Wait() // The answer goes out before the last goroutine has ended.
		if n := atWork(); n != 0 {
			t.Errorf("there are %d goroutines", n)
		}
	})
}

// A burst is not sent away while the function is quick.
func TestABurstWaitsForAQuickFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, webhook.Config{MaxConcurrent: 10, Handle: func(context.Context, *webhook.Event) error {
			time.Sleep(webhook.Patience / 2)
			return nil
		}})
		var handled atomic.Int32
		for range 20 {
			event := newEvent(t)
			go func() {
				if status := r.deliver(t, event).StatusCode; status == 202 {
					handled.Add(1)
				}
			}()
		}
		time.Sleep(2 * webhook.Patience)
		if handled.Load() != 20 {
			t.Errorf("%d of 20 were handled", handled.Load())
		}
	})
}

func TestWhoHangsUpDoesNotWaitForASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		r := start(t, webhook.Config{MaxConcurrent: 1, Handle: func(context.Context, *webhook.Event) error {
			<-hang
			return nil
		}})
		go r.deliver(t, newEvent(t))
		synctest.Wait()
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		before := time.Now()
		request := webhooktest.Request(t, "https://example.com/", oldSecret, newEvent(t)).WithContext(ctx)
		r.want(t, r.serve(t, request), 503, 1)
		if took := time.Since(before); took != 0 {
			t.Errorf("it waited for %s", took)
		}
		close(hang)
	})
}

// However a delivery ends, its slot is free for the next one.
func TestASlotIsGivenBack(t *testing.T) {
	for name, c := range map[string]struct {
		handle func() error
		store  func(*hooks)
	}{
		"after success":       {handle: func() error { return nil }},
		"after an error":      {handle: func() error { return errors.New("no") }},
		"after a panic":       {handle: func() error { panic("no") }},
		"after its goroutine": {handle: func() error { runtime.Goexit(); return nil }},
		"without a store": {store: func(s *hooks) {
			s.claim = func() (o idempotency.Outcome, err error) { return o, idempotency.ErrFull }
		}},
		"when the store panics": {store: func(s *hooks) {
			s.claim = func() (idempotency.Outcome, error) { panic("no") }
		}},
		"when it is in progress": {store: func(s *hooks) {
			s.claim = func() (idempotency.Outcome, error) {
				return idempotency.Outcome{State: idempotency.StateInProgress}, nil
			}
		}},
		"when it is done": {store: func(s *hooks) {
			s.claim = func() (idempotency.Outcome, error) {
				return idempotency.Outcome{State: idempotency.StateDone}, nil
			}
		}},
		"when it cannot be settled": {handle: func() error { return nil }, store: func(s *hooks) {
			s.complete = func() error { return idempotency.ErrLost }
			s.release = s.complete
		}},
	} {
		for mode, async := range map[string]*webhook.Async{"": nil, ", asynchronously": {Queue: 1, Workers: 1}} {
			t.Run(name+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := newHooks()
					if c.store != nil {
						c.store(store)
					}
					r := start(t, webhook.Config{MaxConcurrent: 2, Store: store, Async: async,
						Handle: func(context.Context, *webhook.Event) error { return c.handle() }})
					for range 10 {
						r.deliver(t, newEvent(t))
						synctest.Wait()
					}
					if strings.Contains(r.log.String(), string(webhook.ReasonBusy)) {
						t.Errorf("a slot is lost: %s", r.log.String())
					}
				})
			})
		}
	}
}

// Workers that hang are no more than there are, and so are the events that wait. Others are told to come again.
func TestAWorkerThatHangsIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		r := start(t, webhook.Config{Timeout: time.Minute, Async: &webhook.Async{Queue: 2, Workers: 1},
			Handle: func(context.Context, *webhook.Event) error { <-hang; return nil }})
		r.queued(t, newEvent(t), 1)
		r.queued(t, newEvent(t), 1)
		r.queued(t, newEvent(t), 1)
		for range 100 {
			r.want(t, r.deliver(t, newEvent(t)), 503, 1)
		}
		if n := atWork(); n != 2 { // The worker, and its function.
			t.Errorf("there are %d goroutines", n)
		}
		time.Sleep(time.Minute + 1)
		synctest.Wait()
		if n := strings.Count(r.log.String(), "webhook function is over its deadline"); n != 1 {
			t.Errorf("%d reports of the one that hangs: %s", n, r.log.String())
		}
		close(hang)
		synctest.Wait()
		if n := strings.Count(r.log.String(), "webhook handled"); n != 3 {
			t.Errorf("%d were handled: %s", n, r.log.String())
		}
	})
}

func TestAZeroHandlerSaysHowToMakeOne(t *testing.T) {
	for name, h := range map[string]*webhook.Handler{"zero": {}, "nil": nil} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "made by New") {
					t.Errorf("it panics with %q", text)
				}
				if err := h.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}()
			h.ServeHTTP(httptest.NewRecorder(), webhooktest.Request(t, "https://example.com/", oldSecret, newEvent(t)))
		})
	}
}

// In a transactional store each queued event has a connection, so no default is right.
func TestAsyncInATransactionalStoreNeedsAQueue(t *testing.T) {
	config := webhook.Config{Secrets: []signing.Secret{oldSecret}, Store: joining{newHooks()},
		Handle: func(context.Context, *webhook.Event) error { return nil }, Async: &webhook.Async{Workers: 1}}
	if h, err := webhook.New(config); err == nil || !strings.Contains(err.Error(), "connection") {
		t.Errorf("New = %v, %v", h, err)
	}
	config.Async = &webhook.Async{Queue: 1}
	h, err := webhook.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// joining is a transactional store as far as New can tell.
type joining struct{ *hooks }

func (joining) Join(ctx context.Context, _ idempotency.Hold) context.Context { return ctx }
