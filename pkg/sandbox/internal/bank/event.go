package bank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// eventTypes are the types of events, in the contract's order.
var eventTypes = []string{
	"application.approved", "application.documents_needed", "application.manual_review", "application.rejected",
	"card.status.closed", "card.status.frozen", "card.status.locked", "card.status.open",
	"card.transaction.approved", "card.transaction.rejected", "card.transaction.on_hold", "card.transaction.reversed",
	"transfers.ach.out.success", "transfers.ach.out.rejected", "transfers.ach.out.sent",
	"transfers.ach.in.success", "transfers.ach.in.rejected",
	"transfers.wire.out.processing", "transfers.wire.out.success", "transfers.wire.out.rejected",
	"transfers.wire.in.success", "transfers.wire.in.rejected",
	"transfers.on-us.processing", "transfers.on-us.success", "transfers.on-us.rejected", "transfers.on-us.received",
}

// EventTypes returns the types of events that a subscription may name.
func EventTypes() []string { return slices.Clone(eventTypes) }

// Event is something that subscribers are told of.
type Event struct {
	ID         uuid.UUID       `json:"id"`
	Type       string          `json:"type"`
	Time       time.Time       `json:"time"`
	CustomerID uuid.UUID       `json:"customer_id,omitzero"`
	Payload    json.RawMessage `json:"payload"`
	// Triggered says that the partner made it up. It need not fit to anything that the bank knows.
	Triggered bool `json:"triggered,omitempty"`
	// Subscribers are the subscriptions that named its type when it happened, whether enabled or not.
	Subscribers []uuid.UUID `json:"subscribers,omitempty"`
}

type eventTables struct {
	events               *state.Table[uuid.UUID, Event]
	eventsBySubscription *state.Index[uuid.UUID, Event]
}

func newEventTables(b *Bank) eventTables {
	t := eventTables{events: state.NewTable(b.db, "notice", func(e *Event) uuid.UUID { return e.ID })}
	t.eventsBySubscription = state.NewIndex(t.events, func(e *Event) []uuid.UUID { return e.Subscribers })
	return t
}

// emit notes an event, and has it delivered. The payload is what the contract's schema of that event says.
func (t *Tx) emit(kind string, customer uuid.UUID, payload any) {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(fmt.Sprintf("bank: the payload of %s: %v", kind, err)) // They are ids and words.
	}
	e := &Event{ID: t.freeID(hasID(t.events)), Type: kind, Time: t.now, CustomerID: customer, Payload: data,
		Subscribers: t.subscribersTo(kind)}
	t.events.Insert(t.tx, e)
	t.deliver(e, e.Subscribers)
}

// TriggerEvent notes an event that the partner makes up, and has it delivered to every subscription that names its
// type. An event that is there already may be triggered again, also one that the bank has emitted: repeats are what a
// receiver has to deal with. One with the same id that says something else is refused.
func (t *Tx) TriggerEvent(e Event) error {
	e.Triggered = true
	known := t.events.Get(e.ID)
	switch {
	case known == nil:
		e.Subscribers = t.subscribersTo(e.Type)
		t.events.Insert(t.tx, &e)
		t.deliver(&e, e.Subscribers)
		return nil
	case known.Type != e.Type || !known.Time.Equal(e.Time) || !sameJSON(known.Payload, e.Payload) ||
		known.Triggered && known.CustomerID != e.CustomerID:
		return invalid("unique", "is the id of another event: take a new one", "body", "event_id")
	}
	again := *known
	again.Subscribers = slices.Clone(known.Subscribers)
	now := t.subscribersTo(e.Type)
	for _, id := range now {
		if !slices.Contains(again.Subscribers, id) {
			again.Subscribers = append(again.Subscribers, id)
		}
	}
	t.events.Update(t.tx, &again)
	t.deliver(&again, now)
	return nil
}

// sameJSON reports whether two texts say the same, whatever the order of members.
func sameJSON(a, b json.RawMessage) bool {
	read := func(text json.RawMessage) (v any, err error) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber() // Amounts are larger than what a float counts.
		err = d.Decode(&v)
		return v, err
	}
	one, errOne := read(a)
	other, errOther := read(b)
	return errOne == nil && errOther == nil && reflect.DeepEqual(one, other)
}

// EventFilter narrows a list of events. Its zero value lets everything pass.
type EventFilter struct {
	// SubscriptionID, if it is not the Nil UUID, leaves out what is not of that subscription.
	SubscriptionID uuid.UUID
	// After leaves out what did not happen after it.
	After time.Time
}

// Events returns a page of the events. (Inferred: the newest comes first unless somebody asks otherwise, since the
// cursors of the provider's sample go back in time.)
func (t *Tx) Events(q Query, f EventFilter) (Page[Event], error) {
	rows := t.events.All()
	if f.SubscriptionID != uuid.Nil {
		rows = t.eventsBySubscription.Of(f.SubscriptionID)
	}
	var keep func(*Event) bool
	if !f.After.IsZero() {
		keep = func(e *Event) bool { return e.Time.After(f.After) }
	}
	return paginate(rows, "events", q, keep)
}

