package main_test

import (
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

// The program runs against the sandbox and gets its webhook.
func TestPayout(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "payout")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	client, err := partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	customer := becomeCustomer(t, client)
	payee, err := client.Pockets.Create(t.Context(), customer,
		partner.CreatePocketRequest{PocketName: "Payee", DepositStrategyID: "UST-4W"})
	if err != nil {
		t.Fatal(err)
	}

	const secret = "webhook-secret-0"
	address := freeAddress(t)
	program := exec.CommandContext(t.Context(), binary)
	program.Env = append(os.Environ(), "JIKO_BASE_URL="+server.URL, "JIKO_USERNAME=sandbox", "JIKO_PASSWORD=sandbox",
		"JIKO_SIGNING_SECRET=sandbox-signing-secret", "CUSTOMER_ID="+customer.String(),
		"PAYEE_POCKET_ID="+payee.ID.String(),
		"WEBHOOK_SECRET="+secret, "WEBHOOK_ADDR="+address)
	var out strings.Builder
	program.Stdout, program.Stderr = &out, &out
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	// The sandbox does not deliver webhooks yet; the test does, once the program listens.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the program does not listen: %s", out.String())
		}
	}
	event := webhooktest.Event(t, webhook.OnUsSuccess{Payload: webhook.OnUsPayload{DestinationAccountID: payee.ID}})
	response := webhooktest.Post(t, "http://"+address, signing.NewSecret(secret), event)
	_ = response.Body.Close()
	if err := program.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if got := out.String(); !strings.Contains(got, "COMPLETED") || !strings.Contains(got, "transfers.on-us.success") {
		t.Errorf("%s", got)
	}
	got, err := client.Pockets.Get(t.Context(), payee.ID, nil)
	if err != nil || got.Portfolio.TotalValue.Value != 25_00 {
		t.Errorf("the payee has %+v, %v", got, err)
	}
}

func becomeCustomer(t *testing.T, client *partner.Client) partner.CustomerID {
	t.Helper()
	profile, err := partner.NewInvestmentProfile(partner.RetiredInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
	})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := client.Individuals.ListAgreements(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	application, err := client.Individuals.CreateApplication(t.Context(), partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email:       "jiko@example.com",
		PhoneNumber: "+15551234567", DateOfBirth: partner.NewDate(1970, time.January, 1), InvestmentProfile: profile,
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			Country: "US"},
		AgreementConsent: partner.AgreementConsent{Version: bundle.Version, Timestamp: time.Now()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Individuals.SubmitApplication(t.Context(), application.ID); err != nil {
		t.Fatal(err)
	}
	if application, err = client.Individuals.GetApplication(t.Context(), application.ID); err != nil {
		t.Fatal(err)
	}
	id, err := application.CustomerID.Get()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// freeAddress is one that nobody listens on; somebody else may take it before the program does, on a busy machine.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
