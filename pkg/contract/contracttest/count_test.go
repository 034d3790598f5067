package contracttest_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// A report says what the server was asked, whatever for.
func TestAReportCountsAllRequests(t *testing.T) {
	t.Parallel()
	config := bank(t)
	right, arrived := config.Handler, atomic.Int64{}
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		right.ServeHTTP(w, r)
	})
	config.Operations = []string{"listPockets", "createSubscription"}
	config.Phases = []string{"examples", "credentials", "ended tokens", "deliveries"}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if int(arrived.Load()) != report.Requests || report.Requests == 0 {
		t.Errorf("%d have arrived, and the report has %d", arrived.Load(), report.Requests)
	}
}
