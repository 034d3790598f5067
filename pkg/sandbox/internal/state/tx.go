package state

import (
	"fmt"
	"slices"
	"time"
)

// Tx is a transaction. It holds everybody else off until Commit or Rollback, one of which must be called.
type Tx struct {
	db     *Database
	before head
	// began and number count transactions; a row knows by number whether this one has changed it. Another one than
	// began is that of what it does after it has gone to a version.
	began, number uint64
	// restored is what has changed by going to a version, and lasts is called when that lasts.
	restored []change
	lasts    func()
	undo
}

// undo is what takes a transaction back.
type undo struct {
	// changed are the rows that were changed, in the order in which they were first.
	changed []touched
	// hooks are called last to first.
	hooks []func()
}

// touched is a row that was changed, and the record that it had before.
type touched struct {
	row    changed
	before any
	// comes is set while a version is exchanged, of what it has.
	comes bool
}

// changed is a row that a transaction has changed.
type changed interface {
	// change returns what the row has now.
	change() change
	// restore gives it the record back that it had before, or none.
	restore(before any)
	// now returns the record that it has, or nil.
	now() any
	// mark notes which transaction has changed it.
	mark(number uint64)
}

// change is what a transaction has left of a row. Records never change, so it can become JSON later, by somebody who
// does not hold the lock; nil means that the record was removed.
type change struct {
	kind   string
	seq    uint64
	record any
}

// Begin begins a transaction at a time, or at that of the latest one if that is later: time never goes back. The lock
// must be held, and is still held after Commit and Rollback.
func (db *Database) Begin(now time.Time) *Tx {
	if db.open != nil {
		panic("state: a transaction within a transaction")
	}
	db.number++
	db.open = &Tx{db: db, before: db.head, began: db.number, number: db.number, undo: db.spare}
	db.spare = undo{}
	if now.After(db.head.Time) {
		later := db.head
		later.Time = now
		db.setHead(later)
	}
	return db.open
}

// Time is when the transaction happens.
func (tx *Tx) Time() time.Time { return tx.db.head.Time }

// Draw returns a number that nobody else has: the next one, or again one that was taken back with its transaction.
func (tx *Tx) Draw() uint64 {
	tx.db.head.Seq++
	return tx.db.head.Seq
}

// OnRollback has f called if the transaction does not last, after its records and what came later have been taken back.
func (tx *Tx) OnRollback(f func()) { tx.hooks = append(tx.hooks, f) }

// Changed reports whether the transaction has changed a record so far.
func (tx *Tx) Changed() bool { return len(tx.changed) > 0 }

// Commit lets the changes take effect, and hands them to the store. They last once the result's Wait returns nil. An
// error wraps ErrNotCommitted: nothing has taken effect.
func (tx *Tx) Commit() (*Pending, error) {
	db := tx.db
	if db.writer == nil {
		used := tx.undo
		tx.settle()
		db.spare = used.emptied()
		if tx.lasts != nil {
			tx.lasts()
		}
		return nil, nil //nolint:nilnil // Without a store there is nothing to wait for.
	}
	p := &Pending{changes: tx.changes(), undo: tx.undo, head: tx.before, number: tx.began,
		lasts: tx.lasts, done: make(chan struct{})}
	if err := db.writer.add(p); err != nil {
		tx.Rollback()
		return nil, fmt.Errorf("%w: %w", ErrNotCommitted, err)
	}
	tx.settle()
	db.tail = p
	return p, nil
}

// settle ends the transaction.
func (tx *Tx) settle() {
	tx.db.open, tx.undo = nil, undo{}
}

// changes returns what the store gets.
func (tx *Tx) changes() []change {
	changes := make([]change, 0, len(tx.restored)+len(tx.changed)+1)
	changes = append(changes, tx.restored...)
	for _, c := range tx.changed {
		changes = append(changes, c.row.change())
	}
	return append(changes, change{kind: stateKind, seq: stateSeq, record: tx.db.head})
}

// Rollback takes everything back.
func (tx *Tx) Rollback() {
	tx.takeBack()
	tx.db.setHead(tx.before)
	tx.settle()
}

// maxSpare bounds how much room is left for the next transaction.
const maxSpare = 256

// emptied returns the room that it took, for another one.
func (u *undo) emptied() undo {
	if cap(u.changed) > maxSpare || cap(u.hooks) > maxSpare {
		return undo{}
	}
	clear(u.changed)
	clear(u.hooks)
	return undo{u.changed[:0], u.hooks[:0]}
}

func (u *undo) takeBack() {
	for _, c := range slices.Backward(u.changed) {
		c.row.restore(c.before)
	}
	for _, hook := range slices.Backward(u.hooks) {
		hook()
	}
}
