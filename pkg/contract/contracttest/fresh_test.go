package contracttest_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// needing are servers whose faults need something before they show: a request that was right, a login, a list that is
// longer than a page, luck.
var needing = []string{"pages-by-number", "pages-by-time", "refused-and-made", "refused-transfer-has-an-id",
	"password-by-prefix", "signature-by-prefix", "replayed-and-done-again", "login-in-a-query", "money-in-a-race"}

// What is confirmed is shown by its steps on a server that has seen nothing else: by the findings of a few broken
// servers, and by those of all where make zoo asks for it.
func TestConfirmedFindingsAreShownByAFreshServer(t *testing.T) {
	t.Parallel()
	all := os.Getenv("ZOO_TABLE") != ""
	left := slices.Clone(needing)
	for _, animal := range zoo.All() {
		if !all && !slices.Contains(needing, animal.Name) {
			continue
		}
		left = slices.DeleteFunc(left, func(name string) bool { return name == animal.Name })
		t.Run(animal.Name, func(t *testing.T) {
			t.Parallel()
			report := tested(t, animal, nil)
			isConfirmed := false
			for _, f := range report.Findings {
				if !f.Confirmed {
					continue
				}
				isConfirmed = isConfirmed || names([]contracttest.Finding{f}, animal)
				replayed, err := contracttest.Replay(context.Background(), broken(t, animal), []contracttest.Finding{f})
				if err != nil {
					t.Fatal(err)
				}
				if got := replayed[0]; got.Outcome != contracttest.OutcomeFailed {
					steps, _ := json.Marshal(f.Steps)
					t.Errorf("it is %s (%v): %s\n%s", got.Outcome, got.Err, f, steps)
				}
			}
			switch {
			case !isConfirmed && slices.Contains(needing, animal.Name):
				t.Errorf("nothing about the cause is confirmed: %v", report.Findings)
			case !isConfirmed:
				t.Logf("nothing about the cause is confirmed: %v", report.Findings)
			}
		})
	}
	if len(left) > 0 {
		t.Errorf("there are no servers %v", left)
	}
}
