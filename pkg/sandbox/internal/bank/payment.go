package bank

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// openPocket returns the pocket that a payment is made from or to.
func (t *Tx) openPocket(id uuid.UUID) (*Pocket, error) {
	p, err := t.Pocket(id)
	if err == nil && p.Status != PocketOpen {
		return nil, invalid("pocket_status", "the pocket is not open", "path", "account_id")
	}
	return p, err
}

// otherSide returns the counterparty of a payment, which must be of one of the kinds.
func (t *Tx) otherSide(p *Pocket, id uuid.UUID, kinds ...CounterpartyKind) (*Counterparty, error) {
	c, err := t.verified(p.CustomerID, id)
	if err == nil && !slices.Contains(kinds, c.Kind) {
		return nil, invalid("counterparty_kind", "the counterparty is not of a kind that this payment can reach",
			"body", "counterparty_id")
	}
	return c, err
}

// setAside moves money from a pocket to where it waits until it leaves the bank; T-bills are sold at once for it and
// for a fee. What can stand in the way is told by hindrance, and changes nothing.
func (t *Tx) setAside(p *Pocket, kind string, reference uuid.UUID, cents, fee int64) (uuid.UUID, error) {
	if !t.canSetAside(p.CustomerID, cents) {
		return uuid.Nil, ledger.ErrOverflow
	}
	if err := t.raise(p, cents+fee); err != nil {
		return uuid.Nil, err
	}
	return t.postEvent(kind, reference, ledger.Posting{Account: bankSide(p.ID), Cents: -cents},
		ledger.Posting{Account: transit(p.CustomerID), Cents: cents})
}

// hindrance is the reason for which a payment is rejected whose money cannot be set aside, or empty if err is something
// else.
func hindrance(err error) string {
	switch {
	case errors.Is(err, ledger.ErrInsufficientFunds):
		return ReasonInsufficientFunds
	case errors.Is(err, ledger.ErrOverflow):
		return ReasonInvalidTransfer
	}
	return ""
}

// bringBack moves money that a pocket had paid back to it and invests it. It returns the transaction's id, or the Nil
// UUID if the provider keeps the money because nobody else can.
func (t *Tx) bringBack(from ledger.Account, pocket uuid.UUID, kind string, x Transaction) (uuid.UUID, error) {
	p := t.home(t.pockets.Get(pocket), x.Cents)
	fromOutside := !from.Kind.Floored()
	if p == nil || fromOutside && x.Cents > t.room() {
		return uuid.Nil, t.post(kind, x.Reference, ledger.Posting{Account: from, Cents: -x.Cents},
			ledger.Posting{Account: ledger.Account{Kind: ledger.Provider}, Cents: x.Cents})
	}
	event, err := t.postEvent(kind, x.Reference, ledger.Posting{Account: from, Cents: -x.Cents},
		ledger.Posting{Account: bankSide(p.ID), Cents: x.Cents})
	if err != nil {
		return uuid.Nil, err
	}
	x.SettlesAt = t.now
	return t.book(p, event, x).ID, t.invest(p, p.Deposit)
}

// home is where money goes that comes back to a pocket: the pocket itself unless it is closed, else the customer's
// oldest open one, or nil if there is none that can hold it.
func (t *Tx) home(p *Pocket, cents int64) (home *Pocket) {
	if p.Status != PocketClosed && t.holds(p, cents) {
		return p
	}
	t.pocketsOf(p.CustomerID).Each(func(other *Pocket) bool {
		if other.Status == PocketOpen && t.holds(other, cents) {
			home = other
		}
		return home == nil
	})
	return home
}

// holds reports whether a pocket can hold so many cents more.
func (t *Tx) holds(p *Pocket, cents int64) bool { return cents <= ledger.MaxCents-t.Total(p.ID) }

// canSetAside reports whether so much more of a customer's may wait until it leaves the bank.
func (t *Tx) canSetAside(customer uuid.UUID, cents int64) bool {
	return cents <= ledger.MaxCents-t.Transit(customer)
}

// settleTransaction says when a transaction is settled, unless it is already.
func (t *Tx) settleTransaction(id uuid.UUID, at time.Time) {
	x := t.transactions.Get(id)
	if x.Settled(t.now) {
		return
	}
	changed := *x
	changed.SettlesAt = at
	t.transactions.Update(t.tx, &changed)
}

// AddVerified adds a counterparty whose ownership is not asked for.
func (t *Tx) AddVerified(customer uuid.UUID, kind CounterpartyKind, name string) *Counterparty {
	c := &Counterparty{ID: t.newID(), CustomerID: customer, Kind: kind, Status: CounterpartyVerified, Name: name,
		Created: t.now, RoutingNumber: RoutingNumber, AccountNumber: t.digits(t.tx.Draw(), 12)}
	t.counterparties.Insert(t.tx, c)
	return c
}

// checkTransit compares what waits to leave the bank with what ought to, both by customer.
func (a *audit) checkTransit() {
	for account, has := range a.ledger.Balances() {
		if account.Kind != ledger.Transit {
			continue
		}
		if want := a.transit[account.Owner]; has != want {
			a.note("%d cents of customer %s wait to leave, but its payments make %d", has, account.Owner, want)
		}
		delete(a.transit, account.Owner)
	}
	for customer, cents := range a.transit {
		a.note("payments of customer %s of %d cents wait to leave, but no money does", customer, cents)
	}
}

// checkPayment notes when a payment does not have the transaction that it should.
func (a *audit) checkPayment(payment, pocket, transaction uuid.UUID, cents int64) {
	x := a.transactions.Get(transaction)
	if x == nil || x.Reference != payment || x.Cents != cents || x.PocketID != pocket {
		a.note("payment %s of %d cents has no such transaction: it names %s", payment, cents, transaction)
	}
}

// checkReturn notes when a payment that has come back does not have the transaction that it should: money goes to any
// pocket of the customer, and what a pocket gives back may be less than what is asked of it.
func (a *audit) checkReturn(payment, customer, transaction uuid.UUID, cents int64) {
	x := a.transactions.Get(transaction)
	if x == nil || x.Reference != payment || x.CustomerID != customer ||
		x.Cents != cents && (cents > 0 || x.Cents >= 0 || x.Cents < cents) {
		a.note("payment %s has not come back with %d cents: it names the transaction %s", payment, cents, transaction)
	}
}

var paymentRules = []Rule{
	{[]string{"createACHOrigination", "createWire"}, "Money can go to a counterparty only if it is VERIFIED, and of " +
		"a kind that the payment can reach.", Documented, "reference, Create ACH Origination; v1.29, Create Wire"},
	{[]string{"createACHOrigination", "createWire"}, "What a pocket is not worth is REJECTED at once, with the " +
		"answer of a success and the event of a rejection: the reference has the same for on-us transfers, and no " +
		"422 for it.", Inferred, ""},
	{[]string{"createACHOrigination", "createWire"}, "A pocket that is not open is refused with 422.", Inferred, ""},
	{[]string{"createACHOrigination", "createWire"}, "Money that goes out leaves the pocket at once, for which " +
		"T-bills are sold, and is the customer's in transit until the network settles.", Inferred, ""},
	{[]string{"createACHOrigination", "createWire"}, "Money that comes back is booked and invested at once. If the " +
		"pocket is closed meanwhile it goes to the customer's oldest open one, and if there is none the provider " +
		"keeps it.", Inferred, ""},
	{[]string{"listACHOriginations", "listCustomerACHOriginations", "listWires"}, "The newest come first.", Inferred,
		""},
}
