package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// variable returns the name of the environment variable of a flag.
func variable(flag string) string {
	return "PARTNER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasVariable leaves out the flags that cobra adds: they ask for something else to be done.
func hasVariable(flag string) bool { return flag != "help" && flag != "version" }

// describeVariables adds to the help of each flag, of cmd and of all commands below it, the name of its variable.
func describeVariables(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if hasVariable(f.Name) {
			f.Usage += " [" + variable(f.Name) + "]"
		}
	})
	for _, c := range cmd.Commands() {
		describeVariables(c)
	}
}

// readEnvironment sets the flags that the command line left alone from their variables, then misses the required ones.
// cobra would check those itself, but name no variable.
func readEnvironment(cmd *cobra.Command, lookup func(string) (string, bool)) error {
	var errs []error
	var missing []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || !hasVariable(f.Name) {
			return
		}
		if value, ok := lookup(variable(f.Name)); ok {
			if err := cmd.Flags().Set(f.Name, value); err != nil {
				errs = append(errs, describeFlagError(err))
			}
			return
		}
		if _, required := f.Annotations[cobra.BashCompOneRequiredFlag]; required {
			missing = append(missing, flagName(f.Name))
		}
	})
	if len(missing) > 0 {
		errs = append(errs, fmt.Errorf("missing %s", strings.Join(missing, ", ")))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// require marks flags that have no default. It panics for a flag that does not exist, a mistake of ours.
func require(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err)
		}
	}
}
