package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
)

// commonsSchema is the schema of Web Fuzzing Commons.
func commonsSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	content, err := os.ReadFile("testdata/wfc-report.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := yaml.Unmarshal(content, &decoded); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("report.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func holds(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// ofEachCheck is a report with a finding of every check.
func ofEachCheck() *contracttest.Report {
	r := &contracttest.Report{Requests: 10, Operations: []contracttest.OperationReport{{ID: "getPocket", Tag: "Pockets",
		Requests: 3, Statuses: map[int]int{0: 1, 200: 1, 999: 1}}, {ID: "getWire", Statuses: map[int]int{}}}}
	for _, check := range contracttest.Checks() {
		r.Findings = append(r.Findings, contracttest.Finding{Check: check, Operation: "getPocket",
			Operations: []string{"getPocket", "getWire"}, Expected: "this", Got: "that", Source: "RFC 9110"})
	}
	r.Findings = append(r.Findings, contracttest.Finding{Check: contracttest.Checks()[0]})
	return r
}

func TestTheJSONIsValidByTheSchemaOfWebFuzzingCommons(t *testing.T) {
	t.Parallel()
	schema := commonsSchema(t)
	for name, made := range map[string]struct {
		report *contracttest.Report
		about  report.About
	}{
		"a broken server":   {brokenReport(t).report, aboutBroken},
		"every check":       {ofEachCheck(), aboutBroken},
		"nothing":           {&contracttest.Report{}, report.About{}},
		"hostile texts":     {hostile(), aboutStrange},
		"time went back":    {&contracttest.Report{}, report.About{Took: -time.Hour}},
		"less than nothing": {&contracttest.Report{Requests: -1}, report.About{}},
	} {
		text := written(t, "JSON", made.report, made.about)
		if err := holds(t, schema, text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text[:min(len(text), 4000)])
		}
	}
	// The schema is one that refuses.
	whole := written(t, "JSON", ofEachCheck(), aboutBroken)
	for _, change := range [][2]string{{`"endpointId"`, `"endpoint"`}, {`"code": 101`, `"code": 207`},
		{`"totalNumber": `, `"totalNumber": -`}, {`"creationTime": "2026`, `"creationTime": "20`}} {
		if !strings.Contains(whole, change[0]) {
			t.Fatalf("there is no %s", change[0])
		}
		if holds(t, schema, strings.ReplaceAll(whole, change[0], change[1])) == nil {
			t.Errorf("a file with %s is valid, too", change[1])
		}
	}
}

func TestEachFaultHasACodeThatTellsItFromOthers(t *testing.T) {
	t.Parallel()
	r := ofEachCheck()
	var file struct {
		Faults struct {
			TotalNumber int
			FoundFaults []struct {
				OperationID, EndpointID, TestCaseID string
				FaultCategories                     []struct {
					Code    int
					Context string
				}
			}
		}
		TestCases []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(written(t, "JSON", r, aboutBroken)), &file); err != nil {
		t.Fatal(err)
	}
	// That of no operation is one of a code and a context that another finding has.
	if want := len(contracttest.Checks()); file.Faults.TotalNumber != want {
		t.Errorf("there are %d faults, want %d", file.Faults.TotalNumber, want)
	}
	ids := map[string]bool{}
	for _, c := range file.TestCases {
		ids[c.ID] = true
	}
	codes := map[int]string{}
	for _, f := range file.Faults.FoundFaults {
		if f.OperationID == "" || f.OperationID != f.EndpointID || !ids[f.TestCaseID] {
			t.Errorf("%+v", f)
		}
		c := f.FaultCategories[0]
		ours, _, _ := strings.Cut(c.Context, " ")
		if other := codes[c.Code]; other != "" && other != ours {
			t.Errorf("%s and %s are both written as %d", other, ours, c.Code)
		}
		codes[c.Code] = ours
	}
	for code, ours := range map[int]string{101: "F101", 206: "F206", 987: "F207", 990: "F210", 913: "F913"} {
		if codes[code] != ours {
			t.Errorf("%d stands for %q, not for %s", code, codes[code], ours)
		}
	}
	if first := file.Faults.FoundFaults[0].OperationID; first != "GET:/api/v2/pockets/{pocket_id}/" {
		t.Errorf("the operation is called %q", first)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	s := brokenReport(t)
	text := written(t, "JSON", s.report, aboutBroken)
	for name, text := range map[string]string{"as it is": text, "with a mark of Windows": "\ufeff" + text,
		"with lines of Windows": strings.ReplaceAll(text, "\n", "\r\n")} {
		file, err := report.Read(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := written(t, "JSON", file.Report, file.About); again != written(t, "JSON", s.report, aboutBroken) {
			t.Errorf("%s: what is read is another report:\n%s", name, again)
		}
		for i, f := range file.Findings() {
			want := append(append([]contracttest.Finding{}, s.report.Findings...), s.report.Excluded...)[i]
			if !reflect.DeepEqual(f.Steps, want.Steps) || f.GoTest() != want.GoTest() {
				t.Errorf("%s: the steps of finding %d are others", name, i+1)
			}
		}
	}
}

// mangled are files that somebody else has written, and what is said of them.
var mangled = []struct {
	name string
	from string
	to   string
	want string
}{
	{"no steps of ours", `"partner": {`, `"others": {`, `it has lost its member "partner"`},
	{"another tool", `"toolName": "partner contract"`, `"toolName": "EvoMaster"`, `written by "EvoMaster"`},
	{"a tool without a name", `"toolName": "partner contract",`, ``, "does not follow the report schema"},
	{"a tool with a number for a name", `"toolName": "partner contract"`, `"toolName": 5`,
		`"toolName" is of the wrong kind: number`},
	{"a newer format", `"format": 1`, `"format": 2`, `of format 2, by version "1.2.3" of this program`},
	{"no format", `"format": 1,`, ``, "does not say its format"},
	{"a format that is none", `"format": 1`, `"format": "1"`, `"format" is of the wrong kind: string`},
	{"a format of 0", `"format": 1`, `"format": 0`, "does not say its format"},
	{"an unknown member", `"seed": 7`, `"sead": 7`, `unknown field "sead"`},
	{"a number of another kind", `"seed": 7`, `"seed": 7.5`, "seed"},
	{"no report", `"report": {`, `"report": null, "report": {`, ""},
	{"an unknown check", `"code": "F101"`, `"code": "F999"`, `there is no check "F999"`},
	{"an unknown operation", `"operation": "getPocket"`, `"operation": "getPurse"`, `there is no operation "getPurse"`},
	{"another server", `"path": "/api/v1/login/"`, `"path": "@evil.example/"`,
		`the path "@evil.example/" does not begin with a slash`},
	{"another port", `"path": "/api/v1/login/"`, `"path": ":81/"`, "does not begin with a slash"},
	{"a variable for a server", `"path": "/api/v1/login/"`, `"path": "${nobody}/"`, "does not begin with a slash"},
	{"a control of the sandbox", `"path": "/api/v1/login/"`, `"path": "/__sandbox/reset/"`, "the sandbox's controls"},
	{"a path with a space", `"path": "/api/v1/login/"`, `"path": "/ HTTP/1.1"`, "a space"},
	{"a method that is a command", `"method": "POST"`, `"method": "POST; rm -rf ~"`, `"POST; rm -rf ~" is no method`},
	{"no method", `"method": "POST",`, ``, "it has no method"},
	{"an unknown judge", `"judge": "status"`, `"judge": "mob"`, `there is no judge "mob"`},
	{"less than nothing", `"requests": `, `"requests": -`, "less than 0 requests"},
}

func TestAFileThatIsBrokenForeignOrNewerIsRefused(t *testing.T) {
	t.Parallel()
	whole := withLogin(t)
	refused := func(name, text, want string) {
		t.Helper()
		file, err := report.Read(strings.NewReader(text))
		if want == "" {
			return
		}
		if !errors.Is(err, report.ErrFile) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", name, file, err, want)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%s: the error has %d characters", name, len(err.Error()))
		}
	}
	if _, err := report.Read(strings.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	for _, m := range mangled {
		if !strings.Contains(whole, m.from) {
			t.Errorf("%s: there is no %s", m.name, m.from)
			continue
		}
		refused(m.name, strings.Replace(whole, m.from, m.to, 1), m.want)
	}
	long := strings.Repeat("x", 100_000)
	refused("nothing", " \n", "there is nothing in it")
	refused("a list", "[]", "the whole is of the wrong kind: array")
	refused("no JSON", "{\n  \"a\": 1,\n  b\n}", "line 3, column 3: ")
	refused("half a file", whole[:len(whole)/2], "it ends in the middle")
	refused("two files", whole+whole, "something follows its end")
	refused("another tool with a long name", strings.Replace(whole, "partner contract", long, 1), "written by")
	refused("a long path", strings.Replace(whole, `"path": "/`, `"path": "`+long, 1), "does not begin with a slash")
	refused("a long member", strings.Replace(whole, `"seed"`, `"`+long+`"`, 1), "unknown field")
	refused("a file without end", `{"a": "`+strings.Repeat("x", report.MaxFileBytes), "larger than 64 MiB")
	refused("a deep file", strings.Repeat("[", 1<<20), "exceeded max depth")
}

// A body that is written down in short takes a line of the file, and up to 64 MiB of memory.
func TestASmallFileMakesNoManyLargeBodies(t *testing.T) {
	t.Parallel()
	whole := withLogin(t)
	const large = `{"runs":[{"text":"a","times":60000000}]}`
	before, after, _ := strings.Cut(whole, `"body": "`)
	_, after, _ = strings.Cut(after, "\n")
	for _, c := range []struct {
		name   string
		bodies []string
		want   string
	}{
		{"a small one", []string{`{"runs":[{"text":"ab","times":1000},{"text":"c"}]}`, `"a"`}, ""},
		{"one without end", []string{`{"runs":[{"text":"ab","times":9223372036854775807}]}`, `"a"`},
			"256 MiB together"},
		{"one that is larger than any", []string{`{"runs":[{"text":"a","times":70000000}]}`, `"a"`},
			"than any that is sent"},
		{"many", slices.Repeat([]string{large}, 5), "256 MiB together"},
	} {
		text := fmt.Sprintf(`%s"body": %s, "times": %d, "own_keys": true, "beside": [%s],%s`, before, c.bodies[0],
			len(c.bodies), strings.Join(c.bodies[1:], ", "), after)
		switch _, err := report.Read(strings.NewReader(text)); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (!errors.Is(err, report.ErrFile) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// withLogin is a file with a finding whose steps log in and want a status.
func withLogin(t *testing.T) string {
	t.Helper()
	var f contracttest.Finding
	if err := json.Unmarshal([]byte(`{"operation": "getPocket", "expected": "a", "got": "b", "source": "c", "steps": [
		{"operation": "login", "method": "POST", "path": "/api/v1/login/", "media": "application/json",
			"body": "{\"username\":\"${username}\",\"password\":\"${password}\"}", "keep": {"token": "/token"}},
		{"operation": "getPocket", "method": "GET", "path": "/api/v1/pockets/${nobody}/",
			"want": [{"judge": "status", "args": {"in": "404", "code": "F101"}}]}]}`), &f); err != nil {
		t.Fatal(err)
	}
	f.Check = contracttest.Checks()[1]
	return written(t, "JSON", &contracttest.Report{Seed: 7, Requests: 5, Findings: []contracttest.Finding{f}},
		aboutBroken)
}

// Whatever somebody writes into a file: it is refused, or it can be written again, in every format.
func FuzzReadReport(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add([]byte(`{"toolName": "partner contract", "schemaVersion": "0.6.0", "partner": {"format": 1, "report": {
		"findings": [{"check": {"code": "F101"}, "steps": [{"method": "GET", "path": "/", "times": 3, "body": {"base64":
		"/w=="}, "header": [{"name": "a", "value": "b"}], "make": {"x": "uuid"}, "clock": {"by": "1d"}}]}],
		"operations": [{"id": "x", "statuses": {"200": 1}}]}}}`))
	formats := slices.Sorted(maps.Keys(writers)) // The same input takes the same way.
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := report.Read(bytes.NewReader(content))
		if err != nil {
			return
		}
		for _, format := range formats {
			text := written(t, format, file.Report, file.About)
			if format == "JSON" {
				if again, err := report.Read(strings.NewReader(text)); err != nil {
					t.Errorf("what is written cannot be read: %v\n%s", err, text)
				} else if len(again.Findings()) != len(file.Findings()) {
					t.Errorf("%d findings have become %d", len(file.Findings()), len(again.Findings()))
				}
			}
		}
	})
}
