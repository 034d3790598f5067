package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// databaseVariable is where many programs look for the URL of their database.
const databaseVariable = "DATABASE_URL"

// database is the PostgreSQL database of a command, with the table of its keys.
type database struct{ url, table string }

// flags adds those that say which one it is.
func (d *database) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.url, "database-url", "",
		"`URL` of the database, postgres://…; also from "+databaseVariable)
	cmd.Flags().StringVar(&d.table, "table", pgstore.DefaultTable,
		"`name` of the table, with its schema or without")
}

// config is that of a store.
func (d *database) config(cmd *cobra.Command) (pgstore.Config, error) {
	config := pgstore.Config{Table: d.table}
	if _, err := pgstore.Schema(config); err != nil {
		return config, flagError(cmd, "table", err)
	}
	return config, nil
}

// connect connects to it. Its errors show nothing of the URL.
func (d *database) connect(cmd *cobra.Command, lookup func(string) (string, bool)) (*pgx.Conn, error) {
	url := d.url
	if !cmd.Flags().Changed("database-url") {
		url, _ = lookup(databaseVariable)
	}
	if url == "" {
		return nil, usageError{fmt.Errorf("missing %s, or %s", flagName(cmd, "database-url"), databaseVariable)}
	}
	settings, err := pgx.ParseConfig(url)
	if err != nil { // The driver repeats the URL.
		return nil, flagError(cmd, "database-url", errors.New("it is not the URL of a PostgreSQL database"))
	}
	db, err := pgx.ConnectConfig(cmd.Context(), settings)
	if err != nil {
		return nil, fmt.Errorf("%s: connect: %w", cmd.Name(), unreachable(cmd.Context(), err))
	}
	return db, nil
}

// unreachable says why there is no connection without naming the host, the user or the database, as the driver does.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("the server refuses (SQLSTATE %s)", answer.Code)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("the name of the host is not known")
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number
	}
	return errors.New("the server does not answer as it should")
}
