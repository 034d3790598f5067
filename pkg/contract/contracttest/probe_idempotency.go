package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// manyAtOnce is how often a request is sent at the same time, under one key.
const manyAtOnce = 12

// probeRepeats sends a write again under its key: at once and later, with another token, in another spelling, and then
// other requests under the same key.
func probeRepeats(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.isRead() || o.Bare {
		return nil
	}
	seen, err := r.observe(ctx, g)
	if err != nil {
		return err
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	base := keyed(f.remade(f.request()))
	repeat := sameKey(f.request())
	repeat.Want = []want{{judgeRepeat, nil}}
	renewed := repeat
	renewed.Token = call.TokenRenewed
	elsewhere := repeat // A program is another one after a deployment, and so is its way to the server.
	elsewhere.Header = append(slices.Clone(repeat.Header), pair{"User-Agent", "partner-contract/2"},
		pair{"Accept-Language", "de"})
	steps := slices.Concat(reads(seen), []step{base}, reads(seen), []step{repeat, renewed, elsewhere})
	if spaced, ok := respaced(repeat); ok {
		// It need not be answered as the first one. It must not take effect again.
		spaced.Want = []want{{judgeRepeat, map[string]string{"effect": "alone"}}}
		steps = append(steps, spaced)
	}
	other, err := r.otherWrite(ctx, o)
	if err != nil {
		return err
	}
	if other != nil {
		steps = append(steps, *other, repeat)
	}
	steps = append(steps, wanting(seen, judgeSecond, map[string]string{"code": codeSecondEffect, "operation": o.ID,
		"rule": "repeat", "which": "later", "expected": "the effect of one request, which the others repeat"})...)
	if other != nil {
		s := sameKey(*other)
		s.Want = []want{reused(o, "other_operation")}
		steps = append(steps, s)
	}
	if s, ok := f.ofNobody(); ok {
		s = sameKey(s)
		s.Want = []want{reused(o, "other_path")}
		steps = append(steps, s)
	}
	for _, b := range append(r.altered(f), r.otherCase(f)...) {
		s := sameKey(f.request())
		s.Body, s.Want = &b, []want{reused(o, "other_body")}
		steps = append(steps, s)
	}
	if s, ok := f.otherMethod(); ok {
		s = sameKey(s)
		s.Want = []want{reused(o, "other_method")}
		steps = append(steps, s)
	}
	if _, err = r.on(ctx, f, steps...); err != nil {
		return err
	}
	if err := r.staysAnswered(ctx, g); err != nil {
		return err
	}
	return r.takesNothingBack(ctx, g, seen)
}

// staysAnswered repeats the request that has made a thing after the thing was changed: what is kept of the answer is
// what it was.
func (r *run) staysAnswered(ctx context.Context, g *ground) error {
	for _, c := range resources {
		if c.create != g.operation.ID || !strings.HasPrefix(c.id, "/") || len(c.parameters) == 0 {
			continue
		}
		for _, changed := range changes {
			if changed.parameter != c.parameters[0] {
				continue
			}
			f, err := r.fresh(ctx, g)
			if err != nil {
				return err
			}
			s, ok := operationByID(changed.operation).readOf(f.ids(thing, c.parameters...))
			to, err := r.known(ctx, operationByID(changed.operation))
			if leaveOut(err) != nil {
				return err
			}
			if !ok || err != nil {
				continue
			}
			bodies := r.spelled(to)
			if len(bodies) == 0 {
				continue
			}
			s.Media, s.Body = mediaJSON, &bodies[0]
			first := keyed(f.remade(f.request()))
			first.Keep = map[string]string{theThing: c.id}
			repeat := sameKey(f.request())
			repeat.Want = []want{{judgeRepeat, nil}}
			return onlyError(r.on(ctx, f, first, s, repeat))
		}
	}
	return nil
}

// takesNothingBack repeats a change after another one, which must stay.
func (r *run) takesNothingBack(ctx context.Context, g *ground, seen []observer) error {
	bodies := append(r.altered(g), r.otherwise(g)...)
	if g.operation.Method != http.MethodPatch || len(seen) == 0 || len(bodies) == 0 {
		return nil
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	first, next, repeat := keyed(f.request()), f.request(), sameKey(f.request())
	next.Body = &bodies[0]
	_, err = r.on(ctx, f, slices.Concat([]step{first, next}, reads(seen), reads(seen), []step{repeat},
		wanting(seen, judgeUndone, map[string]string{"operation": g.operation.ID}))...)
	return err
}

// probeRaces sends a write many times at once under one key, and under keys that are nearly the same.
func probeRaces(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.Method != http.MethodPost || o.Bare {
		return nil
	}
	seen, err := r.observe(ctx, g)
	if err != nil {
		return err
	}
	hasID := len(identities(g.answer.value)) > 0
	if !hasID && len(seen) == 0 {
		return nil // Nothing would show it.
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	rounds := 1
	if r.few() {
		rounds = 6 // A fast server is done with a request before the next one comes, most times.
	}
	for known := r.findings.count(); rounds > 0 && r.findings.count() == known; rounds-- {
		race := keyed(f.remade(f.request()))
		race.Times, race.Want = manyAtOnce, []want{{judgeRace, nil}}
		single := f.remade(f.request())
		_, err = r.on(ctx, f, slices.Concat(reads(seen), []step{race}, reads(seen), []step{single},
			wanting(seen, judgeSecond, map[string]string{"code": codeRace, "operation": o.ID, "rule": "at_once",
				"which": "both", "expected": "the effect of one request, as all have the same key"}))...)
		if err != nil {
			return err
		}
	}
	if !hasID {
		return nil
	}
	one := keyed(f.remade(f.request()))
	near := func(form call.KeyForm) step {
		s := sameKey(f.remade(f.request()))
		s.KeyForm = form
		return s
	}
	last := f.remade(f.request())
	last.Want = []want{{judgeNearKey, nil}}
	_, err = r.on(ctx, f, one, near(call.KeyOtherEnd), near(call.KeyOtherStart), last)
	return err
}

// probeRefusedKeys has a request refused, and sends it mended under the same key.
func probeRefusedKeys(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.isRead() || o.Bare {
		return nil
	}
	type kind struct {
		rule string
		step step
	}
	var kinds []kind
	unsigned := g.request()
	unsigned.Signature = call.SignatureOtherSecret
	kinds = append(kinds, kind{"unsigned", unsigned})
	if s, ok := g.invalid(); ok {
		kinds = append(kinds, kind{"invalid", s})
	}
	if s, ok := g.ofNobody(); ok {
		kinds = append(kinds, kind{"not_found", s})
	}
	for _, s := range r.refusedByRecipe(g) {
		kinds = append(kinds, kind{"refused", s})
	}
	blocked := func(kinds []kind, rule string) (bool, error) {
		f, err := r.fresh(ctx, g)
		if err != nil {
			return false, err
		}
		var steps []step
		for i, k := range kinds {
			s := sameKey(k.step)
			if i == 0 {
				s = keyed(k.step)
			}
			steps = append(steps, s)
		}
		mended := sameKey(f.request())
		t, err := r.on(ctx, f, append(steps, mended)...)
		if err != nil || t.last() == nil || t.last().status()/100 != 4 {
			return false, err
		}
		last := f.request()
		if rule != "" {
			last.Want = []want{{judgeBlocked, map[string]string{"rule": rule}}}
		}
		err = r.more(ctx, t, last)
		return err == nil && t.last().isSuccess(), err
	}
	isBlocked, err := blocked(kinds, "")
	if err != nil || !isBlocked {
		return err
	}
	for i := range kinds {
		if _, err := blocked(kinds[i:i+1], kinds[i].rule); err != nil {
			return err
		}
	}
	return nil
}

// refusedByRecipe are requests to the same thing as that of a ground which are valid, and refused all the same.
func (r *run) refusedByRecipe(g *ground) []step {
	var all []step
	for _, known := range recipe.All() {
		if known.Operation != g.operation.ID || known.Status/100 != 4 {
			continue
		}
		s, err := fromRecipe(known.Steps[len(known.Steps)-1])
		isOurs := err == nil && s.Path == g.base.Path && s.Method == g.base.Method && s.Body != nil &&
			g.base.Body != nil && !bytes.Equal(*s.Body, *g.base.Body)
		for _, name := range s.uses() {
			_, has := g.vars[name]
			isOurs = isOurs && has
		}
		if isOurs {
			s.Keep = nil
			all = append(all, s)
		}
	}
	return all
}

// otherWrite is a request to another operation which needs nothing but itself. It is nil if there is none.
func (r *run) otherWrite(ctx context.Context, o *operation) (*step, error) {
	for _, id := range []string{"createReportRequest", "createSubscription", "createApplication"} {
		if id == o.ID {
			continue
		}
		other, err := r.known(ctx, operationByID(id))
		if leaveOut(err) != nil {
			return nil, err
		}
		if err == nil && len(other.request().uses()) == 0 {
			s := other.request()
			return &s, nil
		}
	}
	return nil, nil
}

// otherMethod is another write to the same path.
func (g *ground) otherMethod() (step, bool) {
	for _, other := range operations() {
		if other.Path == g.operation.Path && other.Method != g.operation.Method && !other.isRead() {
			s := step{Operation: other.ID, Method: other.Method, Path: g.base.Path}
			if bodies := other.exampleBodies(); len(bodies) > 0 {
				s.Media, s.Body = mediaJSON, &bodies[0].body
			}
			return s, true
		}
	}
	return step{}, false
}

// respaced is a request with other white space in its JSON.
func respaced(s step) (step, bool) {
	if s.Body == nil || !isJSON(s.Media) {
		return s, false
	}
	var spaced bytes.Buffer
	if json.Indent(&spaced, *s.Body, "", "  ") != nil || bytes.Equal(spaced.Bytes(), *s.Body) {
		return s, false
	}
	b := body(spaced.Bytes())
	s.Body = &b
	return s, true
}

// mostAltered bounds how many other bodies are tried under a key.
const mostAltered = 3

// altered are bodies that differ from that of a request in one value, and are as valid.
func (r *run) altered(g *ground) []body {
	if g.base.Body == nil || len(*g.base.Body) == 0 {
		return nil
	}
	if !isJSON(g.base.Media) {
		return []body{append(slices.Clone(*g.base.Body), '\n')}
	}
	value, err := decodeNumbers(*g.base.Body)
	if err != nil {
		return nil
	}
	var all, amounts []body
	for _, path := range members(value, nil) {
		b, ok := alteredAt(*g.base.Body, path)
		if !ok || !r.isValid(g, b) {
			continue
		}
		if name, _ := path[len(path)-1].(string); strings.Contains(name, "amount") {
			amounts = append(amounts, b)
			continue
		}
		all = append(all, b)
	}
	if len(all) > 2 {
		all = []body{all[0], all[len(all)-1]}
	}
	all = append(amounts, all...)
	return all[:min(len(all), mostAltered)]
}

// otherCase are bodies that differ from that of a request by the case of a name that somebody has given.
func (r *run) otherCase(g *ground) []body {
	if g.base.Body == nil || !isJSON(g.base.Media) {
		return nil
	}
	value, err := decodeNumbers(*g.base.Body)
	if err != nil {
		return nil
	}
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		name, _ := path[len(path)-1].(string)
		raw, _ := valueAt(*g.base.Body, pointer)
		var text string
		if !labels.MatchString(name) || json.Unmarshal(raw, &text) != nil || variable.MatchString(text) {
			continue
		}
		other := strings.ToUpper(text)
		if other == text {
			other = strings.ToLower(text)
		}
		encoded, err := json.Marshal(other)
		if err != nil || other == text {
			continue
		}
		if b, ok := graft(*g.base.Body, pointer, encoded); ok && r.isValid(g, b) {
			return []body{b}
		}
	}
	return nil
}

// otherwise are bodies with another of the values that the contract has for a member.
func (r *run) otherwise(g *ground) []body {
	media := g.operation.json()
	if g.base.Body == nil || media == nil || media.Schema == nil {
		return nil
	}
	var all []body
	for _, name := range propertiesOf(media.Schema.Value) {
		p := media.Schema.Value.Properties[name]
		was, has := valueAt(*g.base.Body, "/"+escapePointer(name))
		if p == nil || !has {
			continue
		}
		for _, value := range p.Value.Enum {
			encoded, err := json.Marshal(value)
			if err != nil || bytes.Equal(encoded, was) {
				continue
			}
			if b, ok := graft(*g.base.Body, "/"+escapePointer(name), encoded); ok && r.isValid(g, b) {
				all = append(all, b)
				break
			}
		}
	}
	return all
}

// alteredAt is a JSON text with another value of the same kind, and mostly of the same length, at a path.
func alteredAt(content body, path []any) (body, bool) {
	value, err := decodeNumbers(content)
	if err != nil {
		return nil, false
	}
	at := value
	for _, step := range path[:len(path)-1] {
		switch step := step.(type) {
		case string:
			at = at.(map[string]any)[step] //nolint:forcetypeassert // The path is one of the same text.
		case int:
			at = at.([]any)[step] //nolint:forcetypeassert // So it is here.
		}
	}
	var was, is any
	switch last := path[len(path)-1].(type) {
	case string:
		object, _ := at.(map[string]any)
		was = object[last]
		is = otherValue(was)
		object[last] = is
	case int:
		list, _ := at.([]any)
		was = list[last]
		is = otherValue(was)
		list[last] = is
	}
	if is == nil {
		return nil, false
	}
	encoded, err := json.Marshal(value)
	return encoded, err == nil
}

// otherValue is another scalar of the same kind, or nil.
func otherValue(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil && n > 0 {
			return json.Number(strconv.FormatInt(n+1, 10))
		}
	case bool:
		return !v
	case string:
		if v == "" || variable.MatchString(v) {
			return nil
		}
		end := "a"
		switch last := v[len(v)-1]; {
		case '0' <= last && last <= '9':
			end = string('0' + (last-'0'+1)%10)
		case last == 'a':
			end = "b"
		}
		return v[:len(v)-1] + end
	}
	return nil
}

// isValid reports whether the contract allows a body for a request that is otherwise right.
func (r *run) isValid(g *ground, b body) bool {
	s := g.request()
	s.Body = &b
	m := s.message(g.vars, recipe.Nobody, true)
	address := "http://localhost" + strings.TrimSuffix(r.caller.BasePath(), "/") + m.Target
	request, err := http.NewRequestWithContext(context.Background(), m.Method, address, bytes.NewReader(m.Body))
	if err != nil {
		return false
	}
	request.Header = m.Header
	var refusal *validation.Refusal
	if !errors.As(r.validator.CheckRequest(request), &refusal) {
		return true
	}
	return refusal.Status == http.StatusUnprocessableEntity &&
		!slices.ContainsFunc(refusal.Violations, func(v validation.Violation) bool {
			return len(v.Location) > 0 && v.Location[0] == "body"
		})
}

// reused wants a key not to be taken for another request than the one that it was used for.
func reused(o *operation, rule string) want {
	return want{judgeReused, map[string]string{"operation": o.ID, "rule": rule}}
}

// firstOf is the first exchange of the key that a later one has, or nil.
func (t *trace) firstOf(at int) *exchange {
	e := t.of(at)
	for i := range at {
		if other := t.of(i); other != nil && e.sent.Key != "" && other.sent.Key == e.sent.Key &&
			other.step.KeyForm == "" && other.step.Signature == "" {
			return other
		}
	}
	return nil
}

// succeeded reports whether there is an exchange, and it succeeded.
func succeeded(e *exchange) bool { return e != nil && e.isSuccess() }

// judgeRepeat wants a repeat to be answered as the request that it repeats, unless it is refused. If args["effect"] is
// "alone", the answer may be another one, but not of another thing.
var judgeRepeat = register("repeat", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, first := t.of(at), t.firstOf(at)
	if !succeeded(e) || !succeeded(first) || first.sent.Method != e.sent.Method || first.sent.Target != e.sent.Target {
		return nil // A refusal is as good.
	}
	fail := func(code, place, rule, expected, got string) []failure {
		return []failure{{code: code, operation: e.step.Operation, place: place, rule: rule, expected: expected,
			got: got, source: sourceRepeats}}
	}
	if pointer, differs := otherIdentity(first.value, e.value); differs {
		return fail(codeSecondEffect, "body "+pointer, "another_id", "the id that the first answer had",
			"another id, as if there were two")
	}
	if args["effect"] == "alone" {
		return nil
	}
	media := func(e *exchange) string { return strings.ToLower(e.answer.Header.Get("Content-Type")) }
	switch {
	case first.status() != e.status():
		return fail(codeReplay, "status", strconv.Itoa(first.status()), "status "+strconv.Itoa(first.status())+
			", as the first answer, or a refusal", "status "+strconv.Itoa(e.status()))
	case media(first) != media(e):
		return fail(codeReplay, "header content-type", "differs", "the media type of the first answer", "another one")
	case first.answer.Header.Get("Location") != e.answer.Header.Get("Location"):
		return fail(codeReplay, "header location", "differs", "that of the first answer", "another one")
	case first.value == nil && !bytes.Equal(first.answer.Body, e.answer.Body):
		return fail(codeReplay, "body", "differs", "the first answer again", "another one")
	}
	if pointer, differs := difference("", first.value, e.value); differs {
		return fail(codeReplay, "body "+pointer, "differs", "the first answer again", "another value there")
	}
	return nil
})

