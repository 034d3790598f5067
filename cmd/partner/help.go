package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// newHelpCommand stands in for cobra's, which takes a command that does not exist for none at all.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [command]",
		Short:   "Print the help of a command",
		Example: `  partner help spec coverage`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, start string) ([]cobra.Completion,
			cobra.ShellCompDirective,
		) {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []cobra.Completion
			for _, c := range target.Commands() {
				if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), start) {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
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
