package api

import (
	"context"
	"encoding/json"
	"mime"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreateBusinessApplication notes a company's application.
func (s *Server) CreateBusinessApplication(ctx context.Context, in partnerserver.CreateBusinessApplicationInput) (
	partnerserver.CreateBusinessApplicationOutput, error) {
	body := in.Body
	details, err := pack(partnerapi.BusinessApplicationData{
		Name: body.Name, EntityType: body.EntityType, DoingBusinessAs: body.DoingBusinessAs, Website: body.Website,
		IdentificationNumber: body.IdentificationNumber, Address: body.Address, Contact: body.Contact,
		FormationDate: body.FormationDate, RiskInfo: body.RiskInfo, Industry: body.Industry,
		AgreementConsent: body.AgreementConsent,
	})
	if err != nil {
		return nil, err
	}
	a, err := from(ctx).CreateBusinessApplication(value(body.ID), details)
	if err != nil {
		return nil, err
	}
	shown, err := showBusiness(a)
	return partnerserver.CreateBusinessApplicationCreated{Body: shown}, err
}

// GetBusinessApplication shows a company's application.
func (s *Server) GetBusinessApplication(ctx context.Context, in partnerserver.GetBusinessApplicationInput) (
	partnerserver.GetBusinessApplicationOutput, error) {
	a, err := from(ctx).BusinessApplication(in.ApplicationID)
	if err != nil {
		return nil, err
	}
	shown, err := showBusiness(a)
	return partnerserver.GetBusinessApplicationOK{Body: shown}, err
}

// UpdateBusinessApplication changes the members that are given.
func (s *Server) UpdateBusinessApplication(ctx context.Context, in partnerserver.UpdateBusinessApplicationInput) (
	partnerserver.UpdateBusinessApplicationOutput, error) {
	a, err := from(ctx).UpdateBusinessApplication(in.ApplicationID, func(details json.RawMessage) (json.RawMessage,
		error) {
		var data partnerapi.BusinessApplicationData
		if err := unpack(details, &data); err != nil {
			return nil, err
		}
		keep(&data.Name, in.Body.Name)
		keep(&data.EntityType, in.Body.EntityType)
		keep(&data.DoingBusinessAs, in.Body.DoingBusinessAs)
		keep(&data.Website, in.Body.Website)
		keep(&data.IdentificationNumber, in.Body.IdentificationNumber)
		keep(&data.Address, in.Body.Address)
		keep(&data.Contact, in.Body.Contact)
		keep(&data.FormationDate, in.Body.FormationDate)
		keep(&data.RiskInfo, in.Body.RiskInfo)
		keep(&data.Industry, in.Body.Industry)
		keep(&data.AgreementConsent, in.Body.AgreementConsent)
		return pack(data)
	})
	if err != nil {
		return nil, err
	}
	shown, err := showBusiness(a)
	return partnerserver.UpdateBusinessApplicationOK{Body: shown}, err
}

// SubmitBusinessApplication begins the review of a company's application.
func (s *Server) SubmitBusinessApplication(ctx context.Context, in partnerserver.SubmitBusinessApplicationInput) (
	partnerserver.SubmitBusinessApplicationOutput, error) {
	a, err := from(ctx).SubmitBusinessApplication(in.ApplicationID, readCompany)
	if err != nil {
		return nil, err
	}
	shown, err := showBusiness(a)
	return partnerserver.SubmitBusinessApplicationOK{Body: shown}, err
}

// readCompany is what the bank understands of a company's application.
func readCompany(application json.RawMessage) (c bank.Company, err error) {
	var data partnerapi.BusinessApplicationData
	if err := unpack(application, &data); err != nil {
		return c, err
	}
	c.Name, c.HasEntityType = data.Name, data.EntityType != nil
	c.HasIdentificationNumber = data.IdentificationNumber != nil
	if data.Address != nil {
		c.Address = ptr(address(anywhere(*data.Address)))
	}
	if data.Contact != nil {
		c.Email, c.Phone = data.Contact.Email, data.Contact.PhoneNumber
	}
	if data.AgreementConsent != nil {
		c.Consent = &data.AgreementConsent.Version
	}
	if c.Name == nil || !c.HasIdentificationNumber {
		return c, nil
	}
	number := *data.IdentificationNumber
	number.IdentificationNumber = bank.Mask(number.IdentificationNumber)
	c.Details, err = pack(partnerapi.BusinessCustomer{
		Type: partnerapi.BusinessCustomerTypeBusiness, Name: *data.Name, IdentificationNumber: number,
	})
	return c, err
}

func showBusiness(a *bank.Application) (partnerapi.BusinessApplication, error) {
	var shown partnerapi.BusinessApplication
	if err := unpack(a.Details, &shown); err != nil {
		return shown, err
	}
	shown.ID, shown.TimeCreated, shown.UpdatedAt = a.ID, a.Created, a.Updated
	shown.Status = partnerapi.BusinessApplicationStatus(a.Status)
	shown.CustomerID, shown.ExceptionReasons = customerID(a), append([]string{}, a.Reasons...)
	return shown, nil
}

// ListRelatedPartyApplications shows the people behind a company.
func (s *Server) ListRelatedPartyApplications(ctx context.Context,
	in partnerserver.ListRelatedPartyApplicationsInput) (partnerserver.ListRelatedPartyApplicationsOutput, error) {
	parties, err := from(ctx).RelatedParties(in.ApplicationID)
	if err != nil {
		return nil, err
	}
	shown := []partnerapi.RelatedPartyApplication{}
	for _, p := range parties {
		party, err := showParty(&p)
		if err != nil {
			return nil, err
		}
		shown = append(shown, party)
	}
	return partnerserver.ListRelatedPartyApplicationsOK{Body: shown}, nil
}

// CreateRelatedPartyApplication adds somebody to a company's application.
func (s *Server) CreateRelatedPartyApplication(ctx context.Context,
	in partnerserver.CreateRelatedPartyApplicationInput) (partnerserver.CreateRelatedPartyApplicationOutput, error) {
	p, err := from(ctx).AddRelatedParty(in.ApplicationID, func(id uuid.UUID) (bank.RelatedParty, error) {
		party := partnerapi.RelatedPartyApplication{ID: id}
		setParty(&party, in.Body)
		return packParty(party)
	})
	if err != nil {
		return nil, err
	}
	shown, err := showParty(p)
	return partnerserver.CreateRelatedPartyApplicationCreated{Body: shown}, err
}

// UpdateRelatedPartyApplication changes the members that are given.
func (s *Server) UpdateRelatedPartyApplication(ctx context.Context,
	in partnerserver.UpdateRelatedPartyApplicationInput) (partnerserver.UpdateRelatedPartyApplicationOutput, error) {
	p, err := from(ctx).ChangeRelatedParty(in.ApplicationID, in.RelatedPartyApplicationID,
		func(p bank.RelatedParty) (bank.RelatedParty, error) {
			party, err := showParty(&p)
			if err != nil {
				return p, err
			}
			setParty(&party, in.Body)
			return packParty(party)
		})
	if err != nil {
		return nil, err
	}
	shown, err := showParty(p)
	return partnerserver.UpdateRelatedPartyApplicationOK{Body: shown}, err
}

// DeleteRelatedPartyApplication removes somebody from a company's application.
func (s *Server) DeleteRelatedPartyApplication(ctx context.Context,
	in partnerserver.DeleteRelatedPartyApplicationInput) (partnerserver.DeleteRelatedPartyApplicationOutput, error) {
	err := from(ctx).RemoveRelatedParty(in.ApplicationID, in.RelatedPartyApplicationID)
	if err != nil {
		return nil, err
	}
	return partnerserver.DeleteRelatedPartyApplicationNoContent{}, nil
}

func showParty(p *bank.RelatedParty) (shown partnerapi.RelatedPartyApplication, err error) {
	err = unpack(p.Details, &shown)
	return shown, err
}

func packParty(party partnerapi.RelatedPartyApplication) (bank.RelatedParty, error) {
	p := bank.RelatedParty{ID: party.ID, Share: party.OwnershipPercentage}
	owner := partnerapi.BeneficialOwner{
		ID: ptr(party.ID.String()), Title: party.Title, Name: party.Name, DateOfBirth: party.DateOfBirth,
		Citizenship: party.Citizenship, Email: party.Email, PhoneNumber: party.PhoneNumber,
		OwnershipPercentage: party.OwnershipPercentage, IdentificationNumber: party.IdentificationNumber,
	}
	if party.Address != nil {
		owner.Address = ptr(anywhere(*party.Address))
	}
	var err error
	if p.Details, err = pack(party); err != nil {
		return p, err
	}
	p.Owner, err = pack(owner)
	return p, err
}

// setParty changes the members that are given. The identification number is masked at once, as no answer shows it.
func setParty(party *partnerapi.RelatedPartyApplication, given partnerapi.RelatedPartyApplicationRequest) {
	keep(&party.Title, given.Title)
	keep(&party.Name, given.Name)
	keep(&party.Address, given.Address)
	keep(&party.DateOfBirth, given.DateOfBirth)
	keep(&party.PhoneNumber, given.PhoneNumber)
	keep(&party.OwnershipPercentage, given.OwnershipPercentage)
	keep(&party.Citizenship, given.Citizenship)
	keep(&party.Email, given.Email)
	if given.Roles != nil {
		party.Roles = given.Roles
	}
	if given.IdentificationNumber != nil {
		number := *given.IdentificationNumber
		number.IdentificationNumber = bank.Mask(number.IdentificationNumber)
		party.IdentificationNumber = &number
	}
}

// ListDocumentRequests shows which documents a company's application wants.
func (s *Server) ListDocumentRequests(ctx context.Context, in partnerserver.ListDocumentRequestsInput) (
	partnerserver.ListDocumentRequestsOutput, error) {
	requests, err := from(ctx).DocumentRequests(in.ApplicationID)
	if err != nil {
		return nil, err
	}
	shown := []partnerapi.Document{}
	for _, d := range requests {
		shown = append(shown, showDocument(d))
	}
	return partnerserver.ListDocumentRequestsOK{Body: shown}, nil
}

// UploadDocument takes the file of a document that is asked for.
func (s *Server) UploadDocument(ctx context.Context, in partnerserver.UploadDocumentInput) (
	partnerserver.UploadDocumentOutput, error) {
	file := upload(in.ContentType, in.Body)
	// What cannot be read names no file, which the bank refuses.
	if _, disposition, err := mime.ParseMediaType(in.Params.ContentDisposition); err == nil {
		file.Name = disposition["filename"]
	}
	d, err := from(ctx).UploadDocument(in.DocumentID, file)
	if err != nil {
		return nil, err
	}
	return partnerserver.UploadDocumentOK{Body: showDocument(d)}, nil
}
