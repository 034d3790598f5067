package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// company is the data of a company that would be approved.
func company() partnerapi.BusinessApplicationData {
	return partnerapi.BusinessApplicationData{
		Name: ptr("Example Trading LLC"), EntityType: ptr(partnerapi.BusinessEntityTypeLLC),
		FormationDate: ptr("2017-01-04"),
		IdentificationNumber: &partnerapi.BusinessIdentificationNumber{IdentificationNumber: number,
			Type: partnerapi.BusinessIdentificationNumberTypeEIN},
		Address: &partnerapi.USAddress{StreetAddress: "101 Mission Street", City: "San Francisco",
			PostalCode: "94105", State: ptr(partnerapi.StateCA), Country: "US"},
		Contact: &partnerapi.BusinessContact{Email: ptr("contact@example.com"),
			PhoneNumber: ptr("+15551234567")}, AgreementConsent: ptr(consent()),
	}
}

func request(d partnerapi.BusinessApplicationData) partnerapi.CreateBusinessApplicationRequest {
	return partnerapi.CreateBusinessApplicationRequest{
		Name: d.Name, EntityType: d.EntityType, FormationDate: d.FormationDate,
		IdentificationNumber: d.IdentificationNumber,
		Address:              d.Address, Contact: d.Contact, AgreementConsent: d.AgreementConsent,
	}
}

func owner(share *string) partnerapi.RelatedPartyApplicationRequest {
	return partnerapi.RelatedPartyApplicationRequest{
		Title: ptr("CEO"), Name: &partnerapi.Name{FirstName: "Related", LastName: "Party"}, OwnershipPercentage: share,
		Roles: []partnerapi.RelatedPartyRole{partnerapi.RelatedPartyRoleControlPerson}, DateOfBirth: ptr("1970-01-01"),
		Address: &partnerapi.USAddress{StreetAddress: "101 Mission Street", City: "San Francisco", PostalCode: "94105",
			State: ptr(partnerapi.StateCA), Country: "US"},
		IdentificationNumber: &partnerapi.IndividualIdentificationNumber{
			IdentificationNumber: number, IdentificationType: partnerapi.IndividualIdentificationNumberTypeSSN,
		},
	}
}

