package bank

import (
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// SwipeStatus says what has become of a payment with a card.
type SwipeStatus string

// The statuses of payments with cards. No answer has them.
const (
	SwipeHeld     SwipeStatus = "HELD"
	SwipeSettled  SwipeStatus = "SETTLED"
	SwipeReversed SwipeStatus = "REVERSED"
	SwipeDeclined SwipeStatus = "DECLINED"
	// SwipeOnHold is a payment that somebody looks at before it is approved. Its money is set aside.
	SwipeOnHold SwipeStatus = "ON_HOLD"
)

// The reasons for which payments are declined. No answer has them.
const (
	DeclinedCard    = "CARD_NOT_OPEN"
	DeclinedAccount = "ACCOUNT_NOT_OPEN"
	DeclinedFunds   = "INSUFFICIENT_FUNDS"
	DeclinedAmount  = "AMOUNT_TOO_LARGE"
)

// swipeHour is the hour of the day, in New York, at which payments with cards settle. (Inferred.)
const swipeHour = 9

// Swipe is a payment with a card.
type Swipe struct {
	ID         uuid.UUID   `json:"id"`
	CardID     uuid.UUID   `json:"card_id"`
	PocketID   uuid.UUID   `json:"pocket_id"`
	CustomerID uuid.UUID   `json:"customer_id"`
	Cents      int64       `json:"cents"`
	Status     SwipeStatus `json:"status"`
	Course
	// Suspect says that it was ON_HOLD, which it still is, or was not approved but reversed, or was approved late.
	Suspect bool `json:"suspect,omitempty"`
	// Reason is why it was declined.
	Reason  string    `json:"reason,omitempty"`
	Created time.Time `json:"created"`
	// SettlesAt is when it is settled, as long as the money is on hold.
	SettlesAt time.Time `json:"settles_at,omitzero"`
	// TransactionID is the transaction of a payment that was not declined.
	TransactionID uuid.UUID `json:"transaction_id,omitzero"`
}

type swipeTables struct {
	swipes *state.Table[uuid.UUID, Swipe]
	// held has those whose money is on hold, by card.
	held *state.Index[uuid.UUID, Swipe]
}

func newSwipeTables(b *Bank) swipeTables {
	t := swipeTables{swipes: state.NewTable(b.db, "swipe", func(s *Swipe) uuid.UUID { return s.ID })}
	t.held = state.NewIndex(t.swipes, func(s *Swipe) []uuid.UUID {
		if !s.open() {
			return nil
		}
		return []uuid.UUID{s.CardID}
	})
	t.swipes.When(func(s *Swipe) time.Time { return s.SettlesAt },
		func(tx *state.Tx, s *Swipe) { b.sub(tx).swipeDue(s) })
	return t
}

// open reports whether the money of a payment is set aside.
func (s *Swipe) open() bool { return s.Status == SwipeHeld || s.Status == SwipeOnHold }

// The merchant at which cards are swiped: the contract leaves no choice. (Inferred.)
const (
	merchantName     = "Sandbox Merchant"
	merchantType     = "RETAIL"
	merchantTerminal = "00000001"
)

func merchantPlace() *Address {
	state := "CA"
	return &Address{Street: "1 Example Plaza", City: "Berkeley", PostalCode: "94704", State: &state, Country: "US"}
}

// Swipe has a virtual card pay. Whether the payment is approved shows in an event, and in the transactions.
func (t *Tx) Swipe(card uuid.UUID, cents int64) error {
	c := t.cards.Get(card)
	if c == nil || c.Type != VirtualCard {
		return invalid("card", "card_id must be the id of a virtual card.", "body", "card_id")
	}
	course, err := t.course("simulateCardSwipe")
	if err != nil {
		return err
	}
	s := &Swipe{ID: t.newID(), CardID: c.ID, PocketID: c.PocketID, CustomerID: c.CustomerID, Cents: cents,
		Created: t.now, Course: course}
	if s.Reason = t.swipeOutcome(c, cents); s.Reason == "" && s.isFated(string(SwipeDeclined)) {
		s.Reason = s.reason(DeclinedFunds)
	}
	if s.Reason != "" {
		s.Status, s.Course = SwipeDeclined, Course{}
		t.swipes.Insert(t.tx, s)
		t.emitSwipe("card.transaction.rejected", s)
		return nil
	}
	if err := t.holdSwipe(s); err != nil {
		return err
	}
	if s.Suspect {
		t.emitSwipe("card.transaction.on_hold", s)
	} else {
		t.emitSwipe("card.transaction.approved", s)
	}
	return nil
}

// swipeOutcome decides on a payment: it returns why it is declined, or nothing if it is approved.
func (t *Tx) swipeOutcome(c *Card, cents int64) string {
	switch {
	case c.Status != CardOpen:
		return DeclinedCard
	case t.pockets.Get(c.PocketID).Status != PocketOpen:
		return DeclinedAccount
	case cents > t.Total(c.PocketID):
		return DeclinedFunds
	case !t.canSetAside(c.CustomerID, cents):
		return DeclinedAmount
	}
	return ""
}

// holdSwipe puts the money of a payment on hold. T-bills are sold as far as there is not enough cash.
func (t *Tx) holdSwipe(s *Swipe) error {
	p := t.pockets.Get(s.PocketID)
	event, err := t.setAside(p, "card_hold", s.ID, s.Cents, 0)
	if err != nil {
		return err
	}
	x := t.book(p, event, swipeTransaction(s, -s.Cents, "Card payment"))
	s.Status, s.TransactionID = SwipeHeld, x.ID
	if s.isFated(string(SwipeOnHold)) {
		s.Status, s.Suspect = SwipeOnHold, true
	}
	s.SettlesAt = s.next(calendar.FederalReserve.After(t.today()).At(swipeHour, 0))
	t.swipes.Insert(t.tx, s)
	return nil
}

// swipeTransaction is what a payment, or the end of it, means to its pocket.
func swipeTransaction(s *Swipe, cents int64, text string) Transaction {
	return Transaction{Kind: KindCard, Cents: cents, Title: merchantName, Description: text, Reference: s.CardID,
		Counterparty: merchantName, Details: &TransactionDetails{
			MerchantType: merchantType, TerminalID: merchantTerminal, Location: merchantPlace(),
		}}
}

// swipeDue ends a payment as its fate says: it is settled, or what is on hold comes back.
func (t *Tx) swipeDue(s *Swipe) {
	if s.isFated(string(SwipeReversed)) {
		t.reverseSwipe(s)
		return
	}
	t.settleSwipe(s)
}

// settleSwipe pays what is on hold to the network of the card. One that was looked at is approved with that.
func (t *Tx) settleSwipe(s *Swipe) {
	if s.Suspect {
		t.emitSwipe("card.transaction.approved", s)
	}
	t.must(t.post("card_settlement", s.ID, ledger.Posting{Account: transit(s.CustomerID), Cents: -s.Cents},
		ledger.Posting{Account: ledger.Account{Kind: ledger.Cards}, Cents: s.Cents}))
	t.endSwipe(s, SwipeSettled)
}

// endSwipe notes that nothing is on hold any more.
func (t *Tx) endSwipe(s *Swipe, status SwipeStatus) {
	changed := *s
	changed.Status, changed.SettlesAt, changed.Course = status, time.Time{}, Course{}
	t.swipes.Update(t.tx, &changed)
	t.settleTransaction(s.TransactionID, t.now)
}

// releaseHolds ends what a card has on hold.
func (t *Tx) releaseHolds(card uuid.UUID) {
	var held []*Swipe
	t.held.Of(card).Each(func(s *Swipe) bool { held = append(held, s); return true })
	for _, s := range held {
		t.reverseSwipe(s)
	}
}

// reverseSwipe brings back what is on hold.
func (t *Tx) reverseSwipe(s *Swipe) {
	t.endSwipe(s, SwipeReversed)
	_, err := t.bringBack(transit(s.CustomerID), s.PocketID, "card_reversal",
		swipeTransaction(s, s.Cents, "Reversal of a card payment"))
	t.must(err)
	t.emitSwipe("card.transaction.reversed", s)
}

// decideSwipe has a fate take effect on a payment.
func (t *Tx) decideSwipe(s *Swipe, f *Fate) error {
	changed := *s
	changed.Course = Course{Fate: f}
	switch to := SwipeStatus(f.State); {
	case !s.open():
		return cannot(s.Status, "nothing of it is on hold")
	case f.Hold && (to == "" || to == s.Status):
		changed.Held, changed.SettlesAt = true, time.Time{}
		t.swipes.Update(t.tx, &changed)
	case to == SwipeSettled:
		t.settleSwipe(&changed)
	case to == SwipeReversed:
		t.reverseSwipe(&changed)
	default:
		return cannot(s.Status, "what is on hold can be SETTLED or REVERSED")
	}
	return nil
}

func (t *Tx) emitSwipe(kind string, s *Swipe) {
	t.emit(kind, s.CustomerID, map[string]any{"card_id": s.CardID, "amount": s.Cents, "account_id": s.PocketID})
}

// checkSwipe adds what is on hold to what is in transit, and what is settled to what the network has.
func (a *audit) checkSwipe(s *Swipe) {
	c := a.cards.Get(s.CardID)
	if c == nil || c.PocketID != s.PocketID || c.CustomerID != s.CustomerID {
		a.note("the card payment %s is not of a card and its pocket", s.ID)
	}
	held := s.open()
	if held {
		a.transit[s.CustomerID] += s.Cents
	}
	if s.Status == SwipeSettled {
		a.world[ledger.Cards] += s.Cents
	}
	if s.misses(held, s.SettlesAt) || !held && s.Fate != nil || s.Status == SwipeOnHold && !s.Suspect ||
		s.Suspect && (s.Status == SwipeHeld || s.Status == SwipeDeclined) {
		a.note("the card payment %s is %s, is held: %t, and settles at %s", s.ID, s.Status, s.Held, s.SettlesAt)
	}
	x := a.transactions.Get(s.TransactionID)
	if (x != nil) != (s.Status != SwipeDeclined) || (x == nil) != (s.TransactionID == uuid.Nil) ||
		x != nil && (x.Reference != s.CardID || x.Cents != -s.Cents || x.SettlesAt.IsZero() != held) {
		a.note("the card payment %s of %d cents is %s, and has no such transaction: it names %s", s.ID, s.Cents,
			s.Status, s.TransactionID)
	}
}

var swipeRules = []Rule{
	{[]string{"simulateCardSwipe"}, "Virtual cards alone are swiped.", Documented, "v1.29, Submit Card Swipe"},
	{[]string{"simulateCardSwipe"}, "A payment is declined if the card or the account is not open, or if the account " +
		"is worth less; the answer is 202 all the same, and the event card.transaction.rejected tells.", Inferred, ""},
	{[]string{"simulateCardSwipe"}, "A payment that is approved is booked and on hold at once, and settles at 9:00 " +
		"in New York on the next business day. T-bills are sold for it as far as there is not enough cash.", Inferred,
		""},
	{[]string{"simulateCardSwipe"}, "Every payment is made at the same made-up merchant.", Inferred, ""},
	{[]string{"simulateCardSwipe"}, "The amount of an event is positive.", Inferred, ""},
	{[]string{"simulateCardSwipe"}, "The event card.transaction.on_hold is sent only if somebody has a payment " +
		"looked at: its money is set aside, and it is approved when it settles, or reversed. The current guide does " +
		"not name the event, and nothing says when it comes.", Unknown, ""},
}
