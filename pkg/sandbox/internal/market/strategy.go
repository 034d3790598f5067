package market

import "slices"

// Tenor is the term of a bill when it is issued, in weeks. There are four.
type Tenor int

// The tenors that bills are issued with.
const (
	Weeks4  Tenor = 4
	Weeks13 Tenor = 13
	Weeks26 Tenor = 26
	Weeks52 Tenor = 52
)

// Strategy is a way to invest: always in the newest bill of a tenor, held to maturity.
type Strategy struct {
	// ID names the strategy, as UST-4W.
	ID          string
	Description string
	Tenor       Tenor
	// YieldToMaturity and DiscountYield are decimal fractions. Prices begin with the second; the first is for show, as
	// the two do not agree.
	YieldToMaturity, DiscountYield string
}

// strategies are those of the reference's sample, with its yields. It counts a fifth one but does not show it.
var strategies = []Strategy{
	{"UST-4W", "US T-bills, 4-week, Buy-and-hold", Weeks4, "0.0625", "0.0472"},
	{"UST-13W", "US T-bills, 13-week, Buy-and-hold", Weeks13, "0.0598", "0.0484"},
	{"UST-26W", "US T-bills, 26-week, Buy-and-hold", Weeks26, "0.0577", "0.0481"},
	{"UST-52W", "US T-bills, 52-week, Buy-and-hold", Weeks52, "0.0541", "0.0476"},
}

// Strategies returns all strategies, by their tenor. The caller may change the slice.
func Strategies() []Strategy { return slices.Clone(strategies) }

// StrategyByID returns the strategy of a name, and whether there is one.
func StrategyByID(id string) (Strategy, bool) {
	for _, strategy := range strategies {
		if strategy.ID == id {
			return strategy, true
		}
	}
	return Strategy{}, false
}
