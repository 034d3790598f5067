package bank

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// TransferType says between whom an on-us transfer is.
type TransferType string

// The types of on-us transfers. (Source: the reference's Create On-Us Transfer.)
const (
	Funding      TransferType = "PARTNER_CUSTOMER_FUNDING"
	Defunding    TransferType = "PARTNER_CUSTOMER_DEFUNDING"
	Reallocation TransferType = "INTERNAL_REALLOCATION"
	PeerToPeer   TransferType = "PEER_TO_PEER"
)

// TransferStatus says how far a transfer is.
type TransferStatus string

// The statuses of on-us transfers.
const (
	TransferPending   TransferStatus = "PENDING"
	TransferCompleted TransferStatus = "COMPLETED"
	TransferRejected  TransferStatus = "REJECTED"
)

// The reasons for which transfers are rejected. By itself the bank has those of accounts, of funds and of transfers.
const (
	ReasonAccountUnavailable   = "ACCOUNT_UNAVAILABLE"
	ReasonCanceled             = "CANCELED"
	ReasonInsufficientFunds    = "INSUFFICIENT_FUNDS"
	ReasonInvalidCurrency      = "INVALID_CURRENCY"
	ReasonInvalidTransfer      = "INVALID_TRANSFER"
	ReasonSanctionScreenFailed = "SANCTION_SCREEN_FAILED"
)

// Transfer is an on-us transfer.
type Transfer struct {
	ID     uuid.UUID      `json:"id"`
	Type   TransferType   `json:"type"`
	Status TransferStatus `json:"status"`
	Reason string         `json:"reason,omitempty"`
	Course
	// From and To are pockets, or the partner's account. Counterparty is the one that a PEER_TO_PEER names.
	From         uuid.UUID `json:"from"`
	To           uuid.UUID `json:"to"`
	Counterparty uuid.UUID `json:"counterparty,omitzero"`
	// Cents are what is moved; a full withdrawal is 0 until it is done.
	Cents          int64     `json:"cents"`
	FullWithdrawal bool      `json:"full_withdrawal,omitempty"`
	Created        time.Time `json:"created"`
	// DueAt is when one that is pending is carried out.
	DueAt       time.Time `json:"due_at,omitzero"`
	Description string    `json:"description,omitempty"`
	EndToEnd    string    `json:"end_to_end,omitempty"`
	// Party is what the partner says of the other side of a funding or a defunding.
	Party string `json:"party,omitempty"`
}

type transferTables struct {
	transfers *state.Table[uuid.UUID, Transfer]
}

func newTransferTables(b *Bank) transferTables {
	t := transferTables{transfers: state.NewTable(b.db, "transfer", func(x *Transfer) uuid.UUID { return x.ID })}
	t.transfers.When(func(x *Transfer) time.Time { return x.DueAt },
		func(tx *state.Tx, x *Transfer) { b.sub(tx).transferDue(x) })
	return t
}

// PartnerAccount is the id of the partner's own account, which fundings come from and defundings go to. It is always
// open, and has as much money as is asked of it. (Inferred: the provider has the partner open pockets of its own.)
func (b *Bank) PartnerAccount() uuid.UUID { return b.derivedID(uuid.Nil, "partner account") }

// TransferOrder asks for an on-us transfer. ID is made if it is the Nil UUID. From and To are pockets; a funding comes
// from the partner's account, and a defunding goes there, or to the pocket of another customer, as which the partner
// may have its own.
type TransferOrder struct {
	ID       uuid.UUID
	Type     TransferType
	From, To uuid.UUID
	// Counterparty is where a PEER_TO_PEER goes, which says what To is.
	Counterparty   uuid.UUID
	Cents          int64
	FullWithdrawal bool
	// LegacyCents are what stands where Cents once did, or nil.
	LegacyCents *int64
	Description string
	EndToEnd    string
	Party       string
	// Async answers before the transfer is carried out.
	Async bool
}

// CreateTransfer makes an on-us transfer. It fails with a Refusal if what it says contradicts itself; one that cannot
// be carried out is rejected, and moves nothing.
func (t *Tx) CreateTransfer(o TransferOrder) (*Transfer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	course, err := t.course("createOnUsTransfer")
	if err != nil {
		return nil, err
	}
	if o.ID == uuid.Nil {
		o.ID = t.freeID(hasID(t.transfers))
	}
	x := &Transfer{ID: o.ID, Type: o.Type, Status: TransferPending, From: o.From, To: o.To, Cents: o.Cents,
		FullWithdrawal: o.FullWithdrawal, Created: t.now, Description: o.Description,
		EndToEnd: o.EndToEnd, Party: o.Party, Counterparty: o.Counterparty, Course: course}
	x.DueAt = x.next(t.now)
	if t.transfers.Get(x.ID) != nil {
		return nil, invalid("unique", "there is a transfer with this id", "body", "transfer_id")
	}
	if err := t.addressPeer(x); err != nil {
		return nil, err
	}
	if err := t.checkTransfer(x); err != nil {
		return nil, err
	}
	if o.Async || !x.DueAt.Equal(t.now) {
		t.transfers.Insert(t.tx, x)
		t.emitTransfer("transfers.on-us.processing", x)
		return x, nil
	}
	if err := t.carryOut(x); err != nil {
		return nil, err
	}
	t.transfers.Insert(t.tx, x)
	return x, nil
}

