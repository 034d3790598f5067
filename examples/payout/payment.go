package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// payOnce returns the payment of the invoice, and makes it if there is none. The look comes first, since a key makes
// one payment of two only within an hour.
func payOnce(ctx context.Context, client *partner.Client, s settings) (*partner.OnUsTransfer, error) {
	transfer, err := client.OnUsTransfers.Get(ctx, s.transfer())
	switch {
	case err == nil:
		log.Printf("transfer %s was made before", transfer.ID)
		return transfer, nil
	case !errors.Is(err, partner.ErrNotFound):
		return nil, fmt.Errorf("look for an earlier payment: %w\nThis run has moved no money: %w", err, errTryAgain)
	}
	from, err := openPocket(ctx, client, s)
	if err != nil {
		return nil, advise("open a pocket", err)
	}
	if transfer, err = pay(ctx, client, s, from); err != nil {
		return nil, advise("pay", err)
	}
	return transfer, nil
}

// openPocket makes a pocket with money in it. Funding is for the sandbox; in production a customer's money comes in.
func openPocket(ctx context.Context, client *partner.Client, s settings) (partner.PocketID, error) {
	pocket, err := client.Pockets.Create(ctx, s.customer,
		partner.CreatePocketRequest{PocketName: "Payouts", DepositStrategyID: new("UST-4W")},
		partner.WithIdempotencyKey(partner.KeyFor("payout pockets", s.invoice)))
	if err != nil {
		return partner.PocketID{}, err
	}
	return pocket.ID, client.Sandbox.FundAccount(ctx, nil,
		partner.FundAccountRequest{AccountID: pocket.ID, AmountUSDC: funding},
		partner.WithIdempotencyKey(partner.KeyFor("payout funding", s.invoice)))
}

func pay(ctx context.Context, client *partner.Client, s settings, from partner.PocketID) (*partner.OnUsTransfer,
	error) {
	amount, err := partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: price})
	if err != nil {
		return nil, err
	}
	order, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		FromAccount: partner.JikoAccountReference{ID: from, Type: partner.JikoAccountReferenceTypeJikoAccount},
		ToAccount:   partner.JikoAccountReference{ID: s.payee, Type: partner.JikoAccountReferenceTypeJikoAccount},
		Amount:      amount,
		TransferID:  partner.Ptr(s.transfer()),
		// As the reference recommends: the answer says that the order is taken, the webhook what came of it.
		AsyncMode: partner.Ptr(true),
	})
	if err != nil {
		return nil, err
	}
	return client.OnUsTransfers.Create(ctx, order, partner.WithIdempotencyKey(partner.KeyFor("payouts", s.invoice)))
}

// await waits until a transfer has its outcome, or patience ends. A webhook says when to look, and so does the clock,
// since webhooks can be late or lost. How the transfer stands, only the API says.
func await(ctx context.Context, client *partner.Client, transfer *partner.OnUsTransfer,
	news <-chan struct{}) (*partner.OnUsTransfer, error) {
	end := time.After(patience)
	for transfer.Status == partner.OnUsTransferStatusPending {
		log.Printf("transfer %s is %s; waiting for its outcome", transfer.ID, transfer.Status)
		select {
		case <-news:
			log.Print("a webhook has come: look at the transfer")
		case <-time.After(pause):
		case <-end:
			return transfer, nil
		case <-ctx.Done():
			return nil, errTryAgain
		}
		var err error
		if transfer, err = client.OnUsTransfers.Get(ctx, transfer.ID); err != nil {
			return nil, fmt.Errorf("look at the payment: %w\nIt was made: %w to see what came of it", err, errTryAgain)
		}
	}
	return transfer, nil
}
