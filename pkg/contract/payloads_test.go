package contract_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// fixture is a payload as the provider published it, in testdata/examples. Those of found-later.json are made of the
// members and values that a page shows without a whole payload.
type fixture struct {
	// Operation is a method and a path. Schema is the name of a schema instead, as it was in March 2024.
	Operation, Schema string
	// Kind is request, response or webhook. Status is known of some responses.
	Kind        string
	Status      int
	ExampleName string `json:"example_name"`
	// Source is the page that shows it; for v1.29 it is the document of March 2024.
	Source  string
	Partial bool
	Value   any

	name string
}

// Slips that many of the published payloads share.
var (
	idsWithX = slip{"an id ends in X, which no UUID does", rewrite(func(v any) any {
		text, ok := v.(string)
		if ok && uuidWithX.MatchString(text) {
			return strings.TrimSuffix(text, "X")
		}
		return v
	})}
	uuidWithX = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}X$`)

	noDirection = slip{"the payload is older than ach_direction", func(v any) {
		for _, transaction := range v.(map[string]any)["items"].([]any) {
			details := transaction.(map[string]any)["details"].(map[string]any)
			if ach, ok := details["ach_transaction"].(map[string]any); ok {
				ach["ach_direction"] = "RECEIVING"
			}
		}
	}}

	requestedAmount = slip{"the amount is that of a request, where the schema has a money object", func(v any) {
		object := v.(map[string]any)
		object["amount"] = map[string]any{"value": object["amount"].(map[string]any)["amount_usdc"], "currency": "USD"}
	}}
)

// slips is every mistake of the published payloads, and where it is. A payload that is not named here must be right as
// it stands, and each slip must be needed. Routing numbers of seven digits and a statement's key of 2023-01-01 are
// wrong too, but neither member of an answer has a pattern.
var slips = map[string][]slip{
	"v1.29: GET /api/v1/customers/{customer_id}/transactions/ response": {idsWithX,
		noDirection},
	"v1.29: GET /api/v1/jiko-accounts/{account_id}/transactions/ response": {idsWithX,
		noDirection},
	"v1.29: GET /api/v1/customers/{customer_id}/trades/ response":                                     {idsWithX},
	"v1.29: GET /api/v1/jiko-accounts/{account_id}/trades/ response":                                  {idsWithX},
	"v1.29: POST /api/v1/applications/ response":                                                      {idsWithX},
	"v1.29: GET /api/v1/applications/{application_id}/ response":                                      {idsWithX},
	"v1.29: GET /api/v1/business-applications/{application_id}/ response":                             {idsWithX},
	"v1.29: POST /api/v1/business-applications/{application_id}/apply/ response":                      {idsWithX},
	"v1.29: GET /api/v1/business-applications/{application_id}/related-party-applications/ response":  {idsWithX},
	"v1.29: POST /api/v1/business-applications/{application_id}/related-party-applications/ response": {idsWithX},
	"v1.29: GET /api/v1/customers/{customer_id}/counterparties/ response":                             {idsWithX},
	"v1.29: POST /api/v1/customers/{customer_id}/counterparties/plaid/ response":                      {idsWithX},
	"v1.29: GET /api/v1/subscriptions/ response":                                                      {idsWithX},
	"v1.29: POST /api/v1/subscriptions/ response":                                                     {idsWithX},
	"v1.29: GET /api/v1/subscriptions/{subscription_id}/ response":                                    {idsWithX},
	"v1.29: PATCH /api/v1/subscriptions/{subscription_id}/ response":                                  {idsWithX},
	"v1.29: GET /api/v1/jiko-accounts/{account_id}/ach-originating/ response":                         {idsWithX},
	"v1.29: POST /api/v1/jiko-accounts/{account_id}/ach-originating/ response":                        {idsWithX},
	"v1.29: GET /api/v1/jiko-accounts/{account_id}/ach-originating/{transfer_id}/ response":           {idsWithX},
	"v1.29: POST /api/v1/transfers/on-us/ response":                                                   {idsWithX},
	"v1.29: GET /api/v1/transfers/on-us/{transfer_id}/ response":                                      {idsWithX},
	"v1.29: GET /api/v1/customers/{customer_id}/statements/ response":                                 {idsWithX},
	"v1.29: GET /api/v1/jiko-accounts/{account_id}/statements/ response":                              {idsWithX},
	"v1.29: POST /api/v1/jiko-accounts/{account_id}/portals/ response":                                {idsWithX},
	"v1.29: PATCH /api/v1/jiko-accounts/{account_id}/portals/{portal_id}/ response":                   {idsWithX},
	"v1.29: CustomerDefundingTransferRequest":                                                         {idsWithX},
	"v1.29: CustomerFundingTransferRequest":                                                           {idsWithX},
	"v1.29: CustomerFundingTransferResponse": {idsWithX,
		requestedAmount},
	"v1.29: InternalReallocationTransferResponse": {idsWithX,
		requestedAmount},
	"v1.29: POST /api/v1/customers/{customer_id}/counterparties/plaid/link-token/ request": {
		dropped("it has a redirect_uri and an android_package_name, which exclude each other",
			"/android_package_name")},
	"current: GET /api/v1/customers/{customer_id}/beneficial-owners/ response": {
		replaced("the owners are elided", "/items", []any{})},
	"current: GET /api/v2/counterparties/ response": {
		replaced("the counterparties are elided", "/items", []any{})},
	"current: POST /api/v1/applications/ request": {
		replaced("the consent is elided", "/agreement_consent",
			map[string]any{"version": "1", "timestamp": "2023-01-01T12:00:00+00:00"}),
		replaced("the address is left out", "/address",
			map[string]any{"street_address": "2000 Allston Way", "city": "Berkeley", "postal_code": "94701",
				"country": "US"}),
	},
	"current: POST create pocket (v2) request": {
		replaced("the name is left out", "/pocket_name", "J1 (26-week)"),
		replaced("the member is of an older guide, and superseded", "/deposit_strategy_id", "UST-26W"),
	},
	"current: POST /api/v1/sandbox/webhook/ request": {
		replaced("the event has a placeholder for an id", "/event_id", "94444752-cfa7-5d08-a2da-7f42ffdc649c"),
		replaced("the application has a placeholder for an id", "/payload/application_id",
			"497f6eca-6276-4993-bfeb-53cbbbba6f08"),
		replaced("the time is a placeholder", "/timestamp", "2023-01-01T12:00:00+00:00"),
	},
}

// readAs says where the contract has what a payload was published for, where that is elsewhere: a schema or an
// operation.
var readAs = map[string]string{
	"v1.29: CardStatusUpdateEvent":                "CardStatusClosedEvent",
	"v1.29: CustomerDefundingTransferRequest":     "CreateCustomerDefundingTransfer",
	"v1.29: CustomerFundingTransferRequest":       "CreateCustomerFundingTransfer",
	"v1.29: CustomerFundingTransferResponse":      "CustomerFundingTransfer",
	"v1.29: InternalReallocationTransferResponse": "InternalReallocationTransfer",
	// The customer-facing API sends the same deliveries, and has the same lists below another path.
	"current: webhook delivery transfers.on-us.received webhook": "OnUsReceivedEvent",
	"current: GET /api/v2/counterparties/ response":              "CounterpartyPage",
	"current: POST create pocket (v2) request":                   "CreatePocketRequest",
}

// notOurs is what the Partner API does not have.
var notOurs = map[string]string{
	"current: POST /api/v1/transfer-requests/ request": "only the customer-facing API has transfer requests",
}

func TestEveryPublishedPayloadFitsTheContractOnceItsSlipsArePutRight(t *testing.T) {
	names := map[string]bool{}
	for _, f := range fixtures(t) {
		names[f.name] = true
		t.Run(f.name, func(t *testing.T) {
			schema := f.schemaOfContract()
			if reason := notOurs[f.name]; reason != "" {
				if schema != nil {
					t.Fatalf("the contract has it after all: %s", reason)
				}
				t.Skip(reason)
			}
			if schema == nil {
				t.Fatal("the contract has no such operation or schema")
			}
			value := f.Value
			for _, s := range slips[f.name] {
				value = s.applied(t, value)
			}
			if err := schema.VisitJSON(value); err != nil {
				t.Fatalf("%v", err)
			}
			for i, left := range slips[f.name] {
				value := f.Value
				for j, s := range slips[f.name] {
					if i != j {
						value = s.applied(t, value)
					}
				}
				if schema.VisitJSON(value) == nil {
					t.Errorf("no slip any more: %s", left.reason)
				}
			}
		})
	}
	for _, table := range []any{slips, readAs, notOurs} {
		for _, name := range reflect.ValueOf(table).MapKeys() {
			if !names[name.String()] {
				t.Errorf("no payload is called %q", name)
			}
		}
	}
}

func TestEveryMutantOfAPublishedPayloadIsRefused(t *testing.T) {
	open := map[string]bool{}
	mutants := 0
	for _, f := range fixtures(t) {
		if notOurs[f.name] != "" {
			continue
		}
		value := copied(f.Value)
		for _, s := range slips[f.name] {
			value = s.applied(t, value)
		}
		m := mutation{schema: f.schemaOfContract(), root: value, name: f.name, open: open}
		m.accepted = func(what string) { t.Errorf("%s: accepted with %s", f.name, what) }
		if err := m.schema.VisitJSON(value); err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		m.mutate("", m.schema.NewRef(), value, func(v any) { m.root = v })
		mutants += m.count
	}
	// The number keeps the test from passing because it tried nothing.
	t.Logf("%d mutants", mutants)
	if mutants < 2000 {
		t.Errorf("only %d mutants were tried", mutants)
	}
	// Where the contract leaves a member open, there is no mutant. None of the payloads has such a member.
	for _, member := range sortedKeys(open) {
		t.Errorf("any value passes in %s", member)
	}
}

// mutation tries mutants of a value that fits a schema: it changes root in place, and back.
type mutation struct {
	name   string
	schema *openapi3.Schema
	root   any
	// accepted is called for each mutant that passes. open collects where any value would.
	accepted func(what string)
	open     map[string]bool
	count    int
}

func (m *mutation) refused(what string) {
	m.count++
	if m.schema.VisitJSON(m.root, openapi3.FailFast()) == nil {
		m.accepted(what)
	}
}

// mutate tries each mutant of the value at pointer, which set replaces.
func (m *mutation) mutate(pointer string, ref *openapi3.SchemaRef, value any, set func(any)) {
	schemas := shapes(ref.Value, value)
	types := map[string]bool{}
	nullable, format, enum := false, "", false
	for _, s := range schemas {
		for _, t := range s.Type.Slice() {
			types[t] = true
		}
		nullable = nullable || s.Nullable
		enum = enum || len(s.Enum) > 0
		if s.Format != "" {
			format = s.Format
		}
	}
	if len(types) == 0 {
		m.open[m.name+" "+pointer] = true
		return
	}

	for _, wrong := range []struct {
		kind  string
		value any
	}{{"string", "text"}, {"boolean", true}, {"integer", 7.0}, {"object", map[string]any{}}, {"array", []any{}}} {
		if types[wrong.kind] || wrong.kind == "integer" && types["number"] {
			continue
		}
		set(wrong.value)
		m.refused(fmt.Sprintf("%s as %s", pointer, wrong.kind))
	}
	if types["integer"] {
		set(1.5)
		m.refused(pointer + " as a fraction")
	}
	if !nullable {
		set(nil)
		m.refused(pointer + " as null")
	}
	if _, ok := value.(string); ok {
		if enum {
			set("NOT_A_VALUE")
			m.refused(pointer + " as a value out of its enum")
		}
		if slices.Contains([]string{"uuid", "date", "date-time", "uri"}, format) {
			set("not a " + format)
			m.refused(pointer + " as no " + format)
		}
	}
	set(value)

	switch value := value.(type) {
	case map[string]any:
		for _, s := range schemas {
			for _, name := range s.Required {
				member, ok := value[name]
				if !ok {
					continue
				}
				delete(value, name)
				m.refused(pointer + "/" + name + " left out")
				value[name] = member
			}
		}
		for _, name := range sortedKeys(value) {
			declared := false
			for _, s := range schemas {
				if property := s.Properties[name]; property != nil {
					declared = true
					m.mutate(pointer+"/"+name, property, value[name], func(v any) { value[name] = v })
				}
			}
			if !declared {
				m.open[m.name+" "+pointer+"/"+name] = true
			}
		}
	case []any:
		for i, item := range value {
			for _, s := range schemas {
				if s.Items != nil {
					m.mutate(pointer+"/"+strconv.Itoa(i), s.Items, item, func(v any) { value[i] = v })
				}
			}
		}
	}
}

// shapes returns the schemas that describe a value: the schema itself, what it is made of, and the variants that fit.
func shapes(s *openapi3.Schema, value any) []*openapi3.Schema {
	all := []*openapi3.Schema{s}
	for _, part := range s.AllOf {
		all = append(all, shapes(part.Value, value)...)
	}
	for _, variant := range slices.Concat(s.OneOf, s.AnyOf) {
		if variant.Value.VisitJSON(value) == nil {
			all = append(all, shapes(variant.Value, value)...)
		}
	}
	return all
}

// slip is a mistake of a published payload, and how to put it right.
type slip struct {
	reason string
	// mend changes a value in place.
	mend func(value any)
}

// applied returns the value with the slip put right. The value itself stays as it is.
func (s slip) applied(t *testing.T, value any) any {
	mended := copied(value)
	s.mend(mended)
	if reflect.DeepEqual(mended, value) {
		t.Errorf("no slip any more: %s", s.reason)
	}
	return mended
}

// rewrite makes a mend that replaces every value by what change makes of it.
func rewrite(change func(any) any) func(any) {
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				v[name] = walk(member)
			}
			return v
		case []any:
			for i, item := range v {
				v[i] = walk(item)
			}
			return v
		}
		return change(v)
	}
	return func(v any) { walk(v) }
}

// replaced is a slip that another value puts right.
func replaced(reason, pointer string, value any) slip {
	return slip{reason, func(v any) {
		object, name := parent(v, pointer)
		object[name] = copied(value)
	}}
}

// dropped is a slip that goes away with a member.
func dropped(reason, pointer string) slip {
	return slip{reason, func(v any) {
		object, name := parent(v, pointer)
		delete(object, name)
	}}
}

func parent(v any, pointer string) (object map[string]any, name string) {
	parts := strings.Split(pointer, "/")[1:]
	object = v.(map[string]any)
	for _, part := range parts[:len(parts)-1] {
		object = object[part].(map[string]any)
	}
	return object, parts[len(parts)-1]
}

func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for name, member := range v {
			c[name] = copied(member)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, item := range v {
			c[i] = copied(item)
		}
		return c
	}
	return v
}

// fixtures reads all published payloads.
func fixtures(t *testing.T) []fixture {
	t.Helper()
	var all []fixture
	for _, version := range []string{"v1.29", "current", "found-later"} {
		text, err := os.ReadFile(filepath.Join("testdata", "examples", version+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Examples []fixture }
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", version, err)
		}
		times := map[string]int{}
		for _, f := range file.Examples {
			if f.Source == "" && version != "v1.29" {
				t.Errorf("%s: a payload of %s has no source", version, f.Operation)
			}
			f.name = version + ": " + strings.TrimSpace(f.Schema+f.Operation+" "+f.Kind)
			if f.ExampleName != "" {
				f.name += " " + f.ExampleName
			}
			// The same request may be published more than once.
			times[f.name]++
			if n := times[f.name]; n > 1 {
				f.name += fmt.Sprintf(" (%d)", n)
			}
			all = append(all, f)
		}
	}
	if len(all) != 96 {
		t.Fatalf("%d payloads, want 96", len(all))
	}
	return all
}

// schemaOfContract is what the payload has to fit, or nil.
func (f fixture) schemaOfContract() *openapi3.Schema {
	name := f.Schema
	if as := readAs[f.name]; as != "" {
		name = as
	}
	if name != "" {
		if ref := loaded().Components.Schemas[name]; ref != nil {
			return ref.Value
		}
		return nil
	}
	method, path, _ := strings.Cut(f.Operation, " ")
	item := loaded().Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		return nil
	}
	operation := item.GetOperation(method)
	if f.Kind == "request" {
		return operation.RequestBody.Value.Content.Get("application/json").Schema.Value
	}
	for status, response := range operation.Responses.Map() {
		if status == strconv.Itoa(f.Status) || f.Status == 0 && strings.HasPrefix(status, "2") {
			return response.Value.Content.Get("application/json").Schema.Value
		}
	}
	return nil
}
