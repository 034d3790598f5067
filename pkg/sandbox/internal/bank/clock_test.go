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

// Whoever sets the clock on the wall back, as a machine does that asks others for the time, does not set back the
// bank's. What is moved goes on from what it shows.
func TestAClockThatIsSetBackOnTheWallDoesNotGoBack(t *testing.T) {
	t.Parallel()
	const before = "2026-01-05 12:00"
	for name, happens := range map[string]func(*testing.T, *world){
		"something has happened": func(t *testing.T, w *world) {
			w.do(t, func(x *Tx) error { return x.Fund(w.first, 100, "Employer") })
		},
		"somebody has looked at it": func(t *testing.T, w *world) {
			w.look(t, func(x *Tx) {
				if !x.Now().Equal(moment(t, before)) {
					t.Errorf("it shows %s", x.Now())
				}
			})
		},
		"it has been read": func(_ *testing.T, w *world) { w.Time() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := moment(t, "2026-01-05 10:00")
			w := openOn(t, Config{Now: func() time.Time { return at }})
			shows := func(want string) {
				t.Helper()
				if got := w.Time(); !got.Equal(moment(t, want)) {
					t.Errorf("it shows %s; want %s", got, want)
				}
				w.look(t, func(x *Tx) {
					if !x.Now().Equal(moment(t, want)) {
						t.Errorf("what is read is read at %s; want %s", x.Now(), want)
					}
				})
			}
			at = moment(t, before)
			happens(t, w)
			at = moment(t, "2026-01-05 09:00")
			shows(before)
			if err := w.Advance(t.Context(), 10*time.Minute); err != nil {
				t.Fatal(err)
			}
			shows("2026-01-05 12:10")
			at = at.Add(time.Minute)
			shows("2026-01-05 12:11")
			at = at.Add(-time.Hour)
			shows("2026-01-05 12:11")
			at = at.Add(30 * time.Minute)
			shows("2026-01-05 12:11")
			refusedAt(t, w.SetClock(t.Context(), moment(t, "2026-01-05 12:10")), "body", "time")
			if err := w.Advance(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			at = at.Add(2 * time.Minute)
			shows("2026-01-05 12:13")
		})
	}
}

// What is awaited happens at its own time, wherever the clock on the wall is.
func TestABankWhoseWallIsSetBackIsQuietWhenNothingIsAwaited(t *testing.T) {
	t.Parallel()
	at := moment(t, "2026-01-05 10:00")
	w := openOn(t, Config{Now: func() time.Time { return at }})
	w.do(t, func(x *Tx) error { return x.Fund(w.first, 10_000, "Employer") })
	id := w.sendWire(t, 1_000)
	at = at.AddDate(0, 0, -3)
	if err := w.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.wireOf(t, id); got.Status != WireSuccess {
		t.Errorf("the wire is %s", got.Status)
	}
	if got, want := w.Time(), moment(t, "2026-01-05 17:00"); !got.Equal(want) {
		t.Errorf("it shows %s; want %s", got, want)
	}
}

// A move that does not last is taken back, though somebody has seen it.
func TestAClockWhoseMoveDoesNotLastShowsWhatItShowed(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{}, 1)
	store := &statetest.Memory{Hold: hold}
	at := moment(t, "2026-01-05 10:00")
	opened := make(chan struct{})
	go func() {
		for {
			select {
			case hold <- struct{}{}:
			case <-opened:
				return
			}
		}
	}()
	w := openOn(t, Config{Store: store, Now: func() time.Time { return at }})
	opened <- struct{}{}
	for len(hold) > 0 {
		<-hold
	}
	moved := make(chan error)
	go func() { moved <- w.Advance(t.Context(), time.Hour) }()
	for !w.Time().Equal(at.Add(time.Hour)) {
		time.Sleep(time.Millisecond)
	}
	store.FailWith(state.ErrNotCommitted)
	close(hold)
	if err := <-moved; !errors.Is(err, state.ErrNotCommitted) {
		t.Fatal(err)
	}
	store.FailWith(nil)
	if !w.Time().Equal(at) {
		t.Errorf("it shows %s; want %s", w.Time(), at)
	}
	w.do(t, func(x *Tx) error { return x.Fund(w.first, 100, "Employer") })
	w.close(t)
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

// A clock that goes on meanwhile has passed what it showed when somebody asked.
func TestABankWhoseClockGoesOnIsOpenedWithAnEarlierOne(t *testing.T) {
	t.Parallel()
	store := &statetest.Memory{}
	now := moment(t, "2026-01-05 10:00")
	wall := func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}
	openOn(t, Config{Seed: 1, Now: wall, Store: store}).close(t)
	left := now
	b := openBank(t, Config{Now: wall, Store: store, Clock: moment(t, "2020-01-05 10:00")})
	if !b.Frozen() || b.Time().Before(left) {
		t.Errorf("it shows %s, and stands still: %t; it was left at %s", b.Time(), b.Frozen(), left)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// Where the clock ends, nothing is awaited that would come later.
func TestABankIsQuietAtTheEndOfItsClock(t *testing.T) {
	t.Parallel()
	w := openAt(t, "2100-12-31 10:00", 100_000)
	defer w.close(t)
	w.sendWire(t, 10_000)
	w.until(t, "2100-12-31 18:55")
	w.originate(t, ACHCredit, 100) // It leaves on a day that no calendar knows.
	if err := w.RunUntilQuiet(t.Context()); err != nil {
		t.Error(err)
	}
	if !w.Time().Before(LastTime) {
		t.Errorf("it shows %s", w.Time())
	}
}
