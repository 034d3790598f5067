package bank

import (
	"context"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// room is how many cents more the bank has room for.
func (w *world) room(t tester) (cents int64) {
	t.Helper()
	w.look(t, func(x *Tx) { cents = x.room() })
	return cents
}

// leaveRoom has the world pay itself so much that the bank has room for about so many cents.
func (w *world) leaveRoom(t tester, cents int64) {
	t.Helper()
	w.do(t, func(x *Tx) error {
		// Of these accounts and of such an event no record says how many cents they are.
		from, to := ledger.Account{Kind: ledger.Provider}, ledger.Account{Kind: ledger.Fees}
		for step := int64(1) << 62; step > 0; step /= 2 { // The room shrinks by less than what is paid.
			outside, _ := x.ledger.World()
			if outside+step < 0 {
				continue
			}
			if err := x.post("buy", w.first, ledger.Posting{Account: from, Cents: -step},
				ledger.Posting{Account: to, Cents: step}); err != nil {
				return err
			}
			if x.room() < cents {
				if err := x.post("buy", w.first, ledger.Posting{Account: from, Cents: step},
					ledger.Posting{Account: to, Cents: -step}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Whatever comes from outside, what the bank has no room for is refused to the cent, and moves nothing.
func TestTheBankTakesInWhatItHasRoomFor(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*testing.T, *world, int64) bool{
		"a deposit": func(t *testing.T, w *world, cents int64) bool {
			err := w.try(t, func(x *Tx) error { return x.Fund(w.first, cents, "Employer") })
			if err != nil {
				refusedAt(t, err, "body", "amount_usdc")
			}
			return err == nil
		},
		"a wire": func(t *testing.T, w *world, cents int64) (taken bool) {
			w.do(t, func(x *Tx) error {
				in, err := x.ReceiveWire(WireIn{Pocket: w.first, Cents: cents})
				taken = err == nil && in.Status == WireSuccess
				if err == nil && !taken && in.Reason != ReasonInvalidTransfer {
					t.Errorf("the wire is %+v", in)
				}
				return err
			})
			return taken
		},
		"a funding": func(t *testing.T, w *world, cents int64) (taken bool) {
			w.do(t, func(x *Tx) error {
				in, err := x.CreateTransfer(TransferOrder{Type: Funding, From: w.PartnerAccount(), To: w.first,
					Cents: cents})
				taken = err == nil && in.Status == TransferCompleted
				if err == nil && !taken && in.Reason != ReasonInvalidTransfer {
					t.Errorf("the transfer is %+v", in)
				}
				return err
			})
			return taken
		},
		"an ACH debit": func(t *testing.T, w *world, cents int64) bool {
			id := w.originate(t, ACHDebit, cents)
			w.until(t, "2026-07-17 18:00")
			o := w.origination(t, id)
			if o.Status != OriginationProcessed && o.Reason != ReasonInvalidTransfer {
				t.Errorf("the origination is %+v", o)
			}
			return o.Status == OriginationProcessed
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, more := range []int64{0, 1} {
				w := openAt(t, "2026-07-15 09:00", 0)
				w.leaveRoom(t, 5_000)
				room := w.room(t)
				if room < 5_000 || room > 6_000 {
					t.Fatalf("there is room for %d cents", room)
				}
				if taken := take(t, w, room+more); taken != (more == 0) {
					t.Errorf("of %d cents more than there is room for, taken: %t", more, taken)
				}
				if more == 0 {
					w.expect(t, room, 0, 0)
				} else {
					w.expect(t, 0, 0, 0)
				}
			}
		})
	}
}

// What was sent by ACH and comes back needs room again. The provider keeps what there is none for.
func TestWhatComesBackNeedsRoom(t *testing.T) {
	t.Parallel()
	for name, room := range map[string]int64{"there is room": 2_000, "there is none": 0} {
		w := openAt(t, "2026-07-15 09:00", 1_500)
		id := w.originate(t, ACHCredit, 1_500)
		w.until(t, "2026-07-17 18:00")
		w.leaveRoom(t, room)
		before := w.balance(t, ledger.Provider)
		w.do(t, func(x *Tx) error {
			if room == 0 {
				if err := x.Fund(w.second, x.room(), "Employer"); err != nil {
					return err
				}
			}
			return x.DecideAbout(id, Fate{Return: "R03"})
		})
		want := int64(1_500)
		if room == 0 {
			want = 0
		}
		if has := w.has(t); has[0] != want {
			t.Errorf("%s: it has %d cents; want %d", name, has[0], want)
		}
		if kept := w.balance(t, ledger.Provider) - before; kept != 1_500-want {
			t.Errorf("%s: the provider keeps %d cents", name, kept)
		}
	}
}

// A bank that is full goes on to the end of its clock without a fault: everything falls due, and is paid out again.
func TestAFullBankGoesOnEarning(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2060-01-05 10:00", 0)
	w.do(t, func(x *Tx) error {
		for range 10_000 {
			p, err := x.CreatePocket(w.customer, "Savings", "UST-52W", nil)
			if err != nil {
				return err
			}
			if x.room() < ledger.MaxCents {
				return nil
			}
			if err := x.Fund(p.ID, ledger.MaxCents, "Employer"); err != nil {
				return err
			}
		}
		t.Error("it is never full")
		return nil
	})
	if err := w.SetClock(context.Background(), moment(t, "2100-12-30 10:00")); err != nil {
		t.Fatal(err)
	}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	if got := -w.balance(t, ledger.Market); got < 1e18 {
		t.Errorf("the market has paid %d cents", got)
	}
}
