package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

// ListTradingStrategies shows what a pocket's money can go into.
func (s *Server) ListTradingStrategies(context.Context, partnerserver.ListTradingStrategiesInput) (
	partnerserver.ListTradingStrategiesOutput, error) {
	all := market.Strategies()
	list := partnerapi.TradingStrategyList{Count: int64(len(all)), ObjectType: ptr("List")}
	for _, x := range all {
		list.Items = append(list.Items, partnerapi.TradingStrategy{
			ID: x.ID, Description: x.Description, YieldToMaturity: &x.YieldToMaturity, DiscountYield: &x.DiscountYield,
			ApplicableTo: []partnerapi.StrategyApplication{partnerapi.StrategyApplicationDeposit,
				partnerapi.StrategyApplicationReinvestment},
		})
	}
	return partnerserver.ListTradingStrategiesOK{Body: list}, nil
}

// ListPocketConfigurations shows the strategies by their old name.
func (s *Server) ListPocketConfigurations(context.Context, partnerserver.ListPocketConfigurationsInput) (
	partnerserver.ListPocketConfigurationsOutput, error) {
	all := market.Strategies()
	list := partnerapi.PocketConfigurationList{Count: int64(len(all)), ObjectType: ptr("List")}
	for _, x := range all {
		list.Items = append(list.Items, partnerapi.PocketConfiguration{ID: x.ID, Description: x.Description})
	}
	return partnerserver.ListPocketConfigurationsOK{Body: list}, nil
}
