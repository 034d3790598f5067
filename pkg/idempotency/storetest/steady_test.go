package storetest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

// waiting is a store whose steps tell when they are under way, and end when they may.
type waiting struct{ underWay, end chan struct{} }

var errWaited = errors.New("waited")

func (w waiting) wait() error {
	close(w.underWay)
	<-w.end
	return errWaited
}

func (w waiting) Claim(context.Context, idempotency.Claim) (idempotency.Outcome, error) {
	return idempotency.Outcome{}, w.wait()
}
func (w waiting) Renew(context.Context, idempotency.Hold, time.Duration) error { return w.wait() }
func (w waiting) Complete(context.Context, idempotency.Hold, []byte) error     { return w.wait() }
func (w waiting) Release(context.Context, idempotency.Hold) error              { return w.wait() }

func TestASteadyClockWaitsForEveryStep(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]func(context.Context, idempotency.Store) error{
		"claim": func(ctx context.Context, s idempotency.Store) error {
			_, err := s.Claim(ctx, idempotency.Claim{})
			return err
		},
		"renew": func(ctx context.Context, s idempotency.Store) error {
			return s.Renew(ctx, idempotency.Hold{}, time.Hour)
		},
		"complete": func(ctx context.Context, s idempotency.Store) error {
			return s.Complete(ctx, idempotency.Hold{}, nil)
		},
		"release": func(ctx context.Context, s idempotency.Store) error { return s.Release(ctx, idempotency.Hold{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := waiting{make(chan struct{}), make(chan struct{})}
			var moved atomic.Int64
			subject := storetest.Steady(store, func(d time.Duration) { moved.Store(int64(d)) })
			answer, advanced := make(chan error, 1), make(chan struct{})
			go func() { answer <- step(t.Context(), subject.Store) }()
			<-store.underWay
			go func() {
				subject.Advance(time.Hour)
				close(advanced)
			}()
			time.Sleep(10 * time.Millisecond) // long enough for a clock that does not wait
			if moved.Load() != 0 {
				t.Error("the clock moved while the step was under way")
			}
			close(store.end)
			if err := <-answer; !errors.Is(err, errWaited) {
				t.Errorf("the step says %v", err)
			}
			<-advanced
			if moved.Load() != int64(time.Hour) {
				t.Errorf("the clock moved by %s", time.Duration(moved.Load()))
			}
		})
	}
}
