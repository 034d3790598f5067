package contracttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// oneFault is a bank that fails at listPockets, and tells when.
func oneFault(t *testing.T, failed func()) contracttest.Config {
	t.Helper()
	config := bank(t)
	right := config.Handler
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v2/pockets/" && r.Method == http.MethodGet {
			w.WriteHeader(http.StatusInternalServerError)
			failed()
			return
		}
		right.ServeHTTP(w, r)
	})
	config.Operations = []string{"listPockets", "listEventTypes", "getHealth"}
	return config
}

// What was found before an error is not lost by it.
func TestAnErrorInTheMiddleLeavesTheReport(t *testing.T) {
	t.Parallel()
	errHook := errors.New("the vault is closed")
	for _, c := range []struct {
		name string
		// spoil has the run end with an error from a moment on, which is when over is set.
		spoil func(config *contracttest.Config, over *atomic.Bool, cancel func())
		want  func(error) bool
	}{
		{"a hook fails", func(config *contracttest.Config, over *atomic.Bool, _ func()) {
			config.BeforeSend = func(*http.Request) error {
				if over.Load() {
					return errHook
				}
				return nil
			}
		}, func(err error) bool { return errors.Is(err, errHook) }},
		{"the credentials are refused from then on", func(config *contracttest.Config, over *atomic.Bool, _ func()) {
			right := config.Handler
			config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if over.Load() {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = fmt.Fprint(w,
						`{"type":"about:blank","title":"Unauthorized","status":401,"detail":"go away","errors":[]}`)
					return
				}
				right.ServeHTTP(w, r)
			})
		}, func(err error) bool { return strings.Contains(fmt.Sprint(err), "login was answered with 401") }},
		{"the context ends", func(_ *contracttest.Config, over *atomic.Bool, cancel func()) {
		}, func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			over, seen := &atomic.Bool{}, &atomic.Int64{}
			config := oneFault(t, func() {
				if seen.Add(1) == 2 { // The first one is noted by then.
					over.Store(true)
					if c.name == "the context ends" {
						cancel()
					}
				}
			})
			c.spoil(&config, over, cancel)
			report, err := contracttest.Run(ctx, config)
			if !c.want(err) {
				t.Errorf("the error is %v", err)
			}
			if report == nil {
				t.Fatal("the report is lost")
			}
			i := slices.IndexFunc(report.Findings, func(f contracttest.Finding) bool {
				return f.Check.Code == "F100" && f.Operation == "listPockets"
			})
			if i < 0 || report.Findings[i].Confirmed || len(report.Findings[i].Steps) == 0 {
				t.Errorf("the findings are %v", report.Findings)
			}
			if len(report.Unfinished) == 0 || !slices.Contains(report.Unfinished, "states") || report.Requests == 0 {
				t.Errorf("%d requests, unfinished are %v", report.Requests, report.Unfinished)
			}
			if !strings.Contains(strings.Join(report.Warnings, "\n"), "an error has ended the run in the phase") {
				t.Errorf("the warnings are %v", report.Warnings)
			}
		})
	}
}

// A test says both what was found and why there is no more.
func TestServerTellsWhatWasFoundBeforeAnError(t *testing.T) {
	t.Parallel()
	over, seen := &atomic.Bool{}, &atomic.Int64{}
	config := oneFault(t, func() { over.Store(seen.Add(1) >= 2) })
	tb := &watched{}
	report := contracttest.Server(tb, config.Handler, contracttest.WithOperations("listPockets"),
		contracttest.WithCredentials(config.Username, config.Password, config.SigningSecret),
		contracttest.WithBeforeSend(func(*http.Request) error {
			if over.Load() {
				return errors.New("the vault is closed")
			}
			return nil
		}))
	said := strings.Join(tb.errors, "\n")
	if report == nil || !strings.Contains(said, "F100") || !strings.Contains(said, "to the end: ") ||
		!strings.Contains(said, "the vault is closed") {
		t.Errorf("it says %q", said)
	}
}

// Who is refused at the first request has nothing to read.
func TestNothingIsReportedOfARunThatDidNotBegin(t *testing.T) {
	t.Parallel()
	config := bank(t)
	config.Username = "stranger"
	server := httptest.NewServer(config.Handler)
	t.Cleanup(server.Close)
	config.Handler, config.URL = nil, server.URL
	config.Operations = []string{"listPockets"}
	if report, err := contracttest.Run(t.Context(), config); err == nil || report != nil {
		t.Errorf("%v, %v", report, err)
	}
}

// A server that ends in the middle is no server with a fault in each operation.
func TestAServerThatEndsInTheMiddleIsSaidToHaveEnded(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	seen := &atomic.Int64{}
	config := oneFault(t, func() {
		if seen.Add(1) == 2 {
			go func() { _ = server.Config.Close() }() // With its connections, as when the process is killed.
		}
	})
	server = httptest.NewServer(config.Handler)
	t.Cleanup(server.Close)
	config.Handler, config.URL, config.AllowWrites = nil, server.URL, true
	report, err := contracttest.Run(t.Context(), config)
	if !errors.Is(err, contracttest.ErrUnreachable) || !strings.Contains(fmt.Sprint(err), "any more") {
		t.Errorf("the error is %v", err)
	}
	if report == nil || len(report.Unfinished) == 0 {
		t.Fatalf("%+v", report)
	}
	for _, f := range report.Findings {
		if f.Got == "no connection" {
			t.Errorf("there is %v", f)
		}
	}
}

// What is no such API at all is said in a word, beside the finding of its login.
func TestWhoCannotLogInIsToldSo(t *testing.T) {
	t.Parallel()
	config := bank(t)
	config.Handler, config.Operations = http.NotFoundHandler(), []string{"listPockets"}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if warnings := strings.Join(report.Warnings, "\n"); !strings.Contains(warnings, "nobody could log in, as a") {
		t.Errorf("the warnings are %q", warnings)
	}
}

// Who has another secret than the server hears of that, and not of methods.
func TestASignatureThatIsRefusedIsNoFaultOfMethods(t *testing.T) {
	t.Parallel()
	config := bank(t)
	config.Operations, config.SigningSecret = []string{"listPockets", "getPocket"}, signing.NewSecret("another-secret")
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 1 || report.Findings[0].Check.Code != "F205" {
		t.Errorf("the findings are %v", report.Findings)
	}
}

// What a server does not have may be asked for on the way to what it has. That is its fault where it is tested alone.
func TestAnOperationThatIsNotTestedMayBeMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tested string
		want   []string
	}{{"listPockets", nil}, {"createApplication", []string{"F100 createApplication"}}} {
		t.Run(c.tested, func(t *testing.T) {
			t.Parallel()
			config := bank(t)
			right := config.Handler
			config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/api/v1/applications/") && r.Method == http.MethodPost {
					w.WriteHeader(http.StatusNotImplemented)
					return
				}
				right.ServeHTTP(w, r)
			})
			config.Operations = []string{c.tested}
			report, err := contracttest.Run(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range report.Findings {
				got = append(got, f.Check.Code+" "+f.Operation)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("found are %q, want %q", got, c.want)
			}
		})
	}
}
