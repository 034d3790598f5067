package bank

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
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
	course, err := t.course("fundAccount")
	if err != nil {
		return err
	}
	event, err := t.postEvent("ach_in", p.ID,
		ledger.Posting{Account: ledger.Account{Kind: ledger.FedACH}, Cents: -cents},
		ledger.Posting{Account: bankSide(p.ID), Cents: cents})
	if err != nil {
		return fmt.Errorf("fund a pocket: %w", err)
	}
	settles := course.next(calendar.FederalReserve.Add(t.today(), returnWindow).At(settlementHour, 0))
	if course.isFated(stateSettled) {
		settles = course.next(t.now)
	}
	t.book(p, event, Transaction{Kind: KindACH, Cents: cents, SettlesAt: settles, Title: "From " + company,
		Description: "ACH credit", Counterparty: company, Portal: portal.ID,
		Details: &TransactionDetails{EntryDescription: "PAYMENT",
			TraceNumber: RoutingNumber[:8] + t.digits(t.tx.Draw(), 7)}})
	return t.invest(p, p.Deposit)
}

// The statuses of transactions. (Source: the contract.)
const (
	stateBooked  = "BOOKED"
	stateSettled = "SETTLED"
)

// decideDeposit has a fate take effect on the transaction of a deposit.
func (t *Tx) decideDeposit(x *Transaction, f *Fate) error {
	changed := *x
	switch {
	case x.Settled(t.now):
		return cannot(stateSettled, "that is how it ends")
	case f.Hold:
		changed.SettlesAt = time.Time{}
	case f.State == stateSettled:
		changed.SettlesAt = t.now
	default:
		return cannot(stateBooked, "it is that already")
	}
	t.transactions.Update(t.tx, &changed)
	return nil
}

// isDeposit reports whether a transaction is of a deposit that came on the sandbox's own wish.
func (t *Transaction) isDeposit() bool { return t.Kind == KindACH && t.Reference == uuid.Nil }

var depositRules = []Rule{
	{[]string{"fundAccount"}, "The money is booked and invested at once, and settled two business days of the " +
		"Federal Reserve later.", Documented, "ACH windows guide"},
	{[]string{"fundAccount"}, "The description of the entry is PAYMENT, and its trace number is made up.", Inferred,
		""},
}
