package zoo

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// inputs are broken in what they take.
var inputs = []Animal{
	{
		Name: "one-direction-fails", Fault: "The list of wires fails for one value of its filter.",
		Checks: []string{"F100"}, Operations: []string{"listWires"}, Place: "500",
		Break: onRequestAnswer(func(r *http.Request, _ []byte) *answer {
			if strings.Contains(r.URL.RawQuery, "direction=INCOMING") ||
				strings.Contains(r.URL.RawQuery, "direction=IN") {
				return problem(http.StatusInternalServerError)
			}
			return nil
		}, "listWires"),
	},
	{
		Name: "one-reason-fails", Fault: "To close a card for one of the reasons fails.",
		Checks: []string{"F100"}, Operations: []string{"closeCard"}, Place: "500",
		Break: onRequestAnswer(func(_ *http.Request, body []byte) *answer {
			if bytes.Contains(bytes.ToUpper(body), []byte("STOLEN")) || bytes.Contains(body, []byte("FRAUD")) {
				return problem(http.StatusInternalServerError)
			}
			return nil
		}, "closeCard"),
	},
	{
		Name: "one-code-refused", Fault: "ACH is refused for one of the SEC codes.",
		Checks: []string{"F923"}, Operations: []string{"createACHOrigination"}, Place: "sec_code",
		Break: refusing("sec_code", func(v any) bool { return v == "CCD" }, "createACHOrigination"),
	},
	{
		Name: "optional-is-required", Fault: "An application without a phone number's optional sibling is refused.",
		Checks: []string{"F923"}, Operations: []string{"createPocket"}, Place: "reinvestment_strategy_id",
		Break: refusing("reinvestment_strategy_id", func(v any) bool { return v == nil }, "createPocket"),
	},
	{
		Name:   "text-shorter-than-allowed",
		Fault:  "The text of a transfer may have fewer characters than the contract says.",
		Checks: []string{"F923"}, Operations: []string{"createOnUsTransfer"}, Place: "description",
		Break: refusing("description", func(v any) bool {
			text, _ := v.(string)
			return utf8.RuneCountInString(text) > 90
		}, "createOnUsTransfer"),
	},
	{
		Name: "zero-cents", Fault: "A transfer of no cents is taken.",
		Checks: []string{"F102"}, Operations: []string{"createOnUsTransfer"}, Place: "amount",
		Break: mending(func(v any) any {
			if n, ok := in(v, "amount", "amount_usdc").(json.Number); ok && n.String() == "0" {
				with(in(v, "amount"), "amount_usdc", 100)
			}
			return v
		}, "createOnUsTransfer"),
	},
	{
		Name: "cents-cut-off", Fault: "The fraction of an amount is cut off.",
		Checks: []string{"F102", "F911"}, Operations: []string{"fundAccount"}, Place: "amount_usdc",
		Break: mending(func(v any) any {
			if n, ok := in(v, "amount_usdc").(json.Number); ok {
				whole, _, _ := strings.Cut(n.String(), ".")
				with(v, "amount_usdc", json.Number(whole))
			}
			return v
		}, "fundAccount"),
	},
	{
		Name: "numbers-as-texts", Fault: "An amount that is a text is taken.",
		Checks: []string{"F102"}, Operations: []string{"createWire"}, Place: "amount",
		Break: mending(func(v any) any {
			if _, ok := in(v, "amount_usdc").(string); ok {
				with(v, "amount_usdc", json.Number("100"))
			}
			return v
		}, "createWire"),
	},
	{
		Name: "required-is-guessed", Fault: "ACH without a direction is taken for a credit.",
		Checks: []string{"F102"}, Operations: []string{"createACHOrigination"}, Place: "/direction",
		Break: mending(func(v any) any {
			if in(v, "direction") == nil {
				with(v, "direction", "CREDIT")
			}
			return v
		}, "createACHOrigination"),
	},
	{
		Name: "secret-too-short", Fault: "The secret of a subscription may be too short.",
		Checks: []string{"F102"}, Operations: []string{"createSubscription"}, Place: "secret",
		Break: mending(func(v any) any {
			if text, ok := in(v, "shared_secret").(string); ok && len(text) < 16 {
				with(v, "shared_secret", text+strings.Repeat("x", 16))
			}
			return v
		}, "createSubscription"),
	},
	{
		Name: "limit-is-mended", Fault: "A page of more items than there may be is cut, and not refused.",
		Checks: []string{"F102"}, Operations: []string{"listCounterparties"}, Place: "limit",
		Break: onRequest(func(r *http.Request, body []byte) []byte {
			q := r.URL.Query()
			if limit := q.Get("limit"); limit != "" && (len(limit) > 2 || limit[0] == '-' || limit == "0") {
				q.Set("limit", "10")
				r.URL.RawQuery = q.Encode()
			}
			return body
		}, "listCounterparties"),
	},
	{
		Name: "any-order", Fault: "An order that there is not is taken for the usual one.",
		Checks: []string{"F102"}, Operations: []string{"listPocketTransactions"}, Place: "order",
		Break: onRequest(func(r *http.Request, body []byte) []byte {
			q := r.URL.Query()
			if order := q.Get("order"); order != "asc" && order != "desc" {
				q.Del("order")
				r.URL.RawQuery = q.Encode()
			}
			return body
		}, "listPocketTransactions"),
	},
	{
		Name: "last-member-wins", Fault: "Of a member that comes twice, the last one counts.",
		Checks: []string{"F911"}, Operations: []string{"createOnUsTransfer"}, Place: "duplicate",
		Break: rereading(once, "createOnUsTransfer"),
	},
	{
		Name: "trailing-text", Fault: "What comes behind the JSON is not read.",
		Checks: []string{"F911"}, Operations: []string{"createApplication"}, Place: "json",
		Break: rereading(firstValue, "createApplication"),
	},
	{
		Name: "any-case", Fault: "Members are read whatever their case.",
		Checks: []string{"F911"}, Operations: []string{"updatePocket"}, Place: "member_case",
		Break: mending(lowered, "updatePocket"),
	},
	{
		Name: "echo", Fault: "A refusal repeats the identification number that it refuses.",
		Checks: []string{"F910"}, Operations: []string{"createApplication"},
		Break: echoing("createApplication"),
	},
	{
		Name: "echo-of-a-filter", Fault: "A refusal repeats what a filter was.",
		Checks: []string{"F910"}, Operations: []string{"listEvents"},
		Break: echoing("listEvents"),
	},
}

