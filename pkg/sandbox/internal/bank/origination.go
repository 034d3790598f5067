package bank

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// ACHDirection says what happens to the counterparty's account.
type ACHDirection string

// The directions: a DEBIT takes money from the counterparty into the pocket, a CREDIT sends it money. (Source: the
// reference, Create ACH Origination.)
const (
	ACHDebit  ACHDirection = "DEBIT"
	ACHCredit ACHDirection = "CREDIT"
)

// The standard entry classes that can be asked for.
const (
	secCCD = "CCD"
	secWEB = "WEB"
)

// OriginationStatus says how far an ACH origination is.
type OriginationStatus string

// The statuses of ACH originations. REJECTED and CANCELLED ones never went to the network, a FAILED one came back.
// (Inferred: the reference has the names alone.)
const (
	OriginationPending   OriginationStatus = "PENDING"
	OriginationApproved  OriginationStatus = "APPROVED"
	OriginationInTransit OriginationStatus = "IN_TRANSIT"
	OriginationProcessed OriginationStatus = "PROCESSED"
	OriginationRejected  OriginationStatus = "REJECTED"
	OriginationCancelled OriginationStatus = "CANCELLED"
	OriginationFailed    OriginationStatus = "FAILED"
)

// onTheWay has the status that follows each one which is not the last.
var onTheWay = map[OriginationStatus]OriginationStatus{
	OriginationPending: OriginationApproved, OriginationApproved: OriginationInTransit,
	OriginationInTransit: OriginationProcessed,
}

const (
	// maxEntry is the most that an ACH entry can move, in cents. (Source: the Nacha file format, whose amounts have ten
	// digits.)
	maxEntry = 99_999_999_99
	// windowHour is the hour in New York at which what was submitted before is handed to the network. (Inferred: it is
	// the cut-off.)
	windowHour = 12
	// achHour is the one at which the network settles, of the day that calendar.ACHSettlement says. (Inferred.)
	achHour = 17
)

// returnReasons are the codes with which a bank returns an entry. (Source: the Nacha rules, of which these are the
// codes that banks use most.)
var returnReasons = map[string]string{
	"R01": "insufficient funds",
	"R02": "account closed",
	"R03": "no account, or unable to locate it",
	"R04": "invalid account number",
	"R05": "unauthorized debit to a consumer's account",
	"R06": "returned at the originating bank's request",
	"R07": "authorization revoked",
	"R08": "payment stopped",
	"R09": "uncollected funds",
	"R10": "customer advises that the entry is not authorized",
	"R16": "account frozen",
	"R20": "not a transaction account",
	"R23": "credit refused by the receiver",
	"R29": "company advises that the entry is not authorized",
}

// Origination is a transfer over ACH that was started here.
type Origination struct {
	ID             uuid.UUID    `json:"id"`
	PocketID       uuid.UUID    `json:"pocket_id"`
	CustomerID     uuid.UUID    `json:"customer_id"`
	CounterpartyID uuid.UUID    `json:"counterparty_id"`
	Direction      ACHDirection `json:"direction"`
	SECCode        string       `json:"sec_code"`
	// Cents are positive in both directions.
	Cents            int64    `json:"cents"`
	EntryDescription string   `json:"entry_description"`
	Information      []string `json:"information,omitempty"`
	// Party is the counterparty's name when it was created.
	Party       string            `json:"party"`
	TraceNumber string            `json:"trace_number"`
	Status      OriginationStatus `json:"status"`
	// Reason says why it was not carried out: one of the reasons of transfers, or a code of returnReasons.
	Reason  string    `json:"reason,omitempty"`
	Created time.Time `json:"created"`
	// SendAt is when it is handed to the network, SettleAt when the network settles, and NextAt when something happens
	// to it next.
	SendAt   time.Time `json:"send_at,omitzero"`
	SettleAt time.Time `json:"settle_at,omitzero"`
	NextAt   time.Time `json:"next_at,omitzero"`
	// TransactionID is the pocket's transaction, and ReturnID the one that took it back.
	TransactionID uuid.UUID `json:"transaction_id,omitzero"`
	ReturnID      uuid.UUID `json:"return_id,omitzero"`
}

