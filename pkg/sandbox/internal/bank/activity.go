package bank

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// TransactionKind says how money moved.
type TransactionKind string

// The kinds of transactions. (Source: the Customer API's list; the spelling of all but ACH is inferred.)
const (
	KindACH     TransactionKind = "ACH"
	KindWire    TransactionKind = "WIRE"
	KindCard    TransactionKind = "CARD"
	KindOnUs    TransactionKind = "ON_US"
	KindFee     TransactionKind = "FEE"
	KindCredit  TransactionKind = "CREDIT"
	KindGeneric TransactionKind = "GENERIC"
	KindSweep   TransactionKind = "SWEEP"
)

// Transaction is money that moved into or out of the bank side of a pocket.
type Transaction struct {
	// ID is this pocket's side of EventID, which is the whole.
	ID         uuid.UUID       `json:"id"`
	EventID    uuid.UUID       `json:"event_id"`
	PocketID   uuid.UUID       `json:"pocket_id"`
	CustomerID uuid.UUID       `json:"customer_id"`
	Kind       TransactionKind `json:"kind"`
	// Cents are negative if the money left. Balance is what the bank side has afterwards.
	Cents   int64     `json:"cents"`
	Balance int64     `json:"balance"`
	Booked  time.Time `json:"booked"`
	// SettlesAt is when it is settled; zero means that this is not known yet.
	SettlesAt   time.Time `json:"settles_at,omitzero"`
	Title       string    `json:"title"`
	Description string    `json:"description,omitempty"`
	// Reference is the transfer, wire, card or ACH origination that it belongs to, if any; Portal where it came in.
	Reference    uuid.UUID `json:"reference,omitzero"`
	Portal       uuid.UUID `json:"portal,omitzero"`
	Counterparty string    `json:"counterparty,omitempty"`
	// Details are what only some kinds have.
	Details *TransactionDetails `json:"details,omitempty"`
}

// TransactionDetails are what only some kinds of transactions have.
type TransactionDetails struct {
	// TransferType is that of an on-us transfer; Source and Target are what the partner said of it.
	TransferType string `json:"transfer_type,omitempty"`
	Source       string `json:"source,omitempty"`
	Target       string `json:"target,omitempty"`
	// EntryDescription, TraceNumber and Originated are of ACH.
	EntryDescription string `json:"entry_description,omitempty"`
	TraceNumber      string `json:"trace_number,omitempty"`
	Originated       bool   `json:"originated,omitempty"`
	// ReferenceNumber is a wire's.
	ReferenceNumber string `json:"reference_number,omitempty"`
	// MerchantType, TerminalID and Location are of cards.
	MerchantType string   `json:"merchant_type,omitempty"`
	TerminalID   string   `json:"terminal_id,omitempty"`
	Location     *Address `json:"location,omitempty"`
}

// Settled reports whether a transaction is settled at a moment.
func (t *Transaction) Settled(now time.Time) bool {
	return !t.SettlesAt.IsZero() && !now.Before(t.SettlesAt)
}

// Trade is T-bills that a pocket bought, sold, was paid for or has passed on.
type Trade struct {
	ID         uuid.UUID     `json:"id"`
	PocketID   uuid.UUID     `json:"pocket_id"`
	CustomerID uuid.UUID     `json:"customer_id"`
	Activity   Activity      `json:"activity"`
	Time       time.Time     `json:"time"`
	Booked     calendar.Date `json:"booked"`
	Settles    calendar.Date `json:"settles"`
	CUSIP      string        `json:"cusip"`
	Maturity   calendar.Date `json:"maturity"`
	Quantity   int64         `json:"quantity"`
	// Cents are what was paid in all.
	Cents int64 `json:"cents"`
	// Bought is, with Maturity, the name of the lot, and Cost what these T-bills have cost when they were bought: what
	// lots there were at any time follows from the trades until then.
	Bought calendar.Date `json:"bought"`
	Cost   int64         `json:"cost"`
	Price  string        `json:"price,omitempty"`
	Yield  string        `json:"yield,omitempty"`
}

