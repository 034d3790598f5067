// Package pgstore keeps idempotency keys in PostgreSQL, where any number of processes share them:
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
// With a [Store], a request is executed at most once while its record lives, which is a window after the last claim,
// renewal or completion. If a holder dies, nobody knows whether the request took effect. Its key stays in progress,
// with nothing left of the lease, until a claim takes it over or the window ends.
//
// With a [Transactional], a request is executed exactly once, as far as its effect is in the same database. The handler
// works in the transaction that holds the key, see [TxFromContext], and effect and record commit together. If a holder
// dies, PostgreSQL rolls back: nothing has happened, and the next claim executes. An effect elsewhere, such as a
// message sent or a service called, is not part of the transaction and can happen again.
//
// [Store.ClaimTx] and [Store.CompleteTx] do the same for a worker that has a transaction of its own.
//
// All three can share a table. A claim never waits for a transaction that has the key, but answers at once that the
// request is in progress. The server may give a fencing token again if it crashed before the token was committed, and
// never afterwards.
//
// # What it rests on
//
// PostgreSQL 12 or later: the tests pass on 12 to 15 and on 18.
//
// Commits must be on disk when they are acknowledged. While synchronous_commit is off, claims fail with
// [ErrAsynchronous]; fsync must be on, and the table logged. A replica that is replicated asynchronously lacks the last
// commits when it takes over, and their requests can execute again: replicate synchronously where that must not happen.
//
// All times are by the database's clock. If it jumps forward, leases and windows end early.
//
// Behind PgBouncer in transaction pooling mode, choose a mode of the driver that does without prepared statements, such
// as pgx.QueryExecModeExec, unless PgBouncer tracks them (max_prepared_statements). The advisory locks end with their
// transaction, so they do no harm there. The contract's tests pass behind PgBouncer 1.18 in that mode.
//
// A [Transactional] uses one connection for each request that is being handled. Set idle_in_transaction_session_timeout
// to end those whose handler hangs. A handler must not end the transaction by a statement; if it does, that is noticed,
// and its key is in doubt.
//
// [Store.Check] looks at what can be seen of this; call it when a program starts.
//
// # What is stored
//
// A row has the scope and the key, a hash of the request, times, and the response, in clear unless a Guard encrypts it.
// It stays after its window until somebody deletes it: [Store.Sweep] in a goroutine, or the command
// partner idempotency sweep.
package pgstore
