package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	payouts "example.com/payouts"
	"example.com/payouts/bank"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// house is a bank, and a client whose requests and answers are held against the contract.
type house struct {
	bank   *sandbox.Sandbox
	client *partner.Client
	// later is how far the bank's clock is ahead.
	later *atomic.Int64
}

func open(t *testing.T) house {
	t.Helper()
	later := new(atomic.Int64)
	own, err := sandbox.New(sandbox.Config{Now: func() time.Time {
		return time.Now().Add(time.Duration(later.Load()))
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(own)
	t.Cleanup(func() {
		server.Close()
		_ = own.Close()
	})
	return house{own, connect(t, server.URL), later}
}

// connect makes a client, which knows nothing of others, as after a restart.
func connect(t *testing.T, url string) *partner.Client {
	t.Helper()
	client, err := partner.New(partner.Config{
		BaseURL: url, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
		Middleware:    []func(http.RoundTripper) http.RoundTripper{contracttest.Middleware(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// customer opens an account for somebody.
func (h house) customer(t *testing.T) bank.CustomerID {
	t.Helper()
	ctx := t.Context()
	agreements, err := h.client.Individuals.ListAgreements(ctx)
	if err != nil {
		t.Fatal(err)
	}
	profile, err := partner.NewInvestmentProfile(partner.EmployedInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
		Occupation: "Baker",
	})
	if err != nil {
		t.Fatal(err)
	}
	application, err := h.client.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Ada", LastName: "Baker"}, IdentificationNumber: "999999999",
		Email: "ada@example.com", PhoneNumber: "+15551234567",
		DateOfBirth: openapi_types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "1 A Way", City: "Berkeley", PostalCode: "94701",
			State: partner.Ptr("CA"), Country: "US"},
		AgreementConsent:  partner.AgreementConsent{Version: agreements.Version, Timestamp: time.Now().UTC()},
		InvestmentProfile: profile,
	})
	if err == nil {
		_, err = h.client.Individuals.SubmitApplication(ctx, application.ID)
	}
	if err == nil {
		application, err = h.client.Individuals.GetApplication(ctx, application.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	customer, err := application.CustomerID.Get()
	if err != nil {
		t.Fatal(err)
	}
	return customer
}

// pockets opens two pockets of one customer, with money in the first.
func (h house) pockets(t *testing.T, cents int64) (from, to bank.PocketID) {
	t.Helper()
	own, err := bank.NewClient(h.client.BaseURL(), bank.WithDoer(h.client.With()))
	if err != nil {
		t.Fatal(err)
	}
	customer := h.customer(t)
	pockets := make([]bank.PocketID, 2)
	for i := range pockets {
		pocket, err := own.CreatePocket(t.Context(), customer, bank.CreatePocketRequest{PocketName: "Payouts",
			DepositStrategyID: partner.Ptr("UST-4W")})
		if err != nil {
			t.Fatal(err)
		}
		pockets[i] = pocket.ID
	}
	if cents > 0 {
		err = own.FundAccount(t.Context(), nil, bank.FundAccountRequest{AccountID: pockets[0], AmountUSDC: cents})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pockets[0], pockets[1]
}

func TestAPayoutMovesTheMoneyOnce(t *testing.T) {
	h := open(t)
	from, to := h.pockets(t, 100_00)
	var transfers []payouts.Transfer
	// The second is a repeat, of somebody who is not sure; the third of a process that knows nothing of the others,
	// when the bank has forgotten their key.
	for _, client := range []*partner.Client{h.client, h.client, connect(t, h.client.BaseURL())} {
		if client != h.client {
			h.later.Store(int64(2 * time.Hour))
		}
		service, err := payouts.New(client, from)
		if err != nil {
			t.Fatal(err)
		}
		transfer, err := service.Pay(t.Context(), payouts.Payout{Invoice: "2026-117", To: to, Cents: 25_00})
		if err != nil || transfer.Status != bank.OnUsTransferStatusCompleted {
			t.Fatal(transfer, err)
		}
		transfers = append(transfers, transfer)
	}
	balances, err := h.bank.Balances()
	if err != nil || transfers[0] != transfers[1] || transfers[0] != transfers[2] || balances[from] != 75_00 ||
		balances[to] != 25_00 {
		t.Errorf("%v %v %v", transfers, balances, err)
	}
}

// The bank answers 201 to what it rejects.
func TestAPayoutFromAnEmptyPocketIsRejected(t *testing.T) {
	h := open(t)
	from, to := h.pockets(t, 0)
	service, err := payouts.New(h.client, from)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // It stays rejected.
		transfer, err := service.Pay(t.Context(), payouts.Payout{Invoice: "2026-117", To: to, Cents: 25_00})
		if !errors.Is(err, payouts.ErrRejected) || !strings.Contains(err.Error(), "INSUFFICIENT_FUNDS") ||
			transfer.Status != bank.OnUsTransferStatusRejected {
			t.Errorf("%v, %v", transfer, err)
		}
	}
	balances, err := h.bank.Balances()
	if err != nil || balances[from] != 0 || balances[to] != 0 {
		t.Errorf("%v, %v", balances, err)
	}
}

// Whoever runs the command goes by its exit status.
func TestTheCommandFailsForWhatIsNotPaid(t *testing.T) {
	h := open(t)
	from, to := h.pockets(t, 30_00)
	command := filepath.Join(t.TempDir(), "payout")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", command,
		"example.com/payouts/cmd/payout").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pay := func(invoice, cents string) (string, error) {
		c := exec.CommandContext(t.Context(), command, invoice, from.String(), to.String(), cents)
		c.Env = []string{"JIKO_BASE_URL=" + h.client.BaseURL(), "JIKO_USERNAME=" + sandbox.DefaultUsername,
			"JIKO_PASSWORD=" + sandbox.DefaultPassword.Reveal(),
			"JIKO_SIGNING_SECRET=" + sandbox.DefaultSigningSecret.Reveal()}
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := pay("2026-117", "2500"); err != nil || !strings.Contains(out, "COMPLETED") {
		t.Errorf("%v\n%s", err, out)
	}
	var exit *exec.ExitError
	if out, err := pay("2026-118", "2500"); !errors.As(err, &exit) || !strings.Contains(out, "no money moved") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The error of a generated client is the client's own, with the outcome.
func TestAFailureSaysWhetherItWasPaid(t *testing.T) {
	h := open(t)
	own, err := bank.NewClient(h.client.BaseURL(), bank.WithDoer(h.client.With()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = own.GetPocket(t.Context(), uuid.New(), nil)
	var failure *partner.Error
	if !errors.As(err, &failure) || failure.StatusCode != http.StatusNotFound || failure.Operation.ID != "getPocket" ||
		failure.Outcome != partner.OutcomeRefused || !errors.Is(err, partner.ErrNotFound) {
		t.Errorf("%+v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = own.GetPocket(gone, uuid.New(), nil); !errors.As(err, &failure) ||
		failure.Outcome != partner.OutcomeNotSent {
		t.Errorf("%+v", err)
	}
}

// An answer that cannot be read is no reason to pay again.
func TestAnAnswerThatCannotBeReadSaysThatItWasPaid(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/api/v1/login/" {
			_, _ = fmt.Fprintf(w, `{"token":"token","expires":%q}`, time.Now().Add(time.Hour).Format(time.RFC3339))
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id":"no id"}`))
	}))
	defer server.Close()
	client, err := partner.New(partner.Config{BaseURL: server.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name, doer := range map[string]bank.Doer{"a client": client, "a client with options": client.With(),
		"something around it": logged{t, client.With()}} {
		own, err := bank.NewClient(client.BaseURL(), bank.WithDoer(doer))
		if err != nil {
			t.Fatal(err)
		}
		_, err = own.CreatePocket(t.Context(), uuid.New(), bank.CreatePocketRequest{PocketName: "Payouts"})
		var failure *partner.Error
		if !errors.As(err, &failure) || failure.Outcome != partner.OutcomeDoneUnreadable ||
			failure.IdempotencyKey.IsZero() || strings.Contains(err.Error(), "no id") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What could not be read before anything was paid is no payment.
	service, err := payouts.New(client, uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	_, err = service.Pay(t.Context(), payouts.Payout{Invoice: "2026-117", To: uuid.New(), Cents: 25_00})
	if !errors.Is(err, payouts.ErrNothingPaid) || errors.As(err, new(*partner.Error)) {
		t.Errorf("%v", err)
	}
}

// logged is a Doer around another one.
type logged struct {
	t    *testing.T
	next bank.Doer
}

// Do implements bank.Doer.
func (l logged) Do(r *http.Request) (*http.Response, error) {
	response, err := l.next.Do(r)
	l.t.Log(r.Method, r.URL.Path, err)
	return response, err
}