// judgeReused wants a request to be refused whose key another one has used.
var judgeReused = register("reused_key", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e, first := t.of(at), t.firstOf(at)
	if !succeeded(e) || !succeeded(first) {
		return nil
	}
	isSame := first.sent.Method == e.sent.Method && first.sent.Target == e.sent.Target &&
		bytes.Equal(first.sent.Body, e.sent.Body)
	if isSame {
		return nil
	}
	return []failure{{code: codeKeyReused, operation: args["operation"], place: placeKey, rule: args["rule"],
		expected: "a refusal, as the key was used for another request", got: "status " + strconv.Itoa(e.status()),
		source: sourceRepeats}}
})

// judgeRace wants those of many equal requests at once that succeed to be about one thing.
var judgeRace = register("race", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	var first *exchange
	for _, e := range t.exchanges[at] {
		if !e.isSuccess() {
			continue
		}
		if first == nil {
			first = e
			continue
		}
		if pointer, differs := otherIdentity(first.value, e.value); differs {
			return []failure{{code: codeRace, operation: e.step.Operation, place: "body " + pointer,
				rule: "several_ids", expected: "one id, as all have the same key", got: "several ids",
				source: sourceRepeats}}
		}
	}
	return nil
})

// judgeNearKey wants requests under keys that differ in a character to be requests of their own. The last one has
// another key altogether, and shows that each of them makes something.
var judgeNearKey = register("near_key", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	last := t.of(at)
	if !succeeded(last) {
		return nil
	}
	var first *exchange
	for i := range at {
		e := t.of(i)
		if e == nil || e.step.Operation != last.step.Operation || e.step.Key == "" {
			continue
		}
		switch form := e.step.KeyForm; {
		case form == "":
			first = e
		case form != call.KeyOtherEnd && form != call.KeyOtherStart || !succeeded(first):
		case e.isSuccess() && isSameThing(first.value, e.value) && !isSameThing(first.value, last.value):
			return []failure{{code: codeKeyReused, operation: e.step.Operation, place: placeKey,
				rule: "near_key " + string(form), expected: "something new, as the key is new",
				got: "what another request has made, whose key differs in a character", source: sourceRepeats}}
		case e.status() == http.StatusConflict || e.status() == http.StatusUnprocessableEntity:
			if !isSameThing(first.value, last.value) {
				return []failure{{code: codeBlockedKey, operation: e.step.Operation, place: placeKey,
					rule: "near_key " + string(form), expected: "something new, as the key is new",
					got: "a refusal, as if the key had been used", source: sourceRepeats}}
			}
		}
	}
	return nil
})

