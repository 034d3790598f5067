package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

func TestACHSettles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, submitted string
		cents           int64
		want            string
	}{
		{"a small amount in the morning, the same day", "2026-07-15 09:00:00", 100_00, "2026-07-15"},
		{"a small amount a second before noon, the same day", "2026-07-15 11:59:59", 24_999_99, "2026-07-15"},
		{"a small amount at noon, the next day", "2026-07-15 12:00:00", 100_00, "2026-07-16"},
		{"a small amount at night, the next day", "2026-07-15 23:59:59", 100_00, "2026-07-16"},
		{"exactly 25,000 USD in the morning, the next day", "2026-07-15 09:00:00", 25_000_00, "2026-07-16"},
		{"a large amount after noon, the day after the next", "2026-07-15 15:00:00", 25_000_00, "2026-07-17"},
		{"a small amount on Friday afternoon, on Monday", "2026-07-17 15:00:00", 100_00, "2026-07-20"},
		{"a large amount on Friday morning, on Monday", "2026-07-17 09:00:00", 30_000_00, "2026-07-20"},
		{"a large amount on Friday afternoon, on Tuesday", "2026-07-17 15:00:00", 30_000_00, "2026-07-21"},
		{"a small amount on Saturday morning, on Monday", "2026-07-18 09:00:00", 100_00, "2026-07-20"},
		{"a small amount on Saturday afternoon, on Monday", "2026-07-18 15:00:00", 100_00, "2026-07-20"},
		{"a large amount on Sunday, on Tuesday", "2026-07-19 09:00:00", 30_000_00, "2026-07-21"},
		{"a small amount on Juneteenth, on Monday", "2026-06-19 09:00:00", 100_00, "2026-06-22"},
		{"a large amount before a holiday, after it", "2026-11-25 09:00:00", 30_000_00, "2026-11-27"},
		{"a small amount before a Saturday holiday, that Friday", "2026-07-03 09:00:00", 100_00, "2026-07-03"},
		{"a small amount on Good Friday, that day", "2026-04-03 09:00:00", 100_00, "2026-04-03"},
		{"noon after clocks went forward is noon in New York", "2026-03-09 11:59:59", 100_00, "2026-03-09"},
		{"noon after clocks went back is noon in New York", "2026-11-02 12:00:00", 100_00, "2026-11-03"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := calendar.ACHSettlement(moment(t, test.submitted), test.cents); got != day(t, test.want) {
				t.Errorf("it settles on %s, want %s", got, test.want)
			}
		})
	}
}

func TestAWireSettles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, submitted, want string }{
		{"in the morning, the same day", "2026-07-15 09:00:00", "2026-07-15"},
		{"a second before five, the same day", "2026-07-15 16:59:59", "2026-07-15"},
		{"at five, the next day", "2026-07-15 17:00:00", "2026-07-16"},
		{"on Friday evening, on Monday", "2026-07-17 18:00:00", "2026-07-20"},
		{"on Saturday, on Monday", "2026-07-18 09:00:00", "2026-07-20"},
		{"on a holiday, the day after", "2026-11-11 09:00:00", "2026-11-12"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := calendar.WireSettlement(moment(t, test.submitted)); got != day(t, test.want) {
				t.Errorf("it settles on %s, want %s", got, test.want)
			}
		})
	}
}

func TestNothingSettlesWhenTheFederalReserveIsClosed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		second := time.Duration(rapid.IntRange(0, 86_399).Draw(t, "second")) * time.Second
		submitted := days().Draw(t, "day").Midnight().Add(second)
		today := calendar.DateOf(submitted)
		small := calendar.ACHSettlement(submitted, rapid.Int64Range(1, 24_999_99).Draw(t, "small"))
		large := calendar.ACHSettlement(submitted, rapid.Int64Range(25_000_00, 1e15).Draw(t, "large"))
		wire := calendar.WireSettlement(submitted)
		for _, d := range []calendar.Date{small, large, wire} {
			if !calendar.FederalReserve.IsBusinessDay(d) || d < today {
				t.Fatalf("what is submitted at %s settles on %s", submitted, d)
			}
		}
		if large != calendar.FederalReserve.After(small) || wire > small {
			t.Fatalf("a wire settles on %s, a small amount on %s, a large one on %s", wire, small, large)
		}
	})
}
