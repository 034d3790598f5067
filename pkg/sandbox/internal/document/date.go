package document

import (
	"fmt"
	"time"
)

// Period is from the first to the last day of what a document covers, both included. Both are civil dates.
type Period struct{ From, To time.Time }

// Check refuses a period whose days are none, or that ends before it begins.
func (p Period) Check() error {
	if err := firstError(civil("From", p.From), civil("To", p.To)); err != nil {
		return err
	}
	if p.To.Before(p.From) {
		return refuse("To", fmt.Errorf("%w: it is before the first day", ErrDate))
	}
	return nil
}

// holds refuses a day outside the period.
func (p Period) holds(field string, day time.Time) error {
	if err := civil(field, day); err != nil {
		return err
	}
	if day.Before(p.From) || day.After(p.To) {
		return refuse(field, fmt.Errorf("%w: it is outside the period", ErrDate))
	}
	return nil
}

func (p Period) String() string { return date(p.From) + " to " + date(p.To) }

// civil refuses what is not midnight in UTC: a moment of another zone, taken for a day, is easily a day off.
func civil(field string, day time.Time) error {
	if err := moment(field, day); err != nil {
		return err
	}
	if !day.Equal(day.UTC().Truncate(24 * time.Hour)) {
		return refuse(field, fmt.Errorf("%w: it is not midnight in UTC", ErrDate))
	}
	return nil
}

// moment refuses a time that is missing or has no year of four digits, as XML demands.
func moment(field string, t time.Time) error {
	if t.IsZero() {
		return refuse(field, ErrMissing)
	}
	if year := t.UTC().Year(); year < 1 || year > 9999 {
		return refuse(field, fmt.Errorf("%w: its year is not between 1 and 9999", ErrDate))
	}
	return nil
}

func date(day time.Time) string { return day.UTC().Format(time.DateOnly) }