// business takes a company with its owners through the whole application.
func (w *world) business(t *testing.T, shares ...string) uuid.UUID {
	t.Helper()
	a, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	for _, share := range shares {
		if _, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID, owner(&share)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = w.Businesses.SubmitApplication(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if a, err = w.Businesses.GetApplication(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	id, err := a.CustomerID.Get()
	return must(t, id, err)
}

func TestABusinessBecomesACustomerWithItsOwners(t *testing.T) {
	w := open(t)
	customer := w.business(t, "0.51", "0", "0.49")
	shown, err := w.Customers.Get(t.Context(), customer)
	if err != nil {
		t.Fatal(err)
	}
	value, err := shown.Value()
	if err != nil {
		t.Fatal(err)
	}
	b, ok := value.(partnerapi.BusinessCustomer)
	if !ok || b.Name != "Example Trading LLC" || b.IdentificationNumber.IdentificationNumber != "*****1234" ||
		*b.Address.State != "CA" ||
		b.Email != "contact@example.com" || b.AccountStatus != partnerapi.CustomerAccountStatusPending {
		t.Errorf("the customer is %T %+v", value, value)
	}
	owners, err := w.Customers.ListBeneficialOwners(t.Context(), customer)
	if err != nil || len(owners.Items) != 2 || *owners.Items[0].OwnershipPercentage != "0.51" ||
		*owners.Items[1].OwnershipPercentage != "0.49" {
		t.Fatalf("ListBeneficialOwners = %+v, %v; want those who own something", owners, err)
	}
	if strings.Contains(encode(t, owners)+encode(t, shown), marker) {
		t.Errorf("an identification number is not masked: %s %s", encode(t, owners), encode(t, shown))
	}
	person := w.customer(t)
	if owners, err := w.Customers.ListBeneficialOwners(t.Context(), person); err != nil || owners.Items == nil ||
		len(owners.Items) != 0 {
		t.Errorf("a person's owners: %+v, %v", owners, err)
	}
	_, err = w.Customers.ListBeneficialOwners(t.Context(), uuid.New())
	refused(t, err, http.StatusNotFound)
}

func TestWhatABusinessApplicationLacksIsNamed(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		name   string
		data   func(*partnerapi.BusinessApplicationData)
		owners int
		want   []string
	}{
		{"everything", func(d *partnerapi.BusinessApplicationData) { *d = partnerapi.BusinessApplicationData{} }, 0,
			[]string{
				"application.address", "application.agreement_consent", "application.contact",
				"application.entity_type",
				"application.identification_number", "application.name", "application.related_party_applications",
			}},
		{"the people", func(*partnerapi.BusinessApplicationData) {}, 0,
			[]string{"application.related_party_applications"}},
		{"the name", func(d *partnerapi.BusinessApplicationData) { d.Name = nil }, 1, []string{"application.name"}},
		{"the kind of entity", func(d *partnerapi.BusinessApplicationData) { d.EntityType = nil }, 1,
			[]string{"application.entity_type"}},
		{"the number", func(d *partnerapi.BusinessApplicationData) { d.IdentificationNumber = nil }, 1,
			[]string{"application.identification_number"}},
		{"the address", func(d *partnerapi.BusinessApplicationData) { d.Address = nil }, 1,
			[]string{"application.address"}},
		{"the contact's e-mail address", func(d *partnerapi.BusinessApplicationData) {
			d.Contact = &partnerapi.BusinessContact{PhoneNumber: ptr("1")}
		}, 1, []string{"application.contact"}},
		{"the contact's telephone number", func(d *partnerapi.BusinessApplicationData) {
			d.Contact = &partnerapi.BusinessContact{Email: ptr("a@example.com")}
		}, 1, []string{"application.contact"}},
		{"the consent", func(d *partnerapi.BusinessApplicationData) { d.AgreementConsent = nil }, 1,
			[]string{"application.agreement_consent"}},
		{"the consent to what is in force", func(d *partnerapi.BusinessApplicationData) {
			d.AgreementConsent.Version = "0"
		}, 1,
			[]string{"application.agreement_consent.version"}},
		{"nothing", func(d *partnerapi.BusinessApplicationData) { d.FormationDate = nil }, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := company()
			c.data(&data)
			a, err := w.Businesses.CreateApplication(t.Context(), request(data))
			if err != nil {
				t.Fatal(err)
			}
			for range c.owners {
				if _, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID, owner(nil)); err != nil {
					t.Fatal(err)
				}
			}
			_, err = w.Businesses.SubmitApplication(t.Context(), a.ID)
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, http.StatusUnprocessableEntity, c.want...)
			// What was missing can be filled in.
			if _, err := w.Businesses.UpdateApplication(t.Context(), a.ID, company()); err != nil {
				t.Fatal(err)
			}
			if c.owners == 0 {
				if _, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID, owner(nil)); err != nil {
					t.Fatal(err)
				}
			}
			if submitted, err := w.Businesses.SubmitApplication(t.Context(), a.ID); err != nil ||
				submitted.Status != partnerapi.BusinessApplicationStatusSubmitted {
				t.Errorf("completed: %+v, %v", submitted, err)
			}
		})
	}
}

func TestAnUpdateChangesOnlyWhatItHas(t *testing.T) {
	w := open(t)
	a, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	updated, err := w.Businesses.UpdateApplication(t.Context(), a.ID,
		partnerapi.BusinessApplicationData{DoingBusinessAs: ptr("Example"), Website: ptr("https://example.com")})
	if err != nil || *updated.DoingBusinessAs != "Example" || *updated.Name != *a.Name ||
		*updated.Contact.Email != *a.Contact.Email {
		t.Errorf("UpdateBusinessApplication = %+v, %v", updated, err)
	}
	party, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID, owner(ptr("0.25")))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := w.Businesses.UpdateRelatedParty(t.Context(), a.ID, party.ID,
		partnerapi.RelatedPartyApplicationRequest{Title: ptr("CFO")})
	if err != nil || *changed.Title != "CFO" || *changed.OwnershipPercentage != "0.25" ||
		changed.Name.LastName != "Party" || len(changed.Roles) != 1 {
		t.Errorf("UpdateRelatedPartyApplication = %+v, %v", changed, err)
	}
	list, err := w.Businesses.ListRelatedParties(t.Context(), a.ID)
	if err != nil || len(list) != 1 || *list[0].Title != "CFO" ||
		list[0].IdentificationNumber.IdentificationNumber != "*****1234" {
		t.Errorf("ListRelatedPartyApplications = %+v, %v", list, err)
	}
	if err := w.Businesses.DeleteRelatedParty(t.Context(), a.ID, party.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := w.Businesses.ListRelatedParties(t.Context(), a.ID); err != nil || len(list) != 0 {
		t.Errorf("after the deletion: %+v, %v", list, err)
	}
}

