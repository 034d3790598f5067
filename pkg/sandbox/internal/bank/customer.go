package bank

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Address is a postal address.
type Address struct {
	Street     string  `json:"street_address"`
	Street2    *string `json:"street_address2,omitempty"`
	City       string  `json:"city"`
	PostalCode string  `json:"postal_code"`
	State      *string `json:"state,omitempty"`
	Country    string  `json:"country"`
}

// CustomerType says whether a customer is a person or a company.
type CustomerType string

// The types of customers.
const (
	Individual CustomerType = "INDIVIDUAL"
	Business   CustomerType = "BUSINESS"
)

// CustomerStatus says whether a customer can do something.
type CustomerStatus string

// The statuses of customers. A customer is pending as long as no pocket is open. (Source: the changelog.)
const (
	CustomerPending CustomerStatus = "PENDING"
	CustomerOpen    CustomerStatus = "OPEN"
	CustomerClosed  CustomerStatus = "CLOSED"
	CustomerFrozen  CustomerStatus = "FROZEN"
)

// Customer is a person or a company whose application was approved.
type Customer struct {
	ID      uuid.UUID    `json:"id"`
	Type    CustomerType `json:"type"`
	Created time.Time    `json:"created"`
	Closed  bool         `json:"closed,omitempty"`
	// Frozen has no pocket of the customer's pay or be paid.
	Frozen bool `json:"frozen,omitempty"`
	// Name is a company's, or a person's in one line.
	Name    string  `json:"name"`
	Email   string  `json:"email"`
	Phone   string  `json:"phone"`
	Address Address `json:"address"`
	// Details are what else the customer consists of; the bank has no rule about it.
	Details json.RawMessage `json:"details,omitempty"`
	// Owners are the beneficial owners of a company.
	Owners []json.RawMessage `json:"owners,omitempty"`
}

type customerTables struct {
	customers *state.Table[uuid.UUID, Customer]
}

func newCustomerTables(b *Bank) customerTables {
	return customerTables{customers: state.NewTable(b.db, "customer", func(c *Customer) uuid.UUID { return c.ID })}
}

// Customer returns a customer.
func (t *Tx) Customer(id uuid.UUID) (*Customer, error) {
	if c := t.customers.Get(id); c != nil {
		return c, nil
	}
	return nil, notFound()
}

// CustomerStatus returns the status of a customer.
func (t *Tx) CustomerStatus(c *Customer) CustomerStatus {
	switch {
	case c.Closed:
		return CustomerClosed
	case c.Frozen:
		return CustomerFrozen
	}
	status := CustomerPending
	t.pocketsOf(c.ID).Each(func(p *Pocket) bool {
		if p.Status == PocketOpen {
			status = CustomerOpen
		}
		return status != CustomerOpen
	})
	return status
}

// updatable returns a customer that may be changed or closed.
func (t *Tx) updatable(id uuid.UUID) (*Customer, error) {
	if !t.customerUpdates {
		return nil, &Refusal{Kind: Forbidden, Rule: "not_enabled",
			Message: "updates of customers are not switched on: start the sandbox with --customer-updates"}
	}
	return t.openCustomer(id)
}

// CustomerChange is what is to change of a customer. Nil leaves as it is.
type CustomerChange struct {
	Email, Phone *string
	Address      *Address
	// TrustedContact puts one into the details.
	TrustedContact func(details json.RawMessage) (json.RawMessage, error)
}

// ChangeCustomer changes what a customer consists of. It fails with a Refusal if the customer is closed, or cannot have
// what is given.
func (t *Tx) ChangeCustomer(id uuid.UUID, change CustomerChange) (*Customer, error) {
	c, err := t.updatable(id)
	if err != nil {
		return nil, err
	}
	changed := *c
	set(&changed.Email, change.Email)
	set(&changed.Phone, change.Phone)
	set(&changed.Address, change.Address)
	if change.TrustedContact != nil {
		if c.Type == Business {
			return nil, invalid("type", "a business has no trusted contact", "body", "trusted_contact")
		}
		if changed.Details, err = change.TrustedContact(c.Details); err != nil {
			return nil, err
		}
	}
	t.customers.Update(t.tx, &changed)
	return &changed, nil
}

