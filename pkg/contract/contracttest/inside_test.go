package contracttest_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// answers is what a run says of the health check, if it is answered like this.
func answers(t *testing.T, answer http.HandlerFunc) (codes []string) {
	t.Helper()
	config := bank(t)
	right := config.Handler
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "health") {
			answer(w, r)
			return
		}
		right.ServeHTTP(w, r)
	})
	config.Operations, config.Phases, config.MaxAnswerBytes = []string{"getHealth"}, []string{"examples"}, 1<<20
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		codes = append(codes, f.Check.Code)
	}
	return codes
}

func TestALargeAnswerHasAnEnd(t *testing.T) {
	t.Parallel()
	large := func(media string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			_, _ = io.WriteString(w, `"`+strings.Repeat("a", 3<<20)+`"`)
		}
	}
	if got := answers(t, large("application/pdf")); slices.Contains(got, "F930") || !slices.Contains(got, "F921") {
		t.Errorf("a file: %v", got)
	}
	if got := answers(t, large("application/json")); !slices.Contains(got, "F930") {
		t.Errorf("JSON: %v", got)
	}
	if got := answers(t, endless); !slices.Contains(got, "F930") {
		t.Errorf("without end: %v", got)
	}
}
