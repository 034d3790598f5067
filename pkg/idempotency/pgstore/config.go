package pgstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DefaultTable is the table's name if the configuration does not say.
const DefaultTable = "idempotency_records"

// maxName bounds the parts of a table's name, in bytes: PostgreSQL cuts names after 63, and the index's is longer.
const maxName = 63 - len(indexSuffix)

const indexSuffix = "_delete_after"

// Config says where the records are. The zero value is usable.
type Config struct {
	// Table is the table's name, with its schema or without: "idempotency_records" or "payments.idempotency_records";
	// empty means DefaultTable. It is quoted as it is, so upper case counts. A part may have 50 bytes.
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

// Schema returns the SQL that makes the table and its index if they are not there, for those who have a migration tool
// of their own. It fails when the table's name is unusable.
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

// Migrate makes the table and its index if they are not there. It may run in any number of processes at once. A schema
// that the table's name has must exist, and the user must be allowed to create tables in it.
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
		// IF NOT EXISTS alone fails when two make the same table at once.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1::bigint)",
			lockOf("migrate", table, "")); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statements)
		return err
	})
	return failed("creating the table", err)
}
