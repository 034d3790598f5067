package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// A paged list, with the operation that puts something into it.
type paged struct{ list, maker string }

var pagedLists = []paged{
	{"listPockets", "createPocket"}, {"listCustomerPockets", "createPocket"}, {"listCustomerAccounts", "createPocket"},
	{"listCustomerTransactionsV1", "fundAccount"}, {"listAccountTransactions", "fundAccount"},
	{"listPocketTransactions", "fundAccount"}, {"listCustomerTransactions", "fundAccount"},
	{"listCustomerTradesV1", "fundAccount"}, {"listAccountTrades", "fundAccount"},
	{"listCustomerTrades", "fundAccount"},
	{"listPocketTransactions", "createOnUsTransfer"}, {"listCustomerTransactions", "createOnUsTransfer"},
	{"listReportRequests", "createReportRequest"}, {"listACHOriginations", "createACHOrigination"},
	{"listCustomerACHOriginations", "createACHOrigination"}, {"listWires", "createWire"},
	{"listCustomerPortals", "createPocketPortal"}, {"listPocketPortals", "createPocketPortal"},
	{"listCounterpartiesV1", "createPlaidCounterparties"}, {"listCounterparties", "createCounterparty"},
	{"listSubscriptions", "createSubscription"}, {"listEvents", "triggerWebhook"},
	{"listAccountCards", "createVirtualCard"}, {"listCustomerCards", "createVirtualCard"},
	{"listCardOrders", "createCardOrder"}, {"listCustomerCardOrders", "createCardOrder"},
	{"listCustomerStatements", ""}, {"listAccountStatements", ""},
}

const (
	// mostItems is how many items the pages of a list hold that is made longer.
	mostItems = 7
	// wholePage is the longest page that there can be.
	wholePage = "100"
)

// pages reads lists page by page, by each filter and in each order.
func pages(ctx context.Context, r *run) error {
	for _, p := range pagedLists {
		if !r.tests([]string{p.list}) {
			continue
		}
		if err := leaveOut(r.paged(ctx, p)); err != nil {
			return err
		}
	}
	return r.moments(ctx)
}

// paged makes a list longer, and reads it.
func (r *run) paged(ctx context.Context, p paged) error {
	o := operationByID(p.list)
	f, err := r.known(ctx, o)
	if leaveOut(err) != nil {
		return err
	}
	var maker *step
	if p.maker != "" && r.config.AllowWrites {
		made, err := r.freshOf(ctx, p.maker)
		if leaveOut(err) != nil {
			return err
		}
		if err == nil {
			f = made
			s := f.remade(f.request())
			maker = &s
		}
	}
	if f == nil {
		return nil
	}
	list, ok := o.readOf(f.ids(""))
	if !ok {
		list = f.request()
		if f.operation != o {
			return nil
		}
	}
	var makes []step
	for i := 0; maker != nil && i < mostItems; i++ {
		s := *maker
		if at := amountPointer(bodyOf(s)); at != "" && p.maker != "simulateCardSwipe" {
			if changed, ok := graft(*s.Body, at, json.RawMessage(strconv.Itoa(150_000+1000*i))); ok {
				s.Body = &changed
			}
		}
		if r.controls && i > 1 {
			makes = append(makes, step{Clock: &recipe.Clock{By: "1m"}})
		}
		makes = append(makes, s)
	}
	t, err := r.on(ctx, f, makes...)
	if err != nil {
		return err
	}
	if err := r.pagesOf(ctx, t, o, list, maker); err != nil {
		return err
	}
	if err := r.filtersOf(ctx, t, o, list); err != nil {
		return err
	}
	return r.unmatched(ctx, t, o, list)
}

func bodyOf(s step) body {
	if s.Body == nil {
		return nil
	}
	return *s.Body
}

// asking is a read with more parameters.
func asking(s step, more ...pair) step {
	s.Query = append(slices.Clone(s.Query), more...)
	return s
}

// pagesOf reads a list with pages of several lengths, and once more while something is put into it.
func (r *run) pagesOf(ctx context.Context, t *trace, o *operation, list step, maker *step) error {
	if !o.asks("limit") {
		return nil
	}
	whole := asking(list, pair{"limit", wholePage})
	if err := r.more(ctx, t, whole); err != nil {
		return err
	}
	last := whole
	last.Want = []want{{judgePages, nil}}
	for _, limit := range []int{1, 2, 3, 7} {
		if err := r.chain(ctx, t, o, list, limit, nil); err != nil {
			return err
		}
	}
	if err := r.more(ctx, t, list, last); err != nil {
		return err
	}
	if maker == nil || !o.asks("cursor") { // By offsets, what is new moves what is behind it to another page.
		return nil
	}
	if err := r.chain(ctx, t, o, list, 2, maker); err != nil {
		return err
	}
	return r.more(ctx, t, last)
}

