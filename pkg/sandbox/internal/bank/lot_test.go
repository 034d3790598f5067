package bank

import (
	"testing"

	"github.com/google/uuid"
)

// send moves cents from the second pocket to the first.
func (w *world) send(t tester, cents int64) {
	t.Helper()
	w.do(t, func(x *Tx) error {
		_, err := x.CreateTransfer(TransferOrder{Type: Reallocation, From: w.second, To: w.first, Cents: cents})
		return err
	})
}

// Whatever else happens to a pocket, what comes by a transfer stays on its bank side until the end of the day, is cash
// on the brokerage side then, and T-bills on the next business day.
func TestWhatComesByATransferIsInvestedOnTheNextBusinessDay(t *testing.T) {
	t.Parallel()
	type sides struct{ bank, invested int64 }
	for _, c := range []struct {
		name string
		// more happens on Monday at 8:00, after 5,000 dollars have come, and leaves some of them there.
		more func(*testing.T, *world)
		left int64
		// invested is what is invested besides, at once, and early what is invested with it that came on Friday.
		invested, early int64
	}{
		{"and nothing else", func(*testing.T, *world) {}, 500_000, 0, 0},
		{"in two parts", func(t *testing.T, w *world) { w.send(t, 100_000) }, 600_000, 0, 0},
		{"and an ACH credit comes, which is invested at once", func(t *testing.T, w *world) {
			w.do(t, func(x *Tx) error { return x.Fund(w.first, 300_000, "Employer") })
		}, 500_000, 300_000, 100_000},
		{"and part of it goes by wire", func(t *testing.T, w *world) { w.sendWire(t, 200_000) }, 300_000, 0, 0},
		{"and part of it goes, and an ACH credit comes", func(t *testing.T, w *world) {
			w.sendWire(t, 200_000)
			w.do(t, func(x *Tx) error { return x.Fund(w.first, 300_000, "Employer") })
		}, 300_000, 300_000, 100_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, "2026-01-08 15:00", 0) // A Thursday.
			defer w.close(t)
			w.do(t, func(x *Tx) error { return x.Fund(w.second, 5_000_000, "Employer") })
			expect := func(at string, want sides) {
				t.Helper()
				w.until(t, at)
				got := w.sides(t, w.first)
				// Less than a T-bill's price, of the one buying or of the other, stays cash.
				if got.bank != want.bank || got.invested > want.invested || got.invested < want.invested-2*face {
					t.Errorf("at %s the bank side has %d and %d are in T-bills; want %d and about %d", at, got.bank,
						got.invested, want.bank, want.invested)
				}
			}
			w.until(t, "2026-01-09 15:00")
			w.send(t, 100_000)
			expect("2026-01-09 23:59", sides{100_000, 0})
			expect("2026-01-12 08:00", sides{0, 0})
			w.send(t, 500_000)
			c.more(t, w)
			expect("2026-01-12 08:59", sides{c.left, c.early + c.invested})
			expect("2026-01-12 09:30", sides{c.left, 100_000 + c.invested})
			expect("2026-01-12 23:59", sides{c.left, 100_000 + c.invested})
			expect("2026-01-13 08:59", sides{0, 100_000 + c.invested})
			expect("2026-01-13 09:01", sides{0, 100_000 + c.invested + c.left})
		})
	}
}

// sides returns what is on the bank side of a pocket, and what its T-bills have cost.
func (w *world) sides(t *testing.T, pocket uuid.UUID) (s struct{ bank, invested int64 }) {
	t.Helper()
	if err := w.Look(t.Context(), func(x *Tx) error {
		s.bank, s.invested = x.ledger.Balance(bankSide(pocket)), x.ledger.Balance(billsAtCost(pocket))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}
