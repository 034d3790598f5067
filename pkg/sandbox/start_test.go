package sandbox_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// One line makes a bank and a client of it, as any test can have them. What takes days takes no time.
func TestStartGivesATestABankOfItsOwn(t *testing.T) {
	bank := sandbox.Start(t, sandbox.Config{Clock: time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)})

	application, err := bank.Client.Individuals.CreateApplication(t.Context(), person(t))
	if err == nil {
		application, err = bank.Client.Individuals.SubmitApplication(t.Context(), application.ID)
	}
	if err == nil {
		err = bank.Sandbox.RunUntilQuiet(t.Context())
	}
	if err == nil {
		application, err = bank.Client.Individuals.GetApplication(t.Context(), application.ID)
	}
	if err != nil || application.Status != partnerapi.ApplicationStatusApproved {
		t.Fatalf("%+v, %v", application, err)
	}
	if _, err := bank.Sandbox.Balances(); err != nil {
		t.Error(err)
	}
}

// fakeTest is a test that goes on after Fatalf.
type fakeTest struct {
	cleanups []func()
	fatal    string
}

func (f *fakeTest) Helper()          {}
func (f *fakeTest) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }
func (f *fakeTest) Fatalf(format string, values ...any) {
	f.fatal = fmt.Sprintf(format, values...)
}

func TestNothingOfStartOutlivesItsTest(t *testing.T) {
	fake := &fakeTest{}
	bank := sandbox.Start(fake)
	if _, err := bank.Client.TradingStrategies.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, end := range fake.cleanups {
		end()
	}
	if fake.fatal != "" {
		t.Error(fake.fatal)
	}
	address := strings.TrimPrefix(bank.URL, "http://")
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
}

func TestStartFailsItsTest(t *testing.T) {
	for name, configs := range map[string][]sandbox.Config{
		"sandbox.Start: sandbox: \"a b\" in Config.Hosts":    {{Hosts: []string{"a b"}}},
		"sandbox.Start: 2 configurations: want one, or none": {{}, {}},
	} {
		fake := &fakeTest{}
		if sandbox.Start(fake, configs...); !strings.HasPrefix(fake.fatal, name) {
			t.Errorf("%q; want %q", fake.fatal, name)
		}
		for _, end := range fake.cleanups {
			end()
		}
	}
}

// counting counts the logins among what a client sends.
func counting(logins *atomic.Int64) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/login/") {
				logins.Add(1)
			}
			return next.RoundTrip(r)
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whatever the wall's clock says of it, a token is good for an hour of the sandbox's. Any client can tell, not only the
// one of Start: answers are dated by the sandbox's clock.
func TestAClientOfAnotherTimeKeepsItsToken(t *testing.T) {
	for name, clock := range map[string]time.Time{
		"in the past":   time.Date(2020, 1, 2, 15, 0, 0, 0, time.UTC),
		"in the future": time.Date(2080, 1, 2, 15, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			bank := sandbox.Start(t, sandbox.Config{Clock: clock})
			var logins atomic.Int64
			client, err := partner.New(partner.Config{BaseURL: bank.URL, Username: sandbox.DefaultUsername,
				Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret,
				Middleware: []func(http.RoundTripper) http.RoundTripper{counting(&logins)}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for range 100 {
				if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := logins.Load(); n != 1 {
				t.Errorf("%d logins for 100 calls", n)
			}
			if err := bank.Sandbox.Advance(t.Context(), 61*time.Minute); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := logins.Load(); n != 2 {
				t.Errorf("%d logins for 110 calls over more than an hour", n)
			}
		})
	}
}

// A test may go through weeks in a second. The client of Start knows the clock and does not take that for tokens that
// are refused one after the other.
func TestTheClientOfStartFollowsTheClock(t *testing.T) {
	bank := sandbox.Start(t, sandbox.Config{Clock: time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)})
	for day := range 30 {
		for range 2 {
			if _, err := bank.Client.Individuals.ListAgreements(t.Context()); err != nil {
				t.Fatalf("on day %d: %v", day, err)
			}
		}
		if err := bank.Sandbox.Advance(t.Context(), 24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheClientOfStartHasTheCredentialsOfItsSandbox(t *testing.T) {
	bank := sandbox.Start(t, sandbox.Config{Username: username, Password: password, SigningSecret: signingSecret})
	if bank.Client.BaseURL() != bank.URL {
		t.Errorf("%s; want %s", bank.Client.BaseURL(), bank.URL)
	}
	if _, err := bank.Client.Individuals.ListAgreements(t.Context()); err != nil {
		t.Error(err)
	}
}
