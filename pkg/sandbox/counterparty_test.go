package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// counterparty adds a counterparty of a customer.
func (w *world) counterparty(t testing.TB, customer uuid.UUID,
	form partnerapi.CreateCounterpartyRequestVariant) partnerapi.CounterpartyShared {
	t.Helper()
	made, err := w.Counterparties.Create(t.Context(), customer, counterpartyRequest(t, form))
	if err != nil {
		t.Fatal(err)
	}
	shared, err := made.Shared()
	return must(t, shared, err)
}

// counterpartyV1 reads a counterparty by v1.
func (w *world) counterpartyV1(t testing.TB, customer, id uuid.UUID) (*partnerapi.CounterpartyV1, error) {
	t.Helper()
	//nolint:staticcheck // SA1019: callers may still ask by it.
	return w.Counterparties.GetV1(t.Context(), customer, id)
}

func counterpartyRequest(t testing.TB,
	form partnerapi.CreateCounterpartyRequestVariant) partnerapi.CreateCounterpartyRequest {
	t.Helper()
	r, err := partnerapi.NewCreateCounterpartyRequest(form)
	return must(t, r, err)
}

func supplier(t testing.TB) partnerapi.CounterpartyName {
	t.Helper()
	name, err := partnerapi.NewCounterpartyName(partnerapi.BusinessCounterpartyName{BusinessName: "Supplier Inc."})
	return must(t, name, err)
}

func someAddress() partnerapi.Address {
	return partnerapi.Address{StreetAddress: "101 Mission Street", StreetAddress2: ptr("7th Floor"),
		City: "San Francisco", PostalCode: "94105", State: ptr("CA"), Country: "US"}
}

func ach() partnerapi.CreateACHCounterparty {
	return partnerapi.CreateACHCounterparty{AccountNumber: "123456789", RoutingNumber: "021000021"}
}

func wire(t testing.TB) partnerapi.CreateWireCounterparty {
	return partnerapi.CreateWireCounterparty{RoutingNumber: "021000021", Identifier: "1213456789",
		Address: someAddress(), CounterpartyName: supplier(t), WireInstructions: ptr("Attention accounts receivable")}
}

func abroad(t testing.TB) partnerapi.CreateInternationalWireCounterparty {
	return partnerapi.CreateInternationalWireCounterparty{Identifier: "GB82WEST12345698765432", IdentifierType: "IBAN",
		BIC: ptr("WESTGB22"), Address: someAddress(), CounterpartyName: supplier(t)}
}

// addressOf is the account number of a pocket's first portal, by which on-us counterparties find it.
func (w *world) addressOf(t testing.TB, pocket uuid.UUID) string {
	t.Helper()
	list, err := w.Portals.ListForAccount(t.Context(), pocket)
	return must(t, list, err).Portals[0].AccountNumber
}