// problem is an answer of an error.
func problem(status int) *answer {
	return &answer{status, http.Header{"Content-Type": {"application/json"}},
		[]byte(`{"detail":"Something went wrong"}`)}
}

// refusalOf is an answer that refuses a member of the body.
func refusalOf(member string) *answer {
	a := problem(http.StatusUnprocessableEntity)
	a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"body", member}, "type": "value_error",
		"msg": "Input should be something else"}}})
	return a
}

// onRequestAnswer answers some requests, to some operations, in the place of the right server: those for which a
// function has an answer.
func onRequestAnswer(of func(r *http.Request, body []byte) *answer, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if touches(r, operations) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				if a := of(r, body); a != nil {
					a.write(w)
					return
				}
			}
			b.ServeHTTP(w, r)
		})
	}
}

// refusing refuses a member of the body that has a value which the contract allows. Whatever the right server refuses
// is refused by that.
func refusing(member string, is func(v any) bool, operations ...string) func(Bank) http.Handler {
	return onRequestAnswer(func(_ *http.Request, body []byte) *answer {
		var v any
		if json.Unmarshal(body, &v) == nil && is(in(v, member)) {
			return refusalOf(member)
		}
		return nil
	}, operations...)
}

// mending makes something right of a body before the right server sees it, if it is JSON.
func mending(change func(v any) any, operations ...string) func(Bank) http.Handler {
	return onRequest(func(_ *http.Request, body []byte) []byte {
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil || d.More() || bytes.Contains(body, []byte("\xff")) {
			return body
		}
		mended, err := json.Marshal(change(v))
		if err != nil {
			return body
		}
		return mended
	}, operations...)
}

// rereading hands on what another reader makes of the text of a body.
func rereading(change func(body []byte) []byte, operations ...string) func(Bank) http.Handler {
	return onRequest(func(_ *http.Request, body []byte) []byte { return change(body) }, operations...)
}

// once has each member of an object once: the last one of its name.
func once(body []byte) []byte {
	var v map[string]json.RawMessage
	if json.Unmarshal(body, &v) != nil {
		return body
	}
	text, _ := json.Marshal(v)
	return text
}

// firstValue is what a decoder reads that stops when it has enough.
func firstValue(body []byte) []byte {
	var v json.RawMessage
	if json.NewDecoder(bytes.NewReader(body)).Decode(&v) != nil {
		return body
	}
	return v
}

// lowered has the names of all members in lower case.
func lowered(v any) any {
	return each(v, func(object map[string]any) {
		names := make([]string, 0, len(object))
		for name := range object {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if low := strings.ToLower(name); low != name {
				object[low] = object[name]
				delete(object, name)
			}
		}
	})
}

// echoing has refusals repeat what was sent.
func echoing(operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !touches(r, operations) {
				b.ServeHTTP(w, r)
				return
			}
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			a := ask(b, r)
			if a.status == http.StatusUnprocessableEntity {
				values := r.URL.Query()
				sent := string(body)
				for _, name := range slices.Sorted(maps.Keys(values)) {
					sent += " " + values.Get(name)
				}
				a.setValue(map[string]any{"detail": []any{map[string]any{"loc": []any{"body"}, "type": "value_error",
					"msg": "unusable: " + sent}}})
			}
			a.write(w)
		})
	}
}
