package demo

import (
	"errors"
	"fmt"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/pkg/partner"
)

func (j *journey) listAgreements() error {
	bundle, err := j.client.Individuals.ListAgreements(j.ctx)
	if err != nil {
		return err
	}
	j.agreements = *bundle
	j.page.tell(fmt.Sprintf("version %s", bundle.Version), fmt.Sprintf(", with %d documents", len(bundle.Documents)))
	return check(bundle.Version != "" && len(bundle.Documents) > 0, "the bundle is empty")
}

func (j *journey) consent() partner.AgreementConsent {
	return partner.AgreementConsent{Version: j.agreements.Version, Timestamp: time.Now().UTC()}
}

func (j *journey) becomeCustomer() error {
	profile, err := partner.NewInvestmentProfile(partner.EmployedInvestmentProfile{
		Income:   partner.AnnualPersonalIncomeBetween100KAnd250K,
		NetWorth: partner.AveragePersonalNetWorthBetween1MAnd5M, Occupation: "Investor",
	})
	if err != nil {
		return err
	}
	application, err := j.client.Individuals.CreateApplication(j.ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Jiko", LastName: "Customer"}, IdentificationNumber: "999999999",
		Email: "jiko@example.com", PhoneNumber: "+15551234567",
		DateOfBirth: openapi_types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "2000 Allston Way", City: "Berkeley", PostalCode: "94701",
			State: ptr("CA"), Country: "US"},
		AgreementConsent: j.consent(), InvestmentProfile: profile,
	})
	if err != nil {
		return err
	}
	if err := check(application.Status == partner.ApplicationStatusCreated, "a new application is %s",
		application.Status); err != nil {
		return err
	}
	if application, err = j.client.Individuals.SubmitApplication(j.ctx, application.ID); err != nil {
		return err
	}
	if err := check(application.Status == partner.ApplicationStatusSubmitted, "a submitted application is %s",
		application.Status); err != nil {
		return err
	}
	if application, err = j.client.Individuals.GetApplication(j.ctx, application.ID); err != nil {
		return err
	}
	if err := check(application.Status == partner.ApplicationStatusApproved, "the application is %s",
		application.Status); err != nil {
		return err
	}
	if j.customerID, err = application.CustomerID.Get(); err != nil {
		return err
	}
	j.page.tell("approved", ": the customer is "+shortID(j.customerID))
	return nil
}

func (j *journey) getCustomer() error {
	person, err := individual(j.client.Customers.Get(j.ctx, j.customerID))
	if err != nil {
		return err
	}
	if person.IdentificationNumber != nil {
		j.page.tell(person.Name.FirstName+" "+person.Name.LastName,
			" of "+person.Address.City+", "+person.IdentificationNumber.IdentificationNumber)
	}
	return errors.Join(
		check(person.Name.FirstName == "Jiko" && person.Name.LastName == "Customer", "name"),
		check(person.Address.City == "Berkeley" && person.Address.Country == "US", "address"),
		check(person.Email == "jiko@example.com" && person.PhoneNumber == "+15551234567", "contact"),
		check(person.DateOfBirth.Format(time.DateOnly) == "1970-01-01", "date of birth"),
		check(person.AccountStatus.Valid(), "account status %q", person.AccountStatus),
		check(person.IdentificationNumber != nil && person.IdentificationNumber.IdentificationNumber == "*****9999",
			"the identification number is not masked"),
		check(person.TrustedContact == nil, "there is a trusted contact already"),
	)
}

// individual unpacks a customer that must be a person.
func individual(customer *partner.Customer, err error) (partner.IndividualCustomer, error) {
	if err != nil {
		return partner.IndividualCustomer{}, err
	}
	value, err := customer.Value()
	if err != nil {
		return partner.IndividualCustomer{}, err
	}
	person, ok := value.(partner.IndividualCustomer)
	return person, check(ok, "the customer is a %T", value)
}

func (j *journey) updateCustomer() error {
	change, err := partner.NewUpdateCustomerRequest(partner.UpdateCustomerData{
		TrustedContact: &partner.TrustedContact{
			FirstName: ptr("Jiko Customer"), LastName: ptr("Trusted Contact"),
			Email:       ptr("jiko-trusted-contact@example.com"),
			PhoneNumber: ptr("+15551234500"), Address: ptr("2000 Allston Way, Berkeley CA 94701 USA"),
		},
	})
	if err != nil {
		return err
	}
	person, err := individual(j.client.Customers.Update(j.ctx, j.customerID, change))
	if err != nil {
		return err
	}
	j.page.tell("added", "; name, address and the rest are as before")
	return check(person.TrustedContact != nil && *person.TrustedContact.LastName == "Trusted Contact" &&
		person.Email == "jiko@example.com", "the trusted contact was not kept, or something else changed")
}

func (j *journey) listBeneficialOwners() error {
	application, err := j.client.Businesses.CreateApplication(j.ctx, partner.CreateBusinessApplicationRequest{
		Name: ptr("Example Trading LLC"), EntityType: ptr(partner.BusinessEntityTypeLLC),
		FormationDate: ptr("2017-01-04"),
		IdentificationNumber: &partner.BusinessIdentificationNumber{IdentificationNumber: "987654321",
			Type: partner.BusinessIdentificationNumberTypeEIN},
		Address: &partner.USAddress{StreetAddress: "101 Mission Street", City: "San Francisco",
			PostalCode: "94105", State: ptr(partner.StateCA), Country: "US"},
		Contact: &partner.BusinessContact{Email: ptr("contact@example.com"),
			PhoneNumber: ptr("+15551234567")},
		AgreementConsent: ptr(j.consent()),
	})
	if err != nil {
		return err
	}
	if _, err = j.client.Businesses.CreateRelatedParty(j.ctx, application.ID, partner.RelatedPartyApplicationRequest{
		Title: ptr("CEO"), Name: &partner.Name{FirstName: "Related", LastName: "Party"},
		OwnershipPercentage: ptr("0.51"),
		Roles:               []partner.RelatedPartyRole{partner.RelatedPartyRoleControlPerson},
		DateOfBirth:         ptr("1970-01-01"),
		Citizenship:         ptr("US"),
	}); err != nil {
		return err
	}
	if _, err = j.client.Businesses.SubmitApplication(j.ctx, application.ID); err != nil {
		return err
	}
	if application, err = j.client.Businesses.GetApplication(j.ctx, application.ID); err != nil {
		return err
	}
	businessID, err := application.CustomerID.Get()
	if err != nil {
		return err
	}
	owners, err := j.client.Customers.ListBeneficialOwners(j.ctx, businessID)
	if err != nil {
		return err
	}
	j.page.tell(fmt.Sprintf("%d owner", len(owners.Items)), ", with 51 %")
	return check(len(owners.Items) == 1 && *owners.Items[0].OwnershipPercentage == "0.51", "the business has %d owners",
		len(owners.Items))
}
