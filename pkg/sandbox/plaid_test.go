package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// link makes counterparties of accounts that a user has chosen in Plaid Link.
func (w *world) link(t testing.TB, customer uuid.UUID, institution *string,
	accounts ...partnerapi.PlaidAccount) []partnerapi.CounterpartyV1 {
	t.Helper()
	list, err := w.PlaidCounterparties.Create(t.Context(), customer, partnerapi.CreatePlaidCounterpartiesRequest{
		PublicToken: "public-sandbox-1", Accounts: accounts, InstitutionID: institution})
	return must(t, list, err).Items
}

// verification is a counterparty's, as v1 shows it.
func verification(t testing.TB, c partnerapi.CounterpartyV1) string {
	t.Helper()
	status := "null"
	if s := c.ACH.Plaid.VerificationStatus; s != nil {
		status = string(*s)
	}
	return strings.Join([]string{string(c.ACH.VerificationType), string(c.ACH.Status), status}, " ")
}

func TestPlaidVerifiesTheAccountsOfAnInstitution(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	made := w.link(t, customer, ptr("ins_109508"),
		partnerapi.PlaidAccount{ID: "BxBXxLj1m4HMXBm9WZZm", Name: ptr("Checking"), Mask: ptr("0042")},
		partnerapi.PlaidAccount{ID: "another"})
	if len(made) != 2 || !strings.HasSuffix(made[0].ACH.AccountNumber, "0042") || made[0].ACH.Plaid.Mask != "0042" ||
		!strings.HasSuffix(made[1].ACH.AccountNumber, made[1].ACH.Plaid.Mask) || len(made[1].ACH.Plaid.Mask) != 4 ||
		made[0].ACH.NameOnAccount != "Jiko Customer" || made[0].ACH.InstitutionName != "Bank ins_109508" {
		t.Fatalf("Create = %s", encode(t, made))
	}
	for _, c := range made {
		if got := verification(t, c); got != "PLAID IN_PROGRESS PENDING_AUTOMATIC_VERIFICATION" {
			t.Errorf("at first it is %s", got)
		}
		seen, err := w.counterpartyV1(t, customer, c.ID)
		if got := verification(t, *must(t, seen, err)); got != "PLAID VERIFIED AUTOMATICALLY_VERIFIED" {
			t.Errorf("then it is %s", got)
		}
	}
	v2, err := w.Counterparties.Get(t.Context(), customer, made[0].ID)
	if err != nil || !strings.Contains(encode(t, v2), `"verification":{"status":"VERIFIED","type":"plaid"}`) {
		t.Errorf("v2 says %s, %v", encode(t, v2), err)
	}
}

// Without an institution the user waits for micro-deposits, comes back to Link with a new token, and goes on.
func TestAUserComesBackToConfirmMicroDeposits(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	made := w.link(t, customer, nil, partnerapi.PlaidAccount{ID: "BxBXxLj1m4HMXBm9WZZm", Mask: ptr("0000")})[0]
	get := func() partnerapi.CounterpartyV1 {
		t.Helper()
		seen, err := w.counterpartyV1(t, customer, made.ID)
		return *must(t, seen, err)
	}
	for range 2 {
		if got := verification(t, get()); got != "MICRO_DEPOSITS IN_PROGRESS PENDING_MANUAL_VERIFICATION" {
			t.Fatalf("at first it is %s", got)
		}
	}
	if count := get().ACH.MicroDeposits.VerificationFailureCount; count != 0 {
		t.Errorf("%d attempts have failed", count)
	}
	token, err := w.PlaidCounterparties.CreateLinkToken(t.Context(), customer,
		partnerapi.CreatePlaidLinkTokenRequest{ClientName: "My App", CounterpartyID: &made.ID})
	if err != nil || !strings.HasPrefix(token.LinkToken, "link-sandbox-") {
		t.Errorf("CreateLinkToken = %s, %v", encode(t, token), err)
	}
	if err := w.PlaidCounterparties.Verify(t.Context(), customer, made.ID); err != nil {
		t.Fatal(err)
	}
	if got := verification(t, get()); got != "MICRO_DEPOSITS VERIFIED MANUALLY_VERIFIED" {
		t.Errorf("then it is %s", got)
	}
	err = w.PlaidCounterparties.Verify(t.Context(), customer, made.ID)
	refused(t, err, http.StatusUnprocessableEntity, "path.counterparty_id")
	_, err = w.PlaidCounterparties.CreateLinkToken(t.Context(), customer,
		partnerapi.CreatePlaidLinkTokenRequest{ClientName: "My App", CounterpartyID: &made.ID})
	refused(t, err, http.StatusUnprocessableEntity, "body.counterparty_id")
}

