package storetest

import (
	"bytes"
	"context"
	"errors"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

var holdChecks = []check{
	{"completing again keeps the first response",
		"Completing again what the same hold has completed is not an error and leaves the first response in place.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.completed(claim, []byte("first"))
			x.complete(hold, []byte("second"))
			x.complete(hold, nil)
			x.done(claim, []byte("first"))
			empty := x.fresh()
			hold = x.completed(empty, nil)
			x.complete(hold, []byte("second"))
			x.done(empty, nil)
		}},
	{"a hold that completed is over",
		"Complete stores the response and ends the hold; Renew and Release fail with ErrLost when the hold is over.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.completed(claim, []byte("answer"))
			x.lostBut(hold, []byte("again"))
			x.done(claim, []byte("answer"))
		}},
	{"a hold that released is over",
		"Release forgets the record; Renew, Complete and Release fail with ErrLost when the hold is over.",
		func(x *trial) {
			claim := x.fresh()
			old := x.mine(claim)
			x.release(old)
			x.lost(old)
			hold := x.mine(claim)
			x.lost(old)
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("answer"))
			x.lost(old)
			x.done(claim, []byte("answer"))
		}},
	{"a released key is new", "Release forgets the record, so that the next claim executes.", func(x *trial) {
		claim := x.fresh()
		x.release(x.mine(claim))
		x.release(x.mine(takeOver(claim)))
		x.complete(x.mine(otherwise(claim)), []byte("other"))
		x.done(otherwise(claim), []byte("other"))
	}},
	{"a token that was never given opens nothing",
		"Renew, Complete and Release fail with ErrLost unless the hold is that of the last claim.", func(x *trial) {
			claim := x.fresh()
			x.lost(holdOf(claim, 0))
			x.lost(holdOf(claim, 1))
			hold := x.mine(claim)
			for _, token := range []idempotency.Token{0, -1, -hold.Token, hold.Token - 1, hold.Token + 1,
				hold.Token << 32} {
				x.lost(holdOf(claim, token))
			}
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("answer"))
			for _, token := range []idempotency.Token{0, hold.Token - 1, hold.Token + 1} {
				x.lost(holdOf(claim, token))
			}
			x.done(claim, []byte("answer"))
		}},
	{"responses come back byte for byte", "Response is what Complete was given.", func(x *trial) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		large := bytes.Repeat(append(all, 0, 0, 1), 1<<20/len(all)) // about 1 MiB
		for _, response := range [][]byte{
			nil, {}, {0}, {0, 0}, {0xff}, all, []byte("\r\n"), []byte("a\x00b"), []byte("null"), []byte(" x "),
			[]byte("1"), []byte(`\x00`), large,
		} {
			claim := x.fresh()
			x.completed(claim, response)
			x.done(claim, response)
			x.done(claim, response)
		}
	}},
	{"tokens only grow", "A token is positive, and greater than all tokens that the same scope and key had before.",
		func(x *trial) {
			var last idempotency.Token
			next := func(hold idempotency.Hold, after string) idempotency.Hold {
				x.Helper()
				if hold.Token <= last {
					x.broken("the token is %d after %s, and was %d before", hold.Token, after, last)
				}
				last = hold.Token
				return hold
			}
			long, short := x.withLeaseThatEnds(), x.withWindowThatEnds()
			short.Key = long.Key
			for range 3 {
				x.release(next(x.mine(long), "forgetting"))
				next(x.mine(long), "a release")
				x.pass(long.Lease)
				next(x.taken(short), "a take-over")
				x.pass(short.Window)
			}
			x.completed(short, nil)
			x.pass(short.Window)
			next(x.mine(long), "forgetting")
		}},
}

var contextChecks = []check{
	{"a cancelled claim loses nothing",
		"An error other than the named ones means that what was asked for may have happened or not; nothing else " +
			"has happened.", func(x *trial) {
			cancelled, cancel := context.WithCancel(context.Background())
			cancel()
			// A fresh key is new or held, and can be had in time; it is not done.
			claim := x.withLeaseThatEnds()
			outcome, err := x.Store.Claim(cancelled, claim)
			switch {
			case err == nil && outcome.State == idempotency.StateMine:
				x.complete(holdOf(claim, outcome.Token), []byte("answer"))
				x.done(claim, []byte("answer"))
			case err == nil:
				x.broken("the outcome is %q, want %q or an error", outcome.State, idempotency.StateMine)
			default:
				x.unnamed("Claim", err)
				if x.ask(claim).State != idempotency.StateMine {
					x.pass(claim.Lease)
					x.taken(claim)
				}
			}
			// Those who hold or have completed a key are not disturbed.
			held, done := x.fresh(), x.fresh()
			hold := x.mine(held)
			x.completed(done, []byte("answer"))
			for _, claim := range []idempotency.Claim{held, takeOver(held), done} {
				if outcome, err := x.Store.Claim(cancelled, claim); err == nil &&
					outcome.State == idempotency.StateMine {
					x.broken("the outcome is %q for a key that somebody has", outcome.State)
				} else if err != nil {
					x.unnamed("Claim", err)
				}
			}
			x.inProgress(held, lease-drift, lease)
			x.complete(hold, nil)
			x.done(done, []byte("answer"))
		}},
	{"what was cancelled can be tried again",
		"An error other than the named ones means that what was asked for may have happened or not.", func(x *trial) {
			cancelled, cancel := context.WithCancel(context.Background())
			cancel()
			claim := x.fresh()
			hold := x.mine(claim)
			if err := x.Store.Renew(cancelled, hold, 2*lease); err != nil {
				x.unnamed("Renew", err)
			}
			x.inProgress(claim, lease-drift, 2*lease)
			if err := x.Store.Complete(cancelled, hold, []byte("answer")); err != nil {
				x.unnamed("Complete", err)
			}
			x.complete(hold, []byte("answer"))
			x.done(claim, []byte("answer"))
			claim = x.fresh()
			hold = x.mine(claim)
			if err := x.Store.Release(cancelled, hold); err != nil {
				x.unnamed("Release", err)
				if err := x.Store.Release(context.Background(), hold); err != nil &&
					!errors.Is(err, idempotency.ErrLost) {
					x.broken("Release again = %v, want nil or ErrLost", err)
				}
			}
			x.mine(claim)
		}},
}

// unnamed demands that an error is not one that says what the store has done or not.
func (x *trial) unnamed(method string, err error) {
	x.Helper()
	for _, named := range []error{idempotency.ErrClaim, idempotency.ErrFull, idempotency.ErrLost} {
		if errors.Is(err, named) {
			x.broken("%s was cancelled and fails with %q", method, named)
		}
	}
}
