package contract_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// operationsTable is every operation of the Partner API that is known: the 68 of March 2024, and the 31 since.
var operationsTable = []struct{ method, path, id string }{
	{"GET", "/api/v1/agreements/", "listAgreements"},
	{"POST", "/api/v1/applications/", "createApplication"},
	{"GET", "/api/v1/applications/{application_id}/", "getApplication"},
	{"POST", "/api/v1/applications/{application_id}/apply/", "submitApplication"},
	{"POST", "/api/v1/applications/{application_id}/documents/{document_type}/file/", "uploadApplicationDocument"},
	{"POST", "/api/v1/documents/{document_id}/", "uploadDocument"},
	{"POST", "/api/v1/business-applications/", "createBusinessApplication"},
	{"GET", "/api/v1/business-applications/{application_id}/", "getBusinessApplication"},
	{"PATCH", "/api/v1/business-applications/{application_id}/", "updateBusinessApplication"},
	{"POST", "/api/v1/business-applications/{application_id}/apply/", "submitBusinessApplication"},
	{"GET", "/api/v1/business-applications/{application_id}/related-party-applications/",
		"listRelatedPartyApplications"},
	{"POST", "/api/v1/business-applications/{application_id}/related-party-applications/",
		"createRelatedPartyApplication"},
	{"DELETE",
		"/api/v1/business-applications/{application_id}/related-party-applications/{related_party_application_id}/",
		"deleteRelatedPartyApplication"},
	{"PATCH",
		"/api/v1/business-applications/{application_id}/related-party-applications/{related_party_application_id}/",
		"updateRelatedPartyApplication"},
	{"GET", "/api/v1/business-applications/{application_id}/documents/", "listDocumentRequests"},
	{"GET", "/api/v1/customers/{customer_id}/", "getCustomer"},
	{"PATCH", "/api/v1/customers/{customer_id}/", "updateCustomer"},
	{"GET", "/api/v1/customers/{customer_id}/beneficial-owners/", "listBeneficialOwners"},
	{"POST", "/api/v1/customers/{customer_id}/documents/{document_type}/file/", "uploadCustomerDocument"},
	{"GET", "/api/v1/customers/{customer_id}/jiko-accounts/", "listCustomerAccounts"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/", "getAccount"},
	{"GET", "/api/v2/pockets/", "listPockets"},
	{"GET", "/api/v2/pockets/{pocket_id}/", "getPocket"},
	{"GET", "/api/v2/customers/{customer_id}/pockets/", "listCustomerPockets"},
	{"POST", "/api/v2/customers/{customer_id}/pockets/", "createPocket"},
	{"GET", "/api/v2/customers/{customer_id}/pockets/{pocket_id}/", "getCustomerPocket"},
	{"PATCH", "/api/v2/customers/{customer_id}/pockets/{pocket_id}/", "updatePocket"},
	{"GET", "/api/v2/pockets/{pocket_id}/earnings/", "getPocketEarnings"},
	{"GET", "/api/v2/pocket-configurations/", "listPocketConfigurations"},
	{"GET", "/api/v2/trading-strategies/", "listTradingStrategies"},
	{"GET", "/api/v1/customers/{customer_id}/transactions/", "listCustomerTransactionsV1"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/transactions/", "listAccountTransactions"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/transactions/{transaction_id}/", "getAccountTransaction"},
	{"GET", "/api/v2/pockets/{pocket_id}/transactions/", "listPocketTransactions"},
	{"GET", "/api/v2/customers/{customer_id}/transactions/", "listCustomerTransactions"},
	{"GET", "/api/v2/transactions/{transaction_id}/", "getTransaction"},
	{"GET", "/api/v1/customers/{customer_id}/trades/", "listCustomerTradesV1"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/trades/", "listAccountTrades"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/trades/{trade_id}/confirmation/", "getTradeConfirmation"},
	{"GET", "/api/v2/customers/{customer_id}/trades/", "listCustomerTrades"},
	{"GET", "/api/v1/customers/{customer_id}/statements/", "listCustomerStatements"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/statements/", "listAccountStatements"},
	{"GET", "/api/v1/report-requests/", "listReportRequests"},
	{"POST", "/api/v1/report-requests/", "createReportRequest"},
	{"POST", "/api/v1/transfers/on-us/", "createOnUsTransfer"},
	{"GET", "/api/v1/transfers/on-us/{transfer_id}/", "getOnUsTransfer"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/ach-originating/", "listACHOriginations"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/ach-originating/", "createACHOrigination"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/ach-originating/{transfer_id}/", "getACHOrigination"},
	{"GET", "/api/v1/customers/{customer_id}/ach-originating/", "listCustomerACHOriginations"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/wires/", "createWire"},
	{"GET", "/api/v1/wires/", "listWires"},
	{"GET", "/api/v1/wires/{wire_id}/", "getWire"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/portals/", "listAccountPortals"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/portals/", "createAccountPortal"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/portals/{portal_id}/", "getAccountPortal"},
	{"PATCH", "/api/v1/jiko-accounts/{account_id}/portals/{portal_id}/", "updateAccountPortal"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/portals/{portal_id}/close/", "closeAccountPortal"},
	{"GET", "/api/v2/customers/{customer_id}/portals/", "listCustomerPortals"},
	{"GET", "/api/v2/pockets/{pocket_id}/portals/", "listPocketPortals"},
	{"POST", "/api/v2/pockets/{pocket_id}/portals/", "createPocketPortal"},
	{"GET", "/api/v2/pockets/{pocket_id}/portals/{portal_id}/", "getPocketPortal"},
	{"PATCH", "/api/v2/pockets/{pocket_id}/portals/{portal_id}/", "updatePocketPortal"},
	{"GET", "/api/v2/pockets/{pocket_id}/portals/{portal_id}/funding-instructions/", "getPortalFundingInstructions"},
	{"GET", "/api/v1/customers/{customer_id}/counterparties/", "listCounterpartiesV1"},
	{"GET", "/api/v1/customers/{customer_id}/counterparties/{counterparty_id}/", "getCounterpartyV1"},
	{"POST", "/api/v1/customers/{customer_id}/counterparties/plaid/link-token/", "createPlaidLinkToken"},
	{"POST", "/api/v1/customers/{customer_id}/counterparties/plaid/", "createPlaidCounterparties"},
	{"POST", "/api/v1/customers/{customer_id}/counterparties/{counterparty_id}/plaid/verify/",
		"verifyPlaidCounterparty"},
	{"GET", "/api/v2/customers/{customer_id}/counterparties/", "listCounterparties"},
	{"POST", "/api/v2/customers/{customer_id}/counterparties/", "createCounterparty"},
	{"GET", "/api/v2/customers/{customer_id}/counterparties/{counterparty_id}/", "getCounterparty"},
	{"GET", "/health", "getHealth"},
	{"POST", "/api/v1/login/", "login"},
	{"GET", "/api/v1/public-keys/", "listPublicKeys"},
	{"POST", "/api/v1/sandbox/card-swipe/", "simulateCardSwipe"},
	{"POST", "/api/v1/sandbox/generate-card/", "generatePhysicalCard"},
	{"POST", "/api/v1/sandbox/webhook/", "triggerWebhook"},
	{"POST", "/api/v1/sandbox/fund/", "fundAccount"},
	{"GET", "/api/v1/subscriptions/", "listSubscriptions"},
	{"POST", "/api/v1/subscriptions/", "createSubscription"},
	{"GET", "/api/v1/subscriptions/{subscription_id}/", "getSubscription"},
	{"PATCH", "/api/v1/subscriptions/{subscription_id}/", "updateSubscription"},
	{"DELETE", "/api/v1/subscriptions/{subscription_id}/", "deleteSubscription"},
	{"GET", "/api/v1/events/types/", "listEventTypes"},
	{"GET", "/api/v1/events/", "listEvents"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/cards/", "listAccountCards"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/cards/{card_id}/status/", "getCardStatus"},
	{"PATCH", "/api/v1/jiko-accounts/{account_id}/cards/{card_id}/status/", "setCardStatus"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/cards/{card_id}/pin/", "setCardPIN"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/cards/{card_id}/close/", "closeCard"},
	{"GET", "/api/v1/customers/{customer_id}/cards/", "listCustomerCards"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/card-orders/", "listCardOrders"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/card-orders/", "createCardOrder"},
	{"GET", "/api/v1/jiko-accounts/{account_id}/card-orders/{card_order_id}/", "getCardOrder"},
	{"GET", "/api/v1/customers/{customer_id}/card-orders/", "listCustomerCardOrders"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/virtual-cards/", "createVirtualCard"},
	{"POST", "/api/v1/jiko-accounts/{account_id}/virtual-cards/{card_id}/", "getVirtualCard"},
	{"DELETE", "/api/v1/jiko-accounts/{account_id}/virtual-cards/{card_id}/", "closeVirtualCard"},
}

func TestTheContractHasExactlyTheOperationsOfTheTable(t *testing.T) {
	want := map[string]string{}
	for _, o := range operationsTable {
		want[o.method+" "+o.path] = o.id
	}
	if len(want) != 99 {
		t.Fatalf("the table names %d operations, want 99", len(want))
	}
	got := map[string]string{}
	for _, o := range operations() {
		got[o.method+" "+o.path] = o.OperationID
	}
	for route, id := range want {
		if got[route] != id {
			t.Errorf("%s: operationId %q, want %q", route, got[route], id)
		}
	}
	for route := range got {
		if want[route] == "" {
			t.Errorf("%s is not in the table", route)
		}
	}
}

// factsFolder holds what is known about the API. It is not part of the repository.
const factsFolder = "../../../shared/partner-api"

// TestTheContractHoldsEveryFactOf2024 walks the facts of March 2024 and looks for each of them in the contract: every
// parameter, status, property, enum value and constraint. It also says where the contract is stricter than the facts,
// since that refuses what the provider may send or take.
func TestTheContractHoldsEveryFactOf2024(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(factsFolder, "facts-v1.29.yaml"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("the facts are not beside this repository: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var facts tree
	if err := yaml.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	c := comparison{facts: document{facts}, ours: document{rawContract()}, found: map[string]bool{}}
	operations := 0
	for path, item := range facts.sub("paths") {
		for method, operation := range item.(tree) {
			operations++
			ours := c.ours.sub("paths").sub(path).sub(method)
			route := strings.ToUpper(method) + " " + path
			if ours == nil {
				c.report(route, "missing")
				continue
			}
			// The facts say where a token is needed, the contract says where not.
			if authenticated := operation.(tree)["security"] != nil; authenticated != (ours["security"] == nil) {
				c.report(route, "security differs")
			}
			c.operation(route, operation.(tree), ours)
		}
	}
	if operations != 68 {
		t.Errorf("the facts hold %d operations, want 68", operations)
	}

	intended := map[string]bool{}
	for _, group := range intendedDifferences {
		for _, difference := range group.differences {
			if intended[difference] {
				t.Errorf("named twice: %s", difference)
			}
			intended[difference] = true
			if !c.found[difference] {
				t.Errorf("no longer a difference: %s", difference)
			}
		}
	}
	for _, difference := range sortedKeys(c.found) {
		if !intended[difference] {
			t.Errorf("%s", difference)
		}
	}
}

// intendedDifferences is where the contract departs from the facts of 2024 on purpose.
var intendedDifferences = []struct {
	reason      string
	differences []string
}{
	{"cursors are null at the ends, as the current pages say", []string{
		"CardListResponse.next_page: nullable is absent in the facts, true in the contract",
		"CardListResponse.prev_page: nullable is absent in the facts, true in the contract",
		"CursorListResponse_ACHResponse_.next_page: nullable is absent in the facts, true in the contract",
		"CursorListResponse_ACHResponse_.prev_page: nullable is absent in the facts, true in the contract",
		"CursorListResponse_PartnerEvent_.next_page: nullable is absent in the facts, true in the contract",
		"CursorListResponse_PartnerEvent_.prev_page: nullable is absent in the facts, true in the contract",
		"CursorListResponse_Subscription_.next_page: nullable is absent in the facts, true in the contract",
		"CursorListResponse_Subscription_.prev_page: nullable is absent in the facts, true in the contract",
		"ListCounterpartiesResponse.next_page: nullable is absent in the facts, true in the contract",
		"ListCounterpartiesResponse.prev_page: nullable is absent in the facts, true in the contract",
		"PhysicalCardOrderListResponse.next_page: nullable is absent in the facts, true in the contract",
		"PhysicalCardOrderListResponse.prev_page: nullable is absent in the facts, true in the contract",
		"StatementListResponse.next_page: nullable is absent in the facts, true in the contract",
		"StatementListResponse.prev_page: nullable is absent in the facts, true in the contract",
		"TradeListResponse.next_page: nullable is absent in the facts, true in the contract",
		"TradeListResponse.prev_page: nullable is absent in the facts, true in the contract",
		"TransactionListResponse.next_page: nullable is absent in the facts, true in the contract",
		"TransactionListResponse.prev_page: nullable is absent in the facts, true in the contract",
	}},
	{"an application names no customer before it is approved; the rule beside the member says that it is null",
		[]string{
			"BusinessApplicationResponse.customer_id: nullable is absent in the facts, true in the contract",
			"InternationalApplication.customer_id: nullable is absent in the facts, true in the contract",
		}},
	{"the current page of the on-us transfer says that the reason may be null", []string{
		"TransferStateReason: enum value <nil> added",
		"TransferStateReason: nullable is absent in the facts, true in the contract",
	}},
	{"the current pages always show it", []string{
		"OnUsTransfer: required member object_type added",
		"Subscription: required member object_type added",
	}},
	{"the current page requires amount, which takes the place of the deprecated amount_usdc", []string{
		"OnUsTransferDetailsRequest|INTERNAL_REALLOCATION: required member amount added",
		"OnUsTransferDetailsRequest|PARTNER_CUSTOMER_DEFUNDING: required member amount added",
		"OnUsTransferDetailsRequest|PARTNER_CUSTOMER_FUNDING: required member amount added",
	}},
	{"the current pages have one more value", []string{
		"ApplicationIdentificationType: enum value INTERNATIONAL_ID added",
		"DocumentType: enum value ID_BARCODE added",
	}},
	{"a generator adds a default to each request that leaves the member out, and so writes what nobody said", []string{
		"ACHRequest.payment_related_information: default is [] in the facts, absent in the contract",
		"CreateSubscriptionRequest.description: default is \"\" in the facts, absent in the contract",
		"FundPortalRequest.company_name: default is \"FakeCompany\" in the facts, absent in the contract",
		"FundPortalRequest.count: default is 1 in the facts, absent in the contract",
		"InternationalApplicationRequest.citizenship_country: default is \"US\" in the facts, absent in the contract",
		"UpdateSubscriptionRequest.description: default is \"\" in the facts, absent in the contract",
	}},
	{"nobody's citizenship is made up in an answer either", []string{
		"InternationalApplication.citizenship_country: default is \"US\" in the facts, absent in the contract",
	}},
	{"the current page of the account's transaction requires it", []string{
		"ACHTransactionDetails: required member ach_direction added",
	}},
	{"the current page of the v1 counterparty requires it and says that it may be null", []string{
		"CounterpartyPlaid: required member verification_status added",
		"PlaidVerificationStatus: enum value <nil> added",
		"PlaidVerificationStatus: nullable is absent in the facts, true in the contract",
	}},
	{"every other list of cards and orders says that no cursor is the empty one; one parameter serves all", []string{
		"GET /api/v1/jiko-accounts/{account_id}/cards/ query cursor: default is absent in the facts, \"\" in the " +
			"contract",
	}},
	{"ids and moments whose format the facts leave out; the published payloads have it", []string{
		"Document.id: format is absent in the facts, \"uuid\" in the contract",
		"OnUsTransactionDetails.on_us_transfer_id: format is absent in the facts, \"uuid\" in the contract",
		"PlaidLinkToken.expiration: format is absent in the facts, \"date-time\" in the contract",
	}},
	{"current guides ask for both headers on every call but login", []string{
		"GET /api/v1/business-applications/{application_id}/documents/ header x-jiko-signature: required, and not " +
			"in the facts",
		"POST /api/v1/sandbox/card-swipe/ header x-jiko-idempotency: required, and not in the facts",
		"POST /api/v1/sandbox/card-swipe/ header x-jiko-signature: required, and not in the facts",
		"POST /api/v1/sandbox/fund/ header x-jiko-idempotency: required, and not in the facts",
		"POST /api/v1/sandbox/fund/ header x-jiko-signature: required, and not in the facts",
		"POST /api/v1/sandbox/generate-card/ header x-jiko-idempotency: required, and not in the facts",
		"POST /api/v1/sandbox/generate-card/ header x-jiko-signature: required, and not in the facts",
		"POST /api/v1/sandbox/webhook/ header x-jiko-idempotency: required, and not in the facts",
		"POST /api/v1/sandbox/webhook/ header x-jiko-signature: required, and not in the facts",
	}},
	{"a rule of the facts, as a constraint", []string{
		"PlaidLinkTokenRequest: the contract adds a not",
	}},
	{"secrets say that they are, and never come back", []string{
		"CreateSubscriptionRequest.shared_secret: writeOnly is absent in the facts, true in the contract",
		"LoginInput.password: format is absent in the facts, \"password\" in the contract",
		"UpdateSubscriptionRequest.shared_secret: writeOnly is absent in the facts, true in the contract",
	}},
	{"neither a count nor a signature can be less", []string{
		"EventListResponse.count: minimum is absent in the facts, 0 in the contract",
		"EventListResponse.offset: minimum is absent in the facts, 0 in the contract",
		"ListAccountsResponse.count: minimum is absent in the facts, 0 in the contract",
		"ListAccountsResponse.offset: minimum is absent in the facts, 0 in the contract",
		"header x-jiko-signature: minLength is absent in the facts, 1 in the contract",
	}},
}

func TestTheComparisonSeesEveryKindOfDifference(t *testing.T) {
	const (
		operation = `{parameters: [{name: p, in: query, required: true, schema: {type: string, maxLength: 9}}], ` +
			`requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}, ` +
			`responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/U'}}}}}}`
		schemas = `{S: {type: object, required: [a], properties: {` +
			`a: {type: string, enum: [X, Y], minLength: 1, pattern: x}, ` +
			`b: {type: array, minItems: 1, items: {type: integer, exclusiveMinimum: 0, lte: 9}}}}, ` +
			`U: {oneOf: [{$ref: '#/components/schemas/V'}], ` +
			`discriminator: {propertyName: k, mapping: {v: '#/components/schemas/V'}}}, ` +
			`V: {type: object, required: [k], ` +
			`properties: {k: {type: string, enum: [v]}, c: {type: string, format: date}}}}`
	)
	whole := "{paths: {/p/: {get: " + operation + "}}, components: {schemas: " + schemas + "}}"
	for _, c := range []struct{ name, from, to, want string }{
		{"nothing", "paths", "paths", ""},
		{"the same bounds in the words of OpenAPI", "exclusiveMinimum: 0, lte: 9", "minimum: 1, maximum: 9", ""},
		{"a size of an integer", "exclusiveMinimum: 0", "format: int64, exclusiveMinimum: 0", ""},
		{"a property more", "b: {type: array", "z: {type: string}, b: {type: array", ""},
		{"a parameter less", "name: p,", "name: q,",
			"GET /p/ query p: missing; GET /p/ query q: required, and not in the facts"},
		{"an optional parameter", "required: true, schema", "required: false, schema",
			"GET /p/ query p: required is true in the facts, false in the contract"},
		{"a constraint of a parameter", "maxLength: 9", "maxLength: 8",
			"GET /p/ query p: maxLength is 9 in the facts, 8 in the contract"},
		{"an optional body", "requestBody: {required: true", "requestBody: {required: false",
			"GET /p/ body: required is true in the facts, false in the contract"},
		{"another media type", "application/json: {schema: {$ref: '#/components/schemas/S'}}", "text/plain: {}",
			"GET /p/ body: application/json missing"},
		{"another status", "'200'", "'201'", "GET /p/: status 200 missing"},
		{"another type", "{a: {type: string", "{a: {type: integer",
			`S.a: type is "string" in the facts, "integer" in the contract`},
		{"an enum value less", "enum: [X, Y]", "enum: [X]", "S.a: enum value Y missing"},
		{"an enum value more", "enum: [X, Y]", "enum: [X, Y, Z]", "S.a: enum value Z added"},
		{"no minimum length", "minLength: 1,", "", "S.a: minLength is 1 in the facts, absent in the contract"},
		{"no pattern", ", pattern: x", "", `S.a: pattern is "x" in the facts, absent in the contract`},
		{"a property less", "b: {type: array", "z: {type: array", "S.b: missing"},
		{"no minimum of items", "minItems: 1, ", "", "S.b: minItems is 1 in the facts, absent in the contract"},
		{"another lower bound", "exclusiveMinimum: 0", "minimum: 0",
			"S.b[]: minimum is 1 in the facts, 0 in the contract"},
		{"another upper bound", "lte: 9", "maximum: 8", "S.b[]: maximum is 9 in the facts, 8 in the contract"},
		{"no items", ", items: {type: integer, exclusiveMinimum: 0, lte: 9}", "", "S.b[]: missing"},
		{"a required member less", "required: [a]", "required: []", "S: required member a missing"},
		{"a required member more", "required: [a]", "required: [a, b]", "S: required member b added"},
		{"a not", "S: {type: object", "S: {not: {required: [b]}, type: object", "S: the contract adds a not"},
		{"a variant less", "mapping: {v:", "mapping: {w:", "U: variant v missing"},
		{"another discriminator", "propertyName: k", "propertyName: c",
			`U: discriminator is k in the facts, "c" in the contract`},
		{"a variant that does not allow its value", "enum: [v]", "enum: [w]",
			"U: the contract's variant of v does not allow it"},
		{"a property of a variant less", ", c: {type: string, format: date}", "", "U|v.c: missing"},
		{"no format", ", format: date", "", `U|v.c: format is "date" in the facts, absent in the contract`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var facts, ours tree
			if !strings.Contains(whole, c.from) {
				t.Fatalf("nothing to replace: %s", c.from)
			}
			if err := errors.Join(yaml.Unmarshal([]byte(whole), &facts),
				yaml.Unmarshal([]byte(strings.Replace(whole, c.from, c.to, 1)), &ours)); err != nil {
				t.Fatal(err)
			}
			comparison := comparison{facts: document{facts}, ours: document{ours}, found: map[string]bool{}}
			comparison.operation("GET /p/", facts.sub("paths").sub("/p/").sub("get"),
				ours.sub("paths").sub("/p/").sub("get"))
			if got := strings.Join(sortedKeys(comparison.found), "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// comparison finds the facts that the contract lacks, and the constraints that it adds.
type comparison struct {
	facts, ours document
	found       map[string]bool
	seen        map[string]bool
}

func (c *comparison) report(where, what string) { c.found[where+": "+what] = true }

func (c *comparison) operation(route string, facts, ours tree) {
	parameters := map[string]tree{}
	for _, p := range ours.list("parameters") {
		p := c.ours.resolve(p)
		parameters[fmt.Sprint(p["in"], " ", p["name"])] = p
	}
	for _, p := range facts.list("parameters") {
		// The media type of an upload is that of its request body.
		if p["name"] == "content-type" {
			continue
		}
		name := fmt.Sprint(p["in"], " ", p["name"])
		our, ok := parameters[name]
		// What holds of all operations is reported once.
		where := route + " " + name
		if p["in"] == "header" {
			where = name
		}
		if !ok {
			c.report(where, "missing")
			continue
		}
		if p["required"] != our["required"] {
			c.report(where, fmt.Sprintf("required is %v in the facts, %v in the contract", p["required"],
				our["required"]))
		}
		c.schema(where, p.sub("schema"), our.sub("schema"))
		delete(parameters, name)
	}
	for name, p := range parameters {
		if p["required"] == true {
			c.report(route+" "+name, "required, and not in the facts")
		}
	}
	if facts["deprecated"] == true && ours["deprecated"] != true {
		c.report(route, "deprecated in the facts only")
	}
	if body := facts.sub("requestBody"); body != nil {
		our := ours.sub("requestBody")
		if body["required"] != our["required"] {
			c.report(route+" body", fmt.Sprintf("required is %v in the facts, %v in the contract", body["required"],
				our["required"]))
		}
		c.content(route+" body", body, our)
	}
	for status, response := range facts.sub("responses") {
		our := c.ours.resolve(ours.sub("responses").sub(status))
		if our == nil {
			c.report(route, "status "+status+" missing")
			continue
		}
		c.content(route+" "+status, response.(tree), our)
	}
}

func (c *comparison) content(where string, facts, ours tree) {
	for media, content := range facts.sub("content") {
		our := ours.sub("content").sub(media)
		if our == nil {
			c.report(where, media+" missing")
			continue
		}
		c.schema(where, content.(tree).sub("schema"), our.sub("schema"))
	}
}

// schema compares two schemas. where is the nearest schema of the facts that has a name, and the way from there.
func (c *comparison) schema(where string, facts, ours tree) {
	if name := refName(facts); name != "" {
		where = name
	}
	pair := where + " against " + refName(ours)
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	if refName(facts) != "" && refName(ours) != "" {
		if c.seen[pair] {
			return
		}
		c.seen[pair] = true
	}
	facts, ours = c.facts.flatten(facts), c.ours.flatten(ours)
	if ours == nil {
		c.report(where, "missing")
		return
	}
	c.union(where, facts, ours)
	for _, word := range []string{"type", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems",
		"uniqueItems",
		"minimum", "maximum", "default", "nullable", "deprecated", "writeOnly", "readOnly", "additionalProperties"} {
		a, b := constraint(facts, word), constraint(ours, word)
		if fmt.Sprint(a) == fmt.Sprint(b) {
			continue
		}
		// Numbers of the facts have no size.
		if word == "format" && a == nil && facts["type"] == "integer" {
			continue
		}
		c.report(where, fmt.Sprintf("%s is %v in the facts, %v in the contract", word, show(a), show(b)))
	}
	c.set(where, "required member", words(facts["required"]), words(ours["required"]))
	c.set(where, "enum value", words(facts["enum"]), words(ours["enum"]))
	if items := facts.sub("items"); items != nil {
		c.schema(where+"[]", items, ours.sub("items"))
	}
	if ours["not"] != nil {
		c.report(where, "the contract adds a not")
	}
	for name, property := range facts.sub("properties") {
		our := ours.sub("properties").sub(name)
		if our == nil {
			c.report(where+"."+name, "missing")
			continue
		}
		c.schema(where+"."+name, property.(tree), our)
	}
}

// union compares the variants of two unions: by what their discriminator says, or else in their order.
func (c *comparison) union(where string, facts, ours tree) {
	for _, word := range []string{"oneOf", "anyOf"} {
		variants := facts.list(word)
		if variants == nil {
			continue
		}
		discriminator := facts.sub("discriminator")
		if discriminator == nil {
			ours := ours.list(word)
			if len(ours) != len(variants) {
				c.report(where, fmt.Sprintf("%s has %d variants in the facts, %d in the contract", word, len(variants),
					len(ours)))
				continue
			}
			for i := range variants {
				c.schema(fmt.Sprintf("%s|%d", where, i), variants[i], ours[i])
			}
			continue
		}
		our := ours.sub("discriminator")
		if discriminator["propertyName"] != our["propertyName"] {
			c.report(where, fmt.Sprintf("discriminator is %v in the facts, %v in the contract",
				discriminator["propertyName"], show(our["propertyName"])))
			continue
		}
		for value, ref := range discriminator.sub("mapping") {
			target, ok := our.sub("mapping")[value]
			if !ok {
				c.report(where, "variant "+value+" missing")
				continue
			}
			a, b := c.facts.flatten(tree{"$ref": ref}), c.ours.flatten(tree{"$ref": target})
			// The facts may map several values to one variant, the contract has a variant for each.
			member := fmt.Sprint(discriminator["propertyName"])
			if !slices.Contains(words(a.sub("properties").sub(member)["enum"]), value) {
				c.report(where, "the variant of "+value+" does not allow it")
			}
			if !slices.Contains(words(b.sub("properties").sub(member)["enum"]), value) {
				c.report(where, "the contract's variant of "+value+" does not allow it")
			}
			c.schema(where+"|"+value, tree{"type": "object", "required": a["required"],
				"properties": a.sub("properties").without(member)},
				tree{"type": "object", "required": b["required"], "properties": b.sub("properties").without(member),
					"not": b["not"]})
		}
	}
}

func (c *comparison) set(where, kind string, facts, ours []string) {
	for _, value := range facts {
		if !slices.Contains(ours, value) {
			c.report(where, kind+" "+value+" missing")
		}
	}
	for _, value := range ours {
		if !slices.Contains(facts, value) {
			c.report(where, kind+" "+value+" added")
		}
	}
}

// constraint reads a keyword, and puts the slips of the facts right: numeric exclusive bounds, lte, and defaults beside
// the properties. Bounds come out inclusive.
func constraint(schema tree, word string) any {
	switch word {
	case "minimum":
		if bound, ok := schema["exclusiveMinimum"].(int); ok {
			return bound + 1
		}
	case "maximum":
		if bound, ok := schema["exclusiveMaximum"].(int); ok {
			return bound - 1
		}
		if bound, ok := schema["lte"]; ok {
			return bound
		}
	}
	return schema[word]
}

func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "absent"
	case string:
		return fmt.Sprintf("%q", v)
	default:
		return fmt.Sprint(v)
	}
}

// tree is a mapping of a YAML document.
type tree map[string]any

func (t tree) sub(key string) tree {
	v, _ := t[key].(tree)
	return v
}

// list returns the mappings in a sequence.
func (t tree) list(key string) []tree {
	var all []tree
	values, _ := t[key].([]any)
	for _, v := range values {
		if v, ok := v.(tree); ok {
			all = append(all, v)
		}
	}
	return all
}

func (t tree) without(key string) tree {
	rest := tree{}
	for k, v := range t {
		if k != key {
			rest[k] = v
		}
	}
	return rest
}

// document is a whole YAML document, whose references it can follow.
type document struct{ tree }

// resolve follows a reference, where there is one.
func (d document) resolve(t tree) tree {
	for {
		ref, ok := t["$ref"].(string)
		if !ok {
			return t
		}
		t = d.tree
		for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			t = t.sub(part)
		}
	}
}

// flatten follows references and melts an allOf into one schema.
func (d document) flatten(t tree) tree {
	t = d.resolve(t)
	parts := t.list("allOf")
	if parts == nil {
		return t
	}
	whole := tree{}
	properties, required := tree{}, []any{}
	for _, part := range append(parts, t.without("allOf")) {
		part = d.flatten(part)
		for key, value := range part {
			switch key {
			case "properties":
				for name, property := range value.(tree) {
					properties[name] = property
				}
			case "required":
				required = append(required, value.([]any)...)
			default:
				whole[key] = value
			}
		}
	}
	if len(properties) > 0 {
		whole["properties"] = properties
	}
	if len(required) > 0 {
		whole["required"] = required
	}
	return whole
}

func refName(t tree) string {
	ref, _ := t["$ref"].(string)
	return ref[strings.LastIndexByte(ref, '/')+1:]
}

func words(v any) []string {
	values, _ := v.([]any)
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return texts
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
