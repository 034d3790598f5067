package main_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "payout-*")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(folder, "payout")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, out))
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// binary is the program.
var binary string

const webhookSecret = "webhook-secret-0"

// bank is a sandbox with a customer and a pocket to pay to.
type bank struct {
	client   *partner.Client
	handler  http.Handler
	customer partner.CustomerID
	payee    partner.PocketID
}

func newBank(t *testing.T) *bank {
	t.Helper()
	handler, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bank{handler: handler}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	if b.client, err = partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	b.customer = becomeCustomer(t, b.client)
	payee, err := b.client.Pockets.Create(t.Context(), b.customer,
		partner.CreatePocketRequest{PocketName: "Payee", DepositStrategyID: new("UST-4W")})
	if err != nil {
		t.Fatal(err)
	}
	b.payee = payee.ID
	return b
}

// start runs the program with an environment beside what the bank needs.
func (b *bank) start(t *testing.T, url string, environment ...string) (program *exec.Cmd, out *strings.Builder) {
	t.Helper()
	program = exec.CommandContext(t.Context(), binary)
	program.Env = append([]string{"JIKO_BASE_URL=" + url, "JIKO_USERNAME=sandbox", "JIKO_PASSWORD=sandbox",
		"JIKO_SIGNING_SECRET=sandbox-signing-secret", "CUSTOMER_ID=" + b.customer.String(),
		"PAYEE_POCKET_ID=" + b.payee.String(), "WEBHOOK_SECRET=" + webhookSecret}, environment...)
	out = new(strings.Builder)
	program.Stdout, program.Stderr = out, out
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	return program, out
}

// The program runs against the sandbox and gets its webhook, and once more without paying twice.
func TestPayout(t *testing.T) {
	b := newBank(t)
	server := httptest.NewServer(b.handler)
	defer server.Close()
	for range 2 {
		address := freeAddress(t)
		program, out := b.start(t, server.URL, "INVOICE=4711", "WEBHOOK_ADDR="+address)
		// The sandbox does not deliver webhooks yet; the test does, once the program listens.
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if c, err := net.Dial("tcp", address); err == nil {
				_ = c.Close()
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the program does not listen: %s", out.String())
			}
		}
		event := webhooktest.Event(t, webhook.OnUsSuccess{Payload: webhook.OnUsPayload{
			OnUsID:               partner.UUID(partner.KeyFor("payout transfers", "4711")),
			DestinationAccountID: b.payee,
		}})
		// The webhook of another transfer says nothing about this one.
		other := webhooktest.Event(t, webhook.OnUsRejected{Payload: webhook.OnUsPayload{OnUsID: uuid.New()}})
		for _, event := range []*webhook.Event{other, event} {
			response := webhooktest.Post(t, "http://"+address, signing.NewSecret(webhookSecret), event)
			_ = response.Body.Close()
		}
		if err := program.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		for _, want := range []string{"COMPLETED", "waiting up to", "transfers.on-us.success"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("it does not say %q: %s", want, out.String())
			}
		}
		if strings.Contains(out.String(), "rejected") {
			t.Errorf("it took another transfer's webhook for its own: %s", out.String())
		}
		got, err := b.client.Pockets.Get(t.Context(), b.payee, nil)
		if err != nil || got.Portfolio.TotalValue.Value != 25_00 {
			t.Errorf("the payee has %+v, %v", got, err)
		}
	}
}

func TestPayoutSaysWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name        string
		environment []string
		want        []string
	}{
		{"nothing is set", nil, []string{"INVOICE is missing", "CUSTOMER_ID is missing", "PAYEE_POCKET_ID is missing",
			"WEBHOOK_SECRET is missing", "WEBHOOK_ADDR is missing"}},
		{"an id is none", []string{"INVOICE=1", "CUSTOMER_ID=me", "PAYEE_POCKET_ID=" + uuid.NewString(),
			"WEBHOOK_SECRET=" + webhookSecret, "WEBHOOK_ADDR=127.0.0.1:0"}, []string{"CUSTOMER_ID is not a UUID"}},
		{"the client has nothing", []string{"INVOICE=1", "CUSTOMER_ID=" + uuid.NewString(),
			"PAYEE_POCKET_ID=" + uuid.NewString(), "WEBHOOK_SECRET=" + webhookSecret, "WEBHOOK_ADDR=127.0.0.1:0"},
			[]string{"JIKO_BASE_URL", "JIKO_USERNAME", "JIKO_PASSWORD", "JIKO_SIGNING_SECRET"}},
	} {
		program := exec.CommandContext(t.Context(), binary)
		program.Env = append([]string{"HOME=" + t.TempDir()}, c.environment...)
		out, err := program.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 ||
			strings.Contains(string(out), "panic") {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		for _, want := range c.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: it does not say %q: %s", c.name, want, out)
			}
		}
	}
}

func TestPayoutSaysWhatToDoAboutAFailure(t *testing.T) {
	b := newBank(t)
	for _, c := range []struct {
		name string
		fail http.HandlerFunc
		code int
		want string
	}{
		{"the answer is lost", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 75,
			"run this again with the same INVOICE"},
		{"the server refuses", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }, 1,
			"no money has moved"},
		{"the answer is unreadable", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }, 1,
			"do not pay again"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v1/transfers/on-us/" {
				c.fail(w, r)
				return
			}
			b.handler.ServeHTTP(w, r)
		}))
		program, out := b.start(t, server.URL, "INVOICE="+c.name, "WEBHOOK_ADDR=127.0.0.1:0")
		err := program.Wait()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != c.code ||
			!strings.Contains(out.String(), c.want) {
			t.Errorf("%s: %v\n%s", c.name, err, out.String())
		}
		server.Close()
	}
}

func becomeCustomer(t *testing.T, client *partner.Client) partner.CustomerID {
	t.Helper()
	profile, err := partner.NewInvestmentProfile(partner.RetiredInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
	})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := client.Individuals.ListAgreements(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	application, err := client.Individuals.CreateApplication(t.Context(), partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email:       "jiko@example.com",
		PhoneNumber: "+15551234567", DateOfBirth: partner.NewDate(1970, time.January, 1), InvestmentProfile: profile,
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			Country: "US"},
		AgreementConsent: partner.AgreementConsent{Version: bundle.Version, Timestamp: time.Now()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Individuals.SubmitApplication(t.Context(), application.ID); err != nil {
		t.Fatal(err)
	}
	if application, err = client.Individuals.GetApplication(t.Context(), application.ID); err != nil {
		t.Fatal(err)
	}
	id, err := application.CustomerID.Get()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// freeAddress is one that nobody listens on; somebody else may take it before the program does, on a busy machine.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
