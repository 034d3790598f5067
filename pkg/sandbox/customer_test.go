package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// individual unpacks a customer who must be a person.
func individual(t *testing.T, customer *partnerapi.Customer, err error) partnerapi.IndividualCustomer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	value, err := customer.Value()
	person, ok := value.(partnerapi.IndividualCustomer)
	if err != nil || !ok {
		t.Fatalf("the customer is a %T, %v", value, err)
	}
	return person
}

func update(t *testing.T, change partnerapi.UpdateCustomerRequestVariant) partnerapi.UpdateCustomerRequest {
	t.Helper()
	request, err := partnerapi.NewUpdateCustomerRequest(change)
	return must(t, request, err)
}

func closure(t *testing.T) partnerapi.UpdateCustomerRequest {
	t.Helper()
	return update(t, partnerapi.CloseCustomerAccount{AccountStatus: partnerapi.CloseCustomerAccountAccountStatusClosed})
}

func TestACustomersIdentificationNumberIsMasked(t *testing.T) {
	w := open(t)
	customer, err := w.Customers.Get(t.Context(), w.customer(t))
	person := individual(t, customer, err)
	if got := person.IdentificationNumber.IdentificationNumber; got != "*****1234" ||
		strings.Contains(encode(t, customer), marker) {
		t.Errorf("the number is shown as %q in %s", got, encode(t, customer))
	}
}

func TestACustomersStatusFollowsFromThePockets(t *testing.T) {
	w := open(t)
	id := w.customer(t)
	status := func() partnerapi.CustomerAccountStatus {
		customer, err := w.Customers.Get(t.Context(), id)
		return individual(t, customer, err).AccountStatus
	}
	if got := status(); got != partnerapi.CustomerAccountStatusPending {
		t.Errorf("without a pocket: %s", got)
	}
	w.pocket(t, id)
	if got := status(); got != partnerapi.CustomerAccountStatusOpen {
		t.Errorf("with one: %s", got)
	}
	if _, err := w.Customers.Update(t.Context(), id, closure(t)); err != nil {
		t.Fatal(err)
	}
	if got := status(); got != partnerapi.CustomerAccountStatusClosed {
		t.Errorf("closed: %s", got)
	}
}

func TestAnUpdateOfACustomer(t *testing.T) {
	w := open(t)
	id := w.customer(t)
	changed, err := w.Customers.Update(t.Context(), id, update(t, partnerapi.UpdateCustomerData{
		Email: ptr("new@example.com"), TrustedContact: &partnerapi.TrustedContact{FirstName: ptr("Trusted")},
	}))
	person := individual(t, changed, err)
	if person.Email != "new@example.com" || person.PhoneNumber != "+15551234567" ||
		person.Address.City != "Berkeley" || *person.TrustedContact.FirstName != "Trusted" {
		t.Errorf("updated: %+v", person)
	}
	changed, err = w.Customers.Update(t.Context(), id, update(t, partnerapi.UpdateCustomerData{
		PhoneNumber: ptr("+15550000000"), Address: &partnerapi.Address{StreetAddress: "1 A St", City: "Oakland",
			PostalCode: "94607", Country: "US"},
	}))
	person = individual(t, changed, err)
	if person.Email != "new@example.com" || person.PhoneNumber != "+15550000000" || person.Address.City != "Oakland" ||
		person.Address.State != nil || person.TrustedContact == nil {
		t.Errorf("updated again: %+v", person)
	}

	business := w.business(t, "1")
	shown, err := w.Customers.Update(t.Context(), business,
		update(t, partnerapi.UpdateCustomerData{Email: ptr("new@example.com")}))
	if err != nil || !strings.Contains(encode(t, shown), "new@example.com") {
		t.Errorf("a business: %v, %v", shown, err)
	}
	_, err = w.Customers.Update(t.Context(), business,
		update(t, partnerapi.UpdateCustomerData{TrustedContact: &partnerapi.TrustedContact{FirstName: ptr("A")}}))
	refused(t, err, http.StatusUnprocessableEntity, "body.trusted_contact")

	_, err = w.Customers.Update(t.Context(), uuid.New(), closure(t))
	refused(t, err, http.StatusNotFound)
	_, err = w.Customers.Get(t.Context(), uuid.New())
	refused(t, err, http.StatusNotFound)
}

// A body that has account_status changes no data. (Source: the contract.)
func TestAnOrderToCloseChangesNoData(t *testing.T) {
	w := open(t)
	id := w.customer(t)
	a := w.raw(t, uuid.NewString(), http.MethodPatch, "/api/v1/customers/"+id.String()+"/",
		`{"account_status":"CLOSED","email":"new@example.com"}`)
	if a.status != http.StatusOK || !strings.Contains(a.body, `"CLOSED"`) ||
		strings.Contains(a.body, "new@example.com") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestACustomerWithMoneyIsNotClosed(t *testing.T) {
	w := open(t)
	id, pockets := w.pockets(t, 0, 1)
	_, err := w.Customers.Update(t.Context(), id, closure(t))
	refused(t, err, http.StatusUnprocessableEntity, "body.account_status")
	for _, pocket := range pockets {
		if p, err := w.Pockets.Get(t.Context(), pocket, nil); err != nil || p.Status != partnerapi.PocketStatusOpen {
			t.Errorf("a refused closure closed a pocket: %+v, %v", p, err)
		}
	}
}

func TestAClosedCustomerStaysAsItIs(t *testing.T) {
	w := open(t)
	id, pockets := w.pockets(t, 0, 0)
	if _, err := w.Customers.Update(t.Context(), id, closure(t)); err != nil {
		t.Fatal(err)
	}
	for _, pocket := range pockets {
		if p, err := w.Pockets.Get(t.Context(), pocket, nil); err != nil || p.Status != partnerapi.PocketStatusClosed {
			t.Errorf("its pocket: %+v, %v", p, err)
		}
	}
	_, err := w.Customers.Update(t.Context(), id, closure(t))
	refused(t, err, http.StatusUnprocessableEntity, "path.customer_id")
	_, err = w.Customers.Update(t.Context(), id, update(t,
		partnerapi.UpdateCustomerData{Email: ptr("new@example.com")}))
	refused(t, err, http.StatusUnprocessableEntity, "path.customer_id")
	_, err = w.Pockets.Create(t.Context(), id, partnerapi.CreatePocketRequest{PocketName: "x",
		DepositStrategyID: ptr("UST-4W")})
	refused(t, err, http.StatusUnprocessableEntity, "path.customer_id")
	err = w.Sandbox.FundAccount(t.Context(), nil, partnerapi.FundAccountRequest{AccountID: pockets[0], AmountUSDC: 1})
	refused(t, err, http.StatusUnprocessableEntity, "body.account_id")
}

// The provider switches it on for a partner.
func TestUpdatesOfCustomersAreOffAtFirst(t *testing.T) {
	s, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	off := &world{bank: s}
	off.Client = off.inProcess(t, partner.Config{Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret})
	defer off.Close()
	id := off.customer(t)
	for name, change := range map[string]partnerapi.UpdateCustomerRequest{
		"a change":  update(t, partnerapi.UpdateCustomerData{Email: ptr("new@example.com")}),
		"a closure": closure(t),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := off.Customers.Update(t.Context(), id, change)
			refused(t, err, http.StatusForbidden)
		})
	}
	customer, err := off.Customers.Get(t.Context(), id)
	if person := individual(t, customer, err); person.Email != "jiko@example.com" ||
		person.AccountStatus == partnerapi.CustomerAccountStatusClosed {
		t.Errorf("a refused update has changed %+v", person)
	}
}
