package bank

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// WireDirection says which way a wire goes, seen from the pocket.
type WireDirection string

// The directions of wires.
const (
	WireIncoming WireDirection = "INCOMING"
	WireOutgoing WireDirection = "OUTGOING"
)

// WireStatus says how far a wire is.
type WireStatus string

// The statuses of wires.
const (
	WireProcessing WireStatus = "PROCESSING"
	WireSuccess    WireStatus = "SUCCESS"
	WireRejected   WireStatus = "REJECTED"
)

const (
	// maxWire is the most that a wire can move, in cents. (Source: the Fedwire format, whose amounts have twelve
	// digits.)
	maxWire = 9_999_999_999_99
	// wireHour is the hour in New York at which wires are settled, of the day that calendar.WireSettlement says.
	// (Inferred.)
	wireHour = 17
	// wireFee is what an outgoing wire costs, in cents. (Inferred: no fee is known, though v1 has a kind of transaction
	// for one.)
	wireFee = 0
	// fedwireSender is who sends in a reference number.
	fedwireSender = "SANDBOX0"
)

// Wire is a wire, in either direction.
type Wire struct {
	ID         uuid.UUID     `json:"id"`
	PocketID   uuid.UUID     `json:"pocket_id"`
	CustomerID uuid.UUID     `json:"customer_id"`
	Direction  WireDirection `json:"direction"`
	Status     WireStatus    `json:"status"`
	Reason     string        `json:"reason,omitempty"`
	Course
	// CounterpartyID is the Nil UUID for an incoming one. Party is the name of the other side.
	CounterpartyID uuid.UUID `json:"counterparty_id,omitzero"`
	Party          string    `json:"party"`
	// Cents are positive in both directions; Fee comes on top.
	Cents           int64     `json:"cents"`
	Fee             int64     `json:"fee,omitempty"`
	Description     string    `json:"description,omitempty"`
	CreatedBy       string    `json:"created_by,omitempty"`
	ReferenceNumber string    `json:"reference_number,omitempty"`
	Created         time.Time `json:"created"`
	// NextAt is when one that is PROCESSING leaves, or arrives.
	NextAt time.Time `json:"next_at,omitzero"`
	// TransactionID is the pocket's transaction, and ReturnID the one that took it back.
	TransactionID uuid.UUID `json:"transaction_id,omitzero"`
	ReturnID      uuid.UUID `json:"return_id,omitzero"`
}

type wireTables struct {
	wires        *state.Table[uuid.UUID, Wire]
	wiresByOwner *state.Index[uuid.UUID, Wire]
}

func newWireTables(b *Bank) wireTables {
	t := wireTables{wires: state.NewTable(b.db, "wire", func(w *Wire) uuid.UUID { return w.ID })}
	t.wiresByOwner = state.NewIndex(t.wires, func(w *Wire) []uuid.UUID { return []uuid.UUID{w.PocketID, w.CustomerID} })
	t.wires.When(func(w *Wire) time.Time { return w.NextAt },
		func(tx *state.Tx, w *Wire) { b.sub(tx).wireDue(w) })
	return t
}

// WireOrder asks for an outgoing wire. ID is made if it is the Nil UUID; Cents are nil if nobody said how many.
type WireOrder struct {
	ID, Pocket, Counterparty uuid.UUID
	Cents                    *int64
	Description, CreatedBy   string
}

// CreateWire sends a wire. It fails with a Refusal if there is no such pocket or counterparty, or if what it says is
// not allowed. One of money that the pocket does not have is rejected, and moves nothing.
func (t *Tx) CreateWire(order WireOrder) (*Wire, error) {
	p, err := t.openPocket(order.Pocket)
	if err != nil {
		return nil, err
	}
	switch {
	case order.Cents == nil:
		return nil, invalid("missing", "is required: a wire without an amount moves nothing", "body", "amount_usdc")
	case t.wires.Get(order.ID) != nil:
		return nil, invalid("unique", "there is a wire with this id", "body", "wire_id")
	}
	if err := checkWireAmount(*order.Cents); err != nil {
		return nil, err
	}
	c, err := t.otherSide(p, order.Counterparty, CounterpartyWire, CounterpartyInternationalWire)
	if err != nil {
		return nil, err
	}
	course, err := t.course("createWire")
	if err != nil {
		return nil, err
	}
	if order.ID == uuid.Nil {
		order.ID = t.freeID(hasID(t.wires))
	}
	w := &Wire{ID: order.ID, PocketID: p.ID, CustomerID: p.CustomerID, Direction: WireOutgoing,
		Status: WireProcessing, CounterpartyID: c.ID, Party: c.Name, Cents: *order.Cents, Fee: wireFee,
		Description: order.Description, CreatedBy: order.CreatedBy, Created: t.now, Course: course}
	w.NextAt = w.next(calendar.WireSettlement(t.now).At(wireHour, 0))
	if w.isFated(string(WireRejected)) { // Whoever looks at it does not wait for the network to open.
		w.NextAt = w.next(t.now)
	}
	if err := t.send(p, w); err != nil {
		return nil, err
	}
	t.wires.Insert(t.tx, w)
	return w, nil
}

