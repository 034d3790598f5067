package bank

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// CardType says whether there is plastic.
type CardType string

// The types of cards.
const (
	VirtualCard  CardType = "VIRTUAL"
	PhysicalCard CardType = "PHYSICAL"
)

// CardStatus says what a card can do.
type CardStatus string

// The statuses of cards. Nobody but the bank freezes one.
const (
	CardOpen         CardStatus = "OPEN"
	CardLocked       CardStatus = "LOCKED"
	CardClosed       CardStatus = "CLOSED"
	CardNotActivated CardStatus = "NOT_ACTIVATED"
	CardFrozen       CardStatus = "FROZEN"
)

// CardClosureReason says why a card was closed.
type CardClosureReason string

// The reasons that the bank has a rule about. Others are kept as they are.
const (
	CardLost     CardClosureReason = "LOST"
	CardStolen   CardClosureReason = "STOLEN"
	CardExpired  CardClosureReason = "EXPIRED"
	CardCanceled CardClosureReason = "CANCELED"
)

// Card is a card that pays from a pocket.
type Card struct {
	ID         uuid.UUID  `json:"id"`
	PocketID   uuid.UUID  `json:"pocket_id"`
	CustomerID uuid.UUID  `json:"customer_id"`
	Type       CardType   `json:"type"`
	Status     CardStatus `json:"status"`
	Name       string     `json:"name"`
	Created    time.Time  `json:"created"`
	PAN        CardNumber `json:"pan"`
	CVV        CardNumber `json:"cvv"`
	// Expires is the last day on which it is good.
	Expires calendar.Date `json:"expires"`
	// PIN is a digest of the PIN, or empty if none was set.
	PIN string `json:"pin,omitempty"`
	// Magstripe is the state of the magnetic stripe as it was set, in words that are not documented.
	Magstripe string    `json:"magstripe,omitempty"`
	Closed    time.Time `json:"closed,omitzero"`
	CardClosure
}

// CardClosure says why a card is closed.
type CardClosure struct {
	Reason CardClosureReason `json:"closure_reason,omitempty"`
	// Missing is the day on which it was lost or stolen.
	Missing *calendar.Date `json:"missing,omitempty"`
}

type cardTables struct {
	cards        *state.Table[uuid.UUID, Card]
	cardsByOwner *state.Index[uuid.UUID, Card]
	cardKeys     *state.Table[string, cardKey]
}

func newCardTables(b *Bank) cardTables {
	t := cardTables{
		cards:    state.NewTable(b.db, "card", func(c *Card) uuid.UUID { return c.ID }),
		cardKeys: state.NewTable(b.db, "card_key", func(k *cardKey) string { return k.Fingerprint }),
	}
	t.cardsByOwner = state.NewIndex(t.cards, func(c *Card) []uuid.UUID { return []uuid.UUID{c.PocketID, c.CustomerID} })
	t.cards.When((*Card).end, func(tx *state.Tx, c *Card) {
		b.sub(tx).closeCard(c, CardClosure{Reason: CardExpired})
	})
	return t
}

// end is when a card is good no more, or never if it is closed already.
func (c *Card) end() time.Time {
	if c.Status == CardClosed {
		return time.Time{}
	}
	return c.Expires.AddDays(1).At(0, 0)
}

// Card returns a card of a pocket.
func (t *Tx) Card(pocket, id uuid.UUID) (*Card, error) {
	if c := t.cards.Get(id); c != nil && c.PocketID == pocket {
		return c, nil
	}
	return nil, notFound()
}

// maxCards is how many cards of an account a page has at most. (Source of the default: the contract. That there are
// never more is inferred.)
const maxCards = 100

