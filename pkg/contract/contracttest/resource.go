package contracttest

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A resource is a kind of thing that is created by one operation, and shown by others. The contract says so in its
// links and paths; what it has no word for, such as that a portal of an account is one of its pocket, is from its
// descriptions.
type resource struct {
	create string
	// id is where the answer has the id of the thing, or the variable that the request has it from.
	id string
	// parameters are what the id is called in paths.
	parameters []string
	// reads show one thing, and lists several.
	reads []string
	lists []listing
}

// A listing is a read that shows several things, and where it has their ids. query narrows it to what was made.
type listing struct {
	operation, ids string
	query          []pair
}

const itemIDs = "/items/*/id"

var (
	pocketLists = []listing{{"listPockets", itemIDs, nil}, {"listCustomerPockets", itemIDs, nil},
		{"listCustomerAccounts", itemIDs, nil}}
	portalLists = []listing{{"listAccountPortals", "/portals/*/id", nil}, {"listPocketPortals", itemIDs, nil},
		{"listCustomerPortals", itemIDs, nil}}
	cardLists = []listing{{"listAccountCards", "/items/*/card_id", nil}, {"listCustomerCards", "/items/*/card_id", nil}}
	wireLists = []listing{{"listWires", itemIDs, nil}, {"listWires", itemIDs, []pair{{"pocket_id", "${account_id}"}}},
		{"listWires", itemIDs, []pair{{"customer_id", "${customer_id}"}}}}
	relatedLists      = []listing{{"listRelatedPartyApplications", "/*/id", nil}}
	subscriptionLists = []listing{{"listSubscriptions", itemIDs, nil}}
)

var resources = []resource{
	{"createApplication", "/id", []string{"application_id"}, []string{"getApplication"}, nil},
	{"createBusinessApplication", "/id", []string{"application_id"},
		[]string{"getBusinessApplication", "listRelatedPartyApplications", "listDocumentRequests"}, nil},
	{"createRelatedPartyApplication", "/id", []string{"related_party_application_id"}, nil, relatedLists},
	{"createPocket", "/id", []string{"pocket_id", "account_id"},
		[]string{"getPocket", "getCustomerPocket", "getAccount", "listPocketTransactions", "listPocketPortals",
			"getPocketEarnings", "listAccountTransactions", "listAccountTrades", "listAccountPortals",
			"listAccountStatements", "listACHOriginations", "listAccountCards", "listCardOrders"}, pocketLists},
	{"createAccountPortal", "/id", []string{"portal_id"},
		[]string{"getAccountPortal", "getPocketPortal", "getPortalFundingInstructions"}, portalLists},
	{"createPocketPortal", "/id", []string{"portal_id"},
		[]string{"getPocketPortal", "getAccountPortal", "getPortalFundingInstructions"}, portalLists},
	{"createCounterparty", "/id", []string{"counterparty_id"}, []string{"getCounterparty"},
		[]listing{{"listCounterparties", itemIDs, nil}}},
	{"createPlaidCounterparties", "/items/0/id", []string{"counterparty_id"},
		[]string{"getCounterpartyV1", "getCounterparty"},
		[]listing{{"listCounterpartiesV1", itemIDs, nil}, {"listCounterparties", itemIDs, nil}}},
	{"createOnUsTransfer", "/id", []string{"transfer_id"}, []string{"getOnUsTransfer"}, nil},
	{"createOnUsTransfer", "${transfer_id}", []string{"transfer_id"}, []string{"getOnUsTransfer"}, nil},
	{"createACHOrigination", "/id", []string{"transfer_id"}, []string{"getACHOrigination"},
		[]listing{{"listACHOriginations", itemIDs, nil}, {"listCustomerACHOriginations", itemIDs, nil}}},
	{"createWire", "${wire_id}", []string{"wire_id"}, []string{"getWire"}, wireLists},
	{"createReportRequest", "/id", nil, nil, []listing{{"listReportRequests", itemIDs, nil}}},
	{"createSubscription", "/id", []string{"subscription_id"}, []string{"getSubscription"}, subscriptionLists},
	{"createVirtualCard", "/card_id", []string{"card_id"}, []string{"getCardStatus"}, cardLists},
	{"createCardOrder", "/card_order_id", []string{"card_order_id"}, []string{"getCardOrder"},
		[]listing{{"listCardOrders", "/items/*/card_order_id", nil},
			{"listCustomerCardOrders", "/items/*/card_order_id", nil}}},
}

// A change is an operation that changes a thing, or closes or removes it.
type change struct {
	operation string
	// parameter is what the id of the thing is called.
	parameter string
	reads     []string
	lists     []listing
}

var changes = []change{
	{"updatePocket", "pocket_id", []string{"getCustomerPocket", "getPocket"}, pocketLists[:2]},
	{"updateAccountPortal", "portal_id", []string{"getAccountPortal", "getPocketPortal"}, portalLists},
	{"updatePocketPortal", "portal_id", []string{"getPocketPortal", "getAccountPortal"}, portalLists},
	{"updateSubscription", "subscription_id", []string{"getSubscription"}, subscriptionLists},
	{"updateBusinessApplication", "application_id", []string{"getBusinessApplication"}, nil},
	{"updateRelatedPartyApplication", "related_party_application_id", nil, relatedLists},
	{"setCardStatus", "card_id", []string{"getCardStatus"}, cardLists},
	{"updateCustomer", "customer_id", []string{"getCustomer"}, nil},
}

