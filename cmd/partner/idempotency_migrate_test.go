package main

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

func TestMigratePrintsItsSQL(t *testing.T) {
	t.Parallel()
	want, err := pgstore.Schema(pgstore.Config{Table: "payments.keys"})
	if err != nil {
		t.Fatal(err)
	}
	if got := execute(t, nil, "", "idempotency", "migrate", "--print", "--table",
		"payments.keys"); got != (result{stdout: want}) {
		t.Errorf("%+v", got)
	}
}

func TestMigrateMakesTheTableOnceAndAgain(t *testing.T) {
	t.Parallel()
	server := pgserver.ForTest(t, pgserver.Options{Volatile: true})
	e := environment{"DATABASE_URL": server.URL()}
	for range 2 {
		if got := execute(t, e, "", "idempotency", "migrate", "--table",
			"keys"); got != (result{stdout: "keys exists\n"}) {
			t.Fatalf("%+v", got)
		}
	}
	db, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(t.Context()) }()
	var rows int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM keys").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows, %v", rows, err)
	}

	t.Run("and says why it cannot, without the URL", func(t *testing.T) {
		u, err := url.Parse(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + hidden
		got := execute(t, nil, "", "idempotency", "migrate", "--database-url", u.String())
		if got.status != exitFailure || !strings.Contains(got.stderr, "SQLSTATE 3D000") ||
			strings.Contains(got.stderr, hidden) {
			t.Errorf("%+v", got)
		}
	})
}

func TestMigrateSaysThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	// A port that was free a moment ago, on an address that nothing else here uses.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	got := execute(t, environment{"JIKO_IDEMPOTENCY_MIGRATE_DATABASE_URL": "postgres://user:" + hidden + "@" + address +
		"/db?sslmode=disable"}, "", "idempotency", "migrate")
	if got.status != exitFailure || !strings.HasPrefix(got.stderr, "partner: migrate: connect: ") ||
		strings.Contains(got.stderr, hidden) {
		t.Errorf("%+v", got)
	}
}

func TestTortureSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	help := execute(t, nil, "", "idempotency", "torture", "--help")
	if help.status != exitOK || !strings.Contains(help.stdout, "redis-server and postgresql") ||
		strings.Contains(help.stdout, "started by torture alone") {
		t.Errorf("%+v", help)
	}
}
