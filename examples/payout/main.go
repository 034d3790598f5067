// Program payout opens a pocket for a customer, funds it, pays out of it once, and waits for the webhook that says how
// it went.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

func main() {
	ctx, payee := context.Background(), uuid.MustParse(os.Getenv("PAYEE_POCKET_ID"))
	client, err := partner.New(partner.FromEnvironment())
	must(err)
	outcome := make(chan webhook.EventType, 1)
	hook, err := webhook.New(webhook.Config{
		Secrets: []signing.Secret{signing.NewSecret(os.Getenv("WEBHOOK_SECRET"))},
		Handle: func(_ context.Context, event *webhook.Event) error {
			switch event.Data.(type) {
			case webhook.OnUsSuccess, webhook.OnUsRejected:
				outcome <- event.Type
			}
			return nil
		},
	})
	must(err)
	server := &http.Server{Addr: os.Getenv("WEBHOOK_ADDR"), Handler: hook} //nolint:gosec // G112: an example on loopback
	go func() { must(server.ListenAndServe()) }()

	pocket, err := client.Pockets.Create(ctx, uuid.MustParse(os.Getenv("CUSTOMER_ID")),
		partner.CreatePocketRequest{PocketName: "Payouts", DepositStrategyID: "UST-4W"})
	must(err)
	must(client.Sandbox.FundAccount(ctx, nil, partner.FundAccountRequest{AccountID: pocket.ID, AmountUSDC: 100_00}))

	amount, err := partner.NewTransferAmount(partner.RequestedAmount{AmountUSDC: 25_00})
	must(err)
	order, err := partner.NewCreateOnUsTransferRequest(partner.CreateInternalReallocationTransfer{
		FromAccount: partner.JikoAccountReference{ID: pocket.ID, Type: partner.JikoAccountReferenceTypeJikoAccount},
		ToAccount:   partner.JikoAccountReference{ID: payee, Type: partner.JikoAccountReferenceTypeJikoAccount},
		Amount:      amount,
	})
	must(err)
	transfer, err := client.OnUsTransfers.Create(ctx, order,
		partner.WithIdempotencyKey(idempotency.KeyFor("payouts", pocket.ID.String())))
	must(err) // An *partner.Error says whether the money moved, and what to do next.
	log.Println("transfer", transfer.ID, transfer.Status, "webhook", <-outcome)
	must(server.Shutdown(ctx)) // It waits until the webhook is answered; unanswered, it would be sent again.
}

func must(err error) {
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
