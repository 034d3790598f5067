package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

const (
	key        = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	agreements = "r5rcJFQe5XKawKTAxGTObfRIAA7fiH322K4FuYmsb94="
	// hidden is a secret that no output may repeat.
	hidden = "hunter2"
)

// environment is what run looks variables up in.
type environment map[string]string

func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// result is what a run left behind.
type result struct {
	stdout, stderr string
	status         int
}

// programs is the folder of what compiled builds, once that has been asked for.
var programs string

// compiled builds this program once for all tests that need a process of it, and returns its name.
var compiled = sync.OnceValues(func() (string, error) {
	var err error
	if programs, err = os.MkdirTemp("", "partner-program-"); err != nil {
		return "", err
	}
	binary := filepath.Join(programs, "partner")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if programs != "" {
		_ = os.RemoveAll(programs)
	}
	os.Exit(status)
}

func execute(t *testing.T, e environment, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr, e.lookup)
	return result{stdout.String(), stderr.String(), status}
}

func TestMistakesExitWithTwoAndNameTheFlag(t *testing.T) {
	t.Parallel()
	sign := func(args ...string) []string {
		return append([]string{"sign", "--signing-secret", hidden, "--idempotency-key", key, "--path", "/a/"}, args...)
	}
	for _, c := range []struct {
		name string
		env  environment
		args []string
		want string
	}{
		{"an unknown command", nil, []string{"sing"}, "did you mean sign"},
		{"an unknown command like none", nil, []string{"xyzzy"}, "unknown command"},
		{"an unknown command below one that runs", nil, []string{"spec", "xyzzy"}, "unknown command"},
		{"help on an unknown command", nil, []string{"help", "sing"}, "did you mean sign"},
		{"help on an argument", nil, []string{"help", "sign", hidden}, "takes no arguments"},
		{"an argument too many", nil, sign(hidden), "takes no arguments, got 1"},
		{"an unknown flag", nil, sign("--secrt=" + hidden), "unknown flag --secrt"},
		{"a flag with one hyphen", nil, []string{"sign", "-secret=" + hidden}, "two hyphens"},
		{"a flag without a name", nil, []string{"sign", "--=" + hidden}, "not spelled"},
		{"a flag without a value", nil, sign("--body-file"),
			"--body-file (or JIKO_SIGN_BODY_FILE) needs a value: --body-file file\n"},
		{"a switch with a value", nil, []string{"sign", "--help=" + hidden}, "--help: want true or false\n"},
		{"a switch with a value that has a variable", nil, []string{"idempotency", "migrate", "--print=" + hidden},
			"--print (or JIKO_IDEMPOTENCY_MIGRATE_PRINT): want true or false\n"},
		{"a time without its unit", nil, []string{"idempotency", "torture", "--limit", "90"},
			"--limit (or JIKO_IDEMPOTENCY_TORTURE_LIMIT): want a time with its unit, such as 90s, 5m or 1h30m\n"},
		{"a time that is none", nil, []string{"idempotency", "torture", "--limit", hidden},
			"such as 90s, 5m or 1h30m\n"},
		{"a time that is none, in a variable", environment{"JIKO_IDEMPOTENCY_TORTURE_LIMIT": hidden},
			[]string{"idempotency", "torture"}, "--limit (or JIKO_IDEMPOTENCY_TORTURE_LIMIT): want a time"},
		{"a number that is none", nil, []string{"idempotency", "torture", "--requests", hidden},
			"--requests (or JIKO_IDEMPOTENCY_TORTURE_REQUESTS): want a whole number, such as 10\n"},
		{"a fraction", nil, []string{"idempotency", "torture", "--clients", "1.5"},
			"want a whole number, such as 10\n"},
		{"a number that is too large", nil,
			[]string{"idempotency", "torture", "--servers", "1" + strings.Repeat("0", 30)},
			"want a whole number of at most 64 bits\n"},
		{"a seed below zero", nil, []string{"idempotency", "torture", "--seed", "-1"},
			"--seed (or JIKO_IDEMPOTENCY_TORTURE_SEED): want a whole number from 0 to 18446744073709551615\n"},
		{"a seed that is too large", nil, []string{"idempotency", "torture", "--seed", "18446744073709551616"},
			"want a whole number from 0 to 18446744073709551615\n"},
		{"no shell to complete in", nil, []string{"completion"},
			"the name of one shell: bash, zsh, fish, powershell\n"},
		{"a shell that is not known", nil, []string{"completion", hidden}, "the name of one shell"},
		{"two shells", nil, []string{"completion", "bash", "zsh"}, "the name of one shell"},
		{"JSON that is to be a table", nil, []string{"spec", "coverage", "--json", "--format", "table"},
			"--json (or JIKO_SPEC_COVERAGE_JSON): it contradicts --format\n"},
		{"JSON that is to be wide", nil, []string{"spec", "coverage", "--json", "--wide"},
			"--wide (or JIKO_SPEC_COVERAGE_WIDE): it is for the table"},
		{"no required flag", nil, []string{"sign"},
			"missing --idempotency-key (or JIKO_SIGN_IDEMPOTENCY_KEY), --path (or JIKO_SIGN_PATH), --signing-secret " +
				"(or " +
				"JIKO_SIGNING_SECRET)"},
		{"an empty secret", nil, []string{"sign", "--signing-secret=", "--idempotency-key", key, "--path", "/a/"},
			"--signing-secret (or JIKO_SIGNING_SECRET): it is empty"},
		{"a variable that is set but empty", environment{"JIKO_SIGNING_SECRET": ""},
			[]string{"sign", "--idempotency-key", key, "--path", "/a/"},
			"--signing-secret (or JIKO_SIGNING_SECRET): it is empty"},
		{"a secret with the line break of its file", environment{"JIKO_SIGNING_SECRET": hidden + "\n"},
			[]string{"sign", "--idempotency-key", key, "--path", "/a/"},
			"--signing-secret (or JIKO_SIGNING_SECRET): signing: unusable input: the secret begins or ends with white"},
		{"a key that is not a UUID", nil, sign("--idempotency-key", hidden),
			"--idempotency-key (or JIKO_SIGN_IDEMPOTENCY_KEY): "},
		{"the Nil UUID", nil, sign("--idempotency-key", "00000000-0000-0000-0000-000000000000"), "Nil UUID"},
		{"a path with a query string", nil, sign("--path", "/a/?token="+hidden), "--path (or JIKO_SIGN_PATH): "},
		{"a path with a fragment", nil, sign("--path", "/a/#"+hidden), "--path"},
		{"a URL for a path", nil, sign("--path", "https://"+hidden+"/a/"), "does not start with a slash"},
		{"a path that a client would escape", nil, sign("--path", "/a b/"+hidden), "not escaped"},
		{"a path with half an escape", nil, sign("--path", "/a%2/"+hidden), "not escaped"},
		{"a path with a line break", nil, sign("--path", "/a/\n"+hidden), "not escaped"},
		{"an empty name of a file", nil, sign("--body-file", ""), "--body-file"},
		{"a format that does not exist", nil, []string{"spec", "coverage", "--format", hidden},
			"--format (or JIKO_SPEC_COVERAGE_FORMAT): want table or json"},
		{"a variable with a bad value", environment{"JIKO_SPEC_COVERAGE_FORMAT": hidden}, []string{"spec", "coverage"},
			"JIKO_SPEC_COVERAGE_FORMAT"},
		{"an address without a port", nil, []string{"sandbox", "--addr", hidden},
			"--addr (or JIKO_SANDBOX_ADDR): want host:port"},
		{"a port out of range", nil, []string{"sandbox", "--addr", "127.0.0.1:65536"}, "not a number from 0 to 65535"},
		{"an empty user name", nil, []string{"sandbox", "--username="}, "--username"},
		{"an empty password", environment{"JIKO_PASSWORD": ""}, []string{"sandbox"},
			"--password (or JIKO_PASSWORD): it is empty"},
		{"an empty signing secret", nil, []string{"sandbox", "--signing-secret", ""}, "--signing-secret"},
		{"a password with the line break of its file", environment{"JIKO_PASSWORD": hidden + "\n"},
			[]string{"sandbox"}, "--password (or JIKO_PASSWORD): "},
		{"a signing secret with a space", nil, []string{"sandbox", "--signing-secret", " " + hidden},
			"--signing-secret (or JIKO_SIGNING_SECRET): "},
		{"no database to migrate", nil, []string{"idempotency", "migrate"},
			"missing --database-url (or JIKO_IDEMPOTENCY_MIGRATE_DATABASE_URL), or DATABASE_URL"},
		{"an empty URL of a database", environment{"DATABASE_URL": ""}, []string{"idempotency", "migrate"},
			"missing --database-url"},
		{"two servers to check", nil, []string{"idempotency", "check", "--database-url", "postgres://" + hidden,
			"--redis-url", "redis://" + hidden}, "--redis-url (or JIKO_IDEMPOTENCY_CHECK_REDIS_URL): it contradicts"},
		{"a URL that is none", environment{"DATABASE_URL": "postgres://user:" + hidden + "@:::/x"},
			[]string{"idempotency", "migrate"}, "it is not the URL of a PostgreSQL database"},
		{"a table with too many parts", nil, []string{"idempotency", "migrate", "--print", "--table", "a.b." + hidden},
			"--table (or JIKO_IDEMPOTENCY_MIGRATE_TABLE): "},
		{"a store that does not exist", nil, []string{"idempotency", "torture", "--store", hidden},
			"want redis, postgres, transactional or all"},
		{"no requests to send", nil, []string{"idempotency", "torture", "--requests", "0"},
			"--requests (or JIKO_IDEMPOTENCY_TORTURE_REQUESTS): it is not positive"},
		{"no time to do it in", nil, []string{"idempotency", "torture", "--limit", "-1s"},
			"--limit (or JIKO_IDEMPOTENCY_TORTURE_LIMIT): it is not positive"},
		{"a level that does not exist", nil, []string{"sandbox", "--log-level", hidden},
			"want debug, info, warn or error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := execute(t, c.env, "", c.args...)
			if got.status != exitUsage || got.stdout != "" {
				t.Errorf("status %d, stdout %q; want %d and nothing", got.status, got.stdout, exitUsage)
			}
			if !strings.HasPrefix(got.stderr, "partner: ") || !strings.Contains(got.stderr, c.want) {
				t.Errorf("stderr = %q; want it to mention %q", got.stderr, c.want)
			}
			hint := regexp.MustCompile(`\nRun "partner[a-z ]* --help" for its usage\.\n$`)
			if !hint.MatchString(got.stderr) {
				t.Errorf("stderr = %q; want a hint at the end", got.stderr)
			}
			if strings.Contains(got.stderr, hidden) {
				t.Errorf("stderr repeats a value that may be a secret: %s", got.stderr)
			}
		})
	}
}

