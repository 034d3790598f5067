package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/card"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// exampleIDs are what stands in the examples of the contract for something that is there.
type exampleIDs map[string]string

// exampleCall is a request of the contract's examples, made where its preconditions hold.
type exampleCall struct {
	operation string
	// body is the name of the example of the body. Empty is the only one, and means no body if there is none.
	body string
	// path has the ids of the path, by their parameters.
	path exampleIDs
	// change has what is put in the place of members of the body: ids that are of something here, above all.
	change map[string]any
	// query is the query, without its question mark.
	query string
}

const (
	noFees      = "nothing costs anything here"
	noIIN       = "neither the entries of fundAccount nor those of originations have a number for the receiver"
	noCashBack  = "the sandbox pays no cash back"
	noDelivery  = "the sandbox of these tests delivers nothing"
	noPlastic   = "the card of an order is made on the next business day"
	iin         = "individual_identification_number"
	transaction = "transactions /items/*/"
)

// absent are the members that an example has and no answer of the sandbox has, with the reason. All are optional.
var absent = map[string]string{
	"createCardOrder 201 order /card_id":                                                      noPlastic,
	"createOnUsTransfer 201 pending /fees":                                                    noFees,
	"getOnUsTransfer 200 pending /fees":                                                       noFees,
	"getAccountTransaction 200 /details/ach_transaction/individual_identification_number":     noIIN,
	"listAccountTransactions 200 " + transaction + "details/ach_transaction/" + iin:           noIIN,
	"listCustomerTransactionsV1 200 " + transaction + "details/ach_transaction/" + iin:        noIIN,
	"listPocketTransactions 200 " + transaction + iin:                                         noIIN,
	"listCustomerTransactions 200 " + transaction + iin:                                       noIIN,
	"listAccountTransactions 200 " + transaction + "details/cash_back_transaction/card_id":    noCashBack,
	"listAccountTransactions 200 " + transaction + "details/cash_back_transaction/period":     noCashBack,
	"listCustomerTransactionsV1 200 " + transaction + "details/cash_back_transaction/card_id": noCashBack,
	"listCustomerTransactionsV1 200 " + transaction + "details/cash_back_transaction/period":  noCashBack,
	"listEvents 200 /items/*/delivery_attempts":                                               noDelivery,
}

// Every example of a request is accepted where its preconditions hold, and the answer has all the members that the
// example of the answer has, with values where that has values.
func TestTheExamplesOfTheContractAreAcceptedAndAnsweredInFull(t *testing.T) {
	c := newExampleCalls(t)
	c.onboarding(t)
	c.money(t)
	c.payees(t)
	c.cards(t)
	c.events(t)
	c.later(t)
	c.walk(t)
	c.ending(t)
	c.complete(t)
}

type exampleCalls struct {
	*world
	document *openapi3.T
	called   map[string]bool
	// answered has what no answer had that the example of it has, by operation, status and name of the example.
	answered map[string][]string

	customer, peer, company, partner string
	pocket, other, spare             string
}

func newExampleCalls(t *testing.T) *exampleCalls {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	w := openAt(t, nil)

	c := &exampleCalls{world: w, document: document, called: map[string]bool{},
		answered: map[string][]string{}}
	w.set(t, time.Date(2027, 1, 4, 15, 0, 0, 0, time.UTC))
	customer, pockets := w.pockets(t, 4_000_000, 1_000_000, 0)
	other, _ := w.pockets(t, 100)
	c.customer, c.peer = customer.String(), other.String()
	c.pocket, c.other, c.spare = pockets[0].String(), pockets[1].String(), pockets[2].String()
	c.partner = w.bank.PartnerAccount().String()
	return c
}

// call makes a call and checks its answer.
func (c *exampleCalls) call(t *testing.T, e exampleCall) any {
	t.Helper()
	var got any
	t.Run(strings.TrimSuffix(e.operation+" "+e.body, " "), func(t *testing.T) { got = c.check(t, e) })
	return got
}

