package idempotency

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Execution is the right to execute what a key names. It renews its lease, each third of it, from Begin until Complete
// or Release, one of which must be called. Executor.Begin makes it.
//
// If the process dies before that, nobody renews the lease, and it expires. A claim that asks to take over gets the key
// then. In the transaction of a Transactional store, the key is free as soon as the database notices.
type Execution struct {
	executor    *Executor
	hold        Hold
	fingerprint Fingerprint
	lease       time.Duration

	ctx    context.Context
	cancel context.CancelCauseFunc

	// mu is held during a renewal.
	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

type holdKey struct{}

// HoldFromContext returns the hold under which a handler runs, or a function of package webhook. Pass its token on to
// whatever can refuse a lower one than it has seen: that fences off an executor that lost the key to another one.
func HoldFromContext(ctx context.Context) (Hold, bool) {
	hold, ok := ctx.Value(holdKey{}).(Hold)
	return hold, ok
}

// Hold returns the hold, whose token fences off whoever held the key before.
func (e *Execution) Hold() Hold { return e.hold }

// Context is the context to execute in. It has the hold for HoldFromContext, and the transaction of a Transactional
// store. It ends with ErrLost as its cause when another claim took the key over, and when the execution is completed or
// released. It has no deadline.
func (e *Execution) Context() context.Context { return e.ctx }

// Complete ends the execution and stores its response, which must not be changed afterwards. In a Transactional store
// it commits. It fails with ErrLost when the hold was over before; with ErrFull when there is no room for the response,
// so that it can be completed with a smaller one; and with ErrNotCommitted or ErrInDoubt as a Transactional says. After
// any other error the response may be stored or not.
func (e *Execution) Complete(response []byte) error {
	if err := e.end(); err != nil {
		return err
	}
	response = e.executor.keys.seal(response, e.hold.Scope, e.hold.Key, e.fingerprint)
	return e.executor.insist(context.WithoutCancel(e.ctx), func(ctx context.Context) error {
		return e.executor.config.Store.Complete(ctx, e.hold, response)
	})
}

// Release ends the execution and frees the key, so that the next claim executes. In a Transactional store it rolls
// back. It fails with ErrLost when the hold was over before, and with ErrInDoubt as a Transactional says.
func (e *Execution) Release() error {
	if err := e.end(); err != nil {
		return err
	}
	return e.executor.insist(context.WithoutCancel(e.ctx), func(ctx context.Context) error {
		return e.executor.config.Store.Release(ctx, e.hold)
	})
}

// end stops renewing. A renewal that is under way is cut short and waited for.
func (e *Execution) end() error {
	if e == nil || e.executor == nil {
		return errors.New("idempotency: an Execution that was not made by Executor.Begin")
	}
	e.cancel(nil)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	e.timer.Stop()
	return nil
}

// renew renews the lease once. If the store does not answer, two thirds of the lease are left for the next time.
func (e *Execution) renew() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	ctx, cancel := context.WithTimeout(e.ctx, e.executor.config.StoreTimeout)
	defer cancel()
	err := guarded(func() error { return e.executor.config.Store.Renew(ctx, e.hold, e.lease) })
	lost := errors.Is(err, ErrLost)
	if observe := e.executor.config.Observe; err != nil && observe != nil && (lost || e.ctx.Err() == nil) {
		kind := EventFailed
		if lost {
			kind = EventExpired
		}
		_ = guarded(func() error { // Nobody recovers a panic in this goroutine, and it would end the process.
			observe(e.ctx, Event{Kind: kind, Scope: e.hold.Scope, Key: e.hold.Key, Err: err})
			return nil
		})
	}
	if lost {
		e.over = true
		e.cancel(ErrLost)
		return
	}
	e.timer.Reset(e.lease / 3)
}
