package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
)

func newContractReplayCommand(lookup func(string) (string, bool)) *cobra.Command {
	var target contractTarget
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Say of each finding of a report whether it is still there",
		Long: `Take the steps of each finding of a report again, from the beginning, and say of each FIXED, FAILED
(it is still there) or ERROR (the steps could not be taken, and why).

The status is 0 if all are fixed, 1 if one is still there, and 2 if one could not be replayed.`,
		Example: `  partner contract replay findings.json --url http://127.0.0.1:8080 --allow-writes`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("replay takes one file: the report that --json wrote")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if target.url == "" {
				target.url, _ = lookup(variableBaseURL)
			}
			var config contracttest.Config
			if err := target.into(cmd, &config); err != nil {
				return err
			}
			found, err := readFindings(args[0])
			if err != nil {
				return statusOf(cmd, err)
			}
			replayed, err := contracttest.Replay(cmd.Context(), config, found)
			if err != nil {
				return statusOf(cmd, err)
			}
			return writeReplayed(cmd.OutOrStdout(), replayed)
		},
	}
	target.flags(cmd)
	return cmd
}

func readFindings(name string) ([]contracttest.Finding, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the report: %w", err)
	}
	defer func() { _ = file.Close() }()
	read, err := report.Read(file)
	if err != nil {
		return nil, err
	}
	return read.Findings(), nil
}

func writeReplayed(to io.Writer, replayed []contracttest.Replayed) error {
	if err := report.WriteReplayed(to, replayed); err != nil {
		return err
	}
	counts := map[contracttest.Outcome]int{}
	for _, r := range replayed {
		counts[r.Outcome]++
	}
	switch {
	case counts[contracttest.OutcomeError] > 0:
		return statusError{exitUsage}
	case counts[contracttest.OutcomeFailed] > 0:
		return statusError{exitFailure}
	}
	return nil
}
