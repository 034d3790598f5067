package idempotency

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// defaultStoreTimeout bounds one step of the store.
const defaultStoreTimeout = 5 * time.Second

// Executor claims keys and keeps what it holds. A Guard is built on it, and so is the handler of package webhook; use
// it for work that does not arrive as a request with a key, such as the jobs of a queue. Set the fields before the
// first use. It is safe for concurrent use.
type Executor struct {
	// Store remembers the keys. Required.
	Store Store
	// StoreTimeout bounds all attempts of one step of the store; 0 means 5 seconds.
	StoreTimeout time.Duration
	// Renewed is called with every renewal that failed: with ErrLost when the hold is over, and with the store's error
	// otherwise. Many goroutines may call it at once, and it must not block. Nil observes nothing.
	Renewed func(context.Context, Hold, error)
}

// Begin claims a key. If the outcome is StateMine, it returns an Execution, which renews the lease until it is
// completed or released; otherwise the Execution is nil.
//
// A claim that gets no answer is made again, by the same attempt, until StoreTimeout is over. It can therefore not take
// effect twice. If it fails all the same, the key may be held by nobody until the lease is over.
//
// Begin does not stop when ctx ends, since that could leave a claim behind which nobody knows of. The values of ctx are
// those of the execution.
func (x *Executor) Begin(ctx context.Context, claim Claim) (*Execution, Outcome, error) {
	if claim.Attempt == (Attempt{}) {
		_, _ = rand.Read(claim.Attempt[:]) // It never fails.
	}
	ctx = context.WithoutCancel(ctx)
	var outcome Outcome
	err := x.insist(ctx, func(ctx context.Context) (err error) {
		outcome, err = x.Store.Claim(ctx, claim)
		return err
	})
	switch {
	case err != nil:
		return nil, Outcome{}, err
	case outcome.State < StateMine || outcome.State > StateOtherFingerprint:
		return nil, Outcome{}, fmt.Errorf("idempotency: the store answered %s", outcome.State)
	case outcome.State != StateMine:
		return nil, outcome, nil
	}
	return x.keep(ctx, claim, outcome.Token), outcome, nil
}

// keep starts to renew what a claim holds.
func (x *Executor) keep(ctx context.Context, claim Claim, token Token) *Execution {
	e := &Execution{executor: x, hold: Hold{claim.Scope, claim.Key, token}, lease: claim.Lease}
	ctx = context.WithValue(ctx, holdKey{}, e.hold)
	if store, ok := x.Store.(Transactional); ok {
		ctx = store.Join(ctx, e.hold)
	}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	e.mu.Lock() // The timer can fire before it is assigned.
	defer e.mu.Unlock()
	e.timer = time.AfterFunc(e.lease/3, e.renew)
	return e
}

func (x *Executor) storeTimeout() time.Duration {
	if x.StoreTimeout == 0 {
		return defaultStoreTimeout
	}
	return x.StoreTimeout
}

// insist repeats a step of the store until it has an answer or StoreTimeout is over.
func (x *Executor) insist(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, x.storeTimeout())
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause *= 4 {
		err := step(ctx)
		if err == nil || errors.Is(err, ErrLost) || errors.Is(err, ErrFull) || errors.Is(err, ErrClaim) ||
			errors.Is(err, ErrCorrupt) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}
