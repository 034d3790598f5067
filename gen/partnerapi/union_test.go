package partnerapi_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// unionCase is a union of the contract, as its generated type sees it.
type unionCase struct {
	name string
	// kinds maps each value of the discriminator to the Go type of its variant.
	kinds map[string]reflect.Type
	// construct calls the constructor. decode decodes a union.
	construct func(variant any) (unionValue, error)
	decode    func(text string) (unionValue, error)
	zero      unionValue
}

// unionValue is what all unions with a discriminator can do, once the type of their variants is forgotten.
type unionValue struct {
	json.Marshaler
	discriminator func() (string, error)
	value         func() (any, error)
}

// union makes a case of a constructor and of one variant per value of the discriminator.
func union[U interface {
	json.Marshaler
	Discriminator() (string, error)
	Value() (V, error)
}, V any](name string, construct func(V) (U, error), variants map[string]V) unionCase {
	forget := func(u U) unionValue {
		return unionValue{u, u.Discriminator, func() (any, error) { return u.Value() }}
	}
	c := unionCase{name: name, kinds: map[string]reflect.Type{}}
	for kind, variant := range variants {
		c.kinds[kind] = reflect.TypeOf(variant)
	}
	c.construct = func(variant any) (unionValue, error) {
		v, _ := variant.(V)
		u, err := construct(v)
		return forget(u), err
	}
	c.decode = func(text string) (unionValue, error) {
		var u U
		err := json.Unmarshal([]byte(text), &u)
		return forget(u), err
	}
	var zero U
	c.zero = forget(zero)
	return c
}

