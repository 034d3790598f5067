package bank

import (
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// PocketStatus says what a pocket can do.
type PocketStatus string

// The statuses of pockets.
const (
	PocketPending PocketStatus = "PENDING"
	PocketOpen    PocketStatus = "OPEN"
	PocketFrozen  PocketStatus = "FROZEN"
	PocketClosed  PocketStatus = "CLOSED"
)

// Pocket is a bank account and a brokerage account that act as one. Its money is in the ledger.
type Pocket struct {
	ID         uuid.UUID    `json:"id"`
	CustomerID uuid.UUID    `json:"customer_id"`
	Name       string       `json:"name"`
	Status     PocketStatus `json:"status"`
	Opened     time.Time    `json:"opened"`
	Closed     time.Time    `json:"closed,omitzero"`
	Course
	// OpensAt is when one that is PENDING opens.
	OpensAt time.Time `json:"opens_at,omitzero"`
	// Arrested says that it is FROZEN because its customer is.
	Arrested bool `json:"arrested,omitempty"`
	// ClosureReason is what whoever closed it said.
	ClosureReason string `json:"closure_reason,omitempty"`
	// Deposit is the strategy that new money goes into. Reinvestment is that for money from matured T-bills; empty
	// means that it goes the same way as new money. (Inferred: what "none is set" means is not documented.)
	Deposit      string `json:"deposit"`
	Reinvestment string `json:"reinvestment,omitempty"`
	// AccountNumber is that of the first portal, and NetworkAddress the pocket's on the Jiko network.
	AccountNumber  string `json:"account_number"`
	NetworkAddress string `json:"network_address"`
	// Realized is what its T-bills have brought more than they had cost, in cents.
	Realized int64 `json:"realized,omitempty"`
	// SweepAt is when cash that has come by a transfer is swept to the brokerage side, and InvestAt when it is
	// invested, if there is any.
	SweepAt  time.Time `json:"sweep_at,omitzero"`
	InvestAt time.Time `json:"invest_at,omitzero"`
	// Fresh is how many cents on the bank side have come by transfers on the day of SweepAt. Nothing else that is
	// invested until then takes them along.
	Fresh int64 `json:"fresh,omitempty"`
}

type pocketTables struct {
	pockets           *state.Table[uuid.UUID, Pocket]
	pocketsByCustomer *state.Index[uuid.UUID, Pocket]
	pocketsByAddress  *state.Index[string, Pocket]
	pocketsByAccount  *state.Index[string, Pocket]
	lots              *state.Table[LotName, Lot]
	lotsByPocket      *state.Index[uuid.UUID, Lot]
}

func newPocketTables(b *Bank) pocketTables {
	t := pocketTables{
		pockets: state.NewTable(b.db, "pocket", func(p *Pocket) uuid.UUID { return p.ID }),
		lots:    state.NewTable(b.db, "lot", (*Lot).name),
	}
	t.pocketsByCustomer = state.NewIndexByOne(t.pockets, func(p *Pocket) uuid.UUID { return p.CustomerID })
	t.pocketsByAddress = state.NewIndexByOne(t.pockets, func(p *Pocket) string { return p.NetworkAddress })
	t.pocketsByAccount = state.NewIndexByOne(t.pockets, func(p *Pocket) string { return p.AccountNumber })
	t.lotsByPocket = state.NewIndexByOne(t.lots, func(l *Lot) uuid.UUID { return l.PocketID })
	t.pockets.When((*Pocket).nextDue, func(tx *state.Tx, p *Pocket) { b.sub(tx).pocketDue(p) })
	t.lots.When(func(l *Lot) time.Time { return l.Maturity.At(maturityHour, 0) },
		func(tx *state.Tx, l *Lot) { b.sub(tx).mature(l) })
	return t
}

func (t *Tx) pocketsOf(customer uuid.UUID) *state.Rows[Pocket] {
	return t.pocketsByCustomer.Of(customer)
}

// Pocket returns a pocket.
func (t *Tx) Pocket(id uuid.UUID) (*Pocket, error) {
	if p := t.pockets.Get(id); p != nil {
		return p, nil
	}
	return nil, notFound()
}

// PocketOf returns a pocket of a customer.
func (t *Tx) PocketOf(customer, id uuid.UUID) (*Pocket, error) {
	p, err := t.Pocket(id)
	if err == nil && p.CustomerID != customer {
		err = notFound()
	}
	return p, err
}

// Pockets lists the pockets of all customers; no statuses means any.
func (t *Tx) Pockets(q Query, statuses []PocketStatus) (Page[Pocket], error) {
	return paginate(t.pockets.All(), "pockets", q, hasStatus(statuses))
}

// PocketsOf lists the pockets of a customer; no statuses means any.
func (t *Tx) PocketsOf(customer uuid.UUID, q Query, statuses []PocketStatus) (Page[Pocket], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Pocket]{}, err
	}
	return paginate(t.pocketsOf(customer), "pockets "+customer.String(), q, hasStatus(statuses))
}

