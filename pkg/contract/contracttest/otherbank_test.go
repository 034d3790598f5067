package contracttest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/internal/otherbank"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// otherBank is a right server that shares no code with the sandbox.
func otherBank(t *testing.T, mood otherbank.Mood, seed uint64) contracttest.Config {
	t.Helper()
	bank := otherbank.New(mood)
	t.Cleanup(bank.Close)
	return contracttest.Config{Handler: bank, Username: otherbank.Username,
		Password: signing.NewSecret(otherbank.Password), SigningSecret: signing.NewSecret(otherbank.SigningSecret),
		AllowWrites: true, Seed: seed,
		Known: map[string][]string{"customer_id": bank.Customers(), "pocket_id": bank.Pockets()}}
}

// otherTags are what the other bank serves.
func otherTags() map[string][]string {
	served := map[string][]string{}
	for _, tag := range contracttest.Tags() {
		switch tag.Name {
		case "Pockets":
			served[tag.Name] = append(tag.Operations, "listTradingStrategies", "login", "getHealth")
		case "Subscriptions":
			served[tag.Name] = append(tag.Operations, "listEventTypes", "listEvents", "triggerWebhook", "login")
		}
	}
	var all []string
	for _, name := range []string{"Pockets", "Subscriptions"} {
		all = append(all, served[name]...)
	}
	served["both"] = all
	return served
}

// Nothing is found on a server that keeps the contract, whatever it does where the contract is silent.
func TestTheOtherBankIsRight(t *testing.T) {
	t.Parallel()
	for _, mood := range otherbank.Moods() {
		for name, operations := range otherTags() {
			seeds := []uint64{1}
			if !testing.Short() && name == "both" {
				seeds = []uint64{0, 2, 3}
			}
			for _, seed := range seeds {
				t.Run(fmt.Sprintf("%s/%s/%d", mood.Name, name, seed), func(t *testing.T) {
					t.Parallel()
					config := otherBank(t, mood, seed)
					config.Operations = operations
					report, err := contracttest.Run(context.Background(), config)
					if err != nil {
						t.Fatal(err)
					}
					for _, f := range report.Findings {
						t.Errorf("%s\n%s", f, f.GoTest())
					}
					if len(report.Warnings)+len(report.Unfinished) > 0 {
						t.Error(report.Warnings, report.Unfinished)
					}
					t.Log(report.Requests, "requests")
				})
			}
		}
	}
}

var _ = http.StatusOK
var _ = slices.Contains[[]int]
