package sandbox

import (
	"context"
	"math/big"
	"regexp"
	"slices"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
)

// business is a company's application with the people behind it.
type business struct {
	partnerapi.BusinessApplication
	parties []partnerapi.RelatedPartyApplication
}

// editable reports whether the application has not been submitted yet.
func (c *business) editable() bool { return c.Status == partnerapi.BusinessApplicationStatusCreated }

func (b *bank) CreateBusinessApplication(_ context.Context,
	in partnerserver.CreateBusinessApplicationInput) (partnerserver.CreateBusinessApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := uuid.New()
	if in.Body.ID != nil {
		id = *in.Body.ID
	}
	if b.businesses[id] != nil {
		return partnerserver.CreateBusinessApplicationUnprocessableEntity{
			Body: invalid("unique", "there is an application with this id", "body", "id")}, nil
	}
	now := b.now().UTC()
	c := &business{BusinessApplication: partnerapi.BusinessApplication{
		ID: id, TimeCreated: now, UpdatedAt: now, Status: partnerapi.BusinessApplicationStatusCreated,
		CustomerID: nullable.NewNullNullable[uuid.UUID](), ExceptionReasons: []string{},
	}}
	c.set(partnerapi.BusinessApplicationData{
		Name: in.Body.Name, EntityType: in.Body.EntityType, DoingBusinessAs: in.Body.DoingBusinessAs,
		Website:              in.Body.Website,
		IdentificationNumber: in.Body.IdentificationNumber, Address: in.Body.Address, Contact: in.Body.Contact,
		FormationDate: in.Body.FormationDate, RiskInfo: in.Body.RiskInfo, Industry: in.Body.Industry,
		AgreementConsent: in.Body.AgreementConsent,
	})
	b.businesses[id] = c
	return partnerserver.CreateBusinessApplicationCreated{Body: c.BusinessApplication}, nil
}

// set changes the fields that are given.
func (c *business) set(data partnerapi.BusinessApplicationData) {
	keep(&c.Name, data.Name)
	keep(&c.EntityType, data.EntityType)
	keep(&c.DoingBusinessAs, data.DoingBusinessAs)
	keep(&c.Website, data.Website)
	keep(&c.IdentificationNumber, data.IdentificationNumber)
	keep(&c.Address, data.Address)
	keep(&c.Contact, data.Contact)
	keep(&c.FormationDate, data.FormationDate)
	keep(&c.RiskInfo, data.RiskInfo)
	keep(&c.Industry, data.Industry)
	keep(&c.AgreementConsent, data.AgreementConsent)
}

// keep replaces a value if another one is given.
func keep[T any](current **T, given *T) {
	if given != nil {
		*current = given
	}
}

func (b *bank) GetBusinessApplication(_ context.Context,
	in partnerserver.GetBusinessApplicationInput) (partnerserver.GetBusinessApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.businesses[in.ApplicationID]
	if c == nil {
		return partnerserver.GetBusinessApplicationFailure{StatusCode: 404, Body: notFound()}, nil
	}
	b.reviewBusiness(c)
	return partnerserver.GetBusinessApplicationOK{Body: c.BusinessApplication}, nil
}

func (b *bank) UpdateBusinessApplication(_ context.Context,
	in partnerserver.UpdateBusinessApplicationInput) (partnerserver.UpdateBusinessApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.businesses[in.ApplicationID]
	switch {
	case c == nil:
		return partnerserver.UpdateBusinessApplicationFailure{StatusCode: 404, Body: notFound()}, nil
	case !c.editable():
		return partnerserver.UpdateBusinessApplicationUnprocessableEntity{Body: submitted()}, nil
	}
	c.set(in.Body)
	c.UpdatedAt = b.now().UTC()
	return partnerserver.UpdateBusinessApplicationOK{Body: c.BusinessApplication}, nil
}

