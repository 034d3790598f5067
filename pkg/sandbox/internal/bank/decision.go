package bank

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// cannot refuses a decision that the status of what it is about does not allow.
func cannot[S ~string](status S, why string) error {
	return invalid("fate_status", fmt.Sprintf("it is %s: %s", status, why), "state")
}

// ended refuses a decision if the bank has ended otherwise what it was about.
func ended[S ~string](status S, to, reason string) error {
	if string(status) == to {
		return nil
	}
	return cannot(status, strings.TrimSuffix("the bank does not let it become "+to+": "+reason, ": "))
}

// decidable is something that can be decided about.
type decidable struct {
	// like is the operation whose statuses it can be brought to.
	like   string
	decide func(*Fate) error
	// settle is nil if it is not under way.
	settle func() error
}

// kindOf finds what has an id.
func (t *Tx) kindOf(id uuid.UUID) *decidable {
	for _, find := range []func(uuid.UUID) *decidable{t.findPayment, t.findPerson, t.findAccount, t.findCard} {
		if d := find(id); d != nil {
			return d
		}
	}
	return nil
}

// deciding makes a decidable of a record. to is the status with which it ends well, or empty if it is not under way.
func deciding[R any](like string, record *R, decide func(*R, *Fate) error, to string) *decidable {
	d := &decidable{like: like, decide: func(f *Fate) error { return decide(record, f) }}
	if to != "" {
		d.settle = func() error { return decide(record, &Fate{State: to}) }
	}
	return d
}

// findPayment finds what moves money.
func (t *Tx) findPayment(id uuid.UUID) *decidable {
	if o := t.originations.Get(id); o != nil {
		d := deciding("createACHOrigination", o, t.decideOrigination, "")
		d.settle = func() error { return t.settleOriginationNow(o) }
		return d
	}
	if w := t.wires.Get(id); w != nil {
		return deciding("createWire", w, t.decideWire, string(WireSuccess))
	}
	if x := t.transfers.Get(id); x != nil {
		return deciding("createOnUsTransfer", x, t.decideTransfer, string(TransferCompleted))
	}
	if x := t.transactions.Get(id); x != nil && x.isDeposit() {
		return deciding("fundAccount", x, t.decideDeposit, stateSettled)
	}
	return nil
}

// findPerson finds what is about somebody.
func (t *Tx) findPerson(id uuid.UUID) *decidable {
	for like, table := range map[string]*state.Table[uuid.UUID, Application]{
		"submitApplication": t.applications, "submitBusinessApplication": t.businesses,
	} {
		if a := table.Get(id); a != nil {
			return deciding(like, a, func(a *Application, f *Fate) error { return t.decideApplication(table, a, f) },
				string(ApplicationApproved))
		}
	}
	if c := t.customers.Get(id); c != nil {
		return deciding(decideCustomer, c, t.decideCustomer, "")
	}
	if c := t.counterparties.Get(id); c != nil {
		like := "createCounterparty"
		if c.Plaid != nil {
			like = "createPlaidCounterparties"
		}
		end := ""
		if c.Status == CounterpartyInProgress {
			end = stateVerified
		}
		return deciding(like, c, t.decideCounterparty, end)
	}
	return nil
}

// findAccount finds what belongs to accounts.
func (t *Tx) findAccount(id uuid.UUID) *decidable {
	if p := t.pockets.Get(id); p != nil {
		end := ""
		if p.Status == PocketPending {
			end = string(PocketOpen)
		}
		return deciding(decidePocket, p, t.decidePocket, end)
	}
	if d := t.documents.Get(id); d != nil {
		return deciding("uploadDocument", d, t.decideDocument, string(DocumentApproved))
	}
	if r := t.reports.Get(id); r != nil {
		return deciding("createReportRequest", r, t.decideReport, string(ReportCompleted))
	}
	return nil
}

// findCard finds what belongs to cards.
func (t *Tx) findCard(id uuid.UUID) *decidable {
	if c := t.cards.Get(id); c != nil {
		return deciding("generatePhysicalCard", c, t.decideCard, "")
	}
	if o := t.cardOrders.Get(id); o != nil {
		return deciding("createCardOrder", o, t.decideCardOrder, string(CardOrderReceived))
	}
	if s := t.swipes.Get(id); s != nil {
		return deciding("simulateCardSwipe", s, t.decideSwipe, string(SwipeSettled))
	}
	return nil
}

// DecideAbout has a fate take effect now on something that is there: an application, a document, a customer, a pocket,
// a transfer, an origination, a wire, a counterparty, a card, its order, a payment with it, a deposit's transaction, or
// a report. Its State is what that is to become; without one, Hold has it wait where it is. It fails with a Refusal
// whose location is as that of CheckFate if that cannot be, or if its status does not allow it, and with one that is
// NotFound if nothing has the id. The operation must be rolled back then.
func (t *Tx) DecideAbout(id uuid.UUID, f Fate) error {
	k := t.kindOf(id)
	if k == nil {
		return notFound()
	}
	about := forms[k.like]
	about.timed = false
	switch {
	case f.IsZero():
		return invalid("fate", "must say what is to become of it", "state")
	case f.State == "" && f.Return == "" && f.Correction == "" && !f.Hold:
		return invalid("fate", "must be there", "state")
	}
	if err := about.check(&f); err != nil {
		return err
	}
	return k.decide(&f)
}

// SettleNow takes something that is under way to its good end at once, at the present time of the clock. It fails with
// a Refusal if it is not under way, or if the bank itself ends it otherwise, and with one that is NotFound if nothing
// has the id. The operation must be rolled back then.
func (t *Tx) SettleNow(id uuid.UUID) error {
	k := t.kindOf(id)
	switch {
	case k == nil:
		return notFound()
	case k.settle == nil:
		return invalid("fate_status", "it is not under way", "state")
	}
	return k.settle()
}
