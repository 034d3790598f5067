package main

import (
	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/demo"
)

func newDemoCommand(lookup func(string) (string, bool)) *cobra.Command {
	var noColor bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Walk a customer through the API, against a sandbox of its own",
		Long: `Walk a customer through the API, against a sandbox that it starts on a free loopback port, and print
at each step what it is for, what was sent, and what became of the money. It needs no account and no
network.

On a terminal it has colors, unless NO_COLOR is set or TERM is dumb.`,
		Example: `  partner demo
  partner demo --no-color`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			style := demo.Style(wantsColor(cmd.OutOrStdout(), noColor, lookup))
			return demo.Run(cmd.Context(), cmd.OutOrStdout(), style)
		},
	}
	cmd.Flags().BoolVar(&noColor, "no-color", false, "print text alone, also on a terminal")
	return cmd
}
