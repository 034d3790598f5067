package contracttest

import (
	"maps"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// With what is given, a request needs no steps before it but those that make what a caller chooses.
func TestWhatIsGivenStandsForTheStepsThatWouldMakeIt(t *testing.T) {
	t.Parallel()
	r := &run{config: Config{AllowWrites: true}, pool: newPool(nil), controls: false}
	o := operationByID("createOnUsTransfer")
	given := []string{"/from_account/id", "/to_account/id", "pocket_id"}
	ways := r.givenWays(o, step{Prepare: o.ID, Given: given})
	if len(ways) == 0 {
		t.Fatal("there is no way")
	}
	if made := ways[0][0].Make; !maps.Equal(made, map[string]recipe.Made{"transfer_id": recipe.MadeUUID}) {
		t.Errorf("the id of the transfer is not made: %v", made)
	}
	for _, way := range ways {
		if len(way) != 2 {
			t.Errorf("%d steps", len(way))
		}
		for _, name := range way[1].uses() {
			if !slices.Contains(way[0].gives(), name) {
				t.Errorf("nobody has given %s", name)
			}
		}
	}
	// A request that needs what is neither given nor made is no way.
	for _, way := range r.givenWays(operationByID("createWire"), step{Prepare: "createWire", Given: given}) {
		for _, name := range way[1].uses() {
			if name == "counterparty_id" {
				t.Error("nobody has given counterparty_id")
			}
		}
	}
	if len(r.givenWays(operationByID("getPocket"), step{Prepare: "getPocket"})) > 0 {
		t.Error("nothing is given, and there is a way")
	}
}
