package bank

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

func TestAWireLeavesAtFive(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, created, before, at string }{
		{"in the morning, the same day", "2026-07-15 09:00", "2026-07-15 16:59", "2026-07-15 17:00"},
		{"at five, the next day", "2026-07-15 17:00", "2026-07-16 16:59", "2026-07-16 17:00"},
		{"on a Saturday, on Monday", "2026-07-18 09:00", "2026-07-20 16:59", "2026-07-20 17:00"},
		{"on a holiday, the day after", "2026-11-11 09:00", "2026-11-12 16:59", "2026-11-12 17:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, c.created, 1000_00)
			id := w.sendWire(t, 400_00)
			w.expect(t, 600_00, 0, 400_00)
			w.until(t, c.before)
			if x := w.wireOf(t, id); x.Status != WireProcessing || x.ReferenceNumber != "" {
				t.Errorf("before it is %+v", x)
			}
			w.until(t, c.at)
			x := w.wireOf(t, id)
			if ok := regexp.MustCompile(`^2026\d{4}SANDBOX0\d{6}$`).MatchString(x.ReferenceNumber); !ok ||
				x.Status != WireSuccess {
				t.Errorf("then it is %+v", x)
			}
			out := w.booked(t, w.first)[1]
			if out.Kind != KindWire || out.Cents != -400_00 || out.Reference != id || out.Counterparty != "Jane Doe" ||
				!out.SettlesAt.Equal(moment(t, c.at)) || out.Details.ReferenceNumber != x.ReferenceNumber {
				t.Errorf("the transaction is %+v, %+v", out, out.Details)
			}
			if has := w.has(t); has[2] != 0 || w.balance(t, ledger.FedWire) != 400_00 {
				t.Errorf("in transit are %v", has)
			}
			want := []string{"transfers.wire.out.processing", "transfers.wire.out.success"}
			if got := w.told(t); !slices.Equal(got, want) {
				t.Errorf("events tell of %v; want %v", got, want)
			}
		})
	}
}

func TestTheMoneyOfARejectedWireComesBack(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 1000_00)
	id := w.sendWire(t, 400_00)
	w.do(t, func(x *Tx) error { return x.DecideAbout(id, Fate{State: "REJECTED", Reason: ReasonAccountUnavailable}) })
	w.expect(t, 1000_00, 0, 0)
	if x := w.wireOf(t, id); x.Status != WireRejected || x.Reason != ReasonAccountUnavailable ||
		x.ReturnID == uuid.Nil {
		t.Errorf("it is %+v", x)
	}
	want := []string{"transfers.wire.out.processing", "transfers.wire.out.rejected"}
	if got := w.told(t); !slices.Equal(got, want) {
		t.Errorf("events tell of %v; want %v", got, want)
	}
	refusedAt(t, w.try(t, func(x *Tx) error {
		return x.DecideAbout(id, Fate{State: "REJECTED", Reason: ReasonAccountUnavailable})
	}), "state")
	refusedAt(t, w.try(t, func(x *Tx) error {
		return x.DecideAbout(uuid.New(), Fate{State: "REJECTED", Reason: ReasonAccountUnavailable})
	}))
}

// What there is to pay out must do for the amount and the fee.
func TestAFeeForAWireComesOnTop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		has    int64
		status WireStatus
		booked []int64
		fees   int64
	}{
		{"the pocket has both", 425_00, WireProcessing, []int64{-400_00, -25_00}, 25_00},
		{"the pocket lacks a cent of it", 424_99, WireRejected, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, "2026-07-15 09:00", c.has)
			sent := &Wire{ID: uuid.New(), PocketID: w.first, CustomerID: w.customer, Direction: WireOutgoing,
				Status: WireProcessing, CounterpartyID: w.wire, Cents: 400_00, Fee: 25_00,
				NextAt: moment(t, "2026-07-15 17:00")}
			w.do(t, func(x *Tx) error {
				if err := x.send(x.pockets.Get(w.first), sent); err != nil {
					return err
				}
				x.wires.Insert(x.tx, sent)
				return nil
			})
			var booked []int64
			for _, x := range w.booked(t, w.first)[1:] {
				booked = append(booked, x.Cents)
			}
			if sent.Status != c.status || !slices.Equal(booked, c.booked) || w.balance(t, ledger.Fees) != c.fees {
				t.Errorf("it is %s and the pocket saw %v", sent.Status, booked)
			}
		})
	}
}