func hasStatus(statuses []PocketStatus) func(*Pocket) bool {
	if len(statuses) == 0 {
		return nil
	}
	return func(p *Pocket) bool {
		for _, s := range statuses {
			if p.Status == s {
				return true
			}
		}
		return false
	}
}

// DepositStrategy is the strategy of a new pocket, which goes by two names. (Source of both: the contract. That they
// must not contradict each other is inferred.)
func DepositStrategy(trading, deposit *string) (string, error) {
	chosen := ""
	for _, given := range []struct {
		member string
		id     *string
	}{{"trading_strategy_id", trading}, {"deposit_strategy_id", deposit}} {
		switch {
		case given.id == nil:
			continue
		case !isStrategy(*given.id):
			return "", invalid("strategy", "must be the id of a trading strategy", "body", given.member)
		case chosen != "" && chosen != *given.id:
			return "", invalid("strategy", "must be the same as trading_strategy_id", "body", given.member)
		}
		chosen = *given.id
	}
	if chosen == "" { // The contract refuses it; so does the bank.
		return "", invalid("missing", "trading_strategy_id or deposit_strategy_id is required", "body",
			"trading_strategy_id")
	}
	return chosen, nil
}

// CreatePocket opens a pocket. The reinvestment strategy may be nil. It fails with a Refusal if there is no such
// customer, or if it is closed.
func (t *Tx) CreatePocket(customer uuid.UUID, name, deposit string, reinvestment *string) (*Pocket, error) {
	if _, err := t.openCustomer(customer); err != nil {
		return nil, err
	}
	if reinvestment != nil && !isStrategy(*reinvestment) {
		return nil, invalid("strategy", "must be the id of a trading strategy", "body", "reinvestment_strategy_id")
	}
	course, err := t.course("createPocket")
	if err != nil {
		return nil, err
	}
	p := &Pocket{ID: t.newID(), CustomerID: customer, Name: name, Status: PocketOpen, Opened: t.now, Deposit: deposit,
		AccountNumber: t.digits(t.tx.Draw(), 12), NetworkAddress: t.digits(t.tx.Draw(), 12)}
	set(&p.Reinvestment, reinvestment)
	p.begin(course, t.now)
	t.pockets.Insert(t.tx, p)
	t.addPortal(p, name, p.AccountNumber)
	return p, nil
}

// begin has a new pocket begin as its fate says.
func (p *Pocket) begin(course Course, now time.Time) {
	if course.Fate == nil {
		return
	}
	p.Course = course
	switch at := p.next(now); {
	case !at.Equal(now):
		p.Status, p.OpensAt = PocketPending, at
	case p.isFated(string(PocketFrozen)):
		p.Status, p.Course = PocketFrozen, Course{}
	default:
		p.Course = Course{}
	}
}

// openPending ends the time in which a pocket is PENDING. That of a customer who is frozen is frozen as well.
func (t *Tx) openPending(p *Pocket) {
	changed := *p
	changed.Status, changed.OpensAt, changed.Course = PocketOpen, time.Time{}, Course{}
	switch {
	case p.isFated(string(PocketFrozen)):
		changed.Status = PocketFrozen
	case t.customers.Get(p.CustomerID).Frozen:
		changed.Status, changed.Arrested = PocketFrozen, true
	}
	t.pockets.Update(t.tx, &changed)
}

// decidePocket has a fate take effect on a pocket.
func (t *Tx) decidePocket(p *Pocket, f *Fate) error {
	changed := *p
	to := PocketStatus(f.State)
	switch {
	case p.Status == PocketClosed:
		return cannot(p.Status, "it is closed for good")
	case p.Status == PocketPending && f.Hold:
		changed.Course, changed.OpensAt = Course{Fate: f, Held: true}, time.Time{}
	case p.Status == to && !p.Arrested:
		return cannot(p.Status, "it is that already")
	case to == PocketOpen && t.customers.Get(p.CustomerID).Frozen:
		return cannot(p.Status, "its customer is frozen")
	case to == PocketOpen || to == PocketFrozen: // One that was frozen with its customer stays so on its own.
		changed.Status, changed.OpensAt, changed.Course, changed.Arrested = to, time.Time{}, Course{}, false
	case to == PocketClosed && t.Total(p.ID) != 0:
		return cannot(p.Status, "a pocket must be empty before it is closed")
	case to == PocketClosed:
		t.closePocket(p, f.Reason)
		return nil
	default:
		return cannot(p.Status, "only a pocket that is not open yet is PENDING")
	}
	t.pockets.Update(t.tx, &changed)
	return nil
}