func (b *bank) SubmitBusinessApplication(_ context.Context,
	in partnerserver.SubmitBusinessApplicationInput) (partnerserver.SubmitBusinessApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.businesses[in.ApplicationID]
	switch {
	case c == nil:
		return partnerserver.SubmitBusinessApplicationFailure{StatusCode: 404, Body: notFound()}, nil
	case !c.editable():
		return partnerserver.SubmitBusinessApplicationUnprocessableEntity{Body: submitted()}, nil
	}
	if missing := c.missing(); len(missing) > 0 {
		var problem partnerapi.HTTPValidationError
		for _, name := range missing {
			problem.Detail = append(problem.Detail,
				invalid("missing", "is needed before the application is submitted", "application", name).Detail...)
		}
		return partnerserver.SubmitBusinessApplicationUnprocessableEntity{Body: problem}, nil
	}
	if problem := consentProblem(*c.AgreementConsent); problem != "" {
		return partnerserver.SubmitBusinessApplicationUnprocessableEntity{
			Body: invalid("agreement_version", problem, "application", "agreement_consent", "version")}, nil
	}
	c.Status, c.UpdatedAt = partnerapi.BusinessApplicationStatusSubmitted, b.now().UTC()
	return partnerserver.SubmitBusinessApplicationOK{Body: c.BusinessApplication}, nil
}

