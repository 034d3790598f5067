package calendar

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // A machine without a database of time zones knows New York's, too.
)

// ErrDate says that a text is no day as 2006-01-02, or that a day cannot be written so.
var ErrDate = errors.New("calendar: not a day of the years 0000 to 9999, as 2006-01-02")

// Eastern is the time of New York, by which banks and markets keep their hours.
var Eastern = mustLoad("America/New_York")

func mustLoad(name string) *time.Location {
	location, err := time.LoadLocation(name)
	if err != nil {
		panic(fmt.Sprintf("calendar: the zone that is linked in does not load: %v", err))
	}
	return location
}

// layout is how a day is written, in JSON as well.
const layout = "2006-01-02"

const secondsOfDay = 24 * 60 * 60

// Date is a civil day: the number of days since 1970-01-01.
type Date int32

// DateOf returns the day that it is in New York at t.
func DateOf(t time.Time) Date {
	return NewDate(t.In(Eastern).Date())
}

// NewDate returns a day. What is out of range is carried over as time.Date does: the 31st of February is in March.
func NewDate(year int, month time.Month, day int) Date {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return Date(midnight.Unix() / secondsOfDay) //nolint:gosec // G115: 32 bits hold the days of five million years.
}

// Parse reads a day as 2006-01-02. What it refuses is an ErrDate.
func Parse(text string) (Date, error) {
	t, err := time.Parse(layout, text)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", ErrDate, text)
	}
	return NewDate(t.Date()), nil
}

// String returns the day as 2006-01-02.
func (d Date) String() string { return d.Midnight().Format(layout) }

// MarshalText writes the day as 2006-01-02. A year outside 0000 to 9999 is an ErrDate.
func (d Date) MarshalText() ([]byte, error) {
	if year, _, _ := d.YearMonthDay(); year < 0 || year > 9999 {
		return nil, fmt.Errorf("%w: year %d", ErrDate, year)
	}
	return d.Midnight().AppendFormat(nil, layout), nil
}

// UnmarshalText reads a day as Parse does.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	const first = int64(time.Thursday) // That of 1970-01-01.
	return time.Weekday(((int64(d)+first)%7 + 7) % 7)
}

// AddDays returns the day that is n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date {
	return d + Date(n) //nolint:gosec // G115: five million years are enough.
}

// YearMonthDay returns the parts of the day.
func (d Date) YearMonthDay() (year int, month time.Month, day int) { return d.Midnight().Date() }

// Midnight returns the moment at which the day begins in UTC. It stands for the day where a time is asked for; in New
// York the day begins hours later, at At(0, 0).
func (d Date) Midnight() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

// At returns the moment, in UTC, at which clocks in New York show hour:minute on the day. In the hour that they skip in
// March, or repeat in November, it is one of the two moments that time.Date may choose.
func (d Date) At(hour, minute int) time.Time {
	year, month, day := d.YearMonthDay()
	return time.Date(year, month, day, hour, minute, 0, 0, Eastern).UTC()
}

// FirstOfMonth returns the first day of the month that the day is in.
func (d Date) FirstOfMonth() Date {
	_, _, day := d.YearMonthDay()
	return d.AddDays(1 - day)
}

// LastOfMonth returns the last day of the month that the day is in.
func (d Date) LastOfMonth() Date {
	year, month, _ := d.YearMonthDay()
	return NewDate(year, month+1, 0)
}
