// Package staging is the gateway in front of a sandbox, with a team that has pockets: what contract tests need.
package staging

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"example.com/payouts/bank"
	"example.com/payouts/gateway"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// The team that calls. These are for tests alone.
const (
	Team          = "shop"
	Password      = "password-of-the-shop"
	SigningSecret = "signing-secret-of-the-shop"
)

// Staging is the gateway, with what is behind it.
type Staging struct {
	http.Handler
	// Bank is how the house calls the bank, past the gateway.
	Bank *partner.Client

	server *httptest.Server
	bank   *sandbox.Sandbox
	mu     sync.Mutex
	owned  map[bank.PocketID]bool
}

// Open starts a sandbox, and puts the gateway in front of it.
func Open() (*Staging, error) {
	s := &Staging{owned: map[bank.PocketID]bool{}}
	var err error
	if s.bank, err = sandbox.New(sandbox.Config{}); err != nil {
		return nil, err
	}
	s.server = httptest.NewServer(s.bank)
	s.Bank, err = partner.New(partner.Config{BaseURL: s.server.URL, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret})
	if err != nil {
		s.Close()
		return nil, err
	}
	s.Handler, err = gateway.New(gateway.Config{
		Bank: s.Bank,
		Teams: map[string]gateway.Team{Team: {Password: signing.NewSecret(Password),
			SigningSecret: signing.NewSecret(SigningSecret)}},
		Owns:   s.owns,
		Store:  new(idempotency.Memory),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the sandbox.
func (s *Staging) Close() {
	if s.Bank != nil {
		s.Bank.Close()
	}
	s.server.Close()
	_ = s.bank.Close()
}

func (s *Staging) owns(_ string, pocket bank.PocketID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owned[pocket]
}

// Prepare makes what an operation of the gateway needs, as contracttest.Config.Prepare has it: pockets with money, and
// a transfer.
func (s *Staging) Prepare(ctx context.Context, operation string) (map[string]string, error) {
	switch operation {
	case "login", "getHealth":
		return nil, nil
	}
	from, to, err := s.Pockets(ctx)
	if err != nil {
		return nil, err
	}
	given := map[string]string{"pocket_id": from.String(), "other_pocket_id": to.String()}
	if operation == "getOnUsTransfer" {
		transfer, err := s.pay(ctx, from, to)
		if err != nil {
			return nil, err
		}
		given["transfer_id"] = transfer.ID.String()
	}
	return given, nil
}

func (s *Staging) client() (*bank.Client, error) {
	return bank.NewClient(s.Bank.BaseURL(), bank.WithDoer(s.Bank.With()))
}

func (s *Staging) pay(ctx context.Context, from, to bank.PocketID) (*bank.OnUsTransfer, error) {
	own, err := s.client()
	if err != nil {
		return nil, err
	}
	amount, err := bank.NewTransferAmount(bank.RequestedAmount{AmountUSDC: 1_00})
	if err != nil {
		return nil, err
	}
	account := func(id bank.PocketID) bank.JikoAccountReference {
		return bank.JikoAccountReference{ID: id, Type: bank.JikoAccountReferenceTypeJikoAccount}
	}
	order, err := bank.NewCreateOnUsTransferRequest(bank.CreateInternalReallocationTransfer{
		FromAccount: account(from), ToAccount: account(to), Amount: amount})
	if err != nil {
		return nil, err
	}
	return own.Pay(ctx, order)
}

// Pockets opens two pockets of a new customer for the team, with money in the first.
func (s *Staging) Pockets(ctx context.Context) (from, to bank.PocketID, err error) {
	own, err := s.client()
	if err != nil {
		return from, to, err
	}
	customer, err := s.customer(ctx)
	for _, id := range []*bank.PocketID{&from, &to} {
		if err != nil {
			break
		}
		var pocket *bank.Pocket
		pocket, err = own.CreatePocket(ctx, customer, bank.CreatePocketRequest{PocketName: "Payouts",
			DepositStrategyID: partner.Ptr("UST-4W")})
		if err == nil {
			*id = pocket.ID
		}
	}
	if err == nil {
		err = own.FundAccount(ctx, nil, bank.FundAccountRequest{AccountID: from, AmountUSDC: 1_000_00})
	}
	if err != nil {
		return from, to, fmt.Errorf("open pockets: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owned[from], s.owned[to] = true, true
	return from, to, nil
}

func (s *Staging) customer(ctx context.Context) (customer bank.CustomerID, err error) {
	agreements, err := s.Bank.Individuals.ListAgreements(ctx)
	if err != nil {
		return customer, err
	}
	profile, err := partner.NewInvestmentProfile(partner.EmployedInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
		Occupation: "Baker",
	})
	if err != nil {
		return customer, err
	}
	application, err := s.Bank.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Ada", LastName: "Baker"}, IdentificationNumber: "999999999",
		Email: "ada@example.com", PhoneNumber: "+15551234567",
		DateOfBirth: openapi_types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "1 A Way", City: "Berkeley", PostalCode: "94701",
			State: partner.Ptr("CA"), Country: "US"},
		AgreementConsent:  partner.AgreementConsent{Version: agreements.Version, Timestamp: time.Now().UTC()},
		InvestmentProfile: profile,
	})
	if err == nil {
		_, err = s.Bank.Individuals.SubmitApplication(ctx, application.ID)
	}
	if err == nil {
		application, err = s.Bank.Individuals.GetApplication(ctx, application.ID)
	}
	if err != nil {
		return customer, err
	}
	return application.CustomerID.Get()
}
