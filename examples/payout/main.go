// Program payout pays an invoice out of a customer's pocket and says how it went. It may be run again with the same
// invoice at any time: it looks the payment up first, and never pays twice.
//
// Beside a sandbox (go run ./cmd/partner sandbox), in another shell:
//
//	export JIKO_BASE_URL=… JIKO_USERNAME=… JIKO_PASSWORD=… JIKO_SIGNING_SECRET=…   # as the sandbox prints them
//	go run ./examples/payout -new-customer                                         # prints four lines to paste
//	export CUSTOMER_ID=… PAYEE_POCKET_ID=… WEBHOOK_ADDR=… WEBHOOK_SECRET=…         # these
//	INVOICE=4711 go run ./examples/payout
//
// The payee is another pocket of the same customer. WEBHOOK_ADDR and WEBHOOK_SECRET say where webhooks come in, and how
// they are signed; -new-customer has a local sandbox deliver them there. Without them, and when a webhook gets lost,
// the program asks.
//
// The exit status is 0 if the invoice is paid, 75 if the program should be run again with the same invoice, and 1 if
// somebody has to look.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

const (
	// funding and price are in cents.
	funding = 100_00
	price   = 25_00
	// patience is how long the program waits for the outcome, and pause how long before it asks.
	patience = 30 * time.Second
	pause    = 2 * time.Second
	// exitTryAgain tells whoever started the program to start it again: EX_TEMPFAIL of sysexits.h.
	exitTryAgain = 75
)

func main() {
	log.SetFlags(0)
	newCustomer := flag.Bool("new-customer", false,
		"make a customer with a pocket in a sandbox, and print the variables to pay with")
	address := flag.String("webhook-addr", "127.0.0.1:8081",
		"with -new-customer: the address of this program that a local sandbox is to deliver webhooks to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *newCustomer, *address, os.Stdout)
	stop()
	switch {
	case errors.Is(err, errTryAgain):
		log.Print(err)
		os.Exit(exitTryAgain)
	case err != nil:
		log.Fatal(err)
	}
}

func run(ctx context.Context, newCustomer bool, address string, out io.Writer) error {
	var s settings
	if !newCustomer {
		var err error
		if s, err = settingsFromEnvironment(); err != nil {
			return err
		}
	}
	config := partner.FromEnvironment()
	if newCustomer && config.Environment != partner.EnvironmentSandbox && !isLocal(config.BaseURL) {
		return errors.New("-new-customer makes up a customer, which is for a sandbox alone: set JIKO_BASE_URL to a " +
			"local one, or JIKO_ENVIRONMENT=sandbox")
	}
	client, err := partner.New(config)
	if err != nil {
		return err // It names everything that is missing.
	}
	defer client.Close()
	if newCustomer {
		return onboard(ctx, client, address, out)
	}

	// Listen before anything is sent: the webhook may overtake the answer.
	news, stop, err := listen(ctx, s)
	if err != nil {
		return err
	}
	defer stop()
	transfer, err := payOnce(ctx, client, s)
	if err != nil {
		return err
	}
	if transfer, err = await(ctx, client, transfer, news); err != nil {
		return err
	}
	switch transfer.Status {
	case partner.OnUsTransferStatusCompleted:
		log.Printf("invoice %s is paid: transfer %s is %s", s.invoice, transfer.ID, transfer.Status)
		return nil
	case partner.OnUsTransferStatusRejected:
		reason, _ := transfer.Reason.Get()
		return fmt.Errorf("transfer %s is %s, for the reason %q: no money has moved.\n"+
			"Mend that, then pay under a name that was not used before, such as INVOICE=%s-2", transfer.ID,
			transfer.Status, reason, s.invoice)
	default:
		return fmt.Errorf("transfer %s is %s after %s.\n%w", transfer.ID, transfer.Status, patience, errTryAgain)
	}
}

// errTryAgain says that the program should be run again with the same invoice.
var errTryAgain = errors.New("run this again with the same INVOICE")

// advise says what to do about a write that failed: that depends on whether it took effect.
func advise(what string, err error) error {
	var failure *partner.Error
	if !errors.As(err, &failure) {
		return fmt.Errorf("%s: %w", what, err)
	}
	switch failure.Outcome {
	case partner.OutcomeNotSent, partner.OutcomeRefused, partner.OutcomeRefusedThisTime:
		return fmt.Errorf("%s: %w\nThis run has moved no money: %s", what, failure, failure.Outcome.Advice())
	case partner.OutcomeUnknown:
		// The money may have moved. The same key makes sure that it does not move twice.
		return fmt.Errorf("%s: %w\n%w within the hour", what, failure, errTryAgain)
	default:
		// The money may have moved, and the key is no protection any more: look before anything is paid.
		return fmt.Errorf("%s: %w\nThe money may have moved, so do not pay again: %s", what, failure,
			failure.Outcome.Advice())
	}
}