// Settled reports whether a trade is settled on a day.
func (t *Trade) Settled(today calendar.Date) bool { return t.Settles <= today }

// side finds the transactions of a pocket or a customer, with sweeps or without: hardly anybody wants those.
type side struct {
	of     uuid.UUID
	sweeps bool
}

type activityTables struct {
	transactions       *state.Table[uuid.UUID, Transaction]
	transactionsBySide *state.Index[side, Transaction]
	transactionsByRef  *state.Index[uuid.UUID, Transaction]
	trades             *state.Table[uuid.UUID, Trade]
	tradesByOwner      *state.Index[uuid.UUID, Trade]
}

func newActivityTables(b *Bank) activityTables {
	t := activityTables{
		transactions: state.NewTable(b.db, "transaction", func(t *Transaction) uuid.UUID { return t.ID }),
		trades:       state.NewTable(b.db, "trade", func(t *Trade) uuid.UUID { return t.ID }),
	}
	t.transactionsBySide = state.NewIndex(t.transactions, func(t *Transaction) []side {
		all := []side{{t.PocketID, true}, {t.CustomerID, true}, {t.PocketID, false}, {t.CustomerID, false}}
		if t.Kind == KindSweep {
			return all[:2]
		}
		return all
	})
	t.transactionsByRef = state.NewIndexByOne(t.transactions, func(t *Transaction) uuid.UUID { return t.EventID })
	t.tradesByOwner = state.NewIndex(t.trades, func(t *Trade) []uuid.UUID {
		return []uuid.UUID{t.PocketID, t.CustomerID}
	})
	return t
}

// postEvent posts to the ledger, and returns the id of the event.
func (t *Tx) postEvent(kind string, reference uuid.UUID, postings ...ledger.Posting) (uuid.UUID, error) {
	id := t.newID()
	return id, t.ledger.Post(t.tx, ledger.Event{ID: id, Time: t.now, Kind: kind, Reference: reference,
		Postings: postings})
}

func (t *Tx) post(kind string, reference uuid.UUID, postings ...ledger.Posting) error {
	_, err := t.postEvent(kind, reference, postings...)
	return err
}

// book notes what an event means to the bank side of a pocket.
func (t *Tx) book(p *Pocket, event uuid.UUID, x Transaction) *Transaction {
	x.ID, x.EventID, x.PocketID, x.CustomerID, x.Booked = t.newID(), event, p.ID, p.CustomerID, t.now
	x.Balance = t.ledger.Balance(bankSide(p.ID))
	t.transactions.Insert(t.tx, &x)
	if now := t.pockets.Get(p.ID); now.Fresh > x.Balance { // Some of what came today has gone again.
		changed := *now
		changed.Fresh = x.Balance
		t.pockets.Update(t.tx, &changed)
	}
	return &x
}

// trade notes a trade of today. It settles on the next business day, a maturity on the same. (Source of T+1: the ACH
// windows guide, for sales; inferred for the rest.)
func (t *Tx) trade(p *Pocket, x Trade) {
	x.ID, x.PocketID, x.CustomerID, x.Time = t.newID(), p.ID, p.CustomerID, t.now
	x.Booked = tradeDay(t.today())
	x.Settles = x.Booked
	if x.Activity != Mature {
		x.Settles = calendar.Treasury.After(x.Booked)
	}
	t.trades.Insert(t.tx, &x)
}

// TransactionFilter narrows a list of transactions. Its zero value lets everything pass but sweeps.
type TransactionFilter struct {
	// Debit and Credit leave out the other direction.
	Debit, Credit bool
	// AmountFrom and AmountTo are in cents, whatever the direction; nil does not bound.
	AmountFrom, AmountTo                         *int64
	Kinds                                        []TransactionKind
	Pockets                                      []uuid.UUID
	Cards, Portals, Wires, Transfers             []uuid.UUID
	BookedFrom, BookedTo, SettledFrom, SettledTo *time.Time
	// Settled, if it is not nil, leaves out those that are not, or those that are.
	Settled *bool
	Sweeps  bool
	// KindsV1 are those by which v1 narrows.
	KindsV1 []KindV1
}

