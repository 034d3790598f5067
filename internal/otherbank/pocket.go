package otherbank

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

type pocket struct {
	ID       string
	number   int64
	customer string
	name     string
	deposit  string
	reinvest any
	status   string
	changes  int
	cents    int64
	// due is what was paid in and has not come yet.
	due []payment
	// opensAt is the number of requests after which it is open that is PENDING before.
	opensAt int64
}

// A payment is of some cents that come at a time.
type payment struct {
	cents int64
	at    time.Time
}

// settle adds what has come.
func (p *pocket) settle() {
	p.due = slices.DeleteFunc(p.due, func(d payment) bool {
		hasCome := !d.at.After(time.Now())
		if hasCome {
			p.cents += d.cents
		}
		return hasCome
	})
}

var strategies = []struct{ id, text string }{{"UST-4W", "Four weeks"}, {"UST-13W", "A quarter"},
	{"UST-26W", "Half a year"}, {"UST-52W", "A year"}}

var statuses = []string{"PENDING", "OPEN", "FROZEN", "CLOSED"}

func (b *Bank) listStrategies(*call) answer {
	items := []any{}
	for _, s := range strategies {
		items = append(items, map[string]any{"id": s.id, "description": s.text,
			"applicable_to": []string{"REINVESTMENT", "DEPOSIT"}})
	}
	return answer{200, map[string]any{"items": items, "count": len(items), "offset": 0}}
}

func (b *Bank) listConfigurations(*call) answer {
	items := []any{}
	for _, s := range strategies {
		items = append(items, map[string]any{"id": s.id, "description": s.text})
	}
	return answer{200, map[string]any{"items": items, "count": len(items), "offset": 0}}
}

func isStrategy(v any) bool {
	for _, s := range strategies {
		if s.id == v {
			return true
		}
	}
	return false
}

func (b *Bank) view(p *pocket, omitted []string) map[string]any {
	v := map[string]any{"id": p.ID, "pocket_name": p.name, "status": p.status, "deposit_strategy_id": p.deposit,
		"reinvestment_strategy_id": p.reinvest, "object_type": "Pocket"}
	if b.mood.Sparse {
		return v
	}
	v["customer_id"], v["attributes"] = p.customer, []string{}
	if !slices.Contains(omitted, "portfolio") {
		priced := time.Now()
		if b.mood.PricedDaily {
			priced = priced.Truncate(24 * time.Hour)
		}
		money := map[string]any{"value": p.cents, "currency": "USD"}
		v["portfolio"] = map[string]any{"total_value": money, "cash": money, "securities": []any{},
			"pricing_timestamp": b.shown(priced)}
	}
	if b.mood.Chatty {
		v["version"] = p.changes
		v["type"], v["nickname"], v["links"] = "joint", nil, map[string]any{"self": "/api/v2/pockets/" + p.ID + "/"}
	}
	return v
}

// find is the pocket that a path names, or nil.
func (b *Bank) find(c *call) *pocket {
	customer := c.PathValue("customer")
	for _, p := range b.pockets {
		p.settle()
		if p.status == "PENDING" && b.requests >= p.opensAt {
			p.status = "OPEN"
		}
	}
	for _, p := range b.pockets {
		if p.ID == c.PathValue("pocket") && (customer == "" || p.customer == customer) {
			return p
		}
	}
	return nil
}

var showing = query{"omit[]": anyText, "valuation_type": anyText}

func (b *Bank) showPocket(c *call) answer {
	asked, no := b.asked(c, showing)
	p := b.find(c)
	switch {
	case no != nil && (p != nil || !b.mood.LooksFirst):
		return b.refused(c, no)
	case p == nil:
		return b.refused(c, noSuchThing)
	}
	return answer{200, b.view(p, asked["omit[]"])}
}

func (b *Bank) listPockets(c *call) answer {
	asked, no := b.asked(c, with(query{"omit[]": anyText, "valuation_type": anyText,
		"filter[status]": oneOf(statuses...)}))
	if no != nil {
		return b.refused(c, no)
	}
	customer := c.PathValue("customer")
	if customer != "" && !slices.Contains(b.people, customer) {
		return b.refused(c, noSuchThing)
	}
	b.find(c)
	var items []item
	for _, p := range b.pockets {
		wanted := asked["filter[status]"]
		if (customer == "" || p.customer == customer) && (len(wanted) == 0 || slices.Contains(wanted, p.status)) {
			items = append(items, item{p.number, p.ID, b.view(p, asked["omit[]"])})
		}
	}
	return b.page(c, asked, items)
}

