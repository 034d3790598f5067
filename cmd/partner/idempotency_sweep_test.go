package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// firstLine ends a context when it was written to.
type firstLine struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (w *firstLine) Write(p []byte) (int, error) {
	w.cancel()
	return w.Buffer.Write(p)
}

func TestSweepDeletesWhatHasExpired(t *testing.T) {
	t.Parallel()
	server := pgserver.ForTest(t, pgserver.Options{})
	db, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(t.Context())) }()
	config := pgstore.Config{Table: "keys"}
	if err := pgstore.Migrate(t.Context(), db, config); err != nil {
		t.Fatal(err)
	}
	expire := func() {
		t.Helper()
		if _, err := db.Exec(t.Context(), `INSERT INTO keys
			(scope, key, fingerprint, lease_until, expires_at, time_window, delete_after, response)
			SELECT 's', i::text, '\x01', t, t, '1 hour', t, 'personal'
			FROM generate_series(1, 3) i, (SELECT now() - interval '1 hour' AS t) AS past`); err != nil {
			t.Fatal(err)
		}
	}
	e := environment{"DATABASE_URL": server.URL(), "JIKO_IDEMPOTENCY_SWEEP_TABLE": "keys"}
	expire()
	for _, want := range []string{"3 keys deleted\n", "0 keys deleted\n"} {
		if got := execute(t, e, "", "idempotency", "sweep"); got != (result{stdout: want}) {
			t.Errorf("%+v", got)
		}
	}
	t.Run("until it is interrupted", func(t *testing.T) {
		expire()
		ctx, cancel := context.WithCancel(t.Context())
		stdout := &firstLine{cancel: cancel}
		status := run(ctx, []string{"idempotency", "sweep", "--every", "1h"}, strings.NewReader(""), stdout, io.Discard,
			e.lookup)
		if status != exitOK || stdout.String() != "3 keys deleted\n" {
			t.Errorf("status %d, %q", status, stdout.String())
		}
	})
	t.Run("and says why it cannot", func(t *testing.T) {
		got := execute(t, e, "", "idempotency", "sweep", "--table", "elsewhere", "--every", time.Hour.String())
		if got.status != exitFailure || !strings.Contains(got.stderr, "sweep: pgstore: deleting expired records") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("check", func(t *testing.T) {
		const good = "the server keeps what it acknowledges\n"
		check := []string{"idempotency", "check", "--table", "keys"}
		if got := execute(t, e, "", check...); got != (result{stdout: good}) {
			t.Errorf("%+v", got)
		}
		if _, err := db.Exec(t.Context(), "ALTER TABLE keys SET UNLOGGED"); err != nil {
			t.Fatal(err)
		}
		if got := execute(t, e, "", check...); got.status != exitFailure ||
			!strings.Contains(got.stderr, "the table is unlogged") {
			t.Errorf("%+v", got)
		}
	})
}

func TestCheckLooksAtRedis(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{})
	url := "redis://" + server.Addr()
	e := environment{"JIKO_IDEMPOTENCY_CHECK_REDIS_URL": url}
	if got := execute(t, e, "", "idempotency", "check"); got != (result{
		stdout: "the server keeps what it acknowledges\n"}) {
		t.Errorf("%+v", got)
	}
	volatile := redisserver.ForTest(t, redisserver.Options{Volatile: true})
	if got := execute(t, nil, "", "idempotency", "check", "--redis-url", "redis://"+volatile.Addr()); got.status !=
		exitFailure || !strings.Contains(got.stderr, "appendonly yes") {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		url, want string
		status    int
	}{
		{"http://" + hidden, "it is not the URL of a Redis server", exitUsage},
		{"redis://u:" + hidden + "@" + server.Addr(), "redisstore: check: ", exitFailure},
	} {
		if got := execute(t, nil, "", "idempotency", "check", "--redis-url", c.url); got.status != c.status ||
			!strings.Contains(got.stderr, c.want) || strings.Contains(got.stderr, hidden) {
			t.Errorf("%+v", got)
		}
	}
}
