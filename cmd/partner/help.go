package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newHelpCommand stands in for cobra's, which takes a command that does not exist for none at all.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [command]",
		Short:   "Print the help of a command",
		Example: `  partner help spec coverage`,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usageError{errors.New("unknown command")}
			}
			if err := noArguments(target, rest); err != nil {
				return err
			}
			target.InitDefaultHelpFlag()
			target.InitDefaultVersionFlag()
			return target.Help()
		},
	}
}