func (b *Bank) openPocket(c *call) answer {
	customer := c.PathValue("customer")
	isThere := slices.Contains(b.people, customer)
	given, no := b.read(c, object{"pocket_name": {required, anyText}, "trading_strategy_id": {optional, anyText},
		"deposit_strategy_id": {optional, anyText}, "reinvestment_strategy_id": {optional, orNull(anyText)},
		"pocket_configuration_id": {optional, anyText}})
	deposit, other := given["deposit_strategy_id"], given["trading_strategy_id"]
	if deposit == nil {
		deposit = other
	}
	reinvest := given["reinvestment_strategy_id"]
	switch {
	case !isThere && (no == nil || b.mood.LooksFirst):
		return b.refused(c, noSuchThing)
	case no != nil:
		return b.refused(c, no)
	case deposit == nil:
		return b.refused(c, unfit("no_strategy", "A strategy is missing", "body"))
	case other != nil && other != deposit:
		return b.refused(c, b.rule("two_strategies", "Which of the two is it?", "body", "trading_strategy_id"))
	case !isStrategy(deposit):
		return b.refused(c, b.rule("strategy", "There is no such strategy", "body", "deposit_strategy_id"))
	case reinvest != nil && !isStrategy(reinvest):
		return b.refused(c, b.rule("strategy", "There is no such strategy", "body", "reinvestment_strategy_id"))
	}
	p := &pocket{ID: uuid(), number: b.next(), customer: customer, name: given["pocket_name"].(string),
		deposit: deposit.(string), reinvest: reinvest, status: "OPEN"}
	if b.mood.OpensAfter > 0 {
		p.status, p.opensAt = "PENDING", b.requests+b.mood.OpensAfter
	}
	b.pockets = append(b.pockets, p)
	return answer{201, b.view(p, nil)}
}

func (b *Bank) changePocket(c *call) answer {
	given, no := b.read(c, object{"pocket_name": {optional, anyText}, "status": {optional, oneOf(statuses...)},
		"closure_reason": {optional, anyText}, "deposit_strategy_id": {optional, anyText},
		"reinvestment_strategy_id": {optional, orNull(anyText)}})
	p := b.find(c)
	switch {
	case p == nil && (no == nil || b.mood.LooksFirst):
		return b.refused(c, noSuchThing)
	case no != nil:
		return b.refused(c, no)
	}
	changed := *p
	if name, has := given["pocket_name"].(string); has {
		changed.name = name
	}
	if deposit, has := given["deposit_strategy_id"].(string); has {
		changed.deposit = deposit
	}
	if reinvest, has := given["reinvestment_strategy_id"]; has {
		changed.reinvest = reinvest
	}
	status, asksStatus := given["status"].(string)
	isOther := func(o *pocket) bool { return o.customer == p.customer && o.ID != p.ID && o.status == "OPEN" }
	switch {
	case p.status == "CLOSED":
		return b.refused(c, b.rule("closed", "It is closed for good", "body"))
	case !isStrategy(changed.deposit) || changed.reinvest != nil && !isStrategy(changed.reinvest):
		return b.refused(c, b.rule("strategy", "There is no such strategy", "body"))
	case asksStatus && status != "CLOSED" && status != p.status:
		return b.refused(c, b.rule("status", "That is not for you to say", "body", "status"))
	case status == "CLOSED" && given["closure_reason"] == nil:
		return b.refused(c, b.rule("no_reason", "Why is it closed?", "body", "closure_reason"))
	case status == "CLOSED" && p.cents > 0:
		return b.refused(c, b.rule("money", "There is money in it", "body", "status"))
	case status == "CLOSED" && !slices.ContainsFunc(b.pockets, isOther):
		return b.refused(c, b.rule("last", "It is the last one", "body", "status"))
	case status == "CLOSED":
		changed.status = status
	}
	changed.changes++
	*p = changed
	return answer{200, b.view(p, nil)}
}

func (b *Bank) showEarnings(c *call) answer {
	aDay := like(func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }, "a day is wanted")
	asked, no := b.asked(c, query{"period": oneOf("ytd", "mtd", "wtd", "all-time", "range"), "date_from": aDay,
		"date_to": aDay})
	p := b.find(c)
	switch {
	case p == nil && (no == nil || b.mood.LooksFirst):
		return b.refused(c, noSuchThing)
	case no != nil:
		return b.refused(c, no)
	}
	from, to := any(nil), time.Now().UTC().Format(time.DateOnly)
	if len(asked["period"]) > 0 && asked["period"][0] == "range" {
		if len(asked["date_from"]) == 0 || len(asked["date_to"]) == 0 || asked["date_from"][0] > asked["date_to"][0] {
			return b.refused(c, b.rule("range", "A range goes from a day to a later one", "query", "date_from"))
		}
		from, to = asked["date_from"][0], asked["date_to"][0]
	}
	return answer{200, map[string]any{"date_to": to, "date_from": from,
		"earnings": map[string]any{"currency": "USD", "value": -3, "formatted": "($0.03)"}}}
}

// fund pays into a pocket, which has to be known for a change of it to be refused.
func (b *Bank) fund(c *call) answer {
	given, no := b.read(c, object{"account_id": {required, anID}, "amount_usdc": {required, whole(1, 1<<40)},
		"company_name": {optional, orNull(anyText)}, "count": {optional, whole(1, 100)}})
	if no != nil {
		return b.refused(c, no)
	}
	count := int64(1)
	if n, has := given["count"].(json.Number); has {
		count, _ = strconv.ParseInt(string(n), 10, 64)
	}
	for _, p := range b.pockets {
		if p.ID == fmt.Sprint(given["account_id"]) {
			amount, _ := given["amount_usdc"].(json.Number)
			cents, _ := amount.Int64()
			p.due = append(p.due, payment{cents * count, time.Now().Add(b.mood.CreditsAfter)})
			return answer{202, nil}
		}
	}
	return b.refused(c, b.rule("account", "There is no such account", "body", "account_id"))
}