func (c *exampleCalls) check(t *testing.T, e exampleCall) any {
	t.Helper()
	operation, ok := operationByID(e.operation)
	if !ok {
		t.Fatal("the contract has no such operation")
	}
	declared := c.document.Paths.Value(operation.Path).GetOperation(operation.Method)
	target := operation.Path
	for name, id := range e.path {
		target = strings.ReplaceAll(target, "{"+name+"}", id)
	}
	if e.query != "" {
		target += "?" + e.query
	}
	media, body := c.bodyOf(t, declared, e)
	a := c.raw(t, uuid.NewString(), operation.Method, target, body, func(r *http.Request) {
		if media != "" {
			r.Header.Set("Content-Type", media)
		}
		if e.operation == "uploadDocument" {
			r.Header.Set("Content-Disposition", `attachment; filename="articles.png"`)
		}
	})
	if a.status < 200 || a.status > 299 {
		t.Fatalf("%d %s to %s", a.status, a.body, body)
	}
	return c.note(t, declared, e, a)
}

func operationByID(id string) (partnerapi.Operation, bool) {
	all := partnerapi.Operations()
	i := slices.IndexFunc(all, func(o partnerapi.Operation) bool { return o.ID == id })
	if i < 0 {
		return partnerapi.Operation{}, false
	}
	return all[i], true
}

// bodyOf is the body of a call: an example with its changes.
func (c *exampleCalls) bodyOf(t *testing.T, declared *openapi3.Operation, e exampleCall) (media, body string) {
	t.Helper()
	c.called[e.operation+" "+e.body] = true
	if declared.RequestBody == nil {
		return "", ""
	}
	contents := declared.RequestBody.Value.Content
	content := contents["application/json"]
	if content == nil {
		return e.body, fmt.Sprint(contents[e.body].Example)
	}
	value := content.Example
	switch {
	case e.body != "":
		if content.Examples[e.body] == nil {
			t.Fatalf("there is no example %q", e.body)
		}
		value = content.Examples[e.body].Value.Value
	case value == nil:
		value = content.Schema.Value.Example
	}
	object, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("the example is a %T", value)
	}
	object = copied(t, object).(map[string]any)
	for pointer, v := range e.change {
		steps := strings.Split(pointer, ".")
		at := object
		for _, step := range steps[:len(steps)-1] {
			at = at[step].(map[string]any)
		}
		if last := steps[len(steps)-1]; v == nil {
			delete(at, last)
		} else {
			at[last] = v
		}
	}
	return "application/json", encode(t, object)
}

func copied(t *testing.T, v any) any {
	t.Helper()
	return parsed(t, encode(t, v))
}

func parsed(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// note checks an answer and compares it with each example of its status. What one answer has not, another may have.
func (c *exampleCalls) note(t *testing.T, declared *openapi3.Operation, e exampleCall, a answer) any {
	t.Helper()
	response := declared.Responses.Status(a.status)
	if response == nil {
		t.Fatalf("%d, which the contract does not have", a.status)
	}
	status := fmt.Sprint(e.operation, " ", a.status)
	content := response.Value.Content["application/json"]
	if content == nil {
		if a.body != "" {
			t.Errorf("a body: %s", a.body)
		}
		c.answered[status] = nil
		return nil
	}
	examples := map[string]any{}
	for name, one := range content.Examples {
		examples[" "+name] = one.Value.Value
	}
	if content.Example != nil {
		examples[""] = content.Example
	} else if v := content.Schema.Value.Example; len(examples) == 0 && v != nil {
		examples[""] = v
	}
	got := parsed(t, a.body)
	for name, example := range examples {
		l := lacking(copied(t, example), got, "")
		if before, again := c.answered[status+name]; again {
			l = slices.DeleteFunc(before, func(place string) bool { return !slices.Contains(l, place) })
		}
		c.answered[status+name] = l
	}
	return got
}

// lacking are the places of an example that an answer does not have, or has null for. What the example has in an array
// is looked for in the element that is most like it.
func lacking(example, got any, place string) (all []string) {
	switch example := example.(type) {
	case nil:
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{place}
		}
		for _, name := range slices.Sorted(maps.Keys(example)) {
			if _, ok := object[name]; !ok {
				if _, isObject := example[name].(map[string]any); !isObject {
					all = append(all, place+"/"+name)
					continue
				}
				object[name] = map[string]any{} // Of an object, all is lacking that is in it.
			}
			all = append(all, lacking(example[name], object[name], place+"/"+name)...)
		}
	case []any:
		elements, ok := got.([]any)
		if !ok || len(elements) == 0 && len(example) > 0 {
			return []string{place}
		}
		for _, e := range example {
			var best []string
			for i, element := range elements {
				if l := lacking(e, element, place+"/*"); i == 0 || len(l) < len(best) {
					best = l
				}
			}
			for _, l := range best {
				if !slices.Contains(all, l) {
					all = append(all, l)
				}
			}
		}
	default:
		if got == nil {
			return []string{place}
		}
	}
	return all
}