func TestOwnershipPercentages(t *testing.T) {
	w := open(t)
	a, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	party, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID, owner(nil))
	if err != nil {
		t.Fatal(err)
	}
	for share, ok := range map[string]bool{
		"0": true, "0.51": true, "1": true, "1.00": true, "0." + strings.Repeat("3", 30): true,
		"-0.1": false, "1.01": false, "51": false, "1e999999999": false, "1E-1": false, "0x1": false, "1/2": false,
		".5": false, "1.": false,
		"": false, "0 .5": false, "0,5": false, "NaN": false, "Inf": false, "+0.5": false,
		"0." + strings.Repeat("3", 31): false, "٠.٥": false, "0.5\n": false,
	} {
		t.Run(share, func(t *testing.T) {
			_, created := w.Businesses.CreateRelatedParty(t.Context(), a.ID, owner(&share))
			_, updated := w.Businesses.UpdateRelatedParty(t.Context(), a.ID, party.ID, owner(&share))
			for _, err := range []error{created, updated} {
				if ok && err != nil {
					t.Error(err)
				} else if !ok {
					refused(t, err, http.StatusUnprocessableEntity, "body.ownership_percentage")
				}
			}
		})
	}
}

func TestASubmittedBusinessApplicationIsFixed(t *testing.T) {
	w := open(t)
	a, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	party, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID, owner(ptr("1")))
	if err == nil {
		_, err = w.Businesses.SubmitApplication(t.Context(), a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func() error{
		"update": func() error {
			_, err := w.Businesses.UpdateApplication(t.Context(), a.ID,
				company())
			return err
		},
		"submit": func() error { _, err := w.Businesses.SubmitApplication(t.Context(), a.ID); return err },
		"add a person": func() error {
			_, err := w.Businesses.CreateRelatedParty(t.Context(), a.ID,
				owner(nil))
			return err
		},
		"change a person": func() error {
			_, err := w.Businesses.UpdateRelatedParty(t.Context(), a.ID, party.ID, owner(nil))
			return err
		},
		"remove a person": func() error { return w.Businesses.DeleteRelatedParty(t.Context(), a.ID, party.ID) },
	} {
		t.Run(name, func(t *testing.T) { refused(t, edit(), http.StatusUnprocessableEntity, "path.application_id") })
	}
	if list, err := w.Businesses.ListRelatedParties(t.Context(), a.ID); err != nil || len(list) != 1 ||
		*list[0].OwnershipPercentage != "1" {
		t.Errorf("the people afterwards: %+v, %v", list, err)
	}
}

func TestABusinessApplicationMayBringItsID(t *testing.T) {
	w := open(t)
	body := request(company())
	body.ID = ptr(uuid.New())
	a, err := w.Businesses.CreateApplication(t.Context(), body)
	if err != nil || a.ID != *body.ID {
		t.Fatalf("CreateBusinessApplication = %+v, %v", a, err)
	}
	_, err = w.Businesses.CreateApplication(t.Context(), body)
	refused(t, err, http.StatusUnprocessableEntity, "body.id")
}

func TestAnUnknownBusinessIsNotFound(t *testing.T) {
	w := open(t)
	a, err := w.Businesses.CreateApplication(t.Context(), request(company()))
	if err != nil {
		t.Fatal(err)
	}
	other := uuid.New()
	for name, call := range map[string]func() error{
		"get": func() error { _, err := w.Businesses.GetApplication(t.Context(), other); return err },
		"update": func() error {
			_, err := w.Businesses.UpdateApplication(t.Context(), other,
				company())
			return err
		},
		"submit":      func() error { _, err := w.Businesses.SubmitApplication(t.Context(), other); return err },
		"list people": func() error { _, err := w.Businesses.ListRelatedParties(t.Context(), other); return err },
		"add a person": func() error {
			_, err := w.Businesses.CreateRelatedParty(t.Context(), other,
				owner(nil))
			return err
		},
		"change nobody": func() error {
			_, err := w.Businesses.UpdateRelatedParty(t.Context(), a.ID, other, owner(nil))
			return err
		},
		"remove nobody": func() error { return w.Businesses.DeleteRelatedParty(t.Context(), a.ID, other) },
		"change somebody of an unknown one": func() error {
			_, err := w.Businesses.UpdateRelatedParty(t.Context(), other, other, owner(nil))
			return err
		},
		"remove somebody of an unknown one": func() error {
			return w.Businesses.DeleteRelatedParty(t.Context(), other, other)
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, call(), http.StatusNotFound) })
	}
}
