package validation

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
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

// The limit is that of net/url, whatever GODEBUG makes of it.
func TestTheLimitOfAQueryIsThatOfItsReader(t *testing.T) {
	for setting, want := range map[string]int{"": 10_000, "urlmaxqueryparams=9": 8, "urlmaxqueryparams=5000": 4_999,
		"urlmaxqueryparams=0": maxQueried, "urlmaxqueryparams=20000": 19_999, "urlmaxqueryparams=1": 0} {
		t.Setenv("GODEBUG", setting)
		if got := queryLimit(); got != want {
			t.Errorf("%s: %d; want %d", setting, got, want)
		}
	}
	t.Setenv("GODEBUG", "urlmaxqueryparams=9")
	v, err := Load([]byte(twoPaths), Config{})
	if err != nil {
		t.Fatal(err)
	}
	for n, ok := range map[int]bool{1: true, 8: true, 9: false, 20: false} {
		r := httptest.NewRequest("GET", "/b/?q=1"+strings.Repeat("&x", n-1), nil)
		if err := v.CheckRequest(r); (err == nil) != ok || (r.URL.Query().Get("q") == "1") != ok {
			t.Errorf("%d parameters: %v; the handler reads %q", n, err, r.URL.Query().Get("q"))
		}
	}
}
