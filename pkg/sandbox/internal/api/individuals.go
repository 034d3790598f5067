package api

import (
	"context"
	"io"
	"mime"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/calendar"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// agreements is the bundle in force.
var agreements = partnerapi.AgreementBundle{
	Version:     bank.AgreementVersion,
	ReleaseDate: openapi_types.Date{Time: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)},
	Documents: []partnerapi.AgreementDocument{
		{Title: "Privacy Policy", PDFDownloadURL: "https://example.com/privacy-policy.pdf",
			Type: partnerapi.AgreementTypePrivacyPolicy, Category: partnerapi.AgreementCategoryGeneral},
		{Title: "Deposit Account Agreement", PDFDownloadURL: "https://example.com/deposit-account.pdf",
			Type: partnerapi.AgreementTypeBankAccount, Category: partnerapi.AgreementCategoryBank},
		{Title: "Brokerage Agreement", PDFDownloadURL: "https://example.com/brokerage.pdf",
			Type: partnerapi.AgreementTypeBrokerage, Category: partnerapi.AgreementCategoryBrokerage},
	},
}

// ListAgreements shows the bundle in force.
func (s *Server) ListAgreements(context.Context, partnerserver.ListAgreementsInput) (
	partnerserver.ListAgreementsOutput, error) {
	return partnerserver.ListAgreementsOK{Body: agreements}, nil
}

func consent(c partnerapi.AgreementConsent) bank.Consent {
	return bank.Consent{Version: c.Version, Time: c.Timestamp}
}

// CreateApplication notes a person's application.
func (s *Server) CreateApplication(ctx context.Context, in partnerserver.CreateApplicationInput) (
	partnerserver.CreateApplicationOutput, error) {
	body := in.Body
	kind := partnerapi.IdentificationTypeSSN
	if body.IdentificationType != nil {
		kind = *body.IdentificationType
	}
	customer, err := pack(partnerapi.IndividualCustomer{
		Type: partnerapi.IndividualCustomerTypeIndividual, Name: body.Name, DateOfBirth: body.DateOfBirth,
		IdentificationNumber: &partnerapi.MaskedIdentificationNumber{
			IdentificationNumber: bank.Mask(body.IdentificationNumber), IdentificationType: kind},
	})
	if err != nil {
		return nil, err
	}
	details, err := pack(partnerapi.Application{
		Name: &body.Name, Email: body.Email, PhoneNumber: body.PhoneNumber, Address: body.Address,
		DateOfBirth:        &partnerapi.DateOfBirth{DateOfBirth: body.DateOfBirth},
		CitizenshipCountry: body.CitizenshipCountry, AgreementConsent: body.AgreementConsent,
		InvestmentProfile: &body.InvestmentProfile, ObjectType: ptr("InternationalApplication"),
	})
	if err != nil {
		return nil, err
	}
	t := from(ctx)
	a, err := t.CreateApplication(bank.Customer{
		Type: bank.Individual, Name: fullName(body.Name), Email: body.Email, Phone: body.PhoneNumber,
		Address: address(body.Address), Details: customer,
	}, calendar.NewDate(body.DateOfBirth.Date()), consent(body.AgreementConsent), details)
	if err != nil {
		return nil, err
	}
	shown, err := showApplication(t, a)
	return partnerserver.CreateApplicationCreated{Body: shown}, err
}

// GetApplication shows a person's application.
func (s *Server) GetApplication(ctx context.Context, in partnerserver.GetApplicationInput) (
	partnerserver.GetApplicationOutput, error) {
	t := from(ctx)
	a, err := t.Application(in.ApplicationID)
	if err != nil {
		return nil, err
	}
	shown, err := showApplication(t, a)
	return partnerserver.GetApplicationOK{Body: shown}, err
}

