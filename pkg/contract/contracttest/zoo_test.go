package contracttest_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// Each broken server is found out, by a finding that names the cause.
func TestEachBrokenServerIsFoundOut(t *testing.T) {
	for _, animal := range zoo.All() {
		t.Run(animal.Name, func(t *testing.T) {
			t.Parallel()
			config := broken(t, animal)
			report, err := contracttest.Run(context.Background(), config)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Findings {
				if err := f.Validate(); err != nil {
					t.Errorf("nobody could replay %s: %v", f, err)
				}
			}
			if !names(report.Findings, animal) {
				t.Errorf("nobody has noticed that: %s\n%d requests, %v", animal.Fault, report.Requests, report.Findings)
			}
		})
	}
}

// broken is a bank of which an animal was made.
func broken(t *testing.T, animal zoo.Animal) contracttest.Config {
	t.Helper()
	config := bank(t)
	if animal.Two {
		config = banks(t)
	}
	config.Handler = animal.Break(zoo.Bank{Handler: config.Handler, SigningSecret: config.SigningSecret})
	config.Operations = animal.Operations
	return config
}

// names reports whether one of the findings is about the cause.
func names(found []contracttest.Finding, animal zoo.Animal) bool {
	return slices.ContainsFunc(found, func(f contracttest.Finding) bool {
		isAbout := len(animal.Operations) == 0 || slices.ContainsFunc(f.Operations, func(o string) bool {
			return slices.Contains(animal.Operations, o)
		})
		return isAbout && slices.Contains(animal.Checks, f.Check.Code) &&
			strings.Contains(f.Place+" "+f.Rule, animal.Place)
	})
}
