package contracttest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
	tags := []string{"Pockets", "Subscriptions", "both"}
	for i, mood := range otherbank.Moods() {
		some := tags[2:] // One after the other, or both: that takes as long.
		if i%2 == 0 {
			some = tags[:2]
		}
		for j, name := range some {
			t.Run(mood.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := otherBank(t, mood, uint64(3*i+j))
				config.Operations = otherTags()[name]
				if name == "Subscriptions" {
					config.Generated = 5 // There are many constraints, and each of them is looked at anyway.
				}
				findsNothing(t, config)
			})
		}
	}
}

// A pocket is PENDING at first, and opens between whatever two requests come then.
func TestStatesMayMoveByThemselves(t *testing.T) {
	t.Parallel()
	for _, after := range []int64{1, 2, 3, 6, 8, 11} {
		t.Run(fmt.Sprint(after, " requests later"), func(t *testing.T) {
			t.Parallel()
			config := otherBank(t, otherbank.Mood{Onboards: true, OpensAfter: after, NewestFirst: after%2 == 0}, 1)
			config.Operations = otherTags()["Pockets"]
			config.Phases = slices.DeleteFunc(contracttest.Phases(), func(phase string) bool {
				return slices.Contains([]string{"credentials", "boundaries", "echoes", "generated"}, phase)
			})
			findsNothing(t, config)
		})
	}
}

// findsNothing tests a server that is right, and each of whose operations has to have succeeded.
func findsNothing(t *testing.T, config contracttest.Config) {
	t.Helper()
	config.MaxTime = 10 * time.Minute // Whatever else the machine does, the run has to get through.
	report, err := contracttest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("%s\n%s", f, f.GoTest())
	}
	// A warning says that an operation never succeeded, or that a delivery did what it may do now and then.
	report.Warnings = slices.DeleteFunc(report.Warnings, func(text string) bool {
		return text == noSecondCaller || strings.Contains(text, "deliveries may, now and then")
	})
	if len(report.Warnings)+len(report.Unfinished) > 0 {
		t.Error(report.Warnings, report.Unfinished)
	}
	t.Logf("seed %d, %d requests", report.Seed, report.Requests)
}
