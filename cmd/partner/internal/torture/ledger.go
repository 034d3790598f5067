package torture

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

const (
	// The ledger has no constraint, so that what happens twice shows.
	ledgerSQL = `DROP TABLE IF EXISTS ledger;
		CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY, key text, reference text, effect text,
			process integer, token bigint, at timestamptz DEFAULT clock_timestamp())`
	insertSQL = "INSERT INTO ledger (key, reference, effect, process, token) VALUES ($1, $2, $3, $4, $5)"
	// warm is the reference of requests that count nowhere.
	warm      = "warm"
	selectSQL = "SELECT id, key, reference, effect, process, token, at FROM ledger WHERE reference <> '" + warm +
		"' ORDER BY id"
	// othersSQL tells whether somebody else is connected: a server that was killed may have a statement under way.
	othersSQL = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> " +
		"pg_backend_pid())"
)

// row is an effect, as the ledger has it.
type row struct {
	ID        int64
	Key       string
	Reference string
	Effect    string
	Process   int
	Token     int64
	At        time.Time
}

// String returns the row as it is listed below its key if a check fails.
func (r row) String() string {
	return fmt.Sprintf("row %d: reference %s, effect %s, process %d, token %d, at %s",
		r.ID, r.Reference, r.Effect, r.Process, r.Token, r.At.UTC().Format("15:04:05.000000"))
}

// newLedger creates an empty ledger and an empty table of keys.
func newLedger(ctx context.Context, url string) error {
	return withDatabase(ctx, url, func(db *pgx.Conn) error {
		if _, err := db.Exec(ctx, ledgerSQL); err != nil {
			return fmt.Errorf("make the ledger: %w", err)
		}
		if _, err := db.Exec(ctx, "DROP TABLE IF EXISTS "+pgstore.DefaultTable); err != nil {
			return fmt.Errorf("drop the keys: %w", err)
		}
		return pgstore.Migrate(ctx, db, pgstore.Config{})
	})
}

// readLedger returns all effects, once nobody is left who could add one.
func readLedger(ctx context.Context, url string) (rows []row, err error) {
	err = withDatabase(ctx, url, func(db *pgx.Conn) error {
		for others := true; others; {
			if err := db.QueryRow(ctx, othersSQL).Scan(&others); err != nil {
				return fmt.Errorf("wait for the last statements: %w", err)
			}
			if others {
				pause(ctx, 10*time.Millisecond)
			}
		}
		result, err := db.Query(ctx, selectSQL)
		if err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
		if rows, err = pgx.CollectRows(result, pgx.RowToStructByPos[row]); err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
		return nil
	})
	return rows, err
}

func withDatabase(ctx context.Context, url string, use func(*pgx.Conn) error) error {
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect to the ledger: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	return use(db)
}