func TestLinkTokensDifferAndEnd(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	seen := map[string]bool{}
	for range 2 {
		token, err := w.PlaidCounterparties.CreateLinkToken(t.Context(), customer,
			partnerapi.CreatePlaidLinkTokenRequest{ClientName: "My App"})
		if err != nil {
			t.Fatal(err)
		}
		if left := token.Expiration.Sub(w.bank.Time()); left <= 3*time.Hour || left > 4*time.Hour {
			t.Errorf("it is good for %s", left)
		}
		seen[token.LinkToken] = true
	}
	if len(seen) != 2 {
		t.Errorf("the tokens are %v", seen)
	}
}

func TestPlaidRequestsThatAreRefused(t *testing.T) {
	w := open(t)
	customer, other := w.customer(t), w.customer(t)
	plain := w.counterparty(t, customer, ach()).ID
	linked := w.link(t, customer, nil, partnerapi.PlaidAccount{ID: "a"})[0].ID
	create := func(customer uuid.UUID, accounts ...partnerapi.PlaidAccount) error {
		_, err := w.PlaidCounterparties.Create(t.Context(), customer,
			partnerapi.CreatePlaidCounterpartiesRequest{PublicToken: "public", Accounts: accounts})
		return err
	}
	token := func(customer uuid.UUID, counterparty *uuid.UUID) error {
		_, err := w.PlaidCounterparties.CreateLinkToken(t.Context(), customer,
			partnerapi.CreatePlaidLinkTokenRequest{ClientName: "My App", CounterpartyID: counterparty})
		return err
	}
	verify := func(customer, counterparty uuid.UUID) error {
		return w.PlaidCounterparties.Verify(t.Context(), customer, counterparty)
	}
	some := partnerapi.PlaidAccount{ID: "a"}
	for _, c := range []struct {
		name   string
		err    error
		status int
		places []string
	}{
		{"no accounts", create(customer, []partnerapi.PlaidAccount{}...), 422, []string{"body.accounts"}},
		{"an account without an id", create(customer, some, partnerapi.PlaidAccount{}), 422,
			[]string{"body.accounts.1.id"}},
		{"accounts of nobody", create(uuid.New(), some), 404, nil},
		{"a token for nobody", token(uuid.New(), nil), 404, nil},
		{"a token for an unknown counterparty", token(customer, ptr(uuid.New())), 422,
			[]string{"body.counterparty_id"}},
		{"a token for another one's counterparty", token(other, &linked), 422, []string{"body.counterparty_id"}},
		{"a token for a counterparty that is not Plaid's", token(customer, &plain), 422,
			[]string{"body.counterparty_id"}},
		{"to verify an unknown counterparty", verify(customer, uuid.New()), 404, nil},
		{"to verify another one's counterparty", verify(other, linked), 404, nil},
		{"to verify for nobody", verify(uuid.New(), linked), 404, nil},
		{"to verify a counterparty that is not Plaid's", verify(customer, plain), 422,
			[]string{"path.counterparty_id"}},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, c.err, c.status, c.places...) })
	}
	w.closeCustomer(t, customer)
	refused(t, create(customer, some), 422, "path.customer_id")
	refused(t, token(customer, nil), 422, "path.customer_id")
	refused(t, verify(customer, linked), 422, "path.customer_id")
}
