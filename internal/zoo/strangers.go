package zoo

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// strangers are broken in what one partner sees and does of what is another's.
var strangers = []Animal{
	{
		Name: "pocket-of-anybody", Fault: "A pocket is found by its id alone, whoever asks.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"getPocket"}, Place: "pocket_id",
		Break: reaching("getPocket"),
	},
	{
		Name: "counterparty-below-own-customer", Two: true,
		Fault:  "A counterparty is found below a customer of the caller's, whoever has it.",
		Checks: []string{"F206"}, Operations: []string{"getCounterparty"}, Place: "counterparty_id",
		Break: belowOwn("/customers/", "getCounterparty"),
	},
	{
		Name: "card-frozen-by-anybody", Fault: "The status of a card is set by whoever knows its id.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"setCardStatus"}, Place: "another_caller",
		Break: reaching("setCardStatus"),
	},
	{
		Name: "subscription-removed-in-silence", Two: true,
		Fault:  "The removal of another's subscription is refused, and comes about.",
		Checks: []string{"F206"}, Operations: []string{"deleteSubscription"}, Place: "takes effect",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			if a.status/100 == 4 && p.isSigned(r, body) {
				p.askAs(1-who, r, body)
			}
			return a
		}, "deleteSubscription"),
	},
	{
		Name: "money-from-anybody", Fault: "Nobody asks whose the pocket is that a transfer is from.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"createOnUsTransfer"}, Place: "from_account",
		Break: takingFromAnybody(),
	},
	{
		Name: "funds-for-anybody", Fault: "Whoever knows an account's id funds it.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"fundAccount"}, Place: "body",
		Break: reaching("fundAccount"),
	},
	{
		Name: "wires-of-all", Fault: "The list of wires has those of all partners.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"listWires"}, Place: "/items",
		Break: joined("listWires"),
	},
	{
		Name: "events-of-all", Fault: "The list of events has those of all partners.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"listEvents"}, Place: "/items",
		Break: joined("listEvents"),
	},
	{
		Name: "reports-go-on-with-others", Fault: "A cursor leads whoever has it through the list of who was given it.",
		Two: true, Checks: []string{"F206"}, Operations: []string{"listReportRequests"}, Place: "query cursor",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			if r.URL.Query().Get("cursor") != "" && p.isSigned(r, body) {
				if others := p.askAs(1-who, r, body); others.status == http.StatusOK {
					return others
				}
			}
			return a
		}, "listReportRequests"),
	},
	{
		Name: "wires-of-anybodys-pocket", Two: true,
		Fault:  "The list of wires is that of the pocket which the filter has, whoever asks.",
		Checks: []string{"F206"}, Operations: []string{"listWires"}, Place: "query pocket_id",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			if r.URL.Query().Get("pocket_id") != "" && p.isSigned(r, body) {
				if others := p.askAs(1-who, r, body); others.status == http.StatusOK && hasItems(others) {
					return others
				}
			}
			return a
		}, "listWires"),
	},
	{
		Name: "account-from-a-cache", Fault: "Accounts come from a cache that knows paths and no callers.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"getAccount"}, Place: "account_id",
		Break: func(b Bank) http.Handler {
			var mu sync.Mutex
			known := map[string]*answer{}
			return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
				mu.Lock()
				defer mu.Unlock()
				a := p.ask(who, r, body)
				switch first := known[r.URL.Path]; {
				case a.status == http.StatusOK:
					known[r.URL.Path] = a
				case a.status == http.StatusNotFound && first != nil:
					return first
				}
				return a
			}, "getAccount")(b)
		},
	},
	{
		Name: "keys-of-all", Fault: "Answers are kept by key and body, and replayed to whoever sends them.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"createPocketPortal"}, Place: "key_of_another_caller",
		Break: keptForAll(func(r *http.Request, body []byte) string {
			return r.Header.Get(headerKey) + r.URL.Path + string(body)
		}, nil, "createPocketPortal"),
	},
	{
		Name: "first-answer-to-all", Fault: "Answers are kept by key alone, and replayed to whoever sends it.",
		Two: true, Checks: []string{"F206"}, Operations: []string{"createReportRequest"},
		Place: "key_of_another_caller",
		Break: keptForAll(func(r *http.Request, _ []byte) string { return r.Header.Get(headerKey) }, nil,
			"createReportRequest"),
	},
	{
		Name: "keys-used-up-by-others", Fault: "A key that one partner has used is refused to all others.", Two: true,
		Checks: []string{"F204"}, Operations: []string{"createCounterparty"}, Place: "key_of_another_caller",
		Break: keptForAll(func(r *http.Request, _ []byte) string { return r.Header.Get(headerKey) },
			refusal(http.StatusUnprocessableEntity), "createCounterparty"),
	},
	{
		Name: "forbidden-or-not-found", Two: true,
		Fault:  "Another's customer is forbidden, and one whom nobody has not found.",
		Checks: []string{"F204"}, Operations: []string{"getCustomer"}, Place: "status",
		Break: telling(http.StatusForbidden, "", "getCustomer"),
	},
	{
		Name: "belongs-to-another", Fault: "The words of a 404 tell that a wire is another's.", Two: true,
		Checks: []string{"F204"}, Operations: []string{"getWire"}, Place: "body",
		Break: telling(http.StatusNotFound, "The wire belongs to another partner", "getWire"),
	},
	{
		Name: "refused-for-another-reason", Two: true,
		Fault:  "A change of another's portal is refused for its state, and one of nobody's since it is not found.",
		Checks: []string{"F204"}, Operations: []string{"updatePocketPortal"}, Place: "status",
		Break: telling(http.StatusConflict, "", "updatePocketPortal"),
	},
	{
		Name: "nothing-of-anothers", Two: true,
		Fault:  "Another's pocket has an empty list of transactions, and nobody's is not found.",
		Checks: []string{"F204"}, Operations: []string{"listPocketTransactions"}, Place: "pocket_id",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			if a.status == http.StatusNotFound && p.askAs(1-who, r, body).status == http.StatusOK {
				a = refusal(http.StatusOK)
				a.setValue(map[string]any{"items": []any{}, "object_type": "cursor_list"})
			}
			return a
		}, "listPocketTransactions"),
	},
	{
		Name: "events-to-all", Fault: "An event is delivered to the subscriptions of all partners.", Two: true,
		Checks: []string{"F206"}, Operations: []string{"triggerWebhook"}, Place: "delivery",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			a := p.ask(who, r, body)
			if a.status == http.StatusAccepted {
				p.askAs(1-who, r, body)
			}
			return a
		}, "triggerWebhook"),
	},
	{
		Name: "any-partners-secret", Fault: "A signature is right if it is that of any partner.", Two: true,
		Checks: []string{"F906"}, Operations: []string{"createWire"}, Place: "of_another_caller",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			of := Bank{SigningSecret: p.each[1-who].SigningSecret}
			if s := of.signedBy(r, body); s.given == s.want {
				(Bank{SigningSecret: p.each[who].SigningSecret}).sign(r, body)
			}
			return p.ask(who, r, body)
		}, "createWire"),
	},
	{
		Name: "caller-by-signature", Fault: "Who calls is told by the signature, and any good token will do.",
		Two: true, Checks: []string{"F906"}, Operations: []string{"listPockets"}, Place: "of_another_caller",
		Break: asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			of := Bank{SigningSecret: p.each[1-who].SigningSecret}
			if s := of.signedBy(r, body); s.given == s.want && p.hasToken(r) {
				return p.askAs(1-who, r, body)
			}
			return p.ask(who, r, body)
		}, "listPockets"),
	},
}

