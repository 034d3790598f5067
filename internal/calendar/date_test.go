package calendar_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

func TestTheDayOfAMomentIsThatInNewYork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, at, want string }{
		{"the last minute of a summer day is after midnight in UTC", "2026-07-16T03:59:59Z", "2026-07-15"},
		{"a summer day begins at four in UTC", "2026-07-16T04:00:00Z", "2026-07-16"},
		{"the last minute of a winter day is after midnight in UTC", "2026-01-16T04:59:59Z", "2026-01-15"},
		{"a winter day begins at five in UTC", "2026-01-16T05:00:00Z", "2026-01-16"},
		{"the day when clocks go forward begins at five", "2026-03-08T05:00:00Z", "2026-03-08"},
		{"the day after it begins at four", "2026-03-09T03:59:59Z", "2026-03-08"},
		{"the day when clocks go back begins at four", "2026-11-01T04:00:00Z", "2026-11-01"},
		{"the day after it begins at five", "2026-11-02T04:59:59Z", "2026-11-01"},
		{"another zone is no other moment", "2026-07-16T12:59:00+09:00", "2026-07-15"},
		{"days before 1970 count too", "1969-12-31T23:59:59Z", "1969-12-31"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := calendar.DateOf(at); got != day(t, test.want) {
				t.Errorf("it is %s at %s, want %s", got, test.at, test.want)
			}
		})
	}
}

func TestAClockTimeOfADayIsAMoment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		day          string
		hour, minute int
		want         string
	}{
		{"noon in winter", "2026-01-15", 12, 0, "2026-01-15T17:00:00Z"},
		{"noon in summer", "2026-07-15", 12, 0, "2026-07-15T16:00:00Z"},
		{"a minute before midnight", "2026-07-15", 23, 59, "2026-07-16T03:59:00Z"},
		{"midnight before clocks go forward", "2026-03-08", 0, 0, "2026-03-08T05:00:00Z"},
		{"the minute before clocks go forward", "2026-03-08", 1, 59, "2026-03-08T06:59:00Z"},
		{"the hour after clocks went forward", "2026-03-08", 3, 0, "2026-03-08T07:00:00Z"},
		{"noon after clocks went forward", "2026-03-08", 12, 0, "2026-03-08T16:00:00Z"},
		{"the minute before the hour that is repeated", "2026-11-01", 0, 59, "2026-11-01T04:59:00Z"},
		{"the hour after clocks went back", "2026-11-01", 2, 0, "2026-11-01T07:00:00Z"},
		{"noon after clocks went back", "2026-11-01", 12, 0, "2026-11-01T17:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := day(t, test.day).At(test.hour, test.minute)
			if got.Format(time.RFC3339) != test.want {
				t.Errorf("%s, want %s", got.Format(time.RFC3339), test.want)
			}
		})
	}
}

func TestEveryClockTimeOfADayIsOnThatDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := days().Draw(t, "day")
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		if got := calendar.DateOf(d.At(hour, minute)); got != d {
			t.Fatalf("%d:%02d on %s is on %s", hour, minute, d, got)
		}
	})
}

func TestADayIsMadeOfItsParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.Date(rapid.Int32().Draw(t, "day"))
		year, month, dayOfMonth := d.YearMonthDay()
		if got := calendar.NewDate(year, month, dayOfMonth); got != d {
			t.Fatalf("%d-%d-%d is %d, not %d", year, month, dayOfMonth, got, d)
		}
		midnight := d.Midnight()
		if midnight.Weekday() != d.Weekday() {
			t.Fatalf("%s is a %s, not a %s", d, midnight.Weekday(), d.Weekday())
		}
		if n := rapid.IntRange(-1000, 1000).Draw(t, "n"); !d.AddDays(n).Midnight().Equal(midnight.AddDate(0, 0, n)) &&
			d > -1<<31+1000 && d < 1<<31-1-1000 {
			t.Fatalf("%s + %d = %s", d, n, d.AddDays(n))
		}
	})
}

func TestAMonthBeginsAndEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ day, first, last string }{
		{"2026-01-31", "2026-01-01", "2026-01-31"},
		{"2026-02-01", "2026-02-01", "2026-02-28"},
		{"2028-02-14", "2028-02-01", "2028-02-29"},
		{"2026-12-15", "2026-12-01", "2026-12-31"},
		{"1969-02-28", "1969-02-01", "1969-02-28"},
	} {
		d := day(t, test.day)
		if d.FirstOfMonth() != day(t, test.first) || d.LastOfMonth() != day(t, test.last) {
			t.Errorf("the month of %s is from %s to %s", d, d.FirstOfMonth(), d.LastOfMonth())
		}
	}
}

func TestADayIsATextInJSON(t *testing.T) {
	t.Parallel()
	type record struct {
		Settles calendar.Date            `json:"settles"`
		Sold    map[calendar.Date]string `json:"sold"`
	}
	text := `{"settles":"2026-11-01","sold":{"1969-12-31":"all"}}`
	var got record
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Settles != day(t, "2026-11-01") || got.Sold[-1] != "all" {
		t.Errorf("read %+v", got)
	}
	if written, err := json.Marshal(got); err != nil || string(written) != text {
		t.Errorf("wrote %s, %v", written, err)
	}
	if err := json.Unmarshal([]byte(`{"settles":"2026-02-31"}`), &got); !errors.Is(err, calendar.ErrDate) {
		t.Errorf("a day that is none: %v", err)
	}
	if _, err := calendar.NewDate(10_000, time.January, 1).MarshalText(); !errors.Is(err, calendar.ErrDate) {
		t.Errorf("a day of year 10000: %v", err)
	}
}

func TestWhatIsNoDayIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "2026", "2026-02-31", "2023-02-29", "2026-13-01", "2026-1-2", "2026-01-02 ",
		"2026-01-02T00:00:00Z", "02026-01-02", "-026-01-02", "2026/01/02", "today"} {
		if got, err := calendar.Parse(text); !errors.Is(err, calendar.ErrDate) {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"2026-11-01", "0000-01-01", "9999-12-31", "2026-02-31", "2026-1-1", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := calendar.Parse(text)
		if err != nil {
			if !errors.Is(err, calendar.ErrDate) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if d.String() != text {
			t.Errorf("%q is read as %s", text, d)
		}
	})
}
