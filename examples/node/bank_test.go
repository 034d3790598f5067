// Package node_test holds the program beside it against the sandbox.
package node_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// A program that knows nothing of our code, only the documented signature, sees a deposit settle, its T-bills fall due,
// and gets the statement: from a Monday, and from a morning before a weekend and a holiday.
func TestAProgramOfNodeGetsAlong(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("node is missing")
		}
		t.Skip("node is missing")
	}
	for _, begin := range []time.Time{
		time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC), time.Date(2026, 1, 16, 12, 0, 0, 0, time.UTC),
	} {
		t.Run(begin.Format(time.DateOnly), func(t *testing.T) {
			t.Parallel()
			seeWeeks(t, begin)
		})
	}
}

func seeWeeks(t *testing.T, begin time.Time) {
	t.Helper()
	bank := sandbox.Start(t, sandbox.Config{Clock: begin})
	command := exec.CommandContext(t.Context(), "node", "bank.mjs")
	command.Env = append(os.Environ(), "JIKO_BASE_URL="+bank.URL, "JIKO_USERNAME=sandbox", "JIKO_PASSWORD=sandbox",
		"JIKO_SIGNING_SECRET=sandbox-signing-secret")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"the application is APPROVED\n", "the deposit is BOOKED\n", "the deposit of $10,000.00 is SETTLED\n",
		"it is in 100 T-bills that fall due on ", "the trades were BUY, MATURITY, BUY\n", "the pocket has earned $4",
		"the BANK statement of 2026-01 is a PDF\n", "the BROKERAGE statement of 2026-01 is a PDF\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
