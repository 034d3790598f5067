// Program stock calls the API by a client that oapi-codegen made of the contract without this module's templates, and
// signs by the raw door. The test puts the generated code beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	config := partner.FromEnvironment()
	door, err := partner.New(config)
	if err != nil {
		return err
	}
	defer door.Close()
	// Any status is an answer.
	stubs, err := NewClientWithResponses(config.BaseURL, WithHTTPClient(door))
	if err != nil {
		return err
	}
	// All but 2xx is a *partner.Error.
	strict, err := NewClientWithResponses(config.BaseURL, WithHTTPClient(door.With(partner.WithMaxRetries(1))))
	if err != nil {
		return err
	}

	login, err := stubs.LoginWithResponse(ctx, LoginRequest{Username: config.Username,
		Password: config.Password.Reveal()})
	if err != nil {
		return err
	}
	fmt.Println("login", login.StatusCode(), login.JSON200.Token != "")

	agreements, err := stubs.ListAgreementsWithResponse(ctx, &ListAgreementsParams{})
	if err != nil {
		return err
	}
	outcome, known := partner.OutcomeOf(agreements.HTTPResponse)
	fmt.Println("agreements", agreements.StatusCode(), agreements.JSON200.Version, outcome, known)

	var profile InvestmentProfile
	if err := profile.FromRetiredInvestmentProfile(RetiredInvestmentProfile{Income: "BELOW_50K",
		NetWorth: "BELOW_50K"}); err != nil {
		return err
	}
	key := uuid.New()
	body := CreateApplicationRequest{
		Name: Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email: "jiko@example.com", PhoneNumber: "+15551234567",
		DateOfBirth:       openapi_types.Date{Time: time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)},
		InvestmentProfile: profile,
		Address: Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			Country: "US"},
		AgreementConsent: AgreementConsent{Version: agreements.JSON200.Version, Timestamp: time.Now()},
	}
	params := &CreateApplicationParams{XJikoIdempotency: key}
	created, err := stubs.CreateApplicationWithResponse(ctx, params, body)
	if err != nil {
		return err
	}
	again, err := stubs.CreateApplicationWithResponse(ctx, params, body)
	if err != nil {
		return err
	}
	fmt.Println("application", created.StatusCode(), "once", created.JSON201.Id == again.JSON201.Id)

	body.Name.FirstName = "Other"
	_, err = stubs.CreateApplicationWithResponse(ctx, params, body)
	fmt.Println("another under the key", errors.Is(err, partner.ErrKeyReused))

	missing, err := stubs.GetApplicationWithResponse(ctx, uuid.New(), &GetApplicationParams{})
	if err != nil {
		return err
	}
	outcome, known = partner.OutcomeOf(missing.HTTPResponse)
	fmt.Println("missing", missing.StatusCode(), outcome, known)

	_, err = strict.GetApplicationWithResponse(ctx, uuid.New(), &GetApplicationParams{})
	var failure *partner.Error
	fmt.Println("missing", errors.As(err, &failure) && errors.Is(err, partner.ErrNotFound), failure.Operation,
		failure.StatusCode, failure.Outcome)
	return nil
}
