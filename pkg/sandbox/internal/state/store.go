package state

import "errors"

// Record is a record as a Store keeps it.
type Record struct {
	// Kind names the table that it belongs to: 1 to 32 of the characters a to z and _.
	Kind string
	// Seq identifies the record. No other record, of whatever kind, has the same; one had it if the database has gone
	// back to a version since. It is positive.
	Seq uint64
	// Data is the record itself, as JSON. Empty means that the record was removed.
	Data []byte
}

// Store keeps records between one run and the next. One goroutine uses it at a time.
type Store interface {
	// Load calls yield with every record, in the order of Seq, and stops with the error that yield returns. It is
	// called once, before any Commit. It fails rather than leave out a record that is damaged. The record belongs to
	// the callee.
	Load(yield func(Record) error) error
	// Commit writes all of the records or none: those with Data replace the record of the same Seq, those without
	// remove it. No Seq is there twice. When it returns nil they last, whatever happens to the process.
	//
	// An error that wraps ErrNotCommitted says that certainly nothing was written, and that a later Commit may well
	// succeed. After any other error nobody knows, and Commit is not called again.
	Commit(records []Record) error
	// Close releases what the store holds. Nothing is called after it.
	Close() error
}

var (
	// ErrNotCommitted says that a transaction has certainly not taken effect, as when a disk is full.
	ErrNotCommitted = errors.New("state: nothing was written")
	// ErrBroken says that the store failed in such a way that nobody knows what it has written. Whatever comes after
	// that is refused; whoever opens the store again learns what it has.
	ErrBroken = errors.New("state: the store failed, and has to be opened again")
	// ErrClosed says that the database is closed.
	ErrClosed = errors.New("state: it is closed")
)
