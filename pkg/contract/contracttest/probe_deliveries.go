package contracttest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// delivering are the operations that decide what is delivered.
var delivering = []string{"createSubscription", "updateSubscription", "deleteSubscription", "triggerWebhook",
	"listEvents", "createOnUsTransfer"}

const sourceDelivery = "#/components/callbacks"

// What may happen to a delivery of a right server, if not each time.
const (
	ruleDoubled   = "doubled"
	ruleOrder     = "order"
	ruleDelivered = "delivered"
)

// isAllowedOnce reports whether the contract allows what was found, if not each time: a delivery may be repeated, and
// may overtake another one.
func (f *Finding) isAllowedOnce() bool {
	rule, _, _ := strings.Cut(f.Rule, " ")
	switch f.Check.Code {
	case codeDelivery:
		return rule == ruleDoubled || rule == ruleOrder
	case codeSecondEffect:
		return rule == ruleDelivered
	}
	return false
}

// deliveries subscribes to events, has them happen, and looks at what comes.
func deliveries(ctx context.Context, r *run) error {
	if r.receiver != nil && r.tests([]string{"setCardStatus"}) {
		if err := errors.Join(r.hush(ctx), leaveOut(r.refusedEvents(ctx))); err != nil {
			return err
		}
	}
	if r.receiver == nil || !r.tests(delivering) {
		return nil
	}
	if err := r.hush(ctx); err != nil {
		return err
	}
	if err := leaveOut(r.delivered(ctx)); err != nil {
		return err
	}
	for _, probe := range []func(context.Context) error{r.deliveredOf, r.attempted, r.posted} {
		if err := leaveOut(probe(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// objects are the members of a payload that say what an event is about.
var objects = []string{"application_id", "card_id", "on_us_id", "wire_id"}

// subscribe is a subscription of some types, at a path and with a secret that variables have.
func subscribe(id, hook, secret string, types []string) step {
	encoded, _ := json.Marshal(types)
	s := callBy("createSubscription", "")
	s.Media, s.Body = mediaJSON, text(`{"description":"contract test","events":`+string(encoded)+
		`,"url":"${receiver}/${`+hook+`}/","shared_secret":"${`+secret+`}"}`)
	s.Make = map[string]recipe.Made{hook: recipe.MadeUUID, secret: recipe.MadeUUID}
	s.Keep = map[string]string{id: "/id"}
	return s
}

// callBy is a request of an operation whose path may have one id.
func callBy(operation, id string) step {
	o := operationByID(operation)
	path := o.Path
	for _, p := range o.in("path") {
		path = strings.ReplaceAll(path, "{"+p.Name+"}", "${"+id+"}")
	}
	return step{Operation: o.ID, Method: o.Method, Path: path}
}

// trigger has an event happen, with an id that a variable has.
func trigger(event string, b body) (step, string, bool) {
	value, err := decodeNumbers(b)
	kind, _ := member(value, "event_type").(string)
	changed, ok := graft(b, "/event_id", json.RawMessage(`"${`+event+`}"`))
	if err != nil || kind == "" || !ok {
		return step{}, "", false
	}
	s := callBy("triggerWebhook", "")
	s.Media, s.Body, s.Make = mediaJSON, &changed, map[string]recipe.Made{event: recipe.MadeUUID}
	return s, kind, true
}

// arrive are steps that wait for what was triggered and look at it.
func arrive(subscription string, args map[string]string) []step {
	list := callBy("listEvents", "")
	list.Query = []pair{{"subscription_id", "${" + subscription + "}"}, {"limit", "100"}}
	list.Want = []want{{judgeDelivered, args}}
	wait := step{Await: true}
	for _, id := range strings.Fields(args["events"]) {
		wait.Expect = append(wait.Expect, pair{args["hook"], id})
	}
	return []step{wait, list}
}

// delivered triggers an event of each type, and then some after each change of the subscription.
func (r *run) delivered(ctx context.Context) error {
	var events []step
	var types, ids []string
	for i, example := range operationByID("triggerWebhook").exampleBodies() {
		id := "event_" + strconv.Itoa(i)
		b := example.body
		for _, name := range objects { // What is about one thing has an order.
			if _, has := valueAt(b, "/payload/"+name); !has {
				continue
			}
			if changed, ok := graft(b, "/payload/"+name, json.RawMessage(`"${object_id}"`)); ok {
				b = changed
			}
		}
		if s, kind, ok := trigger(id, b); ok {
			events, types, ids = append(events, s), append(types, kind), append(ids, "${"+id+"}")
		}
	}
	if len(events) < 2 {
		return nil
	}
	first := types[:1]
	args := func(rule, hook, secret string, types []string, ids ...string) map[string]string {
		subscription := "all_id"
		if hook != "all_hook" {
			subscription = "one_id"
		}
		return map[string]string{"rule": rule, "subscription": "${" + subscription + "}", "object": "${object_id}",
			"hook": "${" + hook + "}", "secret": "${" + secret + "}",
			"types": strings.Join(types, " "), "events": strings.Join(ids, " ")}
	}
	steps := []step{subscribe("all_id", "all_hook", "all_secret", types),
		subscribe("one_id", "one_hook", "one_secret", first)}
	steps[0].Make["object_id"] = recipe.MadeUUID
	steps = append(steps, events...)
	steps = append(steps, arrive("all_id", args("", "all_hook", "all_secret", types, ids...))...)
	steps = append(steps, arrive("one_id", args("", "one_hook", "one_secret", first, ids[0]))...)
	t, err := r.try(ctx, steps)
	r.judged(t)
	if err != nil {
		return err
	}
	again := func(event string) step {
		s, _, _ := trigger(event, operationByID("triggerWebhook").exampleBodies()[0].body)
		return s
	}
	change := func(content string, made ...string) step {
		s := callBy("updateSubscription", "one_id")
		s.Media, s.Body = mediaJSON, text(content)
		for _, name := range made {
			if s.Make == nil {
				s.Make = map[string]recipe.Made{}
			}
			s.Make[name] = recipe.MadeUUID
		}
		return s
	}
	if err := r.more(ctx, t, slices.Concat(
		[]step{change(`{"description":"another description"}`), again("event_described")},
		arrive("one_id", args("after_change", "one_hook", "one_secret", first, "${event_described}")),
		repeatedTrigger(again("event_repeated"), "${one_hook}", "${event_described}"),
		[]step{change(`{"shared_secret":"${new_secret}"}`, "new_secret"), again("event_rotated")},
		arrive("one_id", withOld(args("after_rotation", "one_hook", "new_secret", first, "${event_rotated}"),
			"one_secret")),
		[]step{change(`{"url":"${receiver}/${new_hook}/"}`, "new_hook"), again("event_moved")},
		arrive("one_id", args("after_move", "new_hook", "new_secret", first, "${event_moved}")),
		[]step{change(`{"events":["` + types[1] + `"]}`), again("event_other")},
		never("one_id", "new_hook", "unsubscribed", "updateSubscription", types[1], "${event_other}"),
		[]step{change(`{"events":["` + types[0] + `"]}`), change(`{"status":"disabled"}`), again("event_disabled")},
		never("one_id", "new_hook", "disabled", "updateSubscription", "disabled", "${event_disabled}"),
		[]step{change(`{"status":"enabled"}`), callBy("deleteSubscription", "one_id"), again("event_deleted")},
		never("one_id", "new_hook", "deleted", "deleteSubscription", "", "${event_deleted}"))...); err != nil {
		return err
	}
	return r.more(ctx, t, callBy("deleteSubscription", "all_id"))
}

// repeatedTrigger has an event happen, and repeats the request under its key. It must not come again by that, unless
// others come twice as well.
func repeatedTrigger(s step, hook, other string) []step {
	repeat := sameKey(s)
	repeat.Make = nil
	event := "${" + sortedKeys(s.Make)[0] + "}"
	types := callBy("listEventTypes", "")
	types.Want = []want{{judgeTriggered, map[string]string{"hook": hook, "event": event, "other": other}}}
	return []step{keyed(s), repeat, {Await: true, Expect: []pair{{hook, event}}}, types}
}

// judgeTriggered wants an event to have come once whose request was repeated under its key, as another has.
var judgeTriggered = register("triggered", func(r *run, t *trace, at int, args map[string]string) []failure {
	if r.receiver == nil || strings.Contains(args["hook"]+args["event"]+args["other"], "${") || !t.hasAwaited(at) ||
		!r.receiver.isWhole(args["hook"]) {
		return nil
	}
	sent := map[string]bool{}
	for i := range at {
		for _, e := range t.exchanges[i] {
			if e.step.Operation == "triggerWebhook" && strings.Contains(string(e.sent.Body), args["event"]) {
				sent[e.sent.Key] = true
			}
		}
	}
	came := map[string]int{}
	for _, d := range r.receiver.at(args["hook"]) {
		came[d.event()]++
	}
	if len(sent) != 1 || came[args["event"]] < 2 || came[args["other"]] != 1 {
		return nil
	}
	return []failure{{code: codeSecondEffect, operation: "triggerWebhook", place: "effect", rule: ruleDelivered,
		expected: "one delivery, as the second request was a repeat of the first", got: "several",
		source: sourceRepeats}}
})

func withOld(args map[string]string, old string) map[string]string {
	args["old"] = "${" + old + "}"
	return args
}

// never are steps after which an event must not have come, as an operation with some content has seen to it before. It
// has when it has come to the subscription that still asks for all.
func never(subscription, hook, rule, operation, content, event string) []step {
	list := callBy("listEvents", "")
	list.Query = []pair{{"subscription_id", "${" + subscription + "}"}, {"limit", "100"}}
	list.Want = []want{{judgeNever, map[string]string{"hook": "${" + hook + "}", "rule": rule, "operation": operation,
		"content": content, "event": event}}}
	return []step{{Await: true, Expect: []pair{{"${all_hook}", event}}}, list}
}

// deliveredOf has a transfer happen, of whose outcome there has to be an event: the contract says so of async_mode. It
// is looked at once more when it is read to be over, as what is told of that may come a while later.
func (r *run) deliveredOf(ctx context.Context) error {
	f, err := r.freshOf(ctx, "createOnUsTransfer")
	if err != nil {
		return err
	}
	types := []string{"transfers.on-us.success", "transfers.on-us.rejected"}
	s := inAsyncMode(f.remade(f.request()), true)
	s.Keep = map[string]string{"moved_id": "/id"}
	args := map[string]string{"rule": "", "hook": "${all_hook}", "secret": "${all_secret}",
		"types": strings.Join(types, " "), "events": "${moved_id}", "about": "${moved_id}",
		"operation": "createOnUsTransfer", "read": "getOnUsTransfer"}
	arrives := arrive("all_id", args)
	_, err = r.on(ctx, f, slices.Concat([]step{subscribe("all_id", "all_hook", "all_secret", types), s, arrives[0],
		callBy("getOnUsTransfer", "moved_id")}, arrives, []step{callBy("deleteSubscription", "all_id")})...)
	return err
}

// hasAwaited reports whether there was a wait for deliveries after the last write before a step.
func (t *trace) hasAwaited(at int) bool {
	for i := at - 1; i >= 0; i-- {
		if t.steps[i].Await {
			return true
		}
		if e := t.of(i); e != nil && e.step.Method != http.MethodGet {
			return false
		}
	}
	return false
}

// isReadBeforeWait reports whether a thing was read in a state before the last wait for deliveries.
func (t *trace) isReadBeforeWait(at int, read, id, status string) bool {
	hasWaited := false
	for i := at - 1; i >= 0; i-- {
		hasWaited = hasWaited || t.steps[i].Await
		if e := t.of(i); succeeded(e) && e.step.Operation == read && idOf(e.value) == id {
			return hasWaited && member(e.value, "status") == status
		}
	}
	return false
}

// judgeDelivered wants each event that is listed to have come once, signed, and as it is listed.
var judgeDelivered = register("delivered", func(r *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if r.receiver == nil || !succeeded(e) || strings.Contains(args["hook"]+args["secret"], "${") || !t.hasAwaited(at) ||
		!r.receiver.isWhole(args["hook"]) {
		return nil
	}
	var found []failure
	fail := func(place, rule, expected, got string) {
		if args["rule"] != "" {
			rule = rule + " " + args["rule"]
		}
		found = append(found, blame(failure{code: codeDelivery, place: place, rule: rule, expected: expected, got: got,
			source: sourceDelivery}, "createSubscription", "triggerWebhook", "listEvents", "updateSubscription",
			args["operation"])...)
	}
	came := map[string]int{}
	all := r.receiver.at(args["hook"])
	for _, d := range all {
		came[d.event()]++
		if kind, _ := member(d.value, "event_type").(string); !slices.Contains(strings.Fields(args["types"]), kind) {
			fail("event_type", "not_subscribed", "events of the types that were subscribed to", "another one")
		}
	}
	items, _ := member(e.value, "items").([]any)
	listed := map[string]any{}
	failed := map[string]bool{}
	for _, item := range items {
		event := member(item, "event")
		if attempts, _ := member(item, "delivery_attempts").([]any); len(attempts) > 0 && args["subscription"] != "" {
			own := slices.DeleteFunc(slices.Clone(attempts), func(attempt any) bool {
				return member(attempt, "subscription_id") != any(args["subscription"])
			})
			if len(own) == 0 {
				found = append(found, failure{code: codeFilter, operation: "listEvents",
					place: "query subscription_id", rule: "item", expected: "events of the subscription",
					got:    "one that was delivered to others alone",
					source: operationByID("listEvents").source("parameters")})
			}
			id, _ := member(event, "event_id").(string)
			failed[id] = len(own) > 0 && !slices.ContainsFunc(own, func(attempt any) bool {
				return member(attempt, "success") != any(false)
			})
		}
		if id, ok := member(event, "event_id").(string); ok {
			listed[id] = event
		}
	}
	wanted := strings.Fields(args["events"])
	if about := args["about"]; about != "" && !strings.Contains(about, "${") {
		wanted = nil
		for _, id := range sortedKeys(listed) {
			if encoded, err := json.Marshal(listed[id]); err == nil && strings.Contains(string(encoded), about) {
				wanted = append(wanted, id)
			}
		}
		if len(wanted) == 0 && t.isReadBeforeWait(at, args["read"], about, "COMPLETED") {
			fail("event", "no_event", "an event about what has happened", "none that is listed")
		}
	}
	for _, id := range wanted {
		kept, isListed := listed[id]
		switch {
		case strings.Contains(id, "${"):
			continue
		case !isListed && len(items) < 100 && came[id] == 0 && args["about"] == "":
			fail("event", "unlisted", "each event that has happened, listed and delivered", "nothing of it")
			continue
		case isListed && came[id] == 0:
			fail("event", "missing", "each event that is listed, delivered", "nothing of it")
			continue
		case came[id] > 1:
			fail("event", ruleDoubled, "each event once, as it was answered with 200", "it again")
		}
		if failed[id] && came[id] > 0 {
			fail("body /items/*/delivery_attempts/*/success", "attempts",
				"an attempt that was answered with 200 as a success", "failures alone")
		}
		for _, d := range all {
			if d.event() == id {
				checkDelivery(d, kept, args, fail)
			}
		}
	}
	if object := args["object"]; object != "" && !strings.Contains(object, "${") && isUnderTwoIDs(all, object) {
		fail("event", "another_id", "each event once, under the id that it has", "the same under another id")
	}
	for _, kind := range overtaken(all, wanted) {
		if args["about"] == "" {
			fail("event", ruleOrder+" "+kind, "events about one thing in the order in which they happened",
				"a later one first")
		}
	}
	return found
})

// checkDelivery holds a delivery against what it has to be.
func checkDelivery(d delivery, listed any, args map[string]string, fail func(place, rule, expected, got string)) {
	signature := d.header.Get(signing.HeaderSignature)
	switch {
	case signature == "":
		fail("header x-jiko-signature", "unsigned", "a signature", "none")
	case signing.VerifyWebhook(signing.NewSecret(args["secret"]), d.body, signature) == nil:
	case args["old"] != "" && signing.VerifyWebhook(signing.NewSecret(args["old"]), d.body, signature) == nil:
		fail("header x-jiko-signature", "old_secret", "a signature with the new secret", "one with the old secret")
	default:
		fail("header x-jiko-signature", "signature", "a signature over the bytes of the body with the secret",
			"another one")
	}
	if !isJSON(d.header.Get("Content-Type")) {
		fail("header content-type", "media_type", mediaJSON, "another media type")
	}
	schema := operationByID("triggerWebhook").json().Schema.Value
	var plain any
	if json.Unmarshal(d.body, &plain) != nil || schema.VisitJSON(plain) != nil {
		fail("body", "schema", "an event as the callbacks of the contract have it", "another body")
	}
	if listed == nil {
		return
	}
	if pointer, differs := disagreement("", listed, d.value, true); differs {
		fail("body "+pointer, "differs", "the event as it is listed", "another value")
	}
}

// isUnderTwoIDs reports whether what happened once to an object came under two ids.
func isUnderTwoIDs(all []delivery, object string) bool {
	known := map[string]string{}
	for _, d := range all {
		payload, err := json.Marshal(member(d.value, "payload"))
		if err != nil || !strings.Contains(string(payload), object) {
			continue
		}
		kind, _ := member(d.value, "event_type").(string)
		what := kind + string(payload)
		if id, has := known[what]; has && id != d.event() {
			return true
		}
		known[what] = d.event()
	}
	return false
}

// overtaken are the types of events that came after the next one about the same thing. One that comes again is not
// later by that. What is delivered by several at once is in any order, but not always the same two.
func overtaken(all []delivery, wanted []string) []string {
	type turn struct {
		at   int
		kind string
	}
	came, about := map[string]bool{}, map[string][]turn{}
	for _, d := range all {
		if came[d.event()] {
			continue
		}
		came[d.event()] = true
		at := slices.Index(wanted, d.event())
		payload, _ := member(d.value, "payload").(map[string]any)
		kind, _ := member(d.value, "event_type").(string)
		family, _, _ := strings.Cut(kind, ".")
		for _, name := range objects {
			if id, ok := payload[name].(string); ok && at >= 0 {
				about[family+id] = append(about[family+id], turn{at, kind})
			}
		}
	}
	var late []string
	for _, of := range sortedKeys(about) {
		turns := about[of]
		for i, t := range turns {
			next := -1 // It is the first one that has happened later.
			for j, other := range turns {
				if other.at > t.at && (next < 0 || other.at < turns[next].at) {
					next = j
				}
			}
			if next >= 0 && next < i {
				late = append(late, t.kind)
			}
		}
	}
	slices.Sort(late)
	return slices.Compact(late)
}

// judgeNever wants an event not to have come.
var judgeNever = register("never", func(r *run, t *trace, at int, args map[string]string) []failure {
	write, place := t.lastWrite(at, args["operation"])
	if r.receiver == nil || strings.Contains(args["hook"]+args["event"], "${") || !t.hasAwaited(at) || write == nil ||
		!strings.Contains(string(write.sent.Body), args["content"]) {
		return nil
	}
	for i := range place {
		if e := t.of(i); e != nil && strings.Contains(string(e.sent.Body), args["event"]) {
			return nil // It has happened before that.
		}
	}
	for _, d := range r.receiver.at(args["hook"]) {
		if d.event() == args["event"] {
			return blame(failure{code: codeDelivery, place: "event", rule: args["rule"],
				expected: "nothing, as the subscription does not ask for it any more", got: "a delivery",
				source: sourceDelivery}, args["operation"], "triggerWebhook", "createSubscription")
		}
	}
	return nil
})
