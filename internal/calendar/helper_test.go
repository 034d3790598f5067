package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// moment reads a time of day in New York.
func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, calendar.Eastern)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var calendars = map[string]*calendar.Calendar{
	"Federal Reserve": calendar.FederalReserve,
	"Treasury":        calendar.Treasury,
}

// days draws days that a calendar knows, and some around them.
func days() *rapid.Generator[calendar.Date] {
	return rapid.Custom(func(t *rapid.T) calendar.Date {
		first, last := calendar.NewDate(1989, time.July, 1), calendar.NewDate(2101, time.July, 1)
		return calendar.Date(rapid.Int32Range(int32(first), int32(last)).Draw(t, "day"))
	})
}