// chain reads page after page, each of a length. inserted, if it is not nil, is sent after the first one.
func (r *run) chain(ctx context.Context, t *trace, o *operation, list step, limit int, inserted *step) error {
	cursor := fmt.Sprintf("cursor_%d", limit)
	back := fmt.Sprintf("back_%d", limit)
	if inserted != nil {
		cursor, back = cursor+"_more", back+"_more"
	}
	byCursor := o.asks("cursor")
	for n := range 6 {
		page := asking(list, pair{"limit", strconv.Itoa(limit)})
		switch {
		case byCursor && n > 0:
			page = asking(page, pair{"cursor", "${" + cursor + "}"})
		case !byCursor:
			page = asking(page, pair{"offset", strconv.Itoa(n * limit)})
		}
		if byCursor {
			page.Keep = map[string]string{cursor: optional + "/next_page"}
			if n == 1 {
				page.Keep[back] = optional + "/prev_page"
			}
		}
		if err := r.more(ctx, t, page); err != nil {
			return err
		}
		if n == 0 && inserted != nil {
			if err := r.more(ctx, t, *inserted); err != nil {
				return err
			}
		}
		items, _ := member(t.last().value, "items").([]any)
		if n == 1 && byCursor && inserted == nil && t.vars[back] != "" {
			page := asking(list, pair{"limit", strconv.Itoa(limit)}, pair{"cursor", "${" + back + "}"})
			page.Want = []want{{judgeBack, nil}}
			if err := r.more(ctx, t, page); err != nil {
				return err
			}
		}
		if byCursor && t.vars[cursor] == "" || !byCursor && len(items) == 0 {
			break
		}
	}
	return nil
}

// parameterOf is what a step has for a parameter of its query.
func (s step) parameterOf(name string) (string, bool) {
	for _, p := range s.Query {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// idsOf are the elements of a list, by what tells them apart: all of an element if it has no id.
func idsOf(v any) []string {
	elements, ok := elementsOf(v)
	if !ok {
		return nil
	}
	ids := make([]string, len(elements))
	for i, element := range elements {
		if ids[i] = idOf(element); ids[i] != "" {
			continue
		}
		encoded, err := json.Marshal(element)
		if err != nil {
			return nil
		}
		ids[i] = string(encoded)
	}
	return ids
}

// judgePages wants the pages since the whole list was read before to have the same, each item once and in order.
var judgePages = register("pages", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	seen, places := t.lastReads(at, 2)
	if seen == nil {
		return nil
	}
	whole := idsOf(seen[0].value)
	operation := t.steps[at].Operation
	fail := func(place, rule, expected, got string) []failure {
		return []failure{{code: codePages, operation: operation, place: place, rule: rule, expected: expected, got: got,
			source: operationByID(operation).source("parameters")}}
	}
	if hasTwice(whole) {
		return fail("body /items", "repeats", "each item once", "an item twice on a page")
	}
	isWhole := member(seen[0].value, "next_page") == nil || member(seen[0].value, "next_page") == ""
	isWhole = isWhole && len(whole) < 100
	isGrowing := false
	for i := places[0] + 1; i < places[1]; i++ {
		e := t.of(i)
		isGrowing = isGrowing || e != nil && e.step.Method != http.MethodGet
	}
	byOffset := operationByID(operation).asks("offset")
	if !isGrowing && !slices.Equal(whole, idsOf(seen[1].value)) || isGrowing && byOffset {
		return nil // It changes by itself, or its pages move.
	}
	for _, chain := range t.chains(places[0], places[1], operation) {
		var all []string
		for _, e := range chain {
			ids := idsOf(e.value)
			limit, has := e.step.parameterOf("limit")
			if n, err := strconv.Atoi(limit); has && err == nil && len(ids) > n {
				return fail("query limit", "limit", "pages of no more than the limit", "a longer page")
			}
			all = append(all, ids...)
		}
		end := chain[len(chain)-1]
		isEnd := !byOffset && !end.hasNext() || byOffset && len(idsOf(end.value)) == 0
		if hasTwice(all) {
			return fail("body /items", "repeats", "each item once, page by page", "an item on two pages")
		}
		known := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !slices.Contains(whole, id) })
		switch {
		case !isGrowing && isWhole && len(known) < len(all):
			return fail("body /items", "more", "the items that are read at once", "others")
		case isEnd && isWhole && len(known) < len(whole):
			return fail("body /items", "loses", "all items, page by page", "fewer than are read at once")
		case slices.Equal(known, whole[:min(len(known), len(whole))]):
		case containsAll(known, whole[:min(len(known), len(whole))]):
			return fail("body /items", "order", "the order of the list that is read at once", "another one")
		default:
			return fail("body /items", "loses", "all items, page by page", "a page that goes on too far")
		}
	}
	return nil
})

