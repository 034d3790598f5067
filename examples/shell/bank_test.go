package shell_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// With curl and openssl alone a deposit settles, its T-bills fall due, and there is a statement.
func TestAShellSeesACustomersFirstWeeks(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl", "openssl")
	bank := sandbox.Start(t, sandbox.Config{Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
	command := exec.CommandContext(t.Context(), "./bank.sh")
	command.Env = append(os.Environ(), "JIKO_BASE_URL="+bank.URL, "JIKO_USERNAME=sandbox", "JIKO_PASSWORD=sandbox",
		"JIKO_SIGNING_SECRET=sandbox-signing-secret")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"the application is APPROVED\n", "the deposit is BOOKED\nit is 2026-01-08T15:00:00Z\nthe deposit is SETTLED\n",
		"it is in T-bills at 99.", "trades: BUY MATURITY BUY\nearned: $3", "the statement begins with %PDF-\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}
