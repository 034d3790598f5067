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
// and what was answered are one transaction. So after a kill either all of it is there or nothing. What is not done yet
// is held by this process alone, and a key that is held is free as soon as it ends.
type keys struct {
	bank *bank.Bank

	mu   sync.Mutex
	held map[bank.KeyName]*attempt
	last idempotency.Token
}

// attempt is a claim that somebody holds.
type attempt struct {
	claim idempotency.Claim
	hold  idempotency.Hold
	// looked is closed once it is known whether the request was executed before. Until then nobody holds the key.
	looked chan struct{}
	// leased and expires are when the lease and the window end, and tookOver is what the holder was told. They belong
	// to the lock of keys, as what follows.
	leased, expires time.Time
	tookOver        bool
	// ending is there once somebody completes the attempt, and closed when that is over.
	ending chan struct{}

	// tx is what the request does, from when its operation has ended until the attempt does. The bank is locked so
	// long: nothing may wait between the two. It belongs to the goroutine that has the hold.
	tx *bank.Tx
}

func newKeys(b *bank.Bank) *keys {
	k := &keys{bank: b, held: map[bank.KeyName]*attempt{}}
	b.OnReplace(k.loseAll)
	return k
}

// loseAll ends all attempts, when the bank becomes another one: what began in the old one must not take effect in the
// new one. Their requests are told that their hold was lost, and their keys are free. Whoever has the bank to
// themselves calls it, so that no attempt has done something yet.
func (k *keys) loseAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.held)
}

// has reports whether an attempt still has its key.
func (k *keys) has(a *attempt) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held[nameOf(a.hold)] == a
}

type attemptKey struct{}

// attemptOf returns the attempt that a context carries, or nil.
func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// Join returns a context that carries the attempt of a hold. If the hold is over, as when somebody has moved the clock
// on, it carries one that nobody knows: what the request does then must not take effect without its key.
func (k *keys) Join(ctx context.Context, hold idempotency.Hold) context.Context {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.held[nameOf(hold)]
	if a == nil || a.hold != hold {
		a = &attempt{hold: hold}
	}
	return context.WithValue(ctx, attemptKey{}, a)
}

func nameOf(hold idempotency.Hold) bank.KeyName {
	return bank.KeyName{Scope: hold.Scope, Key: hold.Key}
}

// Claim asks for the right to execute a request.
func (k *keys) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := claim.Validate(); err != nil {
		return idempotency.Outcome{}, err
	}
	name := bank.KeyName{Scope: claim.Scope, Key: claim.Key}
	for {
		a, outcome := k.enter(name, claim)
		switch {
		case outcome.State != 0:
			return outcome, nil
		case a.hold.Token == 0: // Nobody knew of the key. Does the bank?
			return k.look(ctx, name, a)
		}
		select { // Somebody is about to know.
		case <-a.looked:
		case <-ctx.Done():
			return idempotency.Outcome{}, ctx.Err()
		}
	}
}

