package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/server"
)

// transfer is an on-us transfer as answers show it, with what tells its postings apart.
type transfer struct {
	partnerapi.OnUsTransfer
	kind string
}

func (b *bank) FundAccount(_ context.Context, in partnerserver.FundAccountInput) (partnerserver.FundAccountOutput,
	error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pockets[in.Body.AccountID]
	if p == nil || p.status != partnerapi.PocketStatusOpen {
		return partnerserver.FundAccountUnprocessableEntity{
			Body: invalid("account", "must be the id of an open pocket", "body", "account_id")}, nil
	}
	company, count := "FakeCompany", int32(1)
	set(&company, in.Body.CompanyName)
	set(&count, in.Body.Count)
	for range count {
		err := b.ledger.Post(ledger.Posting{
			ID: uuid.New(), From: ledger.World, To: p.id, Cents: in.Body.AmountUSDC, Reference: uuid.New(),
			Description: company, Time: b.now().UTC(),
		})
		if err != nil {
			return nil, fmt.Errorf("fund a pocket: %w", err)
		}
	}
	return partnerserver.FundAccountAccepted{}, nil
}

func (b *bank) CreateOnUsTransfer(_ context.Context,
	in partnerserver.CreateOnUsTransferInput) (partnerserver.CreateOnUsTransferOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	variant, err := in.Body.Value()
	if err != nil {
		return nil, err
	}
	order, ok := variant.(partnerapi.CreateInternalReallocationTransfer)
	if !ok {
		return nil, &server.Error{
			Status: http.StatusNotImplemented, Type: "not_implemented",
			Detail: "createOnUsTransfer is implemented for INTERNAL_REALLOCATION only by this server",
		}
	}
	refuse := func(rule, message string, location ...string) (partnerserver.CreateOnUsTransferOutput, error) {
		return partnerserver.CreateOnUsTransferUnprocessableEntity{
			Body: invalid(rule, message, append([]string{"body"}, location...)...)}, nil
	}
	id := uuid.New()
	set(&id, order.TransferID)
	from, to := b.pockets[order.FromAccount.ID], b.pockets[order.ToAccount.ID]
	switch {
	case b.transfers[id] != nil:
		return refuse("unique", "there is a transfer with this id", "transfer_id")
	case from == nil:
		return refuse("account", "must be the id of a pocket", "from_account", "id")
	case to == nil:
		return refuse("account", "must be the id of a pocket", "to_account", "id")
	case from == to:
		return refuse("account", "must be another pocket than the one that the money comes from", "to_account", "id")
	case from.customerID != to.customerID:
		return refuse("account", "must be a pocket of the same customer", "to_account", "id")
	}
	cents, err := b.amount(order.Amount, from.id)
	if err != nil {
		return nil, err
	}
	//nolint:staticcheck // SA1019: callers may still send it.
	if order.AmountUSDC != nil && *order.AmountUSDC != cents {
		return refuse("amount", "differs from amount; leave it out", "amount_usdc")
	}
	t := &transfer{kind: string(partnerapi.CreateInternalReallocationTransferTypeInternalReallocation)}
	t.ID, t.ObjectType, t.Fees = id, "OnUsTransfer", []partnerapi.Fee{}
	t.Status, t.Reason = partnerapi.OnUsTransferStatusCompleted,
		nullable.NewNullNullable[partnerapi.TransferStateReason]()
	if t.Transfer, err = partnerapi.NewOnUsTransferDetails(partnerapi.InternalReallocationTransfer{
		TransferID: &id, Description: order.Description, EndToEndIdentification: order.EndToEndIdentification,
		FromAccount: order.FromAccount, ToAccount: order.ToAccount, Amount: usd(cents),
	}); err != nil {
		return nil, err
	}
	description := ""
	set(&description, order.Description)
	switch err := b.post(from, to, ledger.Posting{ID: uuid.New(), From: from.id, To: to.id, Cents: cents, Reference: id,
		Description: description, Time: b.now().UTC()}); {
	case errors.Is(err, ledger.ErrInsufficientFunds), errors.Is(err, ledger.ErrAmount):
		// A full withdrawal of an empty pocket has nothing to move either.
		t.Status = partnerapi.OnUsTransferStatusRejected
		t.Reason.Set(partnerapi.TransferStateReasonInsufficientFunds)
	case errors.Is(err, errAccountUnavailable):
		t.Status = partnerapi.OnUsTransferStatusRejected
		t.Reason.Set(partnerapi.TransferStateReasonAccountUnavailable)
	case err != nil:
		return nil, fmt.Errorf("on-us transfer: %w", err)
	}
	b.transfers[id] = t
	answer := t.OnUsTransfer
	if order.AsyncMode != nil && *order.AsyncMode {
		// The answer to an asynchronous order comes before its outcome, which the next look shows.
		answer.Status, answer.Reason = partnerapi.OnUsTransferStatusPending,
			nullable.NewNullNullable[partnerapi.TransferStateReason]()
	}
	return partnerserver.CreateOnUsTransferCreated{Body: answer}, nil
}

var errAccountUnavailable = errors.New("a pocket is not open")

func (b *bank) post(from, to *pocket, p ledger.Posting) error {
	if from.status != partnerapi.PocketStatusOpen || to.status != partnerapi.PocketStatusOpen {
		return errAccountUnavailable
	}
	return b.ledger.Post(p)
}

// amount is how many cents a transfer is to move.
func (b *bank) amount(amount partnerapi.TransferAmount, from uuid.UUID) (int64, error) {
	variant, err := amount.Value()
	if err != nil {
		return 0, err
	}
	switch v := variant.(type) {
	case partnerapi.RequestedAmount:
		return v.AmountUSDC, nil
	case partnerapi.FullWithdrawal:
		return b.ledger.Balance(from), nil
	}
	return 0, fmt.Errorf("amount of an unknown kind: %T", variant) // The contract lets none through.
}

func (b *bank) GetOnUsTransfer(_ context.Context, in partnerserver.GetOnUsTransferInput) (
	partnerserver.GetOnUsTransferOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.transfers[in.TransferID]
	if t == nil {
		return partnerserver.GetOnUsTransferFailure{StatusCode: http.StatusNotFound, Body: notFound()}, nil
	}
	return partnerserver.GetOnUsTransferOK{Body: t.OnUsTransfer}, nil
}
