// Package pgstore keeps idempotency keys in PostgreSQL, so that a request takes effect once on any number of machines.
//
//	if err := pgstore.Migrate(ctx, pool, pgstore.Config{}); err != nil {
//		return err
//	}
//	store, err := pgstore.New(pool, pgstore.Config{})
//
// # What is promised
//
// There are three ways to use it.
//
// A [Store] executes a request at most once while its record lives, which is a window after the last claim, renewal or
// completion. When a holder dies, nobody knows whether the request took effect: its key stays in progress with nothing
// remaining of the lease, until somebody finds out, takes it over, or the window ends.
//
// A [Transactional] executes a request exactly once as far as its effect is in the same database: the handler works in
// the transaction that holds the key, see [TxFromContext], and effect and record commit together. When a holder dies,
// PostgreSQL rolls back, nothing has happened, and the next claim executes. An effect elsewhere, a message sent or
// another service called, is not part of it and can happen again.
//
// [Store.ClaimTx] and [Store.CompleteTx] do the same for a worker that has a transaction of its own.
//
// All three can share a table. A claim never waits for a transaction that has the key: it answers at once that the
// request is in progress. A fencing token that was rolled back in a crash of the server may be given again; one that
// was committed is not.
//
// # What it rests on
//
// PostgreSQL 12 or later: the tests pass on 12 to 15 and on 18.
//
// Commits must be on disk when they are acknowledged. Claims are refused with [ErrAsynchronous] while
// synchronous_commit is off; fsync must be on. A failover to a replica that is replicated asynchronously forgets what
// had not reached it, and what was forgotten can execute again: replicate synchronously where that must not happen.
//
// All times are those of the database's clock. One that jumps forwards ends leases and windows early.
//
// Behind PgBouncer in transaction pooling mode, choose one of the driver's modes that does without prepared statements,
// such as pgx.QueryExecModeExec, unless PgBouncer tracks them (max_prepared_statements). The advisory locks that are
// used end with their transaction, and do no harm there. The contract's tests pass behind PgBouncer 1.18 in that mode.
//
// A [Transactional] keeps a connection per request that is being handled. Set idle_in_transaction_session_timeout to
// end those whose handler hangs. Old records are deleted by [Store.DeleteExpired], which somebody has to call.
package pgstore