// PocketChange is what is to change of a pocket. Nil leaves as it is.
type PocketChange struct {
	Name          *string
	Status        *PocketStatus
	ClosureReason *string
	Deposit       *string
	Reinvestment  *string
	// NoReinvestment leaves no strategy for reinvestments.
	NoReinvestment bool
}

// UpdatePocket changes a pocket. (Source of the rules for closing: the reference's Update Pocket. That nothing but
// CLOSED can be set is inferred.)
func (t *Tx) UpdatePocket(customer, id uuid.UUID, change PocketChange) (*Pocket, error) {
	p, err := t.PocketOf(customer, id)
	if err != nil {
		return nil, err
	}
	if err := t.checkPocketChange(p, change); err != nil {
		return nil, err
	}
	changed := *p
	set(&changed.Name, change.Name)
	set(&changed.Deposit, change.Deposit)
	set(&changed.Reinvestment, change.Reinvestment)
	if change.NoReinvestment {
		changed.Reinvestment = ""
	}
	t.pockets.Update(t.tx, &changed)
	if change.Status != nil && *change.Status != p.Status {
		t.closePocket(&changed, *change.ClosureReason)
	}
	return t.pockets.Get(id), nil
}

func (t *Tx) checkPocketChange(p *Pocket, change PocketChange) error {
	refuse := func(rule, message, member string) error { return invalid(rule, message, "body", member) }
	if p.Status == PocketClosed {
		return invalid("pocket_closed", "A closed pocket cannot be changed.", "path", "pocket_id")
	}
	if id := change.Deposit; id != nil && !isStrategy(*id) {
		return refuse("unknown_strategy", "deposit_strategy_id must be the id of a trading strategy.",
			"deposit_strategy_id")
	}
	if id := change.Reinvestment; id != nil && !isStrategy(*id) {
		return refuse("unknown_strategy", "reinvestment_strategy_id must be the id of a trading strategy.",
			"reinvestment_strategy_id")
	}
	switch {
	case change.Status == nil || *change.Status == p.Status:
		return nil
	case p.Status == PocketFrozen:
		return invalid("pocket_frozen", "The pocket was frozen, which only the bank can undo.", "path", "pocket_id")
	case *change.Status != PocketClosed:
		return refuse("status_not_settable", "status can be set to CLOSED only.", "status")
	case change.ClosureReason == nil || *change.ClosureReason == "":
		return refuse("closure_reason_missing", "closure_reason must come with the status CLOSED.", "closure_reason")
	case t.Total(p.ID) != 0:
		return refuse("pocket_not_empty", "A pocket must be empty before it is closed.", "status")
	}
	last := true
	t.pocketsOf(p.CustomerID).Each(func(other *Pocket) bool {
		last = last && (other.ID == p.ID || other.Status != PocketOpen)
		return last
	})
	if last {
		return refuse("last_pocket", "The customer must keep another open pocket.", "status")
	}
	return nil
}

func (t *Tx) closePocket(p *Pocket, reason string) {
	changed := *p
	changed.Status, changed.Closed, changed.ClosureReason = PocketClosed, t.now, reason
	changed.SweepAt, changed.InvestAt, changed.Fresh = time.Time{}, time.Time{}, 0
	changed.OpensAt, changed.Course, changed.Arrested = time.Time{}, Course{}, false
	t.pockets.Update(t.tx, &changed)
	t.closePortals(p.ID)
	t.closeCardsOf(p.ID)
}

func isStrategy(id string) bool {
	_, ok := market.StrategyByID(id)
	return ok
}

// set replaces a value if another one is given.
func set[T any](current *T, given *T) {
	if given != nil {
		*current = *given
	}
}

func bankSide(pocket uuid.UUID) ledger.Account {
	return ledger.Account{Kind: ledger.Bank, Owner: pocket}
}
func brokerageSide(pocket uuid.UUID) ledger.Account {
	return ledger.Account{Kind: ledger.Brokerage, Owner: pocket}
}
func billsAtCost(pocket uuid.UUID) ledger.Account {
	return ledger.Account{Kind: ledger.Bills, Owner: pocket}
}
func transit(customer uuid.UUID) ledger.Account {
	return ledger.Account{Kind: ledger.Transit, Owner: customer}
}

