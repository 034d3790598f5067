package bank

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Tx is one operation on the bank: it sees everything at one moment, and either all that it changes takes effect or
// nothing does. What the bank can do are its methods. Exactly one of Commit, Rollback and Finish ends it.
type Tx struct {
	*Bank
	// tx is nil if it only reads.
	tx  *state.Tx
	now time.Time
	// due is the last of what was due when it began, if it only reads.
	due *state.Pending
	// fate is what somebody has decided about what the operation makes, or nil.
	fate *Fate
}

// Write begins an operation that may change something. Everybody else waits until it ends. It fails with
// state.ErrBroken, as Read does, once nobody knows what the store has.
func (b *Bank) Write() (*Tx, error) {
	b.db.Lock()
	begun := false
	defer func() {
		if !begun {
			b.db.Unlock()
		}
	}()
	if err := b.db.Broken(); err != nil {
		return nil, err
	}
	now := b.Time()
	if err := b.catchUp(now); err != nil {
		return nil, err
	}
	tx := b.db.Begin(now)
	begun = true
	return &Tx{Bank: b, tx: tx, now: tx.Time()}, nil
}

// Read begins an operation that changes nothing. Others may read at the same time.
func (b *Bank) Read() (*Tx, error) {
	if t, err := b.read(true); t != nil || err != nil {
		return t, err
	}
	due, err := b.locked(func() error { return b.catchUp(b.Time()) })
	if err != nil {
		return nil, err
	}
	t, err := b.read(false)
	if err == nil {
		t.due = due
	}
	return t, err
}

// read is Read, but if upToDate is set, it returns nil when something is due.
func (b *Bank) read(upToDate bool) (*Tx, error) {
	b.db.RLock()
	begun := false
	defer func() {
		if !begun {
			b.db.RUnlock()
		}
	}()
	if err := b.db.Broken(); err != nil {
		return nil, err
	}
	if upToDate && b.db.IsDue(b.Time()) {
		return nil, nil //nolint:nilnil // Something is due.
	}
	t := &Tx{Bank: b, now: b.Time()}
	begun = true
	return t, nil
}

// catchUp does what is due, in the order of its time. The lock for writing must be held.
func (b *Bank) catchUp(now time.Time) error {
	defer b.announce()
	for {
		more, err := b.db.RunDue(now)
		if err != nil || !more {
			return err
		}
	}
}

// Finish ends an operation that only reads. It returns what to wait for before anybody is told what was read: until
// then that may be undone.
func (t *Tx) Finish() *state.Pending {
	defer t.db.RUnlock()
	if t.due.HasFailed() { // What was read is that which was there before.
		return t.due
	}
	return t.db.Tail()
}

// Commit ends an operation. What it changed lasts once the result's Wait returns nil.
func (t *Tx) Commit() (*state.Pending, error) {
	defer t.db.Unlock()
	if !t.tx.Changed() {
		t.tx.Rollback()
		return t.db.Tail(), nil
	}
	defer t.announce()
	return t.tx.Commit()
}

// Rollback ends an operation that takes no effect. It returns what to wait for before anybody is told why.
func (t *Tx) Rollback() *state.Pending {
	defer t.db.Unlock()
	t.tx.Rollback()
	return t.db.Tail()
}

// Do runs an operation that changes something, and returns when it lasts. If f fails, nothing has happened, and its
// error is returned when that lasts which it rests on.
func (b *Bank) Do(ctx context.Context, f func(*Tx) error) error {
	t, err := b.Write()
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // f panics.
			t.Rollback()
		}
	}()
	err = f(t)
	ended = true
	if err != nil {
		return After(ctx, t.Rollback(), err)
	}
	p, err := t.Commit()
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

// After waits until something lasts, and returns err then. If it does not, it says so instead: what err says may be
// wrong.
func After(ctx context.Context, p *state.Pending, err error) error {
	if failed := p.Wait(ctx); failed != nil {
		return failed
	}
	return err
}

// Look runs an operation that only reads, and returns when what it saw lasts.
func (b *Bank) Look(ctx context.Context, f func(*Tx) error) error {
	t, err := b.Read()
	if err != nil {
		return err
	}
	var p *state.Pending
	err = func() error {
		defer func() { p = t.Finish() }()
		return f(t)
	}()
	return After(ctx, p, err)
}

// Decide says what is to become of what the operation makes. It is called before the operation does anything.
func (t *Tx) Decide(f *Fate) { t.fate = f }

// Now is the moment of the operation.
func (t *Tx) Now() time.Time { return t.now }

// today is the day of the operation, in New York.
func (t *Tx) today() calendar.Date { return calendar.DateOf(t.now) }

// newID returns an id that no record has of those whose ids the bank alone makes.
func (t *Tx) newID() uuid.UUID { return t.idOf(t.tx.Draw()) }

// freeID returns an id that is not taken. It is for records to which callers may give ids of their own, which may be
// those that the bank is about to make: with the same seed they are the same everywhere.
func (t *Tx) freeID(taken func(uuid.UUID) bool) uuid.UUID {
	for {
		if id := t.newID(); !taken(id) {
			return id
		}
	}
}

// hasID reports whether a table has a record by its id.
func hasID[R any](table *state.Table[uuid.UUID, R]) func(uuid.UUID) bool {
	return func(id uuid.UUID) bool { return table.Get(id) != nil }
}

// sub is the operation that something due takes part in.
func (b *Bank) sub(tx *state.Tx) *Tx { return &Tx{Bank: b, tx: tx, now: tx.Time()} }

type txKey struct{}

// NewContext returns a context that carries an operation.
func NewContext(ctx context.Context, t *Tx) context.Context {
	return context.WithValue(ctx, txKey{}, t)
}

// FromContext returns the operation that a context carries. It panics if there is none: whoever serves the bank has
// forgotten to begin one.
func FromContext(ctx context.Context) *Tx {
	t, ok := ctx.Value(txKey{}).(*Tx)
	if !ok {
		panic("bank: no operation has begun")
	}
	return t
}
