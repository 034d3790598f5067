package zoo

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// lifecycle are broken in what becomes of a thing: created, read, changed, removed.
var lifecycle = []Animal{
	{
		Name: "removed-and-readable", Fault: "A subscription that was removed is read from a cache.",
		Checks: []string{"F103"}, Operations: []string{"getSubscription"}, Place: "deleteSubscription",
		Break: cached("getSubscription"),
	},
	{
		Name: "removed-and-listed", Fault: "Subscriptions that were removed are still in the list.",
		Checks: []string{"F103"}, Operations: []string{"listSubscriptions"}, Place: "/items",
		Break: listed(func(known []any, _ map[string]any) []any { return known }, "listSubscriptions"),
	},
	{
		Name: "removal-acknowledged", Fault: "The removal of a subscription is acknowledged, and never happens.",
		Checks: []string{"F103"}, Operations: []string{"deleteSubscription"}, Place: "deleteSubscription",
		Break: acknowledged(http.StatusNoContent, "deleteSubscription"),
	},
	{
		Name: "party-removal-acknowledged", Fault: "A related party is not removed.",
		Checks: []string{"F103"}, Operations: []string{"deleteRelatedPartyApplication"}, Place: "/*/id",
		Break: acknowledged(http.StatusNoContent, "deleteRelatedPartyApplication"),
	},
	{
		Name: "closed-card-open", Fault: "A virtual card that is closed stays open.",
		Checks: []string{"F103"}, Operations: []string{"closeVirtualCard"}, Place: "/status",
		Break: acknowledged(http.StatusNoContent, "closeVirtualCard"),
	},
	{
		Name: "closed-card-listed-open", Fault: "The list of a customer's cards shows closed ones as open.",
		Checks: []string{"F103"}, Operations: []string{"listCustomerCards"}, Place: "/status",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if object["status"] == "CLOSED" {
					object["status"] = "OPEN"
				}
			})
		}, "listCustomerCards"),
	},
	{
		Name: "portal-closing-acknowledged", Fault: "A portal that is closed by its status stays open.",
		Checks: []string{"F103", "F931"}, Operations: []string{"updatePocketPortal"}, Place: "/status",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if in(decode(body), "status") == "CLOSED" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			b.serve(w, r, body)
		}, "updatePocketPortal"),
	},
	{
		Name: "pocket-comes-later", Fault: "A new pocket is not found when it is read for the first time.",
		Checks: []string{"F927"}, Operations: []string{"getPocket"}, Place: "createPocket",
		Break: comesLater("getPocket"),
	},
	{
		Name: "order-comes-later", Fault: "A new card order is not found when it is read for the first time.",
		Checks: []string{"F927"}, Operations: []string{"getCardOrder"}, Place: "createCardOrder",
		Break: comesLater("getCardOrder"),
	},
	{
		Name: "newest-report-unlisted", Fault: "The list of reports is a moment old.",
		Checks: []string{"F927"}, Operations: []string{"listReportRequests"}, Place: "/items",
		Break: listed(func(_ []any, list map[string]any) []any {
			items, _ := list["items"].([]any)
			return items[min(1, len(items)):]
		}, "listReportRequests"),
	},
	{
		Name:   "second-portal-unlisted",
		Fault:  "The list of a customer's portals has the first one of each pocket alone.",
		Checks: []string{"F927"}, Operations: []string{"listCustomerPortals"}, Place: "/items",
		Break: listed(func(_ []any, list map[string]any) []any {
			items, _ := list["items"].([]any)
			seen := map[any]bool{}
			return slices.DeleteFunc(slices.Clone(items), func(item any) bool {
				pocket := in(item, "pocket_id")
				was := seen[pocket]
				seen[pocket] = true
				return was
			})
		}, "listCustomerPortals"),
	},
	{
		Name: "wire-not-with-its-pocket", Fault: "The wires of a pocket are looked for among those of another one.",
		Checks: []string{"F927"}, Operations: []string{"listWires"}, Place: "/items",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			if r.URL.Query().Get("pocket_id") != "" {
				query := r.URL.Query()
				query.Set("pocket_id", uuid.NewString())
				r.URL.RawQuery = query.Encode()
			}
			b.serve(w, r, body)
		}, "listWires"),
	},
	{
		Name: "name-not-stored", Fault: "A pocket's new name is in the answer, and nowhere else.",
		Checks: []string{"F931"}, Operations: []string{"updatePocket"}, Place: "/pocket_name",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			asked, _ := decode(body).(map[string]any)
			name, has := asked["pocket_name"]
			if !has {
				b.serve(w, r, body)
				return
			}
			current := b.read(r, r.URL.Path)
			w.Header().Set(headerMedia, "application/json")
			current.setValue(with(current.value(), "pocket_name", name))
			current.write(w)
		}, "updatePocket"),
	},
	{
		Name: "change-resets-others", Fault: "What a change of a subscription leaves out is emptied.",
		Checks: []string{"F931"}, Operations: []string{"updateSubscription"}, Place: "changed_unasked",
		Break: rewriting(func(asked map[string]any) {
			if _, has := asked["description"]; !has {
				asked["description"] = ""
			}
		}, "updateSubscription"),
	},
	{
		Name: "list-with-old-names", Fault: "The list of pockets shows the name that each had at first.",
		Checks: []string{"F931"}, Operations: []string{"listPockets"}, Place: "/pocket_name",
		Break: firstSeen("pocket_name", "listPockets"),
	},
	{
		Name: "read-with-old-name", Fault: "A portal is read from a cache that nobody empties.",
		Checks: []string{"F931"}, Operations: []string{"getAccountPortal"}, Place: "/name",
		Break: firstSeen("name", "getAccountPortal"),
	},
	{
		Name: "old-name-answered", Fault: "The answer to a change of a portal shows what was there before.",
		Checks: []string{"F931"}, Operations: []string{"updateAccountPortal"}, Place: "/name",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			before := b.read(r, r.URL.Path).value()
			a := b.ask(r, body)
			if a.status == http.StatusOK {
				a.setValue(before)
			}
			a.write(w)
		}, "updateAccountPortal"),
	},
	{
		Name: "name-cut-off", Fault: "The name on a card is cut off after eight characters.",
		Checks: []string{"F931"}, Operations: []string{"createCardOrder"}, Place: "/name_on_card",
		Break: rewriting(func(asked map[string]any) {
			if name, ok := asked["name_on_card"].(string); ok && len(name) > 8 {
				asked["name_on_card"] = name[:8]
			}
		}, "createCardOrder"),
	},
	{
		Name: "other-amount-in-the-item", Fault: "A transaction that is read by itself has a cent less.",
		Checks: []string{"F931"}, Operations: []string{"getTransaction"}, Place: "/amount",
		Break: onSuccess(func(v any) any {
			return each(v, func(object map[string]any) {
				if amount, ok := object["amount"].(map[string]any); ok {
					amount["value"] = json.Number(amount["value"].(json.Number).String() + "0")
				}
			})
		}, "getTransaction"),
	},
	{
		Name: "pocket-below-anybody", Fault: "A pocket is found below whatever customer.",
		Checks: []string{"F929"}, Operations: []string{"getCustomerPocket"}, Place: "customer_id",
		Break: belowAnybody("getCustomerPocket"),
	},
	{
		Name: "card-below-anybody", Fault: "The status of a card is found below whatever account.",
		Checks: []string{"F929"}, Operations: []string{"getCardStatus"}, Place: "account_id",
		Break: belowAnybody("getCardStatus"),
	},
	{
		Name: "portal-closed-below-anybody", Fault: "A portal is closed below whatever account.",
		Checks: []string{"F929"}, Operations: []string{"closeAccountPortal"}, Place: "account_id",
		Break: belowAnybody("closeAccountPortal"),
	},
	{
		Name: "party-below-anybody", Fault: "A related party is changed below whatever application.",
		Checks: []string{"F929"}, Operations: []string{"updateRelatedPartyApplication"}, Place: "application_id",
		Break: belowAnybody("updateRelatedPartyApplication"),
	},
	{
		Name: "nobody-has-no-transactions", Fault: "A pocket that there is not has a list of transactions.",
		Checks: []string{"F102"}, Operations: []string{"listPocketTransactions"}, Place: "unknown_id",
		Break: onAnswer(func(_ *http.Request, a *answer) {
			if a.status == http.StatusNotFound {
				a.status = http.StatusOK
				a.setValue(map[string]any{"items": []any{}, "object_type": "cursor_list"})
			}
		}, "listPocketTransactions"),
	},
	{
		Name: "unknown-is-bad", Fault: "A wire that there is not is a bad request.",
		Checks: []string{"F920"}, Operations: []string{"getWire"}, Place: "wire_id",
		Break: onStatus(http.StatusNotFound, http.StatusBadRequest, "getWire"),
	},
	{
		Name: "refused-transfer-has-an-id", Fault: "A transfer that was refused can be read.",
		Checks: []string{"F104"}, Operations: []string{"createOnUsTransfer", "getOnUsTransfer"}, Place: "refused",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			var last *answer
			refused := map[string]bool{}
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				mu.Lock()
				defer mu.Unlock()
				a := b.ask(r, body)
				id, _ := in(decode(body), "transfer_id").(string)
				asked := lastPart(r.URL.Path)
				switch {
				case r.Method == http.MethodPost && a.status == http.StatusCreated:
					last = a
				case r.Method == http.MethodPost && a.status == http.StatusUnprocessableEntity:
					refused[id] = true
				case r.Method == http.MethodGet && a.status/100 == 4 && refused[asked] && last != nil:
					shown := *last
					shown.status = http.StatusOK
					shown.setValue(with(shown.value(), "id", asked))
					a = &shown
				}
				a.write(w)
			}, "createOnUsTransfer", "getOnUsTransfer")(b)
		},
	},
	{
		Name: "refused-and-made", Fault: "A counterparty is stored before it is looked at.",
		Checks: []string{"F104"}, Operations: []string{"createCounterparty"}, Place: "refused",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			var good []byte
			return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
				mu.Lock()
				defer mu.Unlock()
				a := b.ask(r, body)
				switch {
				case a.status == http.StatusCreated:
					good = body
				case a.status == http.StatusUnprocessableEntity && good != nil:
					b.rekey(r, good)
					b.ask(r, good)
				}
				a.write(w)
			}, "createCounterparty")(b)
		},
	},
	{
		Name: "half-of-a-change", Fault: "A change that is refused for one member has changed the others.",
		Checks: []string{"F104"}, Operations: []string{"updateSubscription"}, Place: "refused",
		Break: onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			a := b.ask(r, body)
			if asked, ok := decode(body).(map[string]any); ok && a.status == http.StatusUnprocessableEntity {
				for name, value := range asked {
					half, _ := json.Marshal(map[string]any{name: value})
					b.rekey(r, half)
					b.ask(r, half)
				}
			}
			a.write(w)
		}, "updateSubscription"),
	},
	{
		Name: "status-by-request", Fault: "A new pocket is in the status that the request has.",
		Checks: []string{"F203"}, Operations: []string{"createPocket"}, Place: "/status",
		Break: assigning("status", "createPocket"),
	},
	{
		Name: "id-by-request", Fault: "A subscription has the id that the request has.",
		Checks: []string{"F203"}, Operations: []string{"createSubscription"}, Place: "/id",
		Break: assigning("id", "createSubscription"),
	},
	{
		Name: "portal-status-by-request", Fault: "A portal's status is changed along with its name.",
		Checks: []string{"F203"}, Operations: []string{"updateAccountPortal"}, Place: "/status",
		Break: assigning("status", "updateAccountPortal"),
	},
}

