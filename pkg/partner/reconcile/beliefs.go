package reconcile

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
)

// Beliefs are what a program knows. Give what is of the scope, and nothing else: what the API does not list there is
// missing. Whatever is older than Scope.From and not final yet belongs to it as well. Each is read once, to its end,
// before anything is asked of the API; its error ends the run.
type Beliefs struct {
	// Events are those that the program received. Nil means that events are not compared; an empty sequence, as of
	// Values, that it received none.
	Events iter.Seq2[Event, error]
	// Payments are the program's records. Nil means that payments are not compared.
	Payments iter.Seq2[Payment, error]
}

// Values is a sequence of what is in memory.
func Values[T any](values ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// ErrBeliefs is wrapped by the errors of Beliefs that cannot be compared.
var ErrBeliefs = errors.New("reconcile: what the program believes")

// readEvents reads the events, each once: those of one id are added up.
func (b *Beliefs) readEvents(ctx context.Context, scope *Scope) (map[uuid.UUID]*believedEvent, error) {
	all := map[uuid.UUID]*believedEvent{}
	at := 0
	for e, err := range b.Events {
		at++
		problem := ""
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w, event %d: %w", ErrBeliefs, at, err)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case e.ID == uuid.Nil:
			problem = "has no ID"
		case e.Timestamp.IsZero():
			problem = "has no Timestamp"
		case e.Handled < 0:
			problem = "was handled less often than never"
		case e.Type != "" && !scope.hears(e.Type):
			problem = "is of a type that is not in the scope's EventTypes"
		}
		if problem != "" {
			return nil, fmt.Errorf("%w, event %d (%s): it %s", ErrBeliefs, at, e.ID, problem)
		}
		known := all[e.ID]
		if known == nil {
			all[e.ID] = &believedEvent{Event: e}
			continue
		}
		known.Handled += e.Handled
		known.Reviewed = known.Reviewed || e.Reviewed
		if known.Received.IsZero() || !e.Received.IsZero() && e.Received.Before(known.Received) {
			known.Received = e.Received
		}
	}
	return all, nil
}

// readPayments reads the payments.
func (b *Beliefs) readPayments(ctx context.Context, scope *Scope) ([]*believedPayment, error) {
	var all []*believedPayment
	for p, err := range b.Payments {
		at := len(all) + 1
		problem := ""
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w, payment %d: %w", ErrBeliefs, at, err)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !isPayment(p.Object):
			problem = "has an Object that is no payment"
		case !scope.has(p.Object):
			problem = "is of a kind that is not in the scope's Payments"
		case p.ID == uuid.Nil && p.Reference == "":
			problem = "has neither an ID nor a Reference"
		case len(scope.Customers) == 0 && p.Pocket != uuid.Nil && !slices.Contains(scope.Pockets, p.Pocket):
			problem = "is of a Pocket that is not in the scope"
		case p.Created.IsZero():
			problem = "has no Created"
		case p.Cents < 0:
			problem = "is of less than nothing: the Direction says which way money goes"
		case p.Direction != "" && p.Direction != DirectionIn && p.Direction != DirectionOut:
			problem = "has a Direction that there is not"
		case p.State != "" && p.State != StateOpen && p.State != StateDone && p.State != StateFailed &&
			p.State != StateUnknown:
			problem = "has a State that there is not"
		}
		if problem != "" {
			return nil, fmt.Errorf("%w, payment %d (%s): it %s", ErrBeliefs, at, p.ID, problem)
		}
		all = append(all, &believedPayment{Payment: p})
	}
	return all, nil
}
