package bank

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// What becomes due while nobody has the bank open happens by its own seed and market, whatever it is opened with.
func TestWhatWasDueWhileTheBankWasClosedHappensWhenItIsOpened(t *testing.T) {
	t.Parallel()
	opened := moment(t, "2026-01-05 10:00")
	closed := opened.AddDate(0, 2, 0)
	open := func(reopen Config) (hash [32]byte) {
		store := &statetest.Memory{}
		at := opened
		wall := func() time.Time { return at }
		w := openOn(t, Config{Seed: 7, Store: store, Now: wall})
		w.do(t, func(x *Tx) error { return x.Fund(w.first, 4_999_999, "Employer") })
		w.close(t)
		at = closed
		reopen.Store, reopen.Now = store, wall
		w.Bank = openBank(t, reopen)
		if err := w.SetClock(t.Context(), closed.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		hash, err := w.Hash()
		if err := errors.Join(err, w.Check()); err != nil {
			t.Fatal(err)
		}
		w.close(t)
		return hash
	}
	if open(Config{}) != open(Config{Clock: closed}) {
		t.Error("with a clock of its own it is another bank")
	}
}

func TestABankIsNotOpenedBehindItsClock(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(*Bank) error{
		"one that stands still": func(b *Bank) error {
			return b.SetClock(t.Context(), moment(t, "2026-03-05 10:00"))
		},
		"one that goes on": func(b *Bank) error { return b.Advance(t.Context(), 59*24*time.Hour) },
	} {
		store := &statetest.Memory{}
		wall := func() time.Time { return moment(t, "2026-01-05 10:00") }
		w := openOn(t, Config{Store: store, Now: wall})
		if err := move(w.Bank); err != nil {
			t.Fatal(err)
		}
		w.close(t)
		w.Bank = openBank(t, Config{Store: store, Now: wall, Clock: moment(t, "2026-01-05 10:00")})
		if got, want := w.Time(), moment(t, "2026-03-05 10:00"); !got.Equal(want) || !w.Frozen() {
			t.Errorf("%s: it shows %s, frozen: %t; want %s", name, got, w.Frozen(), want)
		}
		w.close(t)
	}
}

// Otherwise nobody knew the holidays, and in the end times would neither fit into 64 bits nor into JSON.
func TestTheClockEndsWithTheCentury(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{
		"one that stands still": {Clock: moment(t, "2026-01-05 10:00")},
		"one that goes on":      {Now: func() time.Time { return moment(t, "2026-01-05 10:00") }},
	} {
		w := openOn(t, config)
		before := w.Time()
		for _, by := range []time.Duration{-1, LastTime.Sub(before), 80 * 365 * 24 * time.Hour, math.MaxInt64,
			math.MinInt64} {
			refusedAt(t, w.Advance(t.Context(), by), "body", "by")
		}
		for _, to := range []time.Time{{}, before.Add(-1), LastTime, LastTime.AddDate(200, 0, 0),
			LastTime.AddDate(10_000, 0, 0)} {
			refusedAt(t, w.SetClock(t.Context(), to), "body", "time")
		}
		if !w.Time().Equal(before) {
			t.Errorf("%s: it shows %s", name, w.Time())
		}
		if err := w.Advance(t.Context(), LastTime.Sub(before)-1); err != nil || !w.Time().Before(LastTime) {
			t.Errorf("%s: %v; it shows %s", name, err, w.Time())
		}
	}
}

// What the bank has a fault in must not stand in the way of everything else.
func TestAFaultInWhatIsDueHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	store := &statetest.Memory{}
	w := openOn(t, Config{Store: store, Clock: moment(t, "2026-01-05 10:00")})
	w.do(t, func(x *Tx) error {
		if err := x.Fund(w.first, 1_000, "Employer"); err != nil {
			return err
		}
		for _, at := range []string{"2026-01-06 10:00", "2026-01-06 11:00"} {
			x.reports.Insert(x.tx, &Report{ID: x.newID(), Status: ReportPending, DueAt: moment(t, at)})
		}
		return nil
	})
	w.reports.When(func(r *Report) time.Time { return r.DueAt }, nil)
	fault := func(err error) {
		t.Helper()
		if f, ok := errors.AsType[*state.Fault](err); !ok || f.Kind != "report" || f.Cause == nil || len(f.Stack) == 0 {
			t.Fatalf("%v; want a fault", err)
		}
	}
	fault(w.SetClock(t.Context(), moment(t, "2026-01-06 12:00")))
	fault(w.Look(t.Context(), func(*Tx) error { return nil }))
	w.do(t, func(x *Tx) error { return x.Fund(w.first, 1_000, "Employer") })
	w.expect(t, 2_000, 0, 0)
	if err := w.RunUntilQuiet(t.Context()); err != nil { // Nothing awaits what is set aside.
		t.Error(err)
	}
	w.close(t)
	w.Bank = openBank(t, Config{Store: store}) // Somebody may have mended it.
	w.expect(t, 2_000, 0, 0)
	w.look(t, func(x *Tx) {
		x.reports.All().Each(func(r *Report) bool {
			if r.Status != ReportCompleted {
				t.Errorf("a report is %s", r.Status)
			}
			return true
		})
	})
	w.close(t)
}

// A panic in an operation, or in the clock on the wall, leaves nothing locked.
func TestAPanicLeavesNothingLocked(t *testing.T) {
	t.Parallel()
	broken := false
	w := openOn(t, Config{Now: func() time.Time {
		if broken {
			panic("no clock")
		}
		return moment(t, "2026-01-05 10:00")
	}})
	panics := func(f func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Error("it does not panic")
			}
		}()
		f()
	}
	panics(func() { _ = w.Do(context.Background(), func(*Tx) error { panic("an operation") }) })
	panics(func() { _ = w.Look(context.Background(), func(*Tx) error { panic("an operation") }) })
	broken = true
	for _, f := range []func(){
		func() { _ = w.Do(t.Context(), func(*Tx) error { return nil }) },
		func() { _ = w.Look(t.Context(), func(*Tx) error { return nil }) },
		func() { w.Time() },
		func() { _ = w.Advance(t.Context(), time.Hour) },
		func() { _ = w.SetClock(t.Context(), moment(t, "2026-01-05 10:00")) },
		func() { _ = w.RunUntilQuiet(t.Context()) },
	} {
		panics(f)
	}
	broken = false
	w.do(t, func(x *Tx) error { return x.Fund(w.first, 1_000, "Employer") })
}

// What a pocket earns comes on top of the most that can be paid into it, for as long as the clock goes.
func TestAPocketThatIsFullGoesOnEarning(t *testing.T) {
	t.Parallel()
	w := openAt(t, "1990-01-05 10:00", ledger.MaxCents)
	w.until(t, "2100-12-30 10:00")
	if got := w.has(t)[0]; got < 100*ledger.MaxCents {
		t.Errorf("it has %d cents", got)
	}
	refusedAt(t, w.try(t, func(x *Tx) error { return x.Fund(w.first, 1, "Employer") }), "body", "amount_usdc")
	w.do(t, func(x *Tx) error {
		_, err := x.CreateTransfer(TransferOrder{Type: Defunding, From: w.first, To: w.PartnerAccount(),
			FullWithdrawal: true})
		return err
	})
	w.expect(t, 0, 0, 0)
}
