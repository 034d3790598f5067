package bank

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// CardOrderStatus says how far an order of a card is.
type CardOrderStatus string

// The statuses of orders, in the order in which they come. (Source of the words: the contract; the order is inferred.)
const (
	CardOrderInitial  CardOrderStatus = "INITIAL"
	CardOrderCreated  CardOrderStatus = "CARD_CREATED"
	CardOrderOrdered  CardOrderStatus = "ORDERED"
	CardOrderReceived CardOrderStatus = "RECEIVED"
)

const (
	// cardOrderHour is the hour of the day, in New York, at which orders go on, and cardMailDays is how many business
	// days the mail takes. (Both inferred.)
	cardOrderHour = 9
	cardMailDays  = 5
)

// CardOrder is an order of a physical card.
type CardOrder struct {
	ID         uuid.UUID       `json:"id"`
	PocketID   uuid.UUID       `json:"pocket_id"`
	CustomerID uuid.UUID       `json:"customer_id"`
	Status     CardOrderStatus `json:"status"`
	Course
	// CardID is the card, once there is one.
	CardID     uuid.UUID `json:"card_id,omitzero"`
	NameOnCard string    `json:"name_on_card"`
	ShipTo     Address   `json:"ship_to"`
	Created    time.Time `json:"created"`
	// NextAt is when it goes on.
	NextAt time.Time `json:"next_at,omitzero"`
}

type cardOrderTables struct {
	cardOrders        *state.Table[uuid.UUID, CardOrder]
	cardOrdersByOwner *state.Index[uuid.UUID, CardOrder]
}

func newCardOrderTables(b *Bank) cardOrderTables {
	t := cardOrderTables{
		cardOrders: state.NewTable(b.db, "card_order", func(o *CardOrder) uuid.UUID { return o.ID }),
	}
	t.cardOrdersByOwner = state.NewIndex(t.cardOrders, func(o *CardOrder) []uuid.UUID {
		return []uuid.UUID{o.PocketID, o.CustomerID}
	})
	t.cardOrders.When(func(o *CardOrder) time.Time { return o.NextAt },
		func(tx *state.Tx, o *CardOrder) { b.sub(tx).cardOrderDue(o) })
	return t
}

// OrderCard orders a physical card.
func (t *Tx) OrderCard(pocket uuid.UUID, nameOnCard string, shipTo Address) (*CardOrder, error) {
	p, err := t.openPocket(pocket)
	if err != nil {
		return nil, err
	}
	if err := checkCardOrder(nameOnCard, shipTo); err != nil {
		return nil, err
	}
	course, err := t.course("createCardOrder")
	if err != nil {
		return nil, err
	}
	o := &CardOrder{ID: t.newID(), PocketID: p.ID, CustomerID: p.CustomerID, Status: CardOrderInitial,
		NameOnCard: nameOnCard, ShipTo: shipTo, Created: t.now, Course: course}
	o.NextAt = o.goesOnAt(t.cardOrderStep(1))
	t.cardOrders.Insert(t.tx, o)
	return o, nil
}

// checkCardOrder says what is missing for a card to arrive. (Inferred. The contract bounds the lengths, and has the
// states and the country.)
func checkCardOrder(nameOnCard string, shipTo Address) error {
	var missing Refusals
	for _, m := range []struct {
		text     string
		location []string
	}{
		{nameOnCard, []string{"body", "name_on_card"}},
		{shipTo.Street, []string{"body", "shipping_address", "street_address"}},
		{shipTo.City, []string{"body", "shipping_address", "city"}},
		{shipTo.PostalCode, []string{"body", "shipping_address", "postal_code"}},
	} {
		if strings.TrimSpace(m.text) == "" {
			missing = append(missing, invalid("blank", "must not be blank", m.location...))
		}
	}
	if len(missing) > 0 {
		return missing
	}
	return nil
}

// PocketCardOrders lists the orders of cards for a pocket.
func (t *Tx) PocketCardOrders(pocket uuid.UUID, q Query) (Page[CardOrder], error) {
	if _, err := t.Pocket(pocket); err != nil {
		return Page[CardOrder]{}, err
	}
	return paginate(t.cardOrdersByOwner.Of(pocket), "card orders "+pocket.String(), q, nil)
}

// CustomerCardOrders lists the orders of cards for all pockets of a customer.
func (t *Tx) CustomerCardOrders(customer uuid.UUID, q Query) (Page[CardOrder], error) {
	if _, err := t.Customer(customer); err != nil {
		return Page[CardOrder]{}, err
	}
	return paginate(t.cardOrdersByOwner.Of(customer), "card orders "+customer.String(), q, nil)
}

// CardOrder returns an order of a card for a pocket.
func (t *Tx) CardOrder(pocket, id uuid.UUID) (*CardOrder, error) {
	if o := t.cardOrders.Get(id); o != nil && o.PocketID == pocket {
		return o, nil
	}
	return nil, notFound()
}

