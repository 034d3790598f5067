package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func newDifferencesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "differences",
		Short: "Say in what the sandbox may differ from the provider's API",
		Long: `Say in what the sandbox may differ from the provider's API: each rule that it keeps beyond the
schemas of the contract, and whether the provider has documented it (with where), or it is
inferred, or nobody outside knows. After that come the operations whose existence or whose path is
inferred. Each is a line: the evidence, the operations and the rule, with a tab between them.

"partner spec coverage" says how certain every operation is.`,
		Example: `  partner sandbox differences | grep -i card
  partner sandbox differences --json | jq '.[] | select(.evidence == "inferred")'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := differences()
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				return encoder.Encode(all)
			}
			return writeDifferences(cmd.OutOrStdout(), all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON instead of lines")
	return cmd
}

// differences are those that the sandbox knows of, and those that the contract does.
func differences() ([]sandbox.Difference, error) {
	all := sandbox.Differences()
	c, err := readCoverage(partnergo.Spec())
	if err != nil {
		return nil, err
	}
	exists := sandbox.Difference{Text: "That the operation exists is inferred.", Evidence: sandbox.EvidenceInferred}
	path := sandbox.Difference{Text: "Where the operation is, and what it takes and gives, is inferred.",
		Evidence: sandbox.EvidenceInferred}
	for _, o := range c.Operations {
		switch {
		case o.Evidence == "inferred":
			exists.Operations = append(exists.Operations, o.OperationID)
		case o.PathEvidence == "inferred":
			path.Operations = append(path.Operations, o.OperationID)
		}
	}
	return append(all, exists, path), nil
}

// writeDifferences has a line for each, so that grep finds a rule with its operations.
func writeDifferences(to io.Writer, all []sandbox.Difference) error {
	for _, d := range all {
		operations := strings.Join(d.Operations, ", ")
		if operations == "" {
			operations = "all"
		}
		text := d.Text
		if d.Source != "" {
			text += " (" + d.Source + ")"
		}
		if _, err := fmt.Fprintf(to, "%s\t%s\t%s\n", d.Evidence, operations, text); err != nil {
			return err
		}
	}
	return nil
}