// signed is what it means to the pocket, in cents.
func (o *Origination) signed() int64 {
	if o.Direction == ACHCredit {
		return -o.Cents
	}
	return o.Cents
}

type originationTables struct {
	originations        *state.Table[uuid.UUID, Origination]
	originationsByOwner *state.Index[uuid.UUID, Origination]
}

func newOriginationTables(b *Bank) originationTables {
	t := originationTables{
		originations: state.NewTable(b.db, "origination", func(o *Origination) uuid.UUID { return o.ID }),
	}
	t.originationsByOwner = state.NewIndex(t.originations, func(o *Origination) []uuid.UUID {
		return []uuid.UUID{o.PocketID, o.CustomerID}
	})
	t.originations.When(func(o *Origination) time.Time { return o.NextAt },
		func(tx *state.Tx, o *Origination) { b.sub(tx).originationDue(o) })
	return t
}

// OriginationOrder asks for an ACH origination. SECCode is WEB if it is empty, and only then or with WEB may
// EntryDescription be.
type OriginationOrder struct {
	Pocket, Counterparty uuid.UUID
	Direction            ACHDirection
	SECCode              string
	Cents                int64
	EntryDescription     string
	Information          []string
}

// CreateOrigination starts a transfer over ACH. It fails with a Refusal if there is no such pocket or counterparty, or
// if what it says is not allowed. One of money that the pocket does not have is rejected, and moves nothing.
func (t *Tx) CreateOrigination(order OriginationOrder) (*Origination, error) {
	p, err := t.openPocket(order.Pocket)
	if err != nil {
		return nil, err
	}
	if err := completeOrder(&order); err != nil {
		return nil, err
	}
	c, err := t.otherSide(p, order.Counterparty, CounterpartyACH)
	if err != nil {
		return nil, err
	}
	// Trace numbers begin with the first eight digits of the originating bank's routing number. (Source: the Nacha
	// file format.)
	o := &Origination{ID: t.newID(), PocketID: p.ID, CustomerID: p.CustomerID, CounterpartyID: c.ID,
		Direction: order.Direction, SECCode: order.SECCode, Cents: order.Cents,
		EntryDescription: order.EntryDescription, Information: order.Information, Party: c.Name,
		TraceNumber: RoutingNumber[:8] + t.digits(t.tx.Draw(), 7), Status: OriginationPending, Created: t.now,
		NextAt: t.now}
	submitted := t.now
	if o.Direction == ACHCredit {
		if t.Cash(p.ID) < o.Cents { // T-bills have to be sold, and are paid for a day later.
			submitted = calendar.Treasury.After(tradeDay(t.today())).At(settlementHour, 0)
		}
		if err := t.setAsideFor(p, o); err != nil {
			return nil, err
		}
	}
	if o.Status == OriginationPending {
		// A small amount settles on the day that every amount counts from.
		o.SendAt = calendar.ACHSettlement(submitted, 0).At(windowHour, 0)
		o.SettleAt = calendar.ACHSettlement(submitted, o.Cents).At(achHour, 0)
	}
	t.originations.Insert(t.tx, o)
	return o, nil
}

// completeOrder fills in what may be left out. (Source: the reference, Create ACH Origination.)
func completeOrder(o *OriginationOrder) error {
	if o.Cents <= 0 || o.Cents > maxEntry {
		return invalid("amount", "must be at least one cent, and less than 100,000,000 USD", "body", "amount_usdc")
	}
	if o.SECCode == "" {
		o.SECCode = secWEB
	}
	switch {
	case o.EntryDescription != "":
	case o.SECCode == secCCD:
		return invalid("entry_description", "is required with CCD", "body", "company_entry_description")
	case o.Direction == ACHDebit:
		o.EntryDescription = "Funding TX"
	default:
		o.EntryDescription = "Release TX"
	}
	return nil
}

// setAsideFor sets the money of a new CREDIT aside, or rejects it.
func (t *Tx) setAsideFor(p *Pocket, o *Origination) error {
	event, err := t.setAside(p, "ach_out", o.ID, o.Cents, 0)
	if reason := hindrance(err); reason != "" {
		o.Status, o.Reason, o.NextAt = OriginationRejected, reason, time.Time{}
		t.tellOf(o, "rejected")
		return nil
	}
	if err != nil {
		return err
	}
	o.TransactionID = t.book(p, event, t.entry(o, "To "+o.Party, "ACH credit")).ID
	return nil
}