func hasTwice(ids []string) bool {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	return len(slices.Compact(sorted)) < len(ids)
}

func containsAll(ids, others []string) bool {
	return !slices.ContainsFunc(others, func(id string) bool { return !slices.Contains(ids, id) })
}

// chains are the pages of a list between two places, those that go on from each other together.
func (t *trace) chains(from, to int, operation string) [][]*exchange {
	var all [][]*exchange
	isThrough := false
	for i := from + 1; i < to; i++ {
		e := t.of(i)
		if e == nil || e.step.Operation != operation || !e.isSuccess() || len(e.step.Want) > 0 {
			continue
		}
		_, isLater := e.step.parameterOf("cursor")
		byCursor := isLater
		if offset, has := e.step.parameterOf("offset"); has && offset != "0" {
			isLater = true
		}
		switch {
		case !isLater:
			all, isThrough = append(all, []*exchange{e}), false
		case isThrough || byCursor && sentCursor(e) == "":
			// There was no next page, and so it is the first one again, and the second one after it: the list of
			// another server was longer, from which the steps were stored.
			isThrough = true
		case len(all) == 0 || byCursor && !goesOn(all[len(all)-1], e):
			return nil
		default:
			all[len(all)-1] = append(all[len(all)-1], e)
		}
	}
	return all
}

// goesOn reports whether a page is the one after those before.
func goesOn(chain []*exchange, e *exchange) bool {
	next, _ := member(chain[len(chain)-1].value, "next_page").(string)
	return next != "" && sentCursor(e) == next
}

// sentCursor is the cursor that a request had.
func sentCursor(e *exchange) string {
	return queryOf(e).Get("cursor")
}

// judgeBack wants the way back from the second page to lead to the first one.
var judgeBack = register("back", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e, second, first := t.of(at), t.of(at-1), t.of(at-2)
	if !succeeded(e) || !succeeded(second) || !succeeded(first) || second.step.Operation != e.step.Operation ||
		first.step.Operation != e.step.Operation {
		return nil
	}
	if _, isLater := first.step.parameterOf("cursor"); isLater {
		return nil
	}
	if previous, _ := member(second.value, "prev_page").(string); previous == "" ||
		sentCursor(e) != previous || slices.Equal(idsOf(e.value), idsOf(first.value)) {
		return nil
	}
	return []failure{{code: codePages, operation: e.step.Operation, place: "body /prev_page", rule: "back",
		expected: "the page before", got: "another one",
		source: operationByID(e.step.Operation).source("responses", "200")}}
})

// A filtering is a parameter, and where items show what it is about.
type filtering struct {
	parameter, member string
	// how it compares: is and same, any of several, unless; from and to of moments, from_day and to_day of days;
	// period; amount_from and amount_to; and order, which keeps all.
	how string
}

