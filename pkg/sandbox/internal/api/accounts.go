package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// ListCustomerAccounts shows the pockets of a customer, as v1 does.
func (s *Server) ListCustomerAccounts(ctx context.Context, in partnerserver.ListCustomerAccountsInput) (
	partnerserver.ListCustomerAccountsOutput, error) {
	t := from(ctx)
	offset, limit := value(in.Params.Offset), bank.DefaultAccountLimit
	set(&limit, in.Params.Limit)
	accounts, err := t.Accounts(in.CustomerID, offset, limit)
	if err != nil {
		return nil, err
	}
	list := partnerapi.AccountList{Offset: int64(offset), Count: int64(accounts.Total),
		Items: []partnerapi.Account{}, ObjectType: ptr("List")}
	for _, p := range accounts.Items {
		list.Items = append(list.Items, showAccount(t, p))
	}
	return partnerserver.ListCustomerAccountsOK{Body: list}, nil
}

// GetAccount shows a pocket, as v1 does.
func (s *Server) GetAccount(ctx context.Context, in partnerserver.GetAccountInput) (partnerserver.GetAccountOutput,
	error) {
	t := from(ctx)
	p, err := t.Pocket(in.AccountID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetAccountOK{Body: showAccount(t, p)}, nil
}

func showAccount(t *bank.Tx, p *bank.Pocket) partnerapi.Account {
	shown := partnerapi.Account{
		ID: p.ID, Name: p.Name, Status: partnerapi.AccountStatus(p.AccountStatus()), TotalValue: usd(t.Total(p.ID)),
		Portfolio: partnerapi.AccountPortfolio{Cash: usd(t.Cash(p.ID)), AllTimeEarnings: usd(t.Earned(p.ID)),
			Securities: []partnerapi.AccountSecurity{}},
		ObjectType: ptr("Account"),
	}
	for _, h := range t.Holdings(p.ID) {
		bid, ask := t.Quote(h.Maturity)
		shown.Portfolio.Securities = append(shown.Portfolio.Securities, partnerapi.AccountSecurity{
			Description: "US T-Bill", TradableID: t.SecurityID(h.CUSIP), ExternalID: h.CUSIP,
			SecurityType: partnerapi.SecurityTypeFixedIncome, Quantity: h.Quantity, MarketValue: usd(h.Value),
			MaturityDate: date(h.Maturity), YieldToMaturity: h.Yield, Bid: bid, Ask: ask,
		})
	}
	return shown
}