// check refuses an order that contradicts itself.
func (o *TransferOrder) check() error {
	switch {
	case o.Type == "":
		return invalid("type", "is not a type that this sandbox knows", "body", "type")
	case o.LegacyCents != nil && (o.FullWithdrawal || *o.LegacyCents != o.Cents):
		return invalid("amount", "differs from amount; leave it out", "body", "amount_usdc")
	}
	return nil
}

// checkTransfer refuses a transfer between accounts that its type is not for.
func (t *Tx) checkTransfer(x *Transfer) error {
	from, to := t.pockets.Get(x.From), t.pockets.Get(x.To)
	partner := t.PartnerAccount()
	no := func(message, side string) error { return invalid("account", message, "body", side, "id") }
	switch {
	case from == nil && (x.Type != Funding || x.From != partner):
		return no("must be the id of a pocket", "from_account")
	case to == nil && (x.Type != Defunding || x.To != partner):
		return no("must be the id of a pocket", "to_account")
	case x.From == x.To:
		return no("must be another pocket than the one that the money comes from", "to_account")
	case from == nil || to == nil:
		return nil
	case x.Type == Reallocation && from.CustomerID != to.CustomerID:
		return no("must be a pocket of the same customer", "to_account")
	case (x.Type == Funding || x.Type == Defunding) && from.CustomerID == to.CustomerID:
		return no("must not be a pocket of the same customer", "to_account")
	}
	return nil
}

// customerOf is the customer that a transfer is about: who sends, unless that is the partner.
func (t *Tx) customerOf(x *Transfer) uuid.UUID {
	id := x.From
	if x.Type == Funding {
		id = x.To
	}
	if p := t.pockets.Get(id); p != nil {
		return p.CustomerID
	}
	return uuid.Nil
}

// transferPayload is what an event says of a transfer.
type transferPayload struct {
	ID          uuid.UUID `json:"on_us_id"`
	Origin      uuid.UUID `json:"origin_account_id"`
	Destination uuid.UUID `json:"destination_account_id"`
}

// receivedPayload is what an event says of a transfer that arrived.
type receivedPayload struct {
	ID          uuid.UUID `json:"on_us_id"`
	Transaction uuid.UUID `json:"transaction_activity_id"`
	Pocket      uuid.UUID `json:"receiving_pocket_id"`
}

func (t *Tx) emitTransfer(kind string, x *Transfer) {
	t.emit(kind, t.customerOf(x), transferPayload{x.ID, x.From, x.To})
}

// transferDue carries out a transfer that was pending.
func (t *Tx) transferDue(x *Transfer) {
	changed := *x
	t.must(t.carryOut(&changed))
	t.transfers.Update(t.tx, &changed)
}

// carryOut moves the money of a transfer, or rejects it.
func (t *Tx) carryOut(x *Transfer) error {
	rejected, reason := x.isFated(string(TransferRejected)), x.reason(ReasonInvalidTransfer)
	x.DueAt, x.Course = time.Time{}, Course{}
	if rejected {
		t.reject(x, reason)
		return nil
	}
	switch err := t.move(x); {
	case err == nil:
		x.Status = TransferCompleted
		t.emitTransfer("transfers.on-us.success", x)
	case errors.Is(err, ledger.ErrInsufficientFunds):
		t.reject(x, ReasonInsufficientFunds)
	case errors.Is(err, errUnavailable):
		t.reject(x, ReasonAccountUnavailable)
	case errors.Is(err, ledger.ErrOverflow):
		t.reject(x, ReasonInvalidTransfer)
	default:
		return err
	}
	return nil
}

// decideTransfer has a fate take effect on a transfer.
func (t *Tx) decideTransfer(x *Transfer, f *Fate) error {
	if x.Status != TransferPending {
		return cannot(x.Status, "only a transfer that is PENDING can be decided about")
	}
	changed := *x
	changed.Course = Course{Fate: f}
	switch {
	case f.Hold:
		changed.Held, changed.DueAt = true, time.Time{}
		t.transfers.Update(t.tx, &changed)
		return nil
	case f.State == string(TransferPending):
		return cannot(x.Status, "it is that already")
	}
	if err := t.carryOut(&changed); err != nil {
		return err
	}
	t.transfers.Update(t.tx, &changed)
	return ended(changed.Status, f.State, changed.Reason)
}

var errUnavailable = errors.New("bank: a pocket is not open")

func (t *Tx) reject(x *Transfer, reason string) {
	x.Status, x.Reason = TransferRejected, reason
	t.emitTransfer("transfers.on-us.rejected", x)
}

