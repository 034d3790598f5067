package contracttest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestThePoolKeepsIDsOfWhatPathsAskFor(t *testing.T) {
	t.Parallel()
	p := newPool(nil)
	p.search(map[string]any{"pocket_id": "1", "items": []any{map[string]any{"wire_id": "2", "a1_id": "3"}},
		"document_type": "4"}, &source{}, "")
	if !slices.Equal(sortedKeys(p.ids), []string{"pocket_id", "wire_id"}) {
		t.Errorf("it has %v", p.ids)
	}
}

// An id need not be one of the contract's, neither a server's nor one that the user of a run has given.
func TestAnOddIDIsSentAsItIs(t *testing.T) {
	t.Parallel()
	const odd = "%zz/${password}?"
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", mediaJSON)
		if r.URL.Path == "/api/v1/login/" {
			_, _ = w.Write([]byte(`{"token":"a"}`))
			return
		}
		sent = append(sent, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	r := newTestRun(t, Config{URL: server.URL, Username: "acme", Password: signing.NewSecret("password"),
		AllowWrites: true, SigningSecret: signing.NewSecret("signing-secret"),
		Known: map[string][]string{"pocket_id": {odd}}})
	for _, way := range r.pool.ways(r, operationByID("getPocket")) {
		if _, err := r.try(t.Context(), way); err != nil {
			t.Error(err)
		}
	}
	r.subscriptions = []made{{"", odd}, {"", "another"}}
	if left := r.clean(t.Context()); left != 0 || len(r.subscriptions) != 0 {
		t.Errorf("%d are left, and %v are known", left, r.subscriptions)
	}
	want := []string{"/api/v2/pockets/" + odd + "/", "/api/v1/subscriptions/" + odd + "/",
		"/api/v1/subscriptions/another/"}
	if !slices.Equal(sent, want) {
		t.Errorf("the paths are %q", sent)
	}
}
