package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// A wire arrives for a customer, and the partner sees it in the list.
func ExampleSandbox_ReceiveWire() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bank.Close() }()
	server := httptest.NewServer(bank)
	defer server.Close()
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx := context.Background()
	pocket, err := openPocket(ctx, client)
	if err != nil {
		fmt.Println(err)
		return
	}

	in := sandbox.IncomingWire{PocketID: pocket.ID, AmountUSDC: 1_000_00, Sender: "Acme, Inc."}
	id, err := bank.ReceiveWire(ctx, in)
	if err != nil {
		fmt.Println(err)
		return
	}
	wire, err := client.Wires.Get(ctx, id)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*wire.Direction, *wire.Status, *wire.Amount.Formatted, "from", *wire.CounterpartyName)
	// Output: INCOMING SUCCESS $1,000.00 from Acme, Inc.
}

// bankWithPocket is a sandbox whose clock stands still, with a customer who has a pocket.
func bankWithPocket() (*sandbox.Sandbox, uuid.UUID, error) {
	bank, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		return nil, uuid.Nil, err
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		return nil, uuid.Nil, errors.Join(err, bank.Close())
	}
	defer client.Close()
	pocket, err := openPocket(context.Background(), client)
	if err != nil {
		return nil, uuid.Nil, errors.Join(err, bank.Close())
	}
	return bank, pocket.ID, nil
}

// openPocket takes a person through the application and opens a pocket.
func openPocket(ctx context.Context, client *partner.Client) (*partner.Pocket, error) {
	profile, err := partner.NewInvestmentProfile(partner.UnemployedInvestmentProfile{
		Income:   partner.AnnualPersonalIncomeBetween100KAnd250K,
		NetWorth: partner.AveragePersonalNetWorthBetween1MAnd5M,
	})
	if err != nil {
		return nil, err
	}
	application, err := client.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jane", LastName: "Doe"}, IdentificationNumber: "123456789",
		Email: "jane@example.com", PhoneNumber: "+15551234567",
		DateOfBirth: openapi_types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			Country: "US"},
		AgreementConsent:  partner.AgreementConsent{Version: "1.0.0", Timestamp: time.Now()},
		InvestmentProfile: profile,
	})
	if err != nil {
		return nil, err
	}
	if _, err := client.Individuals.SubmitApplication(ctx, application.ID); err != nil {
		return nil, err
	}
	if application, err = client.Individuals.GetApplication(ctx, application.ID); err != nil {
		return nil, err
	}
	strategy := "UST-4W"
	return client.Pockets.Create(ctx, application.CustomerID.MustGet(), partner.CreatePocketRequest{
		PocketName: "Operating", DepositStrategyID: &strategy,
	})
}
