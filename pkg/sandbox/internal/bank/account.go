package bank

import (
	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

// AccountStatus is the status of a pocket as v1 says it.
type AccountStatus string

// The statuses of accounts.
const (
	AccountOpen   AccountStatus = "OPEN"
	AccountFrozen AccountStatus = "FROZEN"
	AccountClosed AccountStatus = "CLOSED"
)

// AccountStatus is the status of a pocket as v1 says it, which has no word for one that is not open yet. (Inferred: it
// counts as frozen, as no money moves.)
func (p *Pocket) AccountStatus() AccountStatus {
	switch p.Status {
	case PocketOpen:
		return AccountOpen
	case PocketClosed:
		return AccountClosed
	default:
		return AccountFrozen
	}
}

// DefaultAccountLimit is how long a list of accounts is unless somebody asks otherwise. (Source: v1.29.)
const DefaultAccountLimit = 100

// Accounts lists the pockets of a customer from an offset on, oldest first.
func (t *Tx) Accounts(customer uuid.UUID, offset, limit int) (Slice[Pocket], error) {
	if _, err := t.Customer(customer); err != nil {
		return Slice[Pocket]{}, err
	}
	return sliceOf(t.pocketsOf(customer), offset, limit), nil
}

// SecurityID is the id of a security, which follows from its CUSIP. (Inferred.)
func (b *Bank) SecurityID(cusip string) uuid.UUID { return b.derivedID(uuid.Nil, "security "+cusip) }

// bidPart is the part of the discount that the market pays less for a T-bill than it asks. (Inferred from the
// reference's sample, where the discount of the bid is larger than that of the ask by an 85th.)
const bidPart = 85

// Quote returns what the market pays today for a T-bill of 100 dollars, and what it asks, in dollars. The pocket's own
// holding is valued otherwise: see Lot.
func (t *Tx) Quote(maturity calendar.Date) (bid, ask string) {
	price := t.market.PriceOn(maturity, tradeDay(t.today()))
	return (price - (market.Face-price)/bidPart).String(), price.String()
}

var accountRules = []Rule{
	{[]string{"listCustomerAccounts", "getAccount"}, "An account is a pocket by its old name.", Documented,
		"pockets guide"},
	{[]string{"listCustomerAccounts", "getAccount"}, "It has the id of the pocket. A pocket that is pending is shown " +
		"as frozen.", Inferred, ""},
	{[]string{"listCustomerAccounts"}, "Closed accounts are listed too, and the oldest first.", Inferred, ""},
	{[]string{"listCustomerAccounts", "getAccount"}, "The tradable_id of a security follows from its CUSIP. The ask " +
		"is what a pocket pays today, and the discount of the bid is larger by an 85th.", Inferred, ""},
}
