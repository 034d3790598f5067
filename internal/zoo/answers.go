package zoo

import (
	"encoding/json"
	"net/http"
	"strings"
)

// answers are broken in what they say, whatever they are asked.
var answers = []Animal{
	{
		Name: "pocket-without-status", Fault: "A pocket is shown without its status.",
		Checks: []string{"F101"}, Operations: []string{"getPocket"}, Place: "/status",
		Break: onSuccess(func(v any) any { return lacking(v, "status") }, "getPocket"),
	},
	{
		Name: "created-is-ok", Fault: "A counterparty that was created is answered with 200.",
		Checks: []string{"F920"}, Operations: []string{"createCounterparty"}, Place: "200",
		Break: onStatus(http.StatusCreated, http.StatusOK, "createCounterparty"),
	},
	{
		Name: "removed-is-ok", Fault: "A subscription that was removed is answered with 200, and no body.",
		Checks: []string{"F920"}, Operations: []string{"deleteSubscription"}, Place: "200",
		Break: onStatus(http.StatusNoContent, http.StatusOK, "deleteSubscription"),
	},
	{
		Name: "accepted-is-created", Fault: "Funding, which is accepted, is answered with 201.",
		Checks: []string{"F920"}, Operations: []string{"fundAccount"}, Place: "201",
		Break: onStatus(http.StatusAccepted, http.StatusCreated, "fundAccount"),
	},
	{
		Name: "wrong-is-bad", Fault: "A transfer that does not fit the contract is answered with 400.",
		Checks: []string{"F920"}, Operations: []string{"createOnUsTransfer"}, Place: "body",
		Break: onStatus(http.StatusUnprocessableEntity, http.StatusBadRequest, "createOnUsTransfer"),
	},
	{
		Name: "moved", Fault: "The list of event types has moved, and redirects.",
		Checks: []string{"F920"}, Operations: []string{"listEventTypes"}, Place: "307",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			a.status, a.body = http.StatusTemporaryRedirect, nil
			a.header.Set("Location", "/api/v2/events/types/")
		}, "listEventTypes"),
	},
	{
		Name: "fraction-of-a-cent", Fault: "The amount of a transfer has a fraction.",
		Checks: []string{"F101"}, Operations: []string{"getOnUsTransfer"}, Place: "/amount",
		Break: onSuccess(func(v any) any {
			with(in(v, "transfer", "amount"), "value", json.Number("1000.5"))
			return v
		}, "getOnUsTransfer"),
	},
	{
		Name: "amount-as-text", Fault: "The amount of a wire is a text.",
		Checks: []string{"F101"}, Operations: []string{"getWire"}, Place: "/amount",
		Break: onSuccess(func(v any) any { return asTexts(v, "amount") }, "getWire"),
	},
	{
		Name: "list-is-null", Fault: "A list without items has null in their place.",
		Checks: []string{"F101"}, Operations: []string{"listCustomerCards"}, Place: "/items",
		Break: onSuccess(func(v any) any { return with(v, "items", nil) }, "listCustomerCards"),
	},
	{
		Name: "strange-status", Fault: "An application is in a status that the contract does not have.",
		Checks: []string{"F101"}, Operations: []string{"getApplication"}, Place: "/status",
		Break: onSuccess(func(v any) any { return with(v, "status", "IN_REVIEW") }, "getApplication"),
	},
	{
		Name: "lower-case-status", Fault: "The status of a card is in lower case.",
		Checks: []string{"F101"}, Operations: []string{"getCardStatus"}, Place: "/status",
		Break: onSuccess(func(v any) any {
			text, _ := in(v, "status").(string)
			return with(v, "status", strings.ToLower(text))
		}, "getCardStatus"),
	},
	{
		Name: "time-without-zone", Fault: "An agreement says when it came into force without a time zone.",
		Checks: []string{"F101"}, Operations: []string{"listAccountTransactions"},
		Break: onSuccess(withoutZones, "listAccountTransactions"),
	},
	{
		Name: "id-is-a-number", Fault: "The id of a portal is a number.",
		Checks: []string{"F101"}, Operations: []string{"getPocketPortal"}, Place: "/id",
		Break: onSuccess(func(v any) any { return with(v, "id", 42) }, "getPocketPortal"),
	},
	{
		Name: "statement-as-text", Fault: "A list of statements comes as text/plain.",
		Checks: []string{"F921"}, Operations: []string{"listCustomerStatements"},
		Break: onAnswer(func(_ *http.Request, a *answer) { a.header.Set("Content-Type", "text/plain") },
			"listCustomerStatements"),
	},
	{
		Name: "html-for-errors", Fault: "What is not found is answered with a page.",
		Checks: []string{"F921"}, Operations: []string{"getCustomer"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status >= http.StatusBadRequest {
				a.header.Set("Content-Type", "text/html; charset=utf-8")
				a.body = []byte("<html><body><h1>Not Found</h1></body></html>")
			}
		}, "getCustomer"),
	},
	{
		Name: "bare-array", Fault: "A list of card orders is an array, and not an object with items.",
		Checks: []string{"F101"}, Operations: []string{"listCardOrders"}, Place: "body",
		Break: onSuccess(func(v any) any { return in(v, "items") }, "listCardOrders"),
	},
	{
		Name: "wrapped", Fault: "A trading strategy list is wrapped in a member called data.",
		Checks: []string{"F101"}, Operations: []string{"listTradingStrategies"}, Place: "body",
		Break: onSuccess(func(v any) any { return map[string]any{"data": v} }, "listTradingStrategies"),
	},
	{
		Name: "cut-json", Fault: "The answer of a trade list ends in the middle.",
		Checks: []string{"F101"}, Operations: []string{"listAccountTrades"}, Place: "json",
		Break: onAnswer(func(_ *http.Request, a *answer) { a.body = a.body[:len(a.body)/2] }, "listAccountTrades"),
	},
	{
		Name: "member-twice", Fault: "The JSON of an account has a member twice.",
		Checks: []string{"F101"}, Operations: []string{"getAccount"}, Place: "duplicate",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusOK {
				a.body = append([]byte(`{"status":"OPEN",`), a.body[1:]...)
			}
		}, "getAccount"),
	},
	{
		Name: "failure-shows-itself", Fault: "A refused counterparty shows where in the server it failed.",
		Checks: []string{"F209"}, Operations: []string{"createCounterparty"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusUnprocessableEntity {
				a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"body"}, "type": "value_error",
					"msg": "Traceback (most recent call last):\n  File \"/srv/app/api.py\", line 81, in create"}}})
			}
		}, "createCounterparty"),
	},
	{
		Name: "sql-in-errors", Fault: "An unknown filter of pockets shows the message of the database.",
		Checks: []string{"F209"}, Operations: []string{"listPockets"},
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusUnprocessableEntity {
				a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"query"}, "type": "value_error",
					"msg": "pq: syntax error at or near \"LIMIT\" (SQLSTATE 42601)"}}})
			}
		}, "listPockets"),
	},
	{
		Name: "hangs-up", Fault: "The connection ends when a strategy list is asked for.",
		Checks: []string{"F930"}, Operations: []string{"listTradingStrategies"}, Place: "broken",
		Break: onRaw(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "listTradingStrategies"),
	},
	{
		Name: "short-body", Fault: "Less of an answer comes than its Content-Length says.",
		Checks: []string{"F930"}, Operations: []string{"getHealth"}, Place: "broken",
		Break: onRaw(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{}`))
		}, "getHealth"),
	},
	{
		Name: "gzip-unasked", Fault: "Agreements come compressed, which nobody has asked for.",
		Checks: []string{"F921"}, Operations: []string{"listAgreements"}, Place: "content_encoding",
		Break: onAnswer(func(_ *http.Request, a *answer) { a.header.Set("Content-Encoding", "gzip") },
			"listAgreements"),
	},
}

// onStatus has a status in the place of another one. An answer that had no body then has an empty one.
func onStatus(from, to int, operations ...string) func(Bank) http.Handler {
	return onAnswer(func(_ *http.Request, a *answer) {
		if a.status == from {
			a.status = to
		}
	}, operations...)
}

// onRaw answers in the place of the right server.
func onRaw(answer http.HandlerFunc, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if touches(r, operations) {
				answer(w, r)
				return
			}
			b.ServeHTTP(w, r)
		})
	}
}

// each changes every object that is in a value.
func each(v any, change func(map[string]any)) any {
	switch v := v.(type) {
	case map[string]any:
		change(v)
		for _, member := range v {
			each(member, change)
		}
	case []any:
		for _, element := range v {
			each(element, change)
		}
	}
	return v
}

// asTexts makes texts of the numbers in members of a name, and in the objects there.
func asTexts(v any, name string) any {
	return each(v, func(object map[string]any) {
		switch member := object[name].(type) {
		case json.Number:
			object[name] = member.String()
		case map[string]any:
			for inner, value := range member {
				if number, ok := value.(json.Number); ok {
					member[inner] = number.String()
				}
			}
		}
	})
}

// withoutZones takes the zone off whatever looks like a time.
func withoutZones(v any) any {
	return each(v, func(object map[string]any) {
		for name, member := range object {
			if text, ok := member.(string); ok && len(text) > 19 && text[10] == 'T' && text[13] == ':' {
				object[name] = text[:19]
			}
		}
	})
}
