package contracttest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

const (
	// sourceOthers says that nobody reaches what is another's, and sourceExistence that nobody learns of it.
	sourceOthers    = "OWASP API1:2023"
	sourceExistence = "Web Fuzzing Commons F204"
	// theirs stands before the names of variables of what the other caller has made, and theirsToo before those of
	// what it has made once more.
	theirs    = "others_"
	theirsToo = "others_second_"
)

// hasOther reports whether there is a second caller.
func (r *run) hasOther() bool { return r.config.Other.Username != "" }

// reachAsOther finds out whether the second caller can log in: it would be a pity to learn of it at the end. A login
// that is broken is found elsewhere.
func (r *run) reachAsOther(ctx context.Context) error {
	if !r.hasOther() {
		return nil
	}
	err := r.caller.LogIn(ctx, call.Other)
	var login *call.ErrLogin
	if errors.As(err, &login) && login.Answer.Status/100 != 4 {
		return nil
	}
	return err
}

// others tries to reach as another partner what is the caller's.
func others(ctx context.Context, r *run) error {
	if !r.hasOther() {
		return nil
	}
	for _, probe := range []func(context.Context, *run, *ground) error{probeForeign, probeForeignFilters,
		probeFilledFilters, probeForeignKeys, probeForeignSignatures} {
		if err := each(probe)(ctx, r); err != nil {
			return err
		}
	}
	if err := each(probeForeignItems)(ctx, r); err != nil {
		return err
	}
	if !r.config.AllowWrites {
		return nil
	}
	for _, c := range resources {
		if err := leaveOut(r.foreignLists(ctx, c)); err != nil {
			return err
		}
	}
	if err := leaveOut(r.foreignSubscription(ctx)); err != nil {
		return err
	}
	return leaveOut(r.foreignDeliveries(ctx))
}

// shared are operations that show every partner the same.
var shared = []string{"listAgreements", "listEventTypes", "listPocketConfigurations", "listTradingStrategies",
	"listPublicKeys", "getHealth", "login"}

// A claim is where a request names something that is the caller's: by a variable, or by an id.
type claim struct {
	// text is how it stands there.
	text string
	// place is where: "path pocket_id", "body /from_account/account_id".
	place string
}

// payees are members that name who gets money, who may be somebody else's customer.
var payees = regexp.MustCompile(`(?i)(^|[/_])(to|dest|destination|recipient|receiver|creditor|beneficiary)([/_]|$)`)

// claims are those of a request.
func (g *ground) claims() []claim {
	var all []claim
	add := func(text, place string) {
		if !slices.ContainsFunc(all, func(known claim) bool { return known.text == text }) {
			all = append(all, claim{text, place})
		}
	}
	want, got := strings.Split(g.operation.Path, "/"), strings.Split(g.base.Path, "/")
	for i := range want {
		if len(want) == len(got) && strings.HasSuffix(want[i], "_id}") {
			add(got[i], "path "+strings.Trim(want[i], "{}"))
		}
	}
	if g.base.Body == nil || !isJSON(g.base.Media) {
		return all
	}
	value, err := decodeNumbers(*g.base.Body)
	if err != nil {
		return all
	}
	for _, path := range members(value, nil) {
		raw, _ := valueAt(*g.base.Body, pointerOf(path))
		var text string
		if json.Unmarshal(raw, &text) != nil || !g.isGiven(text) {
			continue
		}
		add(text, "body "+starred(pointerOf(path)))
	}
	return all
}

// isGiven reports whether a text is a variable that the server has given an id to.
func (g *ground) isGiven(text string) bool {
	m := variable.FindStringSubmatch(text)
	if m == nil || m[0] != text {
		return false
	}
	id, _ := g.vars[m[1]].(string)
	return uuidText.FindString(id) == id && id != "" && slices.ContainsFunc(g.setup, func(s step) bool {
		_, keeps := s.Keep[m[1]]
		return keeps && !slices.Contains(shared, s.Operation)
	})
}

// instead has something else in the place of a text, wherever a request has it.
func (s step) instead(text, with string) step {
	s.Path = strings.ReplaceAll(s.Path, text, with)
	s.Query = slices.Clone(s.Query)
	for i := range s.Query {
		s.Query[i].Value = strings.ReplaceAll(s.Query[i].Value, text, with)
	}
	if s.Body != nil && isJSON(s.Media) {
		b := body(strings.ReplaceAll(string(*s.Body), text, with))
		s.Body = &b
	}
	return s
}

