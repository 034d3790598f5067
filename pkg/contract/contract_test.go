package contract_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	partnergo "github.com/jiko-partner/partner-go"
)

func init() {
	// kin checks neither uuid nor uri by itself, and takes 2026-02-31 for a date.
	for format, check := range map[string]func(string) error{
		"uuid": func(text string) error {
			if len(text) != 36 {
				return errors.New("not 36 characters")
			}
			return uuid.Validate(text)
		},
		"date": func(text string) error {
			_, err := time.Parse(time.DateOnly, text)
			return err
		},
		"date-time": func(text string) error {
			_, err := time.Parse(time.RFC3339, text)
			return err
		},
		"uri": func(text string) error {
			u, err := url.Parse(text)
			if err == nil && !u.IsAbs() {
				err = errors.New("no scheme")
			}
			return err
		},
	} {
		openapi3.DefineStringFormatValidator(format, openapi3.NewCallbackValidator(check))
	}
}

func TestTheContractIsAValidDocumentAndItsExamplesFitIt(t *testing.T) {
	doc := loaded()
	if doc.OpenAPI != "3.0.3" {
		t.Errorf("openapi is %s: 3.1 costs forty times as much to validate with", doc.OpenAPI)
	}
	err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaDefaultsValidation(),
		openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		t.Error(err)
	}
}

func TestThereAre99OperationsEachWithAnIdOfItsOwn(t *testing.T) {
	lowerCamel := regexp.MustCompile(`^[a-z]+([A-Z][a-z]*|[0-9]+)*$`)
	routes := map[string]string{}
	for _, o := range operations() {
		if !lowerCamel.MatchString(o.OperationID) {
			t.Errorf("%s: operationId %q is not lowerCamel", o.route(), o.OperationID)
		}
		if other := routes[o.OperationID]; other != "" {
			t.Errorf("%s and %s are both called %s", o.route(), other, o.OperationID)
		}
		routes[o.OperationID] = o.route()
	}
	if len(routes) != 99 {
		t.Errorf("%d operations, want 99", len(routes))
	}
	for _, c := range callbacks(t) {
		if !lowerCamel.MatchString(c.OperationID) || routes[c.OperationID] != "" {
			t.Errorf("%s: the operationId of a callback is not lowerCamel, or taken", c.OperationID)
		}
		routes[c.OperationID] = "callback"
	}
}

func TestEveryPathButHealthEndsInASlash(t *testing.T) {
	for path := range loaded().Paths.Map() {
		if strings.HasSuffix(path, "/") == (path == "/health") {
			t.Errorf("%s: the slash is part of what is signed", path)
		}
	}
}

