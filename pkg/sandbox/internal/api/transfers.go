package api

import (
	"context"
	"fmt"

	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreateOnUsTransfer moves money between two pockets.
func (s *Server) CreateOnUsTransfer(ctx context.Context, in partnerserver.CreateOnUsTransferInput) (
	partnerserver.CreateOnUsTransferOutput, error) {
	order, err := transferOrder(in.Body)
	if err != nil {
		return nil, err
	}
	x, err := from(ctx).CreateTransfer(order)
	if err != nil {
		return nil, err
	}
	shown, err := showTransfer(x)
	return partnerserver.CreateOnUsTransferCreated{Body: shown}, err
}

// transferOrder is what the bank understands of a request.
func transferOrder(body partnerapi.CreateOnUsTransferRequest) (o bank.TransferOrder, err error) {
	variant, err := body.Value()
	if err != nil {
		return o, err
	}
	var amount partnerapi.TransferAmount
	switch v := variant.(type) {
	case partnerapi.CreateInternalReallocationTransfer:
		o = bank.TransferOrder{ID: value(v.TransferID), Type: bank.Reallocation, From: v.FromAccount.ID,
			To: v.ToAccount.ID, Description: value(v.Description), EndToEnd: value(v.EndToEndIdentification),
			Async: value(v.AsyncMode)}
		amount, o.LegacyCents = v.Amount, v.AmountUSDC //nolint:staticcheck // SA1019: callers may still send it.
	case partnerapi.CreateCustomerFundingTransfer:
		o = bank.TransferOrder{ID: value(v.TransferID), Type: bank.Funding, From: v.FromAccount.ID, To: v.ToAccount.ID,
			Description: value(v.Description), EndToEnd: value(v.EndToEndIdentification), Party: v.Source,
			Async: value(v.AsyncMode)}
		o.Cents, o.LegacyCents = v.Amount.AmountUSDC, v.AmountUSDC //nolint:staticcheck // SA1019: as above.
		return o, nil
	case partnerapi.CreateCustomerDefundingTransfer:
		o = bank.TransferOrder{ID: value(v.TransferID), Type: bank.Defunding, From: v.FromAccount.ID,
			To: v.ToAccount.ID, Description: value(v.Description), EndToEnd: value(v.EndToEndIdentification),
			Party: v.Target, Async: value(v.AsyncMode)}
		amount, o.LegacyCents = v.Amount, v.AmountUSDC //nolint:staticcheck // SA1019: as above.
	case partnerapi.CreatePeerToPeerTransfer:
		o = bank.TransferOrder{ID: value(v.TransferID), Type: bank.PeerToPeer, From: v.FromAccount.ID,
			Counterparty: v.ToAccount.ID, Description: value(v.Description),
			EndToEnd: value(v.EndToEndIdentification), Async: value(v.AsyncMode)}
		amount = v.Amount
	default:
		return o, nil // The bank refuses what has no type.
	}
	how, err := amount.Value()
	if err != nil {
		return o, err
	}
	switch v := how.(type) {
	case partnerapi.RequestedAmount:
		o.Cents = v.AmountUSDC
	case partnerapi.FullWithdrawal:
		o.FullWithdrawal = true
	default: // The contract lets none through.
		return o, fmt.Errorf("amount of an unknown kind: %T", how)
	}
	return o, nil
}

// GetOnUsTransfer shows a transfer.
func (s *Server) GetOnUsTransfer(ctx context.Context, in partnerserver.GetOnUsTransferInput) (
	partnerserver.GetOnUsTransferOutput, error) {
	x, err := from(ctx).Transfer(in.TransferID)
	if err != nil {
		return nil, err
	}
	shown, err := showTransfer(x)
	return partnerserver.GetOnUsTransferOK{Body: shown}, err
}

func showTransfer(x *bank.Transfer) (partnerapi.OnUsTransfer, error) {
	shown := partnerapi.OnUsTransfer{ID: x.ID, Status: partnerapi.OnUsTransferStatus(x.Status),
		Reason: nullable.NewNullNullable[partnerapi.TransferStateReason](), ObjectType: "OnUsTransfer",
		Fees: []partnerapi.Fee{}}
	if x.Reason != "" {
		shown.Reason.Set(partnerapi.TransferStateReason(x.Reason))
	}
	origin := partnerapi.JikoAccountReference{ID: x.From, Type: partnerapi.JikoAccountReferenceTypeJikoAccount}
	destination := partnerapi.JikoAccountReference{ID: x.To, Type: partnerapi.JikoAccountReferenceTypeJikoAccount}
	id, amount, kind := &x.ID, usd(x.Cents), ptr(partnerapi.TransferTypeBankTransfer)
	description, endToEnd := optional(x.Description), optional(x.EndToEnd)
	var err error
	switch x.Type {
	case bank.Funding:
		shown.Transfer, err = partnerapi.NewOnUsTransferDetails(partnerapi.CustomerFundingTransfer{
			TransferID: id, Description: description, EndToEndIdentification: endToEnd, FromAccount: origin,
			ToAccount: destination, Amount: amount, TransferType: kind, Source: x.Party})
	case bank.Defunding:
		shown.Transfer, err = partnerapi.NewOnUsTransferDetails(partnerapi.CustomerDefundingTransfer{
			TransferID: id, Description: description, EndToEndIdentification: endToEnd, FromAccount: origin,
			ToAccount: destination, Amount: amount, TransferType: kind, Target: x.Party})
	case bank.PeerToPeer:
		shown.Transfer, err = partnerapi.NewOnUsTransferDetails(partnerapi.PeerToPeerTransfer{
			TransferID: id, Description: description, EndToEndIdentification: endToEnd, FromAccount: origin,
			ToAccount: partnerapi.OnUsCounterpartyReference{ID: x.Counterparty}, Amount: amount, TransferType: kind})
	default:
		shown.Transfer, err = partnerapi.NewOnUsTransferDetails(partnerapi.InternalReallocationTransfer{
			TransferID: id, Description: description, EndToEndIdentification: endToEnd, FromAccount: origin,
			ToAccount: destination, Amount: amount, TransferType: kind})
	}
	return shown, err
}
