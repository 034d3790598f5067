package bank

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// world is a bank whose clock stands still, a customer of it and whom that can pay.
type world struct {
	*Bank
	customer uuid.UUID
	// first and second are pockets.
	first, second uuid.UUID
	ach, wire     uuid.UUID
}

// moment reads a time in New York.
func moment(t tester, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// openAt opens a bank at a time in New York. The first pocket has so many cents.
func openAt(t tester, at string, cents int64) *world {
	t.Helper()
	w := openOn(t, Config{Seed: 1, Clock: moment(t, at), CustomerUpdates: true})
	if cents != 0 {
		w.do(t, func(x *Tx) error { return x.Fund(w.first, cents, "Employer") })
	}
	return w
}

func openBank(t tester, config Config) *Bank {
	t.Helper()
	b, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) close(t tester) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// openOn opens a bank that is empty so far.
func openOn(t tester, config Config) *world {
	t.Helper()
	w := &world{Bank: openBank(t, config)}
	w.do(t, func(x *Tx) error {
		c := &Customer{Type: Business, Name: "Acme"}
		x.addCustomer(c)
		w.customer = c.ID
		for _, id := range []*uuid.UUID{&w.first, &w.second} {
			p, err := x.CreatePocket(c.ID, "Operating", "UST-4W", nil)
			if err != nil {
				return err
			}
			*id = p.ID
		}
		w.ach = x.AddVerified(c.ID, CounterpartyACH, "Jane Doe").ID
		w.wire = x.AddVerified(c.ID, CounterpartyWire, "Jane Doe").ID
		return nil
	})
	return w
}

// try runs an operation and checks that the bank does not contradict itself.
func (w *world) try(t tester, f func(*Tx) error) error {
	t.Helper()
	err := w.Do(context.Background(), f)
	if wrong := w.Check(); wrong != nil {
		t.Fatal(wrong)
	}
	return err
}

func (w *world) do(t tester, f func(*Tx) error) {
	t.Helper()
	if err := w.try(t, f); err != nil {
		t.Fatal(err)
	}
}

// until moves the clock to a time in New York.
func (w *world) until(t tester, at string) {
	t.Helper()
	if err := w.SetClock(context.Background(), moment(t, at)); err != nil {
		t.Fatal(err)
	}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
}

// originate starts a transfer over ACH with the first pocket, with changes.
func (w *world) originate(t tester, direction ACHDirection, cents int64, change ...func(*OriginationOrder)) uuid.UUID {
	t.Helper()
	order := OriginationOrder{Pocket: w.first, Counterparty: w.ach, Direction: direction, Cents: cents}
	for _, c := range change {
		c(&order)
	}
	var id uuid.UUID
	w.do(t, func(x *Tx) error {
		o, err := x.CreateOrigination(order)
		if err == nil {
			id = o.ID
		}
		return err
	})
	return id
}

// sendWire sends a wire from the first pocket.
func (w *world) sendWire(t tester, cents int64) uuid.UUID {
	t.Helper()
	id := uuid.New()
	w.do(t, func(x *Tx) error {
		_, err := x.CreateWire(WireOrder{ID: id, Pocket: w.first, Counterparty: w.wire, Cents: &cents})
		return err
	})
	return id
}

// look reads.
func (w *world) look(t tester, f func(*Tx)) {
	t.Helper()
	if err := w.Look(context.Background(), func(x *Tx) error { f(x); return nil }); err != nil {
		t.Fatal(err)
	}
}

func (w *world) origination(t tester, id uuid.UUID) (o *Origination) {
	t.Helper()
	w.look(t, func(x *Tx) { o = x.originations.Get(id) })
	return o
}

func (w *world) wireOf(t tester, id uuid.UUID) (found *Wire) {
	t.Helper()
	w.look(t, func(x *Tx) { found = x.wires.Get(id) })
	return found
}

// has is what pockets are worth, and what is in transit behind them.
func (w *world) has(t tester) (cents [3]int64) {
	t.Helper()
	w.look(t, func(x *Tx) { cents = [3]int64{x.Total(w.first), x.Total(w.second), x.Transit(w.customer)} })
	return cents
}

// expect checks what both pockets are worth, and what is in transit.
func (w *world) expect(t tester, cents ...int64) {
	t.Helper()
	if has := w.has(t); !slices.Equal(has[:], cents) {
		t.Fatalf("the pockets and what is in transit have %v; want %v", has, cents)
	}
}

// told returns the types of the events so far, oldest first.
func (w *world) told(t tester) (types []string) {
	t.Helper()
	w.look(t, func(x *Tx) {
		x.events.All().Each(func(e *Event) bool {
			var payload map[string]uuid.UUID
			if err := json.Unmarshal(e.Payload, &payload); err != nil || e.CustomerID != w.customer ||
				payload["jiko_account_id"] != w.first {
				t.Fatalf("an event is %+v, %s", e, e.Payload)
			}
			types = append(types, e.Type)
			return true
		})
	})
	return types
}

// booked returns the transactions of a pocket that are no sweeps, oldest first.
func (w *world) booked(t tester, pocket uuid.UUID) (all []Transaction) {
	t.Helper()
	w.look(t, func(x *Tx) {
		x.transactionsBySide.Of(side{pocket, false}).Each(func(x *Transaction) bool {
			all = append(all, *x)
			return true
		})
	})
	return all
}

func (w *world) balance(t tester, kind ledger.Kind) (cents int64) {
	t.Helper()
	w.look(t, func(x *Tx) { cents = x.ledger.Balance(ledger.Account{Kind: kind}) })
	return cents
}

// refusedAt checks that an error is a refusal at a place.
func refusedAt(t *testing.T, err error, place ...string) {
	t.Helper()
	r, ok := err.(*Refusal) //nolint:errorlint // The bank returns it as it is.
	if !ok || !slices.Equal(r.Location, place) {
		t.Errorf("%v; want a refusal at %v", err, place)
	}
}