// at follows names and numbers into an answer.
func at(t *testing.T, v any, steps ...any) string {
	t.Helper()
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			list := v.([]any)
			if step < 0 {
				step += len(list)
			}
			v = list[step]
		}
	}
	text, ok := v.(string)
	if !ok {
		t.Fatalf("%v: %v is no text", steps, v)
	}
	return text
}

// middle lists with both cursors: it asks for one item, the next one, and what is left.
func (c *exampleCalls) middle(t *testing.T, operation string, path exampleIDs) any {
	t.Helper()
	page := c.call(t, exampleCall{operation: operation, path: path, query: "limit=1"})
	page = c.call(t, exampleCall{operation: operation, path: path, query: "limit=1&cursor=" + at(t, page, "next_page")})
	return c.call(t, exampleCall{operation: operation, path: path,
		query: "limit=100&cursor=" + at(t, page, "next_page")})
}

func (c *exampleCalls) onboarding(t *testing.T) {
	c.call(t, exampleCall{operation: "getHealth"})
	c.call(t, exampleCall{operation: "login", change: map[string]any{"username": username,
		"password": password.Reveal()}})
	c.call(t, exampleCall{operation: "listAgreements"})
	consent := map[string]any{"agreement_consent.version": "1.0.0"} // It is to what listAgreements has.

	made := c.call(t, exampleCall{operation: "createApplication", change: consent})
	application := exampleIDs{"application_id": at(t, made, "id")}
	c.call(t, exampleCall{operation: "getApplication", path: application})
	kind := maps.Clone(application)
	kind["document_type"] = "ID_FRONT"
	for _, media := range []string{"image/png", "image/jpeg", "application/pdf"} {
		c.call(t, exampleCall{operation: "uploadApplicationDocument", body: media, path: kind})
	}
	c.call(t, exampleCall{operation: "submitApplication", path: application})

	made = c.call(t, exampleCall{operation: "createBusinessApplication", body: "complete", change: consent})
	business := exampleIDs{"application_id": at(t, made, "id")}
	c.call(t, exampleCall{operation: "updateBusinessApplication", body: "complete", path: business, change: consent})
	made = c.call(t, exampleCall{operation: "createRelatedPartyApplication", body: "complete", path: business})
	party := maps.Clone(business)
	party["related_party_application_id"] = at(t, made, "id")
	c.call(t, exampleCall{operation: "updateRelatedPartyApplication", body: "complete", path: party})
	c.call(t, exampleCall{operation: "listRelatedPartyApplications", path: business})
	c.call(t, exampleCall{operation: "deleteRelatedPartyApplication", path: party})
	c.call(t, exampleCall{operation: "createRelatedPartyApplication", body: "complete", path: business})
	documents := c.call(t, exampleCall{operation: "listDocumentRequests", path: business}).([]any)
	for i, media := range []string{"image/png", "image/jpeg", "application/pdf"} {
		document := documents[min(i, len(documents)-1)]
		if i >= len(documents) {
			document = parsed(t, `{"id":"`+at(t, document, "id")+`"}`)
		}
		c.call(t, exampleCall{operation: "uploadDocument", body: media,
			path: exampleIDs{"document_id": at(t, document, "id")}})
	}
	c.call(t, exampleCall{operation: "submitBusinessApplication", path: business})
	approved := c.call(t, exampleCall{operation: "getBusinessApplication", path: business})
	c.company = at(t, approved, "customer_id")

	customer := exampleIDs{"customer_id": c.customer}
	c.call(t, exampleCall{operation: "updateCustomer", body: "update_customer_data", path: customer})
	c.call(t, exampleCall{operation: "getCustomer", path: customer})
	c.call(t, exampleCall{operation: "getCustomer", path: exampleIDs{"customer_id": c.company}})
	c.call(t, exampleCall{operation: "listBeneficialOwners", path: exampleIDs{"customer_id": c.company}})
	proof := exampleIDs{"customer_id": c.customer, "document_type": "ADDRESS_VERIFICATION"}
	for _, media := range []string{"image/png", "image/jpeg", "application/pdf"} {
		c.call(t, exampleCall{operation: "uploadCustomerDocument", body: media, path: proof})
	}

	c.call(t, exampleCall{operation: "listPocketConfigurations"})
	c.call(t, exampleCall{operation: "listTradingStrategies"})
	for _, body := range []string{"depositStrategy", "tradingStrategy"} {
		c.call(t, exampleCall{operation: "createPocket", body: body, path: customer})
	}
	spare := exampleIDs{"customer_id": c.customer, "pocket_id": c.spare}
	pocket := exampleIDs{"customer_id": c.customer, "pocket_id": c.pocket}
	both := map[string]any{"reinvestment_strategy_id": "UST-4W"}
	c.call(t, exampleCall{operation: "updatePocket", body: "strategies", path: pocket})
	c.call(t, exampleCall{operation: "updatePocket", body: "strategies", path: pocket, change: both})
	c.call(t, exampleCall{operation: "updatePocket", body: "rename", path: pocket})
	c.call(t, exampleCall{operation: "updatePocket", body: "close", path: spare})
}