var filterings = map[string][]filtering{
	"listPockets":         {{"filter[status]", "/status", "is"}},
	"listCustomerPockets": {{"filter[status]", "/status", "is"}},
	"listAccountCards":    {{"filter[status]", "/status", "is"}},
	"listCustomerCards":   {{"filter[status]", "/status", "is"}},
	"listACHOriginations": {{"filter[status]", "/status", "is"}, {"direction", "/direction", "is"}},
	"listCustomerACHOriginations": {{"filter[status]", "/status", "is"},
		{"direction", "/direction", "is"}},
	"listWires": {{"direction", "/direction", "is"}, {"pocket_id", "/pocket_id", "same"},
		{"customer_id", "/customer_id", "same"}},
	"listCounterparties": {{"type", "/type", "is"}, {"status", "/status", "is"}},
	"listPocketTransactions": {{"direction", "/direction", "is"}, {"filter[type]", "/type", "is"},
		{"include_sweeps", "/type", "unless"},
		{"amount_from", "/amount/value", "amount_from"}, {"amount_to", "/amount/value", "amount_to"},
		{"time_booked_from", "/time_booked", "from"}, {"time_booked_to", "/time_booked", "to"},
		{"time_settled_from", "/time_settled", "from"}, {"time_settled_to", "/time_settled", "to"},
		{"order", "/time_booked", "order"}},
	"listCustomerTransactions": {{"direction", "/direction", "is"}, {"filter[type]", "/type", "is"},
		{"include_sweeps", "/type", "unless"},
		{"amount_from", "/amount/value", "amount_from"}, {"amount_to", "/amount/value", "amount_to"},
		{"time_booked_from", "/time_booked", "from"}, {"time_booked_to", "/time_booked", "to"},
		{"time_settled_from", "/time_settled", "from"}, {"time_settled_to", "/time_settled", "to"},
		{"pocket_id[]", "/pocket_id", "same"}, {"order", "/time_booked", "order"}},
	"listCustomerTransactionsV1": {{"filter[types]", "/details/transaction_type", "is"},
		{"timestamp_from", "/timestamp", "from"}, {"timestamp_to", "/timestamp", "to"},
		{"account[]", "/jiko_account_id", "same"}, {"order", "/timestamp", "order"}},
	"listAccountTransactions": {{"filter[types]", "/details/transaction_type", "is"},
		{"timestamp_from", "/timestamp", "from"}, {"timestamp_to", "/timestamp", "to"},
		{"order", "/timestamp", "order"}},
	"listCustomerTrades": {{"trade_datetime_from", "/trade_datetime", "from"},
		{"trade_datetime_to", "/trade_datetime", "to"}, {"pocket_id[]", "/pocket_id", "same"},
		{"book_date_from", "/book_date", "from_day"}, {"book_date_to", "/book_date", "to_day"},
		{"settlement_date_from", "/settled_date", "from_day"}, {"settlement_date_to", "/settled_date", "to_day"},
		{"order", "/trade_datetime", "order"}},
	"listCustomerStatements": {{"key", "/key", "period"}, {"type[]", "/type", "is"},
		{"account[]", "/jiko_account_id", "same"}},
	"listAccountStatements": {{"key", "/key", "period"}, {"type[]", "/type", "is"}},
	"listCustomerTradesV1": {{"trade_datetime_from", "/trade_datetime", "from"},
		{"trade_datetime_to", "/trade_datetime", "to"}},
	"listAccountTrades": {{"trade_datetime_from", "/trade_datetime", "from"},
		{"trade_datetime_to", "/trade_datetime", "to"}},
	"listEvents": {{"after", "/event/timestamp", "from"}},
}

// filtersOf reads a list by each value of its filters.
func (r *run) filtersOf(ctx context.Context, t *trace, o *operation, list step) error {
	return r.filtersBy(ctx, t, o, list, filterings[o.ID])
}

// filtersBy is filtersOf of some filters.
func (r *run) filtersBy(ctx context.Context, t *trace, o *operation, list step, all []filtering) error {
	if len(all) == 0 {
		return nil
	}
	whole := asking(list, pair{"limit", wholePage})
	if err := r.more(ctx, t, whole); err != nil {
		return err
	}
	items, _ := member(t.last().value, "items").([]any)
	for _, f := range all {
		var values []string
		middle := len(items) / 2
		pointer := "/items/" + strconv.Itoa(middle) + f.member
		switch f.how {
		case "is", "order":
			values = enumOf(o, f.parameter)
		case "unless":
			values = []string{"false"}
		default:
			if _, ok := at(t.last().value, pointer); !ok && len(items) == 0 {
				continue
			}
			s := whole
			s.Keep = map[string]string{"bound": optional + pointer}
			if err := r.more(ctx, t, s); err != nil {
				return err
			}
			if t.vars["bound"] != "" {
				values = []string{"${bound}"}
			}
			values = append(values, f.extremes()...)
		}
		for _, value := range values {
			s := asking(whole, pair{f.parameter, value})
			wants := []want{{judgeFilter, map[string]string{"parameter": f.parameter, "value": value,
				"member": f.member, "how": f.how}}}
			steps := []step{s}
			if isState(f.member[strings.LastIndexByte(f.member, '/')+1:]) {
				// What is in another state afterwards may have been in it before.
				steps = append(steps, whole)
			}
			steps[len(steps)-1].Want = wants
			if err := r.more(ctx, t, steps...); err != nil {
				return err
			}
			if len(steps) == 1 && f.how == "is" && o.asks("cursor") && len(itemsOf(t.last().value)) > 0 {
				if err := r.laterPages(ctx, t, asking(list, pair{f.parameter, value}), wants); err != nil {
					return err
				}
			}
		}
		if err := r.pagedBy(ctx, t, o, list, f, values); err != nil {
			return err
		}
		if f.how == "from" {
			if err := r.zoned(ctx, t, whole, f); err != nil {
				return err
			}
		}
		if f.how == "same" && strings.HasSuffix(f.parameter, "[]") {
			if err := r.several(ctx, t, whole, f, items); err != nil {
				return err
			}
		}
	}
	return nil
}

