package contracttest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// bank is a sandbox with a clock that stands still, so that the same requests get the same answers.
func bank(t *testing.T) contracttest.Config {
	t.Helper()
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), CustomerUpdates: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return contracttest.Config{Handler: b, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret, AllowWrites: true}
}

func TestTheSandboxIsRight(t *testing.T) {
	start := time.Now()
	report, err := contracttest.Run(context.Background(), bank(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
	t.Log(report.Requests, time.Since(start), strings.Join(report.Warnings, "\n"), report.Unfinished)
}