func checkWireAmount(cents int64) error {
	if cents <= 0 || cents > maxWire {
		return invalid("amount", "must be at least one cent, and less than 10,000,000,000 USD", "body", "amount_usdc")
	}
	return nil
}

// send sets the money of a new wire aside, or rejects it.
func (t *Tx) send(p *Pocket, w *Wire) error {
	event, err := t.setAside(p, "wire_out", w.ID, w.Cents, w.Fee)
	if reason := hindrance(err); reason != "" {
		w.Status, w.Reason, w.NextAt, w.Course = WireRejected, reason, time.Time{}, Course{}
		t.tellOfWire(w, "rejected")
		return nil
	}
	if err != nil {
		return err
	}
	w.TransactionID = t.book(p, event, wireEntry(w, -w.Cents, "Wire to "+w.Party)).ID
	t.tellOfWire(w, "processing")
	if w.Fee == 0 {
		return nil
	}
	event, err = t.postEvent("wire_fee", w.ID, ledger.Posting{Account: bankSide(p.ID), Cents: -w.Fee},
		ledger.Posting{Account: ledger.Account{Kind: ledger.Fees}, Cents: w.Fee})
	if err != nil {
		return err
	}
	t.book(p, event, Transaction{Kind: KindFee, Cents: -w.Fee, SettlesAt: t.now, Title: "Fee for a wire",
		Description: "Wire to " + w.Party, Reference: w.ID})
	return nil
}

// wireEntry is a transaction of a wire.
func wireEntry(w *Wire, cents int64, title string) Transaction {
	return Transaction{Kind: KindWire, Cents: cents, Title: title, Description: w.Description, Reference: w.ID,
		Counterparty: w.Party, Details: &TransactionDetails{ReferenceNumber: w.ReferenceNumber}}
}

// fedwireReference is the number of a wire in its network: the day, who sends, and a number. (Source: the Fedwire
// format of the input message's number, which the provider's example resembles.)
func (t *Tx) fedwireReference() string {
	year, month, day := t.today().YearMonthDay()
	return fmt.Sprintf("%04d%02d%02d%s%s", year, month, day, fedwireSender, t.digits(t.tx.Draw(), 6))
}

// tellOfWire emits an event about a wire.
func (t *Tx) tellOfWire(w *Wire, what string) {
	side := "out"
	if w.Direction == WireIncoming {
		side = "in"
	}
	t.emit("transfers.wire."+side+"."+what, w.CustomerID,
		map[string]any{"jiko_account_id": w.PocketID, "wire_id": w.ID})
}

// wireOutcome decides what becomes of a wire that is to leave or that has arrived: SUCCESS, or REJECTED with the
// reason.
func (t *Tx) wireOutcome(w *Wire) (WireStatus, string) {
	if w.isFated(string(WireRejected)) {
		return WireRejected, w.reason(ReasonInvalidTransfer)
	}
	if w.Direction == WireIncoming {
		switch p := t.pockets.Get(w.PocketID); {
		case p.Status != PocketOpen:
			return WireRejected, ReasonAccountUnavailable
		case !t.admits(p, w.Cents):
			return WireRejected, ReasonInvalidTransfer
		}
	}
	return WireSuccess, ""
}

// wireDue ends the waiting of a wire.
func (t *Tx) wireDue(w *Wire) { t.must(t.carryWire(w)) }

// carryWire has a wire that is PROCESSING leave or arrive, or rejects it.
func (t *Tx) carryWire(w *Wire) error {
	status, reason := t.wireOutcome(w)
	changed := *w
	changed.Status, changed.Reason, changed.NextAt, changed.Course = status, reason, time.Time{}, Course{}
	return t.endWire(&changed, t.wires.Update)
}