func TestEveryOperationHasOneTagAndEveryTagOneGroup(t *testing.T) {
	declared := map[string]bool{}
	for _, tag := range loaded().Tags {
		if declared[tag.Name] || tag.Description == "" {
			t.Errorf("tag %s is declared twice or not described", tag.Name)
		}
		declared[tag.Name] = true
	}
	used := map[string]bool{}
	for _, o := range append(operations(), callbacks(t)...) {
		if len(o.Tags) != 1 || !declared[o.Tags[0]] {
			t.Errorf("%s: tags %q, want one that is declared", o.route(), o.Tags)
			continue
		}
		used[o.Tags[0]] = true
	}
	grouped := map[string]bool{}
	for _, group := range rawContract().list("x-tagGroups") {
		for _, tag := range words(group["tags"]) {
			if grouped[tag] || !declared[tag] {
				t.Errorf("group %s: tag %s is in two groups, or not declared", group["name"], tag)
			}
			grouped[tag] = true
		}
	}
	for tag := range declared {
		if !used[tag] || !grouped[tag] {
			t.Errorf("tag %s is not used, or in no group", tag)
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	for _, o := range append(operations(), callbacks(t)...) {
		if o.Summary == "" || o.Description == "" {
			t.Errorf("%s has no summary or no description", o.route())
		}
		if strings.HasSuffix(o.Summary, ".") {
			t.Errorf("%s: a summary is no sentence: %q", o.route(), o.Summary)
		}
		for _, p := range o.Parameters {
			if p.Value.Description == "" {
				t.Errorf("%s: parameter %s is not described", o.route(), p.Value.Name)
			}
		}
		for status, response := range o.Responses.Map() {
			if response.Value.Description == nil || *response.Value.Description == "" {
				t.Errorf("%s: %s is not described", o.route(), status)
			}
		}
	}
	for where, schema := range schemas() {
		for name, property := range schema.sub("properties") {
			property := property.(tree)
			if property["$ref"] == nil && property["description"] == nil {
				t.Errorf("%s.%s is not described", where, name)
			}
		}
	}
	for name, schema := range rawContract().sub("components").sub("schemas") {
		if schema.(tree)["description"] == nil {
			t.Errorf("schema %s is not described", name)
		}
	}
}

func TestExactlySevenOperationsAreDeprecated(t *testing.T) {
	var got []string
	for _, o := range operations() {
		if o.Deprecated {
			got = append(got, o.OperationID)
		}
	}
	slices.Sort(got)
	want := []string{"getAccount", "getAccountTransaction", "getCounterpartyV1", "listAccountStatements",
		"listCustomerAccounts", "listCustomerTransactionsV1", "listPocketConfigurations"}
	if !slices.Equal(got, want) {
		t.Errorf("deprecated are %s, want %s", got, want)
	}
}

func TestTheServersAreProductionAndSandboxOfAPartner(t *testing.T) {
	var got []string
	for _, server := range loaded().Servers {
		got = append(got, server.URL)
		if len(server.Variables) != 1 || server.Variables["partner"] == nil {
			t.Errorf("%s: variables %v, want partner alone", server.URL, server.Variables)
		}
	}
	want := []string{"https://{partner}.partner-api.jikoservices.com", "https://{partner}.sandbox-api.jikoservices.com"}
	if !slices.Equal(got, want) {
		t.Errorf("servers are %s, want %s", got, want)
	}
}

func TestEveryOperationButThreeNeedsATokenAndBothHeaders(t *testing.T) {
	open := []string{"getHealth", "login", "listPublicKeys"}
	uploads := []string{"uploadApplicationDocument", "uploadDocument", "uploadCustomerDocument"}

	if scheme := loaded().Components.SecuritySchemes["HTTPBearer"].Value; scheme.Type != "http" ||
		scheme.Scheme != "bearer" {
		t.Errorf("HTTPBearer is %s %s", scheme.Type, scheme.Scheme)
	}
	if all := loaded().Security; len(all) != 1 || all[0]["HTTPBearer"] == nil {
		t.Errorf("security is %v, want HTTPBearer alone", all)
	}
	for _, o := range operations() {
		var headers []string
		for _, p := range o.Parameters {
			if strings.HasPrefix(p.Value.Name, "x-jiko-") {
				headers = append(headers, strings.TrimPrefix(p.Ref, "#/components/parameters/"))
			}
		}
		var want []string
		switch {
		case slices.Contains(open, o.OperationID):
			if o.Security == nil || len(*o.Security) != 0 {
				t.Errorf("%s: security %v, want none", o.OperationID, o.Security)
			}
		case slices.Contains(uploads, o.OperationID):
			want = []string{"IdempotencyKey", "OptionalSignature"}
		default:
			want = []string{"IdempotencyKey", "Signature"}
		}
		if want != nil && o.Security != nil {
			t.Errorf("%s: security %v, want that of the whole contract", o.OperationID, *o.Security)
		}
		if !slices.Equal(headers, want) {
			t.Errorf("%s: headers %s, want %s", o.OperationID, headers, want)
		}
	}
	for _, c := range callbacks(t) {
		if c.Security == nil || len(*c.Security) != 0 || len(c.Parameters) != 1 ||
			c.Parameters[0].Ref != "#/components/parameters/WebhookSignature" {
			t.Errorf("%s: a delivery has no token, and the signature of a webhook", c.OperationID)
		}
	}
}

func TestUploadsAreBareFiles(t *testing.T) {
	for _, id := range []string{"uploadApplicationDocument", "uploadDocument", "uploadCustomerDocument"} {
		body := operationCalled(t, id).RequestBody
		if body == nil || !body.Value.Required || body.Value.Content.Get("image/png") == nil {
			t.Errorf("%s has no required body of image/png", id)
			continue
		}
		for media, content := range body.Value.Content {
			if schema := content.Schema.Value; !schema.Type.Is("string") || schema.Format != "binary" {
				t.Errorf("%s: %s is not binary", id, media)
			}
		}
	}
}

func TestEveryOperationHasADefaultResponseAndEveryAuthenticatedOneA422(t *testing.T) {
	shapes := map[string]int{}
	for _, o := range operations() {
		if response := o.Responses.Value("default"); response == nil ||
			response.Ref != "#/components/responses/Default" {
			t.Errorf("%s has not the default response of all", o.route())
		}
		success := 0
		for status := range o.Responses.Map() {
			if status[0] == '2' {
				success++
			}
		}
		// The provider's own pages differ on the status of the update: both are there.
		if want := map[string]int{"updateSubscription": 2}[o.OperationID]; success != max(want, 1) {
			t.Errorf("%s has %d successes", o.route(), success)
		}
		refused := o.Responses.Value("422")
		if refused == nil {
			if o.Security == nil {
				t.Errorf("%s has no 422", o.route())
			}
			continue
		}
		shapes[refused.Ref]++
	}
	for shape, schema := range map[string]string{"ValidationFailed": "HTTPValidationError",
		"ValidationProblem": "Problem"} {
		if shapes["#/components/responses/"+shape] == 0 {
			t.Errorf("no operation answers %s", shape)
		}
		delete(shapes, "#/components/responses/"+shape)
		if ref := loaded().Components.Responses[shape].Value.Content.Get(
			"application/json").Schema.Ref; ref != "#/components/schemas/"+schema {
			t.Errorf("%s is %s, want %s", shape, ref, schema)
		}
	}
	if len(shapes) > 0 {
		t.Errorf("422 has further shapes: %v", shapes)
	}
}

func TestNothingIsAFloatingPointNumber(t *testing.T) {
	walk("", rawContract(), func(where string, node tree) {
		if node["type"] == "number" || node["format"] == "float" || node["format"] == "double" {
			t.Errorf("%s: rates are decimal strings, money is whole cents", where)
		}
	})
}

func TestMoneyIsInt64(t *testing.T) {
	found := 0
	check := func(where string, schema tree) {
		found++
		if schema["type"] != "integer" || schema["format"] != "int64" {
			t.Errorf("%s is %v %v, want integer int64", where, schema["type"], schema["format"])
		}
	}
	for where, schema := range schemas() {
		for name, property := range schema.sub("properties") {
			if name == "amount_usdc" || strings.HasSuffix(where, "/Money") && name == "value" {
				check(where+"."+name, property.(tree))
			}
		}
	}
	for _, o := range rawOperations() {
		for _, p := range o.list("parameters") {
			if name, _ := p["name"].(string); strings.HasPrefix(name, "amount_") {
				check(fmt.Sprint(o["operationId"], " ", name), p.sub("schema"))
			}
		}
	}
	if found < 10 {
		t.Errorf("found only %d amounts", found)
	}
}

func TestEveryIntegerHasASize(t *testing.T) {
	for where, schema := range schemas() {
		for name, property := range schema.sub("properties") {
			property := property.(tree)
			if property["type"] == "integer" && property["format"] == nil {
				t.Errorf("%s.%s is an integer without a size", where, name)
			}
		}
	}
}

func TestEveryBodyHasAnExample(t *testing.T) {
	check := func(where string, content openapi3.Content) {
		for media, c := range content {
			if c.Example == nil && len(c.Examples) == 0 {
				t.Errorf("%s: %s has no example", where, media)
			}
		}
	}
	for _, o := range append(operations(), callbacks(t)...) {
		if o.RequestBody != nil {
			check(o.route()+" body", o.RequestBody.Value.Content)
		}
		for status, response := range o.Responses.Map() {
			check(o.route()+" "+status, response.Value.Content)
		}
	}
}

// idsThatAreNoUUIDs is every member that is called an id, and is not a UUID or not known to be one.
var idsThatAreNoUUIDs = map[string]string{
	"ACHTransactionDetails.ach_id":                    "a UUID, or empty",
	"AccountSecurity.external_id":                     "a CUSIP",
	"AccountTrade.tradable_id":                        "no UUID by the facts",
	"BeneficialOwner.id":                              "the page elides the owners: nothing is known of it",
	"CardTransactionDetails.issue_id":                 "no UUID by the facts",
	"CardTransactionDetails.terminal_id":              "the name of a terminal in the card network",
	"CardTransaction.terminal_id":                     "the name of a terminal in the card network",
	"CreatePlaidCounterpartiesRequest.institution_id": "Plaid's",
	"PlaidAccount.id":                                 "Plaid's",
	"CreatePocketRequest.trading_strategy_id":         "a code such as UST-4W",
	"CreatePocketRequest.deposit_strategy_id":         "a code such as UST-4W",
	"CreatePocketRequest.reinvestment_strategy_id":    "a code such as UST-4W",
	"CreatePocketRequest.pocket_configuration_id":     "a code such as UST-4W",
	"Pocket.deposit_strategy_id":                      "a code such as UST-4W",
	"Pocket.reinvestment_strategy_id":                 "a code such as UST-4W",
	"UpdatePocketRequest.deposit_strategy_id":         "a code such as UST-4W",
	"UpdatePocketRequest.reinvestment_strategy_id":    "a code such as UST-4W",
	"PocketConfiguration.id":                          "a code such as UST-4W",
	"TradingStrategy.id":                              "a code such as UST-4W",
	"Error.trace_id":                                  "the form of a trace is not documented",
	"Problem.trace_id":                                "the form of a trace is not documented",
}

func TestEveryIdIsAUUIDUnlessItIsSaidWhyNot(t *testing.T) {
	seen := map[string]bool{}
	check := func(where, name string, schema tree) {
		if name != "id" && !strings.HasSuffix(name, "_id") && !strings.HasSuffix(name, "_id[]") {
			return
		}
		schema = document{rawContract()}.flatten(schema)
		if items := schema.sub("items"); items != nil {
			schema = items
		}
		if schema["format"] == "uuid" {
			return
		}
		member := strings.TrimPrefix(where, "/components/schemas/") + "." + name
		seen[member] = true
		if idsThatAreNoUUIDs[member] == "" {
			t.Errorf("%s has no format uuid, and no reason not to have it", member)
		}
	}
	for where, schema := range schemas() {
		for name, property := range schema.sub("properties") {
			check(where, name, property.(tree))
		}
	}
	for _, o := range rawOperations() {
		for _, p := range o.list("parameters") {
			p := document{rawContract()}.resolve(p)
			check(fmt.Sprint(o["operationId"]), fmt.Sprint(p["name"]), p.sub("schema"))
		}
	}
	for member := range idsThatAreNoUUIDs {
		if !seen[member] {
			t.Errorf("%s is a UUID now, or gone", member)
		}
	}
}

// eventTypesOfTheGuide is the list of the current guide on webhooks.
var eventTypesOfTheGuide = []string{
	"application.approved", "application.documents_needed", "application.manual_review", "application.rejected",
	"card.status.closed", "card.status.frozen", "card.status.locked", "card.status.open",
	"card.transaction.approved", "card.transaction.rejected",
	"transfers.ach.out.success", "transfers.ach.out.rejected", "transfers.ach.in.success", "transfers.ach.in.rejected",
	"transfers.wire.out.processing", "transfers.wire.out.success", "transfers.wire.out.rejected",
	"transfers.on-us.processing", "transfers.on-us.success", "transfers.on-us.rejected",
}

func TestEveryEventHasACallbackATypeAndATypedPayload(t *testing.T) {
	known := map[string]bool{}
	for _, value := range loaded().Components.Schemas["EventType"].Value.Enum {
		known[value.(string)] = true
	}
	union := loaded().Components.Schemas["Event"].Value
	variants := map[string]bool{}
	for _, variant := range union.OneOf {
		variants[variant.Ref] = true
	}

	called := map[string]bool{}
	for _, c := range callbacks(t) {
		body := c.RequestBody.Value
		schema := body.Content.Get("application/json").Schema
		properties := map[string]*openapi3.SchemaRef{}
		var required []string
		for _, part := range append(schema.Value.AllOf, schema) {
			for name, property := range part.Value.Properties {
				properties[name] = property
			}
			required = append(required, part.Value.Required...)
		}
		if len(properties["event_type"].Value.Enum) != 1 {
			t.Errorf("%s: a callback is for one event type", c.OperationID)
			continue
		}
		event := properties["event_type"].Value.Enum[0].(string)
		if called[event] {
			t.Errorf("%s has two callbacks", event)
		}
		called[event] = true

		if !body.Required {
			t.Errorf("%s: the body is not required", event)
		}
		for _, name := range []string{"event_id", "event_type", "timestamp", "payload"} {
			if !slices.Contains(required, name) {
				t.Errorf("%s: %s is not required", event, name)
			}
		}
		if payload := properties["payload"]; payload.Ref == "" || len(payload.Value.Properties) == 0 {
			t.Errorf("%s: the payload has no type", event)
		}
		if !known[event] {
			t.Errorf("%s is not in EventType", event)
		}
		if mapped := union.Discriminator.Mapping[event].Ref; mapped != schema.Ref || !variants[schema.Ref] {
			t.Errorf("%s: Event maps it to %q, the callback has %q", event, mapped, schema.Ref)
		}
	}
	if len(called) < 20 {
		t.Errorf("%d callbacks, want 20 or more", len(called))
	}
	for _, event := range eventTypesOfTheGuide {
		if !called[event] {
			t.Errorf("%s of the guide has no callback", event)
		}
	}
	if len(eventTypesOfTheGuide) != 20 || len(known) != len(called) ||
		len(union.Discriminator.Mapping) != len(called) || len(variants) != len(called) {
		t.Errorf("%d callbacks, %d values of EventType, %d variants of Event, %d of them mapped", len(called),
			len(known), len(variants), len(union.Discriminator.Mapping))
	}
	if union.Discriminator.PropertyName != "event_type" {
		t.Errorf("Event is told apart by %s", union.Discriminator.PropertyName)
	}
}

func TestEveryDiscriminatorMapsEachVariantByTheValueItAllows(t *testing.T) {
	raw := document{rawContract()}
	for name, schema := range loaded().Components.Schemas {
		discriminator := schema.Value.Discriminator
		if discriminator == nil {
			continue
		}
		mapped := map[string]bool{}
		for value, ref := range discriminator.Mapping {
			mapped[ref.Ref] = true
			variant := raw.flatten(tree{"$ref": ref.Ref})
			if allowed := words(variant.sub("properties").sub(discriminator.PropertyName)["enum"]); !slices.Equal(
				allowed, []string{value}) {
				t.Errorf("%s: %s is mapped to a variant that allows %s", name, value, allowed)
			}
			if !slices.Contains(words(variant["required"]), discriminator.PropertyName) {
				t.Errorf("%s: %s does not require %s", name, ref.Ref, discriminator.PropertyName)
			}
		}
		for _, variant := range schema.Value.OneOf {
			if !mapped[variant.Ref] {
				t.Errorf("%s: %s is not mapped", name, variant.Ref)
			}
		}
		if len(schema.Value.OneOf) != len(discriminator.Mapping) {
			t.Errorf("%s has %d variants and %d values", name, len(schema.Value.OneOf), len(discriminator.Mapping))
		}
	}
}

// loaded is openapi.yaml as kin-openapi reads it, loaded once. No test changes it.
var loaded = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(fmt.Sprintf("openapi.yaml: %v", err))
	}
	return doc
})

