package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// What the journey moves, in cents.
const (
	funding  = 1_000_00
	transfer = 250_00
)

// journey is one customer's way through the API. The first step that goes wrong ends it.
type journey struct {
	ctx     context.Context
	printer *printer
	bank    *sandbox.Sandbox
	// client validates what it sends; careless does not; forger signs with a wrong secret.
	client, careless, forger *partner.Client

	agreements partner.AgreementBundle
	customerID uuid.UUID
	strategy   string
	pockets    [2]uuid.UUID
}

func (j *journey) walk() error {
	steps := []step{
		{"list agreements", j.listAgreements},
		{"create, submit and approve an application", j.becomeCustomer},
		{"get the customer", j.getCustomer},
		{"update the customer", j.updateCustomer},
		{"onboard a business and list its owners", j.listBeneficialOwners},
		{"list trading strategies", j.listStrategies},
		{"create two pockets", j.createPockets},
		{"fund the first pocket", j.fund},
		{"transfer between pockets, twice with one key", j.transfer},
		{"send a wrong signature", j.wrongSignature},
		{"send an invalid body", j.invalidBody},
		{"empty the second pocket", j.emptySecondPocket},
		{"list transactions", j.listTransactions},
		{"close the second pocket", j.closeSecondPocket},
	}
	j.printer.header()
	if err := j.run(steps); err != nil {
		return err
	}
	if err := j.balances(); err != nil {
		return fmt.Errorf("the ledger: %w", err)
	}
	j.printer.printf("\n%d steps, %d exchanges, everything as it should be.\n", len(steps), j.printer.rows)
	return nil
}

// step is one part of the journey, by name.
type step struct {
	name string
	do   func() error
}

func (j *journey) run(steps []step) error {
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("step %q: %w", s.name, err)
		}
	}
	return nil
}

// check makes an error of what is not as it should be.
func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("not as it should be: "+format, args...)
}

func (j *journey) listAgreements() error {
	j.printer.begin("list agreements")
	bundle, err := j.client.Individuals.ListAgreements(j.ctx)
	if err != nil {
		return err
	}
	j.agreements = *bundle
	return check(bundle.Version != "" && len(bundle.Documents) > 0, "the bundle is empty")
}

func (j *journey) consent() partner.AgreementConsent {
	return partner.AgreementConsent{Version: j.agreements.Version, Timestamp: time.Now().UTC()}
}

func (j *journey) becomeCustomer() error {
	j.printer.begin("create an application")
	profile, err := partner.NewInvestmentProfile(partner.EmployedInvestmentProfile{
		Income:   partner.AnnualPersonalIncomeBetween100KAnd250K,
		NetWorth: partner.AveragePersonalNetWorthBetween1MAnd5M, Occupation: "Investor",
	})
	if err != nil {
		return err
	}
	application, err := j.client.Individuals.CreateApplication(j.ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email: "jiko@example.com", PhoneNumber: "+15551234567",
		DateOfBirth: openapi_types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			State: ptr("CA"), Country: "US"},
		AgreementConsent: j.consent(), InvestmentProfile: profile,
	})
	if err != nil {
		return err
	}
	if err := check(application.Status == partner.ApplicationStatusCreated, "a new application is %s",
		application.Status); err != nil {
		return err
	}
	j.printer.begin("apply")
	if application, err = j.client.Individuals.SubmitApplication(j.ctx, application.ID); err != nil {
		return err
	}
	if err := check(application.Status == partner.ApplicationStatusSubmitted, "a submitted application is %s",
		application.Status); err != nil {
		return err
	}
	j.printer.begin("see it approved")
	if application, err = j.client.Individuals.GetApplication(j.ctx, application.ID); err != nil {
		return err
	}
	if err := check(application.Status == partner.ApplicationStatusApproved, "the application is %s",
		application.Status); err != nil {
		return err
	}
	j.customerID, err = application.CustomerID.Get()
	return err
}