// enter says what becomes of a claim, if that can be said without the bank. Otherwise it returns the attempt that asks
// the bank: one without a token, if that is the caller's.
func (k *keys) enter(name bank.KeyName, claim idempotency.Claim) (*attempt, idempotency.Outcome) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.bank.Time() // Not before the lock: the clock may go back, and who claimed before that loses.
	a := k.held[name]
	if a != nil && a.hold.Token != 0 && a.ending == nil && !now.Before(a.expires) {
		delete(k.held, name)
		a = nil
	}
	switch {
	case a == nil:
		a = &attempt{claim: claim, looked: make(chan struct{}), expires: now.Add(claim.Window),
			leased: now.Add(claim.Lease)}
		k.held[name] = a
		return a, idempotency.Outcome{}
	case a.hold.Token == 0:
		return &attempt{hold: idempotency.Hold{Token: -1}, looked: a.looked}, idempotency.Outcome{}
	case a.ending != nil:
		return &attempt{hold: idempotency.Hold{Token: -1}, looked: a.ending}, idempotency.Outcome{}
	case a.claim.Fingerprint != claim.Fingerprint || a.claim.Attempt.Contradicts(claim.Attempt):
		return nil, idempotency.Outcome{State: idempotency.StateOtherFingerprint}
	case a.claim.Attempt == claim.Attempt && claim.Attempt != idempotency.Attempt{}:
		a.claim, a.leased, a.expires = claim, now.Add(claim.Lease), now.Add(claim.Window)
		return nil, idempotency.Outcome{State: idempotency.StateMine, Token: a.hold.Token, TookOver: a.tookOver}
	case now.Before(a.leased):
		return nil, idempotency.Outcome{State: idempotency.StateInProgress, Remaining: a.leased.Sub(now)}
	case !claim.TakeOver:
		return nil, idempotency.Outcome{State: idempotency.StateInProgress}
	}
	b := &attempt{claim: claim, looked: a.looked, expires: now.Add(claim.Window), leased: now.Add(claim.Lease),
		tookOver: true}
	k.held[name] = b
	return nil, k.hold(b)
}

// hold gives an attempt its token. The lock must be held.
func (k *keys) hold(a *attempt) idempotency.Outcome {
	k.last++
	a.hold = idempotency.Hold{Scope: a.claim.Scope, Key: a.claim.Key, Token: k.last}
	return idempotency.Outcome{State: idempotency.StateMine, Token: k.last, TookOver: a.tookOver}
}

// look asks the bank whether a request was executed before, and holds the key if not.
func (k *keys) look(ctx context.Context, name bank.KeyName, a *attempt) (outcome idempotency.Outcome, err error) {
	defer close(a.looked)
	known, err := k.known(ctx, name)
	k.mu.Lock()
	defer k.mu.Unlock()
	if (err != nil || known != nil) && k.held[name] == a {
		delete(k.held, name)
	}
	switch {
	case err != nil:
		return idempotency.Outcome{}, told(err)
	case known == nil:
		return k.hold(a), nil
	}
	var mark idempotency.Attempt
	copy(mark[:], known.Mark)
	if string(known.Fingerprint) != string(a.claim.Fingerprint[:]) || mark.Contradicts(a.claim.Attempt) {
		return idempotency.Outcome{State: idempotency.StateOtherFingerprint}, nil
	}
	return idempotency.Outcome{State: idempotency.StateDone, Response: known.Response}, nil
}

// known returns what the bank knows of a key, once that lasts.
func (k *keys) known(ctx context.Context, name bank.KeyName) (known *bank.Key, err error) {
	if !k.bank.HasKey(name) {
		return nil, k.bank.Broken() // If nothing is broken, nothing is known.
	}
	err = k.bank.Look(ctx, func(t *bank.Tx) error {
		known = t.Key(name)
		return nil
	})
	return known, err
}

// leave ends a hold that was completed, or could not be.
func (k *keys) leave(a *attempt) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if name := nameOf(a.hold); k.held[name] == a {
		delete(k.held, name)
	}
	close(a.ending)
}

// Renew lets the lease end later. It waits for nobody: the attempt itself may have locked the bank, and whoever ends
// the attempt waits for the renewal before.
func (k *keys) Renew(_ context.Context, hold idempotency.Hold, lease time.Duration) error {
	now := k.bank.Time()
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.held[nameOf(hold)]
	if a == nil || a.hold != hold || !now.Before(a.expires) {
		return idempotency.ErrLost
	}
	a.leased, a.expires = now.Add(lease), now.Add(a.claim.Window)
	return nil
}

