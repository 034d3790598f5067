package report_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
)

var escapeCode = regexp.MustCompile(`\x1b\[[0-9]+m`)

func TestTheTextGroupsFindingsByTheirChecksAndNumbersThem(t *testing.T) {
	t.Parallel()
	check := contracttest.Checks()
	r := &contracttest.Report{Seed: 42, Requests: 1234, Warnings: []string{strings.Repeat("word ", 30) + "end"},
		Operations: []contracttest.OperationReport{{ID: "getPocket", Requests: 1234}},
		Findings: []contracttest.Finding{
			{Check: check[1], Operations: []string{"getPocket"}, Place: "body /id", Rule: "required", Expected: "an id",
				Got: "none", Source: "#/paths/~1pockets", Evidence: "reference", Confirmed: true},
			{Check: check[0], Expected: "an answer", Got: "500", Source: "RFC 9110"},
			{Check: check[1], Operations: []string{"getWire"}, Confirmed: true},
		},
		Excluded: []contracttest.Finding{{Check: check[2], Operation: "getWire", Reason: "from May on"}}}
	want := `F101 response_schema_conformance: An answer is not what the contract describes.
   1  getPocket
      place     body /id (required)
      expected  an id
      got       none
      source    #/paths/~1pockets
      evidence  reference
   2  getWire

F100 not_a_server_error: The server answers with a status of 500 or more.
   3  no operation in particular
      expected  an answer
      got       500
      source    RFC 9110
      note      its steps have not shown it again

expected: getWire: F102 negative_data_rejection: from May on
warning: word word word word word word word word word word word word word word word word word word
         word word word word word word word word word word word word end
FAILED: 3 findings in 1,234 requests to 1 operation, seed 42
`
	if got := written(t, "text", r, report.About{}); got != want {
		t.Errorf("it is\n%s\nwant\n%s", got, want)
	}
}

func TestTheLastLineIsTheVerdict(t *testing.T) {
	t.Parallel()
	operations := []contracttest.OperationReport{{ID: "getPocket", Requests: 5}}
	found := []contracttest.Finding{{Check: contracttest.Checks()[0]}}
	for _, c := range []struct {
		name   string
		report contracttest.Report
		want   string
	}{
		{"a finding", contracttest.Report{Findings: found, Operations: operations, Requests: 5},
			"FAILED: 1 finding in 5 requests to 1 operation, seed 0"},
		{"none", contracttest.Report{Operations: operations, Requests: 5},
			"PASSED: no findings in 5 requests to 1 operation, seed 0"},
		{"an expected one", contracttest.Report{Excluded: found, Operations: operations, Requests: 5},
			"PASSED: no findings in 5 requests to 1 operation, seed 0"},
		{"a warning", contracttest.Report{Warnings: []string{"x"}, Operations: operations, Requests: 5},
			"PASSED, but read the warnings: no findings in 5 requests to 1 operation, seed 0"},
		{"a phase that is not through", contracttest.Report{Unfinished: []string{"x"}, Operations: operations},
			"PASSED, but read the warnings: no findings in 0 requests to 1 operation, seed 0"},
		{"an error", contracttest.Report{Error: "it ended", Operations: operations, Requests: 5},
			"NOT TESTED TO THE END: no findings in 5 requests to 1 operation, seed 0"},
		{"nothing called", contracttest.Report{}, "PROVED NOTHING: no operation was called, seed 0"},
	} {
		lines := strings.Split(strings.TrimSuffix(written(t, "text", &c.report, report.About{}), "\n"), "\n")
		if got := lines[len(lines)-1]; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTheTextStaysWithinItsColumnsAndObeysNobody(t *testing.T) {
	t.Parallel()
	long := hostile()
	long.Findings[0].Expected = strings.Repeat("x", 1000) + " " + strings.Repeat("é", 95) + " y"
	long.Findings[1].Check.Name = strings.Repeat("n", 300)
	for name, r := range map[string]*contracttest.Report{"broken": brokenReport(t).report, "hostile": long,
		"each check": ofEachCheck(), "nothing": {}} {
		inColor := written(t, "text in color", r, report.About{})
		bare := escapeCode.ReplaceAllString(inColor, "")
		if written(t, "text", r, report.About{}) != bare {
			t.Errorf("%s: what is colored does not read the same", name)
		}
		if inColor == bare {
			t.Errorf("%s: there are no colors", name)
		}
		for line := range strings.Lines(bare) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > 100 {
				t.Errorf("%s: a line has %d columns: %s", name, n, line)
			}
			if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%s: a terminal would obey %q", name, line)
			}
		}
	}
}

// Each phase on a line of its own would hide what else is said.
func TestPhasesThatAreNotThroughAreOneWarning(t *testing.T) {
	t.Parallel()
	r := &contracttest.Report{Unfinished: []string{"races", "pages"}}
	text := written(t, "text", r, report.About{})
	if !strings.Contains(text, "2 phases are not through (races, pages): ") || strings.Count(text, "warning:") != 1 {
		t.Error(text)
	}
}
