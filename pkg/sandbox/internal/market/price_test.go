package market_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

func TestAPriceIsDiscountedFromFace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		rate, days int64
		want       string
	}{
		{"4.85 percent for 103 days is the price in the reference's sample", 48_500, 103, "98.612361"},
		{"4.72 percent for 28 days", 47_200, 28, "99.632889"},
		{"4.84 percent for 91 days", 48_400, 91, "98.776556"},
		{"4.81 percent for 182 days", 48_100, 182, "97.568278"},
		{"4.76 percent for 364 days", 47_600, 364, "95.187111"},
		{"4.72 percent for a day", 47_200, 1, "99.986889"},
		{"half a millionth is rounded up", 9, 1, "99.999998"}, // 100 − 0.0000025
		{"nothing for a year", 0, 364, "100.000000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := market.Discounted(test.rate, test.days); got.String() != test.want {
				t.Errorf("the price is %s, want %s", got, test.want)
			}
		})
	}
}

func TestRatesBetweenTheTenorsAreOnALine(t *testing.T) {
	t.Parallel()
	for days, want := range map[int64]int64{
		1: 47_200, 28: 47_200, 29: 47_219, 60: 47_809, 90: 48_380, 91: 48_400, 92: 48_397, 182: 48_100,
		273: 47_850, 364: 47_600, 371: 47_600,
	} {
		if got := market.BaseRate(days); got != want {
			t.Errorf("the rate for %d days is %d millionths, want %d", days, got, want)
		}
	}
}

func TestAYieldIsThatOfABond(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		price market.Price
		days  int64
		want  string
	}{
		{"of 91 days", 98_776_556, 91, "0.0497"},   // 1.223444 / 98.776556 × 365 / 91 = 0.04968
		{"of 28 days", 99_632_889, 28, "0.0480"},   // 0.367111 / 99.632889 × 365 / 28 = 0.04803
		{"of 364 days", 95_187_111, 364, "0.0507"}, // 4.812889 / 95.187111 × 365 / 364 = 0.05070
		{"at maturity", market.Face, 0, "0.0000"},
		{"after maturity", market.Face, -3, "0.0000"},
		{"above one", 50_000_000, 182, "2.0055"}, // 365 / 182
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := market.Yield(test.price, test.days); got != test.want {
				t.Errorf("%s yields %s, want %s", test.price, got, test.want)
			}
		})
	}
}

func TestMoneyIsRoundedAgainstTheCustomer(t *testing.T) {
	t.Parallel()
	const price market.Price = 99_634_722
	for _, test := range []struct{ quantity, cost, proceeds int64 }{
		{0, 0, 0},
		{1, 9_964, 9_963},                // 99.634722
		{3, 29_891, 29_890},              // 298.904166
		{10_000, 99_634_722, 99_634_722}, // 996,347.22
		{10_001, 99_644_686, 99_644_685}, // 996,446.854722
		{1e14, 996_347_220_000_000_000, 996_347_220_000_000_000}, // The most that a price is for.
	} {
		if cost, proceeds := price.Cost(test.quantity), price.Proceeds(test.quantity); cost != test.cost ||
			proceeds != test.proceeds {
			t.Errorf("%d bills cost %d and bring %d", test.quantity, cost, proceeds)
		}
	}
	if got := market.Face.Cost(7); got != 7*market.FaceCents {
		t.Errorf("seven bills cost %d at face value", got)
	}
}

func TestAffordableIsTheMostThatMoneyBuys(t *testing.T) {
	t.Parallel()
	const price market.Price = 99_634_722
	for cents, want := range map[int64]int64{
		math.MinInt64: 0, -1: 0, 0: 0, 9_963: 0, 9_964: 1, 19_926: 1, 19_927: 2, 29_890: 2, 29_891: 3,
		1e15: 100_366_617_171, math.MaxInt64: 925_718_650_256_762,
	} {
		if got := price.Affordable(cents); got != want {
			t.Errorf("%d cents buy %d bills, want %d", cents, got, want)
		}
	}
	for _, none := range []market.Price{0, -1, 9_999} {
		if got := none.Affordable(1e15); got != 0 {
			t.Errorf("at %s, which is no price of a bill, money buys %d", none, got)
		}
	}
}

func TestMoneyIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price, quantity := prices().Draw(t, "price"), rapid.Int64Range(0, 1e14).Draw(t, "quantity")
		product := new(big.Int).Mul(big.NewInt(int64(price)), big.NewInt(quantity))
		floor, rest := new(big.Int).QuoRem(product, big.NewInt(10_000), new(big.Int))
		want := floor.Int64()
		if got := price.Proceeds(quantity); got != want {
			t.Fatalf("%d bills at %s bring %d, not %d", quantity, price, got, want)
		}
		if rest.Sign() > 0 {
			want++
		}
		if got := price.Cost(quantity); got != want {
			t.Fatalf("%d bills at %s cost %d, not %d", quantity, price, got, want)
		}
		if want > quantity*market.FaceCents {
			t.Fatalf("%d bills cost %d, more than they pay", quantity, want)
		}
	})
}

