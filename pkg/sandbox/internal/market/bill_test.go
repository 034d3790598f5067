package market_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

func TestTheNewestBill(t *testing.T) {
	t.Parallel()
	m := market.New(1)
	for _, test := range []struct {
		name             string
		tenor            market.Tenor
		day              string
		issued, maturity string
	}{
		{"of 4 weeks on a Tuesday was issued that day", 4, "2026-07-14", "2026-07-14", "2026-08-11"},
		{"of 4 weeks on a Monday was issued on Tuesday before", 4, "2026-07-13", "2026-07-07", "2026-08-04"},
		{"of 4 weeks on a Sunday was issued on Tuesday before", 4, "2026-07-12", "2026-07-07", "2026-08-04"},
		{"of 13 weeks on a Thursday was issued that day", 13, "2026-07-16", "2026-07-16", "2026-10-15"},
		{"of 13 weeks on a Wednesday was issued on Thursday before", 13, "2026-07-15", "2026-07-09", "2026-10-08"},
		{"of 26 weeks on a Thursday was issued that day", 26, "2026-07-16", "2026-07-16", "2027-01-14"},
		{"of 52 weeks on a Thursday of issue was issued that day", 52, "2026-07-09", "2026-07-09", "2027-07-08"},
		{"of 52 weeks four weeks later is still that one", 52, "2026-08-05", "2026-07-09", "2027-07-08"},
		{"of 52 weeks a day after that is the next one", 52, "2026-08-06", "2026-08-06", "2027-08-05"},
		{"on a holiday that it was scheduled for is the one before", 4, "2025-11-11", "2025-11-04", "2025-12-02"},
		{"the day after was issued late, and matures on its Tuesday", 4, "2025-11-12", "2025-11-12", "2025-12-09"},
		{"does not mature on a holiday", 4, "2025-10-14", "2025-10-14", "2025-11-12"},
		{"after Thanksgiving was issued on Friday", 13, "2026-11-27", "2026-11-27", "2027-02-25"},
		{"does not mature on Thanksgiving", 13, "2026-08-27", "2026-08-27", "2026-11-27"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := m.OnTheRun(test.tenor, day(t, test.day))
			want := market.Bill{CUSIP: got.CUSIP, Tenor: test.tenor,
				Issued: day(t, test.issued), Maturity: day(t, test.maturity)}
			if got != want {
				t.Errorf("it is %+v, want %+v", got, want)
			}
		})
	}
}

func TestEveryDayFrom2021To2035HasANewestBillOfEachTenor(t *testing.T) {
	t.Parallel()
	m := market.New(1)
	for d := day(t, "2021-01-01"); d <= day(t, "2035-12-31"); d++ {
		for _, tenor := range tenors {
			bill := m.OnTheRun(tenor, d)
			term := int(bill.Maturity - bill.Issued)
			if bill.Tenor != tenor || bill.Issued > d || bill.Maturity <= d ||
				!calendar.Treasury.IsBusinessDay(bill.Issued) || !calendar.Treasury.IsBusinessDay(bill.Maturity) ||
				!calendar.FederalReserve.IsBusinessDay(bill.Maturity) ||
				term < int(tenor)*7-1 || term > int(tenor)*7+1 {
				t.Fatalf("on %s the newest bill of %d weeks is %+v", d, tenor, bill)
			}
			if next := m.OnTheRun(tenor, d+1); next != bill && (next.Issued != d+1 || next.Maturity <= bill.Maturity) {
				t.Fatalf("on %s the newest bill of %d weeks is %+v, a day later %+v", d, tenor, bill, next)
			}
		}
	}
}

func TestBillsOfOneMaturityAreOneSecurity(t *testing.T) {
	t.Parallel()
	m := market.New(1)
	old := m.OnTheRun(market.Weeks26, day(t, "2026-04-16"))
	reopened := m.OnTheRun(market.Weeks13, day(t, "2026-07-16"))
	if old.Maturity != reopened.Maturity || old.CUSIP != reopened.CUSIP {
		t.Errorf("%+v and %+v", old, reopened)
	}
	if other := m.OnTheRun(market.Weeks4, day(t, "2026-07-16")); other.CUSIP == old.CUSIP {
		t.Errorf("%+v and %+v", old, other)
	}
	if another := market.New(2).OnTheRun(market.Weeks26, day(t, "2026-04-16")); another != old {
		t.Errorf("another market has %+v", another)
	}
}

func TestACUSIPNamesOneMaturityWithin110Years(t *testing.T) {
	t.Parallel()
	m := market.New(1)
	maturities := map[string]calendar.Date{}
	for d := calendar.NewDate(1990, time.January, 1); d < calendar.NewDate(2100, time.January, 1); d++ {
		for _, tenor := range []market.Tenor{market.Weeks4, market.Weeks13} {
			bill := m.OnTheRun(tenor, d)
			if other, ok := maturities[bill.CUSIP]; ok && other != bill.Maturity {
				t.Fatalf("%s matures on %s and on %s", bill.CUSIP, other, bill.Maturity)
			}
			maturities[bill.CUSIP] = bill.Maturity
		}
	}
}

func TestACUSIPIsWellFormed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.Date(rapid.Int32().Draw(t, "day"))
		number := market.CUSIP(d)
		if len(number) != 9 || !strings.HasPrefix(number, "91279") || strings.ContainsAny(number, "IO") ||
			number[8:] != market.CheckDigit(number[:8]) {
			t.Fatalf("the bill that matures on %s is %s", d, number)
		}
	})
}

func TestTheCUSIPsOfThisDecadeBeginAsTheRealOnes(t *testing.T) {
	t.Parallel()
	for maturity, prefix := range map[string]string{
		"2021-12-30": "912796", "2022-01-04": "912797AA", "2022-01-06": "912797AB", "2032-12-30": "912797",
	} {
		if got := market.CUSIP(day(t, maturity)); !strings.HasPrefix(got, prefix) {
			t.Errorf("the bill that matures on %s is %s, not one of %s", maturity, got, prefix)
		}
	}
}

func TestTheCheckDigitIsThatOfRealSecurities(t *testing.T) {
	t.Parallel()
	// Apple, Microsoft, Google, Oracle, and a bill in the reference's sample. (The check digit of its other one,
	// 912796RF6, is wrong.)
	for _, number := range []string{"037833100", "594918104", "38259P508", "68389X105", "912797HF7"} {
		if got := market.CheckDigit(number[:8]); got != number[8:] {
			t.Errorf("%s: the check digit is %s", number, got)
		}
	}
}

func TestATenorThatNoBillHasPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a bill of 5 weeks was found")
		}
	}()
	market.New(1).OnTheRun(5, day(t, "2026-07-16"))
}

func BenchmarkOnTheRun(b *testing.B) {
	m, d := market.New(1), day(b, "2026-07-16")
	b.ReportAllocs()
	for b.Loop() {
		m.OnTheRun(market.Weeks52, d)
	}
}