// AccountCards lists the cards of a pocket, oldest first; no statuses means any. A limit of nil means as many as a page
// can have, and one that is not positive is refused.
func (t *Tx) AccountCards(pocket uuid.UUID, cursor string, limit *int, statuses []CardStatus) (Page[Card], error) {
	q := Query{Cursor: cursor, Limit: maxCards, Ascending: true}
	if limit != nil {
		q.Limit = min(*limit, maxCards)
	}
	if q.Limit < 1 {
		return Page[Card]{}, invalid("limit", "limit must be at least 1.", "query", "limit")
	}
	if _, err := t.Pocket(pocket); err != nil {
		return Page[Card]{}, err
	}
	return t.cardPage(pocket, q, statuses)
}

// CustomerCards lists the cards of all pockets of a customer; no statuses means any.
func (t *Tx) CustomerCards(customer uuid.UUID, q Query, statuses []CardStatus) (Page[Card], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[Card]{}, err
	}
	return t.cardPage(customer, q, statuses)
}

func (t *Tx) cardPage(owner uuid.UUID, q Query, statuses []CardStatus) (Page[Card], error) {
	return paginate(t.cardsByOwner.Of(owner), "cards "+owner.String(), q, func(c *Card) bool {
		return len(statuses) == 0 || slices.Contains(statuses, c.Status)
	})
}

// makeCard makes a card. The numbers on it are made up.
func (t *Tx) makeCard(p *Pocket, kind CardType, status CardStatus, name string) *Card {
	c := &Card{ID: t.newID(), PocketID: p.ID, CustomerID: p.CustomerID, Type: kind, Status: status, Name: name,
		Created: t.now, PAN: t.newPAN(), CVV: t.newCVV(), Expires: expiry(t.today())}
	t.cards.Insert(t.tx, c)
	if status == CardOpen {
		t.emitCardStatus(c)
	}
	return c
}

// CardChange is what is to change of a card. Nil leaves as it is.
type CardChange struct {
	Status    *CardStatus
	Magstripe *string
}

// SetCardStatus opens or locks a card.
func (t *Tx) SetCardStatus(pocket, id uuid.UUID, change CardChange) (*Card, error) {
	c, err := t.Card(pocket, id)
	if err != nil {
		return nil, err
	}
	if err := checkCardChange(c, change); err != nil {
		return nil, err
	}
	changed := *c
	set(&changed.Status, change.Status)
	set(&changed.Magstripe, change.Magstripe)
	t.cards.Update(t.tx, &changed)
	if changed.Status != c.Status {
		t.emitCardStatus(&changed)
	}
	return &changed, nil
}

func checkCardChange(c *Card, change CardChange) error {
	if c.Status == CardClosed {
		return cardClosed()
	}
	status, stripe := change.Status, change.Magstripe
	switch {
	case status == nil && stripe == nil:
		return invalid("missing", "status or magstripe_status is required.", "body")
	case stripe != nil && *stripe == "":
		return invalid("magstripe_status", "magstripe_status must not be empty.", "body", "magstripe_status")
	case stripe != nil && c.Type == VirtualCard:
		return invalid("magstripe_status", "A virtual card has no magnetic stripe.", "body", "magstripe_status")
	case status == nil || *status == c.Status:
		return nil
	case *status != CardOpen && *status != CardLocked:
		return invalid("status_not_settable", "status can be set to OPEN and LOCKED only.", "body", "status")
	case c.Status == CardFrozen:
		return invalid("card_frozen", "The card was frozen, which only the bank can undo.", "body", "status")
	case c.Status == CardNotActivated && *status == CardLocked:
		return invalid("card_not_activated", "A card that was not activated cannot be locked.", "body", "status")
	case c.Status == CardNotActivated && c.PIN == "":
		return invalid("pin_missing", "The PIN of the card must be set before the card is activated.", "body", "status")
	}
	return nil
}

func cardClosed() error {
	return invalid("card_closed", "The card is closed for good.", "path", "card_id")
}

