package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListEventTypes shows what a subscription may name.
func (s *Server) ListEventTypes(context.Context, partnerserver.ListEventTypesInput) (
	partnerserver.ListEventTypesOutput, error) {
	types := bank.EventTypes()
	page := partnerapi.EventTypePage{Count: int64(len(types)), ObjectType: ptr("List")}
	for _, kind := range types {
		page.Items = append(page.Items, partnerapi.EventTypeEntry{Event: kind, ObjectType: ptr("EventType")})
	}
	return partnerserver.ListEventTypesOK{Body: page}, nil
}

// ListEvents shows what has happened.
func (s *Server) ListEvents(ctx context.Context, in partnerserver.ListEventsInput) (partnerserver.ListEventsOutput,
	error) {
	t := from(ctx)
	page, err := t.Events(query(in.Params.Cursor, in.Params.Limit, nil),
		bank.EventFilter{SubscriptionID: value(in.Params.SubscriptionID), After: value(in.Params.After)})
	if err != nil {
		return nil, err
	}
	shown := partnerapi.PastEventPage{Items: []partnerapi.PastEvent{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, e := range page.Items {
		event, err := showEvent(e)
		if err != nil {
			return nil, err
		}
		past := partnerapi.PastEvent{Event: event}
		for _, a := range t.Attempts(e.ID) {
			past.DeliveryAttempts = append(past.DeliveryAttempts, partnerapi.DeliveryAttempt{
				DeliveryAttemptID: a.ID, SubscriptionID: a.SubscriptionID, Success: a.Success, ResponseCode: a.Code,
				ResponseMessage: optional(a.Message), CalledAt: a.Time})
		}
		shown.Items = append(shown.Items, past)
	}
	return partnerserver.ListEventsOK{Body: shown}, nil
}

// envelope is an event as it is on the wire, whatever its type.
type envelope struct {
	ID         uuid.UUID       `json:"event_id"`
	Type       string          `json:"event_type"`
	Timestamp  time.Time       `json:"timestamp"`
	CustomerID uuid.UUID       `json:"customer_id,omitzero"`
	Payload    json.RawMessage `json:"payload"`
}

// EventBody is an event as it is delivered. The customer of one that the sandbox made is not shown: the provider is not
// known to do so.
func EventBody(e *bank.Event) ([]byte, error) {
	wire := envelope{ID: e.ID, Type: e.Type, Timestamp: e.Time, Payload: e.Payload}
	if e.Triggered {
		wire.CustomerID = e.CustomerID
	}
	return pack(wire)
}

// showEvent shows an event as it is delivered.
func showEvent(e *bank.Event) (shown partnerapi.Event, err error) {
	data, err := EventBody(e)
	if err != nil {
		return shown, err
	}
	return shown, unpack(data, &shown)
}

// TriggerWebhook has an event happen that the partner makes up.
func (s *Server) TriggerWebhook(ctx context.Context, in partnerserver.TriggerWebhookInput) (
	partnerserver.TriggerWebhookOutput, error) {
	var e envelope
	data, err := pack(in.Body)
	if err != nil {
		return nil, err
	}
	if err := unpack(data, &e); err != nil {
		return nil, err
	}
	err = from(ctx).TriggerEvent(bank.Event{ID: e.ID, Type: e.Type, Time: e.Timestamp, CustomerID: e.CustomerID,
		Payload: e.Payload})
	if err != nil {
		return nil, err
	}
	return partnerserver.TriggerWebhookAccepted{}, nil
}
