package idempotency

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// defaultStoreTimeout bounds one step of the store.
const defaultStoreTimeout = 5 * time.Second

// ExecutorConfig says what an Executor works with. Only Store is required.
type ExecutorConfig struct {
	// Store remembers the keys.
	Store Store
	// StoreTimeout bounds all attempts of one step of the store; 0 means 5 seconds.
	StoreTimeout time.Duration
	// EncryptionKeys encrypt responses before the store gets them: the first one encrypts, and all decrypt. None means
	// that the store has them in clear. To change the key, put the new one second everywhere, then first, and drop the
	// old one after a window.
	EncryptionKeys []EncryptionKey
	// AcceptClear accepts responses that are not encrypted although there are EncryptionKeys, as for a window after the
	// first key is there. Whoever can write to the store can then make up responses. Otherwise such a response counts
	// as damaged.
	AcceptClear bool
	// Observe is called with every renewal that failed: an EventExpired when the hold is over, an EventFailed when the
	// store did not answer. Many goroutines may call it at once. It must not block; a panic of it is ignored. Nil
	// observes nothing.
	Observe func(context.Context, Event)
}

// Executor claims keys and keeps what it holds. A Guard is built on it, and so is the handler of package webhook; use
// it for work that does not arrive as a request with a key, such as the jobs of a queue. It is safe for concurrent use.
type Executor struct {
	config ExecutorConfig
	keys   keyring
}

// NewExecutor returns an Executor. It fails when the configuration makes no sense.
func NewExecutor(config ExecutorConfig) (*Executor, error) {
	switch {
	case config.Store == nil:
		return nil, errors.New("idempotency: ExecutorConfig.Store is missing")
	case config.StoreTimeout < 0:
		return nil, errors.New("idempotency: ExecutorConfig.StoreTimeout is negative")
	}
	config.StoreTimeout = cmp.Or(config.StoreTimeout, defaultStoreTimeout)
	keys, err := newKeyring(config.EncryptionKeys, config.AcceptClear)
	if err != nil {
		return nil, err
	}
	return &Executor{config, keys}, nil
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
	if x == nil || x.config.Store == nil {
		return nil, Outcome{}, errors.New("idempotency: an Executor that was not made by NewExecutor")
	}
	if claim.Attempt == (Attempt{}) {
		claim.Attempt = NewAttempt(nil)
	}
	ctx = context.WithoutCancel(ctx)
	var outcome Outcome
	err := x.insist(ctx, func(ctx context.Context) (err error) {
		outcome, err = x.config.Store.Claim(ctx, claim)
		return err
	})
	switch {
	case err != nil:
		return nil, Outcome{}, err
	case outcome.State < StateMine || outcome.State > StateOtherFingerprint:
		return nil, Outcome{}, fmt.Errorf("idempotency: the store answered %s", outcome.State)
	case outcome.State == StateDone:
		outcome.Response, err = x.keys.open(outcome.Response, claim.Scope, claim.Key, claim.Fingerprint)
		if err != nil {
			return nil, Outcome{}, err
		}
		return nil, outcome, nil
	case outcome.State != StateMine:
		return nil, outcome, nil
	}
	var e *Execution
	if err := guarded(func() error { e = x.keep(ctx, claim, outcome.Token); return nil }); err != nil {
		hold := Hold{claim.Scope, claim.Key, outcome.Token}
		return nil, Outcome{}, errors.Join(err, x.insist(ctx, func(ctx context.Context) error {
			return x.config.Store.Release(ctx, hold)
		}))
	}
	return e, outcome, nil
}

// keep starts to renew what a claim holds.
func (x *Executor) keep(ctx context.Context, claim Claim, token Token) *Execution {
	e := &Execution{executor: x, hold: Hold{claim.Scope, claim.Key, token}, fingerprint: claim.Fingerprint,
		lease: claim.Lease}
	ctx = context.WithValue(ctx, holdKey{}, e.hold)
	if store, ok := x.config.Store.(Transactional); ok {
		ctx = store.Join(ctx, e.hold)
	}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	e.mu.Lock() // The timer can fire before it is assigned.
	defer e.mu.Unlock()
	e.timer = time.AfterFunc(e.lease/3, e.renew)
	return e
}

// insist repeats a step of the store until it has an answer or StoreTimeout is over.
func (x *Executor) insist(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, x.config.StoreTimeout)
	defer cancel()
	var first error
	for pause := 20 * time.Millisecond; ; pause *= 4 {
		err := guarded(func() error { return step(ctx) })
		switch {
		case err == nil:
			return nil
		case final(err) && first != nil:
			// It is the answer to the repeat. Why there had to be one is needed to make sense of it.
			return fmt.Errorf("%w; before that: %w", err, first)
		case final(err):
			return err
		case first == nil:
			first = err
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

// final says whether an error of a store is an answer.
func final(err error) bool {
	for _, answer := range []error{ErrLost, ErrFull, ErrClaim, ErrCorrupt, ErrNotCommitted, ErrInDoubt} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// guarded makes an error of a panic. What a panic says can be anything, so only its type is told.
func guarded(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("idempotency: a panic of a %T", cause)
			if cause, ok := cause.(runtime.Error); ok {
				err = fmt.Errorf("idempotency: a panic: %w", cause)
			}
		}
	}()
	return f()
}
