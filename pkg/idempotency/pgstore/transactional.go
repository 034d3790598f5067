package pgstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// rollbackTimeout bounds a rollback. A connection that does not answer by then is closed, which rolls back as well.
const rollbackTimeout = 5 * time.Second

// Transactional is a store that claims in a database transaction which the handler joins, so that an effect in the same
// database and its record happen together or not at all. Each hold has a connection of the pool until it is completed
// or released.
//
// A hold lasts as long as its transaction: others cannot take it over, and neither a lease nor a window ends it. Make
// one with NewTransactional and close it with Close.
type Transactional struct {
	store *Store
	pool  *pgxpool.Pool

	mu     sync.Mutex
	closed bool
	open   map[idempotency.Hold]pgx.Tx
}

var _ idempotency.Transactional = (*Transactional)(nil)

// NewTransactional returns a Transactional. The pool must have more connections than there are requests handled at
// once: claims wait for one otherwise, and a handler that asks the pool for a second connection can wait for ever.
func NewTransactional(pool *pgxpool.Pool, config Config) (*Transactional, error) {
	if pool == nil {
		return nil, errors.New("pgstore: there is no pool")
	}
	store, err := New(pool, config)
	if err != nil {
		return nil, err
	}
	return &Transactional{store: store, pool: pool, open: make(map[idempotency.Hold]pgx.Tx)}, nil
}

// Claim implements idempotency.Store. It is like Store.Claim, and waits for a connection as long as the context allows.
func (t *Transactional) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := claim.Validate(); err != nil {
		return idempotency.Outcome{}, err
	}
	if t.isClosed() {
		return idempotency.Outcome{}, ErrClosed
	}
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return idempotency.Outcome{}, failed("beginning a transaction", err)
	}
	kept := false
	defer func() {
		if !kept {
			_ = rollback(ctx, tx)
		}
	}()
	outcome, err := t.store.ClaimTx(ctx, tx, claim)
	if err != nil || outcome.State != idempotency.StateMine {
		return outcome, err
	}
	if err := t.keep(idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}, tx); err != nil {
		return idempotency.Outcome{}, err
	}
	kept = true
	return outcome, nil
}

func (t *Transactional) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// keep remembers the transaction of a hold.
func (t *Transactional) keep(hold idempotency.Hold, tx pgx.Tx) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return ErrClosed
	}
	// A server that crashed can give a token again whose transaction it lost. While the handler of that one is still
	// running, its Complete would commit this one.
	if _, ok := t.open[hold]; ok {
		return errors.New("pgstore: the database gave a token that is in use")
	}
	t.open[hold] = tx
	return nil
}

// take returns the transaction of a hold. The caller must end it.
func (t *Transactional) take(hold idempotency.Hold) (pgx.Tx, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tx, ok := t.open[hold]
	delete(t.open, hold)
	return tx, ok
}

// Join implements idempotency.Transactional. TxFromContext finds the transaction in the context that it returns.
func (t *Transactional) Join(ctx context.Context, hold idempotency.Hold) context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	tx, ok := t.open[hold]
	if !ok {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, joined{tx})
}

// Renew implements idempotency.Store. The transaction holds the key, so there is nothing to renew, and Renew does not
// ask the database. It fails with idempotency.ErrLost if the hold was completed or released. If the database has ended
// the transaction, that shows when it is used.
func (t *Transactional) Renew(_ context.Context, hold idempotency.Hold, _ time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.open[hold]; !ok {
		return idempotency.ErrLost
	}
	return nil
}

// Complete stores the response and commits it together with all that the handler did. Whatever it returns, the hold is
// over. An error that wraps ErrCommitUnknown means that either all of it happened or nothing, and the next claim tells
// which. Any other error means that nothing happened.
func (t *Transactional) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	tx, ok := t.take(hold)
	if !ok {
		return t.store.Complete(ctx, hold, response)
	}
	if err := t.store.CompleteTx(ctx, tx, hold, response); err != nil {
		_ = rollback(ctx, tx)
		return err
	}
	err := tx.Commit(ctx)
	if err == nil {
		return nil
	}
	if nothingCommitted(err) {
		return failed("committing", err)
	}
	return fmt.Errorf("%w: %w", ErrCommitUnknown, failed("committing", err))
}

// nothingCommitted says that a commit certainly failed. The driver's SafeToRetry does not tell: it takes a connection
// that broke while the answer was read for one that was closed before.
func nothingCommitted(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) || errors.Is(err, pgx.ErrTxClosed) {
		return true
	}
	// A server that shuts down ends its connections with an error of a higher severity, before or after a commit.
	answer, ok := errors.AsType[*pgconn.PgError](err)
	return ok && answer.SeverityUnlocalized == "ERROR"
}

// Release rolls back all that the handler did. It fails with idempotency.ErrLost if the hold is over. If it fails
// otherwise, the connection is closed, which rolls back as well.
func (t *Transactional) Release(ctx context.Context, hold idempotency.Hold) error {
	tx, ok := t.take(hold)
	if !ok {
		return idempotency.ErrLost
	}
	return failed("rolling back", rollback(ctx, tx))
}

// Close rolls back all that is held and refuses further claims. Shut the HTTP server down first, so that all handlers
// have returned. The pool stays open. Closing twice is not an error.
func (t *Transactional) Close() error {
	t.mu.Lock()
	t.closed = true
	open := t.open
	t.open = make(map[idempotency.Hold]pgx.Tx)
	t.mu.Unlock()
	var errs []error
	for _, tx := range open {
		errs = append(errs, rollback(context.Background(), tx))
	}
	return failed("rolling back", errors.Join(errs...))
}

// rollback rolls a transaction back, even if the context has ended, and returns its connection to the pool.
func rollback(ctx context.Context, tx pgx.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	return tx.Rollback(ctx)
}

type contextKey struct{}

// joined is a transaction as its handler gets it.
type joined struct{ pgx.Tx }

// Commit fails with ErrJoined.
func (joined) Commit(context.Context) error { return ErrJoined }

// Rollback fails with ErrJoined.
func (joined) Rollback(context.Context) error { return ErrJoined }

// TxFromContext returns the transaction that a handler has joined, if there is one. What the handler does in it happens
// if and only if the request is recorded as done. Its Commit and Rollback fail with ErrJoined; its Begin makes a
// savepoint. It is not safe for concurrent use, and must not be used after the handler has returned.
func TxFromContext(ctx context.Context) (pgx.Tx, bool) {
	if tx, ok := ctx.Value(contextKey{}).(joined); ok {
		return tx, true
	}
	return nil, false
}
