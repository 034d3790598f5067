package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

func newMigrateCommand(lookup func(string) (string, bool)) *cobra.Command {
	var database database
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
			config, err := database.config(cmd)
			if err != nil {
				return err
			}
			if onlyPrint {
				statements, err := pgstore.Schema(config)
				if err == nil {
					_, err = io.WriteString(cmd.OutOrStdout(), statements)
				}
				return err
			}
			db, err := database.connect(cmd, lookup)
			if err != nil {
				return err
			}
			defer func() { _ = db.Close(context.WithoutCancel(cmd.Context())) }()
			if err := pgstore.Migrate(cmd.Context(), db, config); err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s exists\n", database.table)
			return err
		},
	}
	database.flags(cmd)
	cmd.Flags().BoolVar(&onlyPrint, "print", false, "print the SQL instead of running it")
	return cmd
}