func (c *exampleCalls) money(t *testing.T) {
	account := exampleIDs{"account_id": c.pocket}
	pocket := exampleIDs{"pocket_id": c.pocket}
	customer := exampleIDs{"customer_id": c.customer}
	c.call(t, exampleCall{operation: "fundAccount", change: map[string]any{"account_id": c.pocket}})

	portal := c.call(t, exampleCall{operation: "createAccountPortal", path: account})
	path := exampleIDs{"account_id": c.pocket, "portal_id": at(t, portal, "id")}
	c.call(t, exampleCall{operation: "listAccountPortals", path: account})
	c.call(t, exampleCall{operation: "getAccountPortal", path: path})
	c.call(t, exampleCall{operation: "updateAccountPortal", path: path})
	c.call(t, exampleCall{operation: "closeAccountPortal", path: path})
	portal = c.call(t, exampleCall{operation: "createPocketPortal", path: pocket})
	path = exampleIDs{"pocket_id": c.pocket, "portal_id": at(t, portal, "id")}
	c.call(t, exampleCall{operation: "listCustomerPortals", path: customer})
	c.call(t, exampleCall{operation: "listPocketPortals", path: pocket})
	c.call(t, exampleCall{operation: "getPocketPortal", path: path})
	c.call(t, exampleCall{operation: "updatePocketPortal", path: path})
	c.call(t, exampleCall{operation: "getPortalFundingInstructions", path: path})

	between := func(from, to string) map[string]any {
		return map[string]any{"from_account.id": from, "to_account.id": to}
	}
	c.call(t, exampleCall{operation: "createOnUsTransfer", body: "funding", change: between(c.partner, c.pocket)})
	c.call(t, exampleCall{operation: "createOnUsTransfer", body: "defunding", change: between(c.other, c.partner)})
	c.call(t, exampleCall{operation: "createOnUsTransfer", body: "reallocation", change: between(c.pocket, c.other)})
	peers, err := c.Pockets.ListForCustomer(t.Context(), uuid.MustParse(c.peer), nil)
	if err != nil {
		t.Fatal(err)
	}
	to := c.world.peer(t, uuid.MustParse(c.customer), peers.Items[0].ID)
	c.call(t, exampleCall{operation: "createOnUsTransfer", body: "peerToPeer",
		change: between(c.pocket, to.String())})
	id := exampleIDs{"transfer_id": "d4a2d8dd-7def-4545-a062-761683b9aa05"}
	c.call(t, exampleCall{operation: "getOnUsTransfer", path: id})
	if err := c.bank.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.token = c.login(t)
	id["transfer_id"] = "cbb6cfce-f207-45e7-a6b3-1055ab43db51"
	c.call(t, exampleCall{operation: "getOnUsTransfer", path: id})
	tooMuch := between(c.other, c.partner)
	tooMuch["amount"] = map[string]any{"type": "REQUESTED_AMOUNT", "amount_usdc": 100_000_000}
	tooMuch["transfer_id"], tooMuch["async_mode"] = uuid.NewString(), false
	c.call(t, exampleCall{operation: "createOnUsTransfer", body: "defunding", change: tooMuch})
	id["transfer_id"] = tooMuch["transfer_id"].(string)
	c.call(t, exampleCall{operation: "getOnUsTransfer", path: id})
}

