package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const (
	// lease and window are those of most claims. They are too long to run out during a case.
	lease, window = 10 * time.Minute, time.Hour
	// drift is how far a store's clock may run by itself during a case.
	drift = 30 * time.Second
	// brief is a lease or a window to wait for, if the clock cannot be moved.
	brief = 30 * time.Millisecond
	// rounding is how much longer a lease may be than the claim asked for.
	rounding = idempotency.MinLease
)

// trial is a run of a check. Its methods end the run if the store does not answer as they demand.
type trial struct {
	reporter
	Subject
	rule string
	// scope is this trial's alone.
	scope string
}

func newTrial(r reporter, c check, s Subject) *trial {
	return &trial{reporter: r, Subject: s, rule: c.rule, scope: uuid.NewString()}
}

// broken reports that the contract is broken, and ends the run.
func (x *trial) broken(format string, arguments ...any) {
	x.Helper()
	x.Fatalf("%s\nThe contract is broken: %s", fmt.Sprintf(format, arguments...), x.rule)
}

// fresh returns a claim of a key that was never used.
func (x *trial) fresh() idempotency.Claim {
	return idempotency.Claim{Scope: x.scope, Key: uuid.NewString(), Fingerprint: idempotency.Fingerprint{1},
		Lease: lease, Window: window}
}

// withLeaseThatEnds returns a fresh claim with a lease that pass can wait for.
func (x *trial) withLeaseThatEnds() idempotency.Claim {
	claim := x.fresh()
	if x.Advance == nil {
		claim.Lease = brief
	}
	return claim
}

// withWindowThatEnds returns a fresh claim with a window that pass can wait for.
func (x *trial) withWindowThatEnds() idempotency.Claim {
	claim := x.withLeaseThatEnds()
	if x.Advance == nil {
		claim.Window = claim.Lease
	}
	return claim
}

func takeOver(claim idempotency.Claim) idempotency.Claim {
	claim.TakeOver = true
	return claim
}

// otherwise returns the claim of another request with the same key.
func otherwise(claim idempotency.Claim) idempotency.Claim {
	claim.Fingerprint[31]++
	return claim
}

// pass lets time go by until what lasts for d is over. If the clock cannot be moved, it waits.
func (x *trial) pass(d time.Duration) {
	if x.Advance != nil {
		x.Advance(d + time.Second)
		return
	}
	time.Sleep(d + rounding + 10*time.Millisecond)
}

// shift moves the clock; the case is skipped if that cannot be done.
func (x *trial) shift(d time.Duration) {
	x.Helper()
	x.needsAdvance()
	x.Advance(d)
}

func (x *trial) needsAdvance() {
	x.Helper()
	if x.Advance == nil {
		x.Skip("the clock of the store cannot be moved")
	}
}

// ask claims, and demands what holds for every outcome.
func (x *trial) ask(claim idempotency.Claim) idempotency.Outcome {
	x.Helper()
	outcome, err := x.Store.Claim(context.Background(), claim)
	if err != nil {
		x.broken("Claim failed: %v", err)
	}
	if err := sane(outcome); err != nil {
		x.broken("%v", err)
	}
	return outcome
}

// sane returns what is wrong with an outcome, whatever the state of the record.
func sane(o idempotency.Outcome) error {
	switch {
	case o.State < idempotency.StateMine || o.State > idempotency.StateOtherFingerprint:
		return fmt.Errorf("the outcome is %s: a state is one of the four", o.State)
	case o.State == idempotency.StateMine && o.Token <= 0:
		return fmt.Errorf("the token is %d: a token is positive", o.Token)
	case o.State != idempotency.StateMine && o.TookOver:
		return fmt.Errorf("the outcome is %q and says that the claim took over, which goes with %q alone", o.State,
			idempotency.StateMine)
	case o.Remaining < 0:
		return fmt.Errorf("%s remain of the lease: that is zero when the holder has not renewed in time", o.Remaining)
	case o.State != idempotency.StateDone && len(o.Response) > 0:
		return fmt.Errorf("the outcome is %q and has a response, which goes with %q alone", o.State,
			idempotency.StateDone)
	}
	return nil
}

