package contracttest_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// Nobody is asked for the clock of a sandbox who may not be one, and whoever has none is not asked to move it.
func TestTheClockOfASandboxIsAskedForWhereItMayBeMoved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*contracttest.Config)
		// clock is what the server answers instead of the sandbox.
		clock        string
		asked, moved bool
	}{
		{"a sandbox that is written to", func(*contracttest.Config) {}, "", true, true},
		{"a run that only reads", func(c *contracttest.Config) { c.AllowWrites = false }, "", false, false},
		{"a run that moves no clock", func(c *contracttest.Config) { c.NoControls = true }, "", false, false},
		{"a server that answers JSON to everything", func(*contracttest.Config) {}, `{"status":"ok"}`, true, false},
		{"one that answers a list", func(*contracttest.Config) {}, `[]`, true, false},
		{"one that answers null", func(*contracttest.Config) {}, `null`, true, false},
		{"one that says the time", func(*contracttest.Config) {}, `{"time":"2026-01-01T00:00:00Z"}`, true, false},
		{"one with a time that is none", func(*contracttest.Config) {}, `{"time":"now","frozen":true}`, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := bank(t)
			config.Operations, config.Phases = []string{"listReportRequests"}, []string{"pages"}
			c.change(&config)
			inner := config.Handler
			var mu sync.Mutex
			asked := map[string]int{}
			config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, "/__sandbox/") {
					inner.ServeHTTP(w, r)
					return
				}
				mu.Lock()
				asked[r.Method]++
				mu.Unlock()
				if c.clock == "" {
					inner.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, c.clock)
			})
			if _, err := contracttest.Run(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			if (asked[http.MethodGet] > 0) != c.asked || (asked[http.MethodPost] > 0) != c.moved {
				t.Errorf("below the controls there were %v", asked)
			}
		})
	}
}
