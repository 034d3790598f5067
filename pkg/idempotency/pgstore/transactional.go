package pgstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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
	open   map[idempotency.Hold]*transaction
}

// transaction is what holds a key.
type transaction struct {
	pgx.Tx
	claim idempotency.Claim
	// over says that the hold is, and that the connection may be somebody else's.
	over atomic.Bool
}

// check says why nothing can be executed in it.
func (x *transaction) check() error {
	const idle = 'I'
	switch {
	case x.over.Load():
		return pgx.ErrTxClosed
	case x.Conn().PgConn().TxStatus() == idle:
		return ErrEnded
	}
	return nil
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
	return &Transactional{store: store, pool: pool, open: make(map[idempotency.Hold]*transaction)}, nil
}

// Claim implements idempotency.Store. It is like Store.Claim, and waits for a connection as long as the context allows.
func (t *Transactional) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := errors.Join(t.store.made(), claim.Validate()); err != nil {
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
	hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
	if err := t.keep(hold, &transaction{Tx: tx, claim: claim}); err != nil {
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
func (t *Transactional) keep(hold idempotency.Hold, tx *transaction) error {
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

// take returns the transaction of a hold, and why it can only be rolled back. The caller must end it.
func (t *Transactional) take(hold idempotency.Hold) (tx *transaction, ended error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tx, ok := t.open[hold]
	if !ok {
		return nil, nil
	}
	delete(t.open, hold)
	ended = tx.check()
	tx.over.Store(true)
	return tx, ended
}

// Join implements idempotency.Transactional. TxFromContext finds the transaction in the context that it returns.
func (t *Transactional) Join(ctx context.Context, hold idempotency.Hold) context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	tx, ok := t.open[hold]
	if !ok {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, joined{tx, tx.Tx, true})
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
// over. An error that wraps idempotency.ErrNotCommitted means that nothing happened, one that wraps ErrCommitUnknown
// that either all of it happened or nothing, and the next claim tells which. After one that wraps ErrEnded nobody
// knows, and the key is in doubt.
func (t *Transactional) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	tx, ended := t.take(hold)
	switch {
	case tx == nil:
		return t.store.Complete(ctx, hold, response)
	case ended != nil:
		return t.doubt(ctx, tx)
	}
	err := t.store.change(ctx, tx, "storing a response", t.store.sql.completeOwn, hold, present(response))
	switch {
	case errors.Is(err, idempotency.ErrLost): // The claim belongs to another transaction than the one that is open.
		return t.doubt(ctx, tx)
	case err != nil:
		_ = rollback(ctx, tx)
		return fmt.Errorf("%w: %w", idempotency.ErrNotCommitted, err)
	}
	switch err := failed("committing", tx.Commit(ctx)); {
	case err == nil:
		return nil
	case nothingCommitted(err):
		return fmt.Errorf("%w: %w", idempotency.ErrNotCommitted, err)
	default:
		return fmt.Errorf("%w: %w", ErrCommitUnknown, err)
	}
}

// doubt leaves a key in doubt whose handler has ended the transaction. What it did before and afterwards may be there
// or not, so the request must not be executed again. If the claim was rolled back, which would let it, the key is
// claimed anew, for nobody.
func (t *Transactional) doubt(ctx context.Context, tx *transaction) error {
	_ = rollback(ctx, tx)
	claim := tx.claim
	claim.Lease = idempotency.MinLease
	_, err := t.store.Claim(ctx, claim)
	return errors.Join(fmt.Errorf("%w: %w", ErrEnded, idempotency.ErrInDoubt), err)
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

// Release rolls back all that the handler did. It fails with idempotency.ErrLost if the hold is over, and with ErrEnded
// if there was nothing left to roll back, see Complete. If it fails otherwise, the connection is closed, which rolls
// back as well.
func (t *Transactional) Release(ctx context.Context, hold idempotency.Hold) error {
	tx, ended := t.take(hold)
	switch {
	case tx == nil:
		return idempotency.ErrLost
	case ended != nil:
		return t.doubt(ctx, tx)
	}
	return failed("rolling back", rollback(ctx, tx))
}

// Close rolls back all that is held and refuses further claims. Shut the HTTP server down first, so that all handlers
// have returned. The pool stays open. Closing twice is not an error.
func (t *Transactional) Close() error {
	t.mu.Lock()
	t.closed = true
	open := t.open
	t.open = make(map[idempotency.Hold]*transaction)
	t.mu.Unlock()
	var errs []error
	for _, tx := range open {
		tx.over.Store(true)
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

// TxFromContext returns the transaction that a handler has joined, if there is one. What the handler does in it happens
// if and only if the request is recorded as done. Its Commit and Rollback fail with ErrJoined; its Begin makes a
// savepoint. It is not safe for concurrent use, and must not be used after the handler has returned.
//
// Nothing keeps a handler from executing COMMIT or ROLLBACK as a statement. Then all that it executes afterwards fails
// with ErrEnded, its answer does not go out, and its key is in doubt. What it does on the connection itself, which Conn
// returns, or by LargeObjects is not held up.
func TxFromContext(ctx context.Context) (pgx.Tx, bool) {
	if tx, ok := ctx.Value(contextKey{}).(joined); ok {
		return tx, true
	}
	return nil, false
}