// missing names what an application lacks to be submitted. (Inferred: the reference says "complete", not what that
// means.)
func (c *business) missing() []string {
	var names []string
	for name, absent := range map[string]bool{
		"name": c.Name == nil, "entity_type": c.EntityType == nil,
		"identification_number": c.IdentificationNumber == nil,
		"address":               c.Address == nil, "contact": c.Contact == nil || c.Contact.Email == nil ||
			c.Contact.PhoneNumber == nil,
		"agreement_consent": c.AgreementConsent == nil, "related_party_applications": len(c.parties) == 0,
	} {
		if absent {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// reviewBusiness approves a submitted application the first time that it is read again.
func (b *bank) reviewBusiness(c *business) {
	if c.Status != partnerapi.BusinessApplicationStatusSubmitted {
		return
	}
	address := partnerapi.Address{
		StreetAddress: c.Address.StreetAddress, StreetAddress2: c.Address.StreetAddress2, City: c.Address.City,
		PostalCode: c.Address.PostalCode, Country: c.Address.Country,
	}
	if c.Address.State != nil {
		address.State = ptr(string(*c.Address.State))
	}
	number := *c.IdentificationNumber
	number.IdentificationNumber = mask(number.IdentificationNumber)
	owner := &customer{
		id: uuid.New(),
		business: &partnerapi.BusinessCustomer{
			Type: partnerapi.BusinessCustomerTypeBusiness, Name: *c.Name, Address: address,
			IdentificationNumber: number,
			Email:                *c.Contact.Email, PhoneNumber: *c.Contact.PhoneNumber,
		},
	}
	for _, party := range c.parties {
		if owned, ok := share(party.OwnershipPercentage); ok && owned.Sign() > 0 {
			owner.owners = append(owner.owners, beneficialOwner(party))
		}
	}
	b.addCustomer(owner)
	c.Status, c.UpdatedAt = partnerapi.BusinessApplicationStatusApproved, b.now().UTC()
	c.CustomerID.Set(owner.id)
}

func beneficialOwner(party partnerapi.RelatedPartyApplication) partnerapi.BeneficialOwner {
	owner := partnerapi.BeneficialOwner{
		ID: ptr(party.ID.String()), Title: party.Title, Name: party.Name, DateOfBirth: party.DateOfBirth,
		Citizenship: party.Citizenship,
		Email:       party.Email, PhoneNumber: party.PhoneNumber, OwnershipPercentage: party.OwnershipPercentage,
		IdentificationNumber: party.IdentificationNumber,
	}
	if party.Address != nil {
		owner.Address = &partnerapi.Address{
			StreetAddress: party.Address.StreetAddress, StreetAddress2: party.Address.StreetAddress2,
			City:       party.Address.City,
			PostalCode: party.Address.PostalCode, Country: party.Address.Country,
		}
		if party.Address.State != nil {
			owner.Address.State = ptr(string(*party.Address.State))
		}
	}
	return owner
}

// decimal is a plain decimal of bounded length: an exponent could make a number of gigabytes.
var decimal = regexp.MustCompile(`^\d{1,3}(\.\d{1,30})?$`)

// share reads an ownership percentage, which is a decimal string between 0 and 1.
func share(text *string) (*big.Rat, bool) {
	if text == nil {
		return new(big.Rat), true
	}
	if !decimal.MatchString(*text) {
		return nil, false
	}
	r, ok := new(big.Rat).SetString(*text)
	return r, ok && r.Cmp(big.NewRat(1, 1)) <= 0
}

func submitted() partnerapi.HTTPValidationError {
	return invalid("status", "the application was submitted before", "path", "application_id")
}

func (b *bank) ListRelatedPartyApplications(_ context.Context,
	in partnerserver.ListRelatedPartyApplicationsInput) (partnerserver.ListRelatedPartyApplicationsOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.businesses[in.ApplicationID]
	if c == nil {
		return partnerserver.ListRelatedPartyApplicationsFailure{StatusCode: 404, Body: notFound()}, nil
	}
	return partnerserver.ListRelatedPartyApplicationsOK{
		Body: append([]partnerapi.RelatedPartyApplication{}, c.parties...)}, nil
}

func (b *bank) CreateRelatedPartyApplication(_ context.Context,
	in partnerserver.CreateRelatedPartyApplicationInput) (partnerserver.CreateRelatedPartyApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.businesses[in.ApplicationID]
	switch _, ok := share(in.Body.OwnershipPercentage); {
	case c == nil:
		return partnerserver.CreateRelatedPartyApplicationFailure{StatusCode: 404, Body: notFound()}, nil
	case !c.editable():
		return partnerserver.CreateRelatedPartyApplicationUnprocessableEntity{Body: submitted()}, nil
	case !ok:
		return partnerserver.CreateRelatedPartyApplicationUnprocessableEntity{Body: badShare()}, nil
	}
	party := partnerapi.RelatedPartyApplication{ID: uuid.New()}
	setParty(&party, in.Body)
	c.parties = append(c.parties, party)
	return partnerserver.CreateRelatedPartyApplicationCreated{Body: party}, nil
}

func (b *bank) UpdateRelatedPartyApplication(_ context.Context,
	in partnerserver.UpdateRelatedPartyApplicationInput) (partnerserver.UpdateRelatedPartyApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, at := b.party(in.ApplicationID, in.RelatedPartyApplicationID)
	switch _, ok := share(in.Body.OwnershipPercentage); {
	case at < 0:
		return partnerserver.UpdateRelatedPartyApplicationFailure{StatusCode: 404, Body: notFound()}, nil
	case !c.editable():
		return partnerserver.UpdateRelatedPartyApplicationUnprocessableEntity{Body: submitted()}, nil
	case !ok:
		return partnerserver.UpdateRelatedPartyApplicationUnprocessableEntity{Body: badShare()}, nil
	}
	setParty(&c.parties[at], in.Body)
	return partnerserver.UpdateRelatedPartyApplicationOK{Body: c.parties[at]}, nil
}

func (b *bank) DeleteRelatedPartyApplication(_ context.Context,
	in partnerserver.DeleteRelatedPartyApplicationInput) (partnerserver.DeleteRelatedPartyApplicationOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, at := b.party(in.ApplicationID, in.RelatedPartyApplicationID)
	switch {
	case at < 0:
		return partnerserver.DeleteRelatedPartyApplicationFailure{StatusCode: 404, Body: notFound()}, nil
	case !c.editable():
		return partnerserver.DeleteRelatedPartyApplicationUnprocessableEntity{Body: submitted()}, nil
	}
	c.parties = slices.Delete(c.parties, at, at+1)
	return partnerserver.DeleteRelatedPartyApplicationNoContent{}, nil
}

func (b *bank) party(applicationID, partyID uuid.UUID) (*business, int) {
	c := b.businesses[applicationID]
	if c == nil {
		return nil, -1
	}
	return c, slices.IndexFunc(c.parties, func(p partnerapi.RelatedPartyApplication) bool { return p.ID == partyID })
}

// setParty changes the fields that are given. The identification number is masked at once, as no answer shows it.
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
		number.IdentificationNumber = mask(number.IdentificationNumber)
		party.IdentificationNumber = &number
	}
}

func badShare() partnerapi.HTTPValidationError {
	return invalid("range", "must be a decimal between 0 and 1", "body", "ownership_percentage")
}