// CloseCustomer closes a customer and every pocket. It fails with a Refusal as long as there is money in one. (Source:
// the reference's Update Customer.)
func (t *Tx) CloseCustomer(id uuid.UUID) (*Customer, error) {
	c, err := t.updatable(id)
	if err != nil {
		return nil, err
	}
	return t.closeCustomer(c)
}

// closeCustomer closes a customer who is open.
func (t *Tx) closeCustomer(c *Customer) (*Customer, error) {
	id := c.ID
	var open []*Pocket
	empty := t.Transit(id) == 0
	t.pocketsOf(id).Each(func(p *Pocket) bool {
		empty = empty && t.Total(p.ID) == 0
		if p.Status != PocketClosed {
			open = append(open, p)
		}
		return true
	})
	if !empty {
		return nil, invalid("balance", "every pocket must be empty before the customer is closed", "body",
			"account_status")
	}
	for _, p := range open {
		t.closePocket(p, "")
	}
	changed := *c
	changed.Closed = true
	t.customers.Update(t.tx, &changed)
	return &changed, nil
}

// decideCustomer has a fate take effect on a customer: the pockets of one who is frozen are, too.
func (t *Tx) decideCustomer(c *Customer, f *Fate) error {
	switch to := CustomerStatus(f.State); {
	case c.Closed:
		return cannot(CustomerClosed, "that is how it has ended")
	case to == t.CustomerStatus(c):
		return cannot(to, "it is that already")
	case to == CustomerClosed && c.Frozen:
		return cannot(CustomerFrozen, "it has to be OPEN first")
	case to == CustomerClosed:
		_, err := t.closeCustomer(c)
		return err
	case to == CustomerOpen && !c.Frozen:
		return cannot(t.CustomerStatus(c), "it is open as soon as one of its pockets is")
	}
	var pockets []*Pocket
	t.pocketsOf(c.ID).Each(func(p *Pocket) bool { pockets = append(pockets, p); return true })
	for _, p := range pockets {
		changed := *p
		switch {
		case c.Frozen && p.Arrested:
			changed.Status, changed.Arrested = PocketOpen, false
		case !c.Frozen && p.Status == PocketOpen:
			changed.Status, changed.Arrested = PocketFrozen, true
		default:
			continue
		}
		t.pockets.Update(t.tx, &changed)
	}
	changed := *c
	changed.Frozen = !c.Frozen
	t.customers.Update(t.tx, &changed)
	return nil
}

func (t *Tx) openCustomer(id uuid.UUID) (*Customer, error) {
	c, err := t.Customer(id)
	switch {
	case err != nil:
	case c.Closed:
		err = invalid("status", "the customer is closed", "path", "customer_id")
	case c.Frozen:
		err = invalid("status", "the customer was frozen, which only the bank can undo", "path", "customer_id")
	}
	return c, err
}

func (t *Tx) addCustomer(c *Customer) {
	c.ID, c.Created = t.freeID(t.isOwner), t.now
	t.customers.Insert(t.tx, c)
}

// checkCustomer notes when a closed customer has a pocket that is not closed, and when the seed of the bank is not the
// one that the first customer has its id from.
func (a *audit) checkCustomer(c *Customer) {
	each(a.pocketsByCustomer.Of(c.ID), func(p *Pocket) {
		if (c.Closed && c.Frozen) || c.Closed && p.Status != PocketClosed {
			a.note("customer %s is closed, and its pocket %s is not", c.ID, p.ID)
		}
	})
	if first, seq := a.customers.All().At(0); first == c && c.ID != a.idOf(seq-1) {
		a.note("customer %s does not come from the seed of the bank", c.ID)
	}
}

var customerRules = []Rule{
	{[]string{"getCustomer"}, "A customer without an open pocket is PENDING.", Documented, "changelog"},
	{[]string{"updateCustomer"}, "A customer is closed only when every pocket is empty; its pockets close with it.",
		Documented, "reference, Update Customer"},
	{[]string{"updateCustomer"}, "A closed customer cannot be changed.", Inferred, ""},
	{[]string{"updateCustomer"}, "A business has no trusted contact: the contract shows one of people alone.",
		Inferred, ""},
	{[]string{"updateCustomer"}, "The operation is off until it is switched on.", Documented,
		"reference, Update Customer"},
	{[]string{"updateCustomer"}, "As long as it is off it answers 403, for whichever customer.", Inferred, ""},
}
