package otherbank

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// An event is one that has happened, with the attempts to deliver it.
type event struct {
	number   int64
	id       string
	at       time.Time
	kind     string
	value    map[string]any
	hooks    []string
	attempts []any
}

// eventForms are the payloads that there are, by the types of events.
var eventForms = func() map[string]object {
	ids := func(names ...string) object {
		o := object{}
		for _, name := range names {
			o[name] = member{required, anID}
		}
		return o
	}
	status := ids("card_id")
	status["status"] = member{required, oneOf("OPEN", "LOCKED", "FROZEN", "CLOSED")}
	swipe := ids("card_id", "account_id")
	swipe["amount"] = member{required, whole(math.MinInt64, math.MaxInt64)}
	wireIn := ids("wire_id")
	wireIn["jiko_account_id"] = member{optional, anID}
	forms := map[string]object{"transfers.on-us.received": ids("on_us_id", "transaction_activity_id",
		"receiving_pocket_id")}
	for _, g := range []struct {
		before string
		ends   []string
		form   object
	}{
		{"application.", []string{"approved", "documents_needed", "manual_review", "rejected"}, ids("application_id")},
		{"card.status.", []string{"closed", "frozen", "locked", "open"}, status},
		{"card.transaction.", []string{"approved", "rejected", "on_hold", "reversed"}, swipe},
		{"transfers.ach.", []string{"out.success", "out.rejected", "out.sent", "in.success", "in.rejected"},
			ids("jiko_account_id")},
		{"transfers.wire.out.", []string{"processing", "success", "rejected"}, ids("jiko_account_id", "wire_id")},
		{"transfers.wire.in.", []string{"success", "rejected"}, wireIn},
		{"transfers.on-us.", []string{"processing", "success", "rejected"},
			ids("on_us_id", "origin_account_id", "destination_account_id")},
	} {
		for _, end := range g.ends {
			forms[g.before+end] = g.form
		}
	}
	return forms
}()

func (b *Bank) listTypes(*call) answer {
	items := []any{}
	for kind := range eventForms {
		items = append(items, map[string]any{"event": kind})
	}
	slices.SortFunc(items, func(a, z any) int {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(z)
		return slices.Compare(x, y)
	})
	return answer{200, map[string]any{"items": items, "count": len(items), "offset": 0}}
}

// trigger has an event happen, and starts its deliveries.
func (b *Bank) trigger(c *call) answer {
	envelope := object{"event_id": {required, anID}, "timestamp": {required, aMoment}, "customer_id": {optional, anID},
		"event_type": {required, like(func(s string) bool { return eventForms[s] != nil }, "there is no such event")},
		"payload":    {required, object{}.check}}
	given, no := b.read(c, envelope)
	if no != nil {
		return b.refused(c, no)
	}
	kind, _ := given["event_type"].(string)
	if wrong, where := eventForms[kind].check(given["payload"]); wrong != "" {
		return b.refused(c, unfit("form", "Not like this: "+wrong, append([]any{"body", "payload"}, where...)...))
	}
	id, _ := given["event_id"].(string)
	stamp, _ := given["timestamp"].(string)
	at, _ := time.Parse(time.RFC3339, stamp)
	e := &event{number: b.next(), id: id, at: at, kind: kind, value: given}
	for _, h := range b.hooks {
		if h.status == "enabled" && slices.Contains(h.types, kind) {
			e.hooks = append(e.hooks, h.id)
			b.post.hand(h.id, e)
		}
	}
	b.events = append(b.events, e)
	return answer{202, nil}
}

func (b *Bank) listEvents(c *call) answer {
	asked, no := b.asked(c, with(query{"subscription_id": anID, "after": aMoment}))
	if no != nil {
		return b.refused(c, no)
	}
	after := time.Time{}
	if len(asked["after"]) > 0 {
		after, _ = time.Parse(time.RFC3339, asked["after"][0])
	}
	var items []item
	for _, e := range b.events {
		isOfHook := len(asked["subscription_id"]) == 0 || slices.Contains(e.hooks, asked["subscription_id"][0])
		if isOfHook && e.at.After(after) {
			items = append(items, item{e.number, e.id, map[string]any{"event": e.value,
				"delivery_attempts": append([]any{}, e.attempts...)}})
		}
	}
	return b.page(c, asked, items)
}
