package contracttest_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// What is found is found again by its steps alone, on a server that has not seen them, and not on one that is right.
func TestFindingsAreFoundAgain(t *testing.T) {
	t.Parallel()
	again := []string{"signature-by-prefix", "token-by-prefix", "done-before-it-is-verified",
		"validated-before-it-is-verified", "good-tokens-lack-a-key", "two-words-for-a-401", "token-without-end",
		"pocket-for-each-repeat",
		"money-for-each-repeat", "replayed-and-done-again", "one-key-remembered", "change-for-each-repeat",
		"key-and-length", "key-of-no-pocket", "keys-that-begin-alike", "replayed-at-another-time",
		"invalid-requests-use-up-their-key", "strangers-use-up-keys", "money-in-a-race", "put-is-patch", "allow-one",
		"slash-or-not", "back-to-where-it-is",
		"pocket-of-anybody", "subscription-removed-in-silence", "money-from-anybody",
		"reports-go-on-with-others", "keys-of-all", "keys-used-up-by-others", "belongs-to-another",
		"any-partners-secret", "id-in-a-query", "name-on-a-page", "website-looked-at",
		"address-tried-first"}
	for _, animal := range zoo.All() {
		if !slices.Contains(again, animal.Name) {
			continue
		}
		again = slices.DeleteFunc(again, func(name string) bool { return name == animal.Name })
		t.Run(animal.Name, func(t *testing.T) {
			t.Parallel()
			right := bank
			if animal.Two {
				right = banks
			}
			report := tested(t, animal, func(c *contracttest.Config) {
				c.Stop = func(f contracttest.Finding) bool { return names([]contracttest.Finding{f}, animal) }
			})
			i := slices.IndexFunc(report.Findings, func(f contracttest.Finding) bool {
				return names([]contracttest.Finding{f}, animal)
			})
			if i < 0 {
				t.Fatalf("nothing is found: %v", report.Findings)
			}
			encoded, err := json.Marshal(report.Findings[i])
			if err != nil {
				t.Fatal(err)
			}
			var stored contracttest.Finding
			if err := json.Unmarshal(encoded, &stored); err != nil {
				t.Fatal(err)
			}
			for _, where := range []struct {
				name   string
				config contracttest.Config
				want   contracttest.Outcome
			}{
				{"the broken server", broken(t, animal), contracttest.OutcomeFailed},
				{"a right one", right(t), contracttest.OutcomeFixed},
			} {
				replayed, err := contracttest.Replay(context.Background(), where.config, []contracttest.Finding{stored})
				if err != nil {
					t.Fatal(err)
				}
				if got := replayed[0]; got.Outcome != where.want {
					t.Errorf("on %s it is %s (%v), not %s: %s", where.name, got.Outcome, got.Err, where.want, encoded)
				}
			}
		})
	}
	if len(again) > 0 {
		t.Errorf("there are no servers %v", again)
	}
}
