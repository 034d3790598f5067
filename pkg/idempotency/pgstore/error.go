package pgstore

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// ErrCommitUnknown says that the answer to a commit was lost. Either both the effect and its record are there, or
	// neither is; the next claim of the key tells which.
	ErrCommitUnknown = errors.New("pgstore: the outcome of the commit is unknown")
	// ErrAsynchronous says that nothing was claimed because synchronous_commit is off. A crash of the server could lose
	// the claim after the request was executed.
	ErrAsynchronous = errors.New("pgstore: synchronous_commit is off")
	// ErrVolatile says that the database may forget what it has acknowledged, so that requests execute twice.
	ErrVolatile = errors.New("pgstore: the database may forget what it has acknowledged")
	// ErrBusy says that nothing was claimed because the record changed every time between reading and writing it.
	ErrBusy = errors.New("pgstore: the record keeps changing")
	// ErrClosed says that a Transactional is closed and takes no more claims.
	ErrClosed = errors.New("pgstore: the store is closed")
	// ErrEnded says that a handler has ended the transaction that it has joined by a statement, such as ROLLBACK. What
	// it did may be there or not, and its key is in doubt.
	ErrEnded = errors.New("pgstore: the handler has ended the transaction that it has joined")
	// ErrJoined is what a handler gets if it commits or rolls back the transaction that it has joined. To roll back, it
	// answers with a failure or panics.
	ErrJoined = errors.New("pgstore: a handler cannot end the transaction that it has joined")
)

// failed says what was being done. The error of a connection that could not be made names the user and the database,
// and holds the whole configuration, including the password; so only its cause is passed on.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if connect, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("pgstore: %s: cannot connect: %w", doing, connect.Unwrap())
	}
	return fmt.Errorf("pgstore: %s: %w", doing, err)
}
