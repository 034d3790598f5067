package sandbox

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// minimumAge of an applicant, in years. (Source: the reference's Create Application.)
const minimumAge = 18

// application is a person's application, with what answers do not show.
type application struct {
	partnerapi.Application
	number     string
	numberType partnerapi.IdentificationType
}

func (b *bank) CreateApplication(_ context.Context,
	in partnerserver.CreateApplicationInput) (partnerserver.CreateApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now().UTC()
	if problem := consentProblem(in.Body.AgreementConsent); problem != "" {
		return partnerserver.CreateApplicationUnprocessableEntity{
			Body: invalid("agreement_version", problem, "body", "agreement_consent", "version")}, nil
	}
	if in.Body.DateOfBirth.After(now.AddDate(-minimumAge, 0, 0)) {
		return partnerserver.CreateApplicationUnprocessableEntity{
			Body: invalid("minimum_age", "the applicant must be 18 or older", "body", "date_of_birth")}, nil
	}
	a := &application{
		Application: partnerapi.Application{
			ID: uuid.New(), TimeCreated: now, UpdatedAt: now, Status: partnerapi.ApplicationStatusCreated,
			Name: &in.Body.Name, Email: in.Body.Email, PhoneNumber: in.Body.PhoneNumber, Address: in.Body.Address,
			DateOfBirth:        &partnerapi.DateOfBirth{DateOfBirth: in.Body.DateOfBirth},
			CitizenshipCountry: in.Body.CitizenshipCountry,
			AgreementConsent:   in.Body.AgreementConsent, InvestmentProfile: &in.Body.InvestmentProfile,
			CustomerID: nullable.NewNullNullable[uuid.UUID](), Documents: []partnerapi.Document{},
			ExceptionReasons: []string{},
			ObjectType:       ptr("InternationalApplication"),
		},
		number: in.Body.IdentificationNumber, numberType: partnerapi.IdentificationTypeSSN,
	}
	if in.Body.IdentificationType != nil {
		a.numberType = *in.Body.IdentificationType
	}
	b.applications[a.ID] = a
	return partnerserver.CreateApplicationCreated{Body: a.Application}, nil
}

func (b *bank) GetApplication(_ context.Context, in partnerserver.GetApplicationInput) (
	partnerserver.GetApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.applications[in.ApplicationID]
	if a == nil {
		return partnerserver.GetApplicationNotFound{Body: notFound()}, nil
	}
	b.review(a)
	return partnerserver.GetApplicationOK{Body: a.Application}, nil
}

func (b *bank) SubmitApplication(_ context.Context,
	in partnerserver.SubmitApplicationInput) (partnerserver.SubmitApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.applications[in.ApplicationID]
	if a == nil {
		return partnerserver.SubmitApplicationNotFound{Body: notFound()}, nil
	}
	if a.Status != partnerapi.ApplicationStatusCreated {
		return partnerserver.SubmitApplicationUnprocessableEntity{
			Body: invalid("status", "the application was submitted before", "path", "application_id")}, nil
	}
	a.Status, a.UpdatedAt = partnerapi.ApplicationStatusSubmitted, b.now().UTC()
	return partnerserver.SubmitApplicationOK{Body: a.Application}, nil
}

// review ends the KYC run of a submitted application: it is approved the first time that it is read again. The real
// review takes a while and can end otherwise.
func (b *bank) review(a *application) {
	if a.Status != partnerapi.ApplicationStatusSubmitted {
		return
	}
	c := &customer{
		id: uuid.New(),
		individual: &partnerapi.IndividualCustomer{
			Type: partnerapi.IndividualCustomerTypeIndividual, Name: *a.Name, Email: a.Email,
			PhoneNumber: a.PhoneNumber,
			Address:     a.Address, DateOfBirth: a.DateOfBirth.DateOfBirth,
			IdentificationNumber: &partnerapi.MaskedIdentificationNumber{IdentificationNumber: mask(a.number),
				IdentificationType: a.numberType},
		},
	}
	b.addCustomer(c)
	a.Status, a.UpdatedAt = partnerapi.ApplicationStatusApproved, b.now().UTC()
	a.CustomerID.Set(c.id)
}

// mask hides all but the last four characters of an identification number, and all of a short one.
func mask(number string) string {
	const visible = 4
	if runes := []rune(number); len(runes) > visible {
		return "*****" + string(runes[len(runes)-visible:])
	}
	return strings.Repeat("*", 9)
}