// asOthers has calls of some operations answered by a function that can ask both partners' banks.
func asOthers(answered func(p *Partners, who int, r *http.Request, body []byte) *answer, operations ...string,
) func(Bank) http.Handler {
	return onCall(func(b Bank, w http.ResponseWriter, r *http.Request, body []byte) {
		p, ok := b.Handler.(*Partners)
		if !ok {
			b.serve(w, r, body)
			return
		}
		answered(p, p.who(r), r, body).write(w)
	}, operations...)
}

// hasToken reports whether a request has a token that somebody was given.
func (p *Partners) hasToken(r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, has := p.tokens[strings.TrimPrefix(r.Header.Get(headerBearer), "Bearer ")]
	return has
}

// reaching does what somebody asks with what is another's.
func reaching(operations ...string) func(Bank) http.Handler {
	return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
		a := p.ask(who, r, body)
		if (a.status == http.StatusNotFound || a.status == http.StatusUnprocessableEntity) && p.isSigned(r, body) {
			if others := p.askAs(1-who, r, body); others.status/100 == 2 {
				return others
			}
		}
		return a
	}, operations...)
}

// telling refuses what is another's in its own way.
func telling(status int, detail string, operations ...string) func(Bank) http.Handler {
	return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
		a := p.ask(who, r, body)
		if (a.status == http.StatusNotFound || a.status == http.StatusUnprocessableEntity) && p.isSigned(r, body) &&
			p.readAs(1-who, r, r.URL.Path).status == http.StatusOK {
			a.status = status
			if detail != "" {
				a.setValue(with(a.value(), "detail", detail))
			}
		}
		return a
	}, operations...)
}

