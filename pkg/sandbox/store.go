package sandbox

import (
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Store keeps what the sandbox knows between one run and the next. Package sqlitestore has one that is a file; package
// storetest has a suite that any implementation can run.
type Store = state.Store

// Record is a record as a Store keeps it.
type Record = state.Record

// ErrNotCommitted is wrapped by the errors of a Store's Commit that has certainly written nothing.
var ErrNotCommitted = state.ErrNotCommitted

// Verify reads a Store and adds everything in it up again: that each event of the ledger adds up to zero and balances
// are what their postings make, that T-bills and transactions agree with the ledger, and that nobody owns what nobody
// has. It returns how many records there are of each kind, and an error that has all that is wrong. It writes nothing,
// and closes the Store.
func Verify(store Store) (map[string]int, error) { return bank.Verify(store) }
