package bank

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
)

// step is what an origination is from a time in New York on.
type step struct {
	at     string
	status OriginationStatus
}

func TestAnOriginationTakesItsTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, created string
		direction     ACHDirection
		// has is what the pocket has before, of which cash lies about.
		has, cents int64
		steps      []step
		settled    string
	}{
		{"a small debit in the morning settles the same day", "2026-07-15 11:59", ACHDebit, 0, 24_999_99, []step{
			{"2026-07-15 11:59", OriginationApproved}, {"2026-07-15 12:00", OriginationInTransit},
			{"2026-07-15 16:59", OriginationInTransit}, {"2026-07-15 17:00", OriginationProcessed},
			{"2026-07-20 17:00", OriginationProcessed},
		}, "2026-07-17 09:00"},
		{"a small debit at noon settles the next day", "2026-07-15 12:00", ACHDebit, 0, 1, []step{
			{"2026-07-16 11:59", OriginationApproved}, {"2026-07-16 12:00", OriginationInTransit},
			{"2026-07-16 17:00", OriginationProcessed},
		}, "2026-07-20 09:00"},
		{"a large debit in the morning settles the next day", "2026-07-15 09:00", ACHDebit, 0, 25_000_00, []step{
			{"2026-07-15 12:00", OriginationInTransit}, {"2026-07-16 16:59", OriginationInTransit},
			{"2026-07-16 17:00", OriginationProcessed},
		}, "2026-07-20 09:00"},
		{"a debit on a Saturday begins on Monday", "2026-07-18 09:00", ACHDebit, 0, 1, []step{
			{"2026-07-20 11:59", OriginationApproved}, {"2026-07-20 17:00", OriginationProcessed},
		}, "2026-07-22 09:00"},
		{"a credit for which T-bills are sold goes a day later", "2026-07-15 09:00", ACHCredit, 1000_00, 500_00, []step{
			{"2026-07-16 11:59", OriginationApproved}, {"2026-07-16 12:00", OriginationInTransit},
			{"2026-07-16 17:00", OriginationProcessed},
		}, "2026-07-20 09:00"},
		{"such a one in the afternoon goes on the same day", "2026-07-15 15:00", ACHCredit, 1000_00, 500_00, []step{
			{"2026-07-16 17:00", OriginationProcessed},
		}, "2026-07-20 09:00"},
		{"a large one takes another day", "2026-07-15 09:00", ACHCredit, 50_000_00, 25_000_00, []step{
			{"2026-07-16 12:00", OriginationInTransit}, {"2026-07-17 16:59", OriginationInTransit},
			{"2026-07-17 17:00", OriginationProcessed},
		}, "2026-07-21 09:00"},
		{"a credit before a holiday of both calendars goes after it", "2026-11-25 09:00", ACHCredit, 1000_00, 500_00,
			[]step{{"2026-11-27 11:59", OriginationApproved}, {"2026-11-27 17:00", OriginationProcessed}},
			"2026-12-01 09:00"},
		{"one that there is cash for does not wait", "2026-07-15 09:00", ACHCredit, 99_00, 99_00, []step{
			{"2026-07-15 12:00", OriginationInTransit}, {"2026-07-15 17:00", OriginationProcessed},
		}, "2026-07-17 09:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, c.created, c.has)
			id := w.originate(t, c.direction, c.cents)
			for _, s := range c.steps {
				w.until(t, s.at)
				if o := w.origination(t, id); o.Status != s.status {
					t.Errorf("at %s it is %s; want %s", s.at, o.Status, s.status)
				}
			}
			all := w.booked(t, w.first)
			if x := all[len(all)-1]; !x.SettlesAt.Equal(moment(t, c.settled)) || x.Reference != id {
				t.Errorf("the transaction is settled at %s; want %s", x.SettlesAt, c.settled)
			}
		})
	}
}