// Each form of the body makes a counterparty of its kind, which says what was said of it, and how it is verified.
func TestCreateCounterparty(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	_, others := w.pockets(t, 0)
	address := w.addressOf(t, others[0])
	person, err := partnerapi.NewCounterpartyName(partnerapi.IndividualCounterpartyName{FirstName: "Ada",
		LastName: "Byron"})
	if err != nil {
		t.Fatal(err)
	}
	toPerson := wire(t)
	toPerson.CounterpartyName, toPerson.WireInstructions = person, nil
	named := ach()
	named.NameOnAccount, named.InstitutionName = ptr("External Accountholder"), ptr("External Bank NA")
	named.AccountType = ptr(partnerapi.ExternalAccountTypeSavings)
	proprietary := abroad(t)
	proprietary.Identifier, proprietary.IdentifierType, proprietary.BIC = "0012345678", "BBAN", nil
	for _, c := range []struct {
		name string
		form partnerapi.CreateCounterpartyRequestVariant
		want string // without the id
	}{
		{"for ACH", ach(), `{"account_number":"123456789","account_type":"CHECKING",` +
			`"institution_name":"Bank 021000021","name_on_account":"Jiko Customer","object_type":"Counterparty",` +
			`"routing_number":"021000021","status":"PENDING","type":"ach",` +
			`"verification":{"status":"IN_PROGRESS","type":"micro_deposits"}}`},
		{"for ACH, with all its members", named, `{"account_number":"123456789","account_type":"SAVINGS",` +
			`"institution_name":"External Bank NA","name_on_account":"External Accountholder",` +
			`"object_type":"Counterparty","routing_number":"021000021","status":"PENDING","type":"ach",` +
			`"verification":{"status":"IN_PROGRESS","type":"micro_deposits"}}`},
		{"for wires", wire(t), `{"account_number":"1213456789","account_type":"CHECKING","address":` +
			encode(t, someAddress()) + `,"counterparty_name":` + encode(t, supplier(t)) +
			`,"identifier":"1213456789","institution_name":"Bank 021000021","name_on_account":"Supplier Inc.",` +
			`"object_type":"Counterparty","routing_number":"021000021","status":"VERIFIED","type":"wire",` +
			`"verification":{"status":"VERIFIED","type":"supporting_documents"},` +
			`"wire_instructions":"Attention accounts receivable"}`},
		{"for wires to a person", toPerson, `{"account_number":"1213456789","account_type":"CHECKING","address":` +
			encode(t, someAddress()) + `,"counterparty_name":` + encode(t, person) +
			`,"identifier":"1213456789","institution_name":"Bank 021000021","name_on_account":"Ada Byron",` +
			`"object_type":"Counterparty","routing_number":"021000021","status":"VERIFIED","type":"wire",` +
			`"verification":{"status":"VERIFIED","type":"supporting_documents"}}`},
		{"for wires abroad", abroad(t), `{"account_number":"GB82WEST12345698765432","address":` +
			encode(t, someAddress()) + `,"bic":"WESTGB22","counterparty_name":` + encode(t, supplier(t)) +
			`,"identifier":"GB82WEST12345698765432","identifier_type":"IBAN","name_on_account":"Supplier Inc.",` +
			`"object_type":"Counterparty","status":"VERIFIED","type":"international_wire",` +
			`"verification":{"status":"VERIFIED","type":"supporting_documents"}}`},
		{"for wires abroad, without an IBAN", proprietary, `{"account_number":"0012345678","address":` +
			encode(t, someAddress()) + `,"counterparty_name":` + encode(t, supplier(t)) +
			`,"identifier":"0012345678","identifier_type":"BBAN","name_on_account":"Supplier Inc.",` +
			`"object_type":"Counterparty","status":"VERIFIED","type":"international_wire",` +
			`"verification":{"status":"VERIFIED","type":"supporting_documents"}}`},
		{"on us", partnerapi.CreateOnUsCounterparty{AccountNumber: address}, `{"account_number":"` + address +
			`","object_type":"Counterparty","status":"VERIFIED","type":"on_us",` +
			`"verification":{"status":"VERIFIED","type":"pre_verified"}}`},
		{"a crypto wallet",
			partnerapi.CreateCryptoWalletCounterparty{WalletAddress: "0x5290", Network: ptr("ethereum")},
			`{"network":"ethereum","object_type":"Counterparty","status":"PENDING","type":"crypto_wallet",` +
				`"verification":{"status":"IN_PROGRESS","type":"unverified"},"wallet_address":"0x5290"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := w.Counterparties.Create(t.Context(), customer, counterpartyRequest(t, c.form))
			if err != nil {
				t.Fatal(err)
			}
			shared, err := made.Shared()
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Replace(encode(t, made), `"id":"`+shared.ID.String()+`",`, "", 1)
			if got != c.want {
				t.Errorf("Create = %s; want %s", got, c.want)
			}
			seen, err := w.Counterparties.Get(t.Context(), customer, shared.ID)
			if err != nil || encode(t, seen) != encode(t, made) {
				t.Errorf("Get = %s, %v; want %s", encode(t, seen), err, encode(t, made))
			}
		})
	}
}

// A member that the contract does not know does not make another form of a body.
func TestAnUnknownMemberDoesNotHideTheFormOfACounterparty(t *testing.T) {
	w := open(t)
	path := "/api/v2/customers/" + w.customer(t).String() + "/counterparties/"
	for _, c := range []struct {
		name, want string
		form       any
	}{
		{"for ACH", "ach", ach()}, {"for wires", "wire", wire(t)},
		{"for wires abroad", "international_wire", abroad(t)},
		{"a crypto wallet", "crypto_wallet", partnerapi.CreateCryptoWalletCounterparty{WalletAddress: "0x5290"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"note":"new",` + strings.TrimPrefix(encode(t, c.form), "{")
			a := w.raw(t, uuid.NewString(), http.MethodPost, path, body)
			if a.status != http.StatusCreated || !strings.Contains(a.body, `"type":"`+c.want+`"`) {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

func TestCounterpartiesThatAreRefused(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0, 0)
	closedPocket := w.addressOf(t, pockets[0])
	w.closePocket(t, customer, pockets[0])
	closedPortal := w.openPortal(t, pockets[1])
	if err := w.Portals.CloseForAccount(t.Context(), pockets[1], closedPortal.ID); err != nil {
		t.Fatal(err)
	}
	achWith := func(routing, account string) partnerapi.CreateACHCounterparty {
		return partnerapi.CreateACHCounterparty{RoutingNumber: routing, AccountNumber: account}
	}
	wireWith := func(routing, identifier string) partnerapi.CreateWireCounterparty {
		form := wire(t)
		form.RoutingNumber, form.Identifier = routing, identifier
		return form
	}
	abroadWith := func(identifier, kind, bic string) partnerapi.CreateInternationalWireCounterparty {
		form := abroad(t)
		form.Identifier, form.IdentifierType, form.BIC = identifier, kind, &bic
		return form
	}
	onUs := func(number string) partnerapi.CreateOnUsCounterparty {
		return partnerapi.CreateOnUsCounterparty{AccountNumber: number}
	}
	for _, c := range []struct {
		name   string
		form   partnerapi.CreateCounterpartyRequestVariant
		places []string
	}{
		{"a routing number with seven digits", achWith("9876456", "123456789"), []string{"body.routing_number"}},
		{"a routing number with a wrong check digit", achWith("021000022", "123456789"),
			[]string{"body.routing_number"}},
		{"a routing number with a letter", achWith("02100002A", "123456789"), []string{"body.routing_number"}},
		{"a routing number of zeros", achWith("000000000", "123456789"), []string{"body.routing_number"}},
		{"an account number that is too short", achWith("021000021", "123"), []string{"body.account_number"}},
		{"an account number that is too long", achWith("021000021", "123456789012345678"),
			[]string{"body.account_number"}},
		{"both numbers wrong", achWith("", "x"), []string{"body.routing_number", "body.account_number"}},
		{"a wire's numbers wrong", wireWith("021000020", "12-34"), []string{"body.routing_number", "body.identifier"}},
		{"a wire's IBAN wrong", wireWith("021000021", "GB83WEST12345698765432"), []string{"body.identifier"}},
		{"an IBAN with wrong check digits", abroadWith("GB83WEST12345698765432", "IBAN", "WESTGB22"),
			[]string{"body.identifier"}},
		{"an account number as IBAN", abroadWith("1213456789", "IBAN", "WESTGB22"), []string{"body.identifier"}},
		{"an identifier of another type that is too short", abroadWith("1", "BBAN", "WESTGB22"),
			[]string{"body.identifier"}},
		{"a BIC that is none", abroadWith("GB82WEST12345698765432", "IBAN", "WEST"), []string{"body.bic"}},
		{"an address that no pocket has", onUs("123456789012"), []string{"body.account_number"}},
		{"no address", onUs(""), []string{"body.account_number"}},
		{"the address of a closed pocket", onUs(closedPocket), []string{"body.account_number"}},
		{"the number of a closed portal", onUs(closedPortal.AccountNumber), []string{"body.account_number"}},
		{"a wallet without an address", partnerapi.CreateCryptoWalletCounterparty{}, []string{"body.wallet_address"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Counterparties.Create(t.Context(), customer, counterpartyRequest(t, c.form))
			refused(t, err, http.StatusUnprocessableEntity, c.places...)
		})
	}
	page, err := w.Counterparties.List(t.Context(), customer, nil)
	if err != nil || len(page.Items) != 0 {
		t.Errorf("what was refused is there: %s, %v", encode(t, page), err)
	}
	_, err = w.Counterparties.Create(t.Context(), uuid.New(), counterpartyRequest(t, ach()))
	refused(t, err, http.StatusNotFound)
	w.closeCustomer(t, customer)
	_, err = w.Counterparties.Create(t.Context(), customer, counterpartyRequest(t, ach()))
	refused(t, err, http.StatusUnprocessableEntity, "path.customer_id")
}

func (w *world) closePocket(t testing.TB, customer, pocket uuid.UUID) {
	t.Helper()
	if _, err := w.Pockets.Update(t.Context(), customer, pocket, partnerapi.UpdatePocketRequest{
		Status: ptr(partnerapi.PocketStatusClosed), ClosureReason: ptr("done")}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) closeCustomer(t testing.TB, customer uuid.UUID) {
	t.Helper()
	request, err := partnerapi.NewUpdateCustomerRequest(partnerapi.CloseCustomerAccount{
		AccountStatus: partnerapi.CloseCustomerAccountAccountStatusClosed})
	if err == nil {
		_, err = w.Customers.Update(t.Context(), customer, request)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// v1 and v2 show the same records. v1 knows no other kinds than ACH and domestic wires.
func TestBothVersionsShowTheSameCounterparties(t *testing.T) {
	w := open(t)
	customer, pockets := w.pockets(t, 0)
	forACH, forWires := w.counterparty(t, customer, ach()), w.counterparty(t, customer, wire(t))
	onUs := w.counterparty(t, customer,
		partnerapi.CreateOnUsCounterparty{AccountNumber: w.addressOf(t, pockets[0])})
	foreign := w.counterparty(t, customer, abroad(t))
	wallet := w.counterparty(t, customer, partnerapi.CreateCryptoWalletCounterparty{WalletAddress: "0x5290"})
	all := []uuid.UUID{forACH.ID, forWires.ID, onUs.ID, foreign.ID, wallet.ID}

	list := func(params *partnerapi.ListCounterpartiesParams) []uuid.UUID {
		t.Helper()
		ids := []uuid.UUID{}
		for c, err := range w.Counterparties.All(t.Context(), customer, params) {
			if err != nil {
				t.Fatal(err)
			}
			shared, err := c.Shared()
			ids = append(ids, must(t, shared, err).ID)
		}
		return ids
	}
	type params = partnerapi.ListCounterpartiesParams
	for _, c := range []struct {
		name   string
		params params
		want   []uuid.UUID
	}{
		{"all of them", params{}, all},
		{"all of them, page by page", params{Limit: ptr(2)}, all},
		{"those for ACH", params{Type: ptr(partnerapi.CounterpartyTypeACH)}, all[:1]},
		{"those for wires", params{Type: ptr(partnerapi.CounterpartyTypeWire)}, all[1:2]},
		{"those on us", params{Type: ptr(partnerapi.CounterpartyTypeOnUs)}, all[2:3]},
		{"those abroad", params{Type: ptr(partnerapi.CounterpartyTypeInternationalWire)}, all[3:4]},
		{"wallets", params{Type: ptr(partnerapi.CounterpartyTypeCryptoWallet)}, all[4:]},
		{"the verified ones", params{Status: ptr(partnerapi.CounterpartyStatusVerified)}, all[1:4]},
		{"the verified ones, page by page", params{Status: ptr(partnerapi.CounterpartyStatusVerified), Limit: ptr(1)},
			all[1:4]},
		{"the pending ones", params{Status: ptr(partnerapi.CounterpartyStatusPending)},
			[]uuid.UUID{forACH.ID, wallet.ID}},
		{"the pending ones of a type", params{Status: ptr(partnerapi.CounterpartyStatusPending),
			Type: ptr(partnerapi.CounterpartyTypeACH)}, all[:1]},
		{"the linked ones", params{Status: ptr(partnerapi.CounterpartyStatusLinked)}, []uuid.UUID{}},
		{"the unlinked ones", params{Status: ptr(partnerapi.CounterpartyStatusUnlinked)}, []uuid.UUID{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := list(&c.params); !slices.Equal(got, c.want) {
				t.Errorf("List = %v; want %v", got, c.want)
			}
		})
	}

	t.Run("v1", func(t *testing.T) {
		first, err := w.Counterparties.ListV1(t.Context(), customer,
			&partnerapi.ListCounterpartiesV1Params{Limit: ptr(1)})
		if err != nil || len(first.Items) != 1 || first.Items[0].ID != forACH.ID ||
			first.Items[0].Type != partnerapi.CounterpartyV1TypeACH || first.Items[0].Wire != nil ||
			first.Items[0].ACH.Status != partnerapi.CounterpartyVerificationStatusInProgress ||
			first.Items[0].ACH.VerificationType != partnerapi.CounterpartyVerificationTypeMicroDeposits ||
			first.Items[0].ACH.MicroDeposits.VerificationFailureCount != 0 || first.Items[0].ACH.Plaid != nil {
			t.Fatalf("the first page is %s, %v", encode(t, first), err)
		}
		next, err := first.NextPage.Get()
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.Counterparties.ListV1(t.Context(), customer,
			&partnerapi.ListCounterpartiesV1Params{Cursor: &next})
		if err != nil || len(second.Items) != 1 || second.Items[0].ID != forWires.ID || !second.NextPage.IsNull() ||
			second.Items[0].Wire.Status != partnerapi.CounterpartyVerificationStatusVerified ||
			second.Items[0].Wire.NameOnAccount != "Supplier Inc." || second.Items[0].ACH != nil {
			t.Errorf("the second page is %s, %v", encode(t, second), err)
		}
		for _, listed := range []partnerapi.CounterpartyV1{first.Items[0], second.Items[0]} {
			seen, err := w.counterpartyV1(t, customer, listed.ID)
			if err != nil || encode(t, seen) != encode(t, listed) {
				t.Errorf("GetV1 = %s, %v; want %s", encode(t, seen), err, encode(t, listed))
			}
		}
		for _, id := range all[2:] {
			_, err := w.counterpartyV1(t, customer, id)
			refused(t, err, http.StatusNotFound)
		}
	})

	t.Run("for nobody else", func(t *testing.T) {
		other := w.customer(t)
		_, err := w.Counterparties.Get(t.Context(), other, forACH.ID)
		refused(t, err, http.StatusNotFound)
		_, err = w.counterpartyV1(t, other, forACH.ID)
		refused(t, err, http.StatusNotFound)
		_, err = w.Counterparties.Get(t.Context(), customer, uuid.New())
		refused(t, err, http.StatusNotFound)
		_, err = w.Counterparties.List(t.Context(), uuid.New(), nil)
		refused(t, err, http.StatusNotFound)
		_, err = w.Counterparties.ListV1(t.Context(), uuid.New(), nil)
		refused(t, err, http.StatusNotFound)
		_, err = w.Counterparties.List(t.Context(), customer, &params{Cursor: ptr("elsewhere")})
		refused(t, err, http.StatusUnprocessableEntity, "query.cursor")
	})
}

func TestTheSameAccountMayBeAddedAgain(t *testing.T) {
	w := open(t)
	customer := w.customer(t)
	if first, second := w.counterparty(t, customer, ach()), w.counterparty(t, customer, ach()); first.ID == second.ID {
		t.Error("both are one")
	}
}

// Micro-deposits of a Friday are confirmed on Tuesday morning.
func TestMicroDepositsTakeTwoBusinessDays(t *testing.T) {
	friday := time.Date(2026, 6, 5, 15, 0, 0, 0, time.UTC)
	w := openAt(t, func() time.Time { return friday })
	customer := w.customer(t)
	id := w.counterparty(t, customer, ach()).ID
	tuesday := time.Date(2026, 6, 9, 13, 0, 0, 0, time.UTC) // 09:00 in New York
	for _, c := range []struct {
		at     time.Time
		status partnerapi.CounterpartyStatus
		proof  partnerapi.CounterpartyVerificationStatus
	}{
		{tuesday.Add(-time.Second), partnerapi.CounterpartyStatusPending,
			partnerapi.CounterpartyVerificationStatusInProgress},
		{tuesday, partnerapi.CounterpartyStatusVerified, partnerapi.CounterpartyVerificationStatusVerified},
	} {
		if err := w.bank.SetClock(t.Context(), c.at); err != nil {
			t.Fatal(err)
		}
		seen, err := w.Counterparties.Get(t.Context(), customer, id)
		if err != nil {
			t.Fatal(err)
		}
		shared, err := seen.Shared()
		if err != nil || *shared.Status != c.status || *shared.Verification.Status != c.proof {
			t.Errorf("at %s it is %s, %v", c.at, encode(t, seen), err)
		}
		v1, err := w.counterpartyV1(t, customer, id)
		if err != nil || v1.ACH.Status != c.proof {
			t.Errorf("at %s it is %s for v1, %v", c.at, encode(t, v1), err)
		}
	}
}