// entry is the transaction of an origination. Whoever takes it back turns the amount round.
func (t *Tx) entry(o *Origination, title, description string) Transaction {
	return Transaction{Kind: KindACH, Cents: o.signed(), Title: title, Description: description, Reference: o.ID,
		Counterparty: t.customers.Get(o.CustomerID).Name, Details: &TransactionDetails{
			EntryDescription: o.EntryDescription, TraceNumber: o.TraceNumber, Originated: true}}
}

// tellOf emits an event about an origination: money into the pocket is "in", whoever started it. (Source: the
// descriptions of the events in v1.29.)
func (t *Tx) tellOf(o *Origination, what string) {
	side := "in"
	if o.Direction == ACHCredit {
		side = "out"
	}
	t.emit("transfers.ach."+side+"."+what, o.CustomerID, map[string]any{"jiko_account_id": o.PocketID})
}

// originationOutcome decides what becomes of an origination that is to take its next status: that one, or another one
// that ends it, with the reason.
func (t *Tx) originationOutcome(o *Origination, next OriginationStatus) (OriginationStatus, string) {
	if o.Direction == ACHDebit && next == OriginationProcessed {
		switch p := t.pockets.Get(o.PocketID); {
		case p.Status != PocketOpen:
			return OriginationFailed, ReasonAccountUnavailable
		case !t.admits(p, o.Cents):
			return OriginationFailed, ReasonInvalidTransfer
		}
	}
	return next, ""
}

// originationDue takes an origination a step further.
func (t *Tx) originationDue(o *Origination) {
	changed := *o
	next, goesOn := onTheWay[o.Status]
	if !goesOn { // The time for returns is over.
		changed.NextAt = time.Time{}
		t.originations.Update(t.tx, &changed)
		return
	}
	status, reason := t.originationOutcome(o, next)
	if status != next {
		t.must(t.endOrigination(o, status, reason))
		return
	}
	changed.Status = next
	switch next {
	case OriginationApproved:
		changed.NextAt = o.SendAt
	case OriginationInTransit:
		changed.NextAt = o.SettleAt
		if o.Direction == ACHCredit { // There is no such event for money that comes in.
			t.tellOf(o, "sent")
		}
	default:
		changed.NextAt = calendar.FederalReserve.Add(t.today(), returnWindow).At(settlementHour, 0)
		t.must(t.settleOrigination(&changed))
		t.tellOf(o, "success")
	}
	t.originations.Update(t.tx, &changed)
}

// settleOrigination moves the money of an origination between the bank and the network.
func (t *Tx) settleOrigination(o *Origination) error {
	network := ledger.Account{Kind: ledger.FedACH}
	if o.Direction == ACHCredit {
		t.settleTransaction(o.TransactionID, o.NextAt)
		return t.post("ach_out_settled", o.ID, ledger.Posting{Account: transit(o.CustomerID), Cents: -o.Cents},
			ledger.Posting{Account: network, Cents: o.Cents})
	}
	p := t.pockets.Get(o.PocketID)
	event, err := t.postEvent("ach_in", o.ID, ledger.Posting{Account: network, Cents: -o.Cents},
		ledger.Posting{Account: bankSide(p.ID), Cents: o.Cents})
	if err != nil {
		return err
	}
	x := t.entry(o, "From "+o.Party, "ACH debit")
	x.SettlesAt = o.NextAt
	o.TransactionID = t.book(p, event, x).ID
	return t.invest(p, p.Deposit)
}

// returnOrigination takes back an origination that the counterparty's bank returns with a code. (Inferred: the window
// does not bound it, as the Nacha rules let consumers return what they have not authorized for 60 days.)
func (t *Tx) returnOrigination(id uuid.UUID, code string) error {
	o := t.originations.Get(id)
	switch {
	case o == nil:
		return notFound()
	case returnReasons[code] == "":
		return invalid("return_code", "is not a code of a return that this sandbox knows", "body", "code")
	case o.Status != OriginationInTransit && o.Status != OriginationProcessed:
		return invalid("origination_status", "only what is IN_TRANSIT or PROCESSED can be returned", "path",
			"transfer_id")
	}
	return t.endOrigination(o, OriginationFailed, code)
}

