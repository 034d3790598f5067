package contracttest

import (
	"slices"
	"testing"
)

// What a finding says is of the way that it shows.
func TestTheShortestWaySaysWhatItShows(t *testing.T) {
	t.Parallel()
	long := &Finding{Operation: "a", Operations: []string{"a"}, Expected: "A", Got: "A", Source: "A", Evidence: "A",
		Count: 1, Steps: Steps{{Path: "1"}, {Path: "2"}}, key: "A"}
	long.join(&Finding{Operation: "b", Operations: []string{"b"}, Expected: "B", Got: "B", Source: "B", Evidence: "B",
		Count: 2, Steps: Steps{{Path: "3"}}, key: "B"})
	if long.Operation+long.Expected+long.Got+long.Source+long.Evidence+long.key != "bBBBBB" || long.Count != 3 ||
		!slices.Equal(long.Operations, []string{"a", "b"}) || len(long.Steps) != 1 {
		t.Errorf("%+v", long)
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		failures []failure
		want     int
	}{
		{"two that fail", []failure{{code: codeServerError, operation: "a"},
			{code: codeServerError, operation: "b"}}, 2},
		{"two that take any signature", []failure{{code: codeSignature, operation: "a"},
			{code: codeSignature, operation: "b"}}, 1},
		{"a header of two", []failure{{code: codeInvalid, operation: "a", place: placeKey},
			{code: codeInvalid, operation: "b", place: placeKey}}, 1},
		{"either of two, and either of one of them and a third",
			slices.Concat(blame(failure{code: codeMoney}, "a", "b"), blame(failure{code: codeMoney}, "c", "b")), 1},
		{"either of two, and either of two others",
			slices.Concat(blame(failure{code: codeMoney}, "a", "b"), blame(failure{code: codeMoney}, "c", "d")), 2},
		{"errors that are all written alike", []failure{{code: codeSchema, operation: "a", shared: true},
			{code: codeSchema, operation: "b", shared: true}}, 1},
	} {
		var all causes
		for _, f := range c.failures {
			all.saw(f)
		}
		seen := map[string]bool{}
		for _, f := range c.failures {
			seen[all.of(&Finding{Check: checkByCode(f.code), Operation: f.operation, Place: f.place, Rule: f.rule,
				key: f.key()})] = true
		}
		if len(seen) != c.want {
			t.Errorf("%s: %d causes", c.name, len(seen))
		}
	}
}
