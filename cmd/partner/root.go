package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const (
	// exitOK is the exit status of success.
	exitOK = 0
	// exitFailure is the exit status of a failure to do what was asked for.
	exitFailure = 1
	// exitUsage is the exit status of a mistake in the command line or in a variable.
	exitUsage = 2
)

// usageError is a mistake in the command line or in a variable.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run is the whole program, except for the process around it. It returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer,
	lookup func(string) (string, bool)) int {
	root := newRootCommand(lookup)
	// Never nil, for which cobra would take the arguments of the process.
	root.SetArgs(append([]string{}, args...))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if ended := (statusError{}); errors.As(err, &ended) {
		return ended.status
	}
	_, _ = fmt.Fprintf(stderr, "partner: %v\n", err)
	if errors.As(err, new(usageError)) {
		_, _ = fmt.Fprintf(stderr, "Run \"%s --help\" for its usage.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailure
}

func newRootCommand(lookup func(string) (string, bool)) *cobra.Command {
	root := &cobra.Command{
		Use:   "partner",
		Short: "Try the Partner API, run it locally, sign requests, show the contract",
		Long: `Try the Partner API, run it locally, sign requests by hand, show the contract.

Every flag has an environment variable, which its help names: JIKO_USERNAME, JIKO_PASSWORD and
JIKO_SIGNING_SECRET, as the Go client reads them, and for all others JIKO_, the command and the
flag. The flag wins over the variable, the variable over the default. Give secrets by variable: a
command line shows up in the list of processes.`,
		Example: `  partner demo
  partner sandbox
  partner sign --idempotency-key 497f6eca-6276-4993-bfeb-53cbbbba6f08 --path /api/v1/agreements/
  partner spec coverage`,
		Version:       version(),
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true, // run prints them, once
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return readEnvironment(cmd, lookup)
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetVersionTemplate(versionLine())
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 100"))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{describeFlagError(cmd, err)} })
	root.AddCommand(newCompletionCommand(), newContractCommand(lookup), newDemoCommand(lookup), newGenerateCommand(),
		newIdempotencyCommand(lookup), newSandboxCommand(), newSignCommand(), newSpecCommand(), newVersionCommand())
	root.SetHelpCommand(newHelpCommand())
	describeVariables(root)
	completeFlags(root)
	return root
}
