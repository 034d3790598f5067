package report

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// About is what a report does not know of its run. All of it may be left out.
type About struct {
	// URL is that of the server. Whatever credentials it has are left out.
	URL string `json:"url,omitempty"`
	// Version is that of the program.
	Version string        `json:"version,omitempty"`
	Started time.Time     `json:"started,omitzero"`
	Took    time.Duration `json:"took,omitempty"`
	// Writes, Operations, MaxRequests and MaxTime are as the run was asked for them, for the command that repeats it.
	Writes      bool          `json:"writes,omitempty"`
	Operations  []string      `json:"operations,omitempty"`
	MaxRequests int           `json:"max_requests,omitempty"`
	MaxTime     time.Duration `json:"max_time,omitempty"`
}

// server is the URL without what might be a secret in it.
func (a About) server() string {
	u, err := url.Parse(a.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// public is what may be written down.
func (a About) public() About {
	a.URL, a.Version = a.server(), cmp.Or(a.Version, "unknown")
	return a
}

// command repeats the run, with the credentials of the environment. It is empty where there is no URL.
func (a About) command(seed uint64) string {
	server := a.server()
	if server == "" {
		return ""
	}
	words := []string{"partner", "contract", "--url", server, "--seed", strconv.FormatUint(seed, 10)}
	if a.Writes {
		words = append(words, "--allow-writes")
	}
	if len(a.Operations) > 0 {
		words = append(words, "--operations", strings.Join(a.Operations, ","))
	}
	if a.MaxRequests > 0 {
		words = append(words, "--max-requests", strconv.Itoa(a.MaxRequests))
	}
	if a.MaxTime > 0 {
		words = append(words, "--max-time", a.MaxTime.String())
	}
	for i, word := range words {
		words[i] = quote(word)
	}
	return strings.Join(words, " ")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_.,:/=+-]+$`)

// quote is a word for a shell.
func quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// A verdict is a report in a sentence.
type verdict string

const (
	verdictFailed verdict = "failed"
	verdictDoubt  verdict = "doubt"
	verdictPassed verdict = "passed"
)

// judge says what a report comes to.
func judge(r *contracttest.Report) (verdict, string) {
	asked := "in " + count(r.Requests, "request") + " to " + count(called(r), "operation")
	switch {
	case len(r.Findings) > 0:
		return verdictFailed, fmt.Sprintf("FAILED: %s %s", count(len(r.Findings), "finding"), asked)
	case r.Error != "":
		return verdictDoubt, "NOT TESTED TO THE END: no findings " + asked
	case called(r) == 0:
		return verdictDoubt, "PROVED NOTHING: no operation was called"
	case len(r.Warnings)+len(r.Unfinished) > 0:
		return verdictDoubt, "PASSED, but read the warnings: no findings " + asked
	}
	return verdictPassed, "PASSED: no findings " + asked
}

// called is how many operations were.
func called(r *contracttest.Report) int {
	n := 0
	for _, o := range r.Operations {
		if o.Requests > 0 {
			n++
		}
	}
	return n
}

// count is a number with what it counts: "1 finding", "12,345 requests".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}

func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// unfinished is the warning of phases that ended early, or is empty if there are none.
func unfinished(phases []string) string {
	const why = "the run ended before, as its requests or its time were used up, as it was stopped, or as another " +
		"warning says"
	switch len(phases) {
	case 0:
		return ""
	case 1:
		return "the phase " + phases[0] + " is not through: " + why
	}
	return strconv.Itoa(len(phases)) + " phases are not through (" + strings.Join(phases, ", ") + "): " + why
}

// where is the place of a finding with the rule: "body /items/*/id (required)".
func where(f contracttest.Finding) string {
	switch {
	case f.Rule == "":
		return f.Place
	case f.Place == "":
		return f.Rule
	}
	return f.Place + " (" + f.Rule + ")"
}

// about are the operations that a finding is about.
func about(f contracttest.Finding) []string {
	if len(f.Operations) == 0 && f.Operation != "" {
		return []string{f.Operation}
	}
	return f.Operations
}

// endpoint is an operation as others write it: "GET:/api/v1/pockets/{id}/".
func endpoint(id string) string {
	for _, o := range partnerapi.Operations() {
		if o.ID == id {
			return o.Method + ":" + o.Path
		}
	}
	return id
}
