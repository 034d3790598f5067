package sandbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// keys are the idempotency keys that the bank has, as an idempotency.Transactional: what a request has done, its key
// and what was answered are one transaction. So after a kill either all of it is there or nothing. A key that is held
// is held by this process alone, and is free as soon as it ends.
type keys struct {
	bank *bank.Bank

	mu sync.Mutex
	// held are the claims that have not ended.
	held map[bank.KeyName]*attempt
	last idempotency.Token
}

// attempt is a claim that somebody holds.
type attempt struct {
	claim  idempotency.Claim
	hold   idempotency.Hold
	begun  chan struct{} // Closed once it is known that nobody has executed the request before.
	leased time.Time     // When the lease ends.
	// tx is what the request does, from when its operation has ended until the attempt does: the bank is locked so
	// long. pending is its commit.
	tx      *bank.Tx
	pending *state.Pending
	done    bool
}

func newKeys(b *bank.Bank) (*keys, error) {
	k := &keys{bank: b, held: map[bank.KeyName]*attempt{}}
	err := b.Look(context.Background(), func(t *bank.Tx) error {
		k.last = idempotency.Token(t.HighestKeyToken())
		return nil
	})
	return k, err
}

type attemptKey struct{}

// Join returns a context that carries the transaction of a hold.
func (k *keys) Join(ctx context.Context, hold idempotency.Hold) context.Context {
	if a := k.find(hold); a != nil {
		return context.WithValue(ctx, attemptKey{}, a)
	}
	return ctx
}

// attemptOf returns the attempt that a context carries, or nil.
func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

func (k *keys) find(hold idempotency.Hold) *attempt {
	k.mu.Lock()
	defer k.mu.Unlock()
	if a := k.held[bank.KeyName{Scope: hold.Scope, Key: hold.Key}]; a != nil && a.hold == hold {
		return a
	}
	return nil
}

// Claim asks for the right to execute a request.
func (k *keys) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := claim.Validate(); err != nil {
		return idempotency.Outcome{}, err
	}
	name := bank.KeyName{Scope: claim.Scope, Key: claim.Key}
	now := k.bank.Time()
	for {
		a, mine := k.enter(name, claim, now)
		if !mine {
			select {
			case <-a.begun:
			case <-ctx.Done():
				return idempotency.Outcome{}, ctx.Err()
			}
			if outcome, ok := k.heldBy(a, name, claim, now); ok {
				return outcome, nil
			}
			continue
		}
		known, err := k.known(ctx, name)
		if err != nil || known != nil {
			k.leave(name, a)
			close(a.begun)
			if err != nil {
				return idempotency.Outcome{}, err
			}
			return outcomeOf(known, claim), nil
		}
		close(a.begun)
		return idempotency.Outcome{State: idempotency.StateMine, Token: a.hold.Token}, nil
	}
}

// enter returns the attempt that holds a key, and makes one if there is none.
func (k *keys) enter(name bank.KeyName, claim idempotency.Claim, now time.Time) (a *attempt, mine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if a := k.held[name]; a != nil {
		return a, false
	}
	k.last++
	a = &attempt{claim: claim, begun: make(chan struct{}), leased: now.Add(claim.Lease),
		hold: idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: k.last}}
	k.held[name] = a
	return a, true
}

func (k *keys) leave(name bank.KeyName, a *attempt) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held[name] == a {
		delete(k.held, name)
	}
}

// heldBy is what a claim learns of a key that an attempt holds; false means that it does not any longer.
func (k *keys) heldBy(a *attempt, name bank.KeyName, claim idempotency.Claim, now time.Time) (idempotency.Outcome,
	bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.held[name] != a:
		return idempotency.Outcome{}, false
	case a.claim.Fingerprint != claim.Fingerprint || a.claim.Attempt.Contradicts(claim.Attempt):
		return idempotency.Outcome{State: idempotency.StateOtherFingerprint}, true
	case a.claim.Attempt == claim.Attempt && claim.Attempt != idempotency.Attempt{}:
		a.leased = now.Add(claim.Lease)
		return idempotency.Outcome{State: idempotency.StateMine, Token: a.hold.Token}, true
	}
	// The process that holds it lives: nobody takes over.
	return idempotency.Outcome{State: idempotency.StateInProgress, Remaining: max(a.leased.Sub(now), time.Millisecond)},
		true
}

