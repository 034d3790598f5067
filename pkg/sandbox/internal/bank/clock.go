package bank

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// clock is either that on the wall, some way ahead of it, or one that stands still.
type clock struct {
	Frozen bool `json:"frozen,omitempty"`
	// At is the time of a clock that stands still.
	At time.Time `json:"at,omitzero"`
	// Ahead is how far the other one is ahead of the wall's.
	Ahead time.Duration `json:"ahead,omitempty"`
}

// settings are what a bank was made with, and its clock.
type settings struct {
	Seed  uint64 `json:"seed"`
	Clock clock  `json:"clock"`
}

// settingsKey finds the only record of the settings.
const settingsKey = "settings"

// running is a clock, and the latest time that it has shown, in nanoseconds since 1970, if it goes on.
type running struct {
	clock
	shown atomic.Int64
}

// by is what the clock shows when wall is the one on the wall.
func (c clock) by(wall func() time.Time) time.Time {
	if c.Frozen {
		return c.At
	}
	return wall().UTC().Round(0).Add(c.Ahead)
}

// Time is what the bank's clock shows. It waits for nobody. The clock on the wall may be set back; this one stands
// still then, until the other has caught up.
func (b *Bank) Time() time.Time {
	c := b.clock.Load()
	now := c.by(b.wall)
	if !c.Frozen {
		now = c.notBefore(now)
	}
	if last := b.db.Latest(); now.Before(last) {
		return last
	}
	return now
}

// notBefore returns the latest time that it was ever asked for.
func (r *running) notBefore(now time.Time) time.Time {
	for {
		shown := r.shown.Load()
		if now.UnixNano() <= shown {
			return time.Unix(0, shown).UTC()
		}
		if r.shown.CompareAndSwap(shown, now.UnixNano()) {
			return now
		}
	}
}

// Frozen reports whether the clock stands still until somebody moves it.
func (b *Bank) Frozen() bool { return b.clock.Load().Frozen }

// LastTime is where the clock ends: the calendars know no holidays from then on.
var LastTime = time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)

// SetClock sets the clock, which stands still from then on, and does what has become due. It fails with a Refusal if
// that would turn it back, or beyond LastTime. If ctx ends, or what is due fails, the clock may have moved all the
// same.
func (b *Bank) SetClock(ctx context.Context, to time.Time) error {
	return b.move(ctx, func() error { return b.setClock(to) })
}

// StepTo is SetClock, but stops on the way when something is to be delivered. It returns true when it has come to the
// end.
func (b *Bank) StepTo(ctx context.Context, to time.Time) (done bool, err error) {
	to = to.UTC().Round(0)
	err = b.step(ctx, func(next time.Time, ok bool) (bool, error) {
		if err := b.checkTime(to); err != nil {
			return false, err
		}
		done = !ok || !next.Before(to)
		if done {
			next = to
		}
		return done, b.changeClock(clock{Frozen: true, At: next})
	})
	return done, err
}

// Step is Advance, but stops on the way when something is to be delivered. It returns how far it has come.
func (b *Bank) Step(ctx context.Context, by time.Duration) (moved time.Duration, err error) {
	err = b.step(ctx, func(next time.Time, ok bool) (bool, error) {
		if err := b.checkAdvance(by - moved); err != nil {
			return false, err
		}
		step := by - moved
		if ok {
			step = min(step, max(next.Sub(b.Time()), 0))
		}
		err := b.changeClock(b.ahead(step))
		if err == nil {
			moved += step
		}
		return moved == by, err
	})
	return moved, err
}