// Cash is what a pocket has besides T-bills, in cents.
func (t *Tx) Cash(pocket uuid.UUID) int64 {
	return t.ledger.Balance(bankSide(pocket)) + t.ledger.Balance(brokerageSide(pocket))
}

// Transit is what a customer has sent and what has not left the bank yet, in cents.
func (t *Tx) Transit(customer uuid.UUID) int64 { return t.ledger.Balance(transit(customer)) }

// Total is what a pocket is worth, in cents: its cash and its T-bills. All of it can be paid out.
func (t *Tx) Total(pocket uuid.UUID) int64 {
	total := t.Cash(pocket)
	today := t.today()
	t.lotsByPocket.Of(pocket).Each(func(l *Lot) bool {
		total += l.Value(today)
		return true
	})
	return total
}

// Lots returns the T-bills of a pocket, oldest first.
func (t *Tx) Lots(pocket uuid.UUID) *state.Rows[Lot] { return t.lotsByPocket.Of(pocket) }

// tradeDay is the day that a trade at a moment is booked on: the next one that the market is open.
func tradeDay(today calendar.Date) calendar.Date { return calendar.Treasury.OnOrAfter(today) }

func (a *audit) checkPocket(p *Pocket) {
	if a.customers.Get(p.CustomerID) == nil {
		a.note("pocket %s belongs to nobody", p.ID)
	}
	// What is invested takes everything along but what is fresh, and what is paid leaves no more than that.
	if has := a.ledger.Balance(bankSide(p.ID)); p.Fresh != has || p.Fresh > 0 && p.SweepAt.IsZero() {
		a.note("pocket %s has %d cents of today, of %d in all", p.ID, p.Fresh, has)
	}
	closed := p.Status == PocketClosed
	if closed && a.ledger.Balance(bankSide(p.ID))+a.ledger.Balance(brokerageSide(p.ID)) != 0 {
		a.note("pocket %s is closed and has money", p.ID)
	}
	if closed == p.Closed.IsZero() {
		a.note("pocket %s is %s, and was closed at %s", p.ID, p.Status, p.Closed)
	}
	pending := p.Status == PocketPending
	if p.misses(pending, p.OpensAt) || !pending && p.Fate != nil || pending && (a.ledger.Balance(bankSide(p.ID)) != 0 ||
		a.transactionsBySide.Of(side{p.ID, true}).Len() > 0) {
		a.note("pocket %s is %s, is held: %t, opens at %s, or has had money", p.ID, p.Status, p.Held, p.OpensAt)
	}
	if c := a.customers.Get(p.CustomerID); c != nil && (c.Frozen && p.Status == PocketOpen ||
		p.Arrested && (!c.Frozen || p.Status != PocketFrozen)) {
		a.note("pocket %s is %s, and its customer is frozen: %t", p.ID, p.Status, c.Frozen)
	}
	own := 0
	each(a.portalsByAccount.Of(p.AccountNumber), func(portal *Portal) {
		if portal.PocketID == p.ID {
			own++
		}
	})
	if own == 0 {
		a.note("pocket %s has no portal with its account number", p.ID)
	}
	a.checkReplay(p)
}

// owned reports whether a customer has a pocket, as whatever belongs to both says.
func (a *audit) owned(customer, pocket uuid.UUID) bool {
	p := a.pockets.Get(pocket)
	return p != nil && p.CustomerID == customer
}

var pocketRules = []Rule{
	{[]string{"createPocket"}, "A pocket is open at once, unless somebody has decided otherwise.", Inferred, ""},
	{[]string{"getPocket", "getCustomer"}, "No money leaves or reaches a pocket that is FROZEN, or whose customer " +
		"is: payments are refused or rejected as with a pocket that is not open, and nothing of it can be closed. " +
		"What has left before goes on, what comes back comes back, and T-bills fall due and are bought again.",
		Inferred, ""},
	{[]string{"getCustomer", "getPocket"}, "The open pockets of a customer who is FROZEN are FROZEN, and open again " +
		"with the customer. Meanwhile there is no new pocket and no new counterparty.", Inferred, ""},
	{[]string{"createPocket"}, "A pocket takes its strategy as trading_strategy_id or as deposit_strategy_id; both " +
		"must be the same.", Inferred, ""},
	{[]string{"updatePocket"}, "A pocket is closed with a reason, when it is empty, and when the customer keeps " +
		"another open one.", Documented, "reference, Update Pocket"},
	{[]string{"updatePocket"}, "No status but CLOSED can be set.", Inferred, ""},
	{[]string{"createPocket", "updatePocket"}, "Without a reinvestment strategy, money from matured T-bills goes " +
		"where new money goes.", Inferred, ""},
}
