package validation

import (
	"net/url"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Reading a query in place must come to the same as url.ParseQuery.
func TestQueriesAreReadAsParseQueryDoes(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "=", "&", "%", "%61", "%2", "%zz", "%26", "+", ";", "%3B", "é", ""})
	rapid.Check(t, func(t *rapid.T) {
		query := ""
		for _, p := range rapid.SliceOfN(piece, 0, 12).Draw(t, "query") {
			query += p
		}
		want, err := url.ParseQuery(query)
		if got := wellFormed(query); got != (err == nil) {
			t.Fatalf("%q is well-formed: %v; ParseQuery: %v", query, got, err)
		}
		r := request{query: appendPairs(nil, query)}
		for _, name := range []string{"a", "b", "ab", "", "é", "a&"} {
			if got := r.appendQuery(nil, name); !slices.Equal(got, want[name]) {
				t.Fatalf("%q in %q is %q; want %q", name, query, got, want[name])
			}
		}
	})
}
