package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	// sourceTaken says what counts as taken, sourcePolicy when there is another attempt, sourceShown how attempts are
	// listed, and sourcePosted where they are made.
	sourceTaken  = "the description of createSubscription"
	sourcePolicy = "#/components/schemas/RetryPolicy"
	sourceShown  = "#/components/schemas/DeliveryAttempt"
	sourcePosted = "#/components/schemas/CreateSubscriptionRequest/properties/url"
)

// A taking is how a receiver takes an event: with which answers, under which policy.
type taking struct {
	// answers are the statuses, as the path of a receiver has them.
	answers string
	// codes are those that lead to another attempt, or empty for no policy.
	codes string
	// rotates has the secret be another one after the first attempt.
	rotates bool
}

// takings are all ways to take an event that the contract says something of.
var takings = []taking{
	{"500/200", "500,502,503", false}, {"500/200", "", false}, {"503/503/503/503/503", "500,502,503", false},
	{"404/500", "404", false}, {"400", "500,502,503", false}, {"202", "500,502,503", false},
	{"204", "500,502,503", false}, {"204", "", false}, {"302", "500,502,503", false},
	{"none/200", "500,502,503", false}, {"502/200", "500,502,503", true},
}

const (
	// mostAttempts is how many a policy of the run allows.
	mostAttempts = 3
	// mostWaits is how often time passes, so that there would be one attempt more.
	mostWaits = 3
)

// attempted has events happen that are not taken at the first attempt, or by another status than 200, and looks at all
// attempts.
func (r *run) attempted(ctx context.Context) error {
	var events []namedBody
	for _, example := range operationByID("triggerWebhook").exampleBodies() {
		for _, name := range objects { // It tells this event from all others of its type.
			if b, ok := graft(example.body, "/payload/"+name, json.RawMessage(`"${about}"`)); ok {
				if _, has := valueAt(example.body, "/payload/"+name); has {
					events = append(events, namedBody{example.name, b})
				}
			}
		}
	}
	interval, coefficient := 1, 1
	if r.controls {
		interval, coefficient = 30, 2
	}
	var subscribed, happened, changed, waits, looks []step
	wait := step{Await: true}
	for i, k := range takings[:min(len(takings), len(events))] {
		name := func(what string) string { return fmt.Sprintf("%s_%d", what, i) }
		happens, kind, ok := trigger(name("event"), events[i].body)
		if !ok {
			continue
		}
		happens.Body = text(strings.ReplaceAll(string(*happens.Body), "${about}", "${"+name("about")+"}"))
		happens.Make[name("about")] = recipe.MadeUUID
		s := subscribe(name("tried"), name("hook"), name("secret"), []string{kind})
		b, _ := graft(*s.Body, "/url", json.RawMessage(`"${receiver}/${`+name("hook")+`}/`+k.answers+`/"`))
		if k.codes != "" {
			b, _ = graft(b, "/retry_policy", json.RawMessage(fmt.Sprintf(`{"retry_on_status_codes":[%s],`+
				`"backoff_coefficient":%d,"maximum_attempts":%d,"initial_interval_seconds":%d,`+
				`"maximum_interval_seconds":300}`, k.codes, coefficient, mostAttempts, interval)))
		}
		s.Body = &b
		expected := pair{"${" + name("hook") + "}", "${" + name("event") + "}"}
		wait.Expect = append(wait.Expect, expected)
		if k.rotates {
			rotate := callBy("updateSubscription", name("tried"))
			rotate.Media, rotate.Body = mediaJSON, text(`{"shared_secret":"${`+name("later_secret")+`}"}`)
			rotate.Make = map[string]recipe.Made{name("later_secret"): recipe.MadeUUID}
			changed = append(changed, rotate)
		}
		look := callBy("listEvents", "")
		look.Query = []pair{{"subscription_id", "${" + name("tried") + "}"}, {"limit", wholePage}}
		look.Want = []want{{judgeAttempts, map[string]string{"subscription": "${" + name("tried") + "}",
			"event": "${" + name("event") + "}"}}}
		subscribed, happened, looks = append(subscribed, s), append(happened, happens), append(looks, look)
	}
	for i := range mostWaits {
		w := step{Await: true}
		if r.controls {
			passed := step{Clock: &recipe.Clock{By: strconv.Itoa(interval<<i+10) + "s"}}
			waits = append(waits, passed, w)
			continue
		}
		for j, k := range takings[:min(len(takings), len(wait.Expect))] {
			for range min(i+2, plannedBy(k)) {
				w.Expect = append(w.Expect, wait.Expect[j])
			}
		}
		if i < 2 {
			waits = append(waits, w)
		}
	}
	return r.whole(ctx, slices.Concat(subscribed, happened, []step{wait}, changed, waits, looks))
}