// removals are changes after which there is nothing any more.
var removals = []change{
	{"deleteSubscription", "subscription_id", []string{"getSubscription", "updateSubscription", "deleteSubscription"},
		subscriptionLists},
	{"deleteRelatedPartyApplication", "related_party_application_id",
		[]string{"updateRelatedPartyApplication", "deleteRelatedPartyApplication"}, relatedLists},
}

// A closing is a change after which a thing is CLOSED for good. reopen are requests that would have it open again.
type closing struct {
	change
	// body, if it is not empty, is that of the request.
	body   string
	reopen []string
}

const closed = "CLOSED"

var closings = []closing{
	{change{"closeVirtualCard", "card_id", []string{"getCardStatus"}, cardLists}, "", []string{"setCardStatus"}},
	{change{"closeCard", "card_id", []string{"getCardStatus"}, cardLists}, "", []string{"setCardStatus"}},
	{change{"closeAccountPortal", "portal_id", []string{"getAccountPortal", "getPocketPortal"}, portalLists}, "", nil},
	{change{"updatePocketPortal", "portal_id", []string{"getPocketPortal", "getAccountPortal"}, portalLists},
		`{"status":"CLOSED"}`, nil},
}

// operations are those that show a change, with the one that makes it.
func (c change) operations() []string {
	all := append([]string{c.operation}, c.reads...)
	for _, l := range c.lists {
		all = append(all, l.operation)
	}
	return all
}

func (c resource) operations() []string {
	return change{c.create, "", c.reads, c.lists}.operations()
}

// tests reports whether one of these operations is tested.
func (r *run) tests(ids []string) bool {
	return slices.ContainsFunc(r.tested, func(o *operation) bool { return slices.Contains(ids, o.ID) })
}

// ids are what is known around a ground, with an id for some parameters.
func (g *ground) ids(id string, parameters ...string) map[string]string {
	known := g.parameters()
	for _, name := range parameters {
		known[name] = id
	}
	if known["account_id"] == "" && known["pocket_id"] != "" {
		known["account_id"] = known["pocket_id"]
	}
	return known
}

// readsOf are calls of reads with what is known.
func readsOf(known map[string]string, ids []string) []step {
	var steps []step
	for _, id := range ids {
		if o := operationByID(id); o != nil {
			if s, ok := o.readOf(known); ok {
				steps = append(steps, s)
			}
		}
	}
	return steps
}

// listOf is a call of a list with what is known, as many items as there can be on a page.
func listOf(known map[string]string, l listing) (step, bool) {
	o := operationByID(l.operation)
	s, ok := o.readOf(known)
	if !ok {
		return s, false
	}
	for _, p := range l.query {
		name := p.Value[2 : len(p.Value)-1]
		if known[name] == "" {
			return s, false
		}
		s.Query = append(s.Query, pair{p.Name, known[name]})
	}
	if o.asks("limit") {
		s.Query = append(s.Query, pair{"limit", "100"})
	}
	return s, true
}

// asks reports whether an operation has a parameter in its query.
func (o *operation) asks(name string) bool {
	for _, p := range o.in("query") {
		if p.Name == name {
			return true
		}
	}
	return false
}

// A look is a read that shows a thing, or a list that has it, with where the list has its ids.
type look struct {
	step
	ids string
}

// looks are reads of what is changed, and those pages of lists that have it.
func (r *run) looks(ctx context.Context, t *trace, c change, known map[string]string, id string) ([]look, error) {
	var all []look
	for _, s := range readsOf(known, c.reads) {
		all = append(all, look{step: s})
	}
	for i, l := range c.lists {
		s, ok := listOf(known, l)
		if !ok {
			continue
		}
		page, err := r.pageWith(ctx, t, s, l.ids, id, fmt.Sprintf("list_%d", i))
		if err != nil {
			return nil, err
		}
		all = append(all, look{page, l.ids})
	}
	return all, nil
}

// A subject is a thing that is to be changed: made anew, by the steps of a ground, with the reads that show it.
type subject struct {
	ground *ground
	trace  *trace
	id     string
	known  map[string]string
	looks  []look
}

// subjectOf makes what a change is about, and leaves out of the change what the server does not have.
func (r *run) subjectOf(ctx context.Context, c *change) (*subject, error) {
	if err := r.served(ctx, &c.reads, &c.lists); err != nil {
		return nil, err
	}
	f, err := r.freshOf(ctx, c.operation)
	if err != nil {
		return nil, err
	}
	known := f.ids("")
	s := &subject{ground: f, id: known[c.parameter], known: known}
	if s.trace, err = r.on(ctx, f); err != nil {
		return nil, err
	}
	s.looks, err = r.looks(ctx, s.trace, *c, known, s.id)
	return s, err
}

// shown is what the first of the reads shows of a thing, or nil.
func (s *subject) shown(ctx context.Context, r *run) (value any, err error) {
	if len(s.looks) == 0 {
		return value, nil
	}
	if err := r.more(ctx, s.trace, s.looks[0].step); err != nil {
		return value, err
	}
	if e := s.trace.last(); succeeded(e) {
		value = e.value
	}
	if ids := s.looks[0].ids; ids != "" {
		element := elementOf(value, ids, s.trace.vars.fill(s.id, asIs))
		if value = nil; element != nil {
			value = element
		}
	}
	return value, nil
}

// pathOf is a target without its query.
func pathOf(target string) string {
	path, _, _ := strings.Cut(target, "?")
	return path
}

// member is that of an object, or nil.
func member(v any, name string) any {
	object, _ := v.(map[string]any)
	return object[name]
}
