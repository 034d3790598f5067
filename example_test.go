package partnergo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Example is the README's first piece of code, against a sandbox.
func Example() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	if err := firstCall(context.Background(), server.URL); err != nil {
		fmt.Println(err)
	}
	// Output: agreements 1.0.0
}

func firstCall(ctx context.Context, baseURL string) error {
	client, err := partner.New(partner.Config{
		BaseURL:       baseURL, // or Partner: "acme", Environment: partner.Sandbox
		Username:      "sandbox",
		Password:      signing.NewSecret("sandbox"),
		SigningSecret: signing.NewSecret("sandbox-signing-secret"),
	})
	if err != nil {
		return err
	}
	defer client.Close()

	bundle, err := client.Individuals.ListAgreements(ctx)
	if err != nil {
		return err // an *partner.Error: operation, status, request id, idempotency key
	}
	fmt.Println("agreements", bundle.Version)
	return nil
}

// Example_ownKey is the README's second piece of code: a transfer that can be sent again.
func Example_ownKey() {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	amount, err := partnerapi.NewTransferAmount(partnerapi.RequestedAmount{AmountUSDC: 10_00, Type: partnerapi.RequestedAmountTypeRequestedAmount})
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := partnerapi.NewCreateOnUsTransferRequest(partnerapi.CreateInternalReallocationTransfer{
		FromAccount: partnerapi.JikoAccountReference{ID: uuid.New(), Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		ToAccount:   partnerapi.JikoAccountReference{ID: uuid.New(), Type: partnerapi.JikoAccountReferenceTypeJikoAccount},
		Amount:      amount,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	const invoice = "invoice-4711"

	key := idempotency.KeyFor("payouts", invoice)
	transfer, err := client.OnUsTransfers.Create(ctx, order, partner.WithIdempotencyKey(key))
	if refusal := (*partner.Error)(nil); errors.As(err, &refusal) {
		fmt.Println(refusal.StatusCode, refusal.Fields[0].Location, refusal.IdempotencyKey == key, transfer == nil)
	}
	// Output: 422 body.from_account.id true true
}
