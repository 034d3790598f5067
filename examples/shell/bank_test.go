package shell_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// With curl and openssl alone a deposit settles, its T-bills fall due, and there is a statement: from a Monday, and
// from a morning before a weekend and a holiday.
func TestAShellSeesACustomersFirstWeeks(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl", "openssl")
	for begin, settled := range map[string]string{
		"2026-01-05T15:00:00Z": "2026-01-11T15:00:00Z", "2026-01-16T12:00:00Z": "2026-01-22T12:00:00Z",
	} {
		t.Run(begin, func(t *testing.T) {
			t.Parallel()
			seeWeeks(t, begin, settled)
		})
	}
}

func seeWeeks(t *testing.T, begin, settled string) {
	t.Helper()
	clock, err := time.Parse(time.RFC3339, begin)
	if err != nil {
		t.Fatal(err)
	}
	bank := sandbox.Start(t, sandbox.Config{Clock: clock})
	command := exec.CommandContext(t.Context(), "./bank.sh")
	command.Env = append(os.Environ(), "JIKO_BASE_URL="+bank.URL, "JIKO_USERNAME=sandbox", "JIKO_PASSWORD=sandbox",
		"JIKO_SIGNING_SECRET=sandbox-signing-secret")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"the application is APPROVED\n", "the deposit is BOOKED\nit is " + settled + "\nthe deposit is SETTLED\n",
		"it is in T-bills at 99.", "trades: BUY MATURITY BUY\nearned: $4", "the statement begins with %PDF-\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}