func TestTheHintNamesTheCommand(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`"partner --help"`:               {"--nope"},
		`"partner sign --help"`:          {"sign"},
		`"partner spec coverage --help"`: {"spec", "coverage", "--format", "xml"},
	} {
		if got := execute(t, nil, "", args...); !strings.Contains(got.stderr, want) {
			t.Errorf("%v: stderr = %q; want %s", args, got.stderr, want)
		}
	}
}

func TestEveryCommandHasHelpAndAnExample(t *testing.T) {
	t.Parallel()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			walk(c)
		}
		args := slices.Concat(strings.Fields(cmd.CommandPath())[1:], []string{"--help"})
		got := execute(t, environment{"JIKO_SIGNING_SECRET": hidden, "JIKO_PASSWORD": hidden}, "", args...)
		if got.status != exitOK || got.stderr != "" {
			t.Errorf("%v: status %d, stderr %q", args, got.status, got.stderr)
		}
		if cmd.Short == "" || !strings.Contains(got.stdout, "Examples:") || !strings.Contains(got.stdout, "Usage:") {
			t.Errorf("%v lacks a description or an example:\n%s", args, got.stdout)
		}
		if strings.Contains(got.stdout, hidden) {
			t.Errorf("%v prints a secret:\n%s", args, got.stdout)
		}
		for line := range strings.Lines(got.stdout) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%v has a line of %d columns: %s", args, n, line)
			}
		}
	}
	walk(newRootCommand(environment{}.lookup))
}