func (f *TransactionFilter) keep(now time.Time) func(*Transaction) bool {
	refers := len(f.Cards)+len(f.Portals)+len(f.Wires)+len(f.Transfers) > 0
	return func(x *Transaction) bool {
		cents := max(x.Cents, -x.Cents)
		switch {
		case f.Debit && x.Cents > 0, f.Credit && x.Cents < 0:
		case f.AmountFrom != nil && cents < *f.AmountFrom, f.AmountTo != nil && cents > *f.AmountTo:
		case len(f.Kinds) > 0 && !slices.Contains(f.Kinds, x.Kind):
		case len(f.KindsV1) > 0 && !slices.Contains(f.KindsV1, x.KindV1()):
		case len(f.Pockets) > 0 && !slices.Contains(f.Pockets, x.PocketID):
		case refers && !f.refersTo(x):
		case f.BookedFrom != nil && x.Booked.Before(*f.BookedFrom), f.BookedTo != nil && x.Booked.After(*f.BookedTo):
		case (f.SettledFrom != nil || f.SettledTo != nil) && !x.Settled(now):
		case f.SettledFrom != nil && x.SettlesAt.Before(*f.SettledFrom):
		case f.SettledTo != nil && x.SettlesAt.After(*f.SettledTo):
		case f.Settled != nil && *f.Settled != x.Settled(now):
		default:
			return true
		}
		return false
	}
}

// refersTo reports whether a transaction belongs to one of what the list is narrowed to. Several filters of this sort
// each let pass what they name. (Inferred.)
func (f *TransactionFilter) refersTo(x *Transaction) bool {
	switch {
	case x.Kind == KindCard && slices.Contains(f.Cards, x.Reference),
		x.Kind == KindWire && slices.Contains(f.Wires, x.Reference),
		x.Kind == KindOnUs && slices.Contains(f.Transfers, x.Reference),
		x.Portal != uuid.Nil && slices.Contains(f.Portals, x.Portal):
		return true
	}
	return false
}

// PocketTransactions lists the transactions of a pocket.
func (t *Tx) PocketTransactions(pocket uuid.UUID, q Query, f TransactionFilter) (Page[Transaction], error) {
	if _, err := t.Pocket(pocket); err != nil {
		return Page[Transaction]{}, err
	}
	return t.transactionPage(pocket, q, f)
}

// CustomerTransactions lists the transactions of all pockets of a customer.
func (t *Tx) CustomerTransactions(customer uuid.UUID, q Query, f TransactionFilter) (Page[Transaction], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Transaction]{}, err
	}
	return t.transactionPage(customer, q, f)
}

func (t *Tx) transactionPage(of uuid.UUID, q Query, f TransactionFilter) (Page[Transaction], error) {
	return paginate(t.transactionsBySide.Of(side{of, f.Sweeps}), "transactions "+of.String(), q, f.keep(t.now))
}

// Transaction returns a transaction by its own id, or by that of the whole: then it is the side that the money left, if
// both are here.
func (t *Tx) Transaction(id uuid.UUID) (*Transaction, error) {
	if x := t.transactions.Get(id); x != nil {
		return x, nil
	}
	var found *Transaction
	t.transactionsByRef.Of(id).Each(func(x *Transaction) bool {
		if found == nil || x.Kind != KindSweep && x.Cents < 0 && found.Cents > 0 {
			found = x
		}
		return true
	})
	if found == nil {
		return nil, notFound()
	}
	return found, nil
}

