package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// FundAccount has money arrive from outside.
func (s *Server) FundAccount(ctx context.Context, in partnerserver.FundAccountInput) (
	partnerserver.FundAccountOutput, error) {
	company, count := "FakeCompany", int32(1)
	set(&company, in.Body.CompanyName)
	set(&count, in.Body.Count)
	for range count {
		if err := from(ctx).Fund(in.Body.AccountID, in.Body.AmountUSDC, company); err != nil {
			return nil, err
		}
	}
	return partnerserver.FundAccountAccepted{}, nil
}

// SimulateCardSwipe has a virtual card pay.
func (s *Server) SimulateCardSwipe(ctx context.Context, in partnerserver.SimulateCardSwipeInput) (
	partnerserver.SimulateCardSwipeOutput, error) {
	if err := from(ctx).Swipe(in.Body.CardID, in.Body.AmountUSDC); err != nil {
		return nil, err
	}
	return partnerserver.SimulateCardSwipeAccepted{}, nil
}

// GeneratePhysicalCard has an ordered card arrive.
func (s *Server) GeneratePhysicalCard(ctx context.Context, in partnerserver.GeneratePhysicalCardInput) (
	partnerserver.GeneratePhysicalCardOutput, error) {
	if err := from(ctx).GenerateCard(in.Body.CardOrderID); err != nil {
		return nil, err
	}
	return partnerserver.GeneratePhysicalCardAccepted{}, nil
}
