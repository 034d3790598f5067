package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreateACHOrigination starts a transfer over ACH.
func (s *Server) CreateACHOrigination(ctx context.Context, in partnerserver.CreateACHOriginationInput) (
	partnerserver.CreateACHOriginationOutput, error) {
	body := in.Body
	o, err := from(ctx).CreateOrigination(bank.OriginationOrder{
		Pocket: in.AccountID, Counterparty: body.CounterpartyID, Direction: bank.ACHDirection(body.Direction),
		SECCode: string(value(body.SECCode)), Cents: body.AmountUSDC,
		EntryDescription: value(body.CompanyEntryDescription), Information: body.PaymentRelatedInformation,
	})
	if err != nil {
		return nil, err
	}
	return partnerserver.CreateACHOriginationOK{Body: showOrigination(o)}, nil
}

// GetACHOrigination shows a transfer over ACH.
func (s *Server) GetACHOrigination(ctx context.Context, in partnerserver.GetACHOriginationInput) (
	partnerserver.GetACHOriginationOutput, error) {
	o, err := from(ctx).Origination(in.AccountID, in.TransferID)
	if err != nil {
		return nil, err
	}
	return partnerserver.GetACHOriginationOK{Body: showOrigination(o)}, nil
}

// ListACHOriginations shows the transfers over ACH of a pocket.
func (s *Server) ListACHOriginations(ctx context.Context, in partnerserver.ListACHOriginationsInput) (
	partnerserver.ListACHOriginationsOutput, error) {
	q := in.Params
	page, err := from(ctx).Originations(in.AccountID, query(q.Cursor, q.Limit, nil),
		originationFilter(q.FilterStatus, q.Direction))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListACHOriginationsOK{Body: showOriginations(page)}, nil
}

// ListCustomerACHOriginations shows the transfers over ACH of all pockets of a customer.
func (s *Server) ListCustomerACHOriginations(ctx context.Context, in partnerserver.ListCustomerACHOriginationsInput) (
	partnerserver.ListCustomerACHOriginationsOutput, error) {
	q := in.Params
	page, err := from(ctx).CustomerOriginations(in.CustomerID, query(q.Cursor, q.Limit, nil),
		originationFilter(q.FilterStatus, q.Direction))
	if err != nil {
		return nil, err
	}
	return partnerserver.ListCustomerACHOriginationsOK{Body: showOriginations(page)}, nil
}

func originationFilter(statuses []partnerapi.ACHStatus, direction *partnerapi.ACHDirection) bank.OriginationFilter {
	f := bank.OriginationFilter{Direction: bank.ACHDirection(value(direction))}
	for _, status := range statuses {
		f.Statuses = append(f.Statuses, bank.OriginationStatus(status))
	}
	return f
}

func showOriginations(page bank.Page[bank.Origination]) partnerapi.ACHOriginationPage {
	shown := partnerapi.ACHOriginationPage{Items: []partnerapi.ACHOrigination{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, o := range page.Items {
		shown.Items = append(shown.Items, showOrigination(o))
	}
	return shown
}

func showOrigination(o *bank.Origination) partnerapi.ACHOrigination {
	return partnerapi.ACHOrigination{
		ID: o.ID, JikoAccountID: o.PocketID, CounterpartyID: o.CounterpartyID,
		Direction: partnerapi.ACHDirection(o.Direction), SECCode: partnerapi.ACHSECCode(o.SECCode),
		PaymentRelatedInformation: append([]string{}, o.Information...), Amount: usd(o.Cents),
		Status: partnerapi.ACHStatus(o.Status), TimeCreated: o.Created, CompanyEntryDescription: o.EntryDescription,
		ObjectType: ptr("ACHResponse"),
	}
}