// rawContract is openapi.yaml as it is written, references and all.
var rawContract = sync.OnceValue(func() tree {
	var t tree
	if err := yaml.Unmarshal(partnergo.Spec(), &t); err != nil {
		panic(fmt.Sprintf("openapi.yaml: %v", err))
	}
	return t
})

type operation struct {
	method, path string
	*openapi3.Operation
}

func (o operation) route() string { return o.method + " " + o.path }

// operations returns the operations of the contract, without its callbacks.
func operations() []operation {
	var all []operation
	for path, item := range loaded().Paths.Map() {
		for method, o := range item.Operations() {
			all = append(all, operation{method, path, o})
		}
	}
	return all
}

func operationCalled(t *testing.T, id string) operation {
	t.Helper()
	for _, o := range operations() {
		if o.OperationID == id {
			return o
		}
	}
	t.Fatalf("no operation is called %s", id)
	return operation{}
}

// callbacks returns the deliveries that a subscription causes.
func callbacks(t *testing.T) []operation {
	t.Helper()
	var all []operation
	for name, callback := range operationCalled(t, "createSubscription").Callbacks {
		for url, item := range callback.Value.Map() {
			if url != "{$request.body#/url}" {
				t.Errorf("%s goes to %s, not to the subscription's url", name, url)
			}
			for method, o := range item.Operations() {
				all = append(all, operation{method, name, o})
			}
		}
	}
	return all
}

func rawOperations() []tree {
	var all []tree
	for _, item := range rawContract().sub("paths") {
		for _, o := range item.(tree) {
			all = append(all, o.(tree))
		}
	}
	return all
}

// schemas returns every schema of the contract that has properties, by where it is. What an allOf adds is where the
// allOf is.
func schemas() map[string]tree {
	part := regexp.MustCompile(`/allOf/\d+`)
	all := map[string]tree{}
	walk("", rawContract(), func(where string, t tree) {
		if t["type"] == "object" && t.sub("properties") != nil {
			all[part.ReplaceAllString(where, "")] = t
		}
	})
	return all
}

// walk visits every mapping of a document but those within examples, which are the provider's data.
func walk(where string, t tree, visit func(where string, t tree)) {
	visit(where, t)
	for key, value := range t {
		if key == "example" || key == "examples" {
			continue
		}
		where := where + "/" + key
		switch value := value.(type) {
		case tree:
			walk(where, value, visit)
		case []any:
			for i, item := range value {
				if item, ok := item.(tree); ok {
					walk(fmt.Sprint(where, "/", i), item, visit)
				}
			}
		}
	}
}