// want claims and demands a state.
func (x *trial) want(state idempotency.State, claim idempotency.Claim) idempotency.Outcome {
	x.Helper()
	outcome := x.ask(claim)
	if outcome.State != state {
		x.broken("the outcome of the claim is %q, want %q", outcome.State, state)
	}
	return outcome
}

func holdOf(claim idempotency.Claim, token idempotency.Token) idempotency.Hold {
	return idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: token}
}

// mine claims and demands a hold on a record that nobody held before.
func (x *trial) mine(claim idempotency.Claim) idempotency.Hold {
	x.Helper()
	outcome := x.want(idempotency.StateMine, claim)
	if outcome.TookOver {
		x.broken("the claim took over, though nobody held the record")
	}
	return holdOf(claim, outcome.Token)
}

// taken claims and demands a hold on a record whose lease somebody else let expire.
func (x *trial) taken(claim idempotency.Claim) idempotency.Hold {
	x.Helper()
	outcome := x.want(idempotency.StateMine, takeOver(claim))
	if !outcome.TookOver {
		x.broken("the claim took a record over and does not say so")
	}
	return holdOf(claim, outcome.Token)
}

// inProgress claims, asking to take over, and demands that somebody's lease lasts longer than least and at most most.
func (x *trial) inProgress(claim idempotency.Claim, least, most time.Duration) {
	x.Helper()
	outcome := x.want(idempotency.StateInProgress, takeOver(claim))
	if outcome.Remaining <= least || outcome.Remaining > most+rounding {
		x.broken("%s remain of the lease, want more than %s and at most %s", outcome.Remaining, least, most+rounding)
	}
}

// done claims and demands the stored response.
func (x *trial) done(claim idempotency.Claim, response []byte) {
	x.Helper()
	if outcome := x.want(idempotency.StateDone, claim); !bytes.Equal(outcome.Response, response) {
		x.broken("the response is %s, want %s", abridged(outcome.Response), abridged(response))
	}
}

// completed claims and completes a key that is new.
func (x *trial) completed(claim idempotency.Claim, response []byte) idempotency.Hold {
	x.Helper()
	for {
		start := time.Now()
		hold := x.mine(claim)
		err := x.Store.Complete(context.Background(), hold, response)
		if err == nil {
			return hold
		}
		if late := time.Since(start) > claim.Window; !late || !errors.Is(err, idempotency.ErrLost) {
			x.broken("Complete failed: %v", err)
		}
		// The machine is so slow that a brief window was over at once: the key is new again.
	}
}

func (x *trial) complete(hold idempotency.Hold, response []byte) {
	x.Helper()
	if err := x.Store.Complete(context.Background(), hold, response); err != nil {
		x.broken("Complete failed: %v", err)
	}
}

func (x *trial) renew(hold idempotency.Hold, lease time.Duration) {
	x.Helper()
	if err := x.Store.Renew(context.Background(), hold, lease); err != nil {
		x.broken("Renew failed: %v", err)
	}
}

func (x *trial) release(hold idempotency.Hold) {
	x.Helper()
	if err := x.Store.Release(context.Background(), hold); err != nil {
		x.broken("Release failed: %v", err)
	}
}

// lost demands that a hold is over.
func (x *trial) lost(hold idempotency.Hold) {
	x.Helper()
	x.lostBut(hold, nil)
	if err := x.Store.Complete(context.Background(), hold, []byte("too late")); !errors.Is(err, idempotency.ErrLost) {
		x.broken("Complete = %v, want ErrLost", err)
	}
}

// lostBut is lost for a hold that may complete again.
func (x *trial) lostBut(hold idempotency.Hold, again []byte) {
	x.Helper()
	if err := x.Store.Renew(context.Background(), hold, lease); !errors.Is(err, idempotency.ErrLost) {
		x.broken("Renew = %v, want ErrLost", err)
	}
	if err := x.Store.Release(context.Background(), hold); !errors.Is(err, idempotency.ErrLost) {
		x.broken("Release = %v, want ErrLost", err)
	}
	if again != nil {
		x.complete(hold, again)
	}
}

// abridged shows the beginning of a response.
func abridged(response []byte) string {
	const most = 40
	if len(response) <= most {
		return fmt.Sprintf("%q", response)
	}
	return fmt.Sprintf("%q and %d bytes more", response[:most], len(response)-most)
}
