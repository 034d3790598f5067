package webhook_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

// place is where events are remembered, and where the work of a function is done. It is plain data, so that another
// process can open it.
type place struct {
	Store                  string // one of the kinds
	Redis, Postgres, Table string
	// File has a line for each time that the work was done, with the token. In a transaction, a table has them.
	File string
}

// kinds are the stores that every behavior is tested with.
var kinds = []string{"memory", "redis", "postgres", "transactional"}

var (
	postgres pgserver.Shared
	tables   atomic.Int64
)

// newPlace makes an empty place. Where a server is not installed, the test is skipped.
func newPlace(t *testing.T, kind string) place {
	t.Helper()
	p := place{Store: kind, Table: fmt.Sprintf("events_%d", tables.Add(1)), File: filepath.Join(t.TempDir(), "work")}
	switch kind {
	case "redis":
		p.Redis = redisserver.ForTest(t, redisserver.Options{Volatile: true}).Addr()
	case "postgres", "transactional":
		p.Postgres = postgres.ForTest(t).URL()
		db, err := pgx.Connect(t.Context(), p.Postgres)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close(context.Background()) }()
		if err := pgstore.Migrate(t.Context(), db, pgstore.Config{Table: p.Table}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), "CREATE TABLE "+p.Table+"_work (token bigint)"); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// open opens the store of a place.
func (p place) open(ctx context.Context) (idempotency.Store, func() error, error) {
	switch p.Store {
	case "redis":
		client := redis.NewClient(&redis.Options{Addr: p.Redis, ContextTimeoutEnabled: true})
		store, err := redisstore.New(client, redisstore.Config{})
		return store, client.Close, err
	case "postgres", "transactional":
		pool, err := pgxpool.New(ctx, p.Postgres)
		if err != nil {
			return nil, nil, err
		}
		if p.Store == "postgres" {
			store, err := pgstore.New(pool, pgstore.Config{Table: p.Table})
			return store, func() error { pool.Close(); return nil }, err
		}
		store, err := pgstore.NewTransactional(pool, pgstore.Config{Table: p.Table})
		return store, func() error { err := store.Close(); pool.Close(); return err }, err
	}
	return new(idempotency.Memory), func() error { return nil }, nil
}

// forTest opens the store until the test ends.
func (p place) forTest(t *testing.T) idempotency.Store {
	t.Helper()
	store, closeStore, err := p.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closeStore(); err != nil {
			t.Error(err)
		}
	})
	return store
}

var writing sync.Mutex

// work is what a function does for an event.
func (p place) work(ctx context.Context) error {
	hold, ok := idempotency.HoldFromContext(ctx)
	if !ok {
		return errors.New("there is no hold")
	}
	tx, ok := pgstore.TxFromContext(ctx)
	if ok != (p.Store == "transactional") {
		return fmt.Errorf("there is a transaction: %t", ok)
	}
	if ok {
		_, err := tx.Exec(context.WithoutCancel(ctx), "INSERT INTO "+p.Table+"_work VALUES ($1)", int64(hold.Token))
		return err
	}
	writing.Lock()
	defer writing.Unlock()
	file, err := os.OpenFile(p.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, hold.Token)
	return errors.Join(err, file.Close())
}

// done returns the tokens by which the work was done, in order.
func (p place) done(t *testing.T) (tokens []int64) {
	t.Helper()
	if p.Store != "transactional" {
		text, err := os.ReadFile(p.File)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(strings.NewReader(string(text)))
		for lines.Scan() {
			var token int64
			if _, err := fmt.Sscan(lines.Text(), &token); err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
		}
		return tokens
	}
	db, err := pgx.Connect(t.Context(), p.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	rows, err := db.Query(t.Context(), "SELECT token FROM "+p.Table+"_work ORDER BY token")
	if err != nil {
		t.Fatal(err)
	}
	if tokens, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		t.Fatal(err)
	}
	return tokens
}

// everywhere runs a test with each kind of store.
func everywhere(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, newPlace(t, kind))
		})
	}
}
