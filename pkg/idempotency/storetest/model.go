package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// record is the model of what a store knows of one scope and key. It is a value. Each method that stands for a call of
// the store returns the record as it is afterwards, or says which sentence of the contract the answer breaks.
//
// The model judges answers instead of predicting them. So it leaves open what the contract leaves open: what time it is
// for a store whose clock jumped back, and whether a lease is over that ends about now.
type record struct {
	known, done bool
	fingerprint idempotency.Fingerprint
	response    string
	// token is that of the last claim, even after the record was forgotten.
	token idempotency.Token
	// attempt and tookOver are those of the claim that holds the record.
	attempt       idempotency.Attempt
	tookOver      bool
	lease, window span
	// lapsed says that the lease was seen to be over, by a clock that never goes back.
	lapsed bool
}

// clock is what a store's clock shows. That is now; or, if the store refuses to go back, any time between now and the
// latest one so far, since the store may not have looked at the clock when it was that late.
type clock struct {
	now, latest time.Duration
	// vague says that leases may run out at any moment.
	vague bool
}

func (c *clock) advance(d time.Duration) {
	c.now += d
	c.latest = max(c.latest, c.now)
}

// span is a stretch of time.
type span struct {
	since  clock
	length time.Duration
	// reached is the latest that the clock has shown since then.
	reached time.Duration
}

func newSpan(c clock, length time.Duration) span { return span{c, length, c.now} }

// fate says whether something is over.
type fate uint8

const (
	runs fate = iota
	mayBeOver
	over
)

// fate is certain unless the clock has jumped back. If it jumped after the span was over, one store has dropped it in
// between, and for another one it runs again. If it jumped before the span began, it runs longer in a store whose clock
// stood still.
func (s span) fate(c clock) fate {
	switch {
	case s.reached < s.since.now+s.length:
		return runs
	case c.now >= s.since.latest+s.length:
		return over
	}
	return mayBeOver
}

// passed tells the record what the clock shows. It must be called whenever the clock moves.
func (r record) passed(c clock) record {
	r.lease.reached, r.window.reached = max(r.lease.reached, c.now), max(r.window.reached, c.now)
	return r
}

// remembered is the fate of the record as a whole.
func (r record) remembered(c clock) fate {
	if !r.known {
		return over
	}
	return r.window.fate(c)
}

func (r record) leased(c clock) fate {
	switch {
	case c.vague && r.lapsed:
		return over
	case c.vague:
		return mayBeOver
	}
	return r.lease.fate(c)
}

// seen is the record after the store has shown that it still remembers it.
func (r record) seen(c clock) record {
	r.window.reached = c.now
	return r
}

// hold is the record after a claim, a take-over or a renewal.
func (r record) hold(c clock, lease, window time.Duration) record {
	r.known, r.lease, r.window, r.lapsed = true, newSpan(c, lease), newSpan(c, window), false
	return r
}

