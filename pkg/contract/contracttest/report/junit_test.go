package report_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
)

// junit is as much of a file as readers look at.
type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
				Type    string `xml:"type,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
			Out string `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func readJUnit(t *testing.T, text string) junit {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	var read junit
	if err := d.Decode(&read); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return read
}

func TestJUnitHasACaseForEachOperationAndForEachFinding(t *testing.T) {
	t.Parallel()
	check := contracttest.Checks()
	r := &contracttest.Report{Seed: 3, Requests: 20, Warnings: []string{"all is 401"}, Unfinished: []string{"races"},
		Operations: []contracttest.OperationReport{
			{ID: "getPocket", Tag: "Pockets", Requests: 5}, {ID: "listPockets", Tag: "Pockets", Requests: 5},
			{ID: "getWire", Tag: "Wires", Requests: 5}, {ID: "createWire", Tag: "Wires"}},
		Findings: []contracttest.Finding{
			{Check: check[0], Operation: "getPocket", Operations: []string{"getPocket", "getWire"}, Place: "status",
				Rule: "500", Expected: "an answer", Got: "500"},
			{Check: check[1], Operation: "getPocket", Operations: []string{"getPocket"}, Place: "body /id"},
			{Check: check[1], Operation: "getPocket", Operations: []string{"getPocket"}, Place: "body /id"},
			{Check: check[2]},
		},
		Excluded: []contracttest.Finding{{Check: check[3], Operation: "listPockets", Reason: "from May on"}}}
	got := readJUnit(t, written(t, "JUnit", r, report.About{}))
	var cases []string
	tests, failures, skipped := 0, 0, 0
	for _, s := range got.Suites {
		if s.Tests != len(s.Cases) {
			t.Errorf("%s counts %d cases of %d", s.Name, s.Tests, len(s.Cases))
		}
		tests, failures, skipped = tests+s.Tests, failures+s.Failures, skipped+s.Skipped
		for _, c := range s.Cases {
			line := s.Name + " | " + c.Name
			if c.Failure != nil {
				line += " | " + c.Failure.Type + " | " + c.Failure.Message
			}
			if c.Skipped != nil {
				line += " | " + c.Skipped.Message
			}
			cases = append(cases, line)
		}
	}
	want := []string{
		"contract | the run",
		"contract | F102 negative_data_rejection | F102 | expected , got ",
		"Pockets | listPockets",
		"Pockets | getPocket: F100 not_a_server_error: status (500) | F100 | expected an answer, got 500",
		"Pockets | getPocket: F101 response_schema_conformance: body /id | F101 | expected , got ",
		"Pockets | getPocket: F101 response_schema_conformance: body /id #2 | F101 | expected , got ",
		"Pockets | listPockets: F103 use_after_free | expected: from May on",
		"Wires | createWire | it was not called",
		"Wires | getWire: F100 not_a_server_error: status (500) | F100 | expected an answer, got 500",
	}
	if !slices.Equal(cases, want) {
		t.Errorf("the cases are\n%s\nwant\n%s", strings.Join(cases, "\n"), strings.Join(want, "\n"))
	}
	if got.Tests != tests || got.Failures != failures || got.Skipped != skipped || failures != 5 || skipped != 2 {
		t.Errorf("it counts %d, %d, %d; there are %d, %d, %d", got.Tests, got.Failures, got.Skipped,
			tests, failures, skipped)
	}
	out := got.Suites[0].Cases[0].Out
	for _, text := range []string{"FAILED: 4 findings", "warning: all is 401", "the phase races is not through"} {
		if !strings.Contains(out, text) {
			t.Errorf("the output of the run does not say %q: %s", text, out)
		}
	}
}

func TestJUnitIsValid(t *testing.T) {
	t.Parallel()
	xmllint := tool(t, "xmllint", "libxml2-utils")
	folder := t.TempDir()
	validate := func(name, text string) error {
		path := filepath.Join(folder, name+".xml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(xmllint, "--noout", "--nonet", "--schema", "testdata/junit.xsd", path).CombinedOutput()
		if err != nil {
			t.Logf("%s: %s", name, out[:min(len(out), 2000)])
		}
		return err
	}
	for name, text := range map[string]string{
		"broken":  written(t, "JUnit", brokenReport(t).report, aboutBroken),
		"each":    written(t, "JUnit", ofEachCheck(), aboutBroken),
		"nothing": written(t, "JUnit", &contracttest.Report{}, report.About{}),
		"hostile": written(t, "JUnit", hostile(), aboutStrange),
	} {
		readJUnit(t, text)
		if validate(name, text) != nil {
			t.Errorf("%s is not valid", name)
		}
	}
	if validate("refused", `<testsuites name="x"/>`) == nil {
		t.Error("the schema refuses nothing")
	}
}

func TestWhatIsStrangeStaysTextInJUnit(t *testing.T) {
	t.Parallel()
	got := readJUnit(t, written(t, "JUnit", hostile(), aboutStrange))
	found := 0
	for _, s := range got.Suites {
		for _, c := range s.Cases {
			if c.Failure == nil {
				continue
			}
			found++
			for _, text := range []string{"</script><script>alert(1)</script>", "]]>", `"'`, "&amp;", "é 日本"} {
				if !strings.Contains(c.Failure.Message, text) || !strings.Contains(c.Failure.Text, text) {
					t.Errorf("%q has no %q", c.Failure.Message, text)
				}
			}
		}
	}
	if found != 8 {
		t.Errorf("there are %d failures, want 8", found)
	}
}

// Who reads the file alone must not take a run that broke off for one that found nothing.
func TestARunThatBrokeOffIsAnErrorInJUnit(t *testing.T) {
	t.Parallel()
	r := &contracttest.Report{Error: "there is no server any more", Requests: 5,
		Operations: []contracttest.OperationReport{{ID: "getPocket", Tag: "Pockets", Requests: 5}}}
	text := written(t, "JUnit", r, report.About{})
	if strings.Count(text, `errors="1"`) != 2 ||
		!strings.Contains(text, `<error message="there is no server any more"`) {
		t.Error(text)
	}
}