// another is the request with new values of what its caller makes, but for the name of what it is about.
func (g *ground) another() step {
	s := g.remade(g.request())
	for _, name := range (step{Path: s.Path}).uses() {
		delete(s.Make, name)
	}
	return s
}

// byOther has the second caller take steps.
func byOther(steps ...step) []step {
	all := slices.Clone(steps)
	for i := range all {
		if all[i].Method != "" {
			all[i].By = call.Other
		}
	}
	return all
}

// own is what the second caller has made like the set-up of a ground, with the request that is about that.
func (g *ground) own(prefix string) (setup []step, request step) {
	all := byOther(renamed(append(slices.Clone(g.setup), g.another()), prefix)...)
	last := all[len(all)-1]
	last.Keep = nil
	return all[:len(all)-1], last
}

// ofTheirs is the name of a variable of the second caller, in a text that has one of the caller's.
func ofTheirs(text string) string { return strings.Replace(text, "${", "${"+theirs, 1) }

// tried are two requests of the second caller's that are alike, but for the things that they are about: those of the
// first one are nobody's, and those of the other one the caller's. The first one comes twice, as some give each refusal
// a number.
func tried(request step, rule string, claims ...claim) []step {
	nobodys := request
	nobodys.Keep, nobodys.Want = nil, nil
	var ids []string
	for _, c := range claims {
		nobodys = nobodys.instead(c.text, recipe.Nobody)
		ids = append(ids, c.text)
	}
	foreign := request
	foreign.Keep, foreign.Make = nil, nil // What is made is made for the first one.
	foreign.Want = []want{{judgeForeigner, map[string]string{"ids": strings.Join(ids, " "),
		"place": claims[len(claims)-1].place, "rule": rule}}}
	return byOther(nobodys, nobodys, foreign)
}

// The rules of what another partner reaches.
const (
	ruleForeign    = "another_caller"
	ruleForeignKey = "key_of_another_caller"
)

