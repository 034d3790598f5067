package bank

import (
	"testing"

	"github.com/google/uuid"
)

// What a caller has learned from one sandbox is what the next one of the same seed is about to make.
func TestAnIDThatACallerHasTakenIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*world, *Tx, uuid.UUID) error{
		"an event": func(_ *world, x *Tx, id uuid.UUID) error {
			return x.TriggerEvent(Event{ID: id, Type: "card.status.open", Time: x.Now(), Payload: []byte(`{}`)})
		},
		"a transfer": func(w *world, x *Tx, id uuid.UUID) error {
			_, err := x.CreateTransfer(TransferOrder{ID: id, Type: Reallocation, From: w.first, To: w.second, Cents: 1})
			return err
		},
		"a wire": func(w *world, x *Tx, id uuid.UUID) error {
			cents := int64(1)
			_, err := x.CreateWire(WireOrder{ID: id, Pocket: w.first, Counterparty: w.wire, Cents: &cents})
			return err
		},
		"a business": func(_ *world, x *Tx, id uuid.UUID) error {
			_, err := x.CreateBusinessApplication(id, []byte(`{}`))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, "2026-01-05 10:00", 1_000_000)
			defer w.close(t)
			w.do(t, func(x *Tx) error {
				before := x.db.Drawn()
				if err := take(w, x, uuid.New()); err != nil {
					return err
				}
				// What takes them draws numbers itself. Taken is what will be drawn after that.
				const taken = 100
				last := x.db.Drawn() + taken*(x.db.Drawn()-before)
				for n := range uint64(taken) {
					if err := take(w, x, x.idOf(last+n+1)); err != nil {
						return err
					}
				}
				if drawn := x.db.Drawn(); drawn != last {
					t.Errorf("%d numbers are drawn; want %d", drawn, last)
				}
				return nil
			})
			cents := int64(100)
			for range 5 {
				w.do(t, func(x *Tx) error {
					if _, err := x.CreateTransfer(TransferOrder{Type: Reallocation, From: w.first, To: w.second,
						Cents: cents}); err != nil {
						return err
					}
					if _, err := x.CreateBusinessApplication(uuid.Nil, []byte(`{}`)); err != nil {
						return err
					}
					x.addCustomer(&Customer{Type: Business, Name: "Acme"})
					_, err := x.CreateWire(WireOrder{Pocket: w.first, Counterparty: w.wire, Cents: &cents})
					return err
				})
			}
			w.until(t, "2026-01-08 10:00")
		})
	}
}
