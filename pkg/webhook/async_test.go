package webhook_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// queued delivers an event and lets the workers begin with what they can. It needs a bubble of synctest.
func (r *receiver) queued(t *testing.T, event *webhook.Event, calls int32) {
	t.Helper()
	response := r.deliver(t, event)
	synctest.Wait()
	r.want(t, response, 202, calls)
}

func TestAnAsynchronousHandlerAnswersBeforeItsFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, webhook.Config{Timeout: time.Hour, Async: &webhook.Async{},
			Handle: func(context.Context, *webhook.Event) error {
				time.Sleep(time.Minute)
				return nil
			}})
		event, before := newEvent(t), time.Now()
		if got := r.deliver(t, event).StatusCode; got != 202 || time.Since(before) != 0 {
			t.Errorf("status %d after %s", got, time.Since(before))
		}
		synctest.Wait()
		r.want(t, r.deliver(t, event), 409, 1)
		time.Sleep(2 * time.Minute)
		r.want(t, r.deliver(t, event), 200, 1)
	})
}

func TestAFullQueueIsAnsweredWith503AndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, webhook.Config{Timeout: time.Hour, Async: &webhook.Async{Queue: 2, Workers: 1},
			Handle: func(context.Context, *webhook.Event) error {
				time.Sleep(time.Minute)
				return nil
			}})
		r.queued(t, newEvent(t), 1) // The worker has it.
		r.want(t, r.deliver(t, newEvent(t)), 202, 1)
		r.want(t, r.deliver(t, newEvent(t)), 202, 1)
		event := newEvent(t)
		r.want(t, r.deliver(t, event), 503, 1)
		r.want(t, r.deliver(t, event), 503, 1)
		time.Sleep(time.Minute + time.Second)
		r.queued(t, event, 2)
		time.Sleep(time.Hour)
		r.want(t, r.deliver(t, event), 200, 4)
	})
}

func TestAnAsynchronousFailureIsLoggedAndReleasesTheEvent(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error":  func() error { return errors.New("no connection") },
		"panic":  func() error { panic("no connection") },
		"Goexit": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				broken := true
				r := start(t, webhook.Config{Async: &webhook.Async{Workers: 1},
					Handle: func(context.Context, *webhook.Event) error {
						if broken {
							return fail()
						}
						return nil
					}})
				event := newEvent(t)
				for calls := range int32(3) {
					r.queued(t, event, calls+1)
				}
				if got := strings.Count(r.log.String(), "webhook function failed"); got != 3 {
					t.Errorf("%d failures are logged: %s", got, r.log.String())
				}
				broken = false
				r.queued(t, event, 4)
				r.want(t, r.deliver(t, event), 200, 4)
			})
		})
	}
}

func TestCloseHandlesWhatWasTaken(t *testing.T) {
	for _, c := range []struct {
		name  string
		async *webhook.Async
	}{{"synchronous", nil}, {"asynchronous", &webhook.Async{Queue: 10, Workers: 2}}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newHooks()
				r := start(t, webhook.Config{Timeout: time.Hour, Async: c.async, Store: s,
					Handle: func(context.Context, *webhook.Event) error {
						time.Sleep(time.Minute)
						return nil
					}})
				var events []*webhook.Event
				for range 7 {
					event := newEvent(t)
					events = append(events, event)
					go r.deliver(t, event)
				}
				synctest.Wait()
				if err := r.Close(t.Context()); err != nil {
					t.Errorf("Close = %v", err)
				}
				for _, event := range events {
					want(t, s, event, idempotency.StateDone)
				}
				r.want(t, r.deliver(t, newEvent(t)), 503, 7)
				if err := r.Close(t.Context()); err != nil {
					t.Errorf("a second Close = %v", err)
				}
			})
		})
	}
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	t.Run("functions that heed theirs end, and the queue is released", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newHooks()
			r := start(t, webhook.Config{Timeout: time.Hour, Async: &webhook.Async{Queue: 10, Workers: 2},
				Store: s, Handle: func(ctx context.Context, _ *webhook.Event) error {
					<-ctx.Done()
					return ctx.Err()
				}})
			var events []*webhook.Event
			for range 7 {
				event := newEvent(t)
				events = append(events, event)
				r.queued(t, event, min(int32(len(events)), 2))
			}
			before := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close = %v", err)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Errorf("a second Close = %v", err)
			}
			if took := time.Since(before); took != time.Second {
				t.Errorf("both took %s", took)
			}
			for _, event := range events {
				want(t, s, event, idempotency.StateMine)
				if strings.Count(r.log.String(), event.ID.String()) != 1 {
					t.Errorf("%s is not logged once: %s", event.ID, r.log.String())
				}
			}
			if r.calls.Load() != 2 {
				t.Errorf("%d calls", r.calls.Load())
			}
		})
	})
	t.Run("functions that do not are waited for by another Close, but the queue is released", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newHooks()
			r := start(t, webhook.Config{Async: &webhook.Async{Queue: 1, Workers: 1}, Store: s,
				Handle: func(context.Context, *webhook.Event) error {
					time.Sleep(time.Hour)
					return nil
				}})
			running, waiting := newEvent(t), newEvent(t)
			r.queued(t, running, 1)
			r.queued(t, waiting, 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close = %v", err)
			}
			want(t, s, running, idempotency.StateInProgress)
			want(t, s, waiting, idempotency.StateMine)
			if err := r.Close(t.Context()); err != nil {
				t.Errorf("a second Close = %v", err)
			}
			want(t, s, running, idempotency.StateDone)
		})
	})
	t.Run("a delivery that comes in between is not queued any more", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newHooks()
			r := start(t, webhook.Config{Async: &webhook.Async{}, Store: s})
			begun := false
			s.claim = func() (idempotency.Outcome, error) {
				if !begun {
					begun = true
					time.Sleep(5 * time.Second)
				}
				return idempotency.Outcome{State: idempotency.StateMine, Token: 1}, nil
			}
			released := false
			s.release = func() error { released = true; return nil }
			status := make(chan int, 1)
			go func() { status <- r.deliver(t, newEvent(t)).StatusCode }()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close = %v", err)
			}
			if got := <-status; got != 503 || !released || r.calls.Load() != 0 {
				t.Errorf("status %d, released %t, %d calls", got, released, r.calls.Load())
			}
		})
	})
}
