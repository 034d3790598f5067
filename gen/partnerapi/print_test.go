package partnerapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// printed is a value as programs print it, each way with what it is called.
func printed(v any) map[string]string {
	all := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		all[verb] = fmt.Sprintf(verb, v)
		all["a list, "+verb] = fmt.Sprintf(verb, []any{v})
	}
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("", "value", v)
	all["slog, text"] = text.String()
	text = bytes.Buffer{}
	slog.New(slog.NewJSONHandler(&text, nil)).Info("", "value", v)
	all["slog, JSON"] = text.String()
	return all
}

func TestAUnionPrintsItsVariantAndItsIDs(t *testing.T) {
	const id = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	for _, c := range []struct {
		union fmt.Stringer
		text  string
		want  string
	}{
		{new(partnerapi.Customer), `{"type":"INDIVIDUAL","id":"` + id + `","email":"ada@example.com"}`,
			"Customer(IndividualCustomer id=" + id + ")"},
		{new(partnerapi.Event), `{"event_type":"card.status.open","event_id":"` + id + `","payload":{"card_id":"x"}}`,
			"Event(unreadable CardStatusOpenEvent event_id=" + id + ")"},
		{new(partnerapi.Transaction), `{"type":"ROYALTY.X-1","id":"` + id + `"}`,
			"Transaction(unknown variant id=" + id + ")"},
		{new(partnerapi.Transaction), `{"type":"NEW_KIND","id":"ada@example.com","customer_id":7}`,
			"Transaction(unknown variant NEW_KIND)"},
		{new(partnerapi.Transaction), `{"type":"078-05-1120"}`, "Transaction(unknown variant)"},
		{new(partnerapi.Transaction), `{"type":"Ada Lovelace"}`, "Transaction(unknown variant)"},
		{new(partnerapi.Transaction), `{"type":"ACH","078-05-1120_id":"` + id + `"}`, "Transaction(ACHTransaction)"},
		{new(partnerapi.Transaction), `{"ssn":"078-05-1120"}`, "Transaction(unreadable)"},
		{new(partnerapi.Transaction), `"078-05-1120"`, "Transaction(unreadable)"},
		{new(partnerapi.Transaction), `null`, "Transaction(empty)"},
		{new(partnerapi.UpdateCustomerRequest), `{"email":"ada@example.com"}`,
			"UpdateCustomerRequest(UpdateCustomerData)"},
		{new(partnerapi.ValidationErrorLocation), `"078-05-1120"`, "ValidationErrorLocation(string)"},
	} {
		if err := json.Unmarshal([]byte(c.text), c.union); err != nil {
			t.Fatal(err)
		}
		byValue := reflect.ValueOf(c.union).Elem().Interface()
		for way, text := range printed(byValue) {
			if !strings.Contains(text, c.want) {
				t.Errorf("%s: %s is printed as %s, want %s", way, c.text, text, c.want)
			}
		}
		for way, text := range printed(c.union) {
			if !strings.Contains(text, c.want) {
				t.Errorf("%s: a pointer to %s is printed as %s", way, c.text, text)
			}
		}
	}
	unknown := partnerapi.UnknownVariant{Discriminator: "NEW_KIND", Raw: json.RawMessage(`{"ssn":"078-05-1120"}`)}
	for way, text := range printed(unknown) {
		if !strings.Contains(text, "unknown variant NEW_KIND") || strings.Contains(text, "078") {
			t.Errorf("%s: %s", way, text)
		}
	}
}

// No text that a union holds is printed, whatever it is called.
func TestNoUnionPrintsWhatItHolds(t *testing.T) {
	for name, goType := range models() {
		if _, ok := goType.MethodByName("Value"); !ok {
			continue
		}
		rapid.Check(t, func(t *rapid.T) {
			union := decodeUnion(t, goType, marked(value(t, schemas()[name].Value)))
			for way, text := range printed(union.Interface()) {
				if strings.Contains(text, mark) || !strings.Contains(text, name) {
					t.Fatalf("%s: %s", way, text)
				}
			}
		})
	}
}

const mark = "personal"

// marked puts the mark into each text that is drawn.
func marked(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = marked(v[name])
		}
	case []any:
		for i := range v {
			v[i] = marked(v[i])
		}
	case string:
		if v == "" || v == "text" || v == "<é>" {
			return mark
		}
	}
	return v
}

func TestARequestDoesNotPrintItsSecrets(t *testing.T) {
	const secret = "0123456789123456"
	text := secret
	profile, err := partnerapi.NewInvestmentProfile(partnerapi.StudentInvestmentProfile{})
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []any{
		partnerapi.CreateSubscriptionRequest{SharedSecret: secret, URL: "https://example.com"},
		partnerapi.UpdateSubscriptionRequest{SharedSecret: &text},
		partnerapi.LoginRequest{Username: "ada", Password: secret},
		partnerapi.SetCardPINRequest{EncryptedPIN: secret},
		partnerapi.LoginResult{Token: secret},
		partnerapi.CreateApplicationRequest{IdentificationNumber: secret, InvestmentProfile: profile},
		partnerapi.IndividualIdentificationNumber{IdentificationNumber: secret},
		partnerapi.PlaidLinkToken{LinkToken: secret},
		partnerapi.CreatePlaidCounterpartiesRequest{PublicToken: secret},
	} {
		encoded, err := json.Marshal(request)
		if err != nil || !strings.Contains(string(encoded), secret) {
			t.Errorf("%T is encoded as %s, %v", request, encoded, err)
		}
		pointer := reflect.New(reflect.TypeOf(request))
		pointer.Elem().Set(reflect.ValueOf(request))
		for _, v := range []any{request, pointer.Interface()} {
			for way, printed := range printed(v) {
				if strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprintf("%x", secret)) {
					t.Errorf("%T, %s: %s", v, way, printed)
				}
			}
		}
		if got := reflect.ValueOf(request); !reflect.DeepEqual(got.Interface(), pointer.Elem().Interface()) {
			t.Errorf("printing changed it to %#v", got)
		}
	}
	customer := partnerapi.BusinessCustomer{
		IdentificationNumber: partnerapi.BusinessIdentificationNumber{IdentificationNumber: secret},
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if printed := fmt.Sprintf(verb, customer); strings.Contains(printed, secret) {
			t.Errorf("%s: as a part: %s", verb, printed)
		}
	}
	if text != secret {
		t.Error("printing changed the caller's secret")
	}
	if got := fmt.Sprintf("%+v", partnerapi.LoginRequest{Username: "ada", Password: secret}); got !=
		"{Password:[redacted] Username:ada}" {
		t.Error(got)
	}
	if got := fmt.Sprintf("%+v", partnerapi.LoginRequest{}); got != "{Password: Username:}" {
		t.Errorf("an empty one: %s", got)
	}
}
