package storetest

import (
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

var windowChecks = []check{
	{"a held key is forgotten after its window",
		"The store forgets a record a window after it was last claimed, renewed or completed; from then on the key " +
			"is new.",
		func(x *trial) {
			claim := x.withWindowThatEnds()
			old := x.mine(claim)
			x.pass(claim.Window)
			claim.Lease, claim.Window = lease, window
			hold := x.mine(takeOver(claim))
			x.lost(old)
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("new"))
			x.lost(old)
			x.done(claim, []byte("new"))
		}},
	{"a done key is forgotten after its window",
		"The store forgets a record a window after it was last completed; from then on the key is new.",
		func(x *trial) {
			claim := x.withWindowThatEnds()
			x.completed(claim, []byte("old"))
			x.pass(claim.Window)
			claim.Lease, claim.Window = lease, window
			hold := x.mine(claim)
			x.inProgress(claim, lease-drift, lease)
			x.complete(hold, []byte("new"))
			x.done(claim, []byte("new"))
		}},
	{"a forgotten key can be used for another request", "The store forgets the record, and the key is new again.",
		func(x *trial) {
			held, done := x.withWindowThatEnds(), x.withWindowThatEnds()
			x.mine(held)
			x.completed(done, []byte("answer"))
			x.pass(held.Window)
			x.mine(otherwise(held))
			x.mine(otherwise(done))
		}},
	{"a hold of a forgotten key is over", "ErrLost says that a hold is over: the record was forgotten.",
		func(x *trial) {
			held, done := x.withWindowThatEnds(), x.withWindowThatEnds()
			first, second := x.mine(held), x.completed(done, []byte("answer"))
			x.pass(held.Window)
			x.lost(first)
			x.lost(second)
			x.mine(held)
			x.mine(done)
		}},
	{"a key is remembered for a window after the claim",
		"The store forgets a record a window after it was last claimed.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.mine(claim)
			x.shift(window - 2*drift)
			x.want(idempotency.StateInProgress, claim)
			x.want(idempotency.StateOtherFingerprint, otherwise(claim))
			x.release(hold)
		}},
	{"a key is remembered for a window after a renewal",
		"The store forgets a record a window after it was last renewed.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.mine(claim)
			for range 3 {
				x.shift(window - 2*drift)
				x.renew(hold, lease)
			}
			x.shift(window - 2*drift)
			x.want(idempotency.StateInProgress, claim)
			x.pass(2 * drift)
			x.mine(claim)
		}},
	{"a key is remembered for a window after the completion",
		"The store forgets a record a window after it was last completed.",
		func(x *trial) {
			claim := x.fresh()
			hold := x.mine(claim)
			x.shift(window - 2*drift)
			x.complete(hold, []byte("answer"))
			x.shift(window - 2*drift)
			x.done(claim, []byte("answer"))
			x.pass(2 * drift)
			x.mine(claim)
		}},
	{"what changes nothing does not make a window last longer",
		"The store forgets a record a window after it was last claimed, renewed or completed, not after it was " +
			"asked for.",
		func(x *trial) {
			x.needsAdvance()
			held, done := x.fresh(), x.fresh()
			x.mine(held)
			old := x.mine(done)
			x.release(old)
			again := x.completed(done, []byte("answer"))
			for range 3 {
				x.shift(window/3 - drift)
				x.want(idempotency.StateInProgress, held)
				x.want(idempotency.StateOtherFingerprint, takeOver(otherwise(held)))
				x.done(done, []byte("answer"))
				x.want(idempotency.StateOtherFingerprint, otherwise(done))
				x.lostBut(again, []byte("again"))
				x.lost(old)
			}
			x.pass(3 * drift)
			x.mine(held)
			x.mine(done)
		}},
	{"the window is that of the last claim", "The store forgets a record a window after it was last claimed.",
		func(x *trial) {
			x.needsAdvance()
			for _, c := range []struct{ first, second time.Duration }{{window, 3 * window}, {3 * window, window}} {
				claim := x.fresh()
				claim.Window = c.first
				x.mine(claim)
				x.pass(claim.Lease)
				claim.Window = c.second
				x.taken(claim)
				x.shift(c.second - 2*drift)
				x.want(idempotency.StateInProgress, claim)
				x.pass(2 * drift)
				x.mine(claim)

				claim = x.fresh()
				claim.Window = c.first
				x.completed(claim, nil)
				x.pass(c.first)
				claim.Window = c.second
				x.completed(claim, nil)
				x.shift(c.second - 2*drift)
				x.done(claim, nil)
				x.pass(2 * drift)
				x.mine(claim)
			}
		}},
	{"a clock that jumps back cuts no window short",
		"A key is remembered for at least a window; when the clock jumps back it may be longer.", func(x *trial) {
			x.needsAdvance()
			held, done := x.fresh(), x.fresh()
			hold := x.mine(held)
			x.completed(done, []byte("answer"))
			for range 3 {
				x.shift(-3 * window)
				x.want(idempotency.StateInProgress, takeOver(held))
				x.done(done, []byte("answer"))
			}
			x.complete(hold, nil)
			x.done(held, nil)
		}},
}