// move moves the money of a transfer: T-bills are sold where it comes from as far as there is not enough cash, and it
// is invested where it goes to on the next business day. (Source: BANK_TRANSFER of the Customer API.) It changes
// nothing if it fails.
func (t *Tx) move(x *Transfer) error {
	from, to := t.pockets.Get(x.From), t.pockets.Get(x.To)
	if from != nil && from.Status != PocketOpen || to != nil && to.Status != PocketOpen {
		return errUnavailable
	}
	if x.FullWithdrawal {
		x.Cents = t.Total(x.From)
	}
	if x.Cents <= 0 { // A full withdrawal of an empty pocket has nothing to move.
		return ledger.ErrInsufficientFunds
	}
	switch {
	case from != nil && x.Cents > t.Total(from.ID):
		return ledger.ErrInsufficientFunds
	case to != nil && !t.holds(to, x.Cents), from == nil && x.Cents > t.room():
		return ledger.ErrOverflow
	}
	origin, destination := ledger.Account{Kind: ledger.Partner}, ledger.Account{Kind: ledger.Partner}
	if from != nil {
		if err := t.raise(from, x.Cents); err != nil {
			return err
		}
		origin = bankSide(from.ID)
	}
	if to != nil {
		destination = bankSide(to.ID)
	}
	event, err := t.postEvent("on_us", x.ID, ledger.Posting{Account: origin, Cents: -x.Cents},
		ledger.Posting{Account: destination, Cents: x.Cents})
	if err != nil {
		return err
	}
	details := &TransactionDetails{TransferType: string(x.Type)}
	outTitle, inTitle := t.titles(x)
	if from != nil {
		out := *details
		out.Target = x.Party
		t.book(from, event, Transaction{Kind: KindOnUs, Cents: -x.Cents, SettlesAt: t.now, Title: outTitle,
			Description: x.Description, Reference: x.ID, Details: &out})
	}
	if to == nil {
		return nil
	}
	in := *details
	in.Source = x.Party
	arrived := t.book(to, event, Transaction{Kind: KindOnUs, Cents: x.Cents, SettlesAt: t.now, Title: inTitle,
		Description: x.Description, Reference: x.ID, Details: &in})
	t.emit("transfers.on-us.received", to.CustomerID, receivedPayload{x.ID, arrived.ID, to.ID})
	t.investLater(to, x.Cents)
	return nil
}

// Transfer returns an on-us transfer.
func (t *Tx) Transfer(id uuid.UUID) (*Transfer, error) {
	if x := t.transfers.Get(id); x != nil {
		return x, nil
	}
	return nil, notFound()
}

// checkTransfer adds a transfer to the transactions that there should be, and notes when it is between nobody.
func (a *audit) checkTransfer(x *Transfer) {
	from, to := a.pockets.Get(x.From), a.pockets.Get(x.To)
	partner := uuid.Nil
	if from == nil || to == nil {
		partner = a.PartnerAccount()
	}
	if from == nil && (x.Type != Funding || x.From != partner) ||
		to == nil && (x.Type != Defunding || x.To != partner) {
		a.note("transfer %s is from %s to %s, which are not both there", x.ID, x.From, x.To)
	}
	if peer := x.Type == PeerToPeer; peer != (x.Counterparty != uuid.Nil) || peer && from != nil &&
		(!a.paid(from.CustomerID, x.Counterparty, CounterpartyOnUs) ||
			a.counterparties.Get(x.Counterparty).PocketID != x.To) {
		a.note("transfer %s is a %s, and its counterparty is %s", x.ID, x.Type, x.Counterparty)
	}
	if pending := x.Status == TransferPending; x.misses(pending, x.DueAt) || !pending && x.Fate != nil {
		a.note("transfer %s is %s, is held: %t, and carried out at %s", x.ID, x.Status, x.Held, x.DueAt)
	}
	if x.Status != TransferCompleted {
		return
	}
	if x.Cents <= 0 {
		a.note("transfer %s is of %d cents", x.ID, x.Cents)
	}
	if from != nil {
		a.onUs++
	} else {
		a.world[ledger.Partner] -= x.Cents
	}
	if to != nil {
		a.onUs++
	} else {
		a.world[ledger.Partner] += x.Cents
	}
}

var transferRules = []Rule{
	{[]string{"createOnUsTransfer"}, "With async_mode the answer is PENDING, and the transfer is carried out right " +
		"after; without, it is carried out before the answer.", Documented, "reference, Create On-Us Transfer"},
	{[]string{"createOnUsTransfer"}, "What cannot be carried out is REJECTED and moves nothing.", Documented,
		"reference, Create On-Us Transfer"},
	{[]string{"createOnUsTransfer"}, "The money is invested in the receiving pocket on the next business day. " +
		"Until the end of its own day it is on the bank side.",
		Documented, "Customer API, BANK_TRANSFER"},
	{[]string{"createOnUsTransfer", "getOnUsTransfer"}, "Every transfer is a BANK_TRANSFER.", Inferred, ""},
	{[]string{"createOnUsTransfer"}, "The partner has an account that is always open and has as much money as is " +
		"asked of it; the pocket of another customer stands for the partner as well.", Inferred, ""},
}
