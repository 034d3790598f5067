package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// usageError is a mistake in the command line or in a variable, as against a failure of what was asked for.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run is the whole program but for the process around it. It returns the exit status.
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

Every flag has an environment variable; the help of a flag names it. The flag wins over the variable, the variable over the
default. Give secrets by variable: a command line shows up in the list of processes.`,
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
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{describeFlagError(err)} })
	root.AddCommand(newDemoCommand(), newIdempotencyCommand(lookup), newSandboxCommand(), newSignCommand(),
		newSpecCommand(), newVersionCommand())
	root.SetHelpCommand(newHelpCommand())
	describeVariables(root)
	return root
}

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

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this binary",
		Example: `  partner version`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), versionLine())
			return err
		},
	}
}

// version returns the version of the module that the binary was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func versionLine() string { return fmt.Sprintf("partner %s %s\n", version(), runtime.Version()) }

// noArguments stands in for cobra.NoArgs, which repeats the arguments: one that went astray may be a secret.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasAvailableSubCommands():
		return usageError{fmt.Errorf("%s takes no arguments, got %d", cmd.Name(), len(args))}
	}
	cmd.SuggestionsMinimumDistance = 2 // as cobra has it where it makes the suggestions itself
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usageError{fmt.Errorf("unknown command; did you mean %s?", strings.Join(near, " or "))}
	}
	return usageError{errors.New("unknown command")}
}

// describeFlagError says what is wrong with a flag without its value, which pflag would repeat.
func describeFlagError(err error) error {
	var (
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		unknown *pflag.NotExistError
	)
	switch {
	case errors.As(err, &value):
		return fmt.Errorf("%s: unusable value", flagName(value.GetFlag().Name))
	case errors.As(err, &missing):
		return fmt.Errorf("%s needs a value", flagName(missing.GetFlag().Name))
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Errorf("unknown flag -%s: the names of flags start with two hyphens", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return fmt.Errorf("unknown flag --%s", unknown.GetSpecifiedName())
	}
	return errors.New("a flag is not spelled --name=value or --name value")
}

// flagError names the flag that a usage error is about.
func flagError(name string, err error) error {
	return usageError{fmt.Errorf("%s: %w", flagName(name), err)}
}

// flagName names a flag and, where it has one, its variable: the value may have come from either.
func flagName(name string) string {
	if !hasVariable(name) {
		return "--" + name
	}
	return fmt.Sprintf("--%s (or %s)", name, variable(name))
}