// SubmitApplication begins the review of a person's application.
func (s *Server) SubmitApplication(ctx context.Context, in partnerserver.SubmitApplicationInput) (
	partnerserver.SubmitApplicationOutput, error) {
	t := from(ctx)
	a, err := t.SubmitApplication(in.ApplicationID)
	if err != nil {
		return nil, err
	}
	shown, err := showApplication(t, a)
	return partnerserver.SubmitApplicationOK{Body: shown}, err
}

func showApplication(t *bank.Tx, a *bank.Application) (partnerapi.Application, error) {
	var shown partnerapi.Application
	if err := unpack(a.Details, &shown); err != nil {
		return shown, err
	}
	shown.ID, shown.TimeCreated, shown.UpdatedAt = a.ID, a.Created, a.Updated
	shown.Status = partnerapi.ApplicationStatus(a.Status)
	shown.CustomerID = customerID(a)
	shown.Documents, shown.ExceptionReasons = []partnerapi.Document{}, append([]string{}, a.Reasons...)
	t.Documents(a.ID).Each(func(d *bank.Document) bool {
		shown.Documents = append(shown.Documents, showDocument(d))
		return true
	})
	needed := t.Needed(a.ID)
	shown.IDVerificationDocumentsNeeded = needed.Identity
	shown.IdentificationNumberVerificationDocumentNeeded = needed.IdentificationNumber
	shown.AddressVerificationDocumentNeeded = needed.Address
	return shown, nil
}

func showDocument(d *bank.Document) partnerapi.Document {
	return partnerapi.Document{ID: d.ID, Type: partnerapi.DocumentType(d.Type),
		Status: partnerapi.DocumentStatus(d.Status), ExceptionReason: &d.Reason, Name: ptr(d.Name())}
}

// UploadApplicationDocument takes a document to a person's application.
func (s *Server) UploadApplicationDocument(ctx context.Context, in partnerserver.UploadApplicationDocumentInput) (
	partnerserver.UploadApplicationDocumentOutput, error) {
	d, err := from(ctx).UploadApplicationDocument(in.ApplicationID, bank.DocumentType(in.DocumentType),
		upload(in.ContentType, in.Body))
	if err != nil {
		return nil, err
	}
	return partnerserver.UploadApplicationDocumentOK{Body: receipt(d)}, nil
}

// upload is a file without a name.
func upload(contentType string, body io.Reader) bank.Upload {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil { // The contract lets none through that it does not know.
		media = contentType
	}
	return bank.Upload{MediaType: media, Body: body}
}

func receipt(d *bank.Document) partnerapi.UploadedDocument {
	return partnerapi.UploadedDocument{Success: true, DocumentID: d.ID}
}

// customerID is the customer that an application has become, or null.
func customerID(a *bank.Application) nullable.Nullable[openapi_types.UUID] {
	if a.CustomerID == uuid.Nil {
		return nullable.NewNullNullable[openapi_types.UUID]()
	}
	return nullable.NewNullableWithValue(a.CustomerID)
}

func fullName(n partnerapi.Name) string {
	name := n.FirstName
	if middle := value(n.MiddleName); middle != "" {
		name += " " + middle
	}
	return name + " " + n.LastName
}

func address(a partnerapi.Address) bank.Address {
	return bank.Address{Street: a.StreetAddress, Street2: a.StreetAddress2, City: a.City, PostalCode: a.PostalCode,
		State: a.State, Country: a.Country}
}

func showAddress(a bank.Address) partnerapi.Address {
	return partnerapi.Address{StreetAddress: a.Street, StreetAddress2: a.Street2, City: a.City,
		PostalCode: a.PostalCode, State: a.State, Country: a.Country}
}

// anywhere is an address that need not be in the United States.
func anywhere(a partnerapi.USAddress) partnerapi.Address {
	return partnerapi.Address{StreetAddress: a.StreetAddress, StreetAddress2: a.StreetAddress2, City: a.City,
		PostalCode: a.PostalCode, State: (*string)(a.State), Country: a.Country}
}
