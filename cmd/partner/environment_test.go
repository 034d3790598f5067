package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func TestVariable(t *testing.T) {
	t.Parallel()
	root := newRootCommand(environment{}.lookup)
	for _, c := range []struct{ command, flag, want string }{
		{"sign", "idempotency-key", "JIKO_SIGN_IDEMPOTENCY_KEY"},
		{"spec coverage", "format", "JIKO_SPEC_COVERAGE_FORMAT"},
		{"sign", "signing-secret", "JIKO_SIGNING_SECRET"},
		{"sandbox", "signing-secret", "JIKO_SIGNING_SECRET"},
	} {
		cmd, _, err := root.Find(strings.Fields(c.command))
		if err != nil {
			t.Fatal(err)
		}
		if got := variable(cmd, c.flag); got != c.want {
			t.Errorf("%s --%s: %s; want %s", c.command, c.flag, got, c.want)
		}
	}
}

func TestTheHelpOfEveryFlagNamesItsVariable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen[variable(cmd, f.Name)] = true
			if strings.Count(f.Usage, "["+variable(cmd, f.Name)+"]") != 1 {
				t.Errorf("%s --%s: %q does not name its variable, once", cmd.CommandPath(), f.Name, f.Usage)
			}
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(environment{}.lookup))
	for _, name := range []string{
		"JIKO_SANDBOX_ADDR", "JIKO_USERNAME", "JIKO_PASSWORD", "JIKO_SIGNING_SECRET", "JIKO_SANDBOX_LOG_LEVEL",
		"JIKO_SIGN_IDEMPOTENCY_KEY", "JIKO_SIGN_PATH", "JIKO_SIGN_BODY_FILE", "JIKO_SPEC_COVERAGE_FORMAT",
	} {
		if !seen[name] {
			t.Errorf("no flag has the variable %s", name)
		}
	}
}

func TestTheFlagWinsOverTheVariableOverTheDefault(t *testing.T) {
	t.Parallel()
	full := environment{"JIKO_SIGNING_SECRET": "shared-secret-here", "JIKO_SIGN_IDEMPOTENCY_KEY": key,
		"JIKO_SIGN_PATH": "/api/v1/agreements/"}
	if got := execute(t, full, "", "sign"); got != (result{stdout: agreements + "\n"}) {
		t.Errorf("variables alone: %+v", got)
	}
	full["JIKO_SIGNING_SECRET"] = hidden
	if got := execute(t, full, "", "sign", "--signing-secret", "shared-secret-here"); got.stdout != agreements+"\n" {
		t.Errorf("a flag over a variable: %+v", got)
	}
	format := environment{"JIKO_SPEC_COVERAGE_FORMAT": "json"}
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

// A variable that says something else about the same thing is no contradiction: the flag wins.
func TestTheFlagWinsOverTheVariableOfItsRival(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		env  environment
		args []string
		want string
	}{
		{"JSON over a table", environment{"JIKO_SPEC_COVERAGE_FORMAT": "table", "JIKO_SPEC_COVERAGE_WIDE": "true"},
			[]string{"spec", "coverage", "--json"}, "{"},
		{"a table over JSON", environment{"JIKO_SPEC_COVERAGE_JSON": "true"},
			[]string{"spec", "coverage", "--format", "table"}, "EVIDENCE"},
		{"a wide one, too", environment{"JIKO_SPEC_COVERAGE_JSON": "true"}, []string{"spec", "coverage", "--wide"},
			"EVIDENCE"},
		{"PostgreSQL over Redis", environment{"JIKO_IDEMPOTENCY_CHECK_REDIS_URL": "http://" + hidden},
			[]string{"idempotency", "check", "--database-url", "postgres://:::/"},
			"partner: --database-url (or JIKO_IDEMPOTENCY_CHECK_DATABASE_URL): it is not the URL of a PostgreSQL"},
		{"Redis over PostgreSQL", environment{"JIKO_IDEMPOTENCY_CHECK_DATABASE_URL": "postgres://:::/"},
			[]string{"idempotency", "check", "--redis-url", "http://x"},
			"partner: --redis-url (or JIKO_IDEMPOTENCY_CHECK_REDIS_URL): it is not the URL of a Redis"},
	} {
		got := execute(t, c.env, "", c.args...)
		if text := got.stdout + got.stderr; !strings.HasPrefix(text, c.want) || strings.Contains(text, hidden) {
			t.Errorf("%s: %d %.100q", c.name, got.status, text)
		}
	}
}
