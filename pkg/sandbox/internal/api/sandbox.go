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
