package api

import (
	"context"
	"slices"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreatePocket opens a pocket.
func (s *Server) CreatePocket(ctx context.Context, in partnerserver.CreatePocketInput) (
	partnerserver.CreatePocketOutput, error) {
	t := from(ctx)
	deposit, err := bank.DepositStrategy(in.Body.TradingStrategyID, in.Body.DepositStrategyID)
	if err != nil {
		return nil, err
	}
	var reinvestment *string
	if id, err := in.Body.ReinvestmentStrategyID.Get(); err == nil {
		reinvestment = &id
	}
	p, err := t.CreatePocket(in.CustomerID, in.Body.PocketName, deposit, reinvestment)
	if err != nil {
		return nil, err
	}
	shown, err := showPocket(t, p, nil)
	return partnerserver.CreatePocketCreated{Body: shown}, err
}

// GetPocket shows a pocket.
func (s *Server) GetPocket(ctx context.Context, in partnerserver.GetPocketInput) (partnerserver.GetPocketOutput,
	error) {
	t := from(ctx)
	p, err := t.Pocket(in.PocketID)
	if err != nil {
		return nil, err
	}
	shown, err := showPocket(t, p, in.Params.Omit)
	return partnerserver.GetPocketOK{Body: shown}, err
}

// GetCustomerPocket shows a pocket of a customer.
func (s *Server) GetCustomerPocket(ctx context.Context, in partnerserver.GetCustomerPocketInput) (
	partnerserver.GetCustomerPocketOutput, error) {
	t := from(ctx)
	p, err := t.PocketOf(in.CustomerID, in.PocketID)
	if err != nil {
		return nil, err
	}
	shown, err := showPocket(t, p, in.Params.Omit)
	return partnerserver.GetCustomerPocketOK{Body: shown}, err
}

// ListPockets shows the pockets of all customers.
func (s *Server) ListPockets(ctx context.Context, in partnerserver.ListPocketsInput) (
	partnerserver.ListPocketsOutput, error) {
	t := from(ctx)
	page, err := t.Pockets(oldestFirst(in.Params.Cursor, in.Params.Limit), pocketStatuses(in.Params.FilterStatus))
	if err != nil {
		return nil, err
	}
	shown, err := showPockets(t, page, in.Params.Omit)
	return partnerserver.ListPocketsOK{Body: shown}, err
}

// ListCustomerPockets shows the pockets of a customer.
func (s *Server) ListCustomerPockets(ctx context.Context, in partnerserver.ListCustomerPocketsInput) (
	partnerserver.ListCustomerPocketsOutput, error) {
	t := from(ctx)
	page, err := t.PocketsOf(in.CustomerID, oldestFirst(in.Params.Cursor, in.Params.Limit),
		pocketStatuses(in.Params.FilterStatus))
	if err != nil {
		return nil, err
	}
	shown, err := showPockets(t, page, in.Params.Omit)
	return partnerserver.ListCustomerPocketsOK{Body: shown}, err
}

// oldestFirst is a page of a list that has no order to choose. (Inferred.)
func oldestFirst(cursor *string, limit *int) bank.Query {
	q := query(cursor, limit, nil)
	q.Ascending = true
	return q
}

func pocketStatuses(given []partnerapi.PocketStatus) []bank.PocketStatus {
	statuses := make([]bank.PocketStatus, len(given))
	for i, s := range given {
		statuses[i] = bank.PocketStatus(s)
	}
	return statuses
}

// UpdatePocket changes or closes a pocket.
func (s *Server) UpdatePocket(ctx context.Context, in partnerserver.UpdatePocketInput) (
	partnerserver.UpdatePocketOutput, error) {
	t := from(ctx)
	change := bank.PocketChange{Name: in.Body.PocketName, Status: (*bank.PocketStatus)(in.Body.Status),
		ClosureReason: in.Body.ClosureReason, Deposit: in.Body.DepositStrategyID}
	if id, err := in.Body.ReinvestmentStrategyID.Get(); err == nil {
		change.Reinvestment = &id
	}
	change.NoReinvestment = in.Body.ReinvestmentStrategyID.IsNull()
	p, err := t.UpdatePocket(in.CustomerID, in.PocketID, change)
	if err != nil {
		return nil, err
	}
	shown, err := showPocket(t, p, nil)
	return partnerserver.UpdatePocketOK{Body: shown}, err
}

func showPockets(t *bank.Tx, page bank.Page[bank.Pocket], omit []string) (partnerapi.PocketPage, error) {
	shown := partnerapi.PocketPage{Items: []partnerapi.Pocket{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, p := range page.Items {
		pocket, err := showPocket(t, p, omit)
		if err != nil {
			return shown, err
		}
		shown.Items = append(shown.Items, pocket)
	}
	return shown, nil
}

func showPocket(t *bank.Tx, p *bank.Pocket, omit []string) (partnerapi.Pocket, error) {
	shown := partnerapi.Pocket{
		ID: p.ID, CustomerID: ptr(p.CustomerID), PocketName: p.Name, Status: partnerapi.PocketStatus(p.Status),
		Attributes: []string{}, DepositStrategyID: p.Deposit, ObjectType: "Pocket",
	}
	if p.Reinvestment != "" {
		shown.ReinvestmentStrategyID = &p.Reinvestment
	}
	if slices.Contains(omit, "portfolio") {
		return shown, nil
	}
	portfolio := &partnerapi.Portfolio{
		TotalValue: usd(t.Total(p.ID)), Cash: ptr(usd(t.Cash(p.ID))), AllTimeEarnings: ptr(usd(t.Earned(p.ID))),
		Securities: []partnerapi.Security{},
	}
	for _, h := range t.Holdings(p.ID) {
		security, err := partnerapi.NewSecurity(partnerapi.FixedIncomeSecurity{
			CUSIP: h.CUSIP, Description: ptr("US T-Bill"), Quantity: h.Quantity, MarketValue: usd(h.Value),
			JikoMarkPrice: h.Price, YieldToMaturity: h.Yield, MaturityDate: date(h.Maturity),
		})
		if err != nil {
			return shown, err
		}
		portfolio.Securities = append(portfolio.Securities, security)
	}
	shown.Portfolio = portfolio
	return shown, nil
}

// GetPocketEarnings shows what a pocket has earned in a period.
func (s *Server) GetPocketEarnings(ctx context.Context, in partnerserver.GetPocketEarningsInput) (
	partnerserver.GetPocketEarningsOutput, error) {
	period := bank.AllTime
	if p := in.Params.Period; p != nil {
		period = bank.EarningsPeriod(*p)
	}
	e, err := from(ctx).Earnings(in.PocketID, period, day(in.Params.DateFrom), day(in.Params.DateTo))
	if err != nil {
		return nil, err
	}
	shown := partnerapi.PocketEarnings{Earnings: usd(e.Cents), DateTo: date(e.To)}
	if e.From != nil {
		shown.DateFrom = ptr(date(*e.From))
	}
	return partnerserver.GetPocketEarningsOK{Body: shown}, nil
}

// day is the reverse of date, for what may be left out.
func day(d *openapi_types.Date) *calendar.Date {
	if d == nil {
		return nil
	}
	return ptr(calendar.NewDate(d.Date()))
}
