package bank

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/ach"
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
	// Reason says why it was not carried out: one of the reasons of transfers, or the code of a return.
	Reason string `json:"reason,omitempty"`
	// Correction is the code with which the other bank has asked for a change, or has refused one.
	Correction string `json:"correction,omitempty"`
	Course
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
	course, err := t.course("createACHOrigination")
	if err != nil {
		return nil, err
	}
	// Trace numbers begin with the first eight digits of the originating bank's routing number. (Source: the Nacha
	// file format.)
	o := &Origination{ID: t.newID(), PocketID: p.ID, CustomerID: p.CustomerID, CounterpartyID: c.ID,
		Direction: order.Direction, SECCode: order.SECCode, Cents: order.Cents,
		EntryDescription: order.EntryDescription, Information: order.Information, Party: c.Name,
		TraceNumber: RoutingNumber[:8] + t.digits(t.tx.Draw(), 7), Status: OriginationPending, Created: t.now,
		Course: course}
	o.NextAt = o.goesOnAt(t.now)
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
		o.Status, o.Reason, o.NextAt, o.Course = OriginationRejected, reason, time.Time{}, Course{}
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

// turning is the status that it leaves later than by itself, or not before somebody decides.
func (o *Origination) turning() OriginationStatus {
	switch state := OriginationStatus(o.state()); {
	case o.Fate.Return != "" || o.Fate.Correction != "" || state == OriginationFailed:
		return OriginationProcessed
	case state == OriginationRejected || state == OriginationCancelled || state == "" && o.Fate.Hold:
		return OriginationPending
	case state == "" || state == OriginationProcessed:
		return OriginationInTransit
	default:
		return state
	}
}

// goesOnAt is when it leaves its status, which it would do at a time by itself.
func (o *Origination) goesOnAt(at time.Time) time.Time {
	if o.Fate == nil || o.turning() != o.Status {
		return at
	}
	return o.next(at)
}

// comesBack reports whether the network is to return it.
func (o *Origination) comesBack() bool {
	return o.Fate != nil && (o.Fate.Return != "" || o.isFated(string(OriginationFailed)))
}

// returnReason is why it comes back. (Inferred: if nobody has said why, the money or the account is missing.)
func (o *Origination) returnReason() string {
	switch {
	case o.Fate.Return != "":
		return o.Fate.Return
	case o.Direction == ACHDebit:
		return o.reason("R01")
	default:
		return o.reason("R03")
	}
}

// originationOutcome decides what becomes of an origination that is to take its next status: that one, or another one
// that ends it, with the reason.
func (t *Tx) originationOutcome(o *Origination, next OriginationStatus) (OriginationStatus, string) {
	switch {
	case next == OriginationApproved && o.isFated(string(OriginationRejected)):
		return OriginationRejected, o.reason(ReasonInvalidTransfer)
	case next == OriginationApproved && o.isFated(string(OriginationCancelled)):
		return OriginationCancelled, ""
	case next == OriginationProcessed && o.comesBack() && o.Fate.Days == 0:
		return OriginationFailed, o.returnReason()
	}
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
	next, goesOn := onTheWay[o.Status]
	switch {
	case goesOn:
		t.must(t.stepOrigination(o, next))
	case o.comesBack():
		t.must(t.endOrigination(o, OriginationFailed, o.returnReason()))
	default:
		changed := *o
		changed.NextAt = time.Time{} // The time for returns is over, unless it was a change that was awaited.
		if o.Fate != nil {
			t.correct(&changed, o.Fate.Correction)
		}
		t.originations.Update(t.tx, &changed)
	}
}