// lastPart is the last step of a path.
func lastPart(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	return parts[len(parts)-1]
}

// read has the right server answer a read, for whoever has sent a request.
func (b Bank) read(r *http.Request, path string) *answer {
	read := r.Clone(r.Context())
	read.Method, read.Body, read.ContentLength = http.MethodGet, http.NoBody, 0
	read.URL = &url.URL{Path: path}
	read.RequestURI = path
	for _, name := range []string{headerMedia, "Content-Length"} {
		read.Header.Del(name)
	}
	b.rekey(read, nil)
	return ask(b, read)
}

// rewriting changes the JSON of requests that are rightly signed.
func rewriting(change func(asked map[string]any), operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		asked, ok := decode(body).(map[string]any)
		if s := b.signedBy(r, body); ok && s.given == s.want {
			change(asked)
			body, _ = json.Marshal(asked)
			b.put(r, body)
		}
		b.serve(w, r, body)
	}, operations...)
}

// cached answers a read that succeeded once as it did then, for ever.
func cached(operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		known := map[string]*answer{}
		return onAnswer(func(r *http.Request, a *answer) {
			mu.Lock()
			defer mu.Unlock()
			switch first := known[r.URL.Path]; {
			case a.status == http.StatusOK:
				known[r.URL.Path] = a
			case a.status == http.StatusNotFound && first != nil:
				*a = *first
			}
		}, operations...)(b)
	}
}

