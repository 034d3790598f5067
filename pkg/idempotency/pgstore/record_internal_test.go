package pgstore

import (
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// A window that is not longer than nothing was written by somebody else. PostgreSQL compares a day as 24 hours and a
// month as 30 days.
func TestARecordIsIntactIfItsWindowIsLongerThanNothing(t *testing.T) {
	const day = int64(24 * time.Hour / time.Microsecond)
	for _, c := range []struct {
		name   string
		window pgtype.Interval
		want   bool
	}{
		{"a microsecond", pgtype.Interval{Microseconds: 1}, true},
		{"nothing", pgtype.Interval{}, false},
		{"less than nothing", pgtype.Interval{Microseconds: -1}, false},
		{"a day", pgtype.Interval{Days: 1}, true},
		{"a month", pgtype.Interval{Months: 1}, true},
		{"two days less 48 hours", pgtype.Interval{Days: 2, Microseconds: -2 * day}, false},
		{"two days less almost 48 hours", pgtype.Interval{Days: 2, Microseconds: -2*day + 1}, true},
		{"two months less 60 days", pgtype.Interval{Months: 2, Days: -60}, false},
		{"two months less 59 days", pgtype.Interval{Months: 2, Days: -59}, true},
		{"a month that is taken from 30 days", pgtype.Interval{Months: -1, Days: 30}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := pgtype.Timestamptz{Time: time.Now(), Valid: true}
			r := record{token: pgtype.Int8{Int64: 1, Valid: true}, fingerprint: make([]byte, 32), lease: at,
				expires: at, window: c.window}
			if got := r.intact(); got != c.want {
				t.Errorf("intact = %v", got)
			}
		})
	}
}

func TestDurationsAreRoundedUpToMicroseconds(t *testing.T) {
	const us = time.Microsecond
	for d, want := range map[time.Duration]time.Duration{
		0: 0, 1: us, us - 1: us, us: us, us + 1: 2 * us, 2*us - 1: 2 * us,
		// There is no later one.
		math.MaxInt64:          math.MaxInt64,
		math.MaxInt64 - us + 1: math.MaxInt64 - us + 1,
		math.MaxInt64 - us:     math.MaxInt64 / us * us,
	} {
		if got := interval(d); got != want {
			t.Errorf("%d ns become %d, want %d", d, got, want)
		}
	}
}
