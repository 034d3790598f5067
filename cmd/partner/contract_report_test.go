package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// answers is a transport that answers everything alike.
type answers struct {
	status int
	body   string
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// reported calls two operations, one of which is refused, and returns the folder of the report.
func reported(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	t.Setenv(contracttest.DirectoryVariable, folder)
	t.Run("of somebody", func(t *testing.T) {
		for target, answer := range map[string]answers{
			"/api/v2/pockets/?limit=1": {http.StatusOK, `{"items":[]}`},
			"/api/v1/agreements/":      {http.StatusUnprocessableEntity, `{"detail":[]}`},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://bank.example"+target, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Jiko-Idempotency", key)
			r.Header.Set("X-Jiko-Signature", agreements)
			response, err := contracttest.Transport(t, answer).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
		}
	})
	return folder
}

func TestTheReportOfWhatTestsHaveSeen(t *testing.T) {
	folder := reported(t)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout []string
		stderr string
	}{
		{"a table", []string{folder}, exitOK, []string{"OPERATION", "\nPockets\n", "  listPockets ", " yes ",
			" 200 (422) ",
			" 1/5 ", " refused ",
			"seen by test processes: 1\n  1 of 99 operations (and 1 only refused), 2 of 258 statuses,\n"}, ""},
		{"the folder of the variable", nil, exitOK, []string{"1 of 99 operations"}, ""},
		{"some operations", []string{folder, "--operations", "listPockets, getPocket"}, exitOK,
			[]string{"1 of 2 operations", " never "}, ""},
		{"a minimum that is reached", []string{folder, "--operations", "listPockets", "--minimum",
			"operations=100,statuses=50%"}, exitOK, []string{"1 of 1 operations"}, ""},
		{"a minimum that is not reached", []string{folder, "--tags", "Pockets", "--minimum", "operations=50"},
			exitFailure,
			[]string{"1 of "}, "and not 50 %: listCustomerPockets, "},
		{"what was only refused", []string{folder, "--operations", "listAgreements", "--minimum", "operations=1"},
			exitFailure, []string{"0 of 1 operations (and 1 only refused)"}, "and not 1 %: listAgreements\n"},
		{"a share that is none", []string{folder, "--minimum", "operations=101"}, exitUsage, nil,
			"--minimum (or JIKO_CON"},
		{"a share of nothing", []string{folder, "--minimum", "wires=1"}, exitUsage, nil,
			"--minimum (or JIKO_CONTRACT_RE"},
		{"an operation that there is not", []string{folder, "--operations", "listPokets"}, exitUsage, nil,
			`no operation "listPokets"`},
		{"a tag that there is not", []string{folder, "--tags", "Wire"}, exitUsage, nil, `no tag "Wire"`},
		{"two folders", []string{folder, folder}, exitUsage, nil, "takes one folder, got 2"},
		{"an empty folder", []string{t.TempDir()}, exitUsage, nil, "no test has written what it saw there"},
		{"no folder", []string{filepath.Join(folder, "none")}, exitUsage, nil, "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := execute(t, environment{contracttest.DirectoryVariable: folder}, "",
				append([]string{"contract", "report"}, c.args...)...)
			if got.status != c.status || !strings.Contains(got.stderr, c.stderr) || c.stderr == "" &&
				got.stderr != "" ||
				c.stdout == nil && got.stdout != "" {
				t.Errorf("status %d, want %d\n%s\n%s", got.status, c.status, got.stdout, got.stderr)
			}
			for _, want := range c.stdout {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("want %q in\n%s", want, got.stdout)
				}
			}
			for line := range strings.Lines(got.stdout) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
	if got := execute(t, nil, "", "contract", "report"); got.status != exitUsage ||
		!strings.Contains(got.stderr, "missing the folder of the reports, or PARTNER_CONTRACT_DIR") {
		t.Errorf("%d %s", got.status, got.stderr)
	}
	var report struct {
		Processes  int
		Totals     contracttest.Totals
		Operations []contracttest.OperationCoverage
	}
	got := execute(t, nil, "", "contract", "report", folder, "--json")
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil || report.Processes != 1 ||
		report.Totals.Operations != (contracttest.Count{Seen: 1, All: 99}) || len(report.Operations) != 99 {
		t.Errorf("%v\n%s", err, got.stdout)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if err := os.WriteFile(names[0], []byte(`{"format":1,"version":"0","digest":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := execute(t, nil, "", "contract", "report", folder); got.status != exitUsage ||
		!strings.Contains(got.stderr, "it was written with another contract") {
		t.Errorf("%d %s", got.status, got.stderr)
	}
}
