package sandbox

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// strategies are the ones in the reference's sample, with its yields where it has them. The sample counts a fifth one
// but does not show it.
var strategies = []partnerapi.TradingStrategy{
	strategy("UST-4W", "US T-bills, 4-week, Buy-and-hold", "0.0625", "0.0472"),
	strategy("UST-13W", "US T-bills, 13-week, Buy-and-hold", "0.0598", "0.0484"),
	strategy("UST-26W", "US T-bills, 26-week, Buy-and-hold", "0.0577", "0.0481"),
	strategy("UST-52W", "US T-bills, 52-week, Buy-and-hold", "0.0541", "0.0476"),
}

func strategy(id, description, yield, discount string) partnerapi.TradingStrategy {
	return partnerapi.TradingStrategy{
		ID: id, Description: description, YieldToMaturity: &yield, DiscountYield: &discount,
		ApplicableTo: []partnerapi.StrategyApplication{partnerapi.StrategyApplicationDeposit,
			partnerapi.StrategyApplicationReinvestment},
	}
}

func isStrategy(id string) bool {
	for _, s := range strategies {
		if s.ID == id {
			return true
		}
	}
	return false
}

func (b *bank) ListTradingStrategies(context.Context, partnerserver.ListTradingStrategiesInput) (
	partnerserver.ListTradingStrategiesOutput, error) {
	return partnerserver.ListTradingStrategiesOK{Body: partnerapi.TradingStrategyList{
		Count: int64(len(strategies)), Items: strategies, ObjectType: ptr("List"),
	}}, nil
}
