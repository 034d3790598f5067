package reconcile

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// Direction says which way money goes, seen from the pocket.
type Direction string

// The directions.
const (
	// DirectionIn adds to the pocket: an ACH DEBIT, an incoming wire.
	DirectionIn Direction = "in"
	// DirectionOut takes from it: an ACH CREDIT, an outgoing wire.
	DirectionOut Direction = "out"
)

// Payment is what a program knows of a payment. Object, Created, and ID or Reference are required.
type Payment struct {
	// Key is the program's own name for the record, such as its primary key. It comes back with what is found.
	Key    string
	Object Object
	// ID is the id of the transfer, origination or wire. The Nil UUID means that the program does not know it, as after
	// a crash between its record and the answer; then the payment is looked for by its Reference. An on-us transfer
	// that was not carried out is found by its ID alone, so choose it when you create one.
	ID uuid.UUID
	// Reference is what the program pays: one invoice, one payout. It is expected in the text that was sent along, the
	// description of an on-us transfer or a wire, the payment_related_information of an ACH; see Config.Reference. Two
	// payments in the same direction with the same reference are one that was made twice.
	Reference string
	// Pocket is the one that the money goes into or out of; the Nil UUID is not compared. Of a transfer between two
	// pockets it is either, as Direction says.
	Pocket uuid.UUID
	// Direction is compared unless it is empty.
	Direction Direction
	// Cents is the amount, in cents; 0 is not compared, as of a full withdrawal.
	Cents int64
	// State is what has become of it. Empty means in doubt, which is always different from what the API says.
	State State
	// Created is when it was recorded, or sent.
	Created time.Time
	// Due is when it should not be open any more. Zero means after Config.OpenFor.
	Due time.Time
	// Reviewed says that it is known to have paid its reference a second time, and that somebody has dealt with that.
	Reviewed bool
}

// String returns the object and the id.
func (p Payment) String() string { return string(p.Object) + " " + p.ID.String() }

// Format writes what String returns, for every verb: a reference may be personal.
func (p Payment) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// LogValue logs what String returns.
func (p Payment) LogValue() slog.Value { return slog.StringValue(p.String()) }

// ListedPayment is a payment as the API lists it. What the API does not say is zero.
type ListedPayment struct {
	Object Object
	ID     uuid.UUID
	// Reference is the program's, if its text has one; see Config.Reference.
	Reference string
	// From and To are pockets: of an ACH or a wire there is one. Of an on-us transfer there is what is in the scope.
	From, To uuid.UUID
	// Cents is the amount, in cents.
	Cents int64
	State State
	// Status is the API's own word for the state. That of an on-us transfer which was found by its transactions is
	// COMPLETED.
	Status string
	// Time is when an ACH or a wire was created, and when an on-us transfer was booked.
	Time time.Time
}

// Pocket is the pocket in the scope: the one that the money leaves, if there are two.
func (p *ListedPayment) Pocket() uuid.UUID {
	if p.From != uuid.Nil {
		return p.From
	}
	return p.To
}

// Direction is the direction seen from Pocket, or empty if the API does not say it.
func (p *ListedPayment) Direction() Direction {
	switch {
	case p.From != uuid.Nil:
		return DirectionOut
	case p.To != uuid.Nil:
		return DirectionIn
	}
	return ""
}

// Record is the payment as a program should know it.
func (p *ListedPayment) Record() Payment {
	return Payment{Object: p.Object, ID: p.ID, Reference: p.Reference, Pocket: p.Pocket(), Direction: p.Direction(),
		Cents: p.Cents, State: p.State, Created: p.Time}
}

// String returns the object and the id.
func (p ListedPayment) String() string { return string(p.Object) + " " + p.ID.String() }

// Format writes what String returns, for every verb.
func (p ListedPayment) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// LogValue logs what String returns.
func (p ListedPayment) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Fields that a payment or an event may differ in.
const (
	FieldID        = "id"
	FieldState     = "state"
	FieldAmount    = "amount"
	FieldPocket    = "pocket"
	FieldDirection = "direction"
	FieldType      = "type"
	FieldTimestamp = "timestamp"
)

// differences names the fields in which a record is not what the API says. What either leaves open is not compared.
func (p *Payment) differences(listed *ListedPayment) []string {
	var fields []string
	note := func(differs bool, field string) {
		if differs {
			fields = append(fields, field)
		}
	}
	note(p.ID != uuid.Nil && listed.ID != uuid.Nil && p.ID != listed.ID, FieldID)
	note(p.State != listed.State, FieldState)
	note(p.Cents != 0 && listed.Cents != 0 && p.Cents != listed.Cents, FieldAmount)
	pocket, direction := p.sideDiffers(listed)
	note(pocket, FieldPocket)
	note(direction, FieldDirection)
	return fields
}

// sideDiffers says whether the pocket differs, and whether the direction does.
func (p *Payment) sideDiffers(listed *ListedPayment) (pocket, direction bool) {
	if listed.Object != ObjectOnUs {
		way := listed.Direction()
		return p.Pocket != uuid.Nil && way != "" && p.Pocket != listed.Pocket(),
			p.Direction != "" && way != "" && p.Direction != way
	}
	if p.Pocket == uuid.Nil {
		return false, false
	}
	here, there := listed.From, listed.To
	switch p.Direction {
	case DirectionIn:
		here, there = there, here
	case DirectionOut:
	default:
		return here != uuid.Nil && there != uuid.Nil && p.Pocket != here && p.Pocket != there, false
	}
	switch p.Pocket {
	case here:
		return false, false
	case there:
		return false, true
	}
	return here != uuid.Nil, false
}