// Complete commits what the request has done, with its key and the response. It is not over before that lasts.
func (k *keys) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	a := k.carried(ctx, hold)
	now := k.bank.Time()
	k.mu.Lock()
	held := k.held[nameOf(hold)]
	switch {
	case held == nil || held.hold != hold || held.ending == nil && !now.Before(held.expires):
		k.mu.Unlock()
		a.rollBack()
		return k.completed(ctx, hold)
	case held.ending != nil: // By another call, which has not heard how it ended.
		ending := held.ending
		k.mu.Unlock()
		select {
		case <-ending:
			return k.completed(ctx, hold)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	held.ending = make(chan struct{})
	k.mu.Unlock()
	leave := func() { k.leave(held) }
	defer func() { leave() }() // Also if it panics: others wait for the end.
	pending, err := k.commit(held, response)
	if err == nil {
		err = pending.Wait(ctx)
		if err != nil && ctx.Err() != nil { // Nobody knows yet. Claims wait until it is known.
			leave = func() {}
			go func(ctx context.Context) {
				_ = pending.Wait(ctx)
				k.leave(held)
			}(context.WithoutCancel(ctx))
			return err
		}
	}
	return told(err)
}

// told says what an error of the bank means to a key.
func told(err error) error {
	switch {
	case errors.Is(err, state.ErrNotCommitted):
		return errors.Join(idempotency.ErrNotCommitted, err)
	case errors.Is(err, state.ErrBroken): // To ask again would not help.
		return errors.Join(idempotency.ErrInDoubt, err)
	}
	return err
}

// carried returns the attempt of a hold that a context carries, or nil.
func (k *keys) carried(ctx context.Context, hold idempotency.Hold) *attempt {
	if a, _ := ctx.Value(attemptKey{}).(*attempt); a != nil && a.hold == hold {
		return a
	}
	return nil
}

// completed says whether a hold that is over ended by being completed.
func (k *keys) completed(ctx context.Context, hold idempotency.Hold) error {
	known, err := k.known(ctx, nameOf(hold))
	if err == nil && (known == nil || known.Token != int64(hold.Token)) {
		return idempotency.ErrLost
	}
	return told(err)
}

// commit commits what an attempt has done.
func (k *keys) commit(a *attempt, response []byte) (*state.Pending, error) {
	t := a.tx
	if t == nil { // The answer is not that of an operation.
		var err error
		if t, err = k.bank.Write(); err != nil {
			return nil, err
		}
		if !k.has(a) { // The bank has become another one meanwhile.
			t.Rollback()
			return nil, idempotency.ErrLost
		}
	}
	a.tx = nil
	committed := false
	defer func() {
		if !committed { // It panics.
			t.Rollback()
		}
	}()
	name := nameOf(a.hold)
	if t.HasKept(name) { // As when a move of the clock was undone, which had ended the key.
		return nil, idempotency.ErrLost
	}
	mark := a.claim.Attempt.Mark()
	t.KeepKey(&bank.Key{
		Scope: name.Scope, Key: name.Key, Fingerprint: a.claim.Fingerprint[:], Mark: mark[:],
		Token: int64(a.hold.Token), Response: response, Expires: t.Now().Add(a.claim.Window),
	})
	committed = true
	return t.Commit()
}

// Release takes back what the request has done.
func (k *keys) Release(ctx context.Context, hold idempotency.Hold) error {
	a := k.carried(ctx, hold)
	now := k.bank.Time()
	defer a.rollBack()
	k.mu.Lock()
	held := k.held[nameOf(hold)]
	switch {
	case held == nil || held.hold != hold || held.ending == nil && !now.Before(held.expires):
		k.mu.Unlock()
		return idempotency.ErrLost
	case held.ending != nil:
		ending := held.ending
		k.mu.Unlock()
		select {
		case <-ending:
			return idempotency.ErrLost
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	delete(k.held, nameOf(hold))
	k.mu.Unlock()
	return nil
}

// rollBack takes back what an attempt has done, if it has done something.
func (a *attempt) rollBack() {
	if a != nil && a.tx != nil {
		a.tx.Rollback()
		a.tx = nil
	}
}
