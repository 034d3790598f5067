package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/nearest"
)

func TestTheNameThatWasMeant(t *testing.T) {
	known := []string{"limit", "offset", "filter[status]", "filter[portal]", "description", "async_mode", "a", "Ärger"}
	for name, want := range map[string]string{
		"limt": "limit", "limit": "limit", "LIMIT": "limit", "ilmit": "limit", "limits": "limit",
		"filter[staus]": "filter[status]", "filter[postal]": "filter[portal]", "descriptionn": "description",
		"asyncMode": "async_mode", "ärgr": "Ärger", "b": "a",
		"cursor": "", "": "a", "something else altogether": "", strings.Repeat("a", 1000): "",
	} {
		if got, ok := nearest.Of(name, slices.Values(known)); got != want || ok != (want != "") {
			t.Errorf("Of(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
	if name, ok := nearest.Of("a", slices.Values([]string{})); ok {
		t.Errorf("of nothing, %q is the nearest", name)
	}
}

// The nearest name to a known one is itself, whatever else is known.
func TestAKnownNameIsTheNearestToItself(t *testing.T) {
	name := rapid.StringMatching(`[a-z_]{1,20}`)
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.SliceOfNDistinct(name, 1, 10, rapid.ID).Draw(t, "known")
		one := rapid.SampledFrom(known).Draw(t, "name")
		if got, ok := nearest.Of(one, slices.Values(known)); !ok || got != one {
			t.Fatalf("Of(%q) = %q, %v", one, got, ok)
		}
	})
}
