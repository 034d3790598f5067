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

func (b *bank) ListTradingStrategies(_ context.Context,
	in partnerserver.ListTradingStrategiesInput) (partnerserver.ListTradingStrategiesOutput, error) {
	offset, count := 0, len(strategies)
	if in.Params.Offset != nil {
		offset = min(*in.Params.Offset, len(strategies))
	}
	if in.Params.Count != nil {
		count = *in.Params.Count
	}
	count = min(count, len(strategies)-offset) // The contract has no upper bound: adding offset to it could overflow.
	return partnerserver.ListTradingStrategiesOK{Body: partnerapi.TradingStrategyList{
		Offset: int64(offset), Count: int64(len(strategies)), Items: strategies[offset : offset+count],
		ObjectType: ptr("List"),
	}}, nil
}
