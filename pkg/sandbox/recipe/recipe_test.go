package recipe_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/recipe"
)

// Every recipe leads where it says.
func TestEveryRecipeIsFollowed(t *testing.T) {
	running := sandbox.Start(t, sandbox.Config{CustomerUpdates: true,
		Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
	runner := &recipe.Runner{BaseURL: running.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret}
	for _, r := range recipe.All() {
		t.Run(r.Name(), func(t *testing.T) {
			if err := runner.Run(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	t.Logf("%d requests", runner.Requests)
	if _, err := running.Sandbox.Balances(); err != nil {
		t.Error(err)
	}
}

// There is a recipe for each pair of an operation and a status that the contract names.
func TestEveryPairOfTheContractHasARecipe(t *testing.T) {
	for _, p := range recipe.Pairs() {
		if !slices.ContainsFunc(recipe.All(), func(r recipe.Recipe) bool {
			return r.Operation == p.Operation && r.Status == p.Status
		}) {
			t.Errorf("%s has none", p)
		}
	}
}

// There is a recipe for each value of each status that the contract has.
func TestEveryStateOfTheContractHasARecipe(t *testing.T) {
	for _, s := range recipe.States() {
		if !slices.ContainsFunc(recipe.All(), func(r recipe.Recipe) bool {
			return r.Object == s.Object && r.State == s.Value
		}) {
			t.Errorf("%s has none", s)
		}
	}
}
