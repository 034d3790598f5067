package contracttest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// What one finding has used up, of time and of patience with a server that does not answer, is not the next one's.
func TestEachFindingIsReplayedForItself(t *testing.T) {
	t.Parallel()
	var f contracttest.Finding
	if err := json.Unmarshal([]byte(`{"check":{"code":"F930"},"operation":"getHealth","place":"connection",
		"rule":"broken","steps":[{"operation":"getHealth","method":"GET","path":"/health"}]}`), &f); err != nil {
		t.Fatal(err)
	}
	config := bank(t)
	right := config.Handler
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			time.Sleep(300 * time.Millisecond)
			panic(http.ErrAbortHandler)
		}
		right.ServeHTTP(w, r)
	})
	config.MaxTime, config.MaxRequests = time.Second, 2
	replayed, err := contracttest.Replay(t.Context(), config, []contracttest.Finding{f, f, f, f, f, f})
	if err != nil || len(replayed) != 6 {
		t.Fatalf("%d findings: %v", len(replayed), err)
	}
	for i, done := range replayed {
		if done.Outcome != contracttest.OutcomeFailed {
			t.Errorf("finding %d: %s %v", i+1, done.Outcome, done.Err)
		}
	}
}