// notice is what the payloads of events name.
type notice struct {
	Application uuid.UUID `json:"application_id"`
	Account     uuid.UUID `json:"jiko_account_id"`
	Wire        uuid.UUID `json:"wire_id"`
	Transfer    uuid.UUID `json:"on_us_id"`
	Origin      uuid.UUID `json:"origin_account_id"`
	Destination uuid.UUID `json:"destination_account_id"`
	Transaction uuid.UUID `json:"transaction_activity_id"`
	Receiver    uuid.UUID `json:"receiving_pocket_id"`
	Card        uuid.UUID `json:"card_id"`
	CardAccount uuid.UUID `json:"account_id"`
	Amount      int64     `json:"amount"`
}

// cardNotice is what was told of the payments with a card.
type cardNotice struct {
	card uuid.UUID
	kind string
}

// checkNotices fails when subscribers were told of something that is not there, or of another amount. What the partner
// has made up may say anything.
func (b *Bank) checkNotices() error {
	b.db.RLock()
	defer b.db.RUnlock()
	a := &audit{Bank: b}
	told := map[cardNotice]int64{}
	each(b.swipes.All(), func(s *Swipe) {
		if s.Status == SwipeDeclined {
			told[cardNotice{s.CardID, "card.transaction.rejected"}] -= s.Cents
			return
		}
		if s.Suspect {
			told[cardNotice{s.CardID, "card.transaction.on_hold"}] -= s.Cents
		}
		if !s.Suspect || s.Status == SwipeSettled {
			told[cardNotice{s.CardID, "card.transaction.approved"}] -= s.Cents
		}
		if s.Status == SwipeReversed {
			told[cardNotice{s.CardID, "card.transaction.reversed"}] -= s.Cents
		}
	})
	each(b.events.All(), func(e *Event) {
		var n notice
		switch err := json.Unmarshal(e.Payload, &n); {
		case e.Triggered:
			return
		case err != nil || !a.names(e, &n):
			a.note("event %s of the type %s is of something that is not there", e.ID, e.Type)
		}
		if n.Amount != 0 {
			told[cardNotice{n.Card, e.Type}] += n.Amount
		}
	})
	for of, cents := range told {
		if cents != 0 {
			a.note("%s has told of %d cents more of card %s than were paid", of.kind, cents, of.card)
		}
	}
	return errors.Join(a.wrong...)
}

// names reports whether everything is there that an event names.
func (a *audit) names(e *Event, n *notice) bool {
	customer := e.CustomerID
	known := customer == uuid.Nil || a.customers.Get(customer) != nil
	switch kind, _, _ := strings.Cut(e.Type, "."); {
	case kind == "application":
		x := a.applications.Get(n.Application)
		if x == nil {
			x = a.businesses.Get(n.Application)
		}
		return x != nil && (customer == uuid.Nil || customer == x.CustomerID)
	case kind == "card":
		c := a.cards.Get(n.Card)
		return c != nil && c.CustomerID == customer && (n.Amount == 0 || c.PocketID == n.CardAccount)
	case n.Receiver != uuid.Nil:
		x := a.transactions.Get(n.Transaction)
		return x != nil && x.Reference == n.Transfer && x.PocketID == n.Receiver && x.CustomerID == customer
	case n.Transfer != uuid.Nil:
		x := a.transfers.Get(n.Transfer)
		return known && x != nil && x.From == n.Origin && x.To == n.Destination
	case n.Wire != uuid.Nil:
		w := a.wires.Get(n.Wire)
		return w != nil && w.PocketID == n.Account && w.CustomerID == customer
	}
	return a.owned(customer, n.Account) // Those of ACH name no more.
}

var eventRules = []Rule{
	{[]string{"listEventTypes"}, "All types of the contract are listed, also those that no guide names: the sandbox " +
		"makes such events.", Inferred, ""},
	{[]string{"listEvents"}, "The newest event comes first.", Inferred, ""},
	{[]string{"listEvents"}, "An event is of the subscriptions that named its type when it happened, also of those " +
		"that were disabled then, or are deleted now. One that never was has none.", Inferred, ""},
	{[]string{"listEvents"}, "after leaves out what happened at that very moment.", Documented,
		"contract, listEvents"},
	{[]string{"listEvents"}, "The id of the customer is shown with triggered events that have it, and with no others.",
		Inferred, ""},
	{[]string{"triggerWebhook"}, "The ids in the payload may be made up.", Documented, "contract, triggerWebhook"},
	{[]string{"triggerWebhook"}, "The same event can be triggered again, and is listed once; another event with the " +
		"same id is refused with 422.", Inferred, ""},
}
