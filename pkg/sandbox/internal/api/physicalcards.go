package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreateCardOrder orders a physical card.
func (s *Server) CreateCardOrder(ctx context.Context, in partnerserver.CreateCardOrderInput) (
	partnerserver.CreateCardOrderOutput, error) {
	a := in.Body.ShippingAddress
	o, err := from(ctx).OrderCard(in.AccountID, in.Body.NameOnCard, bank.Address{Street: a.StreetAddress,
		Street2: a.StreetAddress2, City: a.City, PostalCode: a.PostalCode, State: ptr(string(a.State)),
		Country: string(a.Country)})
	if err != nil {
		return nil, err
	}
	return partnerserver.CreateCardOrderCreated{Body: showCardOrder(o)}, nil
}

// GetCardOrder shows an order of a physical card.
func (s *Server) GetCardOrder(ctx context.Context, in partnerserver.GetCardOrderInput) (
	partnerserver.GetCardOrderOutput, error) {
	o, err := from(ctx).CardOrder(in.AccountID, in.CardOrderID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetCardOrderOK{Body: showCardOrder(o)}, nil
}

// ListCardOrders shows the orders of an account.
func (s *Server) ListCardOrders(ctx context.Context, in partnerserver.ListCardOrdersInput) (
	partnerserver.ListCardOrdersOutput, error) {
	page, err := from(ctx).PocketCardOrders(in.AccountID, oldestFirst(in.Params.Cursor, in.Params.Limit))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCardOrdersOK{Body: showCardOrders(page)}, nil
}

// ListCustomerCardOrders shows the orders of a customer.
func (s *Server) ListCustomerCardOrders(ctx context.Context, in partnerserver.ListCustomerCardOrdersInput) (
	partnerserver.ListCustomerCardOrdersOutput, error) {
	page, err := from(ctx).CustomerCardOrders(in.CustomerID, oldestFirst(in.Params.Cursor, in.Params.Limit))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCustomerCardOrdersOK{Body: showCardOrders(page)}, nil
}

func showCardOrders(page bank.Page[bank.CardOrder]) partnerapi.CardOrderPage {
	shown := partnerapi.CardOrderPage{Items: []partnerapi.CardOrderSummary{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, o := range page.Items {
		shown.Items = append(shown.Items, partnerapi.CardOrderSummary{CardOrderID: o.ID, CardID: reference(o.CardID),
			Status: partnerapi.CardOrderStatus(o.Status)})
	}
	return shown
}

func showCardOrder(o *bank.CardOrder) partnerapi.CardOrder {
	a := o.ShipTo
	return partnerapi.CardOrder{CardOrderID: o.ID, CardID: reference(o.CardID),
		Status: partnerapi.CardOrderStatus(o.Status), NameOnCard: o.NameOnCard,
		ShippingAddress: partnerapi.ShippingAddress{StreetAddress: a.Street, StreetAddress2: a.Street2, City: a.City,
			PostalCode: a.PostalCode, State: partnerapi.State(value(a.State)),
			Country: partnerapi.ShippingCountry(a.Country)},
		ObjectType: ptr("PhysicalCardOrderResponse")}
}
