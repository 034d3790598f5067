package market_test

import (
	"strconv"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

func TestThePricesOfAStrategyBeginWithItsDiscountYield(t *testing.T) {
	t.Parallel()
	for i, strategy := range market.Strategies() {
		if strategy.Tenor != tenors[i] {
			t.Errorf("%s has a tenor of %d weeks", strategy.ID, strategy.Tenor)
		}
		// The yield has four decimals and the rate six.
		tenThousandths, err := strconv.ParseInt(strategy.DiscountYield[len("0."):], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := market.BaseRate(int64(strategy.Tenor) * 7); got != tenThousandths*100 {
			t.Errorf("%s: the rate is %d millionths, the yield %s", strategy.ID, got, strategy.DiscountYield)
		}
	}
}

func TestAStrategyIsFoundByItsID(t *testing.T) {
	t.Parallel()
	for _, strategy := range market.Strategies() {
		if got, ok := market.StrategyByID(strategy.ID); !ok || got != strategy {
			t.Errorf("%s is %+v, %v", strategy.ID, got, ok)
		}
	}
	if got, ok := market.StrategyByID("UST-8W"); ok {
		t.Errorf("UST-8W is %+v", got)
	}
}

func TestStrategiesBelongToTheCaller(t *testing.T) {
	t.Parallel()
	market.Strategies()[0].ID = "UST-1W"
	if _, ok := market.StrategyByID("UST-4W"); !ok {
		t.Error("UST-4W is gone")
	}
}
