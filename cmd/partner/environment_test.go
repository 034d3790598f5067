package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func TestVariable(t *testing.T) {
	t.Parallel()
	if got := variable("idempotency-key"); got != "PARTNER_IDEMPOTENCY_KEY" {
		t.Errorf("variable = %s", got)
	}
}

func TestTheHelpOfEveryFlagNamesItsVariable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen[variable(f.Name)] = true
			if strings.Count(f.Usage, "["+variable(f.Name)+"]") != 1 {
				t.Errorf("%s --%s: %q does not name its variable, once", cmd.CommandPath(), f.Name, f.Usage)
			}
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(environment{}.lookup))
	for _, name := range []string{
		"PARTNER_ADDR", "PARTNER_USERNAME", "PARTNER_PASSWORD", "PARTNER_SIGNING_SECRET", "PARTNER_LOG_LEVEL",
		"PARTNER_SECRET", "PARTNER_IDEMPOTENCY_KEY", "PARTNER_PATH", "PARTNER_BODY_FILE", "PARTNER_FORMAT",
	} {
		if !seen[name] {
			t.Errorf("no flag has the variable %s", name)
		}
	}
}

func TestTheFlagWinsOverTheVariableOverTheDefault(t *testing.T) {
	t.Parallel()
	full := environment{"PARTNER_SECRET": "shared-secret-here", "PARTNER_IDEMPOTENCY_KEY": key,
		"PARTNER_PATH": "/api/v1/agreements/"}
	if got := execute(t, full, "", "sign"); got != (result{stdout: agreements + "\n"}) {
		t.Errorf("variables alone: %+v", got)
	}
	full["PARTNER_SECRET"] = hidden
	if got := execute(t, full, "", "sign", "--secret", "shared-secret-here"); got.stdout != agreements+"\n" {
		t.Errorf("a flag over a variable: %+v", got)
	}
	format := environment{"PARTNER_FORMAT": "json"}
	if got := execute(t, nil, "", "spec", "coverage"); !strings.HasPrefix(got.stdout, "EVIDENCE") {
		t.Errorf("the default: %.60q", got.stdout)
	}
	if got := execute(t, format, "", "spec", "coverage"); !strings.HasPrefix(got.stdout, "{") {
		t.Errorf("a variable over the default: %.60q", got.stdout)
	}
	if got := execute(t, format, "", "spec", "coverage", "--format", "table"); !strings.HasPrefix(got.stdout,
		"EVIDENCE") {
		t.Errorf("a flag with the default's value over a variable: %.60q", got.stdout)
	}
}