// probeForeign has the second caller send the request of the first one, and requests with one thing of the first one's
// among its own. All of them must be answered as if there were no such thing, and leave what is there alone.
func probeForeign(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	claims := g.claims()
	if o.Bare || len(claims) == 0 {
		return nil
	}
	var seen []observer
	if !o.isRead() {
		var err error
		if seen, err = r.observe(ctx, g); err != nil {
			return err
		}
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	request := f.another()
	steps := slices.Concat(reads(seen), reads(seen))
	if o.isRead() {
		steps = append(steps, f.request())
	}
	steps = append(steps, tried(request, ruleForeign, claims...)...)
	var apart [][]step
	if setup, own := f.own(theirs); len(claims) > 1 && len(setup) > 0 {
		for _, c := range claims {
			if !strings.HasPrefix(c.text, "${") || payees.MatchString(c.place) {
				continue
			}
			apart = append(apart, tried(own.instead(ofTheirs(c.text), c.text), ruleForeign, c))
		}
		if len(apart) > 0 {
			steps = slices.Concat(setup, steps, slices.Concat(apart...))
		}
	}
	steps = append(steps, wanting(seen, judgeUntouched, map[string]string{"code": codeOthersData, "operation": o.ID,
		"place": claims[len(claims)-1].place, "rule": ruleForeign, "source": sourceOthers})...)
	// The same under a key that the caller has used for it: what it was answered is nobody else's.
	request.Make = nil
	replay := tried(sameKey(request), ruleForeignKey, claims...)[2:]
	return leaveOut(onlyError(r.on(ctx, f, append(append(steps, keyed(request)), replay...)...)))
}

// onlyError is the error of taking steps.
func onlyError(_ *trace, err error) error { return err }

// filters are parameters of queries that name things.
var filters = map[string]string{"pocket_id": "pocket_id", "pocket_id[]": "pocket_id", "account[]": "account_id",
	"customer_id": "customer_id", "subscription_id": "subscription_id", "filter[card]": "card_id",
	"filter[portal]": "portal_id", "filter[on_us_transfer]": "transfer_id", "filter[wire]": "wire_id"}

// probeForeignFilters has the second caller ask for what is the first one's by its query.
func probeForeignFilters(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if !o.isRead() || o.Bare {
		return nil
	}
	known := g.ids("")
	for _, p := range o.in("query") {
		text := known[filters[p.Name]]
		if text == "" {
			continue
		}
		request := g.request()
		request.Query = append(slices.Clone(request.Query), pair{p.Name, text})
		setup, own := g.own(theirs)
		if len(setup) == 0 && len(o.in("path")) > 0 {
			continue
		}
		own.Query = append(slices.Clone(own.Query), pair{p.Name, text})
		steps := slices.Concat(setup, []step{request}, tried(own, ruleForeign, claim{text, "query " + p.Name}))
		if err := leaveOut(onlyError(r.on(ctx, g, steps...))); err != nil {
			return err
		}
	}
	return nil
}

// probeForeignItems compares a list of the caller with that of the other one, who asks for it in the same words, and
// goes on where the caller's goes on.
func probeForeignItems(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	isMade := slices.ContainsFunc(resources, func(c resource) bool {
		return slices.ContainsFunc(c.lists, func(l listing) bool { return l.operation == o.ID })
	})
	if !o.isRead() || o.Bare || len(o.in("path")) > 0 || slices.Contains(shared, o.ID) ||
		r.config.AllowWrites && isMade {
		return nil
	}
	steps := slices.Concat(g.setup, foreignList(g.request(), !isReading(g.setup)))
	t, err := r.try(ctx, steps)
	r.judged(t)
	return leaveOut(err)
}

// foreignList has both callers ask for a list. isMade says that the steps before have made what is in it: that alone is
// looked for, as nothing else needs to be there when the steps are taken again.
func foreignList(list step, isMade bool) []step {
	o := operationByID(list.Operation)
	wanted := want{judgeForeignItems, map[string]string{}}
	if isMade {
		wanted.Args["made"] = "yes"
	}
	theirs := list
	theirs.Want = []want{wanted}
	steps := append([]step{list}, byOther(theirs)...)
	if o.asks("cursor") && o.asks("limit") {
		short := list
		short.Query = slices.DeleteFunc(slices.Clone(list.Query), func(p pair) bool { return p.Name == "limit" })
		short.Query = append(short.Query, pair{"limit", "1"})
		next := short
		short.Keep = map[string]string{theCursor: optional + "/next_page"}
		next.Query = append(slices.Clone(next.Query), pair{"cursor", "${" + theCursor + "}"})
		next.Want = []want{wanted}
		steps = append(append(steps, short), byOther(next)...)
	}
	return steps
}

// foreignLists makes something twice, and looks for it in the lists of the second caller.
func (r *run) foreignLists(ctx context.Context, c resource) error {
	var lists []listing
	for _, l := range c.lists {
		o := operationByID(l.operation)
		if slices.Contains(r.tested, o) && len(o.in("path")) == 0 {
			lists = append(lists, l)
		}
	}
	if len(lists) == 0 {
		return nil
	}
	f, err := r.freshOf(ctx, c.create)
	if err != nil {
		return err
	}
	t, err := r.on(ctx, f, f.another(), f.another())
	if err != nil {
		return leaveOut(err)
	}
	for _, l := range lists {
		s, ok := listOf(f.ids(""), l)
		if !ok {
			continue
		}
		asked := foreignList(s, true)
		if err := r.more(ctx, t, asked...); err != nil {
			return leaveOut(err)
		}
		if !t.of(len(t.steps) - len(asked)).hasNext() {
			continue
		}
		if err := r.readAll(ctx, t, s); err != nil {
			return leaveOut(err)
		}
		s.By, s.Want = call.Other, asked[1].Want
		if err := r.readAll(ctx, t, s); err != nil {
			return leaveOut(err)
		}
	}
	return nil
}

// probeForeignKeys has the second caller use the key of the first one, for what is its own: keys of different callers
// never meet.
func probeForeignKeys(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.Bare || o.isRead() {
		return nil
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	setup, own := f.own(theirs)
	setupToo, ownToo := f.own(theirsToo)
	steps := slices.Concat(setup, []step{own})
	if len(setup) == 0 {
		steps = append(steps, own) // Twice is no reason for a refusal.
	}
	steps = append(append(steps, setupToo...), keyed(f.another()))
	ownToo = sameKey(ownToo)
	ownToo.Want = []want{{judgeForeignKey, nil}}
	return leaveOut(onlyError(r.on(ctx, f, append(steps, ownToo)...)))
}

// probeForeignSignatures has a token of one caller, and a signature of the other.
func probeForeignSignatures(ctx context.Context, r *run, g *ground) error {
	if g.operation.Bare || r.config.Other.SigningSecret.Reveal() == r.config.SigningSecret.Reveal() {
		return nil
	}
	var all []wrongStep
	for _, change := range []func(*step){
		func(s *step) { s.Token = call.TokenOthers },
		func(s *step) { s.Signature = call.SignatureOthers },
	} {
		s := g.request()
		change(&s)
		s.Want = []want{refusedAs(codeSignature, placeSignature, "of_another_caller",
			"a refusal, as the token is of one caller, and the signature of another", sourceAuthentication)}
		all = append(all, wrongStep{step: s, rule: "of_another_caller"})
	}
	return leaveOut(r.refusals(ctx, g, all, g.request()))
}

// judgeForeigner wants the second caller to be answered as if something of the caller's were not there. The step before
// with the same request, but for the ids, is about what is not there.
var judgeForeigner = register("foreigner", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	ids := strings.Fields(args["ids"])
	if e == nil || e.step.By != call.Other || len(ids) == 0 || !t.isTheCallers(at, ids) {
		return nil
	}
	nobodys := t.likeForNobody(at, ids)
	if len(nobodys) == 0 {
		return nil
	}
	other := nobodys[0]
	isFixed := len(nobodys) > 1 && saidOf(other, ids) == saidOf(nobodys[1], ids)
	if !isDecided(e.status()) || !isDecided(other.status()) {
		return nil
	}
	o := operationByID(e.step.Operation)
	fail := func(code, rule, expected, got, source string) []failure {
		return []failure{{code: code, operation: o.ID, place: args["place"], rule: rule, expected: expected, got: got,
			source: source}}
	}
	answered := "status " + strconv.Itoa(e.status())
	switch {
	case e.isSuccess() && !other.isSuccess() && !t.isEmptyAsNobodys(at),
		e.isSuccess() && other.isSuccess() && t.showsItems(at, false):
		return fail(codeOthersData, args["rule"], "a refusal, as it is another caller's", answered, sourceOthers)
	case e.status() != other.status():
		return fail(codeExistence, args["rule"]+"_status",
			"status "+strconv.Itoa(other.status())+", as for what is not there", answered, sourceExistence)
	case e.status()/100 == 4 && isFixed && saidOf(e, ids) != saidOf(other, ids):
		return fail(codeExistence, args["rule"]+"_body", "the words that it has for what is not there", "other words",
			sourceExistence)
	}
	for _, name := range tellingHeaders {
		_, has := e.answer.Header[name]
		if _, hasOther := other.answer.Header[name]; e.status()/100 == 4 && has != hasOther {
			return fail(codeExistence, args["rule"]+"_header",
				"the headers that it has for what is not there", "another set of them: "+name, sourceExistence)
		}
	}
	return nil
})

// tellingHeaders are headers about a thing, which a refusal has either always or never.
var tellingHeaders = []string{"Allow", "Content-Location", "Etag", "Last-Modified", "Link", "Location"}

// isDecided reports whether a status says what a server makes of a request.
func isDecided(status int) bool {
	return (status/100 == 2 || status/100 == 4) && status != http.StatusTooManyRequests &&
		status != http.StatusUnauthorized
}

// isTheCallers reports whether the caller had to do with all ids before a step, and the other one had not.
func (t *trace) isTheCallers(at int, ids []string) bool {
	for _, id := range ids {
		if strings.Contains(id, "${") {
			return false
		}
		isTheirs := false
		for i := range at {
			for name := range t.steps[i].Keep { // What a ground was set up with has no exchanges here.
				isTheirs = isTheirs || t.steps[i].By == "" && t.steps[i].Operation != "" && t.vars[name] == any(id)
			}
			for _, e := range t.exchanges[i] {
				isTheirs = isTheirs || e.step.By == "" && e.isSuccess() && e.isAbout(id)
			}
		}
		if !isTheirs {
			return false
		}
	}
	return true
}

// likeForNobody are requests like that of a step with ids that nobody has, before it, the last one first.
func (t *trace) likeForNobody(at int, ids []string) []*exchange {
	e := t.of(at)
	nobodys := func(text string) string {
		for _, id := range ids {
			text = strings.ReplaceAll(text, id, recipe.Nobody)
		}
		return uuidText.ReplaceAllStringFunc(text, func(id string) string {
			if id == recipe.Nobody {
				return id
			}
			return "*" // Each request has its own.
		})
	}
	var all []*exchange
	for i := at - 1; i >= 0; i-- {
		other := t.of(i)
		if other != nil && other.step.By == call.Other && other.step.Operation == e.step.Operation &&
			other.sent.Method == e.sent.Method &&
			strings.Contains(other.sent.Target+string(other.sent.Body), recipe.Nobody) &&
			nobodys(other.sent.Target) == nobodys(e.sent.Target) &&
			nobodys(string(other.sent.Body)) == nobodys(string(e.sent.Body)) {
			all = append(all, other)
		}
	}
	return all
}

// isEmptyAsNobodys reports whether a list has nothing in it where the caller's has something: that it is there is told,
// and no more.
func (t *trace) isEmptyAsNobodys(at int) bool {
	e := t.of(at)
	if e.step.Method != http.MethodGet || len(itemsOf(e.value)) > 0 || !strings.HasPrefix(e.step.Operation, "list") {
		return false
	}
	for i := at - 1; i >= 0; i-- {
		other := t.of(i)
		if other != nil && other.step.By == "" && other.isSuccess() && other.step.Operation == e.step.Operation {
			return len(itemsOf(other.value)) > 0
		}
	}
	return false
}

// showsItems reports whether a list has something that the caller's has, and, if isMade, that has to do with what the
// caller has made before.
func (t *trace) showsItems(at int, isMade bool) bool {
	mine, made := map[string]bool{}, map[string]bool{}
	for i := range at {
		other := t.of(i)
		if other == nil || other.step.By != "" || !other.isSuccess() {
			continue
		}
		if other.step.Operation == t.of(at).step.Operation {
			for _, item := range itemsOf(other.value) {
				mine[item.id] = true
			}
		}
		if other.step.Method != http.MethodGet {
			for _, id := range uuidText.FindAllString(string(other.sent.Body)+string(other.answer.Body), -1) {
				made[id] = true
			}
		}
	}
	return slices.ContainsFunc(itemsOf(t.of(at).value), func(item item) bool {
		return mine[item.id] && (!isMade || slices.ContainsFunc(uuidText.FindAllString(item.text, -1),
			func(id string) bool { return made[id] }))
	})
}

// listsOf are the members that lists are in.
var listsOf = []string{"items", "portals", "cards"}

// namesOf are the members that tell one element of a list from another, the best one first.
var namesOf = []string{"id", "event_id", "transaction_id", "card_order_id", "card_id", "trade_id", "statement_id"}

// elementsOf are the elements of a list. It reports false for what is none.
func elementsOf(v any) ([]any, bool) {
	for _, name := range listsOf {
		if list, ok := member(v, name).([]any); ok {
			return list, true
		}
	}
	list, ok := v.([]any)
	return list, ok
}

// idOf is what tells an element of a list from another, or empty if nothing does.
func idOf(element any) string {
	if event := member(element, "event"); event != nil {
		element = event
	}
	for _, name := range namesOf {
		if id, ok := member(element, name).(string); ok && id != "" {
			return id
		}
	}
	return ""
}

// An item is an element of a list that has an id.
type item struct{ id, text string }

// itemsOf are the elements of a list that have an id.
func itemsOf(v any) []item {
	elements, _ := elementsOf(v)
	var items []item
	for _, element := range elements {
		encoded, err := json.Marshal(element)
		if id := idOf(element); err == nil && id != "" {
			items = append(items, item{id, string(encoded)})
		}
	}
	return items
}

// saidOf is what an answer says, whatever the ids.
func saidOf(e *exchange, ids []string) string {
	content := string(e.answer.Body)
	for _, id := range ids {
		content = strings.ReplaceAll(content, id, recipe.Nobody)
	}
	plain := &exchange{step: e.step, answer: e.answer}
	plain.answer.Body = []byte(content)
	plain.decode()
	return told(plain)
}

// judgeForeignItems wants nothing in a list of the second caller that is in the caller's.
var judgeForeignItems = register("foreign_items", func(_ *run, t *trace, at int,
	args map[string]string) []failure {
	e := t.of(at)
	if e == nil || e.step.By != call.Other || !succeeded(e) || !t.showsItems(at, args["made"] != "") {
		return nil
	}
	place := "body /items"
	if slices.ContainsFunc(e.step.Query, func(p pair) bool { return p.Name == "cursor" }) {
		place = "query cursor"
	}
	o := operationByID(e.step.Operation)
	return []failure{{code: codeOthersData, operation: o.ID, place: place, rule: ruleForeign,
		expected: "nothing that the list of another caller has", got: "something that is in both",
		source: sourceOthers}}
})

// judgeForeignKey wants a request under a key that another caller has used to be carried out as any other, and not to
// be answered as that caller was.
var judgeForeignKey = register("foreign_key", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e := t.of(at)
	if e == nil || e.step.By != call.Other || !isDecided(e.status()) {
		return nil
	}
	var control, first *exchange
	for i := at - 1; i >= 0; i-- {
		other := t.of(i)
		switch {
		case other == nil || other.step.Operation != e.step.Operation || other.sent.Method != e.sent.Method:
		case control == nil && other.step.By == call.Other && other.sent.Key != e.sent.Key:
			control = other
		case first == nil && other.step.By == "" && other.sent.Key == e.sent.Key && other.isSuccess():
			first = other
		}
	}
	if control == nil || first == nil || !control.isSuccess() {
		return nil
	}
	o := operationByID(e.step.Operation)
	fail := func(code, expected, got, source string) []failure {
		return []failure{{code: code, operation: o.ID, place: placeKey, rule: ruleForeignKey, expected: expected,
			got: got, source: source}}
	}
	known := string(control.answer.Body) + string(e.sent.Body) + e.sent.Target
	isTheirs := slices.ContainsFunc(uuidText.FindAllString(string(first.answer.Body), -1), func(id string) bool {
		return !strings.Contains(known, id) && strings.Contains(string(e.answer.Body), id)
	})
	switch {
	case e.isSuccess() && isTheirs:
		return fail(codeOthersData, "an answer of its own, as the key is another caller's", "the answer to that caller",
			sourceOthers)
	case e.status()/100 == 4:
		return fail(codeExistence, "an answer as under a new key, as keys of different callers never meet",
			"status "+strconv.Itoa(e.status()), sourceRepeats)
	}
	return nil
})

