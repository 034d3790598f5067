package main

import "github.com/spf13/cobra"

func newIdempotencyCommand(lookup func(string) (string, bool)) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "idempotency",
		Short: "Look after the databases of idempotency keys, and try whether stores hold",
		Long: `Make the table of a server's idempotency keys in PostgreSQL, sweep it, check whether a database
keeps what it acknowledges, and try whether the stores of keys hold when processes and databases are
killed.`,
		Example: `  partner idempotency migrate --print
  partner idempotency sweep --every 10m
  partner idempotency torture --store transactional`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCheckCommand(lookup), newMigrateCommand(lookup), newSweepCommand(lookup), newTortureCommand())
	return cmd
}
