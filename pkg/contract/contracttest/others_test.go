package contracttest_test

import (
	"context"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// banks is a bank with two partners, of whom the second one is the other caller.
func banks(t *testing.T) contracttest.Config {
	t.Helper()
	config := bank(t)
	other := contracttest.Credentials{Username: "other", Password: signing.NewSecret("other-password"),
		SigningSecret: signing.NewSecret("other-signing-secret")}
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), CustomerUpdates: true,
		Seed: 2, Username: other.Username, Password: other.Password, SigningSecret: other.SigningSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.Close()
		b = nil
	})
	config.Other = other
	config.Handler = zoo.NewPartners(
		zoo.Partner{Username: config.Username, Password: config.Password, SigningSecret: config.SigningSecret,
			Handler: config.Handler},
		zoo.Partner{Username: other.Username, Password: other.Password, SigningSecret: other.SigningSecret, Handler: b})
	return config
}

// A bank that keeps its partners apart has no findings.
func TestABankWithTwoPartnersIsRight(t *testing.T) {
	t.Parallel()
	config := banks(t)
	config.Phases = []string{"other callers"}
	report, err := contracttest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f, f.GoTest())
	}
	if len(report.Unfinished) > 0 {
		t.Error(report.Unfinished)
	}
	t.Log(report.Requests)
}

// Where nothing may be written, what is there is tried.
func TestReadsAloneShowWhatIsAnothers(t *testing.T) {
	t.Parallel()
	for _, animal := range zoo.All() {
		if animal.Name != "pocket-of-anybody" && animal.Name != "wires-of-all" {
			continue
		}
		config := broken(t, animal)
		full := config
		full.Operations, full.Phases = []string{"createWire"}, []string{"repeats"}
		if _, err := contracttest.Run(context.Background(), full); err != nil {
			t.Fatal(err)
		}
		config.AllowWrites = false
		config.Operations = append([]string{"listPockets"}, animal.Operations...)
		report, err := contracttest.Run(context.Background(), config)
		if err != nil || !names(report.Findings, animal) {
			t.Errorf("%s: %v, %v", animal.Name, report, err)
		}
	}
}
