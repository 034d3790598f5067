package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestDemoPrintsOnlyToStandardOutput(t *testing.T) {
	t.Parallel()
	if got := execute(t, nil, "", "demo"); got.status != exitOK || got.stdout == "" || got.stderr != "" {
		t.Errorf("%+v", got)
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
