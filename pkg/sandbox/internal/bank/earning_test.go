package bank

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

// standingBank is an empty bank whose clock stands at a moment in New York until it is moved.
func standingBank(t testing.TB, day calendar.Date, hour int) *Bank {
	t.Helper()
	b, err := Open(Config{Seed: 1, Clock: day.At(hour, 0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	rapid.TB
	Context() context.Context
}

// earner is a pocket, with what a test knows of it.
type earner struct {
	bank   *Bank
	pocket uuid.UUID
	// paidIn is what was paid in and not paid out, in cents.
	paidIn int64
	// earned is what it had earned at the end of each day on which the clock stood.
	earned map[calendar.Date]int64
}

func (e *earner) do(r tester, f func(*Tx) error) {
	r.Helper()
	if err := e.bank.Do(r.Context(), f); err != nil {
		r.Fatal(err)
	}
}

func newEarner(r tester, b *Bank, strategy string) *earner {
	e := &earner{bank: b, earned: map[calendar.Date]int64{}}
	e.do(r, func(t *Tx) error {
		c := &Customer{Type: Individual, Name: "Jiko Customer"}
		t.addCustomer(c)
		p, err := t.CreatePocket(c.ID, "Operating", strategy, nil)
		if err != nil {
			return err
		}
		e.pocket = p.ID
		return nil
	})
	return e
}

// pay pays in by ACH or by a transfer, which is invested a day later, or out.
func (e *earner) pay(r *rapid.T) {
	cents := rapid.OneOf(rapid.Int64Range(1, 30_000), rapid.Int64Range(1, 5_000_000)).Draw(r, "cents")
	e.do(r, func(t *Tx) error {
		order := TransferOrder{Type: Funding, From: t.PartnerAccount(), To: e.pocket, Cents: cents}
		switch rapid.SampledFrom([]string{"ach", "in", "out", "all out"}).Draw(r, "payment") {
		case "ach":
			e.paidIn += cents
			return t.Fund(e.pocket, cents, "Payroll")
		case "in":
			e.paidIn += cents
		case "out":
			order.Type, order.From, order.To = Defunding, e.pocket, t.PartnerAccount()
		case "all out":
			order = TransferOrder{Type: Defunding, From: e.pocket, To: t.PartnerAccount(), FullWithdrawal: true}
		}
		x, err := t.CreateTransfer(order)
		if err == nil && x.Status == TransferCompleted && x.Type == Defunding {
			e.paidIn -= x.Cents
		}
		return err
	})
}

// sleep lets days go by, and notes what had been earned at the end of this one.
func (e *earner) sleep(r *rapid.T) {
	days := rapid.OneOf(rapid.IntRange(1, 4), rapid.IntRange(1, 45)).Draw(r, "days")
	day := calendar.DateOf(e.bank.Time())
	for _, at := range []time.Time{
		(day + 1).At(0, 0).Add(-1),
		day.AddDays(days).At(rapid.IntRange(0, 23).Draw(r, "hour"), 30),
	} {
		if err := e.bank.SetClock(r.Context(), at); err != nil {
			r.Fatal(err)
		}
		if calendar.DateOf(at) == day {
			e.earned[day] = e.look(r).Earned(e.pocket)
		}
	}
}

// look returns an operation that only reads, and that ends with the test.
func (e *earner) look(r tester) (t *Tx) {
	err := e.bank.Look(r.Context(), func(x *Tx) error { t = x; return nil })
	if err != nil {
		r.Fatal(err)
	}
	return t // Nobody else uses the bank, so that what it sees stays.
}

func (e *earner) between(r *rapid.T, from, to calendar.Date) int64 {
	r.Helper()
	got, err := e.look(r).Earnings(e.pocket, Range, &from, &to)
	if err != nil || *got.From != from || got.To != to {
		r.Fatalf("earnings from %s to %s: %+v, %v", from, to, got, err)
	}
	return got.Cents
}

func TestWhatAPocketEarnsAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		opened := calendar.NewDate(2026, time.January, 1).AddDays(rapid.IntRange(0, 400).Draw(r, "opened"))
		b := standingBank(t, opened, rapid.IntRange(0, 23).Draw(r, "hour"))
		e := newEarner(r, b, rapid.SampledFrom(market.Strategies()).Draw(r, "strategy").ID)
		for range rapid.IntRange(1, 15).Draw(r, "steps") {
			if rapid.Bool().Draw(r, "sleep") {
				e.sleep(r)
			} else {
				e.pay(r)
			}
		}
		if err := b.Check(); err != nil {
			r.Fatal(err)
		}
		now := e.look(r)
		today := now.today()
		all, err := now.Earnings(e.pocket, AllTime, nil, nil)
		if err != nil || all.Cents != now.Earned(e.pocket) || all.Cents != now.Total(e.pocket)-e.paidIn {
			r.Fatalf("all time: %+v, %v; it has %d, of which %d were paid in, and has earned %d", all, err,
				now.Total(e.pocket), e.paidIn, now.Earned(e.pocket))
		}
		// What is said of a past day is what was seen on that day.
		for day, want := range e.earned {
			if got := e.between(r, opened-10, day); got != want {
				r.Fatalf("until %s it earned %d; on that day it was %d", day, got, want)
			}
		}
		span := rapid.IntRange(0, int(today-opened))
		first := opened.AddDays(span.Draw(r, "first"))
		last := opened.AddDays(span.Draw(r, "last"))
		first, last = min(first, last), max(first, last)
		whole := e.between(r, first, last)
		if last > first {
			middle := first.AddDays(rapid.IntRange(0, int(last-first)-1).Draw(r, "middle"))
			if a, b := e.between(r, first, middle), e.between(r, middle+1, last); a+b != whole {
				r.Fatalf("%s to %s to %s: %d and %d are not %d", first, middle, last, a, b, whole)
			}
		}
		if early := e.between(r, opened-30, opened-1); early != 0 {
			r.Fatalf("it earned %d before it was opened", early)
		}
	})
}

func TestAPeriodBeginsOnItsDay(t *testing.T) {
	t.Parallel()
	// A Wednesday.
	e := newEarner(t, standingBank(t, calendar.NewDate(2026, time.July, 15), 23), "UST-4W")
	for period, want := range map[EarningsPeriod]string{
		YearToDate: "2026-01-01", MonthToDate: "2026-07-01", WeekToDate: "2026-07-13",
	} {
		got, err := e.look(t).Earnings(e.pocket, period, nil, nil)
		if err != nil || got.From.String() != want || got.To.String() != "2026-07-15" || got.Cents != 0 {
			t.Errorf("%s: %+v, %v; want it from %s", period, got, err, want)
		}
	}
}

func TestATradeThatIsLostIsNoticed(t *testing.T) {
	t.Parallel()
	e := newEarner(t, standingBank(t, calendar.NewDate(2026, time.July, 15), 12), "UST-4W")
	e.do(t, func(t *Tx) error { return t.Fund(e.pocket, 100_000_00, "Payroll") })
	if err := e.bank.Check(); err != nil {
		t.Fatal(err)
	}
	e.do(t, func(t *Tx) error {
		bought, _ := t.tradesByOwner.Of(e.pocket).At(0)
		t.trades.Delete(t.tx, bought.ID)
		return nil
	})
	if e.bank.Check() == nil {
		t.Error("a pocket has T-bills that it never bought")
	}
}
