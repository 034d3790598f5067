package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// settings are what the program needs besides the client's configuration.
type settings struct {
	// invoice is what is paid. All keys are derived from it, so that they are the same after a crash.
	invoice  string
	customer partner.CustomerID
	payee    partner.PocketID
	// The webhook's address and secret may both be missing.
	webhookAddress string
	webhookSecret  partner.Secret
}

// transfer is the id of the payment, chosen here so that it can be looked up, and its webhook be known, even if the
// answer is lost.
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
	s := settings{invoice: text("INVOICE"), customer: id("CUSTOMER_ID"), payee: id("PAYEE_POCKET_ID")}
	if os.Getenv("WEBHOOK_ADDR") != "" || os.Getenv("WEBHOOK_SECRET") != "" { // One makes no sense without the other.
		s.webhookAddress, s.webhookSecret = text("WEBHOOK_ADDR"), partner.NewSecret(text("WEBHOOK_SECRET"))
	}
	if len(wrong) > 0 {
		return settings{}, fmt.Errorf("set the environment: %s.\nIn a sandbox, -new-customer makes a customer and "+
			"prints CUSTOMER_ID and PAYEE_POCKET_ID", strings.Join(wrong, ", "))
	}
	return s, nil
}
