package bank

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
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

// Attempt is an attempt to deliver an event to a subscription.
type Attempt struct {
	ID             uuid.UUID `json:"id"`
	EventID        uuid.UUID `json:"event_id"`
	SubscriptionID uuid.UUID `json:"subscription_id"`
	// Time is when the subscriber was called.
	Time time.Time `json:"time"`
	// Success says that the event is delivered, and needs no further attempt.
	Success bool `json:"success,omitempty"`
	// Code is the HTTP status of the answer, or 0 if there was none; Message is what it said.
	Code    int32  `json:"code"`
	Message string `json:"message,omitempty"`
}

type eventTables struct {
	events                 *state.Table[uuid.UUID, Event]
	eventsBySubscription   *state.Index[uuid.UUID, Event]
	attempts               *state.Table[uuid.UUID, Attempt]
	attemptsByEvent        *state.Index[uuid.UUID, Attempt]
	attemptsBySubscription *state.Index[uuid.UUID, Attempt]
}

func newEventTables(b *Bank) eventTables {
	t := eventTables{
		events:   state.NewTable(b.db, "notice", func(e *Event) uuid.UUID { return e.ID }),
		attempts: state.NewTable(b.db, "attempt", func(a *Attempt) uuid.UUID { return a.ID }),
	}
	t.eventsBySubscription = state.NewIndex(t.events, func(e *Event) []uuid.UUID { return e.Subscribers })
	t.attemptsByEvent = state.NewIndexByOne(t.attempts, func(a *Attempt) uuid.UUID { return a.EventID })
	t.attemptsBySubscription = state.NewIndexByOne(t.attempts, func(a *Attempt) uuid.UUID { return a.SubscriptionID })
	return t
}

// emit notes an event. The payload is what the contract's schema of that event says.
func (t *Tx) emit(kind string, customer uuid.UUID, payload any) {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(fmt.Sprintf("bank: the payload of %s: %v", kind, err)) // They are ids and words.
	}
	t.events.Insert(t.tx, &Event{ID: t.freeID(hasID(t.events)), Type: kind, Time: t.now, CustomerID: customer,
		Payload: data, Subscribers: t.subscribersTo(kind)})
}

// TriggerEvent notes an event that the partner makes up, for every subscription that names its type. An event that is
// there already may be triggered again, also one that the bank has emitted: repeats are what a receiver has to deal
// with. One with the same id that says something else is refused.
func (t *Tx) TriggerEvent(e Event) error {
	e.Triggered = true
	known := t.events.Get(e.ID)
	switch {
	case known == nil:
		e.Subscribers = t.subscribersTo(e.Type)
		t.events.Insert(t.tx, &e)
		return nil
	case known.Type != e.Type || !known.Time.Equal(e.Time) || !sameJSON(known.Payload, e.Payload) ||
		known.Triggered && known.CustomerID != e.CustomerID:
		return invalid("unique", "is the id of another event: take a new one", "body", "event_id")
	}
	again := *known
	again.Subscribers = slices.Clone(known.Subscribers)
	for _, id := range t.subscribersTo(e.Type) {
		if !slices.Contains(again.Subscribers, id) {
			again.Subscribers = append(again.Subscribers, id)
		}
	}
	t.events.Update(t.tx, &again)
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

// Attempts returns the attempts to deliver an event, oldest first.
func (t *Tx) Attempts(event uuid.UUID) *state.Rows[Attempt] { return t.attemptsByEvent.Of(event) }

// AttemptsTo returns the attempts to deliver something to a subscription, oldest first.
func (t *Tx) AttemptsTo(subscription uuid.UUID) *state.Rows[Attempt] {
	return t.attemptsBySubscription.Of(subscription)
}

// AddAttempt notes that a subscriber was told of an event, or that this failed. The subscription may be gone: what is
// under way when it ends may still arrive. It makes the id.
func (t *Tx) AddAttempt(a Attempt) (*Attempt, error) {
	e := t.events.Get(a.EventID)
	if e == nil || !slices.Contains(e.Subscribers, a.SubscriptionID) {
		return nil, notFound()
	}
	a.ID = t.newID()
	t.attempts.Insert(t.tx, &a)
	return &a, nil
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
	{[]string{"triggerWebhook", "createSubscription"}, "Nothing is posted to the URL of a subscription.", Unknown, ""},
}