// judgeBlocked wants a request not to be refused for its key alone: the same one succeeds under a new key, and what had
// the key before was refused.
var judgeBlocked = register("blocked_key", func(_ *run, t *trace, at int, args map[string]string) []failure {
	last, mended := t.of(at), t.of(at-1)
	if !succeeded(last) || mended == nil || mended.status()/100 != 4 || mended.step.Operation != last.step.Operation ||
		mended.status() == http.StatusTooManyRequests || // There was no time for it, whatever its key.
		mended.sent.Key == last.sent.Key || mended.step.Signature != "" || mended.step.Token != "" {
		return nil
	}
	for i := range at - 1 {
		if e := t.of(i); e != nil && e.sent.Key == mended.sent.Key && e.status()/100 == 4 {
			return []failure{{code: codeBlockedKey, operation: last.step.Operation, place: placeKey, rule: args["rule"],
				expected: "the request carried out, as the one before it was refused",
				got:      "status " + strconv.Itoa(mended.status()), source: "docs/idempotency.md"}}
		}
	}
	return nil
})

// repeatsBetween is how many writes there are between two steps, if each repeats one that succeeded, of an operation
// unless it is empty; and else 0.
func (t *trace) repeatsBetween(from, to int, operation string) int {
	repeats := 0
	for i := from + 1; i < to; i++ {
		e := t.of(i)
		if e == nil || e.step.Method == http.MethodGet {
			continue
		}
		isOther := operation != "" && e.step.Operation != operation
		if first := t.firstOf(i); isOther || !succeeded(first) || !bytes.Equal(first.sent.Body, e.sent.Body) {
			return 0
		}
		repeats++
	}
	return repeats
}

