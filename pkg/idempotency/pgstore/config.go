package pgstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DefaultTable is the default name of the table.
const DefaultTable = "idempotency_records"

// maxName is the maximum length of a part of the table's name, in bytes. PostgreSQL cuts names after 63 bytes, and the
// index's name is longer than the table's.
const maxName = 63 - len(indexSuffix)

const indexSuffix = "_delete_after"

// Config says where the records are. The zero value has the defaults.
type Config struct {
	// Table is the table's name, with or without its schema: "idempotency_records" or "payments.idempotency_records".
	// Empty means DefaultTable. The name is quoted, so upper and lower case differ. Each part has up to 50 bytes.
	Table string
}

// names returns the quoted names of the table and its index.
func (c Config) names() (table, index string, err error) {
	if c.Table == "" {
		c.Table = DefaultTable
	}
	parts := strings.Split(c.Table, ".")
	if len(parts) > 2 {
		return "", "", errors.New("pgstore: the table's name has more than two parts")
	}
	for _, part := range parts {
		if part == "" || len(part) > maxName || strings.ContainsRune(part, 0) {
			return "", "", fmt.Errorf("pgstore: a part of the table's name is not 1 to %d bytes without a zero",
				maxName)
		}
	}
	return pgx.Identifier(parts).Sanitize(), pgx.Identifier{parts[len(parts)-1] + indexSuffix}.Sanitize(), nil
}

//go:embed schema.sql
var schema string

// Schema returns the SQL that creates the table and its index if they do not exist, for a migration tool of your own.
// It fails if the table's name is unusable.
func Schema(config Config) (string, error) {
	table, index, err := config.names()
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(`"`+DefaultTable+`"`, table, `"`+DefaultTable+indexSuffix+`"`, index).Replace(schema),
		nil
}

// Beginner begins transactions: a *pgxpool.Pool or a *pgx.Conn.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Migrate creates the table and its index if they do not exist. Any number of processes may run it at once. The schema
// must exist, and the user must be allowed to create tables in it.
func Migrate(ctx context.Context, db Beginner, config Config) error {
	statements, err := Schema(config)
	if err != nil {
		return err
	}
	table, _, err := config.names()
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		// IF NOT EXISTS alone fails if two create the same table at once.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1::bigint)",
			lockOf("migrate", table, "")); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statements)
		return err
	})
	return failed("creating the table", err)
}
