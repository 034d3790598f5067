package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

func newVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "Add up what the file of a sandbox has",
		Long: `Read the file that a sandbox was run with (--data), and add everything in it up again: the postings
of each event make zero, balances are what their postings make, T-bills and transactions agree with
the ledger. It prints how many records there are of each kind.

The status is 1 if something is wrong, and each fault is told. The file is not changed. A sandbox
that is still running with it has to end first.`,
		Example: `  partner sandbox verify bank.db`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("%s takes one file, got %d", cmd.Name(), len(args))}
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion,
			cobra.ShellCompDirective,
		) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := sqlitestore.OpenReadOnly(args[0])
			if err != nil {
				return err
			}
			counts, wrong := sandbox.Verify(store)
			if counts == nil {
				return wrong
			}
			for _, kind := range slices.Sorted(maps.Keys(counts)) {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%9d %s\n", counts[kind], kind); err != nil {
					return err
				}
			}
			if wrong != nil {
				return fmt.Errorf("%s: %w", args[0], wrong)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "Everything adds up.")
			return err
		},
	}
}

// openData opens the file that a sandbox is to be kept in.
func openData(cmd *cobra.Command, path string) (sandbox.Store, error) {
	if path == "" {
		return nil, flagError(cmd, "data", errors.New("it is empty; leave it out to keep everything in memory"))
	}
	return sqlitestore.Open(path)
}