func (c *exampleCalls) payees(t *testing.T) {
	customer := exampleIDs{"customer_id": c.customer}
	account := exampleIDs{"account_id": c.pocket}
	ids := map[string]string{}
	for _, body := range []string{"wire", "wireToIndividual", "internationalWire", "ach", "onUs", "cryptoWallet"} {
		change := map[string]any{}
		if body == "onUs" {
			change["account_number"] = c.addressOf(t, uuid.MustParse(c.other))
		}
		ids[body] = at(t, c.call(t, exampleCall{operation: "createCounterparty", body: body, path: customer,
			change: change}), "id")
	}
	c.call(t, exampleCall{operation: "getCounterparty",
		path: exampleIDs{"customer_id": c.customer, "counterparty_id": ids["ach"]}})
	c.call(t, exampleCall{operation: "listCounterparties", path: customer})
	c.call(t, exampleCall{operation: "createPlaidCounterparties", path: customer})
	linked := c.link(t, uuid.MustParse(c.customer), nil, partnerapi.PlaidAccount{ID: "another"})
	mine := exampleIDs{"customer_id": c.customer, "counterparty_id": linked[0].ID.String()}
	if err := c.bank.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.token = c.login(t)
	c.call(t, exampleCall{operation: "createPlaidLinkToken", path: customer,
		change: map[string]any{"counterparty_id": mine["counterparty_id"]}})
	c.call(t, exampleCall{operation: "verifyPlaidCounterparty", path: mine})
	c.middle(t, "listCounterpartiesV1", customer)
	c.call(t, exampleCall{operation: "getCounterpartyV1",
		path: exampleIDs{"customer_id": c.customer, "counterparty_id": ids["wire"]}})
	c.call(t, exampleCall{operation: "getCounterparty",
		path: exampleIDs{"customer_id": c.customer, "counterparty_id": ids["ach"]}})

	made := c.call(t, exampleCall{operation: "createACHOrigination", path: account,
		change: map[string]any{"counterparty_id": ids["ach"]}})
	for range 2 {
		c.call(t, exampleCall{operation: "createACHOrigination", path: account,
			change: map[string]any{"counterparty_id": ids["ach"]}})
	}
	c.middle(t, "listACHOriginations", account)
	c.middle(t, "listCustomerACHOriginations", customer)
	c.call(t, exampleCall{operation: "createWire", path: account,
		change: map[string]any{"counterparty_id": ids["wire"]}})
	c.call(t, exampleCall{operation: "listWires"})
	if err := c.bank.RunUntilQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.token = c.login(t)
	c.call(t, exampleCall{operation: "getACHOrigination",
		path: exampleIDs{"account_id": c.pocket, "transfer_id": at(t, made, "id")}})
	c.call(t, exampleCall{operation: "getWire", path: exampleIDs{"wire_id": "4854014d-5540-4f0c-9efe-a0137f01e1da"}})
	if _, err := c.bank.ReceiveWire(t.Context(), sandbox.IncomingWire{PocketID: uuid.MustParse(c.pocket),
		AmountUSDC: 20_935_404, Sender: "John Smith"}); err != nil {
		t.Fatal(err)
	}
}