// CloseCard closes a card for good.
func (t *Tx) CloseCard(pocket, id uuid.UUID, closure CardClosure) error {
	c, err := t.Card(pocket, id)
	if err != nil {
		return err
	}
	gone := closure.Reason == CardLost || closure.Reason == CardStolen
	switch {
	case c.Status == CardClosed:
		return cardClosed()
	case gone && closure.Missing == nil:
		return invalid("lost_stolen_date_missing", "lost_stolen_date must come with the reasons LOST and STOLEN.",
			"body", "lost_stolen_date")
	case closure.Missing != nil && *closure.Missing > t.today():
		return invalid("lost_stolen_date", "lost_stolen_date must not be after today.", "body", "lost_stolen_date")
	}
	t.closeCard(c, closure)
	return nil
}

// closeCard closes a card. What it has on hold goes back first.
func (t *Tx) closeCard(c *Card, closure CardClosure) {
	t.releaseHolds(c.ID)
	changed := *c
	changed.Status, changed.Closed, changed.CardClosure = CardClosed, t.now, closure
	t.cards.Update(t.tx, &changed)
	t.emitCardStatus(&changed)
}

// closeCardsOf closes the cards of a pocket that is closed.
func (t *Tx) closeCardsOf(pocket uuid.UUID) {
	var open []*Card
	t.cardsByOwner.Of(pocket).Each(func(c *Card) bool {
		if c.Status != CardClosed {
			open = append(open, c)
		}
		return true
	})
	for _, c := range open {
		t.closeCard(c, CardClosure{Reason: CardCanceled})
	}
}

// decideCard has a fate take effect on a card.
func (t *Tx) decideCard(c *Card, f *Fate) error {
	to := CardStatus(f.State)
	switch {
	case c.Status == CardClosed:
		return cannot(c.Status, "it is closed for good")
	case c.Status == to:
		return cannot(c.Status, "it is that already")
	case to == CardNotActivated && (c.Type != PhysicalCard || c.Status != CardFrozen):
		return cannot(c.Status, "only a physical card that was frozen can be NOT_ACTIVATED again")
	case to == CardClosed:
		closure := CardClosure{Reason: CardCanceled}
		if f.Reason != "" {
			closure.Reason = CardClosureReason(f.Reason)
		}
		if today := t.today(); closure.Reason == CardLost || closure.Reason == CardStolen {
			closure.Missing = &today
		}
		t.closeCard(c, closure)
		return nil
	}
	changed := *c
	changed.Status = to
	t.cards.Update(t.tx, &changed)
	t.emitCardStatus(&changed)
	return nil
}

// fateCard has the fate of an operation take effect on the card that it has made.
func (t *Tx) fateCard(operation string, id uuid.UUID) error {
	course, err := t.course(operation)
	c := t.cards.Get(id)
	if err != nil || course.Fate == nil || string(c.Status) == course.Fate.State {
		return err
	}
	return t.decideCard(c, course.Fate)
}

// emitCardStatus tells of a card's new status. There is no event about a card that is not activated.
func (t *Tx) emitCardStatus(c *Card) {
	if c.Status == CardNotActivated {
		return
	}
	t.emit("card.status."+strings.ToLower(string(c.Status)), c.CustomerID,
		map[string]any{"card_id": c.ID, "status": c.Status})
}

func (a *audit) checkCard(c *Card) {
	p := a.pockets.Get(c.PocketID)
	if p == nil || p.CustomerID != c.CustomerID || p.Status == PocketClosed && c.Status != CardClosed {
		a.note("card %s pays from a pocket that is closed, somebody else's, or not there", c.ID)
	}
	if c.Status == CardClosed && a.held.Of(c.ID).Len() > 0 {
		a.note("card %s is closed and has money on hold", c.ID)
	}
	if (c.Status == CardClosed) == c.Closed.IsZero() {
		a.note("card %s is %s, and was closed at %s", c.ID, c.Status, c.Closed)
	}
}

// checkCardNumbers notes which cards have a number that they cannot have, and which are made of plastic that nobody has
// ordered.
func (a *audit) checkCardNumbers() {
	ordered := map[uuid.UUID]bool{}
	each(a.cardOrders.All(), func(o *CardOrder) { ordered[o.CardID] = true })
	numbers := map[CardNumber]bool{}
	each(a.cards.All(), func(c *Card) {
		if numbers[c.PAN] || !c.PAN.isPAN() {
			a.note("card %s has a number that another card has, or none that a card can have", c.ID)
		}
		numbers[c.PAN] = true
		if c.Type == PhysicalCard && !ordered[c.ID] {
			a.note("card %s was not ordered", c.ID)
		}
	})
}

