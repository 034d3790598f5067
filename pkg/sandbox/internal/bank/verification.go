package bank

import (
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/calendar"
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

// beginVerification says how a counterparty is verified, and when that is decided. (Inferred.)
func (t *Tx) beginVerification(c *Counterparty) {
	c.Status = CounterpartyInProgress
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

// verificationOutcome decides how a verification ends: nothing that is documented makes one fail.
func (*Tx) verificationOutcome(*Counterparty) CounterpartyStatus { return CounterpartyVerified }

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
		c.Plaid = &plaid
	}
}

func (t *Tx) verificationDue(c *Counterparty) {
	changed := *c
	t.decideVerification(&changed)
	t.counterparties.Update(t.tx, &changed)
}

var verificationRules = []Rule{
	{nil, "Money goes only to a counterparty that is VERIFIED.", Documented, "reference, Counterparties"},
	{[]string{"createCounterparty"}, "An ACH counterparty is verified by micro-deposits, which takes two business " +
		"days of the Federal Reserve; nobody has to confirm their amounts.", Inferred, ""},
	{[]string{"createCounterparty"}, "A counterparty for wires is verified at once, without any documents, and so is " +
		"an on-us counterparty.", Inferred, ""},
	{[]string{"createCounterparty"}, "A crypto wallet is never verified, and no money goes there.", Unknown, ""},
	{[]string{"createCounterparty", "verifyPlaidCounterparty"}, "No verification fails.", Inferred, ""},
}
