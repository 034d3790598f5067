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
	now := noon
	bank := sandbox.Start(fake, sandbox.Config{Username: username, Password: password, SigningSecret: signingSecret,
		Now: func() time.Time { return now }})
	if _, err := bank.Client.TradingStrategies.List(t.Context()); err != nil || bank.Client.BaseURL() != bank.URL {
		t.Fatalf("%v, %s", err, bank.URL)
	}
	// Its clock goes on its own, until it is set.
	for _, c := range []struct{ body, want string }{
		{`{"by":"1d"}`, `{"time":"2026-01-06T17:00:00Z","frozen":false}`},
		{`{"time":"2026-01-06T18:00:00Z"}`, `{"time":"2026-01-06T18:00:00Z","frozen":true}`},
	} {
		if got := ask(t, bank.URL, http.MethodPost, clockPath, c.body); got.body != c.want {
			t.Errorf("%s: %d %s; want %s", c.body, got.status, got.body, c.want)
		}
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

// One line makes a bank and a client of it, as any test can have them. What takes weeks takes no time.
func TestStartGivesATestABankOfItsOwn(t *testing.T) {
	bank := sandbox.Start(t, sandbox.Config{Clock: time.Date(2006, 1, 2, 15, 0, 0, 0, time.UTC)})

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

	t.Run("whose client follows the clock", func(t *testing.T) { theClientFollows(t, bank) })
	t.Run("and others keep their tokens in the past", func(t *testing.T) { aTokenIsKept(t, bank) })
	if err := bank.Sandbox.SetClock(t.Context(), time.Date(2080, 1, 2, 15, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	t.Run("and in the future", func(t *testing.T) { aTokenIsKept(t, bank) })
}

// The client of Start does not take it for tokens that are refused one after the other when the clock moves by days.
func theClientFollows(t *testing.T, bank *sandbox.Running) {
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

// Whatever the wall's clock says of it, a token is good for an hour of the sandbox's. Any client can tell: answers are
// dated by the sandbox's clock.
func aTokenIsKept(t *testing.T, bank *sandbox.Running) {
	var logins atomic.Int64
	client, err := partner.New(partner.Config{BaseURL: bank.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret,
		Middleware: []func(http.RoundTripper) http.RoundTripper{counting(&logins)}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	call := func(times int) {
		t.Helper()
		for range times {
			if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	call(100)
	if n := logins.Load(); n != 1 {
		t.Errorf("%d logins for 100 calls", n)
	}
	if err := bank.Sandbox.Advance(t.Context(), 61*time.Minute); err != nil {
		t.Fatal(err)
	}
	call(10)
	if n := logins.Load(); n != 2 {
		t.Errorf("%d logins for 110 calls over more than an hour", n)
	}
}