// whole takes steps from the beginning, notes what judges find, and removes the subscriptions that they have made.
func (r *run) whole(ctx context.Context, steps []step) error {
	t, err := r.try(ctx, steps)
	r.judged(t)
	if leaveOut(err) != nil {
		return err
	}
	return r.hush(ctx)
}

// plannedBy is how many attempts there have to be of what is taken in a way.
func plannedBy(k taking) int {
	var policy any
	if k.codes != "" {
		policy, _ = decodeNumbers([]byte(fmt.Sprintf(`{"retry_on_status_codes":[%s],"maximum_attempts":%d}`, k.codes,
			mostAttempts)))
	}
	n := 1
	for isNext := true; isNext; n++ {
		isNext = n < most(policy) && isNamed(policy, answerOf(k.answers, n-1))
	}
	return n - 1
}

// answerOf is the n-th answer of a plan.
func answerOf(answers string, n int) int {
	planned := plannedAnswers("/" + recipe.Nobody + "/" + answers)
	if n < len(planned) {
		return planned[n]
	}
	return http.StatusOK
}

// posted subscribes with addresses of several forms, to which events have to be posted as they are.
func (r *run) posted(ctx context.Context) error {
	example := operationByID("triggerWebhook").exampleBodies()
	if len(example) == 0 {
		return nil
	}
	for i, rest := range []string{"?a=1&b=x%26y&b=2", "Some%20Path/v1", "?since"} {
		name := func(what string) string { return fmt.Sprintf("%s_%d", what, i) }
		happens, kind, ok := trigger(name("event"), example[0].body)
		if !ok {
			return nil
		}
		to := `"${receiver}/${` + name("hook") + `}/` + rest + `"`
		s := subscribe(name("tried"), name("hook"), name("secret"), []string{kind})
		b, _ := graft(*s.Body, "/url", json.RawMessage(to))
		s.Body = &b
		look := callBy("listEvents", "")
		look.Query = []pair{{"subscription_id", "${" + name("tried") + "}"}, {"limit", wholePage}}
		look.Want = []want{{judgeAttempts, map[string]string{"subscription": "${" + name("tried") + "}",
			"event": "${" + name("event") + "}"}}}
		wait := step{Await: true, Expect: []pair{{"${" + name("hook") + "}", "${" + name("event") + "}"}}}
		if err := r.whole(ctx, []step{s, happens, wait, look}); err != nil {
			return err
		}
		// The same of an address that came later.
		s = subscribe(name("tried"), name("old_hook"), name("secret"), []string{kind})
		move := callBy("updateSubscription", name("tried"))
		move.Media, move.Body = mediaJSON, text(`{"url":`+to+`}`)
		move.Make = map[string]recipe.Made{name("hook"): recipe.MadeUUID}
		if err := r.whole(ctx, []step{s, move, happens, wait, look}); err != nil {
			return err
		}
	}
	return nil
}

// A hookup is what requests have said of a subscription.
type hookup struct {
	url     string
	policy  any
	secrets []string
}

// hook is the id in its address.
func (h *hookup) hook() string { return uuidText.FindString(h.url) }

// take takes what a request says.
func (h *hookup) take(asked any) {
	if address, ok := member(asked, "url").(string); ok {
		h.url = address
	}
	if secret, ok := member(asked, "shared_secret").(string); ok {
		h.secrets = append(h.secrets, secret)
	}
	if object, ok := asked.(map[string]any); ok {
		if policy, has := object["retry_policy"]; has {
			h.policy = policy
		}
	}
}

