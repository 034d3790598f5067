package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// joined is a transaction as its handler gets it, or a savepoint in it. Once the transaction was ended by a statement,
// it executes nothing: each statement would be a transaction of its own.
type joined struct {
	*transaction
	tx pgx.Tx
	// outer says that it is not a savepoint.
	outer bool
}

// Begin makes a savepoint.
func (j joined) Begin(ctx context.Context) (pgx.Tx, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	savepoint, err := j.tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return joined{j.transaction, savepoint, false}, nil
}

// Commit ends a savepoint. Of the transaction it fails with ErrJoined.
func (j joined) Commit(ctx context.Context) error {
	if j.outer {
		return ErrJoined
	}
	if err := j.check(); err != nil {
		return err
	}
	return j.tx.Commit(ctx)
}

// Rollback goes back to before a savepoint. Of the transaction it fails with ErrJoined.
func (j joined) Rollback(ctx context.Context) error {
	if j.outer {
		return ErrJoined
	}
	if err := j.check(); err != nil {
		return err
	}
	return j.tx.Rollback(ctx)
}

func (j joined) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string,
	rows pgx.CopyFromSource) (int64, error) {
	if err := j.check(); err != nil {
		return 0, err
	}
	return j.tx.CopyFrom(ctx, table, columns, rows)
}

func (j joined) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	if err := j.check(); err != nil {
		return failing{err}
	}
	return j.tx.SendBatch(ctx, batch)
}

func (j joined) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	return j.tx.Prepare(ctx, name, sql)
}

func (j joined) Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error) {
	if err := j.check(); err != nil {
		return pgconn.CommandTag{}, err
	}
	return j.tx.Exec(ctx, sql, arguments...)
}

func (j joined) Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error) {
	if err := j.check(); err != nil {
		return nil, err
	}
	return j.tx.Query(ctx, sql, arguments...)
}

func (j joined) QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row {
	if err := j.check(); err != nil {
		return failing{err}
	}
	return j.tx.QueryRow(ctx, sql, arguments...)
}

func (j joined) LargeObjects() pgx.LargeObjects { return j.tx.LargeObjects() }
func (j joined) Conn() *pgx.Conn                { return j.tx.Conn() }

// failing is a row, or the results of a batch, that is not there.
type failing struct{ err error }

func (f failing) Scan(...any) error                { return f.err }
func (f failing) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, f.err }
func (f failing) Query() (pgx.Rows, error)         { return nil, f.err }
func (f failing) QueryRow() pgx.Row                { return f }
func (f failing) Close() error                     { return f.err }
func (failing) Tx() pgx.Tx                         { return nil }
