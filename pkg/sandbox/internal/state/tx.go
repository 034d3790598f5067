package state

import (
	"fmt"
	"time"
)

// Tx is a transaction. It holds everybody else off until Commit or Rollback, one of which must be called.
type Tx struct {
	db     *Database
	before head
	// undo takes back what was done, to be run last to first.
	undo    []func()
	changed []changed
}

// changed is a row that a transaction has changed.
type changed interface {
	// change returns what the row has now.
	change() change
	// settle forgets that the transaction has changed it.
	settle()
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
	db.open = &Tx{db: db, before: db.head}
	if now.After(db.head.Time) {
		db.setHead(head{Seq: db.head.Seq, Time: now})
	}
	return db.open
}

// Time is when the transaction happens.
func (tx *Tx) Time() time.Time { return tx.db.head.Time }

// Draw returns a number that nobody has had or will have.
func (tx *Tx) Draw() uint64 {
	tx.db.head.Seq++
	return tx.db.head.Seq
}

// OnRollback has f called if the transaction does not last, after what came later has been taken back.
func (tx *Tx) OnRollback(f func()) { tx.undo = append(tx.undo, f) }

// Changed reports whether the transaction has changed a record so far.
func (tx *Tx) Changed() bool { return len(tx.changed) > 0 }

// Commit lets the changes take effect, and hands them to the store. They last once the result's Wait returns nil. An
// error wraps ErrNotCommitted: nothing has taken effect.
func (tx *Tx) Commit() (*Pending, error) {
	db := tx.db
	if db.writer == nil {
		tx.settle()
		return nil, nil //nolint:nilnil // Without a store there is nothing to wait for.
	}
	p := &Pending{changes: tx.changes(), undo: tx.undo, head: tx.before, done: make(chan struct{})}
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
	for _, c := range tx.changed {
		c.settle()
	}
	tx.db.open, tx.undo, tx.changed = nil, nil, nil
}

// changes returns what the store gets.
func (tx *Tx) changes() []change {
	changes := make([]change, 0, len(tx.changed)+1)
	for _, c := range tx.changed {
		changes = append(changes, c.change())
	}
	return append(changes, change{kind: stateKind, seq: stateSeq, record: tx.db.head})
}

// Rollback takes everything back.
func (tx *Tx) Rollback() {
	rollBack(tx.undo)
	tx.db.setHead(tx.before)
	tx.settle()
}

func rollBack(undo []func()) {
	for i := len(undo) - 1; i >= 0; i-- {
		undo[i]()
	}
}