// hookupOf is what is known of a subscription before a step, with where one event happened to it, and what it is about.
// It is nil if something else might have come of it: if its event happened twice or not at all, if something but its
// secret was changed after that, if a change has failed, or if another one has the same address.
func (t *trace) hookupOf(at int, subscription, event string) (h *hookup, happened int, payload string) {
	happened = -1
	for i := range at {
		for _, e := range t.exchanges[i] {
			asked, err := decodeNumbers(e.sent.Body)
			isOfIt := strings.Contains(e.sent.Target, subscription)
			switch {
			case e.step.Method == http.MethodGet || err != nil && !isOfIt:
			case e.step.Operation == "createSubscription" && e.isSuccess() &&
				member(e.value, "id") == any(subscription):
				if h != nil {
					return nil, 0, ""
				}
				h = &hookup{}
				h.take(asked)
			case h != nil && strings.Contains(string(e.sent.Body), h.hook()):
				return nil, 0, ""
			case e.step.Operation == "triggerWebhook" && strings.Contains(string(e.sent.Body), event):
				if happened >= 0 || !e.isSuccess() || h == nil {
					return nil, 0, ""
				}
				happened, payload = i, canonical(member(asked, "payload"))
			case isOfIt:
				object, isObject := asked.(map[string]any)
				_, isRotated := object["shared_secret"]
				isSecret := isRotated && len(object) == 1
				if h == nil || e.step.Operation != "updateSubscription" || !isObject || !e.isSuccess() ||
					happened >= 0 && !isSecret {
					return nil, 0, ""
				}
				h.take(asked)
			}
		}
	}
	if h == nil || happened < 0 || h.hook() == "" {
		return nil, 0, ""
	}
	return h, happened, payload
}

// passed is how much time has passed between two steps, by a clock that was moved.
func (t *trace) passed(from, to int) time.Duration {
	var sum time.Duration
	for _, s := range t.steps[from:to] {
		if s.Clock != nil {
			if d, err := time.ParseDuration(s.Clock.By); err == nil {
				sum += d
			}
		}
	}
	return sum
}

// most is how many attempts a policy allows. What there is without one is up to the server.
func most(policy any) int {
	n := integer(member(policy, "maximum_attempts"))
	if n == nil || !n.IsInt64() {
		return 1
	}
	return int(n.Int64())
}

// isNamed reports whether a policy has another attempt after a status.
func isNamed(policy any, status int) bool {
	codes, _ := member(policy, "retry_on_status_codes").([]any)
	return slices.ContainsFunc(codes, func(code any) bool { return fmt.Sprint(code) == strconv.Itoa(status) })
}

// intervalOf is how long it is between the n-th attempt and the next one.
func intervalOf(policy any, n int) time.Duration {
	number := func(name string) time.Duration {
		v := integer(member(policy, name))
		if v == nil || !v.IsInt64() {
			return 1
		}
		return time.Duration(v.Int64())
	}
	seconds := number("initial_interval_seconds")
	for range n - 1 {
		seconds *= number("backoff_coefficient")
	}
	return min(seconds, number("maximum_interval_seconds")) * time.Second
}

// judgeAttempts wants the attempts to deliver an event to a subscription to be as its policy has them, each with the
// same event, and to be listed as they were.
var judgeAttempts = register("attempts", func(r *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if r.receiver == nil || !succeeded(e) || strings.Contains(args["subscription"]+args["event"], "${") ||
		!t.hasAwaited(at) {
		return nil
	}
	h, happened, payload := t.hookupOf(at, args["subscription"], args["event"])
	if h == nil || !r.receiver.isWhole(h.hook()) {
		return nil
	}
	var found []failure
	operations := []string{"createSubscription", "triggerWebhook", "listEvents"}
	if write, _ := t.lastWrite(at, "updateSubscription"); write != nil {
		operations = append(operations, "updateSubscription")
	}
	fail := func(source string) func(place, rule, expected, got string) {
		return func(place, rule, expected, got string) {
			found = append(found, blame(failure{code: codeDelivery, place: place, rule: rule, expected: expected,
				got: got, source: source}, operations...)...)
		}
	}
	listed, attempts := attemptsListed(e.value, args["subscription"], args["event"])
	came := slices.DeleteFunc(r.receiver.at(h.hook()), func(d delivery) bool {
		return d.event() != args["event"] && d.payload() != payload
	})
	for i, d := range came {
		again := ""
		if i > 0 {
			again = " again"
		}
		secret := h.secrets[0]
		for _, known := range h.secrets {
			if signing.VerifyWebhook(signing.NewSecret(known), d.body, d.header.Get(signing.HeaderSignature)) == nil {
				secret = known
			}
		}
		checkDelivery(d, listed, map[string]string{"secret": secret}, func(place, rule, expected, got string) {
			fail(sourceDelivery)(place, rule+again, expected, got)
		})
		if d.event() != args["event"] {
			fail(sourceDelivery)("event_id", "another_id"+again, "each attempt with the id of its event", "another id")
		}
		if d.method != http.MethodPost || !isPostedTo(d.target, strings.TrimPrefix(h.url, r.receiver.url)) {
			fail(sourcePosted)("url", "address"+again, "a POST to the URL of the subscription, all of it",
				"a request to another one")
		}
	}
	isDue := func(n int) bool { // Whether there has been time for n attempts.
		var due time.Duration
		for i := 1; i < n; i++ {
			due += intervalOf(h.policy, i)
		}
		return r.controls && due < t.passed(happened, at)
	}
	for i, d := range came {
		isLast := i == len(came)-1
		isTaken := d.answered/100 == 2
		isAgain := !isTaken && isNamed(h.policy, d.answered) && i+1 < most(h.policy)
		switch {
		case isTaken && !isLast:
			fail(sourceTaken)("event", ruleDoubled+" "+strconv.Itoa(d.answered),
				"each event once, as it was answered with a 2xx", "it again")
		case h.policy == nil || d.answered == 0: // It is up to the server.
		case !isLast && !isTaken && !isAgain:
			fail(sourcePolicy)("event", ruleDoubled+" unwanted",
				"attempts after the statuses that the policy names, and no more than it allows", "another one")
		case isLast && isAgain && isDue(i+2):
			fail(sourcePolicy)("event", "missing again",
				"another attempt, as the policy names the status of the answer", "none")
		}
	}
	judgeListedAttempts(r.controls, h, came, attempts, fail(sourceShown))
	return found
})

