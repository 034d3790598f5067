package pgstore_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// volatile is a server that does not wait for the disk, so that what remains is the work of the statements.
var volatile = pgserver.Shared{Options: pgserver.Options{Volatile: true}}

// benchmark runs f on one connection, on a server that waits for the disk and on one that does not.
func benchmark(b *testing.B, f func(*testing.B, *database)) {
	for _, c := range []struct {
		name   string
		server *pgserver.Shared
	}{{"durable", &shared}, {"volatile", &volatile}} {
		b.Run(c.name, func(b *testing.B) {
			f(b, on(b, c.server.ForTest(b), func(config *pgxpool.Config) { config.MaxConns = 1 }))
		})
	}
}

// bare runs the same statements over and over: the price of so many round trips.
func bare(b *testing.B, d *database, sql ...string) {
	b.Helper()
	connection, err := pgx.Connect(b.Context(), d.Config().ConnString())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = connection.Close(b.Context()) }()
	if _, err := connection.Exec(b.Context(), "SET search_path = "+d.schema); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		for _, statement := range sql {
			if _, err := connection.Exec(b.Context(), statement, i); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkTwoSelects(b *testing.B) {
	benchmark(b, func(b *testing.B, d *database) { bare(b, d, "SELECT $1::int", "SELECT $1::int") })
}

func BenchmarkOneSelect(b *testing.B) {
	benchmark(b, func(b *testing.B, d *database) { bare(b, d, "SELECT $1::int") })
}

// BenchmarkTwoWrites inserts and updates a row, which is the least that a claim and a completion have to do.
func BenchmarkTwoWrites(b *testing.B) {
	benchmark(b, func(b *testing.B, d *database) {
		d.do(b, "CREATE TABLE rows (id int PRIMARY KEY, response bytea)")
		bare(b, d, "INSERT INTO rows VALUES ($1)", "UPDATE rows SET response = '' WHERE id = $1")
	})
}

func BenchmarkClaimAndComplete(b *testing.B) {
	benchmark(b, func(b *testing.B, d *database) { claimAndComplete(b, d.store(b)) })
}

func BenchmarkTransactionalClaimAndComplete(b *testing.B) {
	benchmark(b, func(b *testing.B, d *database) {
		store, err := pgstore.NewTransactional(d.Pool, d.config)
		if err != nil {
			b.Fatal(err)
		}
		claimAndComplete(b, store)
	})
}

func claimAndComplete(b *testing.B, store idempotency.Store) {
	b.Helper()
	b.ReportAllocs()
	response := make([]byte, 200)
	i := 0
	for b.Loop() {
		i++
		claim := claimOf(fmt.Sprint(i))
		outcome, err := store.Claim(b.Context(), claim)
		if err != nil || outcome.State != idempotency.StateMine {
			b.Fatal(outcome.State, err)
		}
		if err := store.Complete(b.Context(), holdOf(claim, outcome), response); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	benchmark(b, func(b *testing.B, d *database) {
		store, claim := d.store(b), claimOf("k")
		if err := store.Complete(b.Context(), claimer(store.Claim).mine(b, claim), make([]byte, 200)); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if outcome, err := store.Claim(b.Context(), claim); err != nil || outcome.State != idempotency.StateDone {
				b.Fatal(outcome.State, err)
			}
		}
	})
}
