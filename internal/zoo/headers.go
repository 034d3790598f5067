package zoo

import (
	"net/http"
	"time"
)

// mostTime is how long the answers of those may take that are too slow.
const mostTime = 200 * time.Millisecond

// headers are broken in what stands above an answer.
var headers = []Animal{
	{
		Name: "two-content-types", Fault: "A list of trades comes with two media types.",
		Checks: []string{"F922"}, Operations: []string{"listCustomerTrades"}, Place: "header content-type",
		Break: onAnswer(func(_ *http.Request, a *answer) { a.header.Add("Content-Type", "text/html") },
			"listCustomerTrades"),
	},
	{
		Name: "json-in-latin-1", Fault: "The list of accounts says that its JSON is ISO-8859-1.",
		Checks: []string{"F922"}, Operations: []string{"listCustomerAccounts"}, Place: "header content-type",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			a.header.Set("Content-Type", "application/json; charset=ISO-8859-1")
		}, "listCustomerAccounts"),
	},
	{
		Name: "wait-in-words", Fault: "Who is refused a transfer is told in words when to come back.",
		Checks: []string{"F922"}, Operations: []string{"createOnUsTransfer"}, Place: "header retry-after",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status/100 == 4 {
				a.header.Set("Retry-After", "in a minute")
			}
		}, "createOnUsTransfer"),
	},
	{
		Name: "date-of-its-own", Fault: "The date of a list of statements is written as in a log.",
		Checks: []string{"F922"}, Operations: []string{"listAccountStatements"}, Place: "header date",
		Break: onAnswer(func(_ *http.Request, a *answer) { a.header.Set("Date", "2026-03-02 15:00:00,000") },
			"listAccountStatements"),
	},
	{
		Name: "location-with-a-space", Fault: "A new report says that it is at an address with a space in it.",
		Checks: []string{"F922"}, Operations: []string{"createReportRequest"}, Place: "header location",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status/100 == 2 {
				a.header.Set("Location", "/api/v1/reports/new report/")
			}
		}, "createReportRequest"),
	},
}

// slows take too long.
var slows = []Animal{
	{
		Name: "slow", Fault: "The list of trading strategies takes too long.",
		Checks: []string{"F928"}, Operations: []string{"listTradingStrategies"}, MaxResponseTime: mostTime,
		Break: slowly(func(*http.Request) bool { return true }, "listTradingStrategies"),
	},
	{
		Name: "slow-with-a-filter", Fault: "The list of events takes too long if it is filtered.",
		Checks: []string{"F928"}, Operations: []string{"listEvents"}, MaxResponseTime: mostTime,
		Break: slowly(func(r *http.Request) bool { return r.URL.Query().Has("subscription_id") }, "listEvents"),
	},
	{
		Name: "slow-for-large-pages", Fault: "The list of counterparties takes too long for the largest pages.",
		Checks: []string{"F928"}, Operations: []string{"listCounterparties"}, MaxResponseTime: mostTime,
		Break: slowly(func(r *http.Request) bool { return len(r.URL.Query().Get("limit")) > 2 }, "listCounterparties"),
	},
}

// slowly has some of the requests to operations take longer than they may.
func slowly(is func(*http.Request) bool, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if touches(r, operations) && is(r) {
				time.Sleep(mostTime + mostTime/4)
			}
			b.ServeHTTP(w, r)
		})
	}
}
