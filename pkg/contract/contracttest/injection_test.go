package contracttest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// A page that says that there is nothing is about no operation, and shows the path all the same.
func TestMarkupOfAPathThatThereIsNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, media, options string
		shown                func(path string) string
		isFound              bool
	}{
		{"a page", "text/html", "", func(path string) string { return path }, true},
		{"anything", "", "", func(path string) string { return path }, true},
		{"a picture", "image/svg+xml", "", func(path string) string { return path }, true},
		{"a page that is escaped", "text/html", "", func(path string) string {
			return strings.ReplaceAll(path, "<", "&lt;")
		}, false},
		{"JSON", "application/json", "", func(path string) string { return `{"detail":"` + path + `"}` }, false},
		{"a text", "text/plain", "", func(path string) string { return path }, false},
		{"what nobody may guess", "", "nosniff", func(path string) string { return path }, false},
	} {
		config := bank(t)
		right := config.Handler
		config.Operations, config.Phases = []string{"getHealth"}, []string{"injections"}
		config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, "<script>") {
				right.ServeHTTP(w, r)
				return
			}
			w.Header()["Content-Type"] = nil
			if c.media != "" {
				w.Header().Set("Content-Type", c.media)
			}
			if c.options != "" {
				w.Header().Set("X-Content-Type-Options", c.options)
			}
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, c.shown(r.URL.Path))
		})
		report, err := contracttest.Run(context.Background(), config)
		if err != nil {
			t.Fatal(err)
		}
		if isFound := len(report.Findings) == 1 && report.Findings[0].Check.Code == "F201"; isFound != c.isFound {
			t.Errorf("%s: %v", c.name, report.Findings)
		}
		for _, f := range report.Findings {
			if err := f.Validate(); err != nil {
				t.Error(err)
			}
		}
	}
}