// belowOwn finds by its own id what was shown to anybody, below what is the caller's.
func belowOwn(parent string, operations ...string) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		shown := map[string]*answer{}
		return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			mu.Lock()
			defer mu.Unlock()
			a := p.ask(who, r, body)
			id := lastPart(r.URL.Path)
			if a.status == http.StatusOK {
				shown[id] = a
			}
			_, rest, _ := strings.Cut(r.URL.Path, parent)
			owner, _, _ := strings.Cut(rest, "/")
			if a.status == http.StatusNotFound && shown[id] != nil && p.isSigned(r, body) &&
				p.readAs(who, r, "/api/v1/customers/"+owner+"/").status == http.StatusOK {
				return shown[id]
			}
			return a
		}, operations...)(b)
	}
}

// hasItems reports whether a list has something.
func hasItems(a *answer) bool {
	items, _ := in(a.value(), "items").([]any)
	return len(items) > 0
}

// joined puts what both partners' lists have into one.
func joined(operations ...string) func(Bank) http.Handler {
	return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
		a := p.ask(who, r, body)
		if a.status != http.StatusOK || r.URL.Query().Get("cursor") != "" {
			return a
		}
		mine, _ := in(a.value(), "items").([]any)
		others, _ := in(p.askAs(1-who, r, body).value(), "items").([]any)
		a.setValue(with(a.value(), "items", append(others, mine...)))
		return a
	}, operations...)
}

// keptForAll keeps what was answered first under a name, and answers others so, or with a refusal if there is one.
func keptForAll(name func(r *http.Request, body []byte) string, refused *answer, operations ...string,
) func(Bank) http.Handler {
	return func(b Bank) http.Handler {
		var mu sync.Mutex
		answers := map[string]*answer{}
		whose := map[string]int{}
		return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
			mu.Lock()
			defer mu.Unlock()
			under := name(r, body)
			first, has := answers[under]
			if has && whose[under] != who && p.isSigned(r, body) {
				if refused != nil {
					again := *refused
					again.header = maps.Clone(refused.header)
					return &again
				}
				return first
			}
			a := p.ask(who, r, body)
			if a.status/100 == 2 && !has {
				answers[under], whose[under] = a, who
			}
			return a
		}, operations...)(b)
	}
}

// takingFromAnybody makes transfers from pockets of another's, wherever they are to go.
func takingFromAnybody() func(Bank) http.Handler {
	return asOthers(func(p *Partners, who int, r *http.Request, body []byte) *answer {
		a := p.ask(who, r, body)
		asked := decode(body)
		from, _ := in(asked, "from_account", "id").(string)
		owner, _ := in(p.readAs(1-who, r, "/api/v2/pockets/"+from+"/").value(), "customer_id").(string)
		if a.status/100 != 4 || !p.isSigned(r, body) || owner == "" {
			return a
		}
		pockets, _ := in(p.readAs(1-who, r, "/api/v2/customers/"+owner+"/pockets/").value(), "items").([]any)
		for _, pocket := range pockets {
			if id := in(pocket, "id"); id != from {
				with(in(asked, "to_account"), "id", id)
				changed, _ := json.Marshal(asked)
				if made := p.askAs(1-who, r, changed); made.status == http.StatusCreated {
					return made
				}
			}
		}
		return a
	}, "createOnUsTransfer")
}
