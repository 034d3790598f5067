package api

import (
	"context"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/market"
)

// ListCustomerTrades shows the trades of all pockets of a customer.
func (s *Server) ListCustomerTrades(ctx context.Context, in partnerserver.ListCustomerTradesInput) (
	partnerserver.ListCustomerTradesOutput, error) {
	t, q := from(ctx), in.Params
	page, err := t.CustomerTrades(in.CustomerID, query(q.Cursor, q.Limit, q.Order), bank.TradeFilter{
		Pockets: q.PocketID, From: q.TradeDatetimeFrom, To: q.TradeDatetimeTo,
		BookedFrom: civilDay(q.BookDateFrom), BookedTo: civilDay(q.BookDateTo),
		SettledFrom: civilDay(q.SettlementDateFrom), SettledTo: civilDay(q.SettlementDateTo),
	})
	if err != nil {
		return nil, err
	}
	shown := partnerapi.TradePage{Items: []partnerapi.Trade{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	today := calendar.DateOf(t.Now())
	for _, x := range page.Items {
		trade, err := showTrade(x, today)
		if err != nil {
			return nil, err
		}
		shown.Items = append(shown.Items, trade)
	}
	return partnerserver.ListCustomerTradesOK{Body: shown}, nil
}

// ListCustomerTradesV1 shows the trades of all pockets of a customer as v1 does.
func (s *Server) ListCustomerTradesV1(ctx context.Context, in partnerserver.ListCustomerTradesV1Input) (
	partnerserver.ListCustomerTradesV1Output, error) {
	t, q := from(ctx), in.Params
	page, err := t.CustomerTrades(in.CustomerID, query(q.Cursor, q.Limit, nil), bank.TradeFilter{
		Pockets: q.Account, From: q.TradeDatetimeFrom, To: q.TradeDatetimeTo, Standard: true})
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCustomerTradesV1OK{Body: showTradesV1(t, page)}, nil
}

// ListAccountTrades shows the trades of a pocket.
func (s *Server) ListAccountTrades(ctx context.Context, in partnerserver.ListAccountTradesInput) (
	partnerserver.ListAccountTradesOutput, error) {
	t, q := from(ctx), in.Params
	page, err := t.PocketTrades(in.AccountID, query(q.Cursor, q.Limit, nil), bank.TradeFilter{
		From: q.TradeDatetimeFrom, To: q.TradeDatetimeTo, Standard: true})
	if err != nil {
		return nil, err
	}
	return partnerserver.ListAccountTradesOK{Body: showTradesV1(t, page)}, nil
}

// GetTradeConfirmation says where the confirmation of a trade is.
func (s *Server) GetTradeConfirmation(ctx context.Context, in partnerserver.GetTradeConfirmationInput) (
	partnerserver.GetTradeConfirmationOutput, error) {
	name, err := from(ctx).TradeConfirmation(in.AccountID, in.TradeID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetTradeConfirmationOK{Body: partnerapi.TradeConfirmation{URL: s.Link(ctx, name)}}, nil
}

// civilDay is the day that a parameter says, or nil.
func civilDay(given *openapi_types.Date) *calendar.Date {
	if given == nil {
		return nil
	}
	return ptr(calendar.NewDate(given.Date()))
}

// securityName is what all securities are called.
const securityName = "US T-Bill"

func showTrade(x *bank.Trade, today calendar.Date) (partnerapi.Trade, error) {
	status := partnerapi.BookingStatusBooked
	var settled *openapi_types.Date
	if x.Settled(today) {
		status, settled = partnerapi.BookingStatusSettled, ptr(date(x.Settles))
	}
	notional := usd(x.Cents)
	switch x.Activity {
	case bank.Buy:
		return partnerapi.NewTrade(partnerapi.BuyTrade{ID: x.ID, TradeDatetime: x.Time, BookDate: date(x.Booked),
			SettledDate: settled, Status: status, PocketID: x.PocketID, Description: ptr(securityName), CUSIP: &x.CUSIP,
			Quantity: &x.Quantity, MaturityDate: ptr(date(x.Maturity)), Notional: &notional, Price: &x.Price,
			YieldToMaturity: &x.Yield})
	case bank.Sell:
		return partnerapi.NewTrade(partnerapi.SellTrade{ID: x.ID, TradeDatetime: x.Time, BookDate: date(x.Booked),
			SettledDate: settled, Status: status, PocketID: x.PocketID, Description: ptr(securityName), CUSIP: &x.CUSIP,
			Quantity: &x.Quantity, MaturityDate: ptr(date(x.Maturity)), Notional: &notional, Price: &x.Price,
			YieldToMaturity: &x.Yield})
	case bank.Mature:
		return partnerapi.NewTrade(partnerapi.MaturityTrade{ID: x.ID, TradeDatetime: x.Time, BookDate: date(x.Booked),
			SettledDate: settled, Status: status, PocketID: x.PocketID, Description: ptr(securityName), CUSIP: &x.CUSIP,
			Quantity: &x.Quantity, MaturityDate: ptr(date(x.Maturity)), Notional: &notional})
	default:
		return partnerapi.NewTrade(partnerapi.SecurityTransferTrade{ID: x.ID, TradeDatetime: x.Time,
			BookDate: date(x.Booked), SettledDate: settled, Status: status, PocketID: x.PocketID,
			Description: ptr(securityName), CUSIP: &x.CUSIP, Quantity: &x.Quantity,
			MaturityDate: ptr(date(x.Maturity))})
	}
}

func showTradesV1(t *bank.Tx, page bank.Page[bank.Trade]) partnerapi.AccountTradePage {
	shown := partnerapi.AccountTradePage{Items: []partnerapi.AccountTrade{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	today := calendar.DateOf(t.Now())
	for _, x := range page.Items {
		trade := partnerapi.AccountTrade{ID: x.ID, JikoAccountID: x.PocketID, TradeDatetime: x.Time,
			IsSettled: x.Settled(today), Activity: partnerapi.TradeActivity(x.Activity), CUSIP: x.CUSIP,
			Description: securityName, Notional: usd(x.Cents), Quantity: x.Quantity, Price: x.Price,
			YieldToMaturity: x.Yield, MaturityDate: date(x.Maturity), TradableID: x.CUSIP, ObjectType: ptr("Trade")}
		if trade.IsSettled {
			trade.SettledDate = ptr(date(x.Settles))
		}
		if x.Activity == bank.Mature { // v1 asks for them, though there are none.
			trade.Price = market.Face.String()
			trade.YieldToMaturity = market.YieldAt(market.Face, x.Maturity, x.Maturity)
		}
		shown.Items = append(shown.Items, trade)
	}
	return shown
}