// GenerateCard has an ordered card arrive without the time that this takes.
func (t *Tx) GenerateCard(order uuid.UUID) error {
	refuse := func(rule, message string) error { return invalid(rule, message, "body", "card_order_id") }
	o := t.cardOrders.Get(order)
	switch {
	case o == nil:
		return refuse("card_order", "card_order_id must be the id of an order of a card.")
	case o.Status == CardOrderReceived:
		return refuse("card_order_status", "The card of this order has arrived already.")
	case o.CardID == uuid.Nil && t.pockets.Get(o.PocketID).Status != PocketOpen:
		return refuse("account_status", "A card needs an account that is open.")
	}
	changed := *o
	t.makeOrdered(&changed)
	changed.Status, changed.NextAt, changed.Course = CardOrderReceived, time.Time{}, Course{}
	t.cardOrders.Update(t.tx, &changed)
	return t.fateCard("generatePhysicalCard", changed.CardID)
}

// goesOnAt is when an order leaves its status, which it would do at a time by itself. It is put off, or held, where its
// fate says; else the mail is late, or it is held where it begins.
func (o *CardOrder) goesOnAt(at time.Time) time.Time {
	turning := CardOrderStatus(o.state())
	if turning == "" || turning == CardOrderReceived {
		turning = CardOrderOrdered
		if o.Fate != nil && o.Fate.Hold {
			turning = CardOrderInitial
		}
	}
	if turning != o.Status {
		return at
	}
	return o.next(at)
}

// cardOrderDue takes an order to its next status. One whose pocket was closed before there is a card stays what it is.
func (t *Tx) cardOrderDue(o *CardOrder) {
	changed := *o
	changed.NextAt = time.Time{}
	switch o.Status {
	case CardOrderInitial:
		if t.pockets.Get(o.PocketID).Status == PocketOpen {
			t.makeOrdered(&changed)
			changed.Status = CardOrderCreated
			changed.NextAt = changed.goesOnAt(t.cardOrderStep(1))
		}
	case CardOrderCreated:
		changed.Status = CardOrderOrdered
		changed.NextAt = changed.goesOnAt(t.cardOrderStep(cardMailDays))
	default:
		changed.Status, changed.Course = CardOrderReceived, Course{}
	}
	t.cardOrders.Update(t.tx, &changed)
}

// decideCardOrder has a fate take effect on an order.
func (t *Tx) decideCardOrder(o *CardOrder, f *Fate) error {
	changed := *o
	changed.Course = Course{Fate: f}
	to := CardOrderStatus(f.State)
	switch {
	case o.Status == CardOrderReceived:
		return cannot(o.Status, "the card has arrived")
	case f.Hold && (to == "" || to == o.Status):
		changed.Held, changed.NextAt = true, time.Time{}
		t.cardOrders.Update(t.tx, &changed)
		return nil
	case to == o.Status:
		return cannot(o.Status, "it is that already")
	case o.Status == CardOrderInitial && t.pockets.Get(o.PocketID).Status != PocketOpen:
		return cannot(o.Status, "a card needs an account that is open")
	}
	for changed.Status != to {
		if changed.Status == CardOrderReceived {
			return cannot(o.Status, "it does not become "+f.State)
		}
		t.cardOrderDue(&changed)
		changed = *t.cardOrders.Get(o.ID)
	}
	return nil
}

// makeOrdered makes the card of an order that has none yet. It has to be activated.
func (t *Tx) makeOrdered(o *CardOrder) {
	if o.CardID == uuid.Nil {
		o.CardID = t.makeCard(t.pockets.Get(o.PocketID), PhysicalCard, CardNotActivated, o.NameOnCard).ID
	}
}

// cardOrderStep is the moment some business days from today.
func (t *Tx) cardOrderStep(days int) time.Time {
	day := t.today()
	for range days {
		day = calendar.FederalReserve.After(day)
	}
	return day.At(cardOrderHour, 0)
}

func (a *audit) checkCardOrder(o *CardOrder) {
	if !a.owned(o.CustomerID, o.PocketID) {
		a.note("the order %s of a card is for no pocket of its customer", o.ID)
	}
	c := a.cards.Get(o.CardID)
	if (c == nil) != (o.Status == CardOrderInitial) || (c == nil) != (o.CardID == uuid.Nil) ||
		c != nil && (c.PocketID != o.PocketID || c.Type != PhysicalCard) {
		a.note("the order %s of a card is %s, and its card is %s", o.ID, o.Status, o.CardID)
	}
	if received := o.Status == CardOrderReceived; received && o.Fate != nil || (received || o.Held) &&
		!o.NextAt.IsZero() || received && o.Held {
		a.note("the order %s of a card is %s, is held: %t, and goes on at %s", o.ID, o.Status, o.Held, o.NextAt)
	}
}

var cardOrderRules = []Rule{
	{[]string{"createVirtualCard", "generatePhysicalCard"}, "A card of which somebody has decided that it is another " +
		"one than a new one is made as usual, and becomes that right after.", Inferred, ""},
	{[]string{"createCardOrder", "getCardOrder"}, "The card is made on the next business day, ordered on the one " +
		"after it, and received five business days later. It has to be activated.", Inferred, ""},
	{[]string{"createCardOrder"}, "Name, street, city and postal code are not blank. A name of more than 26 " +
		"characters is accepted.", Inferred, ""},
	{[]string{"getCardOrder"}, "An order has its card_id once the card is made.", Inferred, ""},
	{[]string{"getCardOrder"}, "An order whose account is closed before the card is made stays INITIAL.", Inferred, ""},
	{[]string{"generatePhysicalCard"}, "The card is made, if it is not yet, and the order is RECEIVED at once; one " +
		"that is RECEIVED already is refused.", Inferred, ""},
}
