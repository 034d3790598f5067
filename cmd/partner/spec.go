package main

import (
	"github.com/spf13/cobra"

	partnergo "github.com/jiko-partner/partner-go"
)

func newSpecCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spec",
		Short: "Print the contract, an OpenAPI document",
		Long:  "Print the contract that this binary was built with, openapi.yaml, byte for byte.",
		Example: `  partner spec > openapi.yaml
  partner spec coverage`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(partnergo.Spec())
			return err
		},
	}
	cmd.AddCommand(newCoverageCommand())
	return cmd
}
