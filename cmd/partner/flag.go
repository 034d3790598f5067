package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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

// describeFlagError says what is wrong with a flag of cmd, without its value, which pflag would repeat.
func describeFlagError(cmd *cobra.Command, err error) error {
	var (
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		unknown *pflag.NotExistError
	)
	switch {
	case errors.As(err, &value):
		return fmt.Errorf("%s: want %s", flagName(cmd, value.GetFlag().Name), form(value))
	case errors.As(err, &missing):
		name, _ := pflag.UnquoteUsage(missing.GetFlag())
		return fmt.Errorf("%s needs a value: --%s %s", flagName(cmd, missing.GetFlag().Name), missing.GetFlag().Name,
			name)
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Errorf("unknown flag -%s: the names of flags start with two hyphens", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return fmt.Errorf("unknown flag --%s", unknown.GetSpecifiedName())
	}
	return errors.New("a flag is not spelled --name=value or --name value")
}

// form says what a value should have looked like.
func form(wrong *pflag.InvalidValueError) string {
	switch kind := wrong.GetFlag().Value.Type(); {
	case kind == "bool":
		return "true or false"
	case kind == "duration":
		return "a time with its unit, such as 90s, 5m or 1h30m"
	case strings.HasPrefix(kind, "uint"):
		return "a whole number from 0 to " + strconv.FormatUint(math.MaxUint64, 10)
	case strings.HasPrefix(kind, "int") && errors.Is(wrong, strconv.ErrRange):
		return "a whole number of at most 64 bits"
	case strings.HasPrefix(kind, "int"):
		return "a whole number, such as 10"
	default:
		return "a " + kind
	}
}

// flagError names the flag of cmd that a usage error is about.
func flagError(cmd *cobra.Command, name string, err error) error {
	return usageError{fmt.Errorf("%s: %w", flagName(cmd, name), err)}
}

// flagName names a flag of cmd and, where it has one, its variable: the value may have come from either.
func flagName(cmd *cobra.Command, name string) string {
	if !hasVariable(name) {
		return "--" + name
	}
	return fmt.Sprintf("--%s (or %s)", name, variable(cmd, name))
}