func unions() []unionCase {
	return []unionCase{
		union("InvestmentProfile", partnerapi.NewInvestmentProfile, map[string]partnerapi.InvestmentProfileVariant{
			"EMPLOYED":    partnerapi.EmployedInvestmentProfile{},
			"INDEPENDENT": partnerapi.IndependentInvestmentProfile{},
			"RETIRED":     partnerapi.RetiredInvestmentProfile{},
			"STUDENT":     partnerapi.StudentInvestmentProfile{},
			"UNEMPLOYED":  partnerapi.UnemployedInvestmentProfile{},
		}),
		union("Customer", partnerapi.NewCustomer, map[string]partnerapi.CustomerVariant{
			"INDIVIDUAL": partnerapi.IndividualCustomer{},
			"BUSINESS":   partnerapi.BusinessCustomer{},
		}),
		union("Security", partnerapi.NewSecurity, map[string]partnerapi.SecurityVariant{
			"FIXED_INCOME": partnerapi.FixedIncomeSecurity{},
			"OTHER":        partnerapi.OtherSecurity{},
		}),
		union("Transaction", partnerapi.NewTransaction, map[string]partnerapi.TransactionVariant{
			"ACH":       partnerapi.ACHTransaction{},
			"CARD":      partnerapi.CardTransaction{},
			"CASH_BACK": partnerapi.CashBackTransaction{},
			"WIRE":      partnerapi.WireTransaction{},
			"WIRE_FEE":  partnerapi.WireFeeTransaction{},
			"ON_US":     partnerapi.OnUsTransaction{},
			"FEE":       partnerapi.FeeTransaction{},
			"CREDIT":    partnerapi.CreditTransaction{},
			"GENERIC":   partnerapi.GenericTransaction{},
			"SWEEP":     partnerapi.SweepTransaction{},
		}),
		union("Trade", partnerapi.NewTrade, map[string]partnerapi.TradeVariant{
			"BUY":               partnerapi.BuyTrade{},
			"SELL":              partnerapi.SellTrade{},
			"MATURITY":          partnerapi.MaturityTrade{},
			"SECURITY_TRANSFER": partnerapi.SecurityTransferTrade{},
		}),
		union("CreateOnUsTransferRequest", partnerapi.NewCreateOnUsTransferRequest,
			map[string]partnerapi.CreateOnUsTransferRequestVariant{
				"PARTNER_CUSTOMER_FUNDING":   partnerapi.CreateCustomerFundingTransfer{},
				"PARTNER_CUSTOMER_DEFUNDING": partnerapi.CreateCustomerDefundingTransfer{},
				"INTERNAL_REALLOCATION":      partnerapi.CreateInternalReallocationTransfer{},
				"PEER_TO_PEER":               partnerapi.CreatePeerToPeerTransfer{},
			}),
		union("TransferAmount", partnerapi.NewTransferAmount, map[string]partnerapi.TransferAmountVariant{
			"REQUESTED_AMOUNT": partnerapi.RequestedAmount{},
			"FULL_WITHDRAWAL":  partnerapi.FullWithdrawal{},
		}),
		union("OnUsTransferDetails", partnerapi.NewOnUsTransferDetails,
			map[string]partnerapi.OnUsTransferDetailsVariant{
				"PARTNER_CUSTOMER_FUNDING":   partnerapi.CustomerFundingTransfer{},
				"PARTNER_CUSTOMER_DEFUNDING": partnerapi.CustomerDefundingTransfer{},
				"INTERNAL_REALLOCATION":      partnerapi.InternalReallocationTransfer{},
				"PEER_TO_PEER":               partnerapi.PeerToPeerTransfer{},
			}),
		union("Counterparty", partnerapi.NewCounterparty, map[string]partnerapi.CounterpartyVariant{
			"ach":                partnerapi.ACHCounterparty{},
			"on_us":              partnerapi.OnUsCounterparty{},
			"wire":               partnerapi.WireCounterparty{},
			"international_wire": partnerapi.InternationalWireCounterparty{},
			"crypto_wallet":      partnerapi.CryptoWalletCounterparty{},
		}),
		union("CounterpartyName", partnerapi.NewCounterpartyName, map[string]partnerapi.CounterpartyNameVariant{
			"business":   partnerapi.BusinessCounterpartyName{},
			"individual": partnerapi.IndividualCounterpartyName{},
		}),
		union("Event", partnerapi.NewEvent, map[string]partnerapi.EventVariant{
			"application.approved":          partnerapi.ApplicationApprovedEvent{},
			"application.documents_needed":  partnerapi.ApplicationDocumentsNeededEvent{},
			"application.manual_review":     partnerapi.ApplicationManualReviewEvent{},
			"application.rejected":          partnerapi.ApplicationRejectedEvent{},
			"card.status.closed":            partnerapi.CardStatusClosedEvent{},
			"card.status.frozen":            partnerapi.CardStatusFrozenEvent{},
			"card.status.locked":            partnerapi.CardStatusLockedEvent{},
			"card.status.open":              partnerapi.CardStatusOpenEvent{},
			"card.transaction.approved":     partnerapi.CardTransactionApprovedEvent{},
			"card.transaction.rejected":     partnerapi.CardTransactionRejectedEvent{},
			"card.transaction.on_hold":      partnerapi.CardTransactionOnHoldEvent{},
			"card.transaction.reversed":     partnerapi.CardTransactionReversedEvent{},
			"transfers.ach.out.success":     partnerapi.ACHOutSuccessEvent{},
			"transfers.ach.out.rejected":    partnerapi.ACHOutRejectedEvent{},
			"transfers.ach.out.sent":        partnerapi.ACHOutSentEvent{},
			"transfers.ach.in.success":      partnerapi.ACHInSuccessEvent{},
			"transfers.ach.in.rejected":     partnerapi.ACHInRejectedEvent{},
			"transfers.wire.out.processing": partnerapi.WireOutProcessingEvent{},
			"transfers.wire.out.success":    partnerapi.WireOutSuccessEvent{},
			"transfers.wire.out.rejected":   partnerapi.WireOutRejectedEvent{},
			"transfers.wire.in.success":     partnerapi.WireInSuccessEvent{},
			"transfers.wire.in.rejected":    partnerapi.WireInRejectedEvent{},
			"transfers.on-us.processing":    partnerapi.OnUsProcessingEvent{},
			"transfers.on-us.success":       partnerapi.OnUsSuccessEvent{},
			"transfers.on-us.rejected":      partnerapi.OnUsRejectedEvent{},
			"transfers.on-us.received":      partnerapi.OnUsReceivedEvent{},
		}),
	}
}

