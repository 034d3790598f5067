package contracttest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// A run that is told to stop ends with what it has found, made as small as ever, and says what it has not got to.
func TestARunStopsWhenEnoughIsFound(t *testing.T) {
	t.Parallel()
	config := bank(t)
	right := config.Handler
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/agreements/" && r.Method == http.MethodGet {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		right.ServeHTTP(w, r)
	})
	config.Operations = []string{"listAgreements", "listPockets"}
	asked := 0
	config.Stop = func(f contracttest.Finding) bool {
		asked++
		return f.Operation == "listAgreements"
	}
	report, err := contracttest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	if asked != 1 || len(report.Findings) != 1 || !report.Findings[0].Confirmed {
		t.Errorf("asked %d times: %v", asked, report.Findings)
	}
	if !slices.Contains(report.Unfinished, "boundaries") || report.Requests > 200 {
		t.Errorf("%d requests, unfinished: %v", report.Requests, report.Unfinished)
	}
}
