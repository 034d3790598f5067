package bank

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// CounterpartyStatus says whether money can go to a counterparty.
type CounterpartyStatus string

// The statuses of counterparties. (Source: facts about v1 and v2; only VERIFIED counts for transfers.)
const (
	CounterpartyInProgress CounterpartyStatus = "IN_PROGRESS"
	CounterpartyFailed     CounterpartyStatus = "FAILED"
	CounterpartyVerified   CounterpartyStatus = "VERIFIED"
	// CounterpartyLinked is one that was linked and is not verified: no money goes there. (Inferred.)
	CounterpartyLinked CounterpartyStatus = "LINKED"
)

// CounterpartyKind says how money reaches a counterparty.
type CounterpartyKind string

// The kinds of counterparties.
const (
	CounterpartyACH               CounterpartyKind = "ACH"
	CounterpartyWire              CounterpartyKind = "WIRE"
	CounterpartyInternationalWire CounterpartyKind = "INTERNATIONAL_WIRE"
	CounterpartyOnUs              CounterpartyKind = "ON_US"
	CounterpartyCrypto            CounterpartyKind = "CRYPTO"
)

// AccountType says what sort of account a counterparty has at its bank.
type AccountType string

// AccountChecking is the type of an account of which nothing else is said. (Inferred: v1 always shows a type.)
const AccountChecking AccountType = "CHECKING"

// Counterparty is somebody whom a customer sends money to, or gets money from.
type Counterparty struct {
	ID         uuid.UUID          `json:"id"`
	CustomerID uuid.UUID          `json:"customer_id"`
	Kind       CounterpartyKind   `json:"kind"`
	Status     CounterpartyStatus `json:"status"`
	Course
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	// RoutingNumber and AccountNumber are where the money goes. An on-us counterparty has a network address or the
	// account number of a portal there, one abroad perhaps an IBAN, and a crypto wallet its address.
	RoutingNumber string `json:"routing_number,omitempty"`
	AccountNumber string `json:"account_number,omitempty"`
	// PocketID is the pocket of an on-us counterparty.
	PocketID uuid.UUID `json:"pocket_id,omitzero"`
	// AccountType and Institution are known of accounts at banks in the US.
	AccountType AccountType `json:"account_type,omitempty"`
	Institution string      `json:"institution,omitempty"`
	// Holder, Address and Instructions are what a wire's counterparty was made with; IdentifierType and BIC are those
	// of an account abroad, Network is the chain of a wallet.
	Holder         *Holder  `json:"holder,omitempty"`
	Address        *Address `json:"address,omitempty"`
	Instructions   *string  `json:"instructions,omitempty"`
	IdentifierType string   `json:"identifier_type,omitempty"`
	BIC            string   `json:"bic,omitempty"`
	Network        string   `json:"network,omitempty"`
	// Verification is how its ownership is proved. DueAt is when that is decided; zero means that nothing is awaited
	// but the user.
	Verification Verification `json:"verification"`
	DueAt        time.Time    `json:"due_at,omitzero"`
	// Failures counts the attempts to confirm micro-deposits that failed.
	Failures int32 `json:"failures,omitempty"`
	// Plaid is there if the account was linked through Plaid.
	Plaid *Plaid `json:"plaid,omitempty"`
}

// Holder is whose account it is: a company, or a person with both names.
type Holder struct {
	Business     bool   `json:"business,omitempty"`
	BusinessName string `json:"business_name,omitempty"`
	FirstName    string `json:"first_name,omitempty"`
	LastName     string `json:"last_name,omitempty"`
}

func (h *Holder) name() string {
	if h.Business {
		return h.BusinessName
	}
	return h.FirstName + " " + h.LastName
}

type counterpartyTables struct {
	counterparties           *state.Table[uuid.UUID, Counterparty]
	counterpartiesByCustomer *state.Index[uuid.UUID, Counterparty]
}

