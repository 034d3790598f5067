package pgstore

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// ErrCommitUnknown says that the answer to a commit was lost: the effect and its record are both there, or neither
	// is. The next claim of the key tells.
	ErrCommitUnknown = errors.New("pgstore: the answer to the commit was lost, so it happened or not")
	// ErrAsynchronous says that nothing was claimed because synchronous_commit is off: a crash of the server could
	// forget a claim after the request was executed.
	ErrAsynchronous = errors.New("pgstore: synchronous_commit is off")
	// ErrBusy says that nothing was claimed because the record changed each time that it was read.
	ErrBusy = errors.New("pgstore: the record keeps changing")
	// ErrClosed says that a Transactional takes no more claims.
	ErrClosed = errors.New("pgstore: the store is closed")
	// ErrJoined is what a handler gets that ends the transaction it takes part in. That is not its to do: it returns an
	// error or panics, and the transaction is rolled back.
	ErrJoined = errors.New("pgstore: the transaction ends with the request, not in the handler")
)

// failed says what was being done. The error of a connection that was never made names the user and the database and
// holds the whole configuration, password included: only its cause is passed on.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if connect, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("pgstore: %s: cannot connect: %w", doing, connect.Unwrap())
	}
	return fmt.Errorf("pgstore: %s: %w", doing, err)
}