func (j *journey) getCustomer() error {
	j.printer.begin("get the customer")
	person, err := individual(j.client.Customers.Get(j.ctx, j.customerID))
	if err != nil {
		return err
	}
	return errors.Join(
		check(person.Name.FirstName == "Jiko" && person.Name.LastName == "Customer", "name"),
		check(person.Address.City == "Berkeley" && person.Address.Country == "US", "address"),
		check(person.Email == "jiko@example.com" && person.PhoneNumber == "+15551234567", "contact"),
		check(person.DateOfBirth.Format(time.DateOnly) == "1970-01-01", "date of birth"),
		check(person.AccountStatus.Valid(), "account status %q", person.AccountStatus),
		check(person.IdentificationNumber != nil && person.IdentificationNumber.IdentificationNumber == "*****9999",
			"the identification number is not masked"),
		check(person.TrustedContact == nil, "there is a trusted contact already"),
	)
}

// individual unpacks a customer that must be a person.
func individual(customer *partner.Customer, err error) (partner.IndividualCustomer, error) {
	if err != nil {
		return partner.IndividualCustomer{}, err
	}
	value, err := customer.Value()
	if err != nil {
		return partner.IndividualCustomer{}, err
	}
	person, ok := value.(partner.IndividualCustomer)
	return person, check(ok, "the customer is a %T", value)
}

func (j *journey) updateCustomer() error {
	j.printer.begin("update the customer: a trusted contact")
	change, err := partner.NewUpdateCustomerRequest(partner.UpdateCustomerData{
		TrustedContact: &partner.TrustedContact{
			FirstName: ptr("Jiko Customer"), LastName: ptr("Trusted Contact"),
			Email:       ptr("jiko-trusted-contact@example.com"),
			PhoneNumber: ptr("+15551234500"), Address: ptr("2000 Allston Way, Berkeley CA 94701 USA"),
		},
	})
	if err != nil {
		return err
	}
	person, err := individual(j.client.Customers.Update(j.ctx, j.customerID, change))
	if err != nil {
		return err
	}
	return check(person.TrustedContact != nil && *person.TrustedContact.LastName == "Trusted Contact" &&
		person.Email == "jiko@example.com", "the trusted contact was not kept, or something else changed")
}

func (j *journey) listBeneficialOwners() error {
	j.printer.begin("create a business application")
	application, err := j.client.Businesses.CreateApplication(j.ctx, partner.CreateBusinessApplicationRequest{
		Name: ptr("Example Trading LLC"), EntityType: ptr(partner.BusinessEntityTypeLLC),
		FormationDate: ptr("2017-01-04"),
		IdentificationNumber: &partner.BusinessIdentificationNumber{IdentificationNumber: "987654321",
			Type: partner.BusinessIdentificationNumberTypeEIN},
		Address: &partner.USAddress{StreetAddress: "101 Mission Street", City: "San Francisco",
			PostalCode: "94105", State: ptr(partner.StateCA), Country: "US"},
		Contact: &partner.BusinessContact{Email: ptr("contact@example.com"),
			PhoneNumber: ptr("+15551234567")},
		AgreementConsent: ptr(j.consent()),
	})
	if err != nil {
		return err
	}
	j.printer.begin("add the owner")
	if _, err = j.client.Businesses.CreateRelatedParty(j.ctx, application.ID, partner.RelatedPartyApplicationRequest{
		Title: ptr("CEO"), Name: &partner.Name{FirstName: "Related", LastName: "Party"},
		OwnershipPercentage: ptr("0.51"),
		Roles:               []partner.RelatedPartyRole{partner.RelatedPartyRoleControlPerson},
		DateOfBirth:         ptr("1970-01-01"),
		Citizenship:         ptr("US"),
	}); err != nil {
		return err
	}
	j.printer.begin("apply")
	if _, err = j.client.Businesses.SubmitApplication(j.ctx, application.ID); err != nil {
		return err
	}
	j.printer.begin("see it approved")
	if application, err = j.client.Businesses.GetApplication(j.ctx, application.ID); err != nil {
		return err
	}
	businessID, err := application.CustomerID.Get()
	if err != nil {
		return err
	}
	j.printer.begin("list its beneficial owners")
	owners, err := j.client.Customers.ListBeneficialOwners(j.ctx, businessID)
	if err != nil {
		return err
	}
	return check(len(owners.Items) == 1 && *owners.Items[0].OwnershipPercentage == "0.51", "the business has %d owners",
		len(owners.Items))
}

func (j *journey) listStrategies() error {
	j.printer.begin("list trading strategies")
	strategies, err := j.client.TradingStrategies.List(j.ctx)
	if err != nil {
		return err
	}
	if err := check(len(strategies.Items) > 0, "there are no strategies"); err != nil {
		return err
	}
	j.strategy = strategies.Items[0].ID
	return nil
}

