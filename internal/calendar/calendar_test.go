package calendar_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// The days from Monday to Friday on which the Federal Reserve Banks are closed, written out by hand: New Year, Martin
// Luther King, Washington, Memorial Day, Juneteenth, Independence, Labor, Columbus, Veterans, Thanksgiving, Christmas.
// A dash stands for a holiday on a Saturday, and for Juneteenth in 2021.
var reserveHolidays = map[int]string{
	2021: "01-01 01-18 02-15 05-31   -   07-05 09-06 10-11 11-11 11-25   -",
	2022: "  -   01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
	2023: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09   -   11-23 12-25",
	2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
	2025: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
	2026: "01-01 01-19 02-16 05-25 06-19   -   09-07 10-12 11-11 11-26 12-25",
	2027: "01-01 01-18 02-15 05-31   -   07-05 09-06 10-11 11-11 11-25   -",
	2028: "  -   01-17 02-21 05-29 06-19 07-04 09-04 10-09   -   11-23 12-25",
	2029: "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
	2030: "01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
	2031: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
	2032: "01-01 01-19 02-16 05-31   -   07-05 09-06 10-11 11-11 11-25   -",
	2033: "  -   01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
	2034: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09   -   11-23 12-25",
	2035: "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
}

// The further days on which the market in Treasury securities is closed: Good Friday, and the Friday before
// Independence Day or Christmas on a Saturday.
var treasuryHolidays = map[int]string{
	2021: "04-02 12-24",
	2022: "04-15",
	2023: "04-07",
	2024: "03-29",
	2025: "04-18",
	2026: "04-03 07-03",
	2027: "03-26 12-24",
	2028: "04-14",
	2029: "03-30",
	2030: "04-19",
	2031: "04-11",
	2032: "03-26 12-24",
	2033: "04-15",
	2034: "04-07",
	2035: "03-23",
}

func TestEveryHolidayFrom2021To2035IsTheOneOnTheSchedule(t *testing.T) {
	t.Parallel()
	for year := range reserveHolidays {
		reserve := daysOf(t, year, reserveHolidays[year])
		treasury := append(daysOf(t, year, treasuryHolidays[year]), reserve...)
		slices.Sort(treasury)
		if got := closedIn(calendar.FederalReserve, year); !slices.Equal(got, reserve) {
			t.Errorf("the Federal Reserve is closed on %v, not %v", got, reserve)
		}
		if got := closedIn(calendar.Treasury, year); !slices.Equal(got, treasury) {
			t.Errorf("the market in Treasury securities is closed on %v, not %v", got, treasury)
		}
	}
}

func daysOf(t *testing.T, year int, list string) []calendar.Date {
	t.Helper()
	var all []calendar.Date
	for monthAndDay := range strings.FieldsSeq(list) {
		if monthAndDay != "-" {
			all = append(all, day(t, strconv.Itoa(year)+"-"+monthAndDay))
		}
	}
	return all
}

// closedIn returns the days of a year, from Monday to Friday, that are no business days.
func closedIn(c *calendar.Calendar, year int) []calendar.Date {
	var all []calendar.Date
	for d := calendar.NewDate(year, time.January, 1); d <= calendar.NewDate(year, time.December, 31); d++ {
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		if weekend && c.IsBusinessDay(d) {
			return []calendar.Date{d} // It is no holiday, so no list has it.
		}
		if !weekend && !c.IsBusinessDay(d) {
			all = append(all, d)
		}
	}
	return all
}

func TestASaturdayHolidayIsNotMoved(t *testing.T) {
	t.Parallel()
	for _, friday := range []string{"2021-06-18", "2021-12-24", "2021-12-31", "2023-11-10", "2026-07-03", "2027-06-18",
		"2027-12-24", "2028-12-29"} {
		if !calendar.FederalReserve.IsBusinessDay(day(t, friday)) {
			t.Errorf("the Federal Reserve is closed on Friday, %s", friday)
		}
	}
}

func TestASundayHolidayIsMovedToMonday(t *testing.T) {
	t.Parallel()
	for _, monday := range []string{"2021-07-05", "2022-06-20", "2022-12-26", "2023-01-02", "2029-11-12"} {
		if calendar.FederalReserve.IsBusinessDay(day(t, monday)) {
			t.Errorf("the Federal Reserve is open on Monday, %s", monday)
		}
	}
}

func TestJuneteenthIsAHolidaySince2022(t *testing.T) {
	t.Parallel()
	for text, open := range map[string]bool{
		"2019-06-19": true, "2020-06-19": true, "2021-06-18": true, "2021-06-21": true,
		"2022-06-20": false, "2023-06-19": false, "2024-06-19": false,
	} {
		if calendar.FederalReserve.IsBusinessDay(day(t, text)) != open {
			t.Errorf("%s is a business day: want %v", text, open)
		}
	}
}