var cardRules = []Rule{
	{[]string{"createVirtualCard"}, "A virtual card is open at once, has the customer's name, and is good until the " +
		"end of the month four years later.", Inferred, ""},
	{[]string{"createVirtualCard", "getVirtualCard"}, "A key has 4096 bits, in PEM, as PKCS#1 or SPKI.", Documented,
		"reference, Create Virtual Card; its text and its example"},
	{[]string{"createVirtualCard", "getVirtualCard"}, "Keys of another size are refused.", Inferred, ""},
	{[]string{"createVirtualCard", "getVirtualCard"}, "A key that was used for another request is refused, in " +
		"whichever of the two forms it comes.", Documented, "cards guide"},
	{[]string{"createVirtualCard", "getVirtualCard"}, "Card numbers begin with 999999, which no issuer has; the " +
		"expiration date is written as 01/2030.", Inferred, ""},
	{[]string{"getVirtualCard"}, "The details of a closed card are not shown.", Inferred, ""},
	{[]string{"getVirtualCard", "closeVirtualCard"}, "A physical card is not found among the virtual ones.", Inferred,
		""},
	{[]string{"createVirtualCard", "createCardOrder", "generatePhysicalCard"}, "A card needs an account that is open.",
		Inferred, ""},
	{[]string{"setCardStatus", "closeCard", "closeVirtualCard"}, "A closed card stays closed.", Documented,
		"v1.29, Set Card Status and Close Virtual Card"},
	{[]string{"setCardStatus"}, "Opening activates a physical card.", Inferred, ""},
	{[]string{"setCardPIN", "setCardStatus"}, "The PIN is set before the card is activated.", Documented,
		"v1.29, Set Card PIN"},
	{[]string{"setCardStatus"}, "A card that has no PIN is not activated, one that was not activated is not locked, " +
		"and a frozen one is neither opened nor locked. A status that the card has already is no error.", Inferred, ""},
	{[]string{"setCardStatus"}, "The values of magstripe_status are not checked, only kept; a virtual card has none.",
		Unknown, ""},
	{[]string{"setCardPIN"}, "Physical cards alone have a PIN, of 4 digits, encrypted under the key set_pin.",
		Documented, "v1.29, Set Card PIN"},
	{[]string{"setCardPIN"}, "The digits are padded as PKCS#1 v1.5 says, like the details of a card. A PIN can be " +
		"set again at any time.", Inferred, ""},
	{[]string{"closeCard"}, "lost_stolen_date is required with LOST and STOLEN.", Documented, "reference, Close Card"},
	{[]string{"closeCard"}, "lost_stolen_date is not after today.", Inferred, ""},
	{[]string{"closeCard", "closeVirtualCard"}, "When a card is closed, what it has on hold is reversed.", Inferred,
		""},
	{[]string{"updatePocket", "updateCustomer"}, "The cards of a pocket close with it, and what they have on hold " +
		"goes to the customer's oldest open pocket.", Inferred, ""},
	{[]string{"createVirtualCard", "getVirtualCard", "setCardPIN"}, "In a process in FIPS 140-only mode, which has " +
		"no PKCS#1 v1.5, they answer 412.", Inferred, ""},
	{nil, "A card is closed as EXPIRED when the month of its expiration is over.", Inferred, ""},
	{[]string{"listAccountCards"}, "A page has 100 items unless less are asked for.", Documented,
		"v1.29, List Account Cards"},
	{[]string{"listAccountCards"}, "It has no more than 100, and a limit is positive.", Inferred, ""},
	{[]string{"listPublicKeys"}, "The key set_pin is always the same one, and its private half is public, too.",
		Inferred, ""},
}