// endWire moves the money of a wire as its status says, puts the wire where it belongs, and tells of it.
func (t *Tx) endWire(w *Wire, put func(*state.Tx, *Wire)) error {
	if err := t.moveWire(w); err != nil {
		return err
	}
	put(t.tx, w)
	t.tellOfWire(w, strings.ToLower(string(w.Status)))
	if w.Direction == WireOutgoing || w.Status == WireRejected {
		return nil
	}
	p := t.pockets.Get(w.PocketID)
	return t.invest(p, p.Deposit)
}

// moveWire moves the money of a wire as its status says.
func (t *Tx) moveWire(w *Wire) (err error) {
	switch {
	case w.Direction == WireIncoming && w.Status == WireRejected: // It was nobody's here.
		return nil
	case w.Direction == WireIncoming:
		return t.takeIn(w)
	case w.Status == WireRejected: // The fee is not given back. (Inferred.)
		t.settleTransaction(w.TransactionID, t.now)
		w.ReturnID, err = t.bringBack(transit(w.CustomerID), w.PocketID, "wire_out_rejected",
			wireEntry(w, w.Cents, "Back from "+w.Party))
		return err
	}
	w.ReferenceNumber = t.fedwireReference()
	if err := t.post("wire_out_settled", w.ID, ledger.Posting{Account: transit(w.CustomerID), Cents: -w.Cents},
		ledger.Posting{Account: ledger.Account{Kind: ledger.FedWire}, Cents: w.Cents}); err != nil {
		return err
	}
	x := *t.transactions.Get(w.TransactionID)
	x.SettlesAt, x.Details = t.now, &TransactionDetails{ReferenceNumber: w.ReferenceNumber}
	t.transactions.Update(t.tx, &x)
	return nil
}

// takeIn books the money of a wire that has arrived.
func (t *Tx) takeIn(w *Wire) error {
	event, err := t.postEvent("wire_in", w.ID,
		ledger.Posting{Account: ledger.Account{Kind: ledger.FedWire}, Cents: -w.Cents},
		ledger.Posting{Account: bankSide(w.PocketID), Cents: w.Cents})
	if err != nil {
		return err
	}
	p := t.pockets.Get(w.PocketID)
	x := wireEntry(w, w.Cents, "Wire from "+w.Party)
	x.SettlesAt = t.now
	w.TransactionID = t.book(p, event, x).ID
	return nil
}

// decideWire has a fate take effect on a wire.
func (t *Tx) decideWire(w *Wire, f *Fate) error {
	if w.Status != WireProcessing {
		return cannot(w.Status, "only a wire that is PROCESSING can be decided about")
	}
	changed := *w
	changed.Course = Course{Fate: f}
	switch {
	case f.Hold:
		changed.Held, changed.NextAt = true, time.Time{}
		t.wires.Update(t.tx, &changed)
		return nil
	case f.State == string(WireProcessing):
		return cannot(w.Status, "it is that already")
	}
	if err := t.carryWire(&changed); err != nil {
		return err
	}
	return ended(t.wires.Get(w.ID).Status, f.State, t.wires.Get(w.ID).Reason)
}

// WireIn is a wire from outside. AccountNumber says which pocket it is for, or Pocket does if that is empty.
type WireIn struct {
	AccountNumber string
	Pocket        uuid.UUID
	Cents         int64
	// Sender is the name of who sends it.
	Sender, Description string
}

// ReceiveWire has a wire arrive. It is booked, settled and invested at once, or rejected and returned if the pocket
// cannot take it. It fails with a Refusal if there is no such pocket.
func (t *Tx) ReceiveWire(in WireIn) (*Wire, error) {
	if err := checkWireAmount(in.Cents); err != nil {
		return nil, err
	}
	p, err := t.receiver(in)
	if err != nil {
		return nil, err
	}
	course, err := t.course("receiveWire")
	if err != nil {
		return nil, err
	}
	w := &Wire{ID: t.freeID(hasID(t.wires)), PocketID: p.ID, CustomerID: p.CustomerID, Direction: WireIncoming,
		Party: in.Sender, Cents: in.Cents, Description: in.Description, ReferenceNumber: t.fedwireReference(),
		Created: t.now, Course: course}
	if at := w.next(t.now); !at.Equal(t.now) { // Somebody looks at it first. There is no event about that.
		w.Status, w.NextAt = WireProcessing, at
		t.wires.Insert(t.tx, w)
		return w, nil
	}
	w.Status, w.Reason = t.wireOutcome(w)
	w.Course = Course{}
	return w, t.endWire(w, t.wires.Insert)
}