func TestTheMoneyOfACreditLeavesAtOnce(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 1000_00)
	id := w.originate(t, ACHCredit, 400_00, func(o *OriginationOrder) { o.EntryDescription = "Payroll" })
	w.expect(t, 600_00, 0, 400_00)
	out := w.booked(t, w.first)[1]
	trace := out.Details.TraceNumber
	if out.Cents != -400_00 || out.Settled(out.Booked.Add(1e6*time.Hour)) || out.Reference != id ||
		out.Counterparty != "Acme" || out.Title != "To Jane Doe" || out.Details.EntryDescription != "Payroll" ||
		!out.Details.Originated || len(trace) != 15 || !strings.HasPrefix(trace, RoutingNumber[:8]) {
		t.Errorf("the transaction is %+v, %+v", out, out.Details)
	}
	w.until(t, "2026-07-16 16:59")
	if has := w.has(t); has[2] != 400_00 {
		t.Errorf("in transit are %v", has)
	}
	w.until(t, "2026-07-16 17:00")
	if has := w.has(t); has[2] != 0 || w.balance(t, ledger.FedACH) != 400_00-1000_00 {
		t.Errorf("in transit are %v", has)
	}
	want := []string{"transfers.ach.out.sent", "transfers.ach.out.success"}
	if got := w.told(t); !slices.Equal(got, want) {
		t.Errorf("events tell of %v; want %v", got, want)
	}
}

func TestTheMoneyOfADebitComesWhenItIsProcessed(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 0)
	id := w.originate(t, ACHDebit, 1000_00)
	w.until(t, "2026-07-15 16:59")
	w.expect(t, 0, 0, 0)
	w.until(t, "2026-07-15 17:00")
	w.expect(t, 1000_00, 0, 0)
	w.look(t, func(x *Tx) {
		if lots := x.Lots(w.first).Len(); lots != 1 {
			t.Errorf("it has %d lots of T-bills", lots)
		}
	})
	in := w.booked(t, w.first)[0]
	if in.Cents != 1000_00 || in.Title != "From Jane Doe" || in.Details.EntryDescription != "Funding TX" ||
		in.Reference != id || in.Settled(in.Booked) {
		t.Errorf("the transaction is %+v, %+v", in, in.Details)
	}
	if got := w.told(t); !slices.Equal(got, []string{"transfers.ach.in.success"}) {
		t.Errorf("events tell of %v", got)
	}
}

// RunUntilQuiet waits until everything is settled.
func TestNothingIsAwaitedAfterTheTimeForReturns(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 0)
	w.originate(t, ACHDebit, 1000_00)
	if err := w.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := w.Time(); !now.Equal(moment(t, "2026-07-17 09:00")) {
		t.Errorf("it is quiet at %s", now)
	}
}