// listed changes what lists have. known is all that they have ever had.
func listed(change func(known []any, list map[string]any) []any, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		var known []any
		ids := map[any]bool{}
		return onSuccess(func(v any) any {
			mu.Lock()
			defer mu.Unlock()
			list, ok := v.(map[string]any)
			if !ok {
				return v
			}
			items, _ := list["items"].([]any)
			for _, item := range items {
				if id := in(item, "id"); !ids[id] {
					ids[id], known = true, append(known, item)
				}
			}
			list["items"] = change(slices.Clone(known), list)
			return list
		}, operations...)(b)
	}
}

// acknowledged answers a write, which never comes about, if it would have.
func acknowledged(status int, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		if s := b.signedBy(r, body); s.given != s.want || !b.knowsToken(r) ||
			strings.Contains(r.URL.Path, "00000000-0000") {
			b.serve(w, r, body)
			return
		}
		w.WriteHeader(status)
	}, operations...)
}

// comesLater does not find anything when it is asked for the first time.
func comesLater(operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		asked := map[string]bool{}
		return onAnswer(func(r *http.Request, a *answer) {
			mu.Lock()
			defer mu.Unlock()
			if a.status == http.StatusOK && !asked[r.URL.Path] {
				asked[r.URL.Path] = true
				*a = *refusal(http.StatusNotFound)
				a.body = []byte(`{"detail":"Not Found"}`)
			}
		}, operations...)(b)
	}
}