// cancelOrigination ends an origination that is not handed to the network yet.
func (t *Tx) cancelOrigination(id uuid.UUID) error {
	o := t.originations.Get(id)
	switch {
	case o == nil:
		return notFound()
	case o.Status != OriginationPending && o.Status != OriginationApproved:
		return invalid("origination_status", "only what is PENDING or APPROVED can be cancelled", "path",
			"transfer_id")
	}
	return t.endOrigination(o, OriginationCancelled, "")
}

// endOrigination ends an origination that is not carried out, or that is taken back, and moves its money back.
func (t *Tx) endOrigination(o *Origination, status OriginationStatus, reason string) (err error) {
	changed := *o
	changed.Status, changed.Reason, changed.NextAt = status, reason, time.Time{}
	if o.TransactionID != uuid.Nil {
		t.settleTransaction(o.TransactionID, t.now)
		if changed.ReturnID, err = t.takeBack(o, reason); err != nil {
			return err
		}
	}
	t.originations.Update(t.tx, &changed)
	if status != OriginationCancelled {
		t.tellOf(o, "rejected")
	}
	return nil
}

// takeBack moves the money of an origination back to where it came from, and returns the id of the pocket's
// transaction, if there is one. Of what a DEBIT has brought, the pocket gives what it is worth, and the provider the
// rest. (Inferred.)
func (t *Tx) takeBack(o *Origination, reason string) (uuid.UUID, error) {
	network := ledger.Account{Kind: ledger.FedACH}
	description := "ACH return"
	if text := returnReasons[reason]; text != "" {
		description += " " + reason + ": " + text
	}
	if o.Direction == ACHCredit {
		from := network
		if o.Status != OriginationProcessed {
			from = transit(o.CustomerID)
		}
		x := t.entry(o, "Back from "+o.Party, description)
		x.Cents = o.Cents
		return t.bringBack(from, o.PocketID, "ach_out_returned", x)
	}
	p := t.pockets.Get(o.PocketID)
	given := min(o.Cents, t.Total(p.ID))
	if err := t.raise(p, given); err != nil {
		return uuid.Nil, err
	}
	postings := []ledger.Posting{{Account: network, Cents: o.Cents}}
	if given > 0 {
		postings = append(postings, ledger.Posting{Account: bankSide(p.ID), Cents: -given})
	}
	if given < o.Cents {
		postings = append(postings, ledger.Posting{Account: ledger.Account{Kind: ledger.Provider},
			Cents: given - o.Cents})
	}
	event, err := t.postEvent("ach_in_returned", o.ID, postings...)
	if err != nil || given == 0 {
		return uuid.Nil, err
	}
	x := t.entry(o, "Back to "+o.Party, description)
	x.Cents, x.SettlesAt = -given, t.now
	return t.book(p, event, x).ID, nil
}

// Origination returns an ACH origination of a pocket.
func (t *Tx) Origination(pocket, id uuid.UUID) (*Origination, error) {
	if o := t.originations.Get(id); o != nil && o.PocketID == pocket {
		return o, nil
	}
	return nil, notFound()
}

// OriginationFilter narrows a list of ACH originations. Its zero value lets everything pass.
type OriginationFilter struct {
	Statuses  []OriginationStatus
	Direction ACHDirection
}

func (f *OriginationFilter) keep(o *Origination) bool {
	return (len(f.Statuses) == 0 || slices.Contains(f.Statuses, o.Status)) &&
		(f.Direction == "" || f.Direction == o.Direction)
}

// Originations lists the ACH originations of a pocket.
func (t *Tx) Originations(pocket uuid.UUID, q Query, f OriginationFilter) (Page[Origination], error) {
	if _, err := t.Pocket(pocket); err != nil {
		return Page[Origination]{}, err
	}
	return paginate(t.originationsByOwner.Of(pocket), "originations "+pocket.String(), q, f.keep)
}

