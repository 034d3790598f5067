package bank

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// pay has the sandbox swipe a card of the first pocket.
func (w *world) pay(t tester, card uuid.UUID, cents int64) {
	t.Helper()
	w.do(t, func(x *Tx) error { return x.Swipe(card, cents) })
}

// outcomes are what has become of the payments so far, oldest first.
func (w *world) outcomes(t tester) (all []string) {
	t.Helper()
	w.look(t, func(x *Tx) {
		x.swipes.All().Each(func(s *Swipe) bool { all = append(all, string(s.Status)+s.Reason); return true })
	})
	return all
}

// A Friday. What is paid then settles on Monday; what is paid on Sunday does, too.
func TestAPaymentIsOnHoldUntilItSettles(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-17 10:00", 100_000)
	id := w.newCard(t, 1)
	w.pay(t, id, 60_000)
	w.expect(t, 40_000, 0, 60_000)
	w.until(t, "2026-07-19 12:00")
	w.pay(t, id, 1)
	w.until(t, "2026-07-20 08:59")
	has := w.has(t)
	if has[2] != 60_001 || w.balance(t, ledger.Cards) != 0 {
		t.Errorf("before, %d cents are on hold, and %d paid", has[2], w.balance(t, ledger.Cards))
	}
	w.until(t, "2026-07-20 09:00")
	if w.has(t)[2] != 0 || w.balance(t, ledger.Cards) != 60_001 {
		t.Errorf("then %d cents are on hold, and %d paid", w.has(t)[2], w.balance(t, ledger.Cards))
	}
	if got, want := w.outcomes(t), []string{"SETTLED", "SETTLED"}; !slices.Equal(got, want) {
		t.Errorf("the payments are %q; want %q", got, want)
	}
	want := []string{"status.open OPEN", "transaction.approved 60000", "transaction.approved 1"}
	if got := w.toldOfCards(t); !slices.Equal(got, want) {
		t.Errorf("told of %q; want %q", got, want)
	}
}

func TestWhyAPaymentIsDeclined(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		prepare func(x *Tx, w *world, card uuid.UUID)
		cents   int64
		want    string
	}{
		{"nothing stands in its way", nil, 100, "HELD"},
		{"there is a cent too little", nil, 101, "DECLINED" + DeclinedFunds},
		{"the card is locked", func(x *Tx, w *world, card uuid.UUID) {
			status := CardLocked
			_, err := x.SetCardStatus(w.first, card, CardChange{Status: &status})
			x.must(err)
		}, 1, "DECLINED" + DeclinedCard},
		{"the pocket is frozen", func(x *Tx, w *world, _ uuid.UUID) {
			p := *x.pockets.Get(w.first)
			p.Status = PocketFrozen
			x.pockets.Update(x.tx, &p)
		}, 1, "DECLINED" + DeclinedAccount},
		{"too much is in transit", func(x *Tx, w *world, _ uuid.UUID) {
			const most = ledger.MaxCents
			x.must(x.Fund(w.second, most, "Employer"))
			c, _, err := x.CreateVirtualCard(w.second, publicKey(2))
			x.must(err)
			x.must(x.Swipe(c.ID, most))
		}, 1, "DECLINED" + DeclinedAmount},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, "2026-07-15 10:00", 100)
			id := w.newCard(t, 1)
			if c.prepare != nil {
				w.do(t, func(x *Tx) error { c.prepare(x, w, id); return nil })
			}
			before := w.has(t)
			w.pay(t, id, c.cents)
			if got := w.outcomes(t); got[len(got)-1] != c.want {
				t.Fatalf("it is %q; want %s", got, c.want)
			}
			if c.want != "HELD" && w.has(t) != before {
				t.Errorf("the pockets have %v; want %v", w.has(t), before)
			}
		})
	}
}

// Closing a card gives back what is on hold, and leaves what is paid.
func TestAPaymentIsReversedWithItsCard(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 10:00", 100_000)
	id, other := w.newCard(t, 1), w.newCard(t, 2)
	w.pay(t, id, 10_000)
	w.until(t, "2026-07-16 09:00")
	for _, cents := range []int64{20_000, 300} {
		w.pay(t, id, cents)
	}
	w.pay(t, other, 4_000)
	had := w.has(t)
	w.do(t, func(x *Tx) error {
		today := x.today()
		return x.CloseCard(w.first, id, CardClosure{Reason: CardStolen, Missing: &today})
	})
	w.expect(t, had[0]+20_300, 0, 4_000)
	if got, want := w.outcomes(t), []string{"SETTLED", "REVERSED", "REVERSED", "HELD"}; !slices.Equal(got, want) {
		t.Errorf("the payments are %q; want %q", got, want)
	}
	want := []string{"transaction.reversed 20000", "transaction.reversed 300", "status.closed CLOSED"}
	if got := w.toldOfCards(t); !slices.Equal(got[len(got)-3:], want) {
		t.Errorf("told of %q; want %q", got, want)
	}
	for _, x := range w.booked(t, w.first)[1:] {
		if x.Kind != KindCard || x.Settled(w.Time()) != (x.Reference == id) {
			t.Errorf("a transaction is %+v", x)
		}
	}
	w.until(t, "2026-07-17 09:00")
	if w.balance(t, ledger.Cards) != 14_000 {
		t.Errorf("%d cents are paid", w.balance(t, ledger.Cards))
	}
}

// A pocket that has become full cannot take back what was on hold; it goes to another one of the customer.
func TestAFullPocketTakesNothingBack(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 10:00", 1_000)
	id := w.newCard(t, 1)
	w.pay(t, id, 500)
	w.do(t, func(x *Tx) error { return x.Fund(w.first, ledger.MaxCents-500, "Employer") })
	w.do(t, func(x *Tx) error { return x.CloseCard(w.first, id, CardClosure{Reason: CardCanceled}) })
	w.expect(t, ledger.MaxCents, 500, 0)
}