// TradeFilter narrows a list of trades.
type TradeFilter struct {
	// Standard leaves out security transfers.
	Standard                                     bool
	Pockets                                      []uuid.UUID
	From, To                                     *time.Time
	BookedFrom, BookedTo, SettledFrom, SettledTo *calendar.Date
}

func (f *TradeFilter) keep(today calendar.Date) func(*Trade) bool {
	return func(x *Trade) bool {
		switch {
		case len(f.Pockets) > 0 && !slices.Contains(f.Pockets, x.PocketID):
		case f.Standard && x.Activity == SecurityTransfer:
		case f.From != nil && x.Time.Before(*f.From), f.To != nil && x.Time.After(*f.To):
		case f.BookedFrom != nil && x.Booked < *f.BookedFrom, f.BookedTo != nil && x.Booked > *f.BookedTo:
		case (f.SettledFrom != nil || f.SettledTo != nil) && !x.Settled(today):
		case f.SettledFrom != nil && x.Settles < *f.SettledFrom, f.SettledTo != nil && x.Settles > *f.SettledTo:
		default:
			return true
		}
		return false
	}
}

// PocketTrades lists the trades of a pocket.
func (t *Tx) PocketTrades(pocket uuid.UUID, q Query, f TradeFilter) (Page[Trade], error) {
	if _, err := t.Pocket(pocket); err != nil {
		return Page[Trade]{}, err
	}
	return paginate(t.tradesByOwner.Of(pocket), "trades "+pocket.String(), q, f.keep(t.today()))
}

// CustomerTrades lists the trades of all pockets of a customer.
func (t *Tx) CustomerTrades(customer uuid.UUID, q Query, f TradeFilter) (Page[Trade], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Trade]{}, err
	}
	return paginate(t.tradesByOwner.Of(customer), "trades "+customer.String(), q, f.keep(t.today()))
}

// checkActivity notes when a transaction or a trade is not what it should be. They are looked at by pocket: there are
// many more of them than of anything else.
func (a *audit) checkActivity() {
	traded := 0
	each(a.pockets.All(), func(p *Pocket) {
		var cents int64
		each(a.transactionsBySide.Of(side{p.ID, true}), func(x *Transaction) {
			cents += x.Cents
			a.checkTransaction(p, x, cents)
		})
		if has := a.ledger.Balance(bankSide(p.ID)); has != cents {
			a.note("the transactions of pocket %s make %d cents, but its account has %d", p.ID, cents, has)
		}
		each(a.tradesByOwner.Of(p.ID), func(x *Trade) {
			traded++
			a.checkTrade(p, x)
		})
	})
	if all := a.transactions.All().Len(); all != a.booked {
		a.note("%d transactions are of no pocket, or of no event", all-a.booked)
	}
	if a.onUs != 0 {
		a.note("%d transactions of transfers are missing", a.onUs)
	}
	if all := a.trades.All().Len(); all != traded {
		a.note("%d trades are of no pocket", all-traded)
	}
}

// checkTransaction is given what its pocket should have afterwards.
func (a *audit) checkTransaction(p *Pocket, x *Transaction, cents int64) {
	if x.Balance != cents {
		a.note("transaction %s leaves %d cents, but all transactions make %d", x.ID, x.Balance, cents)
	}
	if x.CustomerID != p.CustomerID {
		a.note("transaction %s is not of the customer of its pocket", x.ID)
	}
	e := a.posted[x.EventID]
	if e == nil {
		a.note("transaction %s is of an event that is not there", x.ID)
		return
	}
	account := bankSide(p.ID)
	if !slices.ContainsFunc(e.Postings, func(posting ledger.Posting) bool {
		return posting.Cents == x.Cents && posting.Account == account
	}) {
		a.note("transaction %s moves %d cents, but its event %s does not", x.ID, x.Cents, e.ID)
	}
	if !a.belongs(x, e) {
		a.note("transaction %s does not belong to what its event %s is of", x.ID, e.ID)
	}
	if x.Kind == KindOnUs {
		a.onUs--
	}
}