// CustomerOriginations lists the ACH originations of all pockets of a customer.
func (t *Tx) CustomerOriginations(customer uuid.UUID, q Query, f OriginationFilter) (Page[Origination], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Origination]{}, err
	}
	return paginate(t.originationsByOwner.Of(customer), "originations "+customer.String(), q, f.keep)
}

// checkOrigination adds what has not left to what is in transit, and what has to what the network has.
func (a *audit) checkOrigination(o *Origination) {
	if !a.owned(o.CustomerID, o.PocketID) || !a.paid(o.CustomerID, o.CounterpartyID, CounterpartyACH) {
		a.note("origination %s is not between a pocket of its customer and a counterparty of the same", o.ID)
	}
	_, under := onTheWay[o.Status]
	if o.Direction == ACHCredit && under {
		a.transit[o.CustomerID] += o.Cents
	}
	if o.Status == OriginationProcessed {
		a.world[ledger.FedACH] -= o.signed()
	}
	if o.Status == OriginationProcessed || o.Direction == ACHCredit && o.Status != OriginationRejected ||
		o.TransactionID != uuid.Nil {
		a.checkPayment(o.ID, o.PocketID, o.TransactionID, o.signed())
	}
	if o.ReturnID != uuid.Nil {
		a.checkReturn(o.ID, o.CustomerID, o.ReturnID, -o.signed())
	}
	if under && o.NextAt.IsZero() {
		a.note("origination %s is %s for ever", o.ID, o.Status)
	}
}

var originationRules = []Rule{
	{[]string{"createACHOrigination"}, "A company_entry_description is required with CCD; with WEB it is Funding TX " +
		"for a DEBIT and Release TX for a CREDIT unless there is one.", Documented,
		"reference, Create ACH Origination"},
	{[]string{"createACHOrigination"}, "Without a sec_code it is WEB.", Inferred, ""},
	{[]string{"createACHOrigination"}, "Whether CCD is kept to companies and WEB to people is not known; both can be " +
		"had by all.", Unknown, ""},
	{[]string{"createACHOrigination"}, "The amount is from one cent to 99,999,999.99 USD, which is what an entry has " +
		"room for.", Inferred, ""},
	{[]string{"createACHOrigination"}, "Before 12:00 in New York less than 25,000 USD settles the same day and more " +
		"the next; after that it is the same counted from the next day. Nothing settles on weekends and holidays of " +
		"the Federal Reserve.", Documented, "reference, Create ACH Origination"},
	{[]string{"createACHOrigination"}, "The review is over as soon as the answer is given, and approves.", Inferred,
		""},
	{[]string{"createACHOrigination"}, "A CREDIT for which T-bills are sold counts from 9:00 in New York on the next " +
		"business day.", Documented, "ACH windows guide, but for the hour"},
	{[]string{"createACHOrigination"}, "A CREDIT that there is cash for does not wait for a sale.", Inferred, ""},
	{[]string{"createACHOrigination"}, "It is IN_TRANSIT from 12:00 in New York on the day that it counts from, and " +
		"PROCESSED at 17:00 on the day that it settles.", Inferred, ""},
	{[]string{"createACHOrigination"}, "Its transaction is settled two business days after it is PROCESSED.",
		Documented, "ACH windows guide"},
	{[]string{"createACHOrigination"}, "The money of a DEBIT is booked and invested when it is PROCESSED.", Inferred,
		""},
	{[]string{"createACHOrigination"}, "A DEBIT fails if its pocket is closed before it is PROCESSED.", Inferred, ""},
	{[]string{"getACHOrigination"}, "What the network returns is FAILED, what the provider does not send is REJECTED " +
		"or CANCELLED. Events tell of the first two as rejected, and of the third not at all.", Inferred, ""},
	{[]string{"getACHOrigination"}, "When a DEBIT is returned whose money the pocket does not have any more, T-bills " +
		"are sold; the provider bears what is still missing, and the pocket is not overdrawn.", Inferred, ""},
	{[]string{"listPocketTransactions", "listCustomerTransactions"}, "The company of an entry that was originated " +
		"here is the customer.", Inferred, ""},
}