// laterPages reads the further pages of a list with a filter, which must be there as well.
func (r *run) laterPages(ctx context.Context, t *trace, list step, wants []want) error {
	page := asking(list, pair{"limit", "2"})
	page.Keep = map[string]string{theCursor: optional + "/next_page"}
	if err := r.more(ctx, t, page); err != nil {
		return err
	}
	page = asking(page, pair{"cursor", "${" + theCursor + "}"})
	page.Want = wants
	for n := 0; n < 4 && t.vars[theCursor] != ""; n++ {
		if err := r.more(ctx, t, page); err != nil {
			return err
		}
	}
	return nil
}

// zoned asks for what is later than the last bound was at a clock far to the east: that is many hours earlier.
func (r *run) zoned(ctx context.Context, t *trace, whole step, f filtering) error {
	if moment, _ := t.vars["bound"].(string); !strings.HasSuffix(moment, "Z") {
		return nil
	}
	s := asking(whole, pair{f.parameter, "${local}+14:00"})
	s.Make = map[string]recipe.Made{"local": madeLocal + "bound"}
	s.Want = []want{{judgeFilter, map[string]string{"parameter": f.parameter, "value": "${local}+14:00",
		"member": f.member, "how": f.how}}}
	return r.more(ctx, t, s)
}

// several asks for what belongs to one of two things, if a list has both.
func (r *run) several(ctx context.Context, t *trace, whole step, f filtering, items []any) error {
	bound, _ := t.vars["bound"].(string)
	for i, item := range items {
		other, ok := at(item, f.member)
		if !ok || other == any(bound) || bound == "" {
			continue
		}
		look := whole
		look.Keep = map[string]string{"bound_too": optional + "/items/" + strconv.Itoa(i) + f.member}
		s := asking(whole, pair{f.parameter, "${bound}"}, pair{f.parameter, "${bound_too}"})
		s.Want = []want{{judgeFilter, map[string]string{"parameter": f.parameter, "value": "${bound} ${bound_too}",
			"member": f.member, "how": "any"}}}
		return r.more(ctx, t, look, s)
	}
	return nil
}

// enumOf are the values that a parameter can have.
func enumOf(o *operation, name string) []string {
	for _, p := range o.in("query") {
		if p.Name != name {
			continue
		}
		s := p.Schema.Value
		if s.Items != nil {
			s = s.Items.Value
		}
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprint(v))
		}
		return values
	}
	return nil
}

func at(v any, pointer string) (any, bool) {
	found, err := recipe.Find(v, pointer)
	if err != nil || len(found) != 1 || found[0] == nil {
		return nil, false
	}
	return found[0], true
}