// judgeUndone wants a repeat to leave alone what came after the request that it repeats.
var judgeUndone = register("undone", func(_ *run, t *trace, at int, args map[string]string) []failure {
	pointers, from := t.changedAt(at)
	repeats := t.repeatsBetween(from, at, "")
	for _, pointer := range strings.Fields(args["pointers"]) {
		if repeats > 0 && slices.Contains(pointers, pointer) {
			return []failure{{code: codeSecondEffect, operation: args["operation"], place: "effect", rule: "undone",
				expected: "what a later request has made of it", got: "another value at " + pointer,
				source: sourceRepeats}}
		}
	}
	return nil
})

// identities are the ids in an answer by their pointers, but for those of the answer itself.
func identities(v any) map[string]string {
	found := map[string]string{}
	var search func(at string, v any)
	search = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				id, isText := member.(string)
				isID := name == "id" || strings.HasSuffix(name, "_id")
				if isText && isID && id != "" && (name == "id" || !ofOneAnswer.MatchString(name)) {
					found[at+"/"+escapePointer(name)] = id
				}
				search(at+"/"+escapePointer(name), member)
			}
		case []any:
			for i, element := range v {
				search(at+"/"+strconv.Itoa(i), element)
			}
		}
	}
	search("", v)
	return found
}

