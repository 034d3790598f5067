package report_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/report"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Credentials that stand nowhere by chance.
const (
	username      = "qz-username-4711"
	password      = "qz-password-0815"
	signingSecret = "qz-signing-secret-2342"
)

// seen is a report of a server that is broken in several ways, with the bearer tokens that it gave.
type seen struct {
	report *contracttest.Report
	tokens []string
}

// broken is made once: it is a real run.
var broken = sync.OnceValues(func() (*seen, error) {
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), CustomerUpdates: true,
		Username: username, Password: signing.NewSecret(password), SigningSecret: signing.NewSecret(signingSecret)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = b.Close() }()
	var handler http.Handler = b
	for _, animal := range zoo.All() {
		if slices.Contains([]string{"pocket-without-status", "created-is-ok", "strange-status", "moved",
			"accepted-is-created"}, animal.Name) {
			handler = animal.Break(zoo.Bank{Handler: handler, SigningSecret: signing.NewSecret(signingSecret)})
		}
	}
	s := &seen{}
	var mu sync.Mutex
	handler = tokens(handler, func(token string) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(s.tokens, token) {
			s.tokens = append(s.tokens, token)
		}
	})
	s.report, err = contracttest.Run(context.Background(), contracttest.Config{Handler: handler, Username: username,
		Password: signing.NewSecret(password), SigningSecret: signing.NewSecret(signingSecret), AllowWrites: true,
		Seed: 7, Generated: 1, MaxTime: time.Hour,
		Operations: []string{"getPocket", "createCounterparty", "getApplication", "listEventTypes", "fundAccount"},
		Excluded: []contracttest.Exclusion{
			{Check: "F920", Operation: "fundAccount", Reason: "it will be accepted from May on"}}})
	return s, err
})

// tokens is a handler that tells which bearer tokens it was sent.
func tokens(next http.Handler, tell func(string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok &&
			!strings.HasPrefix(token, "nobody-") {
			tell(token)
		}
		next.ServeHTTP(w, r)
	})
}

func brokenReport(t *testing.T) *seen {
	t.Helper()
	s, err := broken()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.report.Findings) < 3 || len(s.report.Excluded) != 1 || len(s.tokens) == 0 {
		t.Fatalf("%d findings, %d of them excluded, %d tokens: the server is not as broken as it should be",
			len(s.report.Findings), len(s.report.Excluded), len(s.tokens))
	}
	return s
}

var aboutBroken = report.About{URL: "http://" + username + ":" + password + "@127.0.0.1:8080/bank?key=" + password,
	Version: "1.2.3", Started: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), Took: 12345 * time.Millisecond,
	Writes: true, Operations: []string{"getPocket", "createCounterparty"}, MaxRequests: 500, MaxTime: time.Minute}

// writers are all ways to write a report.
var writers = map[string]func(io.Writer, *contracttest.Report, report.About) error{
	"JSON":  report.WriteJSON,
	"JUnit": report.WriteJUnit,
	"HTML":  report.WriteHTML,
	"text": func(w io.Writer, r *contracttest.Report, _ report.About) error {
		return report.WriteText(w, r, false)
	},
	"text in color": func(w io.Writer, r *contracttest.Report, _ report.About) error {
		return report.WriteText(w, r, true)
	},
}

// written is a report as one of the writers has it.
func written(t *testing.T, format string, r *contracttest.Report, a report.About) string {
	t.Helper()
	var b bytes.Buffer
	if err := writers[format](&b, r, a); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}

func TestNoReportHasASecret(t *testing.T) {
	t.Parallel()
	s := brokenReport(t)
	for format := range writers {
		text := written(t, format, s.report, aboutBroken)
		for _, secret := range append([]string{username, password, signingSecret}, s.tokens...) {
			if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) {
				t.Errorf("%s has a secret in it: %s", format, secret)
			}
		}
		for _, f := range s.report.Findings {
			if !strings.Contains(text, f.Check.Code) || !strings.Contains(text, f.Operation) {
				t.Errorf("%s says nothing of %s in %s", format, f.Check, f.Operation)
			}
		}
		if !strings.Contains(text, "it will be accepted from May on") {
			t.Errorf("%s does not say why a finding is expected", format)
		}
	}
}

// A writer that cannot write says so, and the one that fails is what it wraps.
func TestAWriterThatFailsIsTold(t *testing.T) {
	t.Parallel()
	for format, write := range writers {
		if err := write(failing{}, brokenReport(t).report, aboutBroken); err == nil ||
			!strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%s: %v", format, err)
		}
	}
}

var errFull = errors.New("the disk is full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

// strange are texts that formats have to mind.
const strange = "</script><script>alert(1)</script> ]]> \"'`${x} &amp; \x00\x01\x1b[2J\u202e\ufffe \xff\xfe <!-- é 日本"

// hostile is a report whose every text is strange.
func hostile() *contracttest.Report {
	check := contracttest.Check{Code: strange, Name: strange, Finds: strange}
	f := contracttest.Finding{Check: check, Operation: strange,
		Operations: []string{strange, strange}, Place: strange, Rule: strange, Expected: strange, Got: strange,
		Source: strange, Evidence: strange, Phase: strange, Reason: strange}
	return &contracttest.Report{Findings: []contracttest.Finding{f, f, f, f}, Excluded: []contracttest.Finding{f},
		Warnings: []string{strange}, Unfinished: []string{strange},
		Operations: []contracttest.OperationReport{{ID: strange, Tag: strange, Requests: 3,
			Statuses: map[int]int{0: 1, 999: 1, -5: 1}}}}
}

var aboutStrange = report.About{URL: "https://127.0.0.1/<script>alert(1)</script>'$(id)'", Version: strange,
	Operations: []string{strange}}

// tool is the path of a program, without which a test is skipped, but not where everything is to be tested.
func tool(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing: install %s", name, debianPackage)
		}
		t.Skipf("%s is missing: install %s", name, debianPackage)
	}
	return path
}
