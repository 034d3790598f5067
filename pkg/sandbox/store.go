package sandbox

import (
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Store keeps what the sandbox knows between one run and the next. Package sqlitestore has one that is a file; package
// storetest has a suite that any implementation can run. One goroutine uses it at a time. It need not know what the
// records mean: it is a map from Seq to Kind and Data, which is empty at first.
type Store interface {
	// Load calls yield with every record, in the order of Seq, and stops with the error that yield returns. It is
	// called once, before any Commit. It fails rather than leave out a record that is damaged. The record belongs to
	// the callee.
	Load(yield func(Record) error) error
	// Commit writes all of the records or none: those with Data replace the record of the same Seq, those without
	// remove it, if it is there. No Seq is there twice, and the order means nothing; there may be none, or thousands.
	// Data may be kept, but not changed. When it returns nil they last, whatever happens to the process.
	//
	// An error that wraps ErrNotCommitted says that certainly nothing was written, and that a later Commit may well
	// succeed. After any other error nobody knows, and Commit is not called again: the sandbox answers nothing any more
	// until the Store is opened again.
	Commit(records []Record) error
	// Close releases what the Store holds. Nothing is called after it.
	Close() error
}

// Record is a record as a Store keeps it. It has three fields:
//
//   - Seq, a uint64 from 1 to 2^63-1, which no other record has, of whatever Kind. New records have higher ones; but
//     when the sandbox is reset, or goes back to a snapshot, numbers come again that others had since, of any Kind.
//   - Kind, a string of 1 to 32 of the characters a to z and _.
//   - Data, a []byte of JSON, which comes back byte for byte; empty or nil in a record that is removed.
type Record = state.Record

var (
	// ErrNotCommitted is wrapped by the errors of a Store's Commit that has certainly written nothing, and by those of
	// what has not happened for that reason.
	ErrNotCommitted = state.ErrNotCommitted
	// ErrBroken says that the Store failed in such a way that nobody knows what it has written. From then on the
	// sandbox answers nothing; whoever opens the Store again learns what it has.
	ErrBroken = state.ErrBroken
	// ErrClosed says that the sandbox was closed, and that this has not happened.
	ErrClosed = state.ErrClosed
)

// Verify reads a Store and adds everything in it up again: that each event of the ledger adds up to zero and balances
// are what their postings make, that T-bills and transactions agree with the ledger, and that nobody owns what nobody
// has. It returns how many records there are of each kind, and an error that has all that is wrong. It commits nothing,
// and closes the Store. (A Store may write when it is opened, or read for the first time: sqlitestore.OpenReadOnly does
// not.)
func Verify(store Store) (map[string]int, error) { return bank.Verify(store) }
