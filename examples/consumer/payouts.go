// Package payouts pays the customers of a house from one of its pockets. It stands for a stranger's repository: what it
// knows of the Partner API is generated, in the package bank, from what partner.yaml says.
package payouts

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"example.com/payouts/bank"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// Service pays.
type Service struct {
	// Transfers and Pockets are the bank: a *bank.Client, or fakes in a test.
	Transfers bank.OnUsTransfersAPI
	Pockets   bank.PocketsAPI
	// From is the pocket that pays.
	From bank.PocketID
}

// New returns a Service that talks to the API through client, which logs in, signs, retries, and knows the outcome.
func New(client *partner.Client, from bank.PocketID) (*Service, error) {
	own, err := bank.NewClient(client.BaseURL(), bank.WithDoer(client.With()))
	if err != nil {
		return nil, err
	}
	return &Service{Transfers: own, Pockets: own, From: from}, nil
}

// Payout is what is to be paid.
type Payout struct {
	// Invoice names it in this house. It is paid once, however often Pay is called within an hour.
	Invoice string
	// To is the pocket of who gets it.
	To bank.PocketID
	// Cents are US cents.
	Cents int64
}

var (
	// ErrNothingPaid says that no payment was sent.
	ErrNothingPaid = errors.New("nothing was paid")
	// ErrNotOpen says that the pocket that pays is not open. It is an ErrNothingPaid.
	ErrNotOpen = fmt.Errorf("%w: the pocket is not open", ErrNothingPaid)
)

// Pay pays, and returns the id of the transfer. An error is an ErrNothingPaid, or a *partner.Error of the payment: that
// says by its Outcome whether it was paid, and by the Advice of that what to do.
func (s *Service) Pay(ctx context.Context, payout Payout) (uuid.UUID, error) {
	pocket, err := s.Pockets.GetPocket(ctx, s.From, nil)
	if err != nil {
		// Its outcome is that of looking, so it is not handed on as that of the payment.
		return uuid.UUID{}, fmt.Errorf("%w: look into the pocket: %s", ErrNothingPaid, err.Error())
	}
	if pocket.Status != bank.PocketStatusOpen {
		return uuid.UUID{}, fmt.Errorf("%w: it is %s", ErrNotOpen, pocket.Status)
	}
	order, err := payout.order(s.From)
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("%w: %w", ErrNothingPaid, err)
	}
	// The same key for the same invoice: a second request within the hour is no second payment.
	ctx = partner.ContextWithOptions(ctx, partner.WithIdempotencyKey(partner.KeyFor("payouts", payout.Invoice)))
	transfer, err := s.Transfers.Pay(ctx, order)
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("pay invoice %s: %w", payout.Invoice, err)
	}
	return transfer.ID, nil
}

func (p Payout) order(from bank.PocketID) (bank.CreateOnUsTransferRequest, error) {
	amount, err := bank.NewTransferAmount(bank.RequestedAmount{AmountUSDC: p.Cents})
	if err != nil {
		return bank.CreateOnUsTransferRequest{}, err
	}
	account := func(id bank.PocketID) bank.JikoAccountReference {
		return bank.JikoAccountReference{ID: id, Type: bank.JikoAccountReferenceTypeJikoAccount}
	}
	return bank.NewCreateOnUsTransferRequest(bank.CreateInternalReallocationTransfer{
		FromAccount: account(from), ToAccount: account(p.To), Amount: amount,
	})
}
