// Program payout opens a pocket for a customer, funds it, pays an invoice out of it, and waits for the webhook that
// says how the payment went. Run it again with the same invoice and nothing happens twice, as long as that is within an
// hour.
//
//	export JIKO_BASE_URL=… JIKO_USERNAME=… JIKO_PASSWORD=… JIKO_SIGNING_SECRET=…
//	export INVOICE=4711 CUSTOMER_ID=… PAYEE_POCKET_ID=…
//	export WEBHOOK_SECRET=… WEBHOOK_ADDR=127.0.0.1:8081
//	go run ./examples/payout
//
// The payee is another pocket of the same customer. WEBHOOK_SECRET is that of a subscription whose deliveries reach
// WEBHOOK_ADDR. A local sandbox starts without customers, and delivers no webhooks: main_test.go makes the customer by
// an application, and sends the webhook itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/webhook"
)

const (
	// funding and price are in cents.
	funding = 100_00
	price   = 25_00
	// patience is how long the program waits for the webhook before it asks.
	patience = 30 * time.Second
	// exitTryAgain tells whoever started the program to start it again: EX_TEMPFAIL of sysexits.h.
	exitTryAgain = 75
)

func main() {
	log.SetFlags(0)
	err := run(context.Background())
	switch {
	case errors.Is(err, errTryAgain):
		log.Print(err)
		os.Exit(exitTryAgain)
	case err != nil:
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	s, err := settingsFromEnvironment()
	if err != nil {
		return err
	}
	client, err := partner.New(partner.FromEnvironment())
	if err != nil {
		return err // It names everything that is missing.
	}
	defer client.Close()

	// Listen before anything is sent: the webhook may overtake the answer.
	news, stop, err := listen(ctx, s)
	if err != nil {
		return err
	}
	defer stop()

	pocket, err := openPocket(ctx, client, s)
	if err != nil {
		return advise("open a pocket", err)
	}
	transfer, err := pay(ctx, client, s, pocket)
	if err != nil {
		return advise("pay", err)
	}
	log.Printf("transfer %s is %s; waiting up to %s for its webhook on %s", transfer.ID, transfer.Status, patience,
		s.webhookAddress)
	select {
	case event := <-news:
		log.Printf("webhook: %s", event)
	case <-time.After(patience):
		// Webhooks can be late or lost. The transfer itself says how it stands.
		if transfer, err = client.OnUsTransfers.Get(ctx, transfer.ID); err != nil {
			return advise("look the transfer up", err)
		}
		log.Printf("no webhook came; the transfer is %s", transfer.Status)
	}
	return nil
}

// settings are what the program needs besides the client's configuration.
type settings struct {
	// invoice is what is paid. All keys are derived from it, so that they are the same after a crash.
	invoice        string
	customer       partner.CustomerID
	payee          partner.PocketID
	webhookSecret  partner.Secret
	webhookAddress string
}

// transfer is the id of the payment, chosen here so that its webhook is known even if that overtakes the answer.
func (s settings) transfer() partner.UUID {
	return partner.UUID(partner.KeyFor("payout transfers", s.invoice))
}

// settingsFromEnvironment says everything that is missing or malformed at once.
func settingsFromEnvironment() (settings, error) {
	var wrong []string
	text := func(name string) string {
		value := os.Getenv(name)
		if value == "" {
			wrong = append(wrong, name+" is missing")
		}
		return value
	}
	id := func(name string) (id partner.UUID) {
		if value := text(name); value != "" {
			if err := id.UnmarshalText([]byte(value)); err != nil {
				wrong = append(wrong, name+" is not a UUID")
			}
		}
		return id
	}
	s := settings{
		invoice: text("INVOICE"), customer: id("CUSTOMER_ID"), payee: id("PAYEE_POCKET_ID"),
		webhookSecret: partner.NewSecret(text("WEBHOOK_SECRET")), webhookAddress: text("WEBHOOK_ADDR"),
	}
	if len(wrong) > 0 {
		return settings{}, fmt.Errorf("payout: set the environment: %s", strings.Join(wrong, ", "))
	}
	return s, nil
}

// listen receives webhooks until stop is called, which waits for those that are being answered: one without an answer
// would be delivered again.
func listen(ctx context.Context, s settings) (news <-chan webhook.EventType, stop func(), err error) {
	outcome := make(chan webhook.EventType, 1)
	handler, err := webhook.New(webhook.Config{
		Secrets: []partner.Secret{s.webhookSecret},
		Handle: func(_ context.Context, event *webhook.Event) error {
			var transfer partner.UUID
			switch data := event.Data.(type) {
			case webhook.OnUsSuccess:
				transfer = data.Payload.OnUsID
			case webhook.OnUsRejected:
				transfer = data.Payload.OnUsID
			}
			if transfer != s.transfer() {
				return nil // Another payment's, or of no interest.
			}
			select {
			case outcome <- event.Type:
			default: // One is enough.
			}
			return nil
		},
	})
	if err != nil {
		return nil, nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.webhookAddress)
	if err != nil {
		return nil, nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Print(err)
		}
	}()
	return outcome, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) }, nil
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
	})
	if err != nil {
		return nil, err
	}
	return client.OnUsTransfers.Create(ctx, order, partner.WithIdempotencyKey(partner.KeyFor("payouts", s.invoice)))
}

// errTryAgain says that the program should be run again with the same invoice.
var errTryAgain = errors.New("run this again with the same INVOICE within the hour")

// advise says what to do about a call that failed: that depends on whether it took effect.
func advise(what string, err error) error {
	var failure *partner.Error
	if !errors.As(err, &failure) {
		return fmt.Errorf("%s: %w", what, err)
	}
	switch failure.Outcome {
	case partner.OutcomeUnknown:
		// The money may have moved. The same key makes sure that it does not move twice.
		return fmt.Errorf("%s: %w\n%w", what, failure, errTryAgain)
	case partner.OutcomeReceivedBefore, partner.OutcomeDoneUnreadable:
		return fmt.Errorf("%s: %w\nthe money may have moved, so do not pay again: %s", what, failure,
			failure.Outcome.Advice())
	default: // OutcomeNotSent and OutcomeRefused.
		return fmt.Errorf("%s: %w\nno money has moved: %s", what, failure, failure.Outcome.Advice())
	}
}
