package storetest

import (
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

var leaseChecks = []check{
	{"an expired lease is in progress with nothing remaining",
		"InProgress is also the answer when the lease of the holder has expired, unless the claim asked to take " +
			"over; Remaining is zero then.", func(x *trial) {
			claim := x.withLeaseThatEnds()
			hold := x.mine(claim)
			x.pass(claim.Lease)
			for range 2 {
				if o := x.want(idempotency.StateInProgress, claim); o.Remaining != 0 {
					x.broken("%s remain of a lease that is over", o.Remaining)
				}
			}
			x.complete(hold, nil)
		}},
	{"a live lease is not taken over", "TakeOver lets the claim succeed if the lease of the holder has expired.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.mine(claim)
			x.inProgress(claim, lease-drift, lease)
			if x.Advance != nil {
				x.Advance(lease - 2*drift)
				x.inProgress(claim, 0, 2*drift)
			}
			x.complete(hold, []byte("answer"))
			x.done(takeOver(claim), []byte("answer"))
		}},
	{"an expired lease is taken over once",
		"TakeOver lets the claim succeed if the lease of another has expired; TookOver says so.", func(x *trial) {
			claim := x.withLeaseThatEnds()
			old := x.mine(claim)
			x.pass(claim.Lease)
			claim.Lease = lease
			hold := x.taken(claim)
			if hold.Token <= old.Token {
				x.broken("the token is %d, and was %d before", hold.Token, old.Token)
			}
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("answer"))
			x.done(claim, []byte("answer"))
		}},
	{"a hold that was taken over is over", "ErrLost says that a hold is over: the record was taken over.",
		func(x *trial) {
			claim := x.withLeaseThatEnds()
			old := x.mine(claim)
			x.pass(claim.Lease)
			claim.Lease = lease
			hold := x.taken(claim)
			x.lost(old)
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("new"))
			x.lost(old)
			x.done(claim, []byte("new"))
		}},
	{"a lease that has expired can be renewed",
		"A lease that has expired can be renewed as long as nobody took the record over.", func(x *trial) {
			claim := x.withLeaseThatEnds()
			hold := x.mine(claim)
			x.pass(claim.Lease)
			x.want(idempotency.StateInProgress, claim)
			x.renew(hold, lease)
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("answer"))
			x.done(claim, []byte("answer"))
		}},
	{"a hold whose lease has expired can complete and release",
		"A hold is over when the record was completed, released, taken over or forgotten, not when its lease expires.",
		func(x *trial) {
			completes, releases := x.withLeaseThatEnds(), x.withLeaseThatEnds()
			first, second := x.mine(completes), x.mine(releases)
			x.pass(completes.Lease)
			x.complete(first, []byte("answer"))
			x.done(takeOver(completes), []byte("answer"))
			x.release(second)
			x.mine(takeOver(releases))
		}},
	{"a renewed lease lasts from the renewal", "Renew lets the lease end after the given time from now.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.mine(claim)
			x.renew(hold, 2*lease)
			x.inProgress(claim, 2*lease-drift, 2*lease)
			x.renew(hold, time.Minute) // which is shorter than what remained
			x.inProgress(claim, time.Minute-drift, time.Minute)
			for range 5 {
				x.renew(hold, lease)
				x.shift(lease - 2*drift)
				x.inProgress(claim, 0, 2*drift)
			}
			x.pass(2 * drift)
			x.taken(claim)
		}},
	{"a clock that jumps back cuts no lease short",
		"A lease lasts at least for the given time; when the clock jumps back it may last longer, but never do two " +
			"hold a record.", func(x *trial) {
			x.needsAdvance()
			claim := x.fresh()
			hold := x.mine(claim)
			for range 3 {
				x.shift(-3 * window)
				if o := x.want(idempotency.StateInProgress, takeOver(claim)); o.Remaining == 0 {
					x.broken("the lease is over after the clock jumped back")
				}
			}
			x.renew(hold, lease)
			x.inProgress(claim, lease-drift, 10*window)
			x.complete(hold, []byte("answer"))
			x.done(claim, []byte("answer"))
		}},
	{"a clock that jumps back revives no hold",
		"ErrLost says that a hold is over: the record was taken over or forgotten.", func(x *trial) {
			x.needsAdvance()
			claim := x.fresh()
			first := x.mine(claim)
			x.pass(claim.Lease)
			second := x.taken(claim)
			x.shift(-3 * window)
			x.lost(first)
			x.shift(3 * window)
			x.pass(claim.Window)
			third := x.mine(claim)
			x.shift(-3 * window)
			x.lost(first)
			x.lost(second)
			if third.Token <= second.Token || second.Token <= first.Token {
				x.broken("the tokens are %d, %d and %d", first.Token, second.Token, third.Token)
			}
			x.release(third)
			x.shift(-3 * window)
			if fourth := x.mine(claim); fourth.Token <= third.Token {
				x.broken("the token is %d after the clock jumped back, and was %d before", fourth.Token, third.Token)
			}
		}},
}
