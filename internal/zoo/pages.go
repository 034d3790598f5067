package zoo

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// paginations are broken in how they cut lists, filter and sort them.
var paginations = []Animal{
	{
		Name: "pages-by-number", Fault: "Pages of reports are by position, so that a new one has another come twice.",
		Checks: []string{"F912"}, Operations: []string{"listReportRequests"}, Place: "repeats",
		Break: paging(func(at, limit, _ int) (int, int, int) { return at, at + limit, at + limit },
			"listReportRequests"),
	},
	{
		Name: "pages-off-by-one", Fault: "Each page of card orders begins one too late.",
		Checks: []string{"F912"}, Operations: []string{"listCardOrders"}, Place: "loses",
		Break: paging(func(at, limit, _ int) (int, int, int) { return at, at + limit, at + limit + 1 },
			"listCardOrders"),
	},
	{
		Name: "pages-overlap", Fault: "Each page of transactions begins with the last item of the one before.",
		Checks: []string{"F912"}, Operations: []string{"listPocketTransactions"}, Place: "repeats",
		Break: paging(func(at, limit, _ int) (int, int, int) { return at, at + limit, at + limit - 1 },
			"listPocketTransactions"),
	},
	{
		Name: "last-page-again", Fault: "The last page of a customer's portals comes twice.",
		Checks: []string{"F912"}, Operations: []string{"listCustomerPortals"}, Place: "repeats",
		Break: paging(func(at, limit, count int) (int, int, int) {
			if at >= count {
				return max(0, at-limit), count, at
			}
			return at, at + limit, -(at + limit)
		}, "listCustomerPortals"),
	},
	{
		Name: "last-item-lost", Fault: "The last item of a list of cards is on no page.",
		Checks: []string{"F912"}, Operations: []string{"listCustomerCards"}, Place: "loses",
		Break: paging(func(at, limit, count int) (int, int, int) {
			if limit < 100 && at+limit >= count {
				return at, count - 1, count
			}
			return at, at + limit, at + limit
		}, "listCustomerCards"),
	},
	{
		Name: "cursor-ignored", Fault: "The first page of wires comes whatever the cursor is.",
		Checks: []string{"F912"}, Operations: []string{"listWires"}, Place: "repeats",
		Break: without("cursor", "listWires"),
	},
	{
		Name: "limit-ignored", Fault: "A page of ACH originations has thirty, whatever the limit is.",
		Checks: []string{"F912"}, Operations: []string{"listACHOriginations"}, Place: "limit",
		Break: without("limit", "listACHOriginations"),
	},
	{
		Name: "one-more-than-the-limit", Fault: "A page of counterparties has one more than its limit.",
		Checks: []string{"F912"}, Operations: []string{"listCounterparties"}, Place: "limit",
		Break: queried(func(query url.Values) {
			if n, err := strconv.Atoi(query.Get("limit")); err == nil && n > 0 && n < 99 {
				query.Set("limit", strconv.Itoa(n+1))
			}
		}, "listCounterparties"),
	},
	{
		Name: "offset-ignored", Fault: "The first accounts come whatever the offset is.",
		Checks: []string{"F912"}, Operations: []string{"listCustomerAccounts"}, Place: "repeats",
		Break: without("offset", "listCustomerAccounts"),
	},
	{
		Name: "back-to-where-it-is", Fault: "The way back from a page of subscriptions leads to the page itself.",
		Checks: []string{"F912"}, Operations: []string{"listSubscriptions"}, Place: "prev_page",
		Break: onAnswer(func(r *http.Request, a *answer) {
			if previous := in(a.value(), "prev_page"); previous != nil && r.URL.Query().Get("cursor") != "" {
				a.setValue(with(a.value(), "prev_page", r.URL.Query().Get("cursor")))
			}
		}, "listSubscriptions"),
	},
	{
		Name: "pages-in-another-order", Fault: "A page of trades is sorted by itself.",
		Checks: []string{"F912"}, Operations: []string{"listCustomerTrades"}, Place: "order",
		Break: onAnswer(func(r *http.Request, a *answer) {
			if limit := r.URL.Query().Get("limit"); limit == "" || limit == "100" || a.status != http.StatusOK {
				return
			}
			v := a.value()
			items, _ := in(v, "items").([]any)
			slices.Reverse(items)
			a.setValue(v)
		}, "listCustomerTrades"),
	},
	{
		Name: "debits-and-credits", Fault: "The direction of transactions is not looked at.",
		Checks: []string{"F932"}, Operations: []string{"listCustomerTransactions"}, Place: "direction",
		Break: without("direction", "listCustomerTransactions"),
	},
	{
		Name: "open-cards-and-others", Fault: "The filter for one status lets all cards through.",
		Checks: []string{"F932"}, Operations: []string{"listAccountCards"}, Place: "filter[status]",
		Break: queried(func(query url.Values) {
			if query.Get("filter[status]") == "LOCKED" {
				query.Del("filter[status]")
			}
		}, "listAccountCards"),
	},
	{
		Name: "no-outgoing-wires", Fault: "Outgoing wires are looked for under another name.",
		Checks: []string{"F932"}, Operations: []string{"listWires"}, Place: "direction",
		Break: queried(func(query url.Values) {
			if query.Get("direction") == "OUTGOING" {
				query.Set("direction", "INCOMING")
			}
		}, "listWires"),
	},
	{
		Name: "always-newest-first", Fault: "The order of transactions is always the same.",
		Checks: []string{"F932"}, Operations: []string{"listPocketTransactions"}, Place: "order",
		Break: without("order", "listPocketTransactions"),
	},
	{
		Name: "more-than-the-amount", Fault: "An amount that is just large enough is left out.",
		Checks: []string{"F932"}, Operations: []string{"listPocketTransactions"}, Place: "amount_from",
		Break: queried(func(query url.Values) {
			if n, err := strconv.ParseInt(query.Get("amount_from"), 10, 64); err == nil {
				query.Set("amount_from", strconv.FormatInt(n+1, 10))
			}
		}, "listPocketTransactions"),
	},
	{
		Name: "until-for-ever", Fault: "The end of a range of time is not looked at.",
		Checks: []string{"F932"}, Operations: []string{"listAccountTransactions"}, Place: "timestamp_to",
		Break: without("timestamp_to", "listAccountTransactions"),
	},
}

