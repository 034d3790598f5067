package pgstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

func TestCheckSeesWhatADatabaseForgets(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*pgxpool.Config) {
		return func(config *pgxpool.Config) { config.ConnConfig.RuntimeParams[name] = value }
	}
	for _, c := range []struct {
		name   string
		set    []func(*pgxpool.Config)
		change string
		want   string
	}{
		{"what keeps everything", nil, "", ""},
		{"a commit that waits for the local disk alone",
			[]func(*pgxpool.Config){set("synchronous_commit", "local")}, "", ""},
		{"commits that wait for nothing", []func(*pgxpool.Config){set("synchronous_commit", "off")}, "",
			"synchronous_commit is off"},
		{"an unlogged table", nil, "ALTER TABLE idempotency_records SET UNLOGGED", "the table is unlogged"},
		{"both", []func(*pgxpool.Config){set("synchronous_commit", "off")},
			"ALTER TABLE idempotency_records SET UNLOGGED", "synchronous_commit is off, the table is unlogged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t, c.set...)
			if c.change != "" {
				d.do(t, c.change)
			}
			for name, check := range map[string]func(context.Context) error{
				"plain": d.store(t).Check, "transactional": d.transactional(t).Check,
			} {
				err := check(t.Context())
				if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, pgstore.ErrVolatile) ||
					!strings.HasSuffix(err.Error(), ": "+c.want)) {
					t.Errorf("%s: %v; want %q", name, err, c.want)
				}
			}
		})
	}
	t.Run("a server that does not sync", func(t *testing.T) {
		t.Parallel()
		d := on(t, pgserver.ForTest(t, pgserver.Options{Volatile: true}))
		if err := d.store(t).Check(t.Context()); !errors.Is(err, pgstore.ErrVolatile) ||
			!strings.Contains(err.Error(), "fsync is off") {
			t.Errorf("%v", err)
		}
	})
	t.Run("no table", func(t *testing.T) {
		t.Parallel()
		d := newDatabase(t)
		d.do(t, "DROP TABLE idempotency_records")
		if err := d.store(t).Check(t.Context()); err == nil || errors.Is(err, pgstore.ErrVolatile) ||
			!strings.Contains(err.Error(), "does not exist") {
			t.Errorf("%v", err)
		}
		d.Close()
		if err := d.store(t).Check(t.Context()); err == nil || errors.Is(err, pgstore.ErrVolatile) {
			t.Errorf("without a database: %v", err)
		}
	})
}