// foreignDeliveries has both callers subscribe, and an event happen to the first one, of which the other one must not
// be told.
func (r *run) foreignDeliveries(ctx context.Context) error {
	if r.receiver == nil || !r.tests([]string{"createSubscription", "triggerWebhook"}) {
		return nil
	}
	if err := r.hush(ctx); err != nil {
		return err
	}
	examples := operationByID("triggerWebhook").exampleBodies()
	if len(examples) == 0 {
		return nil
	}
	happens, kind, ok := trigger("event_0", examples[0].body)
	if !ok {
		return nil
	}
	list := callBy("listEvents", "")
	list.Query = []pair{{"limit", "100"}}
	list.Want = []want{{judgeForeignDelivery,
		map[string]string{"hook": "${" + theirs + "hook}", "event": "${event_0}"}}}
	steps := []step{subscribe("all_id", "all_hook", "all_secret", []string{kind})}
	steps = append(steps, byOther(subscribe(theirs+"id", theirs+"hook", theirs+"secret", []string{kind}))...)
	t, err := r.try(ctx, append(steps, happens,
		step{Await: true, Expect: []pair{{"${all_hook}", "${event_0}"}}}, list))
	r.judged(t)
	if err != nil {
		return err
	}
	return r.hush(ctx)
}

// judgeForeignDelivery wants nothing of an event of the caller's to come to where the other one has subscribed.
var judgeForeignDelivery = register("foreign_delivery", func(r *run, t *trace, at int,
	args map[string]string) []failure {
	if r.receiver == nil || strings.Contains(args["hook"]+args["event"], "${") || args["event"] == "" {
		return nil
	}
	isMine, isTheirs := false, false
	for i := range at {
		e := t.of(i)
		if e == nil || !e.isSuccess() {
			continue
		}
		isMine = isMine || e.step.By == "" && strings.Contains(string(e.sent.Body), args["event"])
		isTheirs = isTheirs || e.step.By == call.Other && strings.Contains(string(e.sent.Body), args["hook"])
	}
	if !isMine || !isTheirs || !slices.ContainsFunc(r.receiver.at(args["hook"]),
		func(d delivery) bool { return strings.Contains(string(d.body), args["event"]) }) {
		return nil
	}
	return blame(failure{code: codeOthersData, place: "delivery", rule: ruleForeign,
		expected: "nothing delivered to another caller", got: "the caller's event", source: sourceOthers},
		"triggerWebhook", "createSubscription")
})
