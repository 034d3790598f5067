package sandbox

import "github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"

// Store keeps what the sandbox knows between one run and the next. Package sqlitestore has one that is a file; package
// storetest has a suite that any implementation can run.
type Store = state.Store

// Record is a record as a Store keeps it.
type Record = state.Record

// ErrNotCommitted is wrapped by the errors of a Store's Commit that has certainly written nothing.
var ErrNotCommitted = state.ErrNotCommitted
