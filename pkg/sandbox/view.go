package sandbox

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// MaxPage is how many entries a part of the ledger, or of the events, has at most.
const MaxPage = 1000

func pageSize(limit int) int {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}

// LedgerQuery says which part of the ledger somebody wants to see. Its zero value is the beginning.
type LedgerQuery struct {
	// Pocket leaves out what has not moved money of that pocket, unless it is the Nil UUID.
	Pocket uuid.UUID
	// Reference leaves out what does not belong to it, unless it is the Nil UUID: the id of a transfer, a wire, an
	// origination, a payment with a card or a trade.
	Reference uuid.UUID
	// After leaves out the events up to a Number; Ledger.Next is the one for the next page.
	After int
	// Limit is how many events there are at most, up to MaxPage; 0 means MaxPage.
	Limit int
}

// Ledger is a part of the ledger, oldest first.
type Ledger struct {
	// Balances are what the accounts of the pocket have, in cents, if the query names one: bank, brokerage, bills (at
	// cost), and transit, which is what its customer has sent and has not left the bank yet.
	Balances map[string]int64 `json:"balances,omitempty"`
	// AddsUp says that the postings of each event make zero, and that those of each account of the pocket make every
	// balance that they left, and the one that there is.
	AddsUp bool `json:"adds_up"`
	// Count is how many events the query has, on this page and on all others.
	Count int `json:"count"`
	// Next is what the next page is After, or 0 if this is the last.
	Next   int           `json:"next,omitempty"`
	Events []LedgerEvent `json:"events"`
}

// LedgerEvent is something that moved money.
type LedgerEvent struct {
	// Number counts the events of the ledger, from 1.
	Number int       `json:"number"`
	ID     uuid.UUID `json:"id"`
	// Time is by the sandbox's clock.
	Time time.Time `json:"time"`
	// Kind says in a word what happened, and Reference what it belongs to.
	Kind      string          `json:"kind"`
	Reference uuid.UUID       `json:"reference,omitzero"`
	Postings  []LedgerPosting `json:"postings"`
}

// LedgerPosting adds cents to an account, or takes them away if they are negative. Balance is what it has afterwards.
type LedgerPosting struct {
	// Account is a kind and, behind a colon, the id of the pocket, or for transit of the customer, that it belongs to;
	// those of the world, such as fed_ach and market, belong to nobody.
	Account string `json:"account"`
	Cents   int64  `json:"cents"`
	Balance int64  `json:"balance"`
}

// Ledger returns a part of the ledger, by which money moves in the sandbox: of a pocket, or of something by its
// reference, which may have moved money twice, once or not at all. It looks at all events. It fails with ErrNotFound if
// there is no such pocket.
func (s *Sandbox) Ledger(ctx context.Context, q LedgerQuery) (out Ledger, err error) {
	err = s.bank.Look(ctx, func(t *bank.Tx) error {
		page, err := t.Ledger(bank.LedgerQuery{Pocket: q.Pocket, Reference: q.Reference, After: q.After,
			Limit: pageSize(q.Limit)})
		if err != nil {
			return err
		}
		out = Ledger{AddsUp: page.AddsUp, Count: page.Count, Next: page.Next, Events: []LedgerEvent{}}
		if q.Pocket != uuid.Nil {
			out.Balances = map[string]int64{}
			for account, cents := range page.Balances {
				out.Balances[account.Kind.String()] = cents
			}
		}
		for _, e := range page.Events {
			out.Events = append(out.Events, LedgerEvent{Number: e.Number, ID: e.ID, Time: e.Time, Kind: e.Kind,
				Reference: e.Reference, Postings: postings(e.Postings)})
		}
		return nil
	})
	if err != nil {
		return Ledger{}, outward(err)
	}
	return out, nil
}

func postings(all []ledger.Posting) (shown []LedgerPosting) {
	for _, p := range all {
		shown = append(shown, LedgerPosting{Account: p.Account.String(), Cents: p.Cents, Balance: p.Balance})
	}
	return shown
}

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

// State is what a sandbox is at a moment.
type State struct {
	// Hash is the StateHash, in hexadecimal.
	Hash string `json:"hash"`
	// Time is what the clock shows, and Frozen says that it stands still.
	Time   time.Time `json:"time"`
	Frozen bool      `json:"frozen"`
	Seed   uint64    `json:"seed"`
	// Records is how many there are of each kind.
	Records map[string]int `json:"records"`
}

// State returns what the sandbox is. It fails as StateHash does.
func (s *Sandbox) State() (State, error) {
	hash, err := s.bank.Hash()
	if err != nil {
		return State{}, err
	}
	return State{Hash: hex.EncodeToString(hash[:]), Time: s.bank.Time(), Frozen: s.bank.Frozen(), Seed: s.bank.Seed(),
		Records: s.bank.Count()}, nil
}

// Check adds everything up again, as Verify does, which takes the longer the more there is. It fails with all that is
// wrong.
func (s *Sandbox) Check() error { return s.bank.Check() }

// Decision is what somebody decides about something that is there, in the place of the bank. docs/rules.md has what can
// become of what.
type Decision struct {
	// State is what it is to become, as the contract has it, such as REJECTED.
	State string `json:"state,omitempty"`
	// Reason says why, as the contract has it, if it has one.
	Reason string `json:"reason,omitempty"`
	// Return is the code with which an ACH entry comes back, and Correction that of the change that is asked for.
	Return     string `json:"return,omitempty"`
	Correction string `json:"correction,omitempty"`
	// Hold has it wait where it is until somebody decides.
	Hold bool `json:"hold,omitempty"`
	// Documents are the types of those that an application is asked for which becomes DOCUMENTS_NEEDED.
	Documents []string `json:"documents,omitempty"`
}

var (
	// ErrNotFound is wrapped by the errors of what asks for something that is not there.
	ErrNotFound = errors.New("sandbox: there is no such thing")
	// ErrRefused is wrapped by the errors of what the bank refuses to do, which then has not happened: a decision about
	// what is over, a wire of nothing, a clock that would go back.
	ErrRefused = errors.New("sandbox: refused")
)

// outward is an error of the bank as a program can know it.
func outward(err error) error {
	one := (*bank.Refusal)(nil)
	switch {
	case !errors.As(err, &one):
		return err
	case one.Kind == bank.NotFound:
		return ErrNotFound
	case len(one.Location) == 0:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrRefused, strings.Join(one.Location, "."), err)
}

// Decide has a decision take effect now on what has an id: an application, a document, a customer, a pocket, a
// transfer, an origination, a wire, a counterparty, a card, its order, a payment with it, or a report. It fails, and
// nothing has happened, with ErrNotFound, and with ErrRefused if that cannot become of it.
func (s *Sandbox) Decide(ctx context.Context, id uuid.UUID, d Decision) error {
	do := Do{State: d.State, Reason: d.Reason, Return: d.Return, Correction: d.Correction, Hold: d.Hold,
		Documents: d.Documents}
	return s.change(ctx, func(t *bank.Tx) error { return t.DecideAbout(id, *do.fate()) })
}

// SettleNow takes what has an id, and is under way, to its good end now, at the time that the clock shows: a payment is
// settled, an application approved. It fails, and nothing has happened, with ErrNotFound, and with ErrRefused if it is
// not under way.
func (s *Sandbox) SettleNow(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, func(t *bank.Tx) error { return t.SettleNow(id) })
}

func (s *Sandbox) change(ctx context.Context, f func(*bank.Tx) error) error {
	return outward(s.bank.Do(ctx, f))
}
