package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A day of payments, by the binary itself, which is the bank and the payers as well. SANDBOX_PAYMENTS has more of them.
func TestADayOfPaymentsAsACommand(t *testing.T) {
	t.Parallel()
	binary, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	payments := "100"
	if text := os.Getenv("SANDBOX_PAYMENTS"); text != "" {
		payments = text
	}
	for _, c := range []struct {
		name      string
		arguments []string
		status    int
		want      []string
	}{
		{"by the guide", []string{"--payments", payments, "--limit", "1h"}, exitOK, []string{
			payments + " payments with each protocol, 3 payers with 8 clients, seed 5",
			"HTTP/1.1: nothing was paid twice", "HTTP/2: nothing was paid twice",
			"reset; when=after", "banks killed", "payers killed"}},
		{"without care", []string{"--payments", "60", "--protocol", "HTTP/2", "--careless"}, exitFailure,
			[]string{"HTTP/2: checks FAILED", "it was paid 2 times", "INVOICE-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), binary,
				append([]string{"sandbox", "torture", "--seed", "5"}, c.arguments...)...)
			var stdout, stderr bytes.Buffer
			command.Stdout, command.Stderr = &stdout, &stderr
			err := command.Run()
			if status := command.ProcessState.ExitCode(); status != c.status {
				t.Errorf("%v, stderr %q\n%s", err, &stderr, &stdout)
			}
			for _, want := range c.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, &stdout)
				}
			}
			t.Logf("%s", &stdout)
		})
	}
}

func TestADayOfPaymentsThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for want, arguments := range map[string][]string{
		"want HTTP/1.1, HTTP/2 or all": {"--protocol", "HTTP/3"},
		"it is not positive":           {"--payments", "0"},
	} {
		got := execute(t, nil, "", append([]string{"sandbox", "torture"}, arguments...)...)
		if got.status != exitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: %+v", arguments, got)
		}
	}
}

func TestADayOfPaymentsThatIsInterruptedFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, []string{"sandbox", "torture"}, strings.NewReader(""), &stdout, &stderr, environment{}.lookup)
	if status != exitFailure || stdout.Len() > 0 || !strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("status %d, stdout %q, stderr %q", status, &stdout, &stderr)
	}
}

func TestAPartOfTheDayIsNotStartedByHand(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"bank", "payer"} {
		if got := execute(t, nil, "", "sandbox", "torture", part); got.status != exitFailure ||
			!strings.Contains(got.stderr, "read the configuration") {
			t.Errorf("%s: %+v", part, got)
		}
	}
}