func newCounterpartyTables(b *Bank) counterpartyTables {
	t := counterpartyTables{
		counterparties: state.NewTable(b.db, "counterparty", func(c *Counterparty) uuid.UUID { return c.ID }),
	}
	t.counterpartiesByCustomer = state.NewIndexByOne(t.counterparties, func(c *Counterparty) uuid.UUID {
		return c.CustomerID
	})
	t.counterparties.When(func(c *Counterparty) time.Time { return c.DueAt },
		func(tx *state.Tx, c *Counterparty) { b.sub(tx).verificationDue(c) })
	return t
}

// verified returns a counterparty of a customer that money can go to. (Source: the reference's text on counterparties.)
// location is where its id stands; none means counterparty_id of the body.
func (t *Tx) verified(customer, id uuid.UUID, location ...string) (*Counterparty, error) {
	if len(location) == 0 {
		location = []string{"body", "counterparty_id"}
	}
	c := t.counterparties.Get(id)
	switch {
	case c == nil || c.CustomerID != customer:
		return nil, invalid("counterparty", "must be the id of a counterparty of the customer", location...)
	case c.Status != CounterpartyVerified:
		return nil, invalid("counterparty_status", "the counterparty is not verified", location...)
	}
	return c, nil
}

// CreateCounterparty adds a counterparty of a customer: what is given is what the customer says of it, with its kind.
// It fails with Refusals if the numbers cannot be right, and with a Refusal if the customer is closed.
func (t *Tx) CreateCounterparty(customer uuid.UUID, given Counterparty) (*Counterparty, error) {
	owner, err := t.openCustomer(customer)
	if err != nil {
		return nil, err
	}
	c := &given
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Course, err = t.course("createCounterparty"); err != nil {
		return nil, err
	}
	c.ID, c.CustomerID, c.Created = t.newID(), customer, t.now
	switch c.Kind {
	case CounterpartyOnUs:
		p := t.pocketAt(c.AccountNumber)
		if p == nil {
			return nil, invalid("network_address", "must be the network address of an open pocket, or the account "+
				"number of one of its open portals", "body", "account_number")
		}
		c.PocketID, c.Name = p.ID, t.customers.Get(p.CustomerID).Name
	case CounterpartyACH, CounterpartyWire:
		c.complete(owner)
	case CounterpartyInternationalWire:
		c.Name = c.Holder.name()
	case CounterpartyCrypto:
	}
	t.beginVerification(c)
	t.counterparties.Insert(t.tx, c)
	return c, nil
}

// complete adds what v1 always shows of an account at a bank in the US, where the customer has said nothing of it.
// (Inferred: an account reached over ACH is the customer's own.)
func (c *Counterparty) complete(owner *Customer) {
	switch {
	case c.Name != "":
	case c.Holder != nil:
		c.Name = c.Holder.name()
	default:
		c.Name = owner.Name
	}
	if c.AccountType == "" {
		c.AccountType = AccountChecking
	}
	if c.Institution == "" {
		c.Institution = "Bank " + c.RoutingNumber
	}
}

// pocketAt finds the open pocket that an on-us counterparty's account number names. (Inferred: nothing in the contract
// shows a pocket's network address, so the account number of a portal, which every partner can read, does as well.)
func (t *Tx) pocketAt(number string) *Pocket {
	var found *Pocket
	t.pocketsByAddress.Of(number).Each(func(p *Pocket) bool { found = p; return false })
	t.portalsByAccount.Of(number).Each(func(p *Portal) bool {
		if p.Status == PortalOpen {
			found = t.pockets.Get(p.PocketID)
		}
		return false
	})
	if found == nil || found.Status != PocketOpen {
		return nil
	}
	return found
}

// Counterparty returns a counterparty of a customer.
func (t *Tx) Counterparty(customer, id uuid.UUID) (*Counterparty, error) {
	c := t.counterparties.Get(id)
	if c == nil || c.CustomerID != customer {
		return nil, notFound()
	}
	return c, nil
}

// CounterpartyFilter narrows a list of counterparties; empty lets everything pass.
type CounterpartyFilter struct {
	Kinds    []CounterpartyKind
	Statuses []CounterpartyStatus
}

func (f CounterpartyFilter) keep(c *Counterparty) bool {
	return (len(f.Kinds) == 0 || slices.Contains(f.Kinds, c.Kind)) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, c.Status))
}