// claimed judges the outcome of a claim.
func (r record) claimed(c clock, claim idempotency.Claim, outcome idempotency.Outcome, err error) (record, error) {
	if err != nil {
		return r, fmt.Errorf("the store failed: %w", err)
	}
	if err := sane(outcome); err != nil {
		return r, err
	}
	same := r.fingerprint == claim.Fingerprint && !r.attempt.Contradicts(claim.Attempt)
	if r.known && !r.done && same && claim.Attempt == r.attempt && claim.Attempt != (idempotency.Attempt{}) &&
		r.remembered(c) != over {
		switch {
		case outcome.State == idempotency.StateMine && outcome.Token == r.token && outcome.TookOver == r.tookOver:
			return r.hold(c, claim.Lease, claim.Window), nil
		case r.remembered(c) == runs:
			return r, fmt.Errorf(
				"a claim made again by the attempt that holds the record gets the hold that it has: it is %+v", outcome)
		}
	}
	if outcome.State == idempotency.StateMine {
		switch {
		case outcome.Token <= r.token:
			return r, fmt.Errorf("a token is greater than all tokens before: it is %d, and was %d", outcome.Token,
				r.token)
		case !outcome.TookOver && r.remembered(c) == runs:
			return r, errors.New("a key that is remembered is not new: somebody holds it, or it is done")
		case !outcome.TookOver:
			next := record{fingerprint: claim.Fingerprint, token: outcome.Token, attempt: claim.Attempt}
			return next.hold(c, claim.Lease, claim.Window), nil
		case !claim.TakeOver:
			return r, errors.New("a claim that did not ask to take over does not take over")
		case r.remembered(c) == over:
			return r, errors.New("a claim of a new key takes nothing over")
		case r.done || !same:
			return r, errors.New("a record that is done, or has another fingerprint, is not taken over")
		case r.leased(c) == runs:
			return r, errors.New("a lease that lasts is not taken over")
		}
		r.token, r.attempt, r.tookOver = outcome.Token, claim.Attempt, true
		return r.hold(c, claim.Lease, claim.Window), nil
	}
	if r.remembered(c) == over {
		return r,
			fmt.Errorf(
				"a key is new a window after it was last claimed, renewed or completed, or when it was released: it "+
					"is %q",
				outcome.State)
	}
	switch outcome.State {
	case idempotency.StateOtherFingerprint:
		if same {
			return r, errors.New("the fingerprint is the same, and is said to be another")
		}
		return r.seen(c), nil
	case idempotency.StateDone:
		switch {
		case !same:
			return r, errors.New("a response is for the same fingerprint only")
		case !r.done:
			return r, errors.New("a key that nobody completed is not done")
		case string(outcome.Response) != r.response:
			return r, fmt.Errorf("the response is that of the first Complete: it is %s, want %s",
				abridged(outcome.Response), abridged([]byte(r.response)))
		}
		return r.seen(c), nil
	default:
	}
	switch {
	case !same:
		return r, errors.New("a key in progress is told apart by its fingerprint")
	case r.done:
		return r, errors.New("a key that was completed is done, and in progress no more")
	case outcome.Remaining > 0:
		return r.stillLeased(c, outcome.Remaining)
	case r.leased(c) == runs:
		return r, errors.New("nothing remains of a lease that lasts")
	case claim.TakeOver:
		return r, errors.New("a claim that asks for it takes an expired lease over")
	}
	r.lapsed = true
	return r.seen(c), nil
}

// stillLeased judges what the store says to remain of a lease.
func (r record) stillLeased(c clock, remaining time.Duration) (record, error) {
	if r.leased(c) == over {
		return r, fmt.Errorf("nothing remains of a lease that is over: %s are said to", remaining)
	}
	least, most := time.Duration(0), r.lease.length
	if !c.vague {
		least = r.lease.length - (r.lease.reached - r.lease.since.now) - drift
		most = r.lease.length - (c.now - r.lease.since.latest)
	}
	if remaining <= least || remaining > most+rounding {
		return r, fmt.Errorf("what remains of the lease is between %s and %s: %s are said to", least, most+rounding,
			remaining)
	}
	return r.seen(c), nil
}

// holds says whether a hold is not over, unless the record is forgotten.
func (r record) holds(hold idempotency.Hold) bool {
	return r.known && r.token == hold.Token && !r.done
}

// renewed judges the answer to a renewal.
func (r record) renewed(c clock, hold idempotency.Hold, lease time.Duration, answer error) (record, error) {
	ok, err := r.judge(c, r.holds(hold), answer)
	if err != nil {
		return r, fmt.Errorf("after a renewal: %w", err)
	}
	if ok {
		r = r.hold(c, lease, r.window.length)
	}
	return r, nil
}

// completed judges the answer to a completion.
func (r record) completed(c clock, hold idempotency.Hold, response []byte, answer error) (record, error) {
	again := r.known && r.done && r.token == hold.Token
	ok, err := r.judge(c, again || r.holds(hold), answer)
	switch {
	case err != nil:
		return r, fmt.Errorf("after a completion: %w", err)
	case ok && again:
		r = r.seen(c)
	case ok:
		r.done, r.response, r.window = true, string(response), newSpan(c, r.window.length)
	}
	return r, nil
}

// released judges the answer to a release.
func (r record) released(c clock, hold idempotency.Hold, answer error) (record, error) {
	ok, err := r.judge(c, r.holds(hold), answer)
	if err != nil {
		return r, fmt.Errorf("after a release: %w", err)
	}
	r.known = r.known && !ok
	return r, nil
}

// judge says whether a call by a hold succeeded, or why the answer is wrong.
func (r record) judge(c clock, holds bool, answer error) (ok bool, err error) {
	switch {
	case answer != nil && !errors.Is(answer, idempotency.ErrLost):
		return false, fmt.Errorf("the store failed: %w", answer)
	case answer != nil && holds && r.remembered(c) == runs:
		return false, fmt.Errorf(
			"a hold is not over until the record is completed, released, taken over or forgotten: %w", answer)
	case answer == nil && (!holds || r.remembered(c) == over):
		return false, errors.New(
			"a hold is over when the record was completed, released, taken over or forgotten: want ErrLost")
	}
	return answer == nil, nil
}
