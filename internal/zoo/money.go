package zoo

import (
	"encoding/json"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// moneys are broken in how much there is after something was moved.
var moneys = []Animal{
	{
		Name: "transfer-credited-twice", Fault: "What a transfer moves arrives twice.",
		Checks: []string{"F909"}, Operations: []string{"createOnUsTransfer"}, Place: "amount",
		Break: aside(func(asked map[string]any) (string, json.Number) {
			amount, _ := in(asked, "amount", "amount_usdc").(json.Number)
			id, _ := in(asked, "to_account", "id").(string)
			return id, amount
		}, "createOnUsTransfer"),
	},
	{
		Name: "refused-transfer-moves", Fault: "A transfer that is refused has moved money all the same.",
		Checks: []string{"F909", "F104"}, Operations: []string{"createOnUsTransfer"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			id, ok := in(decode(body), "from_account", "id").(string)
			if ok && a.status == http.StatusUnprocessableEntity {
				b.fund(r, id, "300")
			}
			a.write(w)
		}, "createOnUsTransfer"),
	},
	{
		Name: "funding-with-a-bonus", Fault: "What a pocket is funded with arrives with a cent more.",
		Checks: []string{"F909"}, Operations: []string{"fundAccount"}, Place: "amount",
		Break: aside(func(asked map[string]any) (string, json.Number) {
			id, _ := asked["account_id"].(string)
			return id, "1"
		}, "fundAccount"),
	},
	{
		Name: "fee-of-a-cent", Fault: "A transfer of less than a dollar moves a cent more.",
		Checks: []string{"F909"}, Operations: []string{"createOnUsTransfer"},
		Break: rewriting(func(asked map[string]any) {
			if amount, ok := asked["amount"].(map[string]any); ok && amount["amount_usdc"] == json.Number("1") {
				amount["amount_usdc"] = json.Number("2")
			}
		}, "createOnUsTransfer"),
	},
	{
		Name: "old-balance", Fault: "A pocket is read from a cache, every other time.",
		Checks: []string{"F909"}, Operations: []string{"getPocket"}, Place: "amount",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			known, reads := map[string]*answer{}, map[string]int{}
			return onAnswer(func(r *http.Request, a *answer) {
				mu.Lock()
				defer mu.Unlock()
				if a.status != http.StatusOK {
					return
				}
				reads[r.URL.Path]++
				if was := known[r.URL.Path]; was != nil && reads[r.URL.Path]%5 != 0 {
					*a = *was
					return
				}
				kept := *a
				known[r.URL.Path] = &kept
			}, "getPocket")(b)
		},
	},
	{
		Name: "transaction-missing", Fault: "Credits of less than a hundred dollars are in no list.",
		Checks: []string{"F909"}, Operations: []string{"listPocketTransactions"}, Place: "transactions",
		Break: filtered(func(item any) bool {
			amount, _ := in(item, "amount", "value").(json.Number)
			n, err := strconv.ParseInt(amount.String(), 10, 64)
			return err != nil || n >= 10_000 || in(item, "direction") != "CREDIT"
		}, "listPocketTransactions"),
	},
	{
		Name: "wrong-direction", Fault: "A debit is listed as a credit.",
		Checks: []string{"F909"}, Operations: []string{"listPocketTransactions"}, Place: "transactions",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if object["direction"] == "DEBIT" {
					object["direction"] = "CREDIT"
				}
			})
		}, "listPocketTransactions"),
	},
	{
		Name: "answer-as-float", Fault: "The answer to a transfer has the amount as floating point has it.",
		Checks: []string{"F913"}, Operations: []string{"createOnUsTransfer"}, Place: "/amount/value",
		Break: onSuccess(floating, "createOnUsTransfer"),
	},
	{
		Name: "transfer-as-float", Fault: "The amount of a transfer goes through floating point.",
		Checks: []string{"F913"}, Operations: []string{"getOnUsTransfer"}, Place: "/amount/value",
		Break: onSuccess(floating, "getOnUsTransfer"),
	},
	{
		Name: "transfer-of-another-amount", Fault: "A transfer is read with the amount in dollars.",
		Checks: []string{"F909"}, Operations: []string{"getOnUsTransfer"}, Place: "/transfer/amount/value",
		Break: onSuccess(func(v any) any {
			if n, ok := in(v, "transfer", "amount", "value").(json.Number); ok && len(n) > 2 {
				with(in(v, "transfer", "amount"), "value", n[:len(n)-2])
			}
			return v
		}, "getOnUsTransfer"),
	},
	{
		Name: "swiped-for-more", Fault: "A card pays twice for what it is swiped for once.",
		Checks: []string{"F909"}, Operations: []string{"simulateCardSwipe"},
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if a.status == http.StatusAccepted {
				b.rekey(r, body)
				b.ask(r, body)
			}
			a.write(w)
		}, "simulateCardSwipe"),
	},
	{
		Name: "overdrawn-at-once", Fault: "Transfers at the same time are each held against the same balance.",
		Checks: []string{"F909"}, Operations: []string{"createOnUsTransfer"},
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			var good *answer
			underWay := 0
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				mu.Lock()
				underWay++
				overlaps := underWay > 1
				mu.Unlock()
				pause()
				a := b.ask(r, body)
				mu.Lock()
				underWay--
				switch {
				case in(a.value(), "status") == "COMPLETED":
					good = a
				case in(a.value(), "status") == "REJECTED" && overlaps && good != nil:
					a = good
				}
				mu.Unlock()
				a.write(w)
			}, "createOnUsTransfer")(b)
		},
	},
}

// pause is as long as a database takes between a read and a write.
func pause() { time.Sleep(window) }

// aside has a pocket get something beside what a write that succeeds does.
func aside(what func(asked map[string]any) (string, json.Number), operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		a := b.ask(r, body)
		asked, _ := decode(body).(map[string]any)
		id, amount := what(asked)
		isReplay := a.header.Get("Idempotency-Replayed") != ""
		if status := in(a.value(), "status"); a.status/100 == 2 && status != "REJECTED" && !isReplay && id != "" {
			b.fund(r, id, amount)
		}
		a.write(w)
	}, operations...)
}

// fund has money come from outside, for whoever has sent a request.
func (b Bank) fund(r *http.Request, pocket string, cents json.Number) {
	body, _ := json.Marshal(map[string]any{"account_id": pocket, "amount_usdc": cents})
	funding := r.Clone(r.Context())
	funding.Method, funding.RequestURI = http.MethodPost, "/api/v1/sandbox/fund/"
	funding.URL.Path, funding.URL.RawPath, funding.URL.RawQuery = funding.RequestURI, "", ""
	funding.Header.Set(headerMedia, "application/json")
	b.rekey(funding, body)
	b.ask(funding, body)
}

// filtered leaves items out of lists.
func filtered(isKept func(item any) bool, operations ...string) func(Bank) http.Handler {
	return onSuccess(func(v any) any {
		items, _ := in(v, "items").([]any)
		kept := []any{}
		for _, item := range items {
			if isKept(item) {
				kept = append(kept, item)
			}
		}
		return with(v, "items", kept)
	}, operations...)
}

// floating has amounts go through a float64.
func floating(v any) any {
	return each(v, func(object map[string]any) {
		n, ok := object["value"].(json.Number)
		if !ok || strings.Contains(n.String(), ".") {
			return
		}
		if float, err := n.Float64(); err == nil {
			whole, _ := new(big.Float).SetFloat64(float).Int(nil)
			object["value"] = json.Number(whole.String())
		}
	})
}
