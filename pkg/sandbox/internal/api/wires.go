package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreateWire sends a wire.
func (s *Server) CreateWire(ctx context.Context, in partnerserver.CreateWireInput) (
	partnerserver.CreateWireOutput, error) {
	body := in.Body
	_, err := from(ctx).CreateWire(bank.WireOrder{
		ID: value(body.WireID), Pocket: in.AccountID, Counterparty: body.CounterpartyID, Cents: body.AmountUSDC,
		Description: value(body.Description), CreatedBy: value(body.CreatedBy),
	})
	if err != nil {
		return nil, err
	}
	return partnerserver.CreateWireCreated{}, nil
}

// ListWires shows wires in both directions.
func (s *Server) ListWires(ctx context.Context, in partnerserver.ListWiresInput) (
	partnerserver.ListWiresOutput, error) {
	q := in.Params
	page, err := from(ctx).Wires(query(q.Cursor, q.Limit, nil), bank.WireFilter{Pocket: value(q.PocketID),
		Customer: value(q.CustomerID), Direction: bank.WireDirection(value(q.Direction))})
	if err != nil {
		return nil, err
	}
	shown := partnerapi.WirePage{Items: []partnerapi.Wire{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, w := range page.Items {
		shown.Items = append(shown.Items, showWire(w))
	}
	return partnerserver.ListWiresOK{Body: shown}, nil
}

// GetWire shows a wire.
func (s *Server) GetWire(ctx context.Context, in partnerserver.GetWireInput) (partnerserver.GetWireOutput, error) {
	w, err := from(ctx).Wire(in.WireID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetWireOK{Body: showWire(w)}, nil
}

func showWire(w *bank.Wire) partnerapi.Wire {
	return partnerapi.Wire{
		ID: w.ID, PocketID: &w.PocketID, CustomerID: &w.CustomerID, CounterpartyID: reference(w.CounterpartyID),
		CounterpartyName: optional(w.Party), Direction: ptr(partnerapi.WireDirection(w.Direction)),
		Status: ptr(partnerapi.WireStatus(w.Status)), Amount: ptr(usd(w.Cents)),
		ReferenceNumber: optional(w.ReferenceNumber), Description: optional(w.Description),
		CreatedBy: optional(w.CreatedBy), TimeCreated: &w.Created, ObjectType: ptr("Wire"),
	}
}
