package bank

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

const (
	// returnWindow is how many business days pass until money that came by ACH is settled. (Source: the ACH windows
	// guide.)
	returnWindow = 2
	// settlementHour is the hour of the day, in New York, at which ACH is settled. (Inferred.)
	settlementHour = 9
)

// Fund has money arrive by ACH on the sandbox's own wish. It is booked and invested at once, and settled when the
// return window is over. (Source of the need of a portal: the contract. Inferred: it comes in by the oldest one.)
func (t *Tx) Fund(pocket uuid.UUID, cents int64, company string) error {
	p := t.pockets.Get(pocket)
	if p == nil || p.Status != PocketOpen {
		return invalid("account", "must be the id of an open pocket", "body", "account_id")
	}
	portal := t.openPortal(p.ID)
	if portal == nil {
		return invalid("portal", "the pocket needs an open portal", "body", "account_id")
	}
	if !t.holds(p, cents) {
		return invalid("amount", "a pocket cannot hold as much", "body", "amount_usdc")
	}
	if cents > t.room() {
		return invalid("amount", "the bank cannot hold as much", "body", "amount_usdc")
	}
	event, err := t.postEvent("ach_in", p.ID,
		ledger.Posting{Account: ledger.Account{Kind: ledger.FedACH}, Cents: -cents},
		ledger.Posting{Account: bankSide(p.ID), Cents: cents})
	if err != nil {
		return fmt.Errorf("fund a pocket: %w", err)
	}
	settles := calendar.FederalReserve.Add(t.today(), returnWindow).At(settlementHour, 0)
	t.book(p, event, Transaction{Kind: KindACH, Cents: cents, SettlesAt: settles, Title: "From " + company,
		Description: "ACH credit", Counterparty: company, Portal: portal.ID,
		Details: &TransactionDetails{EntryDescription: "PAYMENT",
			TraceNumber: RoutingNumber[:8] + t.digits(t.tx.Draw(), 7)}})
	return t.invest(p, p.Deposit)
}

var depositRules = []Rule{
	{[]string{"fundAccount"}, "The money is booked and invested at once, and settled two business days of the " +
		"Federal Reserve later.", Documented, "ACH windows guide"},
	{[]string{"fundAccount"}, "The description of the entry is PAYMENT, and its trace number is made up.", Inferred,
		""},
}