// receiver is the pocket that a wire from outside is for.
func (t *Tx) receiver(in WireIn) (*Pocket, error) {
	if in.AccountNumber == "" {
		return t.Pocket(in.Pocket)
	}
	pockets := t.pocketsByAccount.Of(in.AccountNumber)
	if pockets.Len() == 0 {
		return nil, invalid("account_number", "is no pocket's", "body", "account_number")
	}
	p, _ := pockets.At(0)
	return p, nil
}

// Wire returns a wire.
func (t *Tx) Wire(id uuid.UUID) (*Wire, error) {
	if w := t.wires.Get(id); w != nil {
		return w, nil
	}
	return nil, notFound()
}

// WireFilter narrows the list of wires. Its zero value lets everything pass.
type WireFilter struct {
	Pocket, Customer uuid.UUID
	Direction        WireDirection
}

func (f *WireFilter) keep(w *Wire) bool {
	return (f.Pocket == uuid.Nil || f.Pocket == w.PocketID) &&
		(f.Customer == uuid.Nil || f.Customer == w.CustomerID) &&
		(f.Direction == "" || f.Direction == w.Direction)
}

// Wires lists the wires of all customers. A pocket or a customer that is not there has none.
func (t *Tx) Wires(q Query, f WireFilter) (Page[Wire], error) {
	rows := t.wires.All()
	switch {
	case f.Pocket != uuid.Nil:
		rows = t.wiresByOwner.Of(f.Pocket)
	case f.Customer != uuid.Nil:
		rows = t.wiresByOwner.Of(f.Customer)
	}
	return paginate(rows, "wires", q, f.keep)
}

// checkWire adds what has not left to what is in transit, and what has to what the network has.
func (a *audit) checkWire(w *Wire) {
	out := w.Direction == WireOutgoing
	if !a.owned(w.CustomerID, w.PocketID) || out != (w.CounterpartyID != uuid.Nil) ||
		out && !a.paid(w.CustomerID, w.CounterpartyID, CounterpartyWire, CounterpartyInternationalWire) {
		a.note("wire %s is not between a pocket of its customer and somebody whom that can pay", w.ID)
	}
	cents := w.Cents
	if out {
		cents = -cents
	}
	switch w.Status {
	case WireProcessing:
		if out {
			a.transit[w.CustomerID] += w.Cents
		}
	case WireSuccess:
		a.world[ledger.FedWire] -= cents
	case WireRejected:
	}
	processing := w.Status == WireProcessing
	if w.misses(processing, w.NextAt) || !processing && w.Fate != nil {
		a.note("wire %s is %s, is held: %t, and goes on at %s", w.ID, w.Status, w.Held, w.NextAt)
	}
	if !out && processing && w.TransactionID != uuid.Nil {
		a.note("wire %s has not arrived, and has the transaction %s", w.ID, w.TransactionID)
	}
	if w.Status == WireSuccess || out && processing || w.TransactionID != uuid.Nil {
		a.checkPayment(w.ID, w.PocketID, w.TransactionID, cents)
	}
	if w.ReturnID != uuid.Nil {
		a.checkReturn(w.ID, w.CustomerID, w.ReturnID, -cents)
	}
}

var wireRules = []Rule{
	{[]string{"createWire"}, "Outgoing wires are off by default at the provider, which enables them for a partner; " +
		"here they are on.", Inferred, ""},
	{[]string{"createWire"}, "An amount_usdc is required, though the contract does not say so, from one cent to " +
		"9,999,999,999.99 USD, which is what a wire has room for.", Inferred, ""},
	{[]string{"createWire"}, "A wire_id that another wire has is refused with 422.", Inferred, ""},
	{[]string{"createWire"}, "A wire before 17:00 in New York on a business day of the Federal Reserve leaves " +
		"at 17:00, a later one at 17:00 on the next. Its T-bills are sold at once, and it does not wait for their " +
		"settlement.", Inferred, ""},
	{[]string{"createWire"}, "A wire costs nothing.", Inferred, ""},
	{[]string{"createWire"}, "One that somebody has decided to be REJECTED is so right after the answer.", Inferred,
		""},
	{[]string{"getWire"}, "The reference number is there when the wire has left.", Inferred, ""},
	{[]string{"listWires"}, "A pocket or a customer that is not there has no wires.", Inferred, ""},
	{[]string{"listWires", "getWire"}, "An incoming wire is booked, settled and invested at once. If its pocket is " +
		"not open it is returned, which is REJECTED.", Inferred, ""},
}