// belongs reports whether a transaction is one of the record that its event refers to, which says so too.
func (a *audit) belongs(x *Transaction, e *ledger.Event) bool {
	switch x.Kind {
	case KindSweep:
		return e.Kind == "sweep" && x.Reference == uuid.Nil && e.Reference == x.PocketID
	case KindOnUs:
		t := a.transfers.Get(x.Reference)
		return t != nil && e.Reference == t.ID && (x.PocketID == t.From && x.Cents == -t.Cents ||
			x.PocketID == t.To && x.Cents == t.Cents)
	case KindCard:
		if x.Cents > 0 {
			return e.Kind == "card_reversal" && e.Reference == x.Reference
		}
		s := a.swipes.Get(e.Reference)
		return s != nil && s.TransactionID == x.ID
	case KindWire:
		w := a.wires.Get(x.Reference)
		return w != nil && e.Reference == w.ID && (w.TransactionID == x.ID || w.ReturnID == x.ID)
	case KindFee:
		w := a.wires.Get(x.Reference)
		return w != nil && e.Kind == "wire_fee" && e.Reference == w.ID && x.Cents == -w.Fee
	case KindACH:
		if x.Reference == uuid.Nil { // It came on the sandbox's own wish.
			portal := a.portals.Get(x.Portal)
			return portal != nil && portal.PocketID == x.PocketID && e.Reference == x.PocketID
		}
		o := a.originations.Get(x.Reference)
		return o != nil && e.Reference == o.ID && (o.TransactionID == x.ID || o.ReturnID == x.ID)
	default: // Nothing makes one.
		return false
	}
}

// checkEvent notes when an event of the ledger is of nothing that is there.
func (a *audit) checkEvent(e *ledger.Event) {
	for i := range e.Postings {
		if e.Postings[i].Account.Kind == ledger.Bank {
			a.booked++
		}
	}
	there := false
	switch e.Kind {
	case "buy", "sell", "maturity", "sweep":
		there = a.pockets.Get(e.Reference) != nil
	case "ach_in":
		there = a.originations.Get(e.Reference) != nil
		if !there && a.pockets.Get(e.Reference) != nil { // It came on the sandbox's own wish.
			there = true
			a.world[ledger.FedACH] += e.Postings[0].Cents
		}
	case "ach_out", "ach_out_settled", "ach_out_returned", "ach_in_returned":
		there = a.originations.Get(e.Reference) != nil
	case "wire_in", "wire_out", "wire_fee", "wire_out_settled", "wire_out_rejected":
		there = a.wires.Get(e.Reference) != nil
	case "card_hold", "card_settlement":
		there = a.swipes.Get(e.Reference) != nil
	case "card_reversal":
		there = a.cards.Get(e.Reference) != nil
	case "on_us":
		there = a.transfers.Get(e.Reference) != nil
	}
	if !there {
		a.note("the event %s of the kind %q is of %s, which is not there", e.ID, e.Kind, e.Reference)
	}
}

func (a *audit) checkTrade(p *Pocket, x *Trade) {
	if x.CustomerID != p.CustomerID {
		a.note("trade %s is not of the customer of its pocket", x.ID)
	}
	if x.Quantity <= 0 || x.Activity == Buy && x.Cents != x.Cost || x.Activity == Mature && x.Cents != x.Quantity*face {
		a.note("trade %s is a %s of %d T-bills for %d cents, which have cost %d", x.ID, x.Activity, x.Quantity, x.Cents,
			x.Cost)
	}
}

var activityRules = []Rule{
	{[]string{"listPocketTransactions", "listCustomerTransactions"}, "Sweeps are left out unless they are asked for.",
		Documented, "reference, List Pocket Transactions"},
	{[]string{"listPocketTransactions", "listCustomerTransactions"}, "The filters for cards, portals, wires and " +
		"transfers each let pass what they name.", Inferred, ""},
	{nil, "A page has 30 items unless a limit is given.", Inferred, ""},
}