func TestAWireArrives(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-18 03:00", 0) // Whenever it does; nights and weekends are the network's business.
	var number string
	w.look(t, func(x *Tx) { number = x.pockets.Get(w.first).AccountNumber })
	for _, in := range []WireIn{
		{AccountNumber: number, Cents: 300_00, Sender: "Jane Doe", Description: "Invoice 1"},
		{Pocket: w.first, Cents: 100_00, Sender: "Jane Doe"},
	} {
		w.do(t, func(x *Tx) error { _, err := x.ReceiveWire(in); return err })
	}
	w.expect(t, 400_00, 0, 0)
	in := w.booked(t, w.first)[0]
	if in.Kind != KindWire || in.Cents != 300_00 || in.Description != "Invoice 1" || in.Counterparty != "Jane Doe" ||
		!in.Settled(in.Booked) || in.Details.ReferenceNumber == "" {
		t.Errorf("the transaction is %+v, %+v", in, in.Details)
	}
	if got := w.told(t); !slices.Equal(got, []string{"transfers.wire.in.success", "transfers.wire.in.success"}) {
		t.Errorf("events tell of %v", got)
	}
	for _, c := range []struct {
		in    WireIn
		place []string
	}{
		{WireIn{AccountNumber: "1", Cents: 1}, []string{"body", "account_number"}},
		{WireIn{Pocket: uuid.New(), Cents: 1}, nil},
		{WireIn{Pocket: w.first}, []string{"body", "amount_usdc"}},
		{WireIn{Pocket: w.first, Cents: maxWire + 1}, []string{"body", "amount_usdc"}},
	} {
		refusedAt(t, w.try(t, func(x *Tx) error { _, err := x.ReceiveWire(c.in); return err }), c.place...)
	}
}

func TestAWireToAClosedPocketGoesBack(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 0)
	closeFirst(t, w)
	var id uuid.UUID
	w.do(t, func(x *Tx) error {
		arrived, err := x.ReceiveWire(WireIn{Pocket: w.first, Cents: 1, Sender: "Jane Doe"})
		id = arrived.ID
		return err
	})
	if x := w.wireOf(t, id); x.Status != WireRejected || x.Reason != ReasonAccountUnavailable {
		t.Errorf("it is %+v", x)
	}
	w.expect(t, 0, 0, 0)
	if got := w.told(t); !slices.Equal(got, []string{"transfers.wire.in.rejected"}) {
		t.Errorf("events tell of %v", got)
	}
}

// What waits to leave is in no pocket, and the check misses it.
func TestTheCheckNoticesMoneyInTransitThatIsNobodys(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 1000_00)
	id := w.sendWire(t, 400_00)
	for name, spoil := range map[string]func(*Wire){
		"another amount":    func(x *Wire) { x.Cents++ },
		"a wire that left":  func(x *Wire) { x.Status, x.NextAt = WireSuccess, time.Time{} },
		"one without a day": func(x *Wire) { x.NextAt = time.Time{} },
		"no transaction":    func(x *Wire) { x.TransactionID = uuid.Nil },
	} {
		t.Run(name, func(t *testing.T) {
			right := w.wireOf(t, id)
			put := func(x *Wire) error {
				return w.Do(t.Context(), func(tx *Tx) error { tx.wires.Update(tx.tx, x); return nil })
			}
			wrong := *right
			spoil(&wrong)
			if err := put(&wrong); err != nil || w.Check() == nil {
				t.Errorf("%v, and the check notices nothing", err)
			}
			if err := put(right); err != nil || w.Check() != nil {
				t.Errorf("%v, %v", err, w.Check())
			}
		})
	}
}

// A pocket holds ten trillion dollars. What does not fit is not taken from where it is.
func TestAFullPocketTakesNoMore(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", ledger.MaxCents)
	id := w.originate(t, ACHDebit, 1)
	w.do(t, func(x *Tx) error {
		arrived, err := x.ReceiveWire(WireIn{Pocket: w.first, Cents: 1})
		if err == nil && (arrived.Status != WireRejected || arrived.Reason != ReasonInvalidTransfer) {
			t.Errorf("the wire is %+v", arrived)
		}
		return err
	})
	w.until(t, "2026-07-15 17:00")
	if o := w.origination(t, id); o.Status != OriginationFailed || o.Reason != ReasonInvalidTransfer {
		t.Errorf("the origination is %s %s", o.Status, o.Reason)
	}
}
