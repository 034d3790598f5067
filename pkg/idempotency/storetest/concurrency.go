package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// callers is the number of goroutines that claim a key at once.
const callers = 16

var concurrencyChecks = []check{
	{"one of many that claim a key gets it",
		"A store's methods are atomic and safe for concurrent use: one caller holds a record.", func(x *trial) {
			for range rounds(20) {
				x.oneOf(x.fresh())
			}
		}},
	{"one of many that claim each of many keys gets it",
		"A store's methods are atomic and safe for concurrent use: one caller holds a record.", func(x *trial) {
			claims := make([]idempotency.Claim, 20)
			for i := range claims {
				claims[i] = x.fresh()
			}
			outcomes := make([][]idempotency.Outcome, callers)
			err := together(callers, func(i int) error {
				for k := range claims {
					outcome, err := x.Store.Claim(context.Background(), claims[(k+i)%len(claims)])
					if err != nil {
						return err
					}
					outcomes[i] = append(outcomes[i], outcome)
				}
				return nil
			})
			if err != nil {
				x.broken("Claim failed: %v", err)
			}
			for k, claim := range claims {
				var all []idempotency.Outcome
				for i := range callers {
					all = append(all, outcomes[i][(k-i%len(claims)+len(claims))%len(claims)])
				}
				x.complete(x.winner(claim, all), nil)
			}
		}},
	{"one of many that take a record over gets it",
		"TakeOver lets the claim succeed if the lease of the holder has expired: one caller holds a record.",
		func(x *trial) {
			for range rounds(5) {
				claim := x.withLeaseThatEnds()
				old := x.mine(claim)
				x.pass(claim.Lease)
				claim.Lease = lease
				hold := x.oneOf(takeOver(claim))
				x.lost(old)
				x.complete(hold, []byte("answer"))
			}
		}},
	{"one of many that claim a forgotten key gets it", "A key is new once it is forgotten: one caller holds a record.",
		func(x *trial) {
			for range rounds(5) {
				claim := x.withWindowThatEnds()
				x.completed(claim, nil)
				x.pass(claim.Window)
				claim.Lease, claim.Window = lease, window
				x.oneOf(claim)
			}
		}},
	{"only the last holder completes", "Complete fails with ErrLost when the hold is over.", func(x *trial) {
		for range rounds(5) {
			claim := x.withLeaseThatEnds()
			old := x.mine(claim)
			x.pass(claim.Lease)
			claim.Lease = lease
			hold := x.taken(claim)
			errs := make([]error, callers)
			_ = together(callers, func(i int) error {
				if i%2 == 0 {
					errs[i] = x.Store.Complete(context.Background(), old, []byte("old"))
				} else {
					errs[i] = x.Store.Complete(context.Background(), hold, []byte("new"))
				}
				return nil
			})
			for i, err := range errs {
				if lost := errors.Is(err, idempotency.ErrLost); i%2 == 0 && !lost || i%2 == 1 && err != nil {
					x.broken("Complete = %v", err)
				}
			}
			x.done(claim, []byte("new"))
		}
	}},
	{"a hold is completed or released, not both", "Complete and Release fail with ErrLost when the hold is over.",
		func(x *trial) {
			for round := range rounds(20) {
				claim := x.fresh()
				hold := x.mine(claim)
				completes := func(i int) bool { return (i+round)%2 == 0 }
				errs := make([]error, callers)
				_ = together(callers, func(i int) error {
					if completes(i) {
						errs[i] = x.Store.Complete(context.Background(), hold, []byte("answer"))
					} else {
						errs[i] = x.Store.Release(context.Background(), hold)
					}
					return nil
				})
				completed, released := 0, 0
				for i, err := range errs {
					switch {
					case err != nil && !errors.Is(err, idempotency.ErrLost):
						x.broken("Complete or Release failed: %v", err)
					case err == nil && completes(i):
						completed++
					case err == nil:
						released++
					}
				}
				switch {
				case completed == callers/2 && released == 0:
					x.done(claim, []byte("answer"))
				case completed == 0 && released == 1:
					x.mine(claim)
				default:
					x.broken("%d completed and %d released: want all to complete or one to release", completed,
						released)
				}
			}
		}},
}

// oneOf lets many callers make a claim at once, and demands that one of them gets it.
func (x *trial) oneOf(claim idempotency.Claim) idempotency.Hold {
	x.Helper()
	outcomes := make([]idempotency.Outcome, callers)
	err := together(callers, func(i int) (err error) {
		outcomes[i], err = x.Store.Claim(context.Background(), claim)
		return err
	})
	if err != nil {
		x.broken("Claim failed: %v", err)
	}
	return x.winner(claim, outcomes)
}

// winner demands that one of the outcomes is StateMine, and the others StateInProgress with a lease that lasts.
func (x *trial) winner(claim idempotency.Claim, outcomes []idempotency.Outcome) idempotency.Hold {
	x.Helper()
	count := 0
	var winner idempotency.Outcome
	for _, outcome := range outcomes {
		switch {
		case outcome.State == idempotency.StateMine:
			count, winner = count+1, outcome
		case outcome.State != idempotency.StateInProgress || outcome.Remaining <= 0:
			x.broken("the outcome of a claim is %q with %s remaining, want %q or %q", outcome.State, outcome.Remaining,
				idempotency.StateMine, idempotency.StateInProgress)
		}
	}
	if count != 1 {
		x.broken("%d of %d callers hold the record", count, len(outcomes))
	}
	return holdOf(claim, winner.Token)
}

// together calls f in n goroutines that start at once, and returns their errors.
func together(n int, f func(i int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			if err := f(i); err != nil {
				errs[i] = fmt.Errorf("caller %d: %w", i, err)
			}
		})
	}
	close(start)
	all.Wait()
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
}

// rounds is how often to repeat a check.
func rounds(n int) int {
	if testing.Short() {
		return max(1, n/5)
	}
	return n
}
