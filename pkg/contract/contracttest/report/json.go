package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

const (
	// schemaVersion is the release of Web Fuzzing Commons whose schema the file follows.
	schemaVersion = "0.6.0"
	// toolName tells files of ours from those of others that follow the same schema.
	toolName = "partner contract"
	// format is that of our own member. One that is read in another way gets another number.
	format = 1
)

// commons is a file by the report schema of Web Fuzzing Commons.
type commons struct {
	SchemaVersion string     `json:"schemaVersion"`
	ToolName      string     `json:"toolName"`
	ToolVersion   string     `json:"toolVersion"`
	CreationTime  time.Time  `json:"creationTime"`
	Seconds       int64      `json:"executionTimeInSeconds"`
	TotalTests    int        `json:"totalTests"`
	TestFilePaths []string   `json:"testFilePaths"`
	TestCases     []testCase `json:"testCases"`
	Faults        faults     `json:"faults"`
	Problem       problem    `json:"problemDetails"`
	Warnings      []warning  `json:"warnings"`
	Partner       partner    `json:"partner"`
}

type testCase struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type faults struct {
	TotalNumber int          `json:"totalNumber"`
	Found       []foundFault `json:"foundFaults"`
}

// foundFault has the operation by both names that the schema has for it: one it requires, the other it describes.
type foundFault struct {
	OperationID string     `json:"operationId"`
	EndpointID  string     `json:"endpointId"`
	TestCaseID  string     `json:"testCaseId"`
	Categories  []category `json:"faultCategories"`
}

type category struct {
	Code    int    `json:"code"`
	Context string `json:"context"`
}

type problem struct {
	REST rest `json:"rest"`
}

type rest struct {
	Output    int       `json:"outputHttpCalls"`
	Evaluated int       `json:"evaluatedHttpCalls"`
	Endpoints []string  `json:"endpointIds"`
	Covered   []covered `json:"coveredHttpStatus"`
}

type covered struct {
	EndpointID string `json:"endpointId"`
	TestCaseID string `json:"testCaseId"`
	Statuses   []int  `json:"httpStatus"`
}

type warning struct {
	Message  string `json:"message"`
	Category string `json:"category"`
}

// partner is our own member: all that was seen.
type partner struct {
	Format int                  `json:"format"`
	About  About                `json:"about"`
	Report *contracttest.Report `json:"report"`
}

// theRun is the test case that all requests belong to. The others are those of findings.
const theRun = "run"

// WriteJSON writes a report by the schema of Web Fuzzing Commons. [Read] reads it.
func WriteJSON(w io.Writer, r *contracttest.Report, a About) error {
	a = a.public()
	file := commons{
		SchemaVersion: schemaVersion, ToolName: toolName, ToolVersion: a.Version, CreationTime: a.ended(),
		Seconds: max(int64(a.Took/time.Second), 0), TestFilePaths: []string{},
		TestCases: []testCase{{theRun, "all requests of the run"}},
		Faults:    faults{Found: []foundFault{}},
		Problem: problem{rest{Evaluated: max(r.Requests, 0), Endpoints: []string{},
			Covered: []covered{}}},
		Warnings: []warning{}, Partner: partner{format, a, r},
	}
	contexts := map[category]bool{}
	for i, f := range r.Findings {
		id := "finding-" + strconv.Itoa(i+1)
		name := f.Check.String()
		if f.Operation != "" {
			name = f.Operation + ": " + name
		}
		file.TestCases = append(file.TestCases, testCase{id, name})
		file.Problem.REST.Output += f.Steps.Requests()
		fault := category{faultCode(f.Check.Code), contextOf(f)}
		contexts[fault] = true
		endpoints := about(f)
		if len(endpoints) == 0 {
			endpoints = []string{"*"} // It is about no operation, and the schema wants one.
		}
		for _, o := range endpoints {
			file.Faults.Found = append(file.Faults.Found, foundFault{endpoint(o), endpoint(o), id, []category{fault}})
		}
	}
	file.TotalTests, file.Faults.TotalNumber = len(file.TestCases), len(contexts)
	for _, o := range r.Operations {
		id := endpoint(o.ID)
		if slices.Contains(file.Problem.REST.Endpoints, id) {
			continue
		}
		file.Problem.REST.Endpoints = append(file.Problem.REST.Endpoints, id)
		if o.Requests == 0 {
			continue
		}
		seen := covered{id, theRun, []int{}}
		for _, status := range slices.Sorted(maps.Keys(o.Statuses)) {
			if status >= 100 && status <= 599 { // The schema has no others. Ours are in our own member.
				seen.Statuses = append(seen.Statuses, status)
			}
		}
		file.Problem.REST.Covered = append(file.Problem.REST.Covered, seen)
	}
	for _, message := range r.Warnings {
		file.Warnings = append(file.Warnings, warning{message, "coverage"})
	}
	if text := unfinished(r.Unfinished); text != "" {
		file.Warnings = append(file.Warnings, warning{text, "bounds"})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(file); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// ended is when the run did.
func (a About) ended() time.Time {
	if a.Started.IsZero() {
		return time.Now().UTC().Truncate(time.Second)
	}
	return a.Started.Add(a.Took).UTC().Truncate(time.Second)
}

// faultCode is a code as the schema lets it through.
func faultCode(code string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(code, "F"))
	switch {
	case err == nil && (n >= 100 && n <= 104 || n >= 200 && n <= 206 || n >= 900 && n <= 999):
		return n
	case err == nil && n >= 207 && n <= 210:
		return n + 780
	}
	return 999
}

// contextOf tells a finding from others of its code.
func contextOf(f contracttest.Finding) string {
	text := f.Check.String()
	if place := where(f); place != "" {
		text += ": " + place
	}
	return text
}
