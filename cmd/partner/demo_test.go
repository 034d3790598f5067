package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Nothing but a terminal gets colors, unless they are asked for.
func TestDemoPrintsOnlyTextToStandardOutput(t *testing.T) {
	t.Parallel()
	terminal := environment{"TERM": "xterm-256color"}
	if got := execute(t, terminal, "", "demo"); got.status != exitOK || got.stdout == "" || got.stderr != "" ||
		strings.Contains(got.stdout, "\x1b") {
		t.Errorf("%+v", got)
	}
	forced := environment{"CLICOLOR_FORCE": "1"}
	if got := execute(t, forced, "", "demo"); got.status != exitOK || !strings.Contains(got.stdout, "\x1b[1m") {
		t.Errorf("status %d, stdout %q", got.status, got.stdout)
	}
	if got := execute(t, forced, "", "demo", "--no-color"); got.status != exitOK ||
		strings.Contains(got.stdout, "\x1b") {
		t.Errorf("status %d, stdout %q", got.status, got.stdout)
	}
}

func TestDemoThatFailsExitsWithOne(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, []string{"demo"}, strings.NewReader(""), &stdout, &stderr, environment{}.lookup)
	if status != exitFailure || !strings.HasPrefix(stderr.String(), "partner: ") {
		t.Errorf("status %d, stderr %q", status, &stderr)
	}
}