func TestNoMoneyIsLeftThatWouldBuyABill(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price, cents := prices().Draw(t, "price"), rapid.Int64Range(0, 1e17).Draw(t, "cents")
		quantity := price.Affordable(cents)
		if cost, next := price.Cost(quantity), price.Cost(quantity+1); cost > cents || next <= cents {
			t.Fatalf("%d cents buy %d bills at %s, for %d; one more is %d", cents, quantity, price, cost, next)
		}
	})
}

func TestABillIsWorthItsFaceAtMaturityAndLessBefore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := market.New(rapid.Uint64().Draw(t, "seed"))
		d := days().Draw(t, "day")
		bill := m.OnTheRun(rapid.SampledFrom(tenors).Draw(t, "tenor"), d)
		price := m.PriceOn(bill.Maturity, d)
		if price >= market.Face || price < market.Face*9/10 {
			t.Fatalf("%+v costs %s on %s", bill, price, d)
		}
		if later := m.PriceOn(bill.Maturity+1, d); later >= price {
			t.Fatalf("%+v costs %s on %s, but %s if it matured a day later", bill, price, d, later)
		}
		for _, after := range []calendar.Date{bill.Maturity, bill.Maturity + 1, bill.Maturity + 10_000} {
			if got := m.PriceOn(bill.Maturity, after); got != market.Face {
				t.Fatalf("%+v is worth %s on %s", bill, got, after)
			}
		}
	})
}

func TestOneSeedHasOnePriceAndAnotherSeedAnother(t *testing.T) {
	t.Parallel()
	one, same, other := market.New(7), market.New(7), market.New(8)
	differ := 0
	for d := day(t, "2026-01-01"); d <= day(t, "2026-12-31"); d++ {
		maturity := d + 91
		price := one.PriceOn(maturity, d)
		if got := same.PriceOn(maturity, d); got != price {
			t.Fatalf("on %s the price is %s and %s", d, price, got)
		}
		if other.PriceOn(maturity, d) != price {
			differ++
		}
	}
	if differ < 350 {
		t.Errorf("another seed has another price on %d days of a year", differ)
	}
}

func TestRatesWanderWithinTheirBounds(t *testing.T) {
	t.Parallel()
	lowest, highest, falls := int64(0), int64(0), 0
	for seed := range uint64(20) {
		m := market.New(seed)
		previous := market.Shift(m, day(t, "2020-12-31"))
		for d := day(t, "2021-01-01"); d <= day(t, "2025-12-31"); d++ {
			shift := market.Shift(m, d)
			if shift < -2_500 || shift > 2_500 || shift-previous > 500 || previous-shift > 500 {
				t.Fatalf("seed %d: on %s the shift is %d millionths, the day before %d", seed, d, shift, previous)
			}
			if m.PriceOn(d+300, d) < m.PriceOn(d+300, d-1) {
				falls++
			}
			lowest, highest, previous = min(lowest, shift), max(highest, shift), shift
		}
	}
	if lowest > -1_500 || highest < 1_500 {
		t.Errorf("rates stay between %d and %d millionths", lowest, highest)
	}
	if falls == 0 {
		t.Error("no bill was ever worth less than the day before")
	}
}

// A bank that is stored holds bills at these prices.
func TestPricesStayTheSameFromReleaseToRelease(t *testing.T) {
	t.Parallel()
	m := market.New(1)
	for _, test := range []struct {
		day          string
		tenor        market.Tenor
		cusip, price string
		yield        string
	}{
		{"2023-01-04", market.Weeks4, "912797DL8", "99.646675", "0.0479"},
		{"2026-07-16", market.Weeks13, "912797QZ3", "98.777769", "0.0496"},
		{"2026-07-16", market.Weeks52, "912797S73", "95.282443", "0.0506"},
		{"2034-02-28", market.Weeks26, "912798E35", "97.563939", "0.0515"},
	} {
		d := day(t, test.day)
		bill := m.OnTheRun(test.tenor, d)
		price, yield := m.PriceOn(bill.Maturity, d).String(), m.YieldToMaturity(bill.Maturity, d)
		if bill.CUSIP != test.cusip || price != test.price || yield != test.yield {
			t.Errorf("on %s the bill of %d weeks is %q at %q with %q", test.day, test.tenor, bill.CUSIP, price, yield)
		}
	}
}

// A quote is what the market says, whatever was asked before.
func TestAQuoteIsThePriceAndTheYield(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := market.New(rapid.Uint64().Draw(t, "seed"))
		days := rapid.SampledFrom([]calendar.Date{20_000, 20_001, 20_030, 20_364})
		for range 10 {
			maturity, on := days.Draw(t, "maturity"), days.Draw(t, "on")
			price := m.PriceOn(maturity, on)
			want := market.Quote{Price: price, Dollars: price.String(), Yield: m.YieldToMaturity(maturity, on)}
			if got := m.QuoteOn(maturity, on); got != want {
				t.Fatalf("%v; want %v", got, want)
			}
		}
	})
}

func TestAskingTheMarketAllocatesNothing(t *testing.T) {
	m, d := market.New(1), day(t, "2026-07-16")
	if n := testing.AllocsPerRun(100, func() {
		_ = m.PriceOn(m.OnTheRun(market.Weeks52, d).Maturity, d)
	}); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

func BenchmarkPriceOn(b *testing.B) {
	m, d := market.New(1), day(b, "2026-07-16")
	b.ReportAllocs()
	for b.Loop() {
		m.PriceOn(d+200, d)
	}
}