// otherIdentity is where two answers have different ids, with * for indexes.
func otherIdentity(a, b any) (string, bool) {
	first, second := identities(a), identities(b)
	for _, pointer := range sortedKeys(first) {
		if id, has := second[pointer]; has && id != first[pointer] {
			return starred(pointer), true
		}
	}
	return "", false
}

// isSameThing reports whether two answers have ids, and the same ones.
func isSameThing(a, b any) bool {
	_, differs := otherIdentity(a, b)
	return !differs && len(identities(a)) > 0 && len(identities(b)) > 0
}

// starred is a pointer with * for its indexes.
func starred(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, step := range steps {
		if _, err := strconv.Atoi(step); err == nil {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}

// difference is the first place in which two values differ, with * for indexes.
func difference(at string, a, b any) (string, bool) {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return at, true
		}
		names := slices.Concat(sortedKeys(a), sortedKeys(other))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			x, hasX := a[name]
			y, hasY := other[name]
			if hasX != hasY {
				return at + "/" + escapePointer(name), true
			}
			if place, differs := difference(at+"/"+escapePointer(name), x, y); differs {
				return place, true
			}
		}
		return "", false
	case []any:
		other, ok := b.([]any)
		if !ok || len(a) != len(other) {
			return at, true
		}
		for i := range a {
			if place, differs := difference(at+"/*", a[i], other[i]); differs {
				return place, true
			}
		}
		return "", false
	}
	return at, a != b
}