// isPostedTo reports whether a target is the one of an address. Escapes may be written otherwise, and something may
// stand between the server and the receiver.
func isPostedTo(target, wanted string) bool {
	path, query, _ := strings.Cut(target, "?")
	wantedPath, wantedQuery, _ := strings.Cut(wanted, "?")
	is, err := url.PathUnescape(path)
	want, errWanted := url.PathUnescape(wantedPath)
	if err != nil || errWanted != nil {
		return true
	}
	values, err := url.ParseQuery(query)
	wantedValues, errWanted := url.ParseQuery(wantedQuery)
	return strings.HasSuffix(is, want) && (err != nil || errWanted != nil || reflect.DeepEqual(values, wantedValues))
}

// attemptsListed are an event of a list, and the attempts to deliver it to a subscription.
func attemptsListed(list any, subscription, event string) (listed any, attempts []any) {
	items, _ := member(list, "items").([]any)
	for _, item := range items {
		if member(member(item, "event"), "event_id") != any(event) {
			continue
		}
		listed = member(item, "event")
		all, _ := member(item, "delivery_attempts").([]any)
		for _, attempt := range all {
			if member(attempt, "subscription_id") == any(subscription) {
				attempts = append(attempts, attempt)
			}
		}
	}
	return listed, attempts
}

// judgeListedAttempts wants attempts to be listed as they were taken. Those of the last moment may be listed later, but
// where the server has said that it is through.
func judgeListedAttempts(isThrough bool, h *hookup, came []delivery, attempts []any,
	fail func(place, rule, expected, got string)) {
	const pointer = "body /items/*/delivery_attempts"
	answered, shown, ids := map[int]int{}, map[int]int{}, map[any]bool{}
	for _, d := range came {
		answered[d.answered]++
	}
	var times []time.Time
	for _, attempt := range attempts {
		code := 0
		if n := integer(member(attempt, "response_code")); n != nil {
			code = int(n.Int64())
		}
		shown[code]++
		if isSuccess, ok := member(attempt, "success").(bool); ok && code > 0 && isSuccess != (code/100 == 2) {
			fail(pointer+"/*/success", "attempts", "a success where the answer was a 2xx, and nowhere else",
				fmt.Sprintf("%t after an answer of another kind", isSuccess))
		}
		id := member(attempt, "delivery_attempt_id")
		if ids[id] {
			fail(pointer+"/*/delivery_attempt_id", "attempts same_id", "attempts with ids of their own", "an id twice")
		}
		ids[id] = true
		if moment, err := time.Parse(time.RFC3339, fmt.Sprint(member(attempt, "called_at"))); err == nil {
			times = append(times, moment)
		}
	}
	for code, n := range answered {
		switch {
		case code == 0:
		case shown[code] > n:
			fail(pointer, "attempts uncalled", "the attempts that were made", "more of them")
		case shown[code] < n && isThrough:
			fail(pointer+"/*/response_code", "attempts unlisted", "each attempt, with the status of its answer",
				"fewer, or others")
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := 1; i < len(times) && h.policy != nil; i++ {
		// Half of it is granted, and a second says nothing: moments may be shown without their fractions.
		wanted := intervalOf(h.policy, i)
		if wanted > 10*time.Second && times[i].Sub(times[i-1]) < wanted/2 {
			fail(pointer+"/*/called_at", "attempts too_soon", "attempts with the intervals of the policy between them",
				"shorter ones")
		}
	}
}
