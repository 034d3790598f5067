package reconcile

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// Event is what a program knows of an event. ID and Timestamp are required.
type Event struct {
	ID uuid.UUID
	// Type is its event_type; empty is not compared.
	Type partner.EventType
	// Timestamp is when it happened, as the event says.
	Timestamp time.Time
	// Received is when it was delivered for the first time. Zero means that it never was: the program asked for it, as
	// after a run. Such an event is not late.
	Received time.Time
	// Handled is how often its effect stands: 1, unless something went wrong. How often it was delivered does not
	// matter. An event that is given several times counts as often in all.
	Handled int
	// Reviewed says that somebody has dealt with its being late, which cannot be undone.
	Reviewed bool
}

// ListedEvent is an event as the API lists it.
type ListedEvent struct {
	ID        uuid.UUID
	Type      partner.EventType
	Timestamp time.Time
	// Raw is the event as it would be delivered, for webhook.Parse.
	Raw json.RawMessage
	// Attempts are the attempts to deliver it. What a receiver said in response_message may be personal.
	Attempts []partner.DeliveryAttempt
}

// Record is the event as a program should know it once it has handled it.
func (e *ListedEvent) Record() Event {
	return Event{ID: e.ID, Type: e.Type, Timestamp: e.Timestamp, Handled: 1}
}

// String returns the type and the id; for a type that the contract does not know, "unknown".
func (e Event) String() string { return eventText(e.Type, e.ID) }

// Format writes what String returns, for every verb.
func (e Event) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue logs what String returns.
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

// String returns the type and the id; for a type that the contract does not know, "unknown".
func (e ListedEvent) String() string { return eventText(e.Type, e.ID) }

// Format writes what String returns, for every verb.
func (e ListedEvent) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue logs what String returns.
func (e ListedEvent) LogValue() slog.Value { return slog.StringValue(e.String()) }

func eventText(kind partner.EventType, id uuid.UUID) string {
	return kindText(kind) + " " + id.String()
}

// kindText is a type of events that may be shown: one that is not known may say anything.
func kindText(kind partner.EventType) string {
	if !kind.Valid() {
		return "unknown"
	}
	return string(kind)
}
