package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	payouts "example.com/payouts"
	"example.com/payouts/bank"

	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// house is a bank, and a client whose requests and answers are held against the contract.
type house struct {
	bank   *sandbox.Sandbox
	client *partner.Client
}

func open(t *testing.T) house {
	t.Helper()
	own, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(own)
	t.Cleanup(func() {
		server.Close()
		_ = own.Close()
	})
	document, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	validator, err := validation.New(validation.Config{Document: document})
	if err != nil {
		t.Fatal(err)
	}
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
		Middleware:    []func(http.RoundTripper) http.RoundTripper{validator.Transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return house{own, client}
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

func TestAPayoutMovesTheMoneyOnce(t *testing.T) {
	h := open(t)
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
	err = own.FundAccount(t.Context(), nil, bank.FundAccountRequest{AccountID: pockets[0], AmountUSDC: 100_00})
	if err != nil {
		t.Fatal(err)
	}
	service, err := payouts.New(h.client, pockets[0])
	if err != nil {
		t.Fatal(err)
	}
	var transfers []uuid.UUID
	for range 2 { // The second is a repeat, of somebody who is not sure.
		id, err := service.Pay(t.Context(), payouts.Payout{Invoice: "2026-117", To: pockets[1], Cents: 25_00})
		if err != nil {
			t.Fatal(err)
		}
		transfers = append(transfers, id)
	}
	balances, err := h.bank.Balances()
	if err != nil || transfers[0] != transfers[1] || balances[pockets[0]] != 75_00 || balances[pockets[1]] != 25_00 {
		t.Errorf("%v %v %v", transfers, balances, err)
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
