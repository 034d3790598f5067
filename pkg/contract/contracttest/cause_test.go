package contracttest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// Whoever mends one of two operations wants to know of the other, and how to see it.
func TestTwoOperationsThatFailAreTwoFindings(t *testing.T) {
	t.Parallel()
	config := bank(t)
	right := config.Handler
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isList := r.Method == http.MethodGet && r.URL.Path == "/api/v2/pockets/"
		if isList || r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/subscriptions/") {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		right.ServeHTTP(w, r)
	})
	config.Operations = []string{"listPockets", "createSubscription"}
	config.Phases = []string{"examples", "credentials", "signatures"}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]contracttest.Finding{}
	for _, f := range report.Findings {
		if f.Check.Code == "F100" {
			of[strings.Join(f.Operations, " ")] = f
		}
	}
	for _, id := range config.Operations {
		f, has := of[id]
		if !has || f.Operation != id || !f.Confirmed || !strings.Contains(f.GoTest(), `"operation":"`+id+`"`) {
			t.Errorf("of %s there is %v", id, of)
		}
	}
	replayed, err := contracttest.Replay(t.Context(), config, report.Findings)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range replayed {
		if r.Outcome != contracttest.OutcomeFailed {
			t.Errorf("%s: %s, %v", r.Finding, r.Outcome, r.Err)
		}
	}
}

// What is wrong for all is told once.
func TestWhatTheServerDoesForAllIsOneFinding(t *testing.T) {
	t.Parallel()
	config := bank(t)
	right := config.Handler
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", "no quotes")
		right.ServeHTTP(w, r)
	})
	config.Operations, config.Phases = []string{"listPockets", "getHealth", "listEventTypes"}, []string{"examples"}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 1 || len(report.Findings[0].Operations) < 3 ||
		!slices.Contains(report.Findings[0].Operations, report.Findings[0].Operation) {
		t.Errorf("%v", report.Findings)
	}
}