// known returns what the bank knows of a key, once it lasts.
func (k *keys) known(ctx context.Context, name bank.KeyName) (known *bank.Key, err error) {
	err = k.bank.Look(ctx, func(t *bank.Tx) error {
		known = t.Key(name)
		return nil
	})
	return known, err
}

func outcomeOf(known *bank.Key, claim idempotency.Claim) idempotency.Outcome {
	var mark idempotency.Attempt
	copy(mark[:], known.Mark)
	if string(known.Fingerprint) != string(claim.Fingerprint[:]) || mark.Contradicts(claim.Attempt) {
		return idempotency.Outcome{State: idempotency.StateOtherFingerprint}
	}
	return idempotency.Outcome{State: idempotency.StateDone, Response: known.Response}
}

// Renew does nothing but to say whether the hold is over.
func (k *keys) Renew(_ context.Context, hold idempotency.Hold, lease time.Duration) error {
	a := k.find(hold)
	if a == nil {
		return idempotency.ErrLost
	}
	now := k.bank.Time()
	k.mu.Lock()
	defer k.mu.Unlock()
	a.leased = now.Add(lease)
	return nil
}

// Complete commits what the request has done, with its key and the response.
func (k *keys) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	name := bank.KeyName{Scope: hold.Scope, Key: hold.Key}
	a := attemptOf(ctx)
	if a == nil || a.hold != hold {
		a = k.find(hold)
	}
	if a == nil {
		known, err := k.known(ctx, name)
		if err == nil && (known == nil || known.Token != int64(hold.Token)) {
			err = idempotency.ErrLost
		}
		return err
	}
	if !a.done {
		if err := k.commit(a, name, response); err != nil {
			k.leave(name, a)
			return notCommitted(err)
		}
	}
	err := a.pending.Wait(ctx)
	if err == nil || !errors.Is(err, ctx.Err()) || ctx.Err() == nil {
		k.leave(name, a)
	}
	return notCommitted(err)
}

// commit takes effect once.
func (k *keys) commit(a *attempt, name bank.KeyName, response []byte) error {
	t := a.tx
	if t == nil { // The answer is not that of an operation.
		var err error
		if t, err = k.bank.Write(); err != nil {
			return err
		}
	}
	a.tx, a.done = nil, true
	mark := a.claim.Attempt.Mark()
	t.KeepKey(&bank.Key{
		Scope: name.Scope, Key: name.Key, Fingerprint: a.claim.Fingerprint[:], Mark: mark[:],
		Token: int64(a.hold.Token), Response: response, Expires: t.Now().Add(a.claim.Window),
	})
	var err error
	a.pending, err = t.Commit()
	return err
}

// notCommitted says in the words of package idempotency that nothing has happened.
func notCommitted(err error) error {
	if errors.Is(err, state.ErrNotCommitted) {
		return errors.Join(idempotency.ErrNotCommitted, err)
	}
	return err
}

// Release takes back what the request has done.
func (k *keys) Release(ctx context.Context, hold idempotency.Hold) error {
	a := attemptOf(ctx)
	if a == nil || a.hold != hold {
		a = k.find(hold)
	}
	if a == nil || a.done {
		return idempotency.ErrLost
	}
	if a.tx != nil {
		a.tx.Rollback()
		a.tx = nil
	}
	k.leave(bank.KeyName{Scope: hold.Scope, Key: hold.Key}, a)
	return nil
}
