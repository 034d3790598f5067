package main

import (
	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/demo"
)

func newDemoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Walk a customer through the API, against a sandbox of its own",
		Long: `Walk a customer through the API, against a sandbox that it starts on a free loopback port, and print
at each step what was sent and what came back. It needs no account and no network.`,
		Example: `  partner demo`,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return demo.Run(cmd.Context(), cmd.OutOrStdout()) },
	}
}
