package partner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestAReadWhoseAnswerBreaksOffIsReadAgain(t *testing.T) {
	for name, step := range map[string]http.HandlerFunc{
		"with a length": breakOff(200),
		"in chunks": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"version":`))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := scripted(t, step, agreementsOK)
			client := a.client(t)
			newClock(client)
			if err := read(t.Context(), client); err != nil || len(s.requests()) != 2 {
				t.Errorf("%v after %d requests", err, len(s.requests()))
			}
			// A write took effect, and is not sent again.
			a, s = scripted(t, step, transferCreated)
			client = a.client(t)
			if err := pay(t.Context(), t, client); !errors.Is(err, partner.ErrUnreadable) || len(s.requests()) != 1 {
				t.Errorf("a write: %v after %d requests", err, len(s.requests()))
			}
		})
	}
}

func TestAServiceThatIsDownAnswersHTML(t *testing.T) {
	a, s := scripted(t, raw(503, "text/html", "<html>down</html>"), raw(503, "text/html", ""), transferCreated)
	client := a.client(t)
	newClock(client)
	if err := pay(t.Context(), t, client); err != nil || len(s.requests()) != 3 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
}

func TestARedirectToAnotherHostGetsNothing(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		other := httptest.NewServer(http.HandlerFunc(
			func(http.ResponseWriter, *http.Request) { t.Errorf("%d was followed", code) }))
		a, s := scripted(t, statusWith(code, "Location", other.URL+"/api/v1/transfers/on-us/"))
		err := pay(t.Context(), t, a.client(t))
		var failure *partner.Error
		if !errors.As(err, &failure) || failure.StatusCode != code || len(s.requests()) != 1 {
			t.Errorf("%v after %d requests", err, len(s.requests()))
		}
		other.Close()
	}
}

func TestAStaleTokenInAThousandCallsIsReplacedByFewLogins(t *testing.T) {
	var stale atomic.Value
	stale.Store("")
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == stale.Load() {
			answer(w, 401, `{"detail":"the token has ended"}`)
			return
		}
		agreementsOK(w, r)
	})
	client := a.client(t)
	if err := read(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	stale.Store("Bearer token-1")
	start := make(chan struct{})
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			<-start
			if err := read(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	group.Wait()
	if n := a.logins.Load(); n != 2 {
		t.Errorf("%d logins, want one more", n)
	}
}

func TestAServerThatRefusesEveryTokenIsNotStormed(t *testing.T) {
	var requests atomic.Int64
	a := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		answer(w, 401, `{"detail":"the signature is wrong"}`)
	})
	client := a.client(t)
	clock := newClock(client)
	calls := func(n int) {
		for range n {
			err := read(t.Context(), client)
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.StatusCode != 401 || failure.Detail != "the signature is wrong" ||
				failure.Outcome != partner.OutcomeRefused ||
				failure.Attempts > 2 || !errors.Is(err, partner.ErrUnauthorized) {
				t.Fatalf("%+v", err)
			}
		}
	}
	calls(500)
	if n := a.logins.Load(); n > 5 {
		t.Errorf("%d logins", n)
	}
	if n := requests.Load(); n > 510 {
		t.Errorf("%d requests for 500 calls", n)
	}
	// It is not given up for good.
	before := a.logins.Load()
	clock.advance(31 * time.Second)
	calls(1)
	if a.logins.Load() != before+1 {
		t.Errorf("%d logins after the hold, want one", a.logins.Load()-before)
	}

	// A thousand at once do no worse.
	client = a.client(t)
	before = a.logins.Load()
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			if err := read(t.Context(), client); !errors.Is(err, partner.ErrUnauthorized) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := a.logins.Load() - before; n > 5 {
		t.Errorf("%d logins", n)
	}
}

// hangingLogin is a server whose login does not answer until it is released.
func hangingLogin(t *testing.T) (server *api, release func()) {
	t.Helper()
	released := make(chan struct{})
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/login/") {
			agreementsOK(w, r)
			return
		}
		a.logins.Add(1)
		select {
		case <-released:
			answer(w, 200, `{"token":"late","expires":"2999-01-01T00:00:00Z"}`)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(a.Close)
	return a, sync.OnceFunc(func() { close(released) })
}

func TestALoginThatHangsIsLeftByEachCallersOwnContext(t *testing.T) {
	a, release := hangingLogin(t)
	client := a.client(t)
	t.Cleanup(release) // Before the client closes, which waits for the login.
	var group sync.WaitGroup
	start := time.Now()
	for range 100 {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := read(ctx, client); !errors.Is(err, context.DeadlineExceeded) ||
				!errors.Is(err, partner.ErrNotSent) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if a.logins.Load() != 1 || time.Since(start) > 10*time.Second {
		t.Errorf("%d logins after %s", a.logins.Load(), time.Since(start))
	}
	release()
	if err := read(t.Context(), client); err != nil || a.logins.Load() != 1 {
		t.Errorf("the login that was left is not used: %v, %d logins", err, a.logins.Load())
	}
}

func TestALoginThatHangsEndsByItsOwnTimeout(t *testing.T) {
	a, release := hangingLogin(t)
	defer release()
	client := a.client(t)
	newClock(client)
	partner.SetLoginTimeout(client, 100*time.Millisecond)
	start := time.Now()
	err := read(t.Context(), client)
	if !errors.Is(err, partner.ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) ||
		time.Since(start) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestAWrongPasswordIsTriedOnceInHalfAMinute(t *testing.T) {
	var logins atomic.Int64
	var right atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/login/"):
			agreementsOK(w, r)
		case right.Load():
			answer(w, 200, `{"token":"t","expires":"2999-01-01T00:00:00Z"}`)
		default:
			logins.Add(1)
			answer(w, 401, `{"detail":"the password is wrong"}`)
		}
	}))
	defer server.Close()
	client := (&api{Server: server}).client(t)
	clock := newClock(client)
	var group sync.WaitGroup
	for range 500 {
		group.Go(func() { _ = read(t.Context(), client) })
	}
	group.Wait()
	for range 500 {
		if err := read(t.Context(), client); !errors.Is(err, partner.ErrUnauthorized) ||
			!errors.Is(err, partner.ErrNotSent) {
			t.Fatal(err)
		}
	}
	if n := logins.Load(); n != 1 {
		t.Fatalf("%d logins", n)
	}
	clock.advance(29 * time.Second)
	_ = read(t.Context(), client)
	if n := logins.Load(); n != 1 {
		t.Errorf("%d logins before the hold ends", n)
	}
	clock.advance(2 * time.Second)
	_ = read(t.Context(), client)
	if n := logins.Load(); n != 2 {
		t.Errorf("%d logins after the hold", n)
	}
	right.Store(true)
	clock.advance(31 * time.Second)
	if err := read(t.Context(), client); err != nil {
		t.Errorf("the password is right now: %v", err)
	}
}

func TestAFailedRenewalDoesNotHurtWhileTheTokenIsGood(t *testing.T) {
	var broken atomic.Bool
	var logins atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/login/"):
			agreementsOK(w, r)
		case broken.Load():
			logins.Add(1)
			answer(w, 401, `{"detail":"no"}`)
		default:
			answer(w, 200, fmt.Sprintf(`{"token":"t","expires":%q}`, time.Now().Add(time.Hour).Format(time.RFC3339)))
		}
	}))
	defer server.Close()
	client := (&api{Server: server}).client(t)
	clock := newClock(client)
	if err := read(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	clock.advance(57 * time.Minute)
	for range 50 {
		if err := read(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		client.Close()
	}
	if n := logins.Load(); n != 1 {
		t.Errorf("%d renewals", n)
	}
	clock.advance(2 * time.Minute)
	if err := read(t.Context(), client); err != nil {
		t.Errorf("the token has half a minute to spare: %v", err)
	}
	clock.advance(45 * time.Second)
	if err := read(t.Context(), client); !errors.Is(err, partner.ErrNotSent) {
		t.Errorf("the token may end on the way: %v", err)
	}
}

// flood answers with size bytes, and counts what the network took of them.
func flood(code int, size int, declared bool, written *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if declared {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		w.WriteHeader(code)
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for range size >> 20 {
			n, err := w.Write(chunk)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
}

func TestAnAnswerOf300MiBIsNotRead(t *testing.T) {
	const size = 300 << 20
	for _, c := range []struct {
		name     string
		code     int
		declared bool
		limit    int64
		want     error
	}{
		{"a success in chunks", 200, false, 4 << 20, partner.ErrUnreadable},
		{"a success that says so", 200, true, 4 << 20, partner.ErrUnreadable},
		{"with the default limit", 200, false, 0, partner.ErrUnreadable},
		{"a refusal in chunks", 422, false, 0, partner.ErrValidation},
		{"a refusal that says so", 503, true, 0, partner.ErrServer},
	} {
		t.Run(c.name, func(t *testing.T) {
			var written atomic.Int64
			a, s := scripted(t, flood(c.code, size, c.declared, &written))
			client := a.configured(t, func(config *partner.Config) {
				config.MaxResponseBytes,
					config.MaxRetries = c.limit, -1
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := read(t.Context(), client)
			runtime.ReadMemStats(&after)
			limit := c.limit
			if limit == 0 {
				limit = partner.DefaultMaxResponseBytes
			}
			if !errors.Is(err, c.want) || len(s.requests()) != 1 {
				t.Fatalf("%v after %d requests", err, len(s.requests()))
			}
			// Reading until the end of something of unknown length doubles a buffer a few times.
			if got := int64(after.TotalAlloc - before.TotalAlloc); got > 6*limit+(8<<20) {
				t.Errorf("%d MiB were allocated for a limit of %d", got>>20, limit>>20)
			}
			a.CloseClientConnections()
			a.Close() // It returns when the handler does.
			if got := written.Load(); got > limit+(32<<20) {
				t.Errorf("%d MiB were taken from the network", got>>20)
			}
		})
	}
}

// An answer that is cut at the limit may look whole.
func TestAnAnswerIsWholeOrUnreadable(t *testing.T) {
	for _, c := range []struct {
		name     string
		declared bool
		more     int
		want     error
	}{
		{"in chunks, up to the limit", false, 0, nil},
		{"in chunks, a byte beyond it", false, 1, partner.ErrUnreadable},
		{"with its length, up to the limit", true, 0, nil},
		{"with its length, a byte beyond it", true, 1, partner.ErrUnreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) {
				text := pocketOK + strings.Repeat(" ", 100+c.more)
				w.Header().Set("Content-Type", "application/json")
				if c.declared {
					w.Header().Set("Content-Length", strconv.Itoa(len(text)))
				}
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
				_, _ = io.WriteString(w, text)
			})
			client := a.configured(t, func(config *partner.Config) {
				config.MaxResponseBytes, config.MaxRetries = int64(len(pocketOK)+100), -1
			})
			if _, err := client.Pockets.Get(t.Context(), uuid.New(), nil); !errors.Is(err, c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestATokenThatEndedBeforeItCameIsUsedForAMoment(t *testing.T) {
	for _, c := range []struct {
		name string
		// date is the server's clock, in relation to ours; nil means that it does not tell.
		date    *time.Duration
		expires time.Duration // In relation to our clock.
		// good is how long no other login is needed, over when one surely is.
		good, over time.Duration
	}{
		{"ended an hour ago, no Date", nil, -time.Hour, 5 * time.Second, 11 * time.Second},
		{"ended an hour ago, by the server's clock too", ptr(time.Duration(0)), -time.Hour, 5 * time.Second,
			11 * time.Second},
		{"our clock is ten minutes ahead", ptr(-10 * time.Minute), 50 * time.Minute, 54 * time.Minute, time.Hour},
		{"our clock is ten minutes behind", ptr(10 * time.Minute), 70 * time.Minute, 54 * time.Minute, time.Hour},
		{"our clock is a day ahead", ptr(-24 * time.Hour), -23 * time.Hour, 54 * time.Minute, time.Hour},
		{"ten minutes are left, no Date", nil, 10 * time.Minute, 7 * time.Minute, 10 * time.Minute},
		{"never ends, no Date", nil, 24 * 365 * time.Hour, 54 * time.Minute, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			var clock *clock
			var logins atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/login/") {
					agreementsOK(w, r)
					return
				}
				n := logins.Add(1)
				w.Header()["Date"] = nil
				if c.date != nil {
					w.Header().Set("Date", clock.now().Add(*c.date).UTC().Format(http.TimeFormat))
				}
				answer(w, 200, fmt.Sprintf(`{"token":"t-%d","expires":%q}`, n,
					clock.now().Add(c.expires).UTC().Format(time.RFC3339Nano)))
			}))
			defer server.Close()
			client := (&api{Server: server}).client(t)
			clock = newClock(client)
			call := func(logged int64) {
				t.Helper()
				if err := read(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				client.Close()
				if n := logins.Load(); n != logged {
					t.Errorf("%d logins, want %d", n, logged)
				}
			}
			call(1)
			clock.advance(c.good)
			call(1)
			clock.advance(c.over - c.good)
			call(2)
		})
	}
}

func ptr[T any](v T) *T { return &v }

// opened is a sandbox with a customer, whose first pocket has a hundred dollars.
func opened(t *testing.T) (bank *sandbox.Sandbox, from, to uuid.UUID) {
	t.Helper()
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	client := bankClient(t, server.URL)
	defer client.Close()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	bundle, err := client.Individuals.ListAgreements(ctx)
	must(err)
	profile, err := partner.NewInvestmentProfile(partner.EmployedInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
		Occupation: "Baker",
	})
	must(err)
	application, err := client.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "A", LastName: "B"}, IdentificationNumber: "999999999", Email: "a@example.com",
		PhoneNumber: "+15551234567",
		DateOfBirth: types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "1 A Way", City: "Berkeley", PostalCode: "94701",
			State: ptr("CA"), Country: "US"},
		AgreementConsent:  partner.AgreementConsent{Version: bundle.Version, Timestamp: time.Now().UTC()},
		InvestmentProfile: profile,
	})
	must(err)
	_, err = client.Individuals.SubmitApplication(ctx, application.ID)
	must(err)
	application, err = client.Individuals.GetApplication(ctx, application.ID)
	must(err)
	customer, err := application.CustomerID.Get()
	must(err)
	strategies, err := client.TradingStrategies.List(ctx)
	must(err)
	for _, id := range []*uuid.UUID{&from, &to} {
		pocket, err := client.Pockets.Create(ctx, customer,
			partner.CreatePocketRequest{PocketName: "P", DepositStrategyID: &strategies.Items[0].ID})
		must(err)
		*id = pocket.ID
	}
	must(client.Sandbox.FundAccount(ctx, nil, partner.FundAccountRequest{AccountID: from, AmountUSDC: 100_00}))
	return bank, from, to
}

func bankClient(t testing.TB, url string) *partner.Client {
	t.Helper()
	client, err := partner.New(partner.Config{
		BaseURL: url, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func checkBalances(t *testing.T, bank *sandbox.Sandbox, want map[uuid.UUID]int64) {
	t.Helper()
	got, err := bank.Balances()
	if err != nil {
		t.Fatal(err)
	}
	for id, cents := range want {
		if got[id] != cents {
			t.Errorf("a pocket has %d cents, want %d", got[id], cents)
		}
	}
}

// keyFor is the key of a business reference, the same in every process.
func keyFor(reference string) partner.CallOption {
	return partner.WithIdempotencyKey(idempotency.Key(uuid.NewSHA1(uuid.NameSpaceURL, []byte(reference))))
}

// lossy is a bank behind a line that loses the first answers to transfers, after the bank has executed them.
func lossy(bank http.Handler, lose int64, lost func()) *httptest.Server {
	var n atomic.Int64
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/transfers/on-us/") && n.Add(1) <= lose {
			bank.ServeHTTP(httptest.NewRecorder(), r)
			lost()
			panic(http.ErrAbortHandler)
		}
		bank.ServeHTTP(w, r)
	}))
}

func TestALostAnswerIsFetchedByARetryAndPaidOnce(t *testing.T) {
	bank, from, to := opened(t)
	server := lossy(bank, 2, func() {})
	defer server.Close()
	client := bankClient(t, server.URL)
	newClock(client)
	var response partner.Response
	transfer, err := client.OnUsTransfers.Create(t.Context(), order(t, from, to, 25_00),
		partner.WithResponse(&response))
	if err != nil || transfer.Status != partner.OnUsTransferStatusCompleted || response.Attempts != 3 ||
		response.Header.Get(idempotency.HeaderReplayed) != "true" {
		t.Errorf("%v, %v, %+v", transfer, err, response)
	}
	checkBalances(t, bank, map[uuid.UUID]int64{from: 75_00, to: 25_00})
}

func TestAProgramStartedAgainWithTheSameReferencePaysOnce(t *testing.T) {
	bank, from, to := opened(t)
	server := lossy(bank, 1, func() {})
	defer server.Close()
	request := order(t, from, to, 25_00)
	before := bankClient(t, server.URL)
	_, err := before.OnUsTransfers.Create(t.Context(), request, keyFor("invoice 7"), partner.WithMaxRetries(0))
	if !errors.Is(err, partner.ErrOutcomeUnknown) {
		t.Fatalf("the answer was lost: %v", err)
	}
	before.Close() // The process is gone, with all that it remembered.

	after := bankClient(t, server.URL)
	first, err := after.OnUsTransfers.Create(t.Context(), request, keyFor("invoice 7"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := bankClient(t, server.URL).OnUsTransfers.Create(t.Context(), request, keyFor("invoice 7"))
	if err != nil || first.ID != second.ID {
		t.Errorf("%v, %v: %v", first.ID, second, err)
	}
	checkBalances(t, bank, map[uuid.UUID]int64{from: 75_00, to: 25_00})
}

// The child of the next test. It does nothing when it is run by itself.
func TestChildThatPays(t *testing.T) {
	target := os.Getenv("PARTNER_TEST_BANK")
	if target == "" {
		t.Skip("this is run by TestAProcessKilledBetweenSendAndAnswerPaysOnce")
	}
	client := bankClient(t, target)
	from, to := uuid.MustParse(os.Getenv("PARTNER_TEST_FROM")), uuid.MustParse(os.Getenv("PARTNER_TEST_TO"))
	if _, err := client.OnUsTransfers.Create(t.Context(), order(t, from, to, 25_00), keyFor("invoice 8")); err != nil {
		t.Fatal(err)
	}
}

func TestAProcessKilledBetweenSendAndAnswerPaysOnce(t *testing.T) {
	bank, from, to := opened(t)
	started := make(chan *os.Process, 3)
	server := lossy(bank, 1, func() { _ = (<-started).Kill() })
	defer server.Close()
	start := func() error {
		command := exec.Command(os.Args[0], "-test.run=^TestChildThatPays$")
		command.Env = append(os.Environ(), "PARTNER_TEST_BANK="+server.URL, "PARTNER_TEST_FROM="+from.String(),
			"PARTNER_TEST_TO="+to.String())
		var output bytes.Buffer
		command.Stdout, command.Stderr = &output, &output
		if err := command.Start(); err != nil {
			return err
		}
		started <- command.Process
		if err := command.Wait(); err != nil {
			return fmt.Errorf("%w\n%s", err, output.String())
		}
		return nil
	}
	if err := start(); err == nil {
		t.Fatal("the process was not killed")
	}
	checkBalances(t, bank, map[uuid.UUID]int64{from: 75_00, to: 25_00})
	for range 2 {
		if err := start(); err != nil {
			t.Fatal(err)
		}
	}
	checkBalances(t, bank, map[uuid.UUID]int64{from: 75_00, to: 25_00})
}