// judgeFilter wants a list to have what its filter asks for, all of that and nothing else.
var judgeFilter = register("filter", func(_ *run, t *trace, step int, args map[string]string) []failure {
	e := t.of(step)
	if !succeeded(e) || e.value == nil || strings.Contains(args["value"], "${") {
		return nil
	}
	var whole, later *exchange
	if _, isFiltered := e.step.parameterOf(args["parameter"]); !isFiltered {
		later, step = e, step-1
		if e = t.of(step); !succeeded(e) || e.value == nil || e.step.Operation != later.step.Operation {
			return nil
		}
		if _, isFiltered := e.step.parameterOf(args["parameter"]); !isFiltered {
			return nil
		}
	}
	for i := step - 1; i >= 0 && whole == nil; i-- {
		other := t.of(i)
		if other == nil {
			continue
		}
		if other.step.Method != http.MethodGet {
			return nil
		}
		isAlike := func(a, b pair) bool { return a == b || a.Name == "limit" && b.Name == "limit" }
		if other.step.Operation == e.step.Operation &&
			slices.EqualFunc(other.step.Query, unfiltered(e.step, args["parameter"]), isAlike) {
			if limit, _ := other.step.parameterOf("limit"); limit == wholePage && other.isSuccess() {
				whole = other
			}
		}
	}
	if whole == nil {
		return nil
	}
	fail := func(rule, expected, got string) []failure {
		return []failure{{code: codeFilter, operation: e.step.Operation, place: "query " + args["parameter"],
			rule: rule, expected: expected, got: got, source: operationByID(e.step.Operation).source("parameters")}}
	}
	items, _ := member(e.value, "items").([]any)
	if args["how"] == "order" {
		if !isSorted(items, args["member"], args["value"] == "desc") {
			return fail(args["value"], "items in that order", "another order")
		}
		return nil
	}
	for _, item := range items {
		decided := true
		if !fitsFilter(item, args, args["how"], &decided) && decided {
			return fail("item", "items that the filter lets through", "an item that it does not")
		}
	}
	everything, _ := member(whole.value, "items").([]any)
	_, isLater := e.step.parameterOf("cursor")
	if e.hasNext() || isLater {
		return nil
	}
	shown := idsOf(e.value)
	ids := idsOf(whole.value)
	for i, item := range everything {
		decided := later == nil || isStill(later.value, ids[i], item, args["member"])
		if fitsFilter(item, args, args["how"], &decided) && decided && !slices.Contains(shown, ids[i]) {
			return fail("loses", "all items that the filter lets through", "a list without one of them")
		}
	}
	return nil
})

// unfiltered is the query of a step without a parameter, and without where its page begins.
func unfiltered(s step, parameter string) []pair {
	return slices.DeleteFunc(slices.Clone(s.Query), func(p pair) bool {
		return p.Name == parameter || p.Name == "cursor"
	})
}

// isStill reports whether a list has an item with what it had at a member before.
func isStill(list any, id string, before any, pointer string) bool {
	items, _ := member(list, "items").([]any)
	i := slices.Index(idsOf(list), id)
	if i < 0 || i >= len(items) {
		return false
	}
	was, hasWas := at(before, pointer)
	is, hasIs := at(items[i], pointer)
	return hasWas && hasIs && reflect.DeepEqual(was, is)
}

// fitsFilter reports whether an item is one that a filter lets through. At the bounds of a time it is not decided.
func fitsFilter(item any, args map[string]string, how string, decided *bool) bool {
	value, ok := at(item, args["member"])
	if !ok {
		*decided = *decided && settlements.MatchString(args["parameter"])
		return false
	}
	switch how {
	case "is", "same":
		return fmt.Sprint(value) == args["value"]
	case "any":
		return slices.Contains(strings.Fields(args["value"]), fmt.Sprint(value))
	case "unless":
		return fmt.Sprint(value) != "SWEEP"
	case "period": // Whether the months of a year are a part of it is not told.
		if *decided = !strings.HasPrefix(fmt.Sprint(value), args["value"]+"-"); !*decided {
			return false
		}
		return fmt.Sprint(value) == args["value"]
	case "from_day", "to_day": // Both ends count, and days are in the order of their texts.
		day, bound := fmt.Sprint(value), args["value"]
		return day == bound || day > bound == (how == "from_day")
	case "from", "to":
		shown, err := time.Parse(time.RFC3339, fmt.Sprint(value))
		bound, errBound := time.Parse(time.RFC3339, args["value"])
		if err != nil || errBound != nil || shown.Equal(bound) {
			*decided = false
			return false
		}
		return shown.After(bound) == (how == "from")
	}
	shown, bound := integer(value), integer(json.Number(args["value"]))
	if shown == nil || bound == nil || shown.Sign() < 0 {
		*decided = false
		return false
	}
	if how == "amount_from" {
		return shown.Cmp(bound) >= 0
	}
	return shown.Cmp(bound) <= 0
}

// isSorted reports whether items are in the order of a time. Those of the same time are in any.
func isSorted(items []any, pointer string, isDescending bool) bool {
	var last *big.Int
	for _, item := range items {
		value, ok := at(item, pointer)
		if !ok {
			continue
		}
		moment, err := time.Parse(time.RFC3339, fmt.Sprint(value))
		if err != nil {
			return true
		}
		is := big.NewInt(moment.UnixMicro())
		if last != nil && is.Cmp(last) != 0 && is.Cmp(last) < 0 != isDescending {
			return false
		}
		last = is
	}
	return true
}
