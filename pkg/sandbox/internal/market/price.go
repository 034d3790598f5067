package market

import (
	"fmt"

	"github.com/jiko-partner/partner-go/internal/calendar"
)

// Price is what a bill of 100 dollars costs, in millionths of a dollar: 99634722 is 99.634722 dollars. It is positive
// and at most Face.
type Price int64

const (
	// Face is the price of a bill at maturity.
	Face Price = 100_000_000
	// FaceCents is what the Treasury pays for a bill at maturity.
	FaceCents int64 = 100_00
	// pricePerCent is how many millionths of a dollar a cent has.
	pricePerCent = 10_000
)

// PriceOn returns the price on a day of the bill that matures on another. From its maturity on it is Face. A term of 20
// years, which no bill has, would have no positive price.
func (m *Market) PriceOn(maturity, day calendar.Date) Price {
	days := daysTo(maturity, day)
	if days <= 0 {
		return Face
	}
	return discounted(baseRate(days)+m.shift(day), days)
}

// YieldToMaturity returns what buying the bill on a day earns in a year of 365 days, as a decimal fraction with four
// decimals: 0.0497. It is a bond-equivalent yield, as of a bill with half a year or less to run; that of a longer one
// would have to count the coupon that a bond pays in between. At maturity it is 0.0000.
func (m *Market) YieldToMaturity(maturity, day calendar.Date) string {
	return m.PriceOn(maturity, day).yield(daysTo(maturity, day))
}

// Quote is what a bill costs on a day.
type Quote struct {
	Price Price
	// Dollars is the price as a text, and Yield that of YieldToMaturity.
	Dollars, Yield string
}

// quoted is a Quote, and of what.
type quoted struct {
	maturity, day calendar.Date
	Quote
}

// QuoteOn returns PriceOn and YieldToMaturity.
func (m *Market) QuoteOn(maturity, day calendar.Date) Quote {
	if q := m.latest.Load(); q != nil && q.maturity == maturity && q.day == day {
		return q.Quote
	}
	price := m.PriceOn(maturity, day)
	q := &quoted{maturity, day, Quote{price, price.String(), price.yield(daysTo(maturity, day))}}
	m.latest.Store(q)
	return q.Quote
}

func daysTo(maturity, day calendar.Date) int64 { return int64(maturity) - int64(day) }

// discounted returns the price at a discount rate, rounded to the nearest millionth, half of one up.
func discounted(r rate, days int64) Price {
	// 100 dollars × rate × days / 360 in millionths of a dollar is rate × days × 5 / 18.
	return Face - Price((r*days*5+8)/18)
}

// yield returns the bond-equivalent yield of a bill that has a number of days to run.
func (p Price) yield(days int64) string {
	if days <= 0 {
		return "0.0000"
	}
	const decimals = 10_000
	divisor := int64(p) * days
	tenThousandths := (int64(Face-p)*365*decimals + divisor/2) / divisor
	return fmt.Sprintf("%d.%04d", tenThousandths/decimals, tenThousandths%decimals)
}

// Cost returns what a quantity of bills costs in cents, rounded up. The quantity is not negative and at most 10^14, for
// which nothing overflows: it costs at most 10^18 cents.
func (p Price) Cost(quantity int64) int64 {
	cents, rest := p.times(quantity)
	if rest > 0 {
		cents++
	}
	return cents
}

// Proceeds returns what a quantity of bills is sold for in cents, rounded down. The quantity is as for Cost.
func (p Price) Proceeds(quantity int64) int64 {
	cents, _ := p.times(quantity)
	return cents
}

// times returns what a quantity costs in cents, and the millionths of a dollar that are left. The product itself would
// overflow from 9 × 10^10 bills on, so the quantity is taken apart: each 10,000 bills cost as many cents as one costs
// millionths.
func (p Price) times(quantity int64) (cents, rest int64) {
	one := int64(p)
	last := one * (quantity % pricePerCent)
	return quantity/pricePerCent*one + last/pricePerCent, last % pricePerCent
}

// Affordable returns the largest quantity of bills whose Cost is at most a number of cents, which may be any. Of less
// than nothing it is 0, as it is for what is no price of a bill.
func (p Price) Affordable(cents int64) int64 {
	one := int64(p)
	if cents <= 0 || one < pricePerCent {
		return 0
	}
	// As in times, each amount of as many cents as one bill costs millionths buys 10,000 bills.
	return cents/one*pricePerCent + cents%one*pricePerCent/one
}

// String returns the price in dollars, as 99.634722.
func (p Price) String() string {
	const dollar = 100 * pricePerCent
	return fmt.Sprintf("%d.%06d", p/dollar, p%dollar)
}

// YieldAt is the yield to maturity, as a decimal fraction, of whoever pays a price on a day.
func YieldAt(price Price, maturity, day calendar.Date) string {
	return price.yield(daysTo(maturity, day))
}