func TestBeyondTheYearsThatItKnowsACalendarKnowsWeekends(t *testing.T) {
	t.Parallel()
	for text, open := range map[string]bool{
		"1989-12-25": true, "1989-12-30": false, "1989-12-31": false, // Monday, Saturday, Sunday
		"1990-01-01": false, "1990-01-02": true, "2100-12-31": true, // A holiday, and the last day that is known
		"2101-01-01": false, "2101-01-03": true, "2101-07-04": true, // Saturday; Monday, Monday
		"0000-01-01": false, "9999-12-31": true, // Saturday, Friday
	} {
		for name, c := range calendars {
			if c.IsBusinessDay(day(t, text)) != open {
				t.Errorf("%s: %s is a business day: want %v", name, text, open)
			}
		}
	}
}

func TestBusinessDaysAreCounted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		from string
		n    int
		want string
	}{
		{"no day from a business day is the day", "2026-06-18", 0, "2026-06-18"},
		{"no day from a holiday is the next business day", "2026-06-19", 0, "2026-06-22"},
		{"one day skips a holiday and a weekend", "2026-06-18", 1, "2026-06-22"},
		{"one day from a Saturday is Tuesday", "2026-06-20", 1, "2026-06-23"},
		{"two days reach over Christmas", "2026-12-23", 2, "2026-12-28"},
		{"a day back skips a holiday and a weekend", "2026-06-22", -1, "2026-06-18"},
		{"a day back from a Saturday is Friday", "2026-06-27", -1, "2026-06-26"},
		{"a year has as many as it has", "2025-12-31", 251, "2026-12-31"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := calendar.FederalReserve.Add(day(t, test.from), test.n); got != day(t, test.want) {
				t.Errorf("%s + %d = %s, want %s", test.from, test.n, got, test.want)
			}
		})
	}
}

func TestBusinessDaysAddUp(t *testing.T) {
	t.Parallel()
	for name, c := range calendars {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			d := days().Draw(t, "day")
			a, b := rapid.IntRange(-300, 300).Draw(t, "a"), rapid.IntRange(-300, 300).Draw(t, "b")
			sum := c.Add(d, a+b)
			if got := c.Add(c.Add(d, a), b); got != sum {
				t.Fatalf("%s + %d + %d = %s, but + %d = %s", d, a, b, got, a+b, sum)
			}
			if !c.IsBusinessDay(sum) {
				t.Fatalf("%s + %d = %s, which is no business day", d, a+b, sum)
			}
		}))
	}
}

func TestAfterIsTheFirstBusinessDayThatFollows(t *testing.T) {
	t.Parallel()
	for name, c := range calendars {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			d := days().Draw(t, "day")
			after, onOrAfter := c.After(d), c.OnOrAfter(d)
			if after <= d || !c.IsBusinessDay(after) {
				t.Fatalf("after %s comes %s", d, after)
			}
			for between := d + 1; between < after; between++ {
				if c.IsBusinessDay(between) {
					t.Fatalf("after %s comes %s, not %s", d, between, after)
				}
			}
			if c.IsBusinessDay(d) && onOrAfter != d || !c.IsBusinessDay(d) && onOrAfter != after {
				t.Fatalf("on or after %s is %s, after it is %s", d, onOrAfter, after)
			}
		}))
	}
}

func TestTheTreasuryIsOpenOnlyWhenTheFederalReserveIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := days().Draw(t, "day")
		if calendar.Treasury.IsBusinessDay(d) && !calendar.FederalReserve.IsBusinessDay(d) {
			t.Fatalf("%s is a business day of the Treasury alone", d)
		}
	})
}

// In Damascus clocks skipped midnight on Good Friday of 2018. It runs before those that run in parallel, as it changes
// what all of them read.
func TestHolidaysAreTheSameWhereverTheMachineIs(t *testing.T) {
	here := cal.DefaultLoc
	defer func() { cal.DefaultLoc = here }()
	for _, zone := range []string{"Asia/Damascus", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		cal.DefaultLoc = location
		treasury, reserve := calendar.NewTreasury(), calendar.NewFederalReserve()
		for d := calendar.NewDate(1990, time.January, 1); d < calendar.NewDate(2101, time.January, 1); d++ {
			if treasury.IsBusinessDay(d) != calendar.Treasury.IsBusinessDay(d) ||
				reserve.IsBusinessDay(d) != calendar.FederalReserve.IsBusinessDay(d) {
				t.Fatalf("in %s, %s is another kind of day", zone, d)
			}
		}
	}
	if calendar.Treasury.IsBusinessDay(day(t, "2018-03-30")) {
		t.Error("Good Friday of 2018 is a business day")
	}
}

func TestACalendarAllocatesNothing(t *testing.T) {
	d := day(t, "2026-12-23")
	if n := testing.AllocsPerRun(100, func() { calendar.Treasury.Add(d, 5) }); n != 0 {
		t.Errorf("counting days allocates %v times", n)
	}
}

func BenchmarkIsBusinessDay(b *testing.B) {
	d := day(b, "2026-12-23")
	for b.Loop() {
		calendar.FederalReserve.IsBusinessDay(d)
	}
}

func BenchmarkAddOne(b *testing.B) {
	d := day(b, "2026-12-23")
	for b.Loop() {
		calendar.FederalReserve.Add(d, 1)
	}
}

func BenchmarkMakingACalendar(b *testing.B) {
	for b.Loop() {
		calendar.NewTreasury().IsBusinessDay(0)
	}
}