func (c *exampleCalls) cards(t *testing.T) {
	account := exampleIDs{"account_id": c.pocket}
	customer := exampleIDs{"customer_id": c.customer}
	virtual := c.call(t, exampleCall{operation: "createVirtualCard", body: "publicKey", path: account})
	path := exampleIDs{"account_id": c.pocket, "card_id": at(t, virtual, "card_id")}
	c.call(t, exampleCall{operation: "getVirtualCard", body: "publicKey", path: path, // A key is good for one request.
		change: map[string]any{"public_key": newPublicKey(t).PublicKey}})
	c.call(t, exampleCall{operation: "simulateCardSwipe", change: map[string]any{"card_id": path["card_id"]}})

	order := c.call(t, exampleCall{operation: "createCardOrder", path: account})
	c.call(t, exampleCall{operation: "generatePhysicalCard",
		change: map[string]any{"card_order_id": at(t, order, "card_order_id")}})
	got := c.call(t, exampleCall{operation: "getCardOrder",
		path: exampleIDs{"account_id": c.pocket, "card_order_id": at(t, order, "card_order_id")}})
	c.call(t, exampleCall{operation: "listCardOrders", path: account})
	c.call(t, exampleCall{operation: "listCustomerCardOrders", path: customer})
	c.call(t, exampleCall{operation: "listAccountCards", path: account})
	c.call(t, exampleCall{operation: "listCustomerCards", path: customer})

	c.call(t, exampleCall{operation: "listPublicKeys"})
	pin, err := card.EncryptPIN(c.setPIN(t), "0420")
	if err != nil {
		t.Fatal(err)
	}
	plastic := exampleIDs{"account_id": c.pocket, "card_id": at(t, got, "card_id")}
	c.call(t, exampleCall{operation: "setCardPIN", path: plastic, change: map[string]any{"encrypted_pin": pin}})
	c.call(t, exampleCall{operation: "getCardStatus", path: path})
	c.call(t, exampleCall{operation: "setCardStatus", path: path})
	c.call(t, exampleCall{operation: "closeCard", path: plastic})
	c.call(t, exampleCall{operation: "closeVirtualCard", path: path})
}

func (c *exampleCalls) events(t *testing.T) {
	var id string
	for _, body := range []string{"applicationStatuses", "applicationStatuses", "withRetryPolicy"} {
		id = at(t, c.call(t, exampleCall{operation: "createSubscription", body: body}), "id")
	}
	path := exampleIDs{"subscription_id": id}
	c.middle(t, "listSubscriptions", nil)
	c.call(t, exampleCall{operation: "getSubscription", path: path})
	c.call(t, exampleCall{operation: "updateSubscription", path: path})
	c.call(t, exampleCall{operation: "deleteSubscription", path: path})
	c.call(t, exampleCall{operation: "listEventTypes"})
	operation, _ := operationByID("triggerWebhook")
	content := c.document.Paths.Value(operation.Path).Post.RequestBody.Value.Content["application/json"]
	for _, body := range slices.Sorted(maps.Keys(content.Examples)) {
		c.call(t, exampleCall{operation: "triggerWebhook", body: body})
	}
	c.middle(t, "listEvents", nil)
}

