package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
)

func newSweepCommand(lookup func(string) (string, bool)) *cobra.Command {
	var database database
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Delete expired idempotency keys in PostgreSQL, and the responses stored with them",
		Long: `Delete the idempotency keys whose window is over from PostgreSQL, and the responses that were stored
with them, which may hold personal data. It deletes in batches, beside any traffic, and any number
of processes may do so at once. It prints how many there were.

Run it from time to time, for instance by cron, or once with --every, which goes on until it is
interrupted. A server can do the same by itself: pgstore.Store.Sweep. PostgreSQL keeps what was
deleted until it vacuums, and backups keep it as long as they are kept.

The URL of the database is taken from --database-url, JIKO_IDEMPOTENCY_SWEEP_DATABASE_URL or
DATABASE_URL, in this order; prefer a variable, a flag shows up in process lists.`,
		Example: `  DATABASE_URL=… partner idempotency sweep
  partner idempotency sweep --table payments.idempotency_records --every 10m`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := database.config(cmd)
			if err != nil {
				return err
			}
			if every < 0 {
				return flagError(cmd, "every", errors.New("it is negative"))
			}
			db, err := database.connect(cmd, lookup)
			if err != nil {
				return err
			}
			defer func() { _ = db.Close(context.WithoutCancel(cmd.Context())) }()
			store, err := pgstore.New(db, config)
			if err != nil {
				return fmt.Errorf("sweep: %w", err)
			}
			// A failure ends the command, since a connection that is broken stays so. Whatever runs it starts it again.
			ctx, stop := context.WithCancelCause(cmd.Context())
			defer stop(nil)
			err = store.Sweep(ctx, max(every, time.Nanosecond), func(deleted int64, err error) {
				if err == nil {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d keys deleted\n", deleted)
				}
				if err != nil || every == 0 {
					stop(err)
				}
			})
			if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
				return fmt.Errorf("sweep: %w", cause)
			}
			if every == 0 && cmd.Context().Err() != nil {
				return err
			}
			return nil // It was interrupted, as it is meant to be.
		},
	}
	database.flags(cmd)
	cmd.Flags().DurationVar(&every, "every", 0, "`time` after which to sweep again; 0 sweeps once")
	return cmd
}
