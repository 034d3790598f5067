package recipe_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
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
	if _, err := running.Sandbox.Balances(); err != nil {
		t.Error(err)
	}
}

// Recipes ask for no day and no order: here they are followed from a Saturday night on, shuffled.
func TestRecipesAreFollowedInAnyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("it follows all of them once more")
	}
	running := sandbox.Start(t, sandbox.Config{CustomerUpdates: true, Seed: 7,
		Clock: time.Date(2026, 12, 27, 3, 0, 0, 0, time.UTC)})
	runner := &recipe.Runner{BaseURL: running.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret}
	recipes := recipe.All()
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(recipes), func(i, j int) {
		recipes[i], recipes[j] = recipes[j], recipes[i]
	})
	for _, failure := range runner.Check(t.Context(), recipes).Failures {
		t.Error(failure)
	}
}

// There is a recipe for each pair of an operation and a status that the contract names, and for each value of each
// status.
func TestEverythingOfTheContractHasARecipe(t *testing.T) {
	pairs, states := recipe.Missing()
	for _, p := range pairs {
		t.Errorf("there is no recipe for %s", p)
	}
	for _, s := range states {
		t.Errorf("there is no recipe for %s", s)
	}
	if len(recipe.Pairs()) < 250 || len(recipe.States()) < 100 {
		t.Errorf("the contract has %d pairs and %d states", len(recipe.Pairs()), len(recipe.States()))
	}
}