// later has what takes months.
func (c *exampleCalls) later(t *testing.T) {
	c.set(t, c.bank.Time().AddDate(0, 3, 0))
	account := exampleIDs{"account_id": c.pocket}
	pocket := exampleIDs{"pocket_id": c.pocket}
	customer := exampleIDs{"customer_id": c.customer}
	both := exampleIDs{"customer_id": c.customer, "pocket_id": c.pocket}
	c.call(t, exampleCall{operation: "listCustomerAccounts", path: customer})
	c.call(t, exampleCall{operation: "getAccount", path: account})
	c.call(t, exampleCall{operation: "listPockets"})
	c.call(t, exampleCall{operation: "getPocket", path: pocket})
	c.call(t, exampleCall{operation: "listCustomerPockets", path: customer})
	c.call(t, exampleCall{operation: "getCustomerPocket", path: both})
	c.call(t, exampleCall{operation: "getPocketEarnings", path: pocket,
		query: "period=range&date_from=2027-01-04&date_to=2027-01-31"})

	c.middle(t, "listCustomerTransactionsV1", customer)
	transactions := c.middle(t, "listAccountTransactions", account)
	c.call(t, exampleCall{operation: "getAccountTransaction",
		path: exampleIDs{"account_id": c.pocket, "transaction_id": at(t, transactions, "items", -1, "id")}})
	transactions = c.middle(t, "listPocketTransactions", pocket)
	c.middle(t, "listCustomerTransactions", customer)
	c.call(t, exampleCall{operation: "getTransaction",
		path: exampleIDs{"transaction_id": at(t, transactions, "items", -1, "id")}})
	c.middle(t, "listCustomerTradesV1", customer)
	trades := c.middle(t, "listAccountTrades", account)
	c.call(t, exampleCall{operation: "listCustomerTrades", path: customer})
	c.call(t, exampleCall{operation: "getTradeConfirmation",
		path: exampleIDs{"account_id": c.pocket, "trade_id": at(t, trades, "items", -1, "id")}})
	c.middle(t, "listCustomerStatements", customer)
	c.middle(t, "listAccountStatements", account)
	c.call(t, exampleCall{operation: "createReportRequest", body: "bankStatement",
		change: map[string]any{"pocket_ids": []string{c.pocket}, "date_from": "2027-01-05",
			"date_to": "2027-01-05"}})
	c.call(t, exampleCall{operation: "createReportRequest", body: "trades"})
	c.call(t, exampleCall{operation: "listReportRequests"})
}

// ending closes a customer.
func (c *exampleCalls) ending(t *testing.T) {
	c.call(t, exampleCall{operation: "updateCustomer", body: "close_customer_account",
		path: exampleIDs{"customer_id": c.company}})
}

// complete checks that no operation and no example was left out, and that each exception is needed.
func (c *exampleCalls) complete(t *testing.T) {
	for _, operation := range partnerapi.Operations() {
		declared := c.document.Paths.Value(operation.Path).GetOperation(operation.Method)
		names := []string{""}
		if declared.RequestBody != nil {
			contents := declared.RequestBody.Value.Content
			if content := contents["application/json"]; content == nil {
				names = slices.Collect(maps.Keys(contents))
			} else if len(content.Examples) > 0 {
				names = slices.Collect(maps.Keys(content.Examples))
			}
		}
		for _, name := range names {
			if !c.called[operation.ID+" "+name] {
				t.Errorf("the example %q of %s was not sent", name, operation.ID)
			}
		}
	}
	lacked := map[string]bool{}
	for _, example := range slices.Sorted(maps.Keys(c.answered)) {
		for _, place := range c.answered[example] {
			lacked[example+" "+place] = true
			if absent[example+" "+place] == "" {
				t.Errorf("the example has what no answer has: %q", example+" "+place)
			}
		}
	}
	for name := range absent {
		if !lacked[name] {
			t.Errorf("an answer has it: %q", name)
		}
	}
}