func TestOriginationsThatEndOtherwise(t *testing.T) {
	t.Parallel()
	returned := func(code string) func(*Tx, uuid.UUID) error {
		return func(x *Tx, id uuid.UUID) error { return x.DecideAbout(id, Fate{Return: code}) }
	}
	cancelled := func(x *Tx, id uuid.UUID) error {
		return x.DecideAbout(id, Fate{State: "CANCELLED"})
	}
	spend := func(t *testing.T, w *world, cents int64) {
		w.do(t, func(x *Tx) error {
			made, err := x.CreateTransfer(TransferOrder{Type: Defunding, From: w.first, To: x.PartnerAccount(),
				Cents: cents})
			if err == nil && made.Status != TransferCompleted {
				t.Errorf("the transfer is %s", made.Status)
			}
			return err
		})
	}
	for _, c := range []struct {
		name      string
		direction ACHDirection
		until     string
		spent     int64
		end       func(*Tx, uuid.UUID) error
		status    OriginationStatus
		reason    string
		// booked is what the pocket saw, then what the pockets have and what is in transit, with what T-bills earned
		// in a day, and borne what the provider has.
		booked, then []int64
		borne        int64
		told         []string
	}{
		{"a credit that is cancelled", ACHCredit, "2026-07-15 15:00", 0, cancelled, OriginationCancelled, "",
			[]int64{-400_00, 400_00}, []int64{1000_00, 0, 0}, 0, nil},
		{"a credit that is returned in transit", ACHCredit, "2026-07-16 13:00", 0, returned("R03"), OriginationFailed,
			"R03", []int64{-400_00, 400_00}, []int64{1000_07, 0, 0}, 0,
			[]string{"transfers.ach.out.sent", "transfers.ach.out.rejected"}},
		{"a credit that is returned later", ACHCredit, "2026-07-16 18:00", 0, returned("R23"), OriginationFailed,
			"R23", []int64{-400_00, 400_00}, []int64{1000_07, 0, 0}, 0,
			[]string{"transfers.ach.out.sent", "transfers.ach.out.success", "transfers.ach.out.rejected"}},
		{"a debit that is cancelled", ACHDebit, "2026-07-15 09:30", 0, cancelled, OriginationCancelled, "", nil,
			[]int64{1000_00, 0, 0}, 0, nil},
		{"a debit that is returned in transit", ACHDebit, "2026-07-15 13:00", 0, returned("R01"), OriginationFailed,
			"R01", nil, []int64{1000_00, 0, 0}, 0, []string{"transfers.ach.in.rejected"}},
		{"a debit that is returned later", ACHDebit, "2026-07-15 18:00", 0, returned("R01"), OriginationFailed, "R01",
			[]int64{400_00, -400_00}, []int64{1000_00, 0, 0}, 0,
			[]string{"transfers.ach.in.success", "transfers.ach.in.rejected"}},
		{"a debit whose money is spent in part", ACHDebit, "2026-07-15 18:00", 1300_00, returned("R10"),
			OriginationFailed, "R10", []int64{400_00, -1300_00, -100_00}, []int64{0, 0, 0}, -300_00,
			[]string{"transfers.ach.in.success", "transfers.on-us.success", "transfers.ach.in.rejected"}},
		{"a debit whose money is spent", ACHDebit, "2026-07-15 18:00", 1400_00, returned("R10"), OriginationFailed,
			"R10", []int64{400_00, -1400_00}, []int64{0, 0, 0}, -400_00,
			[]string{"transfers.ach.in.success", "transfers.on-us.success", "transfers.ach.in.rejected"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := openAt(t, "2026-07-15 09:00", 1000_00)
			id := w.originate(t, c.direction, 400_00)
			w.until(t, c.until)
			if c.spent > 0 {
				spend(t, w, c.spent)
			}
			w.do(t, func(x *Tx) error { return c.end(x, id) })
			if o := w.origination(t, id); o.Status != c.status || o.Reason != c.reason {
				t.Errorf("it is %s %s; want %s %s", o.Status, o.Reason, c.status, c.reason)
			}
			var booked []int64
			for _, x := range w.booked(t, w.first)[1:] {
				booked = append(booked, x.Cents)
				if !x.Settled(x.Booked) && !x.Settled(w.Time()) {
					t.Errorf("%+v is not settled", x)
				}
			}
			if !slices.Equal(booked, c.booked) {
				t.Errorf("the pocket saw %v; want %v", booked, c.booked)
			}
			w.expect(t, c.then...)
			if borne := w.balance(t, ledger.Provider); borne != c.borne {
				t.Errorf("the provider has borne %d; want %d", borne, c.borne)
			}
			if c.spent == 0 {
				if got := w.told(t); !slices.Equal(got, c.told) {
					t.Errorf("events tell of %v; want %v", got, c.told)
				}
			}
			for _, end := range []func(*Tx, uuid.UUID) error{cancelled, returned("R01")} {
				refusedAt(t, w.try(t, func(x *Tx) error { return end(x, id) }), "state")
			}
			if err := w.RunUntilQuiet(t.Context()); err != nil || w.Check() != nil {
				t.Error(err, w.Check())
			}
		})
	}
}

func TestAnOriginationIsEndedOnlyWhenItCanBe(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 0)
	id := w.originate(t, ACHDebit, 1)
	refusedAt(t, w.try(t, func(x *Tx) error { return x.DecideAbout(id, Fate{Return: "R01"}) }), "state")
	refusedAt(t, w.try(t, func(x *Tx) error { return x.DecideAbout(id, Fate{Return: "R99"}) }), "return")
	refusedAt(t, w.try(t, func(x *Tx) error { return x.DecideAbout(uuid.New(), Fate{Return: "R01"}) }))
	refusedAt(t, w.try(t, func(x *Tx) error { return x.DecideAbout(uuid.New(), Fate{State: "CANCELLED"}) }))
	w.until(t, "2026-07-15 12:00")
	refusedAt(t, w.try(t, func(x *Tx) error { return x.DecideAbout(id, Fate{State: "CANCELLED"}) }), "state")
}

