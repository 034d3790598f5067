package partnerapi_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// Whatever the variant, what it shares with the others is what it has itself.
func TestWhatVariantsShareIsWhatEachOfThemHas(t *testing.T) {
	tested := 0
	for name, goType := range models() {
		if _, ok := goType.MethodByName("Shared"); !ok {
			continue
		}
		tested++
		t.Run(name, func(t *testing.T) {
			for _, variant := range schemas()[name].Value.OneOf {
				one := &openapi3.Schema{OneOf: openapi3.SchemaRefs{variant}}
				rapid.Check(t, func(t *rapid.T) {
					union := decodeUnion(t, goType, value(t, one))
					results := union.MethodByName("Shared").Call(nil)
					if err, _ := results[1].Interface().(error); err != nil {
						t.Fatal(err)
					}
					variant := union.MethodByName("Value").Call(nil)[0].Elem()
					for i := range results[0].NumField() {
						field := results[0].Type().Field(i)
						got, want := results[0].Field(i), variant.FieldByName(field.Name)
						if got.Kind() == reflect.Pointer && want.Kind() != reflect.Pointer {
							got = got.Elem() // Another variant may leave it out.
						}
						if !reflect.DeepEqual(got.Interface(), want.Interface()) {
							t.Fatalf("%s is %v in %v, want %v", field.Name, got, union, want)
						}
					}
				})
			}
		})
	}
	if tested < 9 {
		t.Errorf("%d unions only", tested)
	}
}

func decodeUnion(t interface{ Fatal(...any) }, goType reflect.Type, in any) reflect.Value {
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	union := reflect.New(goType)
	if err := json.Unmarshal(text, union.Interface()); err != nil {
		t.Fatal(string(text), err)
	}
	return union.Elem()
}

// A kind that the contract does not know has moved money all the same.
func TestAKindOfTomorrowSharesWhatAllHave(t *testing.T) {
	const known = `"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",` +
		`"transaction_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",` +
		`"description":"","title":"","direction":"CREDIT","status":"SETTLED","time_booked":"2026-01-02T03:04:05Z"`
	for _, c := range []struct{ name, text, missing string }{
		{"all is there", `{"type":"FEE",` + known + `,"amount":{"value":7,"currency":"USD"},"time_settled":null}`, ""},
		{"what may be null is missing", `{"type":"FEE",` + known + `,"amount":{"value":7,"currency":"USD"}}`, ""},
		{"the amount is missing", `{"type":"FEE",` + known + `}`, `"amount"`},
		{"the amount is null", `{"type":"FEE",` + known + `,"amount":null}`, `"amount"`},
		{"of a known kind, the amount is missing", `{"type":"ACH",` + known + `}`, `"amount"`},
		{"there is nothing", `null`, "empty"},
		{"it is no object", `[]`, "Transaction"},
		{"the amount is a text", `{"type":"FEE","amount":"7"}`, "Transaction"},
	} {
		var transaction partnerapi.Transaction
		if err := json.Unmarshal([]byte(c.text), &transaction); err != nil {
			t.Fatal(err)
		}
		shared, err := transaction.Shared()
		if c.missing != "" {
			if err == nil || !strings.Contains(err.Error(), c.missing) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || shared.Amount.Value != 7 || shared.Direction != partnerapi.TransactionDirectionCredit ||
			shared.TimeBooked.Year() != 2026 || shared.TimeSettled != nil {
			t.Errorf("%s: %+v, %v", c.name, shared, err)
		}
	}
}