// Counterparties lists the counterparties of a customer.
func (t *Tx) Counterparties(customer uuid.UUID, q Query, f CounterpartyFilter) (Page[Counterparty], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Counterparty]{}, err
	}
	return paginate(t.counterpartiesByCustomer.Of(customer), "counterparties "+customer.String(), q, f.keep)
}

// ofV1 lets those pass that v1 has types for. The others are not there for it. (Inferred.)
var ofV1 = CounterpartyFilter{Kinds: []CounterpartyKind{CounterpartyACH, CounterpartyWire}}

// CounterpartyV1 returns a counterparty of a customer that v1 has a type for.
func (t *Tx) CounterpartyV1(customer, id uuid.UUID) (*Counterparty, error) {
	c, err := t.Counterparty(customer, id)
	if err == nil && !ofV1.keep(c) {
		return nil, notFound()
	}
	return c, err
}

// CounterpartiesV1 lists the counterparties of a customer that v1 has types for.
func (t *Tx) CounterpartiesV1(customer uuid.UUID, q Query) (Page[Counterparty], error) {
	return t.Counterparties(customer, q, ofV1)
}

func (a *audit) checkCounterparty(c *Counterparty) {
	if a.customers.Get(c.CustomerID) == nil {
		a.note("counterparty %s belongs to nobody", c.ID)
	}
	onUs := c.Kind == CounterpartyOnUs
	if onUs != (c.PocketID != uuid.Nil) || onUs && a.pockets.Get(c.PocketID) == nil {
		a.note("counterparty %s is %s, and of the pocket %s", c.ID, c.Kind, c.PocketID)
	}
	over := c.Status != CounterpartyInProgress
	if over && (c.Held || c.Fate != nil) || (over || c.Held) && !c.DueAt.IsZero() {
		a.note("counterparty %s is %s and still to be decided", c.ID, c.Status)
	}
}

// paid reports whether a customer has a counterparty of one of these kinds, as somebody who was paid must be one.
func (a *audit) paid(customer, id uuid.UUID, kinds ...CounterpartyKind) bool {
	c := a.counterparties.Get(id)
	return c != nil && c.CustomerID == customer && slices.Contains(kinds, c.Kind)
}

var counterpartyRules = []Rule{
	{[]string{"createCounterparty"}, "A routing number without nine digits and the right check digit is refused.",
		Inferred, ""},
	{[]string{"createCounterparty"}, "The account number of an ACH counterparty has 4 to 17 digits, the identifier " +
		"of a wire's 4 to 34 letters or digits; what begins with two letters, or is said to be an IBAN, must be a " +
		"right one. A BIC has the form of ISO 9362, the address of a wallet 1 to 128 visible characters.",
		Inferred, ""},
	{[]string{"createCounterparty"}, "The account number of an on-us counterparty is the network address of an open " +
		"pocket, of the same customer or another, or the account number of one of its open portals.", Inferred, ""},
	{[]string{"createCounterparty", "createPlaidCounterparties"}, "A closed customer gets no counterparty.", Inferred,
		""},
	{[]string{"createCounterparty", "createPlaidCounterparties"}, "The same account may be added again; each is a " +
		"counterparty of its own.", Inferred, ""},
	{[]string{"createCounterparty"}, "Where nothing is said of it, an account at a bank in the US is a checking " +
		"account of the customer's, at a bank that is named by its routing number.", Inferred, ""},
	{[]string{"listCounterpartiesV1", "getCounterpartyV1"}, "v1 shows counterparties for ACH and for domestic wires, " +
		"which are the same as those of v2; the other kinds are not there for it.", Inferred, ""},
	{[]string{"listCounterparties", "getCounterparty"}, "A counterparty whose verification is under way is PENDING, " +
		"one whose verification has failed UNLINKED.", Inferred, ""},
	{[]string{"listCounterparties", "getCounterparty"}, "A counterparty is LINKED only if somebody decides so: then " +
		"its verification is IN_PROGRESS, and no money goes there.", Unknown, ""},
	{[]string{"listCounterparties", "listCounterpartiesV1"}, "The oldest come first.", Inferred, ""},
}