func (j *journey) createPockets() error {
	for i, name := range []string{"Operating", "Reserve"} {
		j.printer.begin("create a pocket: " + name)
		pocket, err := j.client.Pockets.Create(j.ctx, j.customerID,
			partner.CreatePocketRequest{PocketName: name, DepositStrategyID: &j.strategy})
		if err != nil {
			return err
		}
		if err := check(pocket.Status == partner.PocketStatusOpen && pocket.PocketName == name, "the pocket is %s",
			pocket.Status); err != nil {
			return err
		}
		j.pockets[i] = pocket.ID
	}
	return nil
}

func (j *journey) fund() error {
	j.printer.begin("fund the first pocket with $1,000.00")
	if err := j.client.Sandbox.FundAccount(j.ctx, nil,
		partner.FundAccountRequest{AccountID: j.pockets[0], AmountUSDC: funding,
			CompanyName: ptr("Payroll Inc")}); err != nil {
		return err
	}
	return j.expectBalances(funding, 0)
}

// expectBalances asks the API for the value of both pockets, in cents.
func (j *journey) expectBalances(want ...int64) error {
	for i, cents := range want {
		j.printer.begin(fmt.Sprintf("get pocket %d", i+1))
		pocket, err := j.client.Pockets.Get(j.ctx, j.pockets[i], nil)
		if err != nil {
			return err
		}
		if err := check(pocket.Portfolio != nil && pocket.Portfolio.TotalValue.Value == cents,
			"pocket %d is not worth %d cents", i+1, cents); err != nil {
			return err
		}
	}
	return nil
}

// move is an on-us transfer between the pockets.
func (j *journey) move(from, to int, amount partner.TransferAmountVariant,
	id uuid.UUID) (partner.CreateOnUsTransferRequest, error) {
	value, err := partner.NewTransferAmount(amount)
	if err != nil {
		return partner.CreateOnUsTransferRequest{}, err
	}
	reference := func(i int) partner.JikoAccountReference {
		return partner.JikoAccountReference{ID: j.pockets[i], Type: partner.JikoAccountReferenceTypeJikoAccount}
	}
	return partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		TransferID: &id, Description: ptr("Between pockets"), FromAccount: reference(from), ToAccount: reference(to),
		Amount: value,
	})
}

func requested(cents int64) partner.RequestedAmount {
	return partner.RequestedAmount{Type: partner.RequestedAmountTypeRequestedAmount, AmountUSDC: cents}
}

func (j *journey) transfer() error {
	order, err := j.move(0, 1, requested(transfer), uuid.New())
	if err != nil {
		return err
	}
	key := partner.WithIdempotencyKey(partner.NewKey())
	j.printer.begin("transfer $250.00 between the pockets")
	first, err := j.client.OnUsTransfers.Create(j.ctx, order, key)
	if err != nil {
		return err
	}
	if err := check(first.Status == partner.OnUsTransferStatusCompleted, "the transfer is %s",
		first.Status); err != nil {
		return err
	}
	j.printer.begin("send it again with the same key")
	second, err := j.client.OnUsTransfers.Create(j.ctx, order, key)
	if err != nil {
		return err
	}
	if err := errors.Join(
		check(second.ID == first.ID, "the repeat made another transfer"),
		check(j.printer.answered().Get(partner.HeaderReplayed) == "true",
			"the repeat's answer is not the stored one"),
	); err != nil {
		return err
	}
	return j.expectBalances(funding-transfer, transfer)
}

func (j *journey) wrongSignature() error {
	j.printer.begin("sign with a wrong secret")
	order, err := j.move(0, 1, requested(transfer), uuid.New())
	if err != nil {
		return err
	}
	_, err = j.forger.OnUsTransfers.Create(j.ctx, order)
	return j.refused(err, http.StatusUnauthorized)
}

func (j *journey) invalidBody() error {
	j.printer.begin("ask for less than one cent")
	order, err := j.move(0, 1, requested(0), uuid.New())
	if err != nil {
		return err
	}
	_, err = j.careless.OnUsTransfers.Create(j.ctx, order)
	if err := j.refused(err, http.StatusUnprocessableEntity); err != nil {
		return err
	}
	return j.expectBalances(funding-transfer, transfer)
}

