package sandbox

import (
	"context"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// customer is either a person or a company.
type customer struct {
	id         uuid.UUID
	individual *partnerapi.IndividualCustomer
	business   *partnerapi.BusinessCustomer
	owners     []partnerapi.BeneficialOwner
	closed     bool
}

func (b *bank) addCustomer(c *customer) {
	b.customers[c.id] = c
	b.customerOrder = append(b.customerOrder, c.id)
}

// view is the customer as answers show it. It is pending as long as it has no open pocket.
func (b *bank) view(c *customer) (partnerapi.Customer, error) {
	status := partnerapi.CustomerAccountStatusPending
	for _, p := range b.pocketsOf(c.id) {
		if p.status == partnerapi.PocketStatusOpen {
			status = partnerapi.CustomerAccountStatusOpen
		}
	}
	if c.closed {
		status = partnerapi.CustomerAccountStatusClosed
	}
	if c.business != nil {
		shown := *c.business
		shown.AccountStatus = status
		return partnerapi.NewCustomer(shown)
	}
	shown := *c.individual
	shown.AccountStatus = status
	return partnerapi.NewCustomer(shown)
}

func (b *bank) GetCustomer(_ context.Context, in partnerserver.GetCustomerInput) (partnerserver.GetCustomerOutput,
	error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.customers[in.CustomerID]
	if c == nil {
		return partnerserver.GetCustomerNotFound{Body: notFound()}, nil
	}
	shown, err := b.view(c)
	return partnerserver.GetCustomerOK{Body: shown}, err
}

func (b *bank) UpdateCustomer(_ context.Context, in partnerserver.UpdateCustomerInput) (
	partnerserver.UpdateCustomerOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.customers[in.CustomerID]
	if c == nil {
		return partnerserver.UpdateCustomerNotFound{Body: notFound()}, nil
	}
	if c.closed {
		return partnerserver.UpdateCustomerUnprocessableEntity{
			Body: invalid("status", "the customer is closed", "path", "customer_id")}, nil
	}
	// There is no discriminator: account_status marks the closing, and a body that has it changes no data. (Source: the
	// contract, which also lets members through that it does not know; Value would take those for a third variant.)
	closing, err := in.Body.AsCloseCustomerAccount()
	if err != nil {
		return nil, err
	}
	if closing.AccountStatus != "" {
		if !b.close(c) {
			return partnerserver.UpdateCustomerUnprocessableEntity{
				Body: invalid("balance", "every pocket must be empty before the customer is closed", "body",
					"account_status")}, nil
		}
	} else {
		change, err := in.Body.AsUpdateCustomerData()
		if err != nil {
			return nil, err
		}
		if !c.update(change) {
			return partnerserver.UpdateCustomerUnprocessableEntity{
				Body: invalid("type", "a business has no trusted contact", "body", "trusted_contact")}, nil
		}
	}
	shown, err := b.view(c)
	return partnerserver.UpdateCustomerOK{Body: shown}, err
}

// close closes the customer and every pocket, unless there is money left.
func (b *bank) close(c *customer) bool {
	pockets := b.pocketsOf(c.id)
	for _, p := range pockets {
		if b.ledger.Balance(p.id) != 0 {
			return false
		}
	}
	for _, p := range pockets {
		p.status = partnerapi.PocketStatusClosed
	}
	c.closed = true
	return true
}

// update changes the fields that are given, or nothing when one of them does not suit the customer.
func (c *customer) update(change partnerapi.UpdateCustomerData) bool {
	if c.business != nil {
		if change.TrustedContact != nil {
			return false
		}
		set(&c.business.Email, change.Email)
		set(&c.business.PhoneNumber, change.PhoneNumber)
		set(&c.business.Address, change.Address)
		return true
	}
	set(&c.individual.Email, change.Email)
	set(&c.individual.PhoneNumber, change.PhoneNumber)
	set(&c.individual.Address, change.Address)
	keep(&c.individual.TrustedContact, change.TrustedContact)
	return true
}

// set replaces a value if another one is given.
func set[T any](current *T, given *T) {
	if given != nil {
		*current = *given
	}
}

func (b *bank) ListBeneficialOwners(_ context.Context,
	in partnerserver.ListBeneficialOwnersInput) (partnerserver.ListBeneficialOwnersOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.customers[in.CustomerID]
	if c == nil {
		return partnerserver.ListBeneficialOwnersNotFound{Body: notFound()}, nil
	}
	return partnerserver.ListBeneficialOwnersOK{Body: partnerapi.BeneficialOwnerList{
		Items: append([]partnerapi.BeneficialOwner{}, c.owners...)}}, nil
}
