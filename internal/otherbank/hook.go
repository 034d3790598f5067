package otherbank

import (
	"encoding/json"
	"math"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A hook is a subscription.
type hook struct {
	id            string
	number        int64
	text, url     string
	types         []string
	secret        string
	status        string
	policy        any
	made, changed time.Time
}

func hookForm(p presence) object {
	return object{"description": {optional, anyText}, "events": {p, listOf(1, anyText)},
		"url":           {p, like(func(s string) bool { return isURL(s) && len(s) <= 2083 }, "a URL is wanted")},
		"shared_secret": {p, texts(16, 100_000)},
		"retry_policy": {optional, orNull(object{
			"retry_on_status_codes":    {required, listOf(0, whole(math.MinInt32, math.MaxInt32))},
			"backoff_coefficient":      {required, whole(1, math.MaxInt32)},
			"maximum_attempts":         {required, whole(1, math.MaxInt32)},
			"initial_interval_seconds": {required, whole(1, math.MaxInt32)},
			"maximum_interval_seconds": {required, whole(math.MinInt32, math.MaxInt32)}}.check)}}
}

func (b *Bank) viewHook(h *hook) map[string]any {
	types := slices.Clone(h.types)
	slices.Sort(types)
	v := map[string]any{"id": h.id, "url": h.url, "events": slices.Compact(types), "status": h.status,
		"time_created": b.shown(h.made), "updated_at": b.shown(h.changed), "object_type": "Subscription"}
	if !b.mood.Sparse || h.text != "" {
		v["description"] = h.text
	}
	if !b.mood.Sparse || h.policy != nil {
		v["retry_policy"] = h.policy
	}
	if b.mood.Chatty {
		v["failures"] = 0
	}
	return v
}

func (b *Bank) hook(c *call) (int, *hook) {
	for i, h := range b.hooks {
		if h.id == c.PathValue("hook") {
			return i, h
		}
	}
	return 0, nil
}

// put changes a subscription by what a call has given, all of it or nothing.
func (b *Bank) put(h *hook, given map[string]any) *refusal {
	changed := *h
	if types, has := given["events"].([]any); has {
		changed.types = nil
		for i, t := range types {
			kind, _ := t.(string)
			if b.mood.Strict && eventForms[kind] == nil {
				return b.rule("event_type", "There are no such events", "body", "events", i)
			}
			changed.types = append(changed.types, kind)
		}
	}
	if address, has := given["url"].(string); has {
		u, err := url.Parse(address)
		if err != nil || b.mood.Strict && (u.Scheme != "https" || net.ParseIP(u.Hostname()) != nil || u.Host == "") {
			return b.rule("address", "Nobody is called there", "body", "url")
		}
		changed.url = address
	}
	if text, has := given["description"].(string); has {
		changed.text = text
	}
	if secret, has := given["shared_secret"].(string); has {
		changed.secret = secret
	}
	if policy, has := given["retry_policy"]; has {
		changed.policy = policy
	}
	changed.changed = time.Now()
	*h = changed
	return nil
}

func (b *Bank) listHooks(c *call) answer {
	asked, no := b.asked(c, paging)
	if no != nil {
		return b.refused(c, no)
	}
	var items []item
	for _, h := range b.hooks {
		items = append(items, item{h.number, h.id, b.viewHook(h)})
	}
	return b.page(c, asked, items)
}

func (b *Bank) addHook(c *call) answer {
	given, no := b.read(c, hookForm(required))
	h := &hook{id: uuid(), number: b.next(), status: "enabled", made: time.Now()}
	if no == nil {
		no = b.put(h, given)
	}
	if no != nil {
		return b.refused(c, no)
	}
	b.hooks = append(b.hooks, h)
	return answer{201, b.viewHook(h)}
}

func (b *Bank) showHook(c *call) answer {
	if _, h := b.hook(c); h != nil {
		return answer{200, b.viewHook(h)}
	}
	return b.refused(c, noSuchThing)
}

func (b *Bank) changeHook(c *call) answer {
	wanted := hookForm(optional)
	wanted["status"] = member{optional, oneOf("enabled", "disabled")}
	given, no := b.read(c, wanted)
	_, h := b.hook(c)
	if h == nil && (no == nil || b.mood.LooksFirst) {
		no = noSuchThing
	}
	if no == nil {
		no = b.put(h, given)
	}
	if no != nil {
		return b.refused(c, no)
	}
	if status, has := given["status"].(string); has {
		h.status = status
	}
	if b.mood.Accepts {
		return answer{202, b.viewHook(h)}
	}
	return answer{200, b.viewHook(h)}
}

func (b *Bank) removeHook(c *call) answer {
	i, h := b.hook(c)
	if h == nil {
		return b.refused(c, noSuchThing)
	}
	b.hooks = slices.Delete(b.hooks, i, i+1)
	return answer{204, nil}
}

// retries are what the policy of a subscription says of an answer.
func (h *hook) retries(status int) (again bool, attempts int, pause time.Duration) {
	policy, ok := h.policy.(map[string]any)
	if !ok {
		return false, 1, 0
	}
	number := func(v any) int64 {
		n, _ := v.(json.Number)
		i, _ := n.Int64()
		return i
	}
	codes, _ := policy["retry_on_status_codes"].([]any)
	again = slices.ContainsFunc(codes, func(v any) bool { return number(v) == int64(status) })
	seconds := min(number(policy["initial_interval_seconds"]), 300)
	return again, int(number(policy["maximum_attempts"])), time.Duration(seconds) * time.Second
}

// isHere reports whether a URL leads to this machine.
func isHere(address string) bool {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "http") {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}
