package pgstore_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

func TestTwentyProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	config := pgstore.Config{Table: d.schema + ".at_once"}
	var all sync.WaitGroup
	start := make(chan struct{})
	for range 20 {
		all.Go(func() {
			connection, err := d.Acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer connection.Release()
			<-start
			if err := pgstore.Migrate(t.Context(), connection, config); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
	store, err := pgstore.New(d.Pool, config)
	if err != nil {
		t.Fatal(err)
	}
	hold := claimer(store.Claim).mine(t, claimOf("k"))
	if err := pgstore.Migrate(t.Context(), d.Pool, config); err != nil {
		t.Errorf("migrating again: %v", err)
	}
	if err := store.Complete(t.Context(), hold, nil); err != nil {
		t.Errorf("migrating again lost a record: %v", err)
	}
}

func TestWhateverATableIsCalledItIsATableAndNothingElse(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.do(t, "CREATE TABLE payments (id int)")
	d.do(t, `CREATE SCHEMA "odd; schema"`)
	defer func() {
		if _, err := d.Exec(context.Background(), `DROP SCHEMA "odd; schema" CASCADE`); err != nil {
			t.Error(err)
		}
	}()
	for _, name := range []string{
		"keys", "Keys", "select", "a b", "naïve", "$1", "@lock", "@now", "@table", "%s", "idempotency_records2",
		strings.Repeat("x", 50),
		`x"; DROP TABLE payments; --`, `x'; DROP TABLE payments; --`, `x"("`, `""`, `"`, `\`, "x; DROP TABLE payments",
		"x(scope text); DROP TABLE payments; --", "odd; schema.keys", `odd; schema.x"; DROP TABLE payments; --`,
	} {
		config := pgstore.Config{Table: name}
		if err := pgstore.Migrate(t.Context(), d.Pool, config); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		store, err := pgstore.New(d.Pool, config)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		claim, claims := claimOf("k"), claimer(store.Claim)
		if err := store.Release(t.Context(), claims.mine(t, claim)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		hold := claims.mine(t, claim)
		if err := errors.Join(store.Renew(t.Context(), hold, claim.Lease),
			store.Complete(t.Context(), hold, nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		claims.want(t, idempotency.StateDone, claim)
		if _, err := store.DeleteExpired(t.Context(), 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		table := name[strings.Index(name, ".")+1:]
		if n := d.count(t, "pg_class WHERE relname = $1 AND relkind = 'r'", table); n == 0 {
			t.Errorf("%s: there is no such table", name)
		}
		if n := d.count(t, "pg_class WHERE relname = $1 AND relkind = 'i'", table+"_delete_after"); n == 0 {
			t.Errorf("%s: the table has no index of its own", name)
		}
	}
	if n := d.count(t, "pg_class WHERE relname = 'payments' AND relnamespace = $1::regnamespace", d.schema); n != 1 {
		t.Error("the table of payments is gone")
	}
}

func TestUnusableConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, name := range []string{".", "a.", ".a", "a.b.c", "a\x00b", strings.Repeat("x", 51),
		strings.Repeat("x", 51) + ".y"} {
		config := pgstore.Config{Table: name}
		for what, err := range map[string]error{
			"New":              second(pgstore.New(d.Pool, config)),
			"NewTransactional": second(pgstore.NewTransactional(d.Pool, config)),
			"Schema":           second(pgstore.Schema(config)),
			"Migrate":          pgstore.Migrate(t.Context(), d.Pool, config),
		} {
			if err == nil {
				t.Errorf("%s accepts %q", what, name)
			}
		}
	}
	for name, store := range map[string]interface {
		idempotency.Store
		Check(context.Context) error
		DeleteExpired(context.Context, int) (int64, error)
		Sweep(context.Context, time.Duration, func(int64, error)) error
	}{"Store": new(pgstore.Store), "Transactional": new(pgstore.Transactional)} {
		for what, err := range map[string]error{
			"Claim":         second(store.Claim(t.Context(), claimOf("k"))),
			"Complete":      store.Complete(t.Context(), idempotency.Hold{Key: "k"}, nil),
			"DeleteExpired": second(store.DeleteExpired(t.Context(), 1)),
			"Sweep":         store.Sweep(t.Context(), time.Second, nil),
			"Check":         store.Check(t.Context()),
		} {
			if err == nil || !strings.Contains(err.Error(), "made by its constructor") {
				t.Errorf("%s of a zero %s: %v", what, name, err)
			}
		}
	}
	zero := new(pgstore.Store)
	for what, err := range map[string]error{
		"Renew":      zero.Renew(t.Context(), idempotency.Hold{Key: "k"}, time.Second),
		"Release":    zero.Release(t.Context(), idempotency.Hold{Key: "k"}),
		"ClaimTx":    second(zero.ClaimTx(t.Context(), nil, claimOf("k"))),
		"CompleteTx": zero.CompleteTx(t.Context(), nil, idempotency.Hold{Key: "k"}, nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "made by its constructor") {
			t.Errorf("%s of a zero Store: %v", what, err)
		}
	}
	if _, err := pgstore.New(nil, pgstore.Config{}); err == nil {
		t.Error("New accepts no database")
	}
	if _, err := pgstore.NewTransactional(nil, pgstore.Config{}); err == nil {
		t.Error("NewTransactional accepts no pool")
	}
}

func TestTheSchemaIsTheFileAndIsWhatMigrateRuns(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := pgstore.Schema(pgstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if schema != string(file) {
		t.Error("the schema of the default table is not that of the file")
	}
	d := newDatabase(t)
	config := pgstore.Config{Table: d.schema + ".mine"}
	if schema, err = pgstore.Schema(config); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(schema, pgstore.DefaultTable) {
		t.Errorf("the schema has the default name: %s", schema)
	}
	d.do(t, schema)
	store, err := pgstore.New(d.Pool, config)
	if err != nil {
		t.Fatal(err)
	}
	claimer(store.Claim).mine(t, claimOf("k"))
}

func FuzzATableNameStaysInItsQuotes(f *testing.F) {
	quoted := regexp.MustCompile(`"(?:[^"]|"")*"(?:\."(?:[^"]|"")*")?`)
	schema, err := pgstore.Schema(pgstore.Config{})
	if err != nil {
		f.Fatal(err)
	}
	want := quoted.ReplaceAllString(schema, "?")
	for _, name := range []string{"keys", "a.b", `x"; DROP TABLE payments; --`, `""`, `".`, `"idempotency_records"`,
		"\\", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		schema, err := pgstore.Schema(pgstore.Config{Table: name})
		if err == nil && quoted.ReplaceAllString(schema, "?") != want {
			t.Errorf("the name %q gets out: %s", name, schema)
		}
	})
}

func TestExpiredRecordsAreFoundByTheIndex(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, func(config *pgxpool.Config) { config.ConnConfig.RuntimeParams["enable_seqscan"] = "off" })
	rows, err := d.Query(t.Context(),
		"EXPLAIN SELECT FROM idempotency_records WHERE delete_after <= now() ORDER BY delete_after LIMIT 10")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(plan, "\n"), "idempotency_records_delete_after") {
		t.Errorf("the plan is %s", plan)
	}
}
