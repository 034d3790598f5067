package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

func (w *world) swipe(t testing.TB, card uuid.UUID, cents int64) {
	t.Helper()
	if err := w.Sandbox.SwipeCard(t.Context(), nil,
		partnerapi.CardSwipeRequest{CardID: card, AmountUSDC: cents}); err != nil {
		t.Fatal(err)
	}
}

// payments are the transactions of a card, oldest first.
func (w *world) payments(t testing.TB, pocket, card uuid.UUID) []partnerapi.CardTransaction {
	t.Helper()
	var all []partnerapi.CardTransaction
	for x, err := range w.Transactions.AllForPocket(t.Context(), pocket, &partnerapi.ListPocketTransactionsParams{
		FilterCard: []uuid.UUID{card}, Order: ptr(partnerapi.OrderAsc)}) {
		if err != nil {
			t.Fatal(err)
		}
		value, err := x.Value()
		payment, ok := value.(partnerapi.CardTransaction)
		if err != nil || !ok {
			t.Fatalf("a payment is a %T, %v", value, err)
		}
		all = append(all, payment)
	}
	return all
}

func TestWhatACardPays(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 4_999_999, 100)
	id := w.virtualCard(t, pockets[0])
	for _, c := range []struct {
		name     string
		status   partnerapi.SettableCardStatus
		cents    int64
		approved bool
	}{
		{"what there is in cash", "OPEN", 1, true},
		{"what T-bills are sold for", "OPEN", 1_234_567, true},
		{"nothing if it is locked", "LOCKED", 1, false},
		{"nothing if it is too much", "OPEN", 3_765_432, false},
		{"nothing if it is very much too much", "OPEN", 1<<63 - 1, false},
		{"the last cent", "OPEN", 3_765_431, true},
		{"not a cent more", "OPEN", 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := w.setStatus(t, pockets[0], id, c.status); err != nil {
				t.Fatal(err)
			}
			had, before := w.value(t, pockets[0]), len(w.payments(t, pockets[0], id))
			w.swipe(t, id, c.cents)
			payments := w.payments(t, pockets[0], id)
			if !c.approved {
				if len(payments) != before || w.value(t, pockets[0]) != had {
					t.Errorf("something was paid: %s", encode(t, payments))
				}
				return
			}
			w.expect(t, pockets, had-c.cents, 100)
			last := payments[len(payments)-1]
			if len(payments) != before+1 || last.Amount.Value != c.cents || *last.CardID != id ||
				last.Direction != partnerapi.TransactionDirectionDebit ||
				last.Status != partnerapi.BookingStatusBooked || last.TimeSettled != nil ||
				*last.Counterparty == "" || *last.MerchantType == "" || *last.TerminalID == "" ||
				last.Location.City != "Berkeley" {
				t.Errorf("the payment is %s", encode(t, last))
			}
		})
	}

	// What is on hold is neither paid nor free.
	if _, err := w.bank.Balances(); err != nil {
		t.Error(err)
	}
	// Closing the card gives it back.
	if err := w.Cards.Close(t.Context(), pockets[0], id, cardClosure("CANCELED")); err != nil {
		t.Fatal(err)
	}
	w.expect(t, pockets, 4_999_999, 100)
	payments := w.payments(t, pockets[0], id)
	var sum int64
	for _, p := range payments {
		if p.Status != partnerapi.BookingStatusSettled {
			t.Errorf("not settled: %s", encode(t, p))
		}
		if p.Direction == partnerapi.TransactionDirectionDebit {
			sum -= p.Amount.Value
		} else {
			sum += p.Amount.Value
		}
	}
	if len(payments) != 6 || sum != 0 {
		t.Errorf("three payments and three reversals make %d: %s", sum, encode(t, payments))
	}
	w.swipe(t, id, 1) // The answer is the same; the closed card pays nothing.
	w.expect(t, pockets, 4_999_999, 100)
}

func TestWhatACardHasOnHoldOutlivesItsPocket(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 20_000, 100)
	id := w.virtualCard(t, pockets[0])
	w.swipe(t, id, 20_000)
	refuseClosing := func() {
		request, err := partnerapi.NewUpdateCustomerRequest(partnerapi.CloseCustomerAccount{
			AccountStatus: partnerapi.CloseCustomerAccountAccountStatusClosed})
		if err == nil {
			_, err = w.Customers.Update(t.Context(), customer, request)
		}
		refused(t, err, http.StatusUnprocessableEntity, "body.account_status")
	}
	refuseClosing()
	w.closePocket(t, customer, pockets[0])
	w.expect(t, pockets, 0, 20_100)
	if p := w.payments(t, pockets[1], id); len(p) != 1 || p[0].Direction != partnerapi.TransactionDirectionCredit {
		t.Errorf("the other pocket has %s", encode(t, p))
	}
	refuseClosing()
}

func TestWhichCardsAreSwiped(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100)
	plastic := w.physicalCard(t, pockets[0])
	for _, id := range []uuid.UUID{plastic, uuid.New(), pockets[0], uuid.Nil} {
		refused(t, w.Sandbox.SwipeCard(t.Context(), nil, partnerapi.CardSwipeRequest{CardID: id, AmountUSDC: 1}),
			http.StatusUnprocessableEntity, "body.card_id")
	}
	id := w.virtualCard(t, pockets[0])
	for _, cents := range []int64{0, -1} {
		a := w.raw(t, uuid.NewString(), http.MethodPost, "/api/v1/sandbox/card-swipe/",
			encode(t, partnerapi.CardSwipeRequest{CardID: id, AmountUSDC: cents}))
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%d cents: %d %s", cents, a.status, a.body)
		}
	}
	w.expect(t, pockets, 100)
}

// It begins on a Tuesday.
func (w *world) paymentByTheClock(t *testing.T) {
	_, pockets := w.pockets(t, 10_000)
	id := w.virtualCard(t, pockets[0])
	had, begun := w.value(t, pockets[0]), w.bank.Time()
	w.swipe(t, id, 1_234)
	if left := w.value(t, pockets[0]); left != had-1_234 {
		t.Errorf("%d cents are left of %d", left, had)
	}
	settles := ny(2031, 7, 16, 9, 0)
	w.set(t, settles.Add(-1))
	if p := w.payments(t, pockets[0], id); len(p) != 1 || p[0].Status != partnerapi.BookingStatusBooked {
		t.Errorf("before, it is %s", encode(t, p))
	}
	if err := w.bank.RunUntilQuiet(t.Context()); err != nil || !w.bank.Time().Equal(settles) {
		t.Errorf("quiet at %s, %v; want %s", w.bank.Time(), err, settles)
	}
	w.token = w.login(t)
	p := w.payments(t, pockets[0], id)
	if len(p) != 1 || p[0].Status != partnerapi.BookingStatusSettled || !p[0].TimeSettled.Equal(settles) ||
		!p[0].TimeBooked.Equal(begun) {
		t.Errorf("then it is %s", encode(t, p))
	}
	// What was paid does not come back when the card is closed.
	left := w.value(t, pockets[0])
	if err := w.Cards.Close(t.Context(), pockets[0], id, cardClosure("EXPIRED")); err != nil {
		t.Fatal(err)
	}
	w.expect(t, pockets, left)
}
