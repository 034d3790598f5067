package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

// databaseVariable is where many programs look for the URL of their database.
const databaseVariable = "DATABASE_URL"

func newMigrateCommand(lookup func(string) (string, bool)) *cobra.Command {
	var url, table string
	var onlyPrint bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Make the table of idempotency keys in PostgreSQL",
		Long: `Make the table of idempotency keys in PostgreSQL, and its index, where they are missing. What is
there already stays as it is, so the command may run any number of times, also at once.

The URL of the database is taken from --database-url, JIKO_IDEMPOTENCY_MIGRATE_DATABASE_URL or
DATABASE_URL, in this order; prefer a variable, a flag shows up in process lists. With --print, no
database is asked: the SQL is for a migration tool of your own.`,
		Example: `  DATABASE_URL=… partner idempotency migrate
  partner idempotency migrate --print --table payments.idempotency_records > 0042_idempotency.sql`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config := pgstore.Config{Table: table}
			statements, err := pgstore.Schema(config)
			if err != nil {
				return flagError(cmd, "table", err)
			}
			if onlyPrint {
				_, err := io.WriteString(cmd.OutOrStdout(), statements)
				return err
			}
			if !cmd.Flags().Changed("database-url") {
				url, _ = lookup(databaseVariable)
			}
			if url == "" {
				return usageError{fmt.Errorf("missing %s, or %s", flagName(cmd, "database-url"), databaseVariable)}
			}
			settings, err := pgx.ParseConfig(url)
			if err != nil { // The driver repeats the URL.
				return flagError(cmd, "database-url", errors.New("it is not the URL of a PostgreSQL database"))
			}
			if err := migrate(cmd.Context(), settings, config); err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s exists\n", table)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&url, "database-url", "", "`URL` of the database, postgres://…; also from "+databaseVariable)
	flags.StringVar(&table, "table", pgstore.DefaultTable, "`name` of the table, with its schema or without")
	flags.BoolVar(&onlyPrint, "print", false, "print the SQL instead of running it")
	return cmd
}

// migrate makes the table. Its errors show nothing of the settings.
func migrate(ctx context.Context, settings *pgx.ConnConfig, config pgstore.Config) error {
	db, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return fmt.Errorf("connect: %w", unreachable(ctx, err))
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	return pgstore.Migrate(ctx, db, config)
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
