package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// shared is the server of all tests that do not stop it. What it acknowledges is on disk, as it has to be.
var shared = pgserver.Shared{Options: pgserver.Options{Settings: map[string]string{"max_connections": "200"}}}

// allTests closes the server after them, and before leaks are looked for.
type allTests struct{ *testing.M }

func (m allTests) Run() int {
	code := m.M.Run()
	if err := errors.Join(shared.Close(), volatile.Close()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(allTests{m}) }

// database is a schema of one test's own, with a table of records.
type database struct {
	*pgxpool.Pool
	config pgstore.Config
	schema string
}

var schemas atomic.Int64

// newDatabase makes a schema on the shared server. What is set in the pool's configuration counts.
func newDatabase(t testing.TB, set ...func(*pgxpool.Config)) *database {
	t.Helper()
	return on(t, shared.ForTest(t), set...)
}

// on makes a schema on a server.
func on(t testing.TB, server *pgserver.Server, set ...func(*pgxpool.Config)) *database {
	t.Helper()
	config, err := pgxpool.ParseConfig(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 20
	schema := fmt.Sprintf("test_%d", schemas.Add(1))
	config.ConnConfig.RuntimeParams["search_path"] = schema
	for _, f := range set {
		f(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	d := &database{Pool: pool, config: pgstore.Config{Table: schema + ".idempotency_records"}, schema: schema}
	d.do(t, "CREATE SCHEMA "+schema)
	if err := pgstore.Migrate(t.Context(), pool, d.config); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *database) do(t testing.TB, sql string, arguments ...any) {
	t.Helper()
	if _, err := d.Exec(t.Context(), sql, arguments...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (d *database) count(t testing.TB, sql string, arguments ...any) (n int) {
	t.Helper()
	if err := d.QueryRow(t.Context(), "SELECT count(*) FROM "+sql, arguments...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (d *database) store(t testing.TB) *pgstore.Store {
	t.Helper()
	store, err := pgstore.New(d.Pool, d.config)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func (d *database) transactional(t testing.TB) *pgstore.Transactional {
	t.Helper()
	store, err := pgstore.NewTransactional(d.Pool, d.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return store
}

func claimOf(key string) idempotency.Claim {
	return idempotency.Claim{Scope: "acme", Key: key, Fingerprint: idempotency.Fingerprint{1}, Lease: time.Minute,
		Window: time.Hour}
}

func holdOf(claim idempotency.Claim, outcome idempotency.Outcome) idempotency.Hold {
	return idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
}

// claimer is a store, or a store and a transaction.
type claimer func(context.Context, idempotency.Claim) (idempotency.Outcome, error)

// within claims as part of a transaction.
func within(store *pgstore.Store, tx pgx.Tx) claimer {
	return func(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
		return store.ClaimTx(ctx, tx, claim)
	}
}

// want claims and demands a state.
func (c claimer) want(t testing.TB, state idempotency.State, claim idempotency.Claim) idempotency.Outcome {
	t.Helper()
	outcome, err := c(t.Context(), claim)
	if err != nil {
		t.Fatalf("claiming: %v", err)
	}
	if outcome.State != state {
		t.Fatalf("the outcome is %q, want %q", outcome.State, state)
	}
	return outcome
}

// mine claims and demands to have the key.
func (c claimer) mine(t testing.TB, claim idempotency.Claim) idempotency.Hold {
	t.Helper()
	return holdOf(claim, c.want(t, idempotency.StateMine, claim))
}

func (d *database) begin(t testing.TB, options ...pgx.TxOptions) pgx.Tx {
	t.Helper()
	tx, err := d.BeginTx(t.Context(), append(options, pgx.TxOptions{})[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// noSecrets demands that an error is there and does not tell what nobody may know.
func noSecrets(t testing.TB, err error, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, secret := range secrets {
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
			t.Errorf("the error tells %q: %v", secret, err)
		}
	}
}