func TestEveryUnionOfTheContractIsTestedHere(t *testing.T) {
	tested := map[string]bool{
		// These have no discriminator; they have tests of their own.
		"UpdateCustomerRequest": true, "CreateCounterpartyRequest": true, "ValidationErrorLocation": true,
	}
	for _, u := range unions() {
		tested[u.name] = true
		mapping := schemas()[u.name].Value.Discriminator.Mapping
		for kind, ref := range mapping {
			if got := u.kinds[kind]; got == nil || "#/components/schemas/"+got.Name() != ref.Ref {
				t.Errorf("%s: %s is %v here, %s in the contract", u.name, kind, got, ref.Ref)
			}
		}
		if len(mapping) != len(u.kinds) {
			t.Errorf("%s has %d variants here, %d in the contract", u.name, len(u.kinds), len(mapping))
		}
	}
	for name, schema := range schemas() {
		if isUnion := len(schema.Value.OneOf)+len(schema.Value.AnyOf) > 0; isUnion != tested[name] {
			t.Errorf("%s is not tested, or no union any more", name)
		}
	}
}

func TestUnions(t *testing.T) {
	for _, u := range unions() {
		t.Run(u.name, func(t *testing.T) {
			discriminator := schemas()[u.name].Value.Discriminator
			for kind, variant := range u.kinds {
				t.Run(kind, func(t *testing.T) {
					object := sample(schemas()[variant.Name()].Value).(map[string]any)
					testVariant(t, u, discriminator.PropertyName, kind, variant, object)
				})
			}
			t.Run("an unknown kind is an UnknownVariant and is encoded as it came", func(t *testing.T) {
				text := `{"z":[1,2.50],"` + discriminator.PropertyName + `":"SOMETHING_NEW","a":null}`
				value, err := u.decode(text)
				if err != nil {
					t.Fatal(err)
				}
				got, err := value.value()
				want := partnerapi.UnknownVariant{Discriminator: "SOMETHING_NEW", Raw: json.RawMessage(text)}
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("Value = %v, %v; want %v", got, err, want)
				}
				if again, err := json.Marshal(value); err != nil || string(again) != text {
					t.Errorf("it is encoded as %s, %v", again, err)
				}
				if built, err := u.construct(want); err != nil {
					t.Errorf("it cannot be put into a union: %v", err)
				} else if again, err := json.Marshal(built); err != nil || string(again) != text {
					t.Errorf("put into a union, it is encoded as %s, %v", again, err)
				}
			})
			t.Run("an object without a kind has no value", func(t *testing.T) {
				for _, text := range []string{`{}`, `{"` + discriminator.PropertyName + `":7}`, `[]`, `"text"`} {
					value, err := u.decode(text)
					if err != nil {
						continue
					}
					if got, err := value.value(); err == nil {
						t.Errorf("%s has the value %v", text, got)
					}
				}
			})
			t.Run("null is decoded as an empty one, or refused, and never sent back", func(t *testing.T) {
				value, err := u.decode("null")
				if err != nil {
					return
				}
				if text, err := json.Marshal(value); err == nil {
					t.Errorf("it is encoded as %s", text)
				}
			})
			t.Run("an empty one is never encoded", func(t *testing.T) {
				if text, err := json.Marshal(u.zero); err == nil {
					t.Errorf("it is encoded as %s", text)
				}
				if text, err := json.Marshal(map[string]any{"member": u.zero}); err == nil {
					t.Errorf("as a member it is encoded as %s", text)
				}
				if got, err := u.zero.value(); err == nil {
					t.Errorf("it has the value %v", got)
				}
			})
			t.Run("nil is no variant", func(t *testing.T) {
				if _, err := u.construct(nil); err == nil {
					t.Error("nil is taken")
				}
				for _, variant := range u.kinds {
					if _, err := u.construct(reflect.Zero(reflect.PointerTo(variant)).Interface()); err == nil {
						t.Errorf("a nil *%s is taken", variant.Name())
					}
				}
				if _, err := u.construct(partnerapi.UnknownVariant{}); err == nil {
					t.Error("an empty UnknownVariant is taken")
				}
			})
		})
	}
}

