package market_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

var tenors = []market.Tenor{market.Weeks4, market.Weeks13, market.Weeks26, market.Weeks52}

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// days draws days from 1991 to 2098, whose bills are issued and mature in years that the calendar knows.
func days() *rapid.Generator[calendar.Date] {
	return rapid.Custom(func(t *rapid.T) calendar.Date {
		first, last := calendar.NewDate(1991, time.January, 1), calendar.NewDate(2098, time.December, 31)
		return calendar.Date(rapid.Int32Range(int32(first), int32(last)).Draw(t, "day"))
	})
}

// prices draws prices that a bill can have.
func prices() *rapid.Generator[market.Price] {
	return rapid.Custom(func(t *rapid.T) market.Price {
		return market.Price(rapid.Int64Range(90_000_000, int64(market.Face)).Draw(t, "price"))
	})
}