// queried changes the query of requests, which is not signed.
func queried(change func(url.Values), operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		query := r.URL.Query()
		change(query)
		r.URL.RawQuery = query.Encode()
		b.serve(w, r, body)
	}, operations...)
}

// without does not look at a parameter.
func without(name string, operations ...string) func(Bank) http.Handler {
	return queried(func(query url.Values) { query.Del(name) }, operations...)
}

// paging cuts lists by positions: which says for where a cursor points, the limit and how many there are where the page
// begins and ends, and where the next one begins: there is none behind the end, unless it is negative.
func paging(which func(at, limit, count int) (from, to, next int), operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		query := r.URL.Query()
		limit, err := strconv.Atoi(query.Get("limit"))
		if limit < 1 || limit > 100 || err != nil {
			b.serve(w, r, body)
			return
		}
		at, _ := strconv.Atoi(query.Get("cursor"))
		query.Set("limit", "100")
		query.Del("cursor")
		r.URL.RawQuery = query.Encode()
		a := b.ask(r, body)
		v, ok := a.value().(map[string]any)
		items, isList := v["items"].([]any)
		if a.status != http.StatusOK || !ok || !isList {
			a.write(w)
			return
		}
		from, to, next := which(at, limit, len(items))
		delete(v, "next_page")
		delete(v, "prev_page")
		if next < 0 || next < len(items) {
			v["next_page"] = strconv.Itoa(max(next, -next))
		}
		to = min(to, len(items))
		v["items"] = items[min(from, to):max(to, min(from, to))]
		encoded, _ := json.Marshal(v)
		a.body = encoded
		a.write(w)
	}, operations...)
}