// refused prints an error that is wanted and checks its status.
func (j *journey) refused(err error, status int) error {
	var refusal *partner.Error
	if !errors.As(err, &refusal) {
		return fmt.Errorf("not as it should be: want a refusal, got %w",
			errors.Join(err, errors.New("no *partner.Error")))
	}
	j.printer.printf("    → %s\n", refusal)
	// The error leaves out what the server wrote for people. The sandbox has nobody's data.
	if refusal.Detail != "" {
		j.printer.printf("      %s\n", refusal.Detail)
	}
	for _, f := range refusal.Fields {
		j.printer.printf("      %s: %s\n", f.Location, f.Message)
	}
	return check(refusal.StatusCode == status, "the status is %d", refusal.StatusCode)
}

func (j *journey) emptySecondPocket() error {
	j.printer.begin("withdraw all from the second pocket")
	order, err := j.move(1, 0, partner.FullWithdrawal{Type: partner.FullWithdrawalTypeFullWithdrawal}, uuid.New())
	if err != nil {
		return err
	}
	done, err := j.client.OnUsTransfers.Create(j.ctx, order)
	if err != nil {
		return err
	}
	if err := check(done.Status == partner.OnUsTransferStatusCompleted, "the transfer is %s",
		done.Status); err != nil {
		return err
	}
	return j.expectBalances(funding, 0)
}

func (j *journey) listTransactions() error {
	for i, want := range []int{3, 2} {
		j.printer.begin(fmt.Sprintf("list the transactions of pocket %d", i+1))
		page, err := j.client.Transactions.ListForPocket(j.ctx, j.pockets[i], nil)
		if err != nil {
			return err
		}
		if err := check(len(page.Items) == want, "pocket %d has %d transactions, not %d", i+1, len(page.Items),
			want); err != nil {
			return err
		}
		var total int64
		for _, t := range page.Items {
			cents, err := signed(t)
			if err != nil {
				return err
			}
			total += cents
		}
		if err := check(total == []int64{funding, 0}[i], "the transactions of pocket %d make %d cents", i+1,
			total); err != nil {
			return err
		}
	}
	return nil
}

// signed is what a transaction adds to its pocket, in cents.
func signed(t partner.Transaction) (int64, error) {
	value, err := t.Value()
	if err != nil {
		return 0, err
	}
	var (
		money     partner.Money
		direction partner.TransactionDirection
	)
	switch v := value.(type) {
	case partner.ACHTransaction:
		money, direction = v.Amount, v.Direction
	case partner.OnUsTransaction:
		money, direction = v.Amount, v.Direction
	default:
		return 0, fmt.Errorf("not as it should be: a transaction is a %T", value)
	}
	if direction == partner.TransactionDirectionDebit {
		return -money.Value, nil
	}
	return money.Value, nil
}

func (j *journey) closeSecondPocket() error {
	j.printer.begin("close the second pocket")
	pocket, err := j.client.Pockets.Update(j.ctx, j.customerID, j.pockets[1], partner.UpdatePocketRequest{
		Status: ptr(partner.PocketStatusClosed), ClosureReason: ptr("no longer needed"),
	})
	if err != nil {
		return err
	}
	return check(pocket.Status == partner.PocketStatusClosed, "the pocket is %s", pocket.Status)
}

// balances shows that what all pockets hold is what was paid in.
func (j *journey) balances() error {
	balances, err := j.bank.Balances()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	var total int64
	for _, account := range []struct {
		name string
		id   uuid.UUID
	}{{"Operating", j.pockets[0]}, {"Reserve", j.pockets[1]}, {"paid in from outside", uuid.Nil}} {
		fmt.Fprintf(&text, "%-46s %12s\n", account.name, dollars(balances[account.id]))
		total += balances[account.id]
	}
	j.printer.printf("\nLEDGER%53s\n%s%-46s %12s\n", "USD", text.String(), "sum", dollars(total))
	return errors.Join(
		check(total == 0, "the balances make %d cents", total),
		check(balances[j.pockets[0]] == funding && balances[j.pockets[1]] == 0 && balances[uuid.Nil] == -funding,
			"the balances are %v", balances),
	)
}

// dollars writes cents as dollars, without going through a float.
func dollars(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

func ptr[T any](v T) *T { return &v }
