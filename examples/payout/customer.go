package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

// onboard makes a customer with a pocket, which is quick in a sandbox alone, and prints what a payment needs. A sandbox
// on this machine can also call this program, at an address that is free.
func onboard(ctx context.Context, client *partner.Client, address string, out io.Writer) error {
	customer, err := newCustomer(ctx, client)
	if err != nil {
		return fmt.Errorf("make a customer: %w", err)
	}
	payee, err := client.Pockets.Create(ctx, customer,
		partner.CreatePocketRequest{PocketName: "Payee", DepositStrategyID: new("UST-4W")})
	if err != nil {
		return fmt.Errorf("make the payee's pocket: %w", err)
	}
	_, err = fmt.Fprintf(out, "export CUSTOMER_ID='%s'\nexport PAYEE_POCKET_ID='%s'\n", customer, payee.ID)
	if err != nil || !isLocal(client.BaseURL()) {
		return err
	}
	secret := rand.Text()
	if err := subscribe(ctx, client, "http://"+address+"/", partner.NewSecret(secret)); err != nil {
		return fmt.Errorf("subscribe to the outcomes of payments: %w", err)
	}
	_, err = fmt.Fprintf(out, "export WEBHOOK_ADDR='%s'\nexport WEBHOOK_SECRET='%s'\n", address, secret)
	return err
}

// isLocal says whether a URL is one of this machine.
func isLocal(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// newCustomer applies with made-up data, and expects to be approved at once.
func newCustomer(ctx context.Context, client *partner.Client) (partner.CustomerID, error) {
	profile, err := partner.NewInvestmentProfile(partner.RetiredInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
	})
	if err != nil {
		return partner.CustomerID{}, err
	}
	agreements, err := client.Individuals.ListAgreements(ctx)
	if err != nil {
		return partner.CustomerID{}, err
	}
	application, err := client.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email: "jiko@example.com", PhoneNumber: "+15551234567", DateOfBirth: partner.NewDate(1970, time.January, 1),
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			Country: "US"},
		AgreementConsent:  partner.AgreementConsent{Version: agreements.Version, Timestamp: time.Now()},
		InvestmentProfile: profile,
	})
	if err != nil {
		return partner.CustomerID{}, err
	}
	if _, err := client.Individuals.SubmitApplication(ctx, application.ID); err != nil {
		return partner.CustomerID{}, err
	}
	if application, err = client.Individuals.GetApplication(ctx, application.ID); err != nil {
		return partner.CustomerID{}, err
	}
	if application.Status != partner.ApplicationStatusApproved {
		return partner.CustomerID{}, fmt.Errorf("application %s is %s: look again later", application.ID,
			application.Status)
	}
	id, err := application.CustomerID.Get()
	if err != nil {
		return partner.CustomerID{}, errors.New("the application is approved and names no customer")
	}
	return id, nil
}
