package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// ErrScope is wrapped by the errors of a Scope that says nothing, or contradicts itself.
var ErrScope = errors.New("reconcile: the scope")

// Scope says what of the API a program should know.
type Scope struct {
	// From and To bound when something happened, was created or was booked: what the API lists from From on and before
	// To is held against what the program knows. What the program gives is compared whatever its age. From is required;
	// have it as long ago as the longest outage. A zero To is the moment of the run.
	From, To time.Time
	// Customers and Pockets are those whose payments are compared: at least one of them if there are Beliefs.Payments.
	// A call per list is made for each of them, so name a customer rather than all of its pockets.
	Customers []uuid.UUID
	Pockets   []uuid.UUID
	// Payments are the objects that the program keeps records of, of ObjectOnUs, ObjectACH and ObjectWire. None means
	// all three.
	Payments []Object
	// Ours, if it is not nil, says of a payment that the program gives no record of whether it should have one:
	// incoming wires, say, or only what has a reference.
	Ours func(*ListedPayment) bool
	// Subscriptions are those that the program receives. None means all events, also those that nobody subscribed to.
	Subscriptions []uuid.UUID
	// EventTypes are those that the program handles. None means all.
	EventTypes []partner.EventType
}

// check fails if nothing can be compared.
func (s *Scope) check(payments bool) error {
	no := func(text string, values ...any) error {
		return fmt.Errorf("%w "+text, append([]any{ErrScope}, values...)...)
	}
	switch {
	case s.From.IsZero():
		return no("has no From")
	case !s.To.IsZero() && !s.From.Before(s.To):
		return no("ends before it begins: From is not before To")
	case payments && len(s.Customers)+len(s.Pockets) == 0:
		return no("names neither Customers nor Pockets, whose payments are to be compared")
	case slices.Contains(s.Customers, uuid.Nil), slices.Contains(s.Pockets, uuid.Nil),
		slices.Contains(s.Subscriptions, uuid.Nil):
		return no("names the Nil UUID, which is nobody's")
	}
	for _, object := range s.Payments {
		if !isPayment(object) {
			return no("has Payments of a kind that there is not: %q", object)
		}
	}
	return nil
}

func isPayment(o Object) bool { return slices.Contains(payments, o) }

// has reports whether payments of a kind are compared.
func (s *Scope) has(o Object) bool { return len(s.Payments) == 0 || slices.Contains(s.Payments, o) }

// hears reports whether events of a type are compared.
func (s *Scope) hears(kind partner.EventType) bool {
	return len(s.EventTypes) == 0 || slices.Contains(s.EventTypes, kind)
}
