package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTortureSaysWhatIsMissing(t *testing.T) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		t.Setenv("PATH", t.TempDir()) // PostgreSQL is found all the same; Redis is not.
	} else if _, err := exec.LookPath("initdb"); err == nil {
		t.Skip("PostgreSQL cannot be hidden here")
	}
	got := execute(t, nil, "", "idempotency", "torture", "--store", "redis", "--requests", "1")
	if got.status != exitFailure || !strings.Contains(got.stderr,
		"install Debian's packages redis-server and postgresql") {
		t.Errorf("%+v", got)
	}
}

// TestTortureAsACommand runs the binary itself, as the servers are the same binary.
func TestTortureAsACommand(t *testing.T) {
	t.Parallel()
	binary, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		store  string
		status int
		want   []string
	}{
		{"transactional", exitOK, []string{"3 servers, 8 clients, 30 requests for each store, seed 5",
			"every request took effect exactly once"}},
		{"unprotected", exitFailure, []string{"unprotected: checks FAILED", "it took effect", "row "}},
	} {
		command := exec.CommandContext(t.Context(), binary, "idempotency", "torture", "--store", c.store, "--requests",
			"30", "--clients", "8", "--servers", "3", "--seed", "5")
		var stdout, stderr bytes.Buffer
		command.Stdout, command.Stderr = &stdout, &stderr
		err := command.Run()
		if strings.Contains(stderr.String(), "not installed") && os.Getenv("CI") == "" {
			t.Skip(stderr.String())
		}
		if status := command.ProcessState.ExitCode(); status != c.status {
			t.Errorf("%s: %v, stderr %q\n%s", c.store, err, &stderr, &stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%s: the output lacks %q:\n%s", c.store, want, &stdout)
			}
		}
	}
}

func TestTortureThatIsInterruptedFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, []string{"idempotency", "torture"}, strings.NewReader(""), &stdout, &stderr,
		environment{}.lookup)
	if strings.Contains(stderr.String(), "not installed") && os.Getenv("CI") == "" {
		t.Skip(stderr.String())
	}
	if status != exitFailure || stdout.Len() > 0 || !strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("status %d, stdout %q, stderr %q", status, &stdout, &stderr)
	}
}

func TestAServerOfTortureIsNotStartedByHand(t *testing.T) {
	t.Parallel()
	if got := execute(t, nil, "", "idempotency", "torture", "serve"); got.status != exitFailure ||
		!strings.Contains(got.stderr, "read the configuration") {
		t.Errorf("%+v", got)
	}
	if help := execute(t, nil, "", "idempotency", "torture", "--help"); strings.Contains(help.stdout, "serve ") {
		t.Errorf("the help has it:\n%s", help.stdout)
	}
}
