package payday

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
)

// openAccounts makes a customer with two pockets, one of which has so many cents, and whom it can pay.
func openAccounts(ctx context.Context, client *partner.Client, cents int64) (accounts, error) {
	var a accounts
	var err error
	if a.Customer, err = newCustomer(ctx, client); err != nil {
		return a, err
	}
	for _, p := range []struct {
		name string
		id   *partner.PocketID
	}{{"From", &a.From}, {"To", &a.To}} {
		pocket, err := client.Pockets.Create(ctx, a.Customer,
			partner.CreatePocketRequest{PocketName: p.name, DepositStrategyID: partner.Ptr("UST-4W")})
		if err != nil {
			return a, err
		}
		*p.id = pocket.ID
	}
	for ; cents > 0; cents -= maxFunding {
		if err := client.Sandbox.FundAccount(ctx, nil,
			partner.FundAccountRequest{AccountID: a.From, AmountUSDC: min(cents, maxFunding)}); err != nil {
			return a, err
		}
	}
	name, err := partner.NewCounterpartyName(partner.BusinessCounterpartyName{BusinessName: "Supplier"})
	if err != nil {
		return a, err
	}
	for _, c := range []struct {
		variant partner.CreateCounterpartyRequestVariant
		id      *uuid.UUID
	}{
		{partner.CreateACHCounterparty{RoutingNumber: "021000021", AccountNumber: "123456789"}, &a.ACH},
		{partner.CreateWireCounterparty{RoutingNumber: "021000021", Identifier: "1213456789",
			Address: address(), CounterpartyName: name}, &a.Wire},
	} {
		if *c.id, err = newCounterparty(ctx, client, a.Customer, c.variant); err != nil {
			return a, err
		}
	}
	return a, nil
}

// maxFunding is the most that one call pays in, in cents. (Source: the contract, FundAccountRequest.)
const maxFunding = 4_000_000

func newCounterparty(ctx context.Context, client *partner.Client, customer partner.CustomerID,
	variant partner.CreateCounterpartyRequestVariant) (uuid.UUID, error) {
	request, err := partner.NewCreateCounterpartyRequest(variant)
	if err != nil {
		return uuid.Nil, err
	}
	made, err := client.Counterparties.Create(ctx, customer, request)
	if err != nil {
		return uuid.Nil, err
	}
	shared, err := made.Shared()
	return shared.ID, err
}

// newCustomer applies with made-up data.
func newCustomer(ctx context.Context, client *partner.Client) (partner.CustomerID, error) {
	profile, err := partner.NewInvestmentProfile(partner.RetiredInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
	})
	if err != nil {
		return partner.CustomerID{}, err
	}
	agreements, err := client.Individuals.ListAgreements(ctx)
	if err != nil {
		return partner.CustomerID{}, err
	}
	application, err := client.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email: "jiko@example.com", PhoneNumber: "+15551234567", DateOfBirth: partner.NewDate(1970, time.January, 1),
		Address:           address(),
		AgreementConsent:  partner.AgreementConsent{Version: agreements.Version, Timestamp: time.Now()},
		InvestmentProfile: profile,
	})
	if err != nil {
		return partner.CustomerID{}, err
	}
	if _, err := client.Individuals.SubmitApplication(ctx, application.ID); err != nil {
		return partner.CustomerID{}, err
	}
	if application, err = client.Individuals.GetApplication(ctx, application.ID); err != nil {
		return partner.CustomerID{}, err
	}
	return application.CustomerID.Get()
}

func address() partner.Address {
	return partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701", Country: "US"}
}

// settling is how long the clock is moved on until micro-deposits have verified a counterparty: two business days of
// the Federal Reserve, whatever day it is.
const settling = 6 * 24 * time.Hour

// verifyPayees moves the clock of a bank that does not run, until its counterparties are verified.
func verifyPayees(ctx context.Context, data string) error {
	store, err := sqlitestore.Open(data)
	if err != nil {
		return err
	}
	b, err := sandbox.New(sandbox.Config{Store: store})
	if err != nil {
		return err
	}
	return errors.Join(b.Advance(ctx, settling), b.Close())
}

// readBooks has the bank run once more, without anything going wrong, and returns what it has paid.
func (d *day) readBooks(ctx context.Context) (all []effect, err error) {
	if err := d.bank.kill(); err != nil {
		return nil, err
	}
	d.bank.config.Faulty = false
	if err := d.bank.start(); err != nil {
		return nil, err
	}
	client, err := newClient(d.bank.url, d.bank.config.Certificate, d.protocol)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for _, read := range []func(context.Context, *partner.Client) ([]effect, error){
		d.transfers, d.originations, d.wires,
	} {
		some, err := read(ctx, client)
		if err != nil {
			return nil, fmt.Errorf("read the books: %w", err)
		}
		all = append(all, some...)
	}
	return all, d.bank.kill()
}

// pageSize is how many items a page of a list has at most.
const pageSize = 100

func (d *day) transfers(ctx context.Context, client *partner.Client) (all []effect, err error) {
	for x, err := range client.Transactions.AllForPocket(ctx, d.accounts.From, &partner.ListPocketTransactionsParams{
		Limit: partner.Ptr(pageSize), FilterType: []partner.TransactionType{partner.TransactionTypeOnUs}}) {
		if err != nil {
			return nil, err
		}
		shared, err := x.Shared()
		if err != nil {
			return nil, err
		}
		all = append(all, effect{shared.Description, onUs, shared.Amount.Value, shared.ID.String()})
	}
	return all, nil
}

func (d *day) originations(ctx context.Context, client *partner.Client) (all []effect, err error) {
	for o, err := range client.ACH.All(ctx, d.accounts.From,
		&partner.ListACHOriginationsParams{Limit: partner.Ptr(pageSize)}) {
		if err != nil {
			return nil, err
		}
		if o.Status == partner.ACHStatusRejected { // It has moved nothing.
			continue
		}
		reference := ""
		if len(o.PaymentRelatedInformation) > 0 {
			reference = o.PaymentRelatedInformation[0]
		}
		all = append(all, effect{reference, ach, o.Amount.Value, o.ID.String()})
	}
	return all, nil
}

func (d *day) wires(ctx context.Context, client *partner.Client) (all []effect, err error) {
	for w, err := range client.Wires.All(ctx, &partner.ListWiresParams{PocketID: &d.accounts.From,
		Limit: partner.Ptr(pageSize)}) {
		switch {
		case err != nil:
			return nil, err
		case w.Amount == nil || w.Description == nil || w.Status == nil:
			return nil, fmt.Errorf("wire %s has no amount, description or status", w.ID)
		case *w.Status == partner.WireStatusRejected:
			continue
		}
		all = append(all, effect{*w.Description, wire, w.Amount.Value, w.ID.String()})
	}
	return all, nil
}

// verify adds up what is in the bank's file, when the bank does not run.
func (d *day) verify() error {
	store, err := sqlitestore.OpenReadOnly(d.data())
	if err != nil {
		return err
	}
	_, err = sandbox.Verify(store)
	return err
}
