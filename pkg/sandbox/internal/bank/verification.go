package bank

import (
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// Verification is how it is proved that an account belongs to whom it should.
type Verification string

// The ways of verification that counterparties take here. (Source: facts-current, in the spelling of v2; which kind
// takes which is inferred from the contract's examples.)
const (
	MicroDeposits       Verification = "micro_deposits"
	PlaidLinked         Verification = "plaid"
	PreVerified         Verification = "pre_verified"
	SupportingDocuments Verification = "supporting_documents"
	Unverified          Verification = "unverified"
)

// microDepositDays is how many business days of the Federal Reserve pass until micro-deposits have arrived and are
// confirmed. (Inferred: the reference says one or two.)
const microDepositDays = 2

// The states that a counterparty can be brought to, whatever its kind. The contract has two names for some of them.
const (
	stateInProgress = string(CounterpartyInProgress)
	stateVerified   = string(CounterpartyVerified)
	stateFailed     = string(CounterpartyFailed)
	stateLinked     = string(CounterpartyLinked)
	statePending    = "PENDING"
	stateUnlinked   = "UNLINKED"
)

// beginVerification says how a counterparty is verified, and when that is decided. (Inferred.)
func (t *Tx) beginVerification(c *Counterparty) {
	c.Status = CounterpartyInProgress
	if c.Fate != nil {
		t.beginFatedVerification(c)
		return
	}
	switch c.Kind {
	case CounterpartyACH:
		c.Verification = MicroDeposits
		c.DueAt = calendar.FederalReserve.Add(t.today(), microDepositDays).At(settlementHour, 0)
	case CounterpartyOnUs:
		c.Verification = PreVerified
		t.decideVerification(c)
	case CounterpartyWire, CounterpartyInternationalWire:
		c.Verification = SupportingDocuments
		t.decideVerification(c)
	case CounterpartyCrypto:
		c.Verification = Unverified
	}
}

// beginFatedVerification begins the verification of a counterparty whose fate somebody has decided. It ends when it
// would do by itself; that of a wallet, which would never end, ends at once.
func (t *Tx) beginFatedVerification(c *Counterparty) {
	at := t.now
	switch c.Kind {
	case CounterpartyACH:
		c.Verification = MicroDeposits
		if !c.isFated(stateLinked) {
			at = calendar.FederalReserve.Add(t.today(), microDepositDays).At(settlementHour, 0)
		}
	case CounterpartyOnUs:
		c.Verification = PreVerified
	case CounterpartyWire, CounterpartyInternationalWire:
		c.Verification = SupportingDocuments
	case CounterpartyCrypto:
		c.Verification = Unverified
	}
	if c.DueAt = c.next(at); c.DueAt.Equal(t.now) {
		t.decideVerification(c)
	}
}

// verificationOutcome decides how a verification ends: nothing that is documented makes one fail.
func (*Tx) verificationOutcome(c *Counterparty) CounterpartyStatus {
	switch {
	case c.isFated(stateFailed, stateUnlinked, string(PlaidFailed), string(PlaidExpired)):
		return CounterpartyFailed
	case c.isFated(stateLinked):
		return CounterpartyLinked
	}
	return CounterpartyVerified
}

// decideVerification ends a verification. The counterparty is not in the table yet, or is a copy.
func (t *Tx) decideVerification(c *Counterparty) {
	c.DueAt = time.Time{}
	c.Status = t.verificationOutcome(c)
	failed := c.Status == CounterpartyFailed
	if failed && c.Verification == MicroDeposits {
		c.Failures++
	}
	if c.Plaid != nil {
		plaid := *c.Plaid
		plaid.Status = plaid.Status.after(failed)
		if state := PlaidStatus(c.state()); slices.Contains(plaidEnds, state) {
			plaid.Status = state
		}
		c.Plaid = &plaid
	}
	c.Course = Course{}
}

func (t *Tx) verificationDue(c *Counterparty) {
	changed := *c
	t.decideVerification(&changed)
	t.counterparties.Update(t.tx, &changed)
}

// decideCounterparty has a fate take effect on a counterparty. One whose verification is over can be decided about
// again: an account may be unlinked.
func (t *Tx) decideCounterparty(c *Counterparty, f *Fate) error {
	changed := *c
	changed.Course = Course{Fate: f}
	under := c.Status == CounterpartyInProgress
	switch f.State {
	case "", stateInProgress, statePending:
		if !under || !f.Hold {
			return cannot(c.Status, "only a verification that is under way can be held")
		}
		changed.Held, changed.DueAt = true, time.Time{}
	case string(PlaidPendingAutomatic), string(PlaidPendingManual):
		if !under {
			return cannot(c.Status, "the verification is over")
		}
		plaid := *c.Plaid
		plaid.Status = PlaidStatus(f.State)
		changed.Plaid, changed.DueAt, changed.Verification = &plaid, time.Time{}, PlaidLinked
		changed.Held = f.State == string(PlaidPendingAutomatic)
		if !changed.Held { // The user has to come back.
			changed.Verification, changed.Course = MicroDeposits, Course{}
		}
	default:
		if changed.Status = t.verificationOutcome(&changed); changed.Status == c.Status {
			return cannot(c.Status, "it is that already")
		}
		t.decideVerification(&changed)
	}
	t.counterparties.Update(t.tx, &changed)
	return nil
}

var verificationRules = []Rule{
	{nil, "Money goes only to a counterparty that is VERIFIED.", Documented, "reference, Counterparties"},
	{[]string{"createCounterparty"}, "An ACH counterparty is verified by micro-deposits, which takes two business " +
		"days of the Federal Reserve; nobody has to confirm their amounts.", Inferred, ""},
	{[]string{"createCounterparty"}, "A counterparty for wires is verified at once, without any documents, and so is " +
		"an on-us counterparty.", Inferred, ""},
	{[]string{"createCounterparty"}, "A crypto wallet is never verified, and no money goes there.", Unknown, ""},
	{[]string{"createCounterparty", "verifyPlaidCounterparty"}, "No verification fails by itself.", Inferred,
		""},
}