// stepOrigination has an origination take its next status, or end.
func (t *Tx) stepOrigination(o *Origination, next OriginationStatus) error {
	changed := *o
	status, reason := t.originationOutcome(o, next)
	if status != next {
		return t.endOrigination(o, status, reason)
	}
	changed.Status = next
	switch next {
	case OriginationApproved:
		if !o.SendAt.After(t.now) { // It was held, or put off.
			changed.SendAt = calendar.ACHSettlement(t.now, 0).At(windowHour, 0)
			changed.SettleAt = calendar.ACHSettlement(t.now, o.Cents).At(achHour, 0)
		}
		changed.NextAt = changed.goesOnAt(changed.SendAt)
	case OriginationInTransit:
		if !o.SettleAt.After(t.now) {
			changed.SettleAt = calendar.FederalReserve.After(t.today()).At(achHour, 0)
		}
		changed.NextAt = changed.goesOnAt(changed.SettleAt)
		if o.Direction == ACHCredit { // There is no such event for money that comes in.
			t.tellOf(o, "sent")
		}
	default:
		if err := t.processOrigination(&changed); err != nil {
			return err
		}
		t.tellOf(o, "success")
	}
	t.originations.Update(t.tx, &changed)
	return nil
}

// processOrigination settles an origination, and says what is awaited then: that it comes back, that a change is asked
// for, or that the time for returns is over.
func (t *Tx) processOrigination(o *Origination) error {
	settles := calendar.FederalReserve.Add(t.today(), returnWindow).At(settlementHour, 0)
	if err := t.settleOrigination(o, settles); err != nil {
		return err
	}
	switch {
	case o.Fate == nil || !o.comesBack() && o.Fate.Correction == "":
		o.NextAt, o.Course = settles, Course{}
	case o.Fate.Days > 0:
		o.NextAt = calendar.FederalReserve.Add(t.today(), o.Fate.Days).At(settlementHour, 0)
	default:
		t.correct(o, o.Fate.Correction)
	}
	return nil
}

// correct notes that a change of an origination that was posted is asked for, or refused: its transaction says so. (The
// contract has no other place for it. Inferred: the counterparty stays as it is, as it is for the partner to change.)
func (t *Tx) correct(o *Origination, code string) {
	changed := *t.transactions.Get(o.TransactionID)
	about, _ := ach.Change(code)
	changed.Description += " (" + code + ": " + about.Title + ")"
	t.transactions.Update(t.tx, &changed)
	o.Correction, o.Course, o.NextAt = code, Course{}, time.Time{}
	if !changed.Settled(t.now) {
		o.NextAt = changed.SettlesAt
	}
}

