package sandbox

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// Event is something that subscribers are told of, or would be if there were any.
type Event struct {
	// Number orders the events: a later one has a higher number.
	Number uint64    `json:"number"`
	ID     uuid.UUID `json:"id"`
	Type   string    `json:"type"`
	// Time is by the sandbox's clock.
	Time       time.Time       `json:"time"`
	CustomerID uuid.UUID       `json:"customer_id,omitzero"`
	Payload    json.RawMessage `json:"payload"`
	// Triggered says that the partner has made it up.
	Triggered bool `json:"triggered,omitempty"`
	// Deliveries are those to the subscriptions that were enabled for its type when it happened.
	Deliveries []Delivery `json:"deliveries"`
}

// Delivery is an event on its way to a subscription.
type Delivery struct {
	SubscriptionID uuid.UUID `json:"subscription_id"`
	// State is behind, waiting or ready as long as there is something to do, and then delivered, given_up, lost (on
	// purpose) or ended, with its subscription.
	State string `json:"state"`
	// Due is when the next attempt is, by the sandbox's clock, if it waits for that.
	Due      time.Time         `json:"due,omitzero"`
	Attempts []DeliveryAttempt `json:"attempts"`
}

// DeliveryAttempt is an attempt to deliver an event.
type DeliveryAttempt struct {
	Time    time.Time `json:"time"`
	Success bool      `json:"success"`
	// Code is the HTTP status of the answer, or 0 if there was none, and Message the beginning of what it said.
	Code    int32  `json:"code"`
	Message string `json:"message,omitempty"`
	// Fault is what was done wrong on purpose: signature, down, or nothing.
	Fault string `json:"fault,omitempty"`
}

// EventQuery says which events somebody wants to see. Its zero value is the newest ones.
type EventQuery struct {
	// Below leaves out the events from a Number on, unless it is 0; EventPage.Next is the one for the next page.
	Below uint64
	// Limit is how many events there are at most, up to MaxPage; 0 means MaxPage.
	Limit int
}

// EventPage is a part of the events, newest first.
type EventPage struct {
	Events []Event `json:"events"`
	// Next is what the next page is Below, or 0 if this is the last.
	Next uint64 `json:"next,omitempty"`
}

// Events returns a page of the events, also of those that nobody has subscribed to. It fails when ctx ends, and when
// the sandbox cannot be read any more.
func (s *Sandbox) Events(ctx context.Context, q EventQuery) (out EventPage, err error) {
	err = s.bank.Look(ctx, func(t *bank.Tx) error {
		notices, next := t.Notices(q.Below, pageSize(q.Limit))
		out = EventPage{Events: make([]Event, 0, len(notices)), Next: next}
		for _, n := range notices {
			e := Event{Number: n.Number, ID: n.ID, Type: n.Type, Time: n.Time, CustomerID: n.CustomerID,
				Payload: n.Payload, Triggered: n.Triggered, Deliveries: []Delivery{}}
			for _, d := range n.Deliveries {
				e.Deliveries = append(e.Deliveries, deliveryOf(d))
			}
			out.Events = append(out.Events, e)
		}
		return nil
	})
	if err != nil {
		return EventPage{}, err
	}
	return out, nil
}

func deliveryOf(d *bank.Delivery) Delivery {
	out := Delivery{SubscriptionID: d.SubscriptionID, State: string(d.State), Due: d.Due, Attempts: []DeliveryAttempt{}}
	for _, a := range d.Attempts {
		out.Attempts = append(out.Attempts, DeliveryAttempt(a))
	}
	return out
}
