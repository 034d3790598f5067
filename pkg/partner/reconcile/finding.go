package reconcile

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Finding is one thing that is not as it should be. It prints without amounts, references and payloads.
type Finding struct {
	Kind   Kind
	Side   Side
	Object Object
	// ID is the API's, or the program's if the API has none. A payment that has a reference alone has the Nil UUID.
	ID uuid.UUID
	// Reference is a payment's. It may be personal: it is not printed.
	Reference string
	// Time is the API's, or the program's if the API has none: when it happened, or was created.
	Time time.Time
	// Fields names what is different, of KindDifferent.
	Fields []string
	// First is the payment that was made, or recorded, first for a reference that was paid, or recorded, twice.
	First uuid.UUID
	// Event is there if Object is ObjectEvent, and Payment if it is not.
	Event   *EventPair
	Payment *PaymentPair
}

// EventPair is an event as both sides have it. Either is nil where that side does not have it.
type EventPair struct {
	Program *Event
	API     *ListedEvent
}

// PaymentPair is a payment as both sides have it. Either is nil where that side does not have it.
type PaymentPair struct {
	Program *Payment
	API     *ListedPayment
}

// Corrected is what the program knows of the event, with what the API says of it. It is not handled by that.
func (p *EventPair) Corrected() Event {
	switch {
	case p.API == nil:
		return *p.Program
	case p.Program == nil:
		return p.API.Record()
	}
	event := *p.Program
	event.Type, event.Timestamp = p.API.Type, p.API.Timestamp
	return event
}

// Corrected is the program's record with what the API says, or a new one if the program has none. Without the API's
// side it is what the program has.
func (p *PaymentPair) Corrected() Payment {
	switch {
	case p.API == nil:
		return *p.Program
	case p.Program == nil:
		return p.API.Record()
	}
	right := p.API.Record()
	record := *p.Program
	record.ID, record.State = right.ID, right.State
	if right.Cents != 0 {
		record.Cents = right.Cents
	}
	record.correctSide(p.API)
	return record
}

// correctSide sets the pocket and the direction to what the API says, where they are not.
func (p *Payment) correctSide(listed *ListedPayment) {
	pocket, direction := p.sideDiffers(listed)
	switch {
	case listed.Object == ObjectOnUs && direction: // The pocket is one of both: the other side is meant.
		if p.Direction = DirectionOut; p.Pocket == listed.To {
			p.Direction = DirectionIn
		}
	case listed.Object == ObjectOnUs && pocket && p.Direction == DirectionIn:
		p.Pocket = listed.To
	case listed.Object == ObjectOnUs && pocket:
		p.Pocket = listed.From
	default:
		if pocket {
			p.Pocket = listed.Pocket()
		}
		if direction {
			p.Direction = listed.Direction()
		}
	}
}

// String returns the kind, the side, the object, its id, and the fields that differ.
func (f Finding) String() string {
	text := fmt.Sprintf("%s (%s): %s %s", f.Kind, f.Side, f.Object, f.ID)
	if f.Event != nil {
		switch {
		case f.Event.API != nil:
			text += " " + kindText(f.Event.API.Type)
		case f.Event.Program != nil:
			text += " " + kindText(f.Event.Program.Type)
		}
	}
	if len(f.Fields) > 0 {
		text += ": " + strings.Join(f.Fields, ", ")
	}
	if f.First != uuid.Nil {
		text += ", after " + f.First.String()
	}
	return text
}

// Format writes what String returns, for every verb.
func (f Finding) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }

// LogValue logs what String returns.
func (f Finding) LogValue() slog.Value { return slog.StringValue(f.String()) }

// order is the order of findings: events first, then payments by what they are, each by time.
func order(a, b Finding) int {
	rank := func(f Finding) int { return 1 + slices.Index(payments, f.Object) }
	return cmp.Or(
		cmp.Compare(rank(a), rank(b)),
		a.Time.Compare(b.Time),
		bytes.Compare(a.ID[:], b.ID[:]),
		cmp.Compare(a.Reference, b.Reference),
		cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind)),
		cmp.Compare(a.Side, b.Side),
		cmp.Compare(a.key(), b.key()),
	)
}

// key is the program's name for the record, if there is one.
func (f *Finding) key() string {
	if f.Payment == nil || f.Payment.Program == nil {
		return ""
	}
	return f.Payment.Program.Key
}
