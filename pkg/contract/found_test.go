package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// What was found since the contract was first curated. Each name is what the contract says now.

func TestBodies(t *testing.T) {
	const (
		address = `"address":{"street_address":"101 Mission Street","street_address2":"7th Floor",` +
			`"city":"San Francisco","postal_code":"94105","state":"CA","country":"US"}`
		company = `"counterparty_name":{"type":"business","business_name":"External Inc."}`
		person  = `"counterparty_name":{"type":"individual","first_name":"External","last_name":"Accountholder"}`
		bank    = `"routing_number":"021000021","identifier":"1213456789"`
		account = `{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","type":"ach","status":%q}`
		portal  = `{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","name":"Payroll","status":"OPEN"}`
		pocket  = `{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","pocket_name":"P","status":"OPEN",` +
			`"deposit_strategy_id":"UST-4W","reinvestment_strategy_id":null,"object_type":"Pocket"}`
		transaction = `{"id":"8c1b6b9e-3d6f-4b64-9d0e-5d7a3c2f1e04","title":"t","description":"d",` +
			`"transaction_id":"15dfbc4b-5343-4d5d-9230-ff788d034c33","amount":{"value":1,"currency":"USD"},` +
			`"direction":"DEBIT","status":"BOOKED","time_booked":"2026-01-30T16:09:35Z","time_settled":null,"type":%q}`
	)
	for _, c := range []struct {
		name, schema, body string
		fits               bool
	}{
		{"a wire counterparty has a routing number, an identifier, an address and a name", "CreateCounterpartyRequest",
			`{` + bank + `,` + address + `,` + company + `}`, true},
		{"a wire counterparty may have instructions", "CreateCounterpartyRequest",
			`{` + bank + `,` + address + `,` + company + `,"wire_instructions":"Attention"}`, true},
		{"a wire counterparty may be a person", "CreateCounterpartyRequest",
			`{` + bank + `,` + address + `,` + person + `}`, true},
		{"a wire counterparty without a routing number is refused", "CreateCounterpartyRequest",
			`{"identifier":"1213456789",` + address + `,` + company + `}`, false},
		{"a wire counterparty without an identifier is refused", "CreateCounterpartyRequest",
			`{"routing_number":"021000021",` + address + `,` + company + `}`, false},
		{"a wire counterparty without an address is refused", "CreateCounterpartyRequest",
			`{` + bank + `,` + company + `}`, false},
		{"a wire counterparty without a name is refused", "CreateCounterpartyRequest",
			`{` + bank + `,` + address + `}`, false},
		{"a company without its name is refused", "CreateCounterpartyRequest",
			`{` + bank + `,` + address + `,"counterparty_name":{"type":"business"}}`, false},
		{"a name that is neither a company's nor a person's is refused", "CreateCounterpartyRequest",
			`{` + bank + `,` + address + `,"counterparty_name":{"type":"trust","business_name":"T"}}`, false},
		{"a counterparty abroad says what identifies it", "CreateCounterpartyRequest",
			`{"identifier":"GB82WEST12345698765432","identifier_type":"IBAN",` + address + `,` + company + `}`, true},
		{"an ACH counterparty has an account and a routing number", "CreateCounterpartyRequest",
			`{"account_number":"123456789","routing_number":"021000021"}`, true},
		{"an on-us counterparty has a network address alone", "CreateCounterpartyRequest",
			`{"account_number":"123456789012"}`, true},
		{"a crypto wallet is the fifth kind of counterparty", "CreateCounterpartyRequest",
			`{"wallet_address":"0x5290"}`, true},
		{"a body that is two kinds of counterparty is refused", "CreateCounterpartyRequest",
			`{` + bank + `,` + address + `,` + company + `,"account_number":"123456789"}`, false},
		{"a counterparty of no kind is refused", "CreateCounterpartyRequest", `{}`, false},
		{"a counterparty can be VERIFIED", "Counterparty", fmt.Sprintf(account, "VERIFIED"), true},
		{"a counterparty can be LINKED", "Counterparty", fmt.Sprintf(account, "LINKED"), true},
		{"a counterparty cannot be OPEN", "Counterparty", fmt.Sprintf(account, "OPEN"), false},

		{"a customer is closed by its status", "UpdateCustomerRequest", `{"account_status":"CLOSED"}`, true},
		{"a customer is closed, whatever else the body says", "UpdateCustomerRequest",
			`{"account_status":"CLOSED","reason":"moved"}`, true},
		{"an update changes one thing", "UpdateCustomerRequest", `{"email":"jiko@example.com"}`, true},
		{"an update of a trusted contact alone is one", "UpdateCustomerRequest", `{"trusted_contact":{}}`, true},
		{"an update that changes nothing is refused", "UpdateCustomerRequest", `{}`, false},
		{"an update of nothing that is known is refused", "UpdateCustomerRequest", `{"nickname":"J"}`, false},
		{"an update to another status is refused", "UpdateCustomerRequest", `{"account_status":"OPEN"}`, false},
		{"a closure that changes data too is a closure", "UpdateCustomerRequest",
			`{"account_status":"CLOSED","email":"jiko@example.com"}`, true},

		{"an ACH transaction says which way it was started", "ACHTransactionDetails",
			`{"company_name":"C","ach_direction":"RECEIVING"}`, true},
		{"an ACH transaction names its transfer", "ACHTransactionDetails",
			`{"company_name":"C","ach_direction":"ORIGINATION","ach_id":"d4a2d8dd-7def-4545-a062-761683b9aa05"}`, true},
		{"an ACH transaction of before July 2024 has an empty id", "ACHTransactionDetails",
			`{"company_name":"C","ach_direction":"ORIGINATION","ach_id":""}`, true},
		{"an ACH transaction without a direction is refused", "ACHTransactionDetails", `{"company_name":"C"}`, false},
		{"an ACH transaction in another direction is refused", "ACHTransactionDetails",
			`{"company_name":"C","ach_direction":"DEBIT"}`, false},

		{"a pocket is created with a trading strategy", "CreatePocketRequest",
			`{"pocket_name":"P","trading_strategy_id":"UST-4W"}`, true},
		{"a pocket is created with a deposit strategy", "CreatePocketRequest",
			`{"pocket_name":"P","deposit_strategy_id":"UST-4W"}`, true},
		{"a pocket is created with both names of its strategy", "CreatePocketRequest",
			`{"pocket_name":"P","deposit_strategy_id":"UST-4W","trading_strategy_id":"UST-4W"}`, true},
		{"a pocket without a strategy is refused", "CreatePocketRequest", `{"pocket_name":"P"}`, false},
		{"a configuration does not stand in place of a strategy", "CreatePocketRequest",
			`{"pocket_name":"P","pocket_configuration_id":"UST-4W"}`, false},
		{"a pocket without a name is refused", "CreatePocketRequest", `{"trading_strategy_id":"UST-4W"}`, false},
		{"a pocket may not say whose it is", "Pocket", pocket, true},

		{"a fee is a kind of transaction", "Transaction", fmt.Sprintf(transaction, "FEE"), true},
		{"a credit is a kind of transaction", "Transaction", fmt.Sprintf(transaction, "CREDIT"), true},
		{"a refund is no kind of transaction", "Transaction", fmt.Sprintf(transaction, "REFUND"), false},

		{"a report names its pockets", "CreateReportRequest",
			`{"type":"TRADE_REPORT","pocket_ids":["8a7ec6c0-2701-40a1-8954-68870964b50d"]}`, true},
		{"a report of no pocket is not refused, as nobody knows", "CreateReportRequest", `{"type":"TRADE_REPORT"}`,
			true},
		{"a report of something else than pockets is refused", "CreateReportRequest",
			`{"type":"TRADE_REPORT","pocket_ids":["P"]}`, false},

		{"portals come in a cursor list", "PortalPage", `{"items":[` + portal + `],"next_page":null}`, true},
		{"portals come in the list of v1", "PortalPage", `{"count":1,"portals":[` + portal + `]}`, true},
		{"a list without portals is refused", "PortalPage", `{"count":1}`, false},

		{"Plaid's status may be null", "CounterpartyPlaid", `{"mask":"0000","verification_status":null}`, true},
		{"Plaid's status is always there", "CounterpartyPlaid", `{"mask":"0000"}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var body any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatal(err)
			}
			err := loaded().Components.Schemas[c.schema].Value.VisitJSON(body)
			if (err == nil) != c.fits {
				t.Errorf("%s: %v", c.body, err)
			}
		})
	}
}

func TestParameters(t *testing.T) {
	type parameters = map[string]string // The format of each query parameter, or nothing where there is none.
	unpaged := parameters{"offset": "", "limit": "", "count": ""}
	for _, c := range []struct {
		name, operation string
		want            parameters
	}{
		{"trades are filtered by moments and by days", "listCustomerTrades", parameters{
			"trade_datetime_from": "date-time", "trade_datetime_to": "date-time", "book_date_from": "date",
			"book_date_to": "date", "settlement_date_from": "date", "settlement_date_to": "date"}},
		{"strategies have no pages that are known", "listTradingStrategies", unpaged},
		{"configurations have no pages that are known", "listPocketConfigurations", unpaged},
		{"event types have no pages that are known", "listEventTypes", unpaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := operationCalled(t, c.operation)
			for name, want := range c.want {
				switch p := o.Parameters.GetByInAndName("query", name); {
				case p == nil && want != "":
					t.Errorf("there is no %s", name)
				case p != nil && (want == "" || p.Schema.Value.Format != want):
					t.Errorf("%s is there, a %q; want %q", name, p.Schema.Value.Format, want)
				}
			}
			if len(c.want) == len(unpaged) && !says(o.Description, "No paging parameters are documented") {
				t.Errorf("it does not say that no paging parameters are documented: %s", o.Description)
			}
		})
	}
	for name, want := range map[string]string{
		"listCustomerTrades trade_datetime_from": "v1.29", "listCustomerTrades trade_datetime_to": "v1.29",
		"listCustomerPortals cursor": "inferred", "listCustomerPortals limit": "inferred",
		"listPocketPortals cursor": "inferred", "listPocketPortals limit": "inferred",
		"listReportRequests cursor": "inferred", "listReportRequests limit": "inferred",
		"listWires cursor": "inferred", "listWires limit": "inferred",
	} {
		t.Run(name+" rests on "+want, func(t *testing.T) {
			id, parameter, _ := strings.Cut(name, " ")
			p := operationCalled(t, id).Parameters.GetByInAndName("query", parameter)
			if p == nil || p.Extensions["x-evidence"] != want {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestCounterpartiesAreFilteredByBeingVerified(t *testing.T) {
	status := operationCalled(t, "listCounterparties").Parameters.GetByInAndName("query", "status")
	if err := status.Schema.Value.VisitJSON("VERIFIED"); err != nil {
		t.Error(err)
	}
}

func TestTheExampleOfAWireIsCreatedByAnEMailAddress(t *testing.T) {
	body := operationCalled(t, "createWire").RequestBody.Value.Content.Get("application/json")
	if by, _ := body.Example.(map[string]any)["created_by"].(string); !strings.Contains(by, "@") {
		t.Errorf("created_by is %q", by)
	}
}

func TestTexts(t *testing.T) {
	description := func(id string) string { return operationCalled(t, id).Description }
	schema := func(name string) string { return loaded().Components.Schemas[name].Value.Description }
	member := func(name, property string) string {
		return loaded().Components.Schemas[name].Value.Properties[property].Value.Description
	}
	introduction := loaded().Info.Description
	for _, c := range []struct {
		name, text string
		says       []string
	}{
		{"T-bills are liquidated on payment and withdrawal", introduction,
			[]string{"payment", "withdrawal", "liquidates"}},
		{"there are four maturities, one to a pocket", introduction,
			[]string{"4, 13, 26 or 52 weeks", "each has one maturity"}},
		{"VERIFIED means that ownership is confirmed", introduction, []string{"`VERIFIED`", "ownership is confirmed"}},
		{"access to the sandbox is asked for by mail", introduction, []string{"sandbox", "partner.support@jiko.io"}},
		{"calls are accepted from allow-listed addresses only", introduction,
			[]string{"allow-listed", "403", "not documented", "inferred"}},
		{"LINKED is not VERIFIED", schema("CounterpartyStatus"),
			[]string{"LINKED", "VERIFIED", "`verification.status`", "not documented", "inferred"}},
		{"the first pocket is created like any other", description("createPocket"), []string{"the first one"}},
		{"a configuration is no strategy", member("CreatePocketRequest", "pocket_configuration_id"),
			[]string{"older guide", "not said anywhere"}},
		{"each name of a strategy has its evidence", schema("CreatePocketRequest"),
			[]string{"not documented", "Customer API"}},
		{"cash back is of v1", schema("CashBackTransaction"), []string{"kind of v1", "v2 is not known to have it"}},
		{"the fee of a wire is of v1", schema("WireFeeTransaction"),
			[]string{"kind of v1", "v2 is not known to have it"}},
		{"a wire's creator is an e-mail address in the example", member("CreateWireRequest", "created_by"),
			[]string{"e-mail address"}},
		{"a wallet's members are a guess", schema("CreateCryptoWalletCounterparty"), []string{"guess"}},
		{"an ACH counterparty's members are a guess", schema("CreateACHCounterparty"), []string{"guess"}},
		{"the pockets of a report are inferred", member("CreateReportRequest", "pocket_ids"), []string{"inferred"}},
		{"closing a card is in the current reference", description("closeCard"), []string{"current reference"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, phrase := range c.says {
				if !says(c.text, phrase) {
					t.Errorf("it does not say %q: %s", phrase, c.text)
				}
			}
		})
	}
	for id, instead := range map[string]string{
		"listAccountTransactions": "listPocketTransactions", "listCounterpartiesV1": "listCounterparties",
		"listCustomerTradesV1": "listCustomerTrades", "listAccountTrades": "listCustomerTrades",
	} {
		t.Run(id+" is probably deprecated, which is said as a guess", func(t *testing.T) {
			o := operationCalled(t, id)
			if o.Deprecated || !says(o.Description, "Probably deprecated (inferred") ||
				!says(o.Description, "`"+instead+"`") {
				t.Errorf("deprecated %v: %s", o.Deprecated, o.Description)
			}
		})
	}
	for id, instead := range map[string]string{
		"getAccountTransaction": "getTransaction", "getCounterpartyV1": "getCounterparty",
		"listCustomerTransactionsV1": "listCustomerTransactions", "listCustomerAccounts": "listCustomerPockets",
		"getAccount": "getPocket", "listPocketConfigurations": "listTradingStrategies",
		"listAccountStatements": "listCustomerStatements",
	} {
		t.Run(id+" is deprecated, and says what to use instead", func(t *testing.T) {
			if o := operationCalled(t, id); !o.Deprecated || !says(o.Description, "`"+instead+"`") {
				t.Errorf("deprecated %v: %s", o.Deprecated, o.Description)
			}
		})
	}
}

// Generated validators add a default to whatever leaves a member out. In a request that turns an omission into a write:
// the description of a subscription was wiped by every update, and a citizenship was declared that nobody had named.
func TestNoRequestHasADefault(t *testing.T) {
	raw := document{rawContract()}
	visited := 0
	var look func(where string, schema tree, above []string)
	look = func(where string, schema tree, above []string) {
		if ref, ok := schema["$ref"].(string); ok {
			if slices.Contains(above, ref) {
				return
			}
			above = append(slices.Clip(above), ref)
			schema = raw.resolve(schema)
		}
		visited++
		if value, ok := schema["default"]; ok {
			t.Errorf("%s: the default %v is a write that nobody asked for", where, value)
		}
		for name, property := range schema.sub("properties") {
			look(where+"."+name, property.(tree), above)
		}
		if items := schema.sub("items"); items != nil {
			look(where+"[]", items, above)
		}
		for _, word := range []string{"allOf", "oneOf", "anyOf"} {
			for _, part := range schema.list(word) {
				look(where, part, above)
			}
		}
	}
	for _, o := range rawOperations() {
		for _, content := range o.sub("requestBody").sub("content") {
			look(fmt.Sprint(o["operationId"]), content.(tree).sub("schema"), nil)
		}
	}
	if visited < 300 {
		t.Errorf("looked at %d schemas only", visited)
	}
}

// Readers that validate by type drop the members that they do not know, and take the first variant that fits. If what
// is left of one variant fit an earlier one, the closure of a customer would become an empty update, and a bank account
// a pocket. Where there is no discriminator, the order of the variants must keep that from happening.
func TestNoVariantBecomesAnotherWhenUnknownMembersAreDropped(t *testing.T) {
	checked := 0
	for name, ref := range loaded().Components.Schemas {
		union := ref.Value
		if union.Discriminator != nil || len(union.OneOf) == 0 {
			continue
		}
		for i, earlier := range union.OneOf {
			for j, later := range union.OneOf[i+1:] {
				for _, whole := range []bool{true, false} {
					object, ok := sampled(later.Value, whole).(map[string]any)
					if !ok {
						continue
					}
					if !whole && len(object) == 0 { // Nothing is required alone: try each member alone.
						for member, value := range sampled(later.Value, true).(map[string]any) {
							becomes(t, name, earlier, map[string]any{member: value})
						}
					}
					if err := later.Value.VisitJSON(object); err != nil && whole {
						t.Errorf("%s: the sample of variant %d does not fit it: %v", name, i+1+j, err)
					}
					checked++
					becomes(t, name, earlier, object)
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("checked %d pairs only", checked)
	}
}

// becomes complains when what an earlier variant knows of an object would fit it.
func becomes(t *testing.T, name string, earlier *openapi3.SchemaRef, object map[string]any) {
	t.Helper()
	known := maps.Clone(object)
	maps.DeleteFunc(known, func(member string, _ any) bool { return earlier.Value.Properties[member] == nil })
	blind := *earlier.Value
	blind.Not = nil // Such readers do not know it.
	if err := blind.VisitJSON(known); err == nil {
		t.Errorf("%s: %v would be read as %s: %v", name, object, earlier.Ref, known)
	}
}

// sampled is a value of a schema, with all of its members or with the required ones alone.
func sampled(schema *openapi3.Schema, whole bool) any {
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case len(schema.OneOf) > 0:
		return sampled(schema.OneOf[0].Value, whole)
	case schema.Type.Is("string"):
		return map[string]string{"uuid": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "date": "2026-01-30",
			"email": "jiko@example.com"}[schema.Format] + map[bool]string{true: "text"}[schema.Format == ""]
	case schema.Type.Is("boolean"):
		return true
	case schema.Type.Is("integer"):
		return 1.0
	case schema.Type.Is("array"):
		return []any{sampled(schema.Items.Value, whole)}
	}
	object := map[string]any{}
	for _, part := range schema.AllOf {
		maps.Copy(object, sampled(part.Value, whole).(map[string]any))
	}
	for name, property := range schema.Properties {
		if whole || slices.Contains(schema.Required, name) {
			object[name] = sampled(property.Value, whole)
		}
	}
	return object
}

// A path changes with a version and says little; the name of an operation is also that of a method. So texts speak of
// operations by their operationId, and of none that does not exist.
func TestTextsNameOperationsByTheirOperationID(t *testing.T) {
	ids, summaries := map[string]bool{}, map[string]string{}
	for _, o := range operations() {
		ids[o.OperationID] = true
		summaries[o.OperationID] = o.Summary
	}
	path := regexp.MustCompile("`(GET|POST|PUT|PATCH|DELETE) /")
	name := regexp.MustCompile("`([a-z]+[A-Z][A-Za-z0-9]*)`")
	named := 0
	walk("", rawContract(), func(where string, node tree) {
		text, _ := node["description"].(string)
		text = strings.Join(strings.Fields(text), " ")
		if path.MatchString(text) {
			t.Errorf("%s names an operation by its path: %s", where, text)
		}
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			named++
			if !ids[m[1]] {
				t.Errorf("%s names %s, which is no operation", where, m[1])
			}
		}
		for id, summary := range summaries {
			if strings.Contains(summary, " ") && strings.Contains(text, summary) {
				t.Errorf("%s names %s by its summary: %s", where, id, text)
			}
		}
	})
	if named < 30 {
		t.Errorf("found %d names only", named)
	}
}

// says reports whether a text has a phrase, wherever its lines break.
func says(text, phrase string) bool {
	return strings.Contains(strings.Join(strings.Fields(text), " "), phrase)
}