// firstSeen shows a member of each thing as it was when it was shown for the first time by anything.
func firstSeen(name string, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		first := map[any]any{}
		return onSuccess(func(v any) any {
			mu.Lock()
			defer mu.Unlock()
			return each(v, func(object map[string]any) {
				id, has := object["id"]
				if !has || object[name] == nil {
					return
				}
				if was, known := first[id]; known {
					object[name] = was
					return
				}
				first[id] = object[name]
			})
		}, operations...)(b)
	}
}

// belowAnybody finds a thing by its own id alone, whatever the id in front of it is.
func belowAnybody(operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		owners := map[string]string{}
		right := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := ask(b, r)
			if parts, at := owned(r.URL.Path); at > 0 && a.status/100 == 2 {
				mu.Lock()
				each(a.value(), func(object map[string]any) {
					for _, name := range []string{"id", "card_id"} {
						id, _ := object[name].(string)
						if of := parts[at-1] + id; id != "" && id != parts[at] && owners[of] == "" {
							owners[of] = parts[at]
						}
					}
				})
				mu.Unlock()
			}
			a.write(w)
		})
		return onCall(func(_ Bank, w http.ResponseWriter, r *http.Request, body []byte) {
			parts, at := owned(r.URL.Path)
			child := ""
			for _, part := range parts[at+1:] {
				if uuid.Validate(part) == nil {
					child = part
				}
			}
			mu.Lock()
			owner := owners[parts[at-1]+child]
			mu.Unlock()
			if s := b.signedBy(r, body); s.given == s.want && owner != "" && owner != parts[at] {
				parts[at] = owner
				r.URL.Path = strings.Join(parts, "/")
				r.RequestURI = r.URL.Path
				b.put(r, body)
			}
			(Bank{right, b.SigningSecret}).serve(w, r, body)
		}, operations...)(Bank{right, b.SigningSecret})
	}
}

// owned are the steps of a path, and where the first id among them is, or 0.
func owned(path string) ([]string, int) {
	parts := strings.Split(path, "/")
	return parts, max(0, slices.IndexFunc(parts, func(part string) bool { return uuid.Validate(part) == nil }))
}

// assigning takes a member from requests that only answers have.
func assigning(name string, operations ...string) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		asked, ok := decode(body).(map[string]any)
		value, has := asked[name]
		if !ok || !has {
			b.serve(w, r, body)
			return
		}
		delete(asked, name)
		without, _ := json.Marshal(asked)
		if s := b.signedBy(r, body); s.given == s.want {
			b.put(r, without)
		}
		a := b.ask(r, without)
		if a.status/100 == 2 {
			a.setValue(with(a.value(), name, value))
		}
		a.write(w)
	}, operations...)
}
