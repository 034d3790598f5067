package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The variables that partner.FromEnvironment has no use for, as a client is one caller.
const (
	variableOtherUsername      = "JIKO_OTHER_USERNAME"
	variableOtherPassword      = "JIKO_OTHER_PASSWORD"
	variableOtherSigningSecret = "JIKO_OTHER_SIGNING_SECRET"
)

// The variables that partner.FromEnvironment reads too. They mean the same to every command that has their flag.
const (
	variableBaseURL       = "JIKO_BASE_URL"
	variablePartner       = "JIKO_PARTNER"
	variableEnvironment   = "JIKO_ENVIRONMENT"
	variableUsername      = "JIKO_USERNAME"
	variablePassword      = "JIKO_PASSWORD"
	variableSigningSecret = "JIKO_SIGNING_SECRET" //nolint:gosec // G101: the name of a variable, not a secret
)

var clientVariables = map[string]string{
	"username": variableUsername, "password": variablePassword, "signing-secret": variableSigningSecret,
	"other-username": variableOtherUsername, "other-password": variableOtherPassword,
	"other-signing-secret": variableOtherSigningSecret,
}

// variable returns the name of the environment variable of a flag: the client's where it has one, or else that of the
// command and the flag, as in JIKO_SPEC_COVERAGE_FORMAT.
func variable(cmd *cobra.Command, flag string) string {
	if name, ok := clientVariables[flag]; ok {
		return name
	}
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	return "JIKO_" + strings.ToUpper(strings.NewReplacer("-", "_", " ", "_").Replace(path+" "+flag))
}

// hasVariable leaves out the flags that cobra adds: they ask for something else to be done.
func hasVariable(flag string) bool { return flag != "help" && flag != "version" }

// describeVariables adds to the help of each flag, of cmd and of all commands below it, the name of its variable.
func describeVariables(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if hasVariable(f.Name) {
			f.Usage += " [" + variable(cmd, f.Name) + "]"
		}
	})
	for _, c := range cmd.Commands() {
		describeVariables(c)
	}
}

// rivals is the annotation of a flag that names those which say something else about the same thing.
const rivals = "rivals"

// rival marks a flag and another one as such. It panics for a flag that does not exist, a mistake of ours.
func rival(cmd *cobra.Command, one, other string) {
	for _, pair := range [][2]string{{one, other}, {other, one}} {
		named := slices.Concat(cmd.Flags().Lookup(pair[0]).Annotations[rivals], pair[1:])
		if err := cmd.Flags().SetAnnotation(pair[0], rivals, named); err != nil {
			panic(err)
		}
	}
}

// fromVariable is the annotation of a flag whose value is that of its variable.
const fromVariable = "from_variable"

// isOnCommandLine reports whether a flag was given there, and not by its variable.
func isOnCommandLine(cmd *cobra.Command, name string) bool {
	f := cmd.Flags().Lookup(name)
	return f != nil && f.Changed && f.Annotations[fromVariable] == nil
}

// readEnvironment sets the flags that are not on the command line from their variables, then complains of required ones
// that are still missing. cobra would do that itself, but name no variable.
func readEnvironment(cmd *cobra.Command, lookup func(string) (string, bool)) error {
	var errs []error
	var missing []string
	given := map[string]bool{}
	cmd.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || !hasVariable(f.Name) {
			return
		}
		if slices.ContainsFunc(f.Annotations[rivals], func(name string) bool { return given[name] }) {
			return // The flag wins over the variable of its rival, too.
		}
		if value, ok := lookup(variable(cmd, f.Name)); ok {
			if err := cmd.Flags().Set(f.Name, value); err != nil {
				errs = append(errs, describeFlagError(cmd, err))
			}
			if f.Annotations == nil {
				f.Annotations = map[string][]string{}
			}
			f.Annotations[fromVariable] = []string{variable(cmd, f.Name)}
			return
		}
		if _, required := f.Annotations[cobra.BashCompOneRequiredFlag]; required {
			missing = append(missing, flagName(cmd, f.Name))
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