// closeFirst closes the first pocket, which must be empty.
func closeFirst(t *testing.T, w *world) {
	t.Helper()
	closed, why := PocketClosed, "done"
	w.do(t, func(x *Tx) error {
		_, err := x.UpdatePocket(w.customer, w.first, PocketChange{Status: &closed, ClosureReason: &why})
		return err
	})
}

func TestADebitFailsIfItsPocketIsClosedMeanwhile(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 0)
	id := w.originate(t, ACHDebit, 100)
	closeFirst(t, w)
	w.until(t, "2026-07-15 17:00")
	if o := w.origination(t, id); o.Status != OriginationFailed || o.Reason != ReasonAccountUnavailable {
		t.Errorf("it is %s %s", o.Status, o.Reason)
	}
	if got := w.told(t); !slices.Equal(got, []string{"transfers.ach.in.rejected"}) {
		t.Errorf("events tell of %v", got)
	}
}

func TestWhatComesBackToAClosedPocketGoesToAnotherOne(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 1000_00)
	id := w.originate(t, ACHCredit, 1000_00)
	closeFirst(t, w)
	w.do(t, func(x *Tx) error { return x.DecideAbout(id, Fate{State: "CANCELLED"}) })
	w.expect(t, 0, 1000_00, 0)
}

func TestWhatComesBackToAClosedCustomerStaysWithTheProvider(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 1000_00)
	id := w.originate(t, ACHCredit, 1000_00)
	refusedAt(t, w.try(t, func(x *Tx) error { _, err := x.CloseCustomer(w.customer); return err }), "body",
		"account_status")
	w.until(t, "2026-07-16 17:00")
	w.do(t, func(x *Tx) error { _, err := x.CloseCustomer(w.customer); return err })
	w.do(t, func(x *Tx) error { return x.DecideAbout(id, Fate{Return: "R02"}) })
	w.expect(t, 0, 0, 0)
	if kept := w.balance(t, ledger.Provider); kept != 1000_00 {
		t.Errorf("the provider keeps %d", kept)
	}
}

func TestOnlyAVerifiedCounterpartyOfTheKindIsPaid(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2026-07-15 09:00", 1000_00)
	pending := uuid.New()
	w.do(t, func(x *Tx) error {
		x.counterparties.Insert(x.tx, &Counterparty{ID: pending, CustomerID: w.customer, Kind: CounterpartyACH,
			Status: CounterpartyInProgress})
		return nil
	})
	stranger := openAt(t, "2026-07-15 09:00", 0)
	cents := int64(1)
	for name, id := range map[string]uuid.UUID{"one that is not verified": pending, "nobody": uuid.New(),
		"the pocket": w.first, "one of another customer": stranger.first} {
		t.Run(name, func(t *testing.T) {
			refusedAt(t, w.try(t, func(x *Tx) error {
				_, err := x.CreateOrigination(OriginationOrder{Pocket: w.first, Counterparty: id,
					Direction: ACHDebit, Cents: 1})
				return err
			}), "body", "counterparty_id")
			refusedAt(t, w.try(t, func(x *Tx) error {
				_, err := x.CreateWire(WireOrder{Pocket: w.first, Counterparty: id, Cents: &cents})
				return err
			}), "body", "counterparty_id")
		})
	}
	refusedAt(t, w.try(t, func(x *Tx) error {
		_, err := x.CreateOrigination(OriginationOrder{Pocket: w.first, Counterparty: w.wire, Direction: ACHDebit,
			Cents: 1})
		return err
	}), "body", "counterparty_id")
	refusedAt(t, w.try(t, func(x *Tx) error {
		_, err := x.CreateWire(WireOrder{Pocket: w.first, Counterparty: w.ach, Cents: &cents})
		return err
	}), "body", "counterparty_id")
}
