package bank

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Tx is one operation on the bank: it sees everything at one moment, and either all that it changes takes effect or
// nothing does. What the bank can do are its methods. Exactly one of Commit, Rollback and Finish ends it.
type Tx struct {
	*Bank
	// tx is nil if it only reads.
	tx  *state.Tx
	now time.Time
}

// Write begins an operation that may change something. Everybody else waits until it ends.
func (b *Bank) Write() (*Tx, error) {
	b.db.Lock()
	begun := false
	defer func() {
		if !begun {
			b.db.Unlock()
		}
	}()
	now := b.time()
	if err := b.catchUp(now); err != nil {
		return nil, err
	}
	tx := b.db.Begin(now)
	begun = true
	return &Tx{Bank: b, tx: tx, now: tx.Time()}, nil
}

// Read begins an operation that changes nothing. Others may read at the same time.
func (b *Bank) Read() (*Tx, error) {
	if t := b.read(true); t != nil {
		return t, nil
	}
	if _, err := b.locked(func() error { return b.catchUp(b.time()) }); err != nil {
		return nil, err
	}
	return b.read(false), nil
}

// read is Read, but if upToDate is set, it returns nil when something is due.
func (b *Bank) read(upToDate bool) *Tx {
	b.db.RLock()
	begun := false
	defer func() {
		if !begun {
			b.db.RUnlock()
		}
	}()
	if upToDate && b.db.IsDue(b.time()) {
		return nil
	}
	t := &Tx{Bank: b, now: b.time()}
	begun = true
	return t
}

// catchUp does what is due, in the order of its time. The lock for writing must be held.
func (b *Bank) catchUp(now time.Time) error {
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
	tail := t.db.Tail()
	t.db.RUnlock()
	return tail
}

// Commit ends an operation. What it changed lasts once the result's Wait returns nil.
func (t *Tx) Commit() (*state.Pending, error) {
	defer t.db.Unlock()
	if !t.tx.Changed() {
		t.tx.Rollback()
		return t.db.Tail(), nil
	}
	return t.tx.Commit()
}

// Rollback ends an operation that takes no effect.
func (t *Tx) Rollback() {
	t.tx.Rollback()
	t.db.Unlock()
}

// Do runs an operation that changes something, and returns when it lasts. If f fails, nothing has happened.
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
		t.Rollback()
		return err
	}
	p, err := t.Commit()
	if err != nil {
		return err
	}
	return p.Wait(ctx)
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
	return errors.Join(err, p.Wait(ctx))
}

// Now is the moment of the operation.
func (t *Tx) Now() time.Time { return t.now }

// today is the day of the operation, in New York.
func (t *Tx) today() calendar.Date { return calendar.DateOf(t.now) }

// newID returns an id that nothing else has.
func (t *Tx) newID() uuid.UUID { return t.idOf(t.tx.Draw()) }

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
