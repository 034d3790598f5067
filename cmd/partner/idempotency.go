package main

import "github.com/spf13/cobra"

func newIdempotencyCommand(lookup func(string) (string, bool)) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "idempotency",
		Short: "Prepare a database for idempotency keys, and try whether stores hold",
		Long: `Prepare a PostgreSQL database for the idempotency keys of a server, and try whether the stores of
keys hold when processes and databases are killed.`,
		Example: `  partner idempotency migrate --print
  partner idempotency torture --store transactional`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMigrateCommand(lookup), newTortureCommand())
	return cmd
}