// testVariant takes an object through its Go type and the union, and back.
func testVariant(t *testing.T, u unionCase, member, kind string, variant reflect.Type, object map[string]any) {
	// The constructor sets the discriminator: what goes in has none.
	delete(object, member)
	bare, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	object[member] = kind
	pointer := reflect.New(variant)
	if err := json.Unmarshal(bare, pointer.Interface()); err != nil {
		t.Fatalf("%s: %v", bare, err)
	}

	for _, v := range []any{pointer.Elem().Interface(), pointer.Interface()} {
		built, err := u.construct(v)
		if err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		if got, err := built.discriminator(); err != nil || got != kind {
			t.Errorf("%T: Discriminator = %q, %v; want %q", v, got, err, kind)
		}
		text, err := json.Marshal(built)
		if err != nil {
			t.Fatal(err)
		}
		var encoded any
		if err := json.Unmarshal(text, &encoded); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(encoded, any(object)) {
			t.Errorf("%T is encoded as %s, want %v", v, text, object)
		}
		if err := schemas()[u.name].Value.VisitJSON(encoded); err != nil {
			t.Errorf("%s does not fit the contract: %v", text, err)
		}

		decoded, err := u.decode(string(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := decoded.value()
		if err != nil || reflect.TypeOf(got) != variant {
			t.Fatalf("Value = %T, %v; want %s", got, err, variant)
		}
		want := reflect.New(variant)
		if err := json.Unmarshal(text, want.Interface()); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want.Elem().Interface()) {
			t.Errorf("Value = %+v, want %+v", got, want.Elem())
		}
	}
}

func TestTheUpdateOfACustomerIsToldApartByItsMembers(t *testing.T) {
	email := "jiko@example.com"
	for _, c := range []struct {
		name, text string
		want       partnerapi.UpdateCustomerRequestVariant
	}{
		{"new data", `{"email":"jiko@example.com"}`, partnerapi.UpdateCustomerData{Email: &email}},
		{"nothing new, which is no closure", `{}`, partnerapi.UpdateCustomerData{}},
		{"a closure without a status", `{"account_status":null}`,
			partnerapi.UnknownVariant{Raw: json.RawMessage(`{"account_status":null}`)}},
		{"a closure", `{"account_status":"CLOSED"}`, partnerapi.CloseCustomerAccount{AccountStatus: "CLOSED"}},
		{"neither", `{"something":"new"}`, partnerapi.UnknownVariant{Raw: json.RawMessage(`{"something":"new"}`)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			built, err := partnerapi.NewUpdateCustomerRequest(c.want)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := json.Marshal(built); err != nil || string(text) != c.text {
				t.Errorf("it is encoded as %s, %v; want %s", text, err, c.text)
			}
			var decoded partnerapi.UpdateCustomerRequest
			if err := json.Unmarshal([]byte(c.text), &decoded); err != nil {
				t.Fatal(err)
			}
			if got, err := decoded.Value(); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("Value = %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
	if text, err := json.Marshal(partnerapi.UpdateCustomerRequest{}); err == nil {
		t.Errorf("an empty one is encoded as %s", text)
	}
	for _, nothing := range []partnerapi.UpdateCustomerRequestVariant{nil, (*partnerapi.UpdateCustomerData)(nil),
		partnerapi.UnknownVariant{}} {
		if _, err := partnerapi.NewUpdateCustomerRequest(nothing); err == nil {
			t.Errorf("%#v is taken", nothing)
		}
	}
}

func TestANewCounterpartyIsToldApartByItsMembers(t *testing.T) {
	name, err := partnerapi.NewCounterpartyName(partnerapi.BusinessCounterpartyName{BusinessName: "External Inc."})
	if err != nil {
		t.Fatal(err)
	}
	address := partnerapi.Address{StreetAddress: "101 Mission Street", City: "San Francisco", PostalCode: "94105",
		Country: "US"}
	for _, want := range []partnerapi.CreateCounterpartyRequestVariant{
		partnerapi.CreateWireCounterparty{RoutingNumber: "021000021", Identifier: "1213456789", Address: address,
			CounterpartyName: name},
		partnerapi.CreateInternationalWireCounterparty{Identifier: "GB82WEST12345698765432", IdentifierType: "IBAN",
			Address: address, CounterpartyName: name},
		partnerapi.CreateACHCounterparty{RoutingNumber: "021000021", AccountNumber: "123456789"},
		partnerapi.CreateOnUsCounterparty{AccountNumber: "123456789012"},
		partnerapi.CreateCryptoWalletCounterparty{WalletAddress: "0x5290"},
		partnerapi.UnknownVariant{Raw: json.RawMessage(`{"something":"new"}`)},
	} {
		t.Run(fmt.Sprintf("%T", want), func(t *testing.T) {
			built, err := partnerapi.NewCreateCounterpartyRequest(want)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(built)
			if err != nil {
				t.Fatal(err)
			}
			var decoded partnerapi.CreateCounterpartyRequest
			if err := json.Unmarshal(text, &decoded); err != nil {
				t.Fatal(err)
			}
			if got, err := decoded.Value(); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Value = %+v, %v; want %+v", got, err, want)
			}
			var value any
			if err := json.Unmarshal(text, &value); err != nil {
				t.Fatal(err)
			}
			_, unknown := want.(partnerapi.UnknownVariant)
			err = schemas()["CreateCounterpartyRequest"].Value.VisitJSON(value)
			if fits := err == nil; fits == unknown {
				t.Errorf("%s: %v", text, err)
			}
		})
	}
}

func TestThePlaceOfAValidationErrorIsANameOrAnIndex(t *testing.T) {
	for _, c := range []struct {
		text string
		made partnerapi.ValidationErrorLocation
		want any
	}{
		{`"body"`, partnerapi.NewValidationErrorLocation("body"), "body"},
		{`3`, partnerapi.NewValidationErrorLocation(3), int64(3)},
		{`9007199254740993`, partnerapi.NewValidationErrorLocation(int64(9007199254740993)), int64(9007199254740993)},
	} {
		var decoded partnerapi.ValidationErrorLocation
		if err := json.Unmarshal([]byte(c.text), &decoded); err != nil {
			t.Fatal(err)
		}
		for _, u := range []partnerapi.ValidationErrorLocation{c.made, decoded} {
			if got, err := u.Value(); err != nil || got != c.want {
				t.Errorf("%s: Value = %v, %v; want %v", c.text, got, err, c.want)
			}
			if text, err := json.Marshal(u); err != nil || string(text) != c.text {
				t.Errorf("%s is encoded as %s, %v", c.text, text, err)
			}
		}
	}
	for _, text := range []string{`true`, `{}`, `1.5`} {
		var decoded partnerapi.ValidationErrorLocation
		if json.Unmarshal([]byte(text), &decoded) == nil {
			if got, err := decoded.Value(); err == nil {
				t.Errorf("%s has the value %v", text, got)
			}
		}
	}
	if text, err := json.Marshal(partnerapi.ValidationErrorLocation{}); err == nil {
		t.Errorf("an empty one is encoded as %s", text)
	}
}

// sample makes a value that fits a schema: an object with its required members alone, the first variant of a union.
func sample(s *openapi3.Schema) any {
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	if len(s.OneOf) > 0 {
		return sample(s.OneOf[0].Value)
	}
	switch {
	case s.Type.Is("string"):
		if text := map[string]string{"uuid": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "date": "2023-01-31",
			"date-time": "2023-01-01T12:00:00Z"}[s.Format]; text != "" {
			return text
		}
		return "text"
	case s.Type.Is("integer"):
		return 1.0
	case s.Type.Is("boolean"):
		return true
	case s.Type.Is("array"):
		return []any{}
	}
	object := map[string]any{}
	properties, required := map[string]*openapi3.SchemaRef{}, []string{}
	var collect func(s *openapi3.Schema)
	collect = func(s *openapi3.Schema) {
		for name, property := range s.Properties {
			properties[name] = property
		}
		required = slices.Concat(required, s.Required)
		for _, part := range s.AllOf {
			collect(part.Value)
		}
	}
	collect(s)
	for _, name := range required {
		if properties[name] == nil {
			panic(fmt.Sprintf("%s is required and has no schema", name))
		}
		object[name] = sample(properties[name].Value)
	}
	return object
}

// schemas are those of the contract, by name.
var schemas = sync.OnceValue(func() openapi3.Schemas {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err)
	}
	return document.Components.Schemas
})