func TestNoArgumentsPrintTheHelp(t *testing.T) {
	t.Parallel()
	if got := execute(t, nil, ""); got.status != exitOK || !strings.Contains(got.stdout, "Available Commands:") {
		t.Errorf("status %d, stdout %q", got.status, got.stdout)
	}
}

func TestHelpCommandPrintsWhatTheFlagPrints(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "sign", "spec coverage", "help"} {
		words := strings.Fields(command)
		asCommand, asFlag := execute(t, nil, "", append([]string{"help"}, words...)...),
			execute(t, nil, "", append(words, "--help")...)
		if asCommand != asFlag || asFlag.status != exitOK {
			t.Errorf("help %s: %+v; --help: %+v", command, asCommand, asFlag)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	// Variables that cobra's own flags would have change nothing.
	e := environment{"JIKO_HELP": "x", "JIKO_VERSION": "x"}
	command, flag := execute(t, e, "", "version"), execute(t, e, "", "--version")
	if command.status != exitOK || !regexp.MustCompile(`^partner \S+ go\S.*\n$`).MatchString(command.stdout) {
		t.Errorf("version: %+v", command)
	}
	if flag != command {
		t.Errorf("--version: %+v; want what version says, %+v", flag, command)
	}
}

// closedPipe is an output that nobody reads.
type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("closed pipe") }

func TestAnOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	t.Parallel()
	e := environment{"JIKO_SIGNING_SECRET": hidden, "JIKO_SIGN_IDEMPOTENCY_KEY": key, "JIKO_SIGN_PATH": "/a/"}
	for _, args := range [][]string{
		{"spec"}, {"spec", "coverage"}, {"spec", "coverage", "--format", "json"}, {"sign"}, {"version"},
		{"sandbox", "--addr", "127.0.0.1:0"}, {"demo"}, {"spec", "coverage", "--wide"}, {"completion", "bash"},
		{"completion", "zsh"}, {"completion", "fish"}, {"completion", "powershell"},
	} {
		var stderr bytes.Buffer
		status := run(context.Background(), args, strings.NewReader(""), closedPipe{}, &stderr, e.lookup)
		if status != exitFailure || !strings.Contains(stderr.String(), "closed pipe") {
			t.Errorf("%v: status %d, stderr %q", args, status, stderr.String())
		}
	}
}