// settleOrigination moves the money of an origination between the bank and the network, and says when its transaction
// is settled.
func (t *Tx) settleOrigination(o *Origination, settles time.Time) error {
	network := ledger.Account{Kind: ledger.FedACH}
	if o.Direction == ACHCredit {
		t.settleTransaction(o.TransactionID, settles)
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
	x.SettlesAt = settles
	o.TransactionID = t.book(p, event, x).ID
	return t.invest(p, p.Deposit)
}

// decideOrigination has a fate take effect. (Inferred: the window does not bound a return, as the Nacha rules let
// consumers return what they have not authorized for 60 days.)
func (t *Tx) decideOrigination(o *Origination, f *Fate) error {
	changed := *o
	changed.Course = Course{Fate: f}
	_, under := onTheWay[o.Status]
	unsent := o.Status == OriginationPending || o.Status == OriginationApproved
	sent := o.Status == OriginationInTransit || o.Status == OriginationProcessed
	state := OriginationStatus(f.State)
	switch {
	case f.Return != "" || state == OriginationFailed:
		if !sent {
			return cannot(o.Status, "only what is IN_TRANSIT or PROCESSED comes back")
		}
		return t.endOrigination(o, OriginationFailed, changed.returnReason())
	case f.Correction != "" && state == "":
		return t.decideCorrection(&changed)
	case state == OriginationCancelled || state == OriginationRejected:
		if !unsent {
			return cannot(o.Status, "only what is PENDING or APPROVED can still be stopped")
		}
		if state == OriginationCancelled {
			return t.endOrigination(o, state, "")
		}
		return t.endOrigination(o, state, changed.reason(ReasonInvalidTransfer))
	case !under:
		return cannot(o.Status, "it is not under way")
	case f.Hold && (state == "" || state == o.Status):
		changed.Held, changed.NextAt = true, time.Time{}
		t.originations.Update(t.tx, &changed)
		return nil
	}
	return t.bringOrigination(&changed, state)
}

// decideCorrection has a change asked for of what is in transit, once it is posted, or was posted.
func (t *Tx) decideCorrection(o *Origination) error {
	switch o.Status {
	case OriginationInTransit:
		if o.NextAt.IsZero() { // It was held.
			o.NextAt = t.now
		}
	case OriginationProcessed:
		t.correct(o, o.Fate.Correction)
	default:
		return cannot(o.Status, "a change is asked for of what is IN_TRANSIT or PROCESSED")
	}
	t.originations.Update(t.tx, o)
	return nil
}

// bringOrigination takes an origination to a status that comes later, with all that happens on the way.
func (t *Tx) bringOrigination(o *Origination, to OriginationStatus) error {
	if o.Status == to {
		return cannot(o.Status, "it is that already")
	}
	for {
		next, goesOn := onTheWay[o.Status]
		if !goesOn {
			return cannot(o.Status, "it does not become "+string(to))
		}
		if err := t.stepOrigination(o, next); err != nil {
			return err
		}
		changed := *t.originations.Get(o.ID)
		if o = &changed; o.Status == to {
			return nil
		}
	}
}

// settleOriginationNow takes an origination to its good end.
func (t *Tx) settleOriginationNow(o *Origination) error {
	changed := *o
	changed.Course = Course{}
	if _, under := onTheWay[o.Status]; under {
		if err := t.bringOrigination(&changed, OriginationProcessed); err != nil {
			return err
		}
		changed = *t.originations.Get(o.ID)
	}
	if changed.Status != OriginationProcessed || changed.NextAt.IsZero() {
		return cannot(o.Status, "it is not under way")
	}
	changed.NextAt = time.Time{}
	t.settleTransaction(changed.TransactionID, t.now)
	t.originations.Update(t.tx, &changed)
	return nil
}

// endOrigination ends an origination that is not carried out, or that is taken back, and moves its money back.
func (t *Tx) endOrigination(o *Origination, status OriginationStatus, reason string) (err error) {
	changed := *o
	changed.Status, changed.Reason, changed.NextAt, changed.Course = status, reason, time.Time{}, Course{}
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
	if code, ok := ach.Return(reason); ok {
		description += " " + reason + ": " + code.Title
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
	posted := o.Status == OriginationProcessed
	if under && o.misses(true, o.NextAt) || !under && (o.Held || !posted && !o.NextAt.IsZero() ||
		o.Fate != nil && (!posted || o.NextAt.IsZero())) {
		a.note("origination %s is %s, is held: %t, and goes on at %s", o.ID, o.Status, o.Held, o.NextAt)
	}
	if x := a.transactions.Get(o.TransactionID); o.Correction != "" &&
		(x == nil || !strings.Contains(x.Description, o.Correction)) {
		a.note("no transaction says that a change of origination %s was asked for", o.ID)
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
	{[]string{"createACHOrigination"}, "The review is over as soon as the answer is given, and approves, unless " +
		"somebody has decided otherwise.", Inferred, ""},
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
	{[]string{"getACHOrigination"}, "An entry comes back with a code only if somebody decides so: at once it is " +
		"never PROCESSED; some business days later, at 9:00 in New York, it was, and the money is taken back. " +
		"Nothing but the description of that transaction has the code.", Inferred, ""},
	{[]string{"getACHOrigination"}, "A change that the other bank asks for stands in the description of the entry's " +
		"transaction alone: there is no event, and the counterparty stays as it is.", Inferred, ""},
	{[]string{"listPocketTransactions", "listCustomerTransactions"}, "The company of an entry that was originated " +
		"here is the customer.", Inferred, ""},
}