// step moves the clock from one thing that is due to the next, and does it, until something is to be delivered or move
// says that this is the end. It is given when the next thing is due, if any is.
func (b *Bank) step(ctx context.Context, move func(next time.Time, ok bool) (bool, error)) error {
	tail, err := b.locked(func() error {
		for done := false; !done; {
			err := ctx.Err()
			if err == nil {
				err = b.catchUp(b.Time())
			}
			if err == nil {
				done, err = move(b.db.NextDue())
			}
			if err == nil {
				err = b.catchUp(b.Time())
			}
			if err != nil {
				return err
			}
			if b.posting() {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return tail.Wait(ctx)
}

// move changes the clock and does what has become due.
func (b *Bank) move(ctx context.Context, change func() error) error {
	tail, err := b.locked(change)
	if err == nil {
		err = tail.Wait(ctx)
	}
	if err != nil {
		return err
	}
	return b.run(ctx)
}

// locked calls f under the lock for writing, and returns the latest transaction that may not last yet.
func (b *Bank) locked(f func() error) (*state.Pending, error) {
	b.db.Lock()
	defer b.db.Unlock()
	if err := b.db.Broken(); err != nil {
		return nil, err
	}
	err := f()
	return b.db.Tail(), err
}

// setClock needs the lock.
func (b *Bank) setClock(to time.Time) error {
	to = to.UTC().Round(0)
	if err := b.checkTime(to); err != nil {
		return err
	}
	return b.changeClock(clock{Frozen: true, At: to})
}

// checkTime refuses a time that the clock cannot be set to. It needs the lock.
func (b *Bank) checkTime(to time.Time) error {
	switch {
	case to.Before(b.Time()):
		return invalid("clock", "the clock shows a later time already, and never goes back", "body", "time")
	case !to.Before(LastTime):
		return invalid("clock", "time must be before the year 2101", "body", "time")
	}
	return nil
}

// changeClock needs the lock. What happens at the old time has happened before.
func (b *Bank) changeClock(to clock) error {
	if err := b.catchUp(b.Time()); err != nil {
		return err
	}
	tx := b.db.Begin(b.Time())
	set := *b.settings.Get(settingsKey)
	set.Clock = to
	b.settings.Update(tx, &set)
	// What the new clock shows before the move is undone is forgotten with it.
	before, after := b.clock.Load(), &running{clock: to}
	after.shown.Store(before.shown.Load())
	b.clock.Store(after)
	tx.OnRollback(func() { b.clock.Store(before) })
	_, err := tx.Commit()
	return err
}

// Advance moves the clock forward, and does what has become due. One that goes on its own is ahead of the wall's by
// that much more. It fails with a Refusal if by is negative, or leads beyond LastTime. If ctx ends, or what is due
// fails, the clock may have moved all the same.
func (b *Bank) Advance(ctx context.Context, by time.Duration) error {
	return b.move(ctx, func() error { return b.advance(by) })
}

// advance needs the lock.
func (b *Bank) advance(by time.Duration) error {
	if err := b.checkAdvance(by); err != nil {
		return err
	}
	return b.changeClock(b.ahead(by))
}

// checkAdvance refuses a move that the clock cannot make. It needs the lock.
func (b *Bank) checkAdvance(by time.Duration) error {
	switch {
	case by < 0:
		return invalid("clock", "the clock never goes back", "body", "by")
	case by >= LastTime.Sub(b.Time()):
		return invalid("clock", "by must end before the year 2101", "body", "by")
	}
	return nil
}

// ahead returns the clock after a move. It needs the lock.
func (b *Bank) ahead(by time.Duration) clock {
	to := b.clock.Load().clock
	if to.Frozen {
		to.At = to.At.Add(by)
	} else {
		// It goes on from what it shows, to which the clock on the wall may have to catch up.
		to.Ahead += by + max(b.Time().Sub(to.by(b.wall)), 0)
	}
	return to
}

// run does what is due by now. If ctx ends, somebody else does the rest.
func (b *Bank) run(ctx context.Context) error {
	tail, err := b.locked(func() error {
		now := b.Time()
		for more := true; more; {
			err := ctx.Err()
			if err == nil {
				more, err = b.db.RunDue(now)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return tail.Wait(ctx)
}

// maxQuiet bounds how far RunUntilQuiet goes.
const maxQuiet = 366 * 24 * time.Hour

// RunUntilQuiet moves the clock from one thing that is awaited to the next, until nothing is: payments are settled,
// reviews are over, events are delivered. What comes round for ever is not awaited: maturities, and the end of tokens
// and keys; but it happens on the way. Nor is a time at which nothing happens: that from which the deposit of Fund is
// settled. It goes no further than a year, and not beyond LastTime.
func (b *Bank) RunUntilQuiet(ctx context.Context) error { return b.RunUntilQuietBy(ctx, b.Advance) }

// RunUntilQuietBy is RunUntilQuiet for who moves the clock in a way of its own.
func (b *Bank) RunUntilQuietBy(ctx context.Context, advance func(context.Context, time.Duration) error) error {
	end := b.Time().Add(maxQuiet)
	for {
		var by time.Duration
		quiet := false
		if _, err := b.locked(func() error {
			next, ok := b.db.NextDueOf(b.awaited...)
			quiet = !ok || next.After(end) || !next.Before(LastTime)
			by = max(next.Sub(b.Time()), 0)
			return nil
		}); err != nil || quiet {
			return err
		}
		if err := advance(ctx, by); err != nil {
			return err
		}
	}
}
