package contracttest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

const (
	// theThing is the variable that has the id of what was made.
	theThing = "made_id"
	thing    = "${" + theThing + "}"
)

// sequences make things, read them, change them, and remove them: by each operation that shows them.
func sequences(ctx context.Context, r *run) error {
	for _, c := range resources {
		if err := leaveOut(r.created(ctx, c)); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if err := leaveOut(r.changed(ctx, c)); err != nil {
			return err
		}
	}
	for _, c := range removals {
		if err := leaveOut(r.removed(ctx, c)); err != nil {
			return err
		}
	}
	for _, c := range closings {
		if err := leaveOut(r.closed(ctx, c)); err != nil {
			return err
		}
	}
	if err := leaveOut(r.closedPocket(ctx)); err != nil {
		return err
	}
	return leaveOut(r.items(ctx))
}

// freshOf is a new ground of an operation.
func (r *run) freshOf(ctx context.Context, id string) (*ground, error) {
	g, err := r.known(ctx, operationByID(id))
	if err != nil {
		return nil, err
	}
	return r.fresh(ctx, g)
}

// created makes a thing, which has to be there at once and to be what was asked for.
func (r *run) created(ctx context.Context, c resource) error {
	if !r.tests(c.operations()) {
		return nil
	}
	if err := r.served(ctx, &c.reads, &c.lists); err != nil {
		return err
	}
	f, err := r.freshOf(ctx, c.create)
	if err != nil {
		return err
	}
	base, id := f.remade(f.request()), c.id
	if strings.HasPrefix(c.id, "/") {
		base.Keep, id = map[string]string{theThing: c.id}, thing
	} else if !slices.Contains(base.uses(), c.id[2:len(c.id)-1]) {
		return nil
	}
	known := f.ids(id, c.parameters...)
	args := map[string]string{"write": c.create, "id": id}
	base.Want = []want{{judgeTaken, nil}}
	t, err := r.on(ctx, f, base)
	if err != nil {
		return err
	}
	single := readsOf(known, c.reads)
	for i := range single {
		single[i].Want = []want{{judgeThere, args}, {judgeAnswered, args}}
	}
	if err := r.more(ctx, t, single...); err != nil {
		return err
	}
	for _, l := range c.lists {
		s, ok := listOf(known, l)
		if !ok {
			continue
		}
		s.Want = []want{{judgeListed, map[string]string{"write": c.create, "id": id, "ids": l.ids}}}
		if err := r.readAll(ctx, t, s); err != nil && !isLeftOut(err) {
			return err
		}
	}
	again := readsOf(known, c.reads)
	for i := range again {
		again[i].Want = listSame(c.lists, id)
	}
	return r.more(ctx, t, again...)
}

// listSame wants lists to show a thing as a read does.
func listSame(lists []listing, id string) []want {
	var all []want
	for _, l := range lists {
		w := want{judgeListSame, map[string]string{"list": l.operation, "id": id, "ids": l.ids}}
		if !slices.ContainsFunc(all, func(known want) bool { return known.Args["list"] == l.operation }) {
			all = append(all, w)
		}
	}
	return all
}

// mostMembers bounds how many members are changed one by one.
const mostMembers = 6

// changed changes a thing, which then has to be what was said, and otherwise what it was.
func (r *run) changed(ctx context.Context, c change) error {
	if !r.tests(c.operations()) {
		return nil
	}
	if err := r.served(ctx, &c.reads, &c.lists); err != nil {
		return err
	}
	g, err := r.known(ctx, operationByID(c.operation))
	if err != nil {
		return err
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	known := f.ids("")
	id := known[c.parameter]
	looks := readsOf(known, c.reads)
	ids := map[int]string{}
	for _, l := range c.lists {
		if s, ok := listOf(known, l); ok {
			ids[len(looks)] = l.ids
			looks = append(looks, s)
		}
	}
	wanted := slices.Clone(looks)
	for i := range wanted {
		args := map[string]string{"write": c.operation, "id": id, "ids": ids[i]}
		wanted[i].Want = []want{{judgeChanged, args}}
		if ids[i] == "" {
			wanted[i].Want = append(wanted[i].Want, want{judgeAnswered, args})
		}
	}
	again := slices.Clone(looks)
	for i := range again {
		if ids[i] == "" {
			again[i].Want = listSame(c.lists, id)
		}
	}
	// The first change comes again at the end: it could undo what the last one did.
	var shown any
	if t, err := r.on(ctx, f, looks[:min(1, len(looks))]...); err != nil {
		return err
	} else if e := t.last(); len(looks) > 0 && succeeded(e) {
		if shown = e.value; ids[0] != "" {
			shown = elementOf(e.value, ids[0], t.vars.fill(id, asIs))
		}
	}
	bodies := append(r.singles(g, shown), r.spelled(g)...)
	steps := slices.Concat(looks, looks)
	for _, b := range append(bodies, bodies[:min(1, len(bodies))]...) {
		s := f.request()
		s.Body, s.Want = &b, []want{{judgeTaken, nil}}
		steps = append(steps, s)
		steps = append(append(steps, wanted...), again...)
	}
	_, err = r.on(ctx, f, steps...)
	return err
}

// singles are bodies of a change that have one member each, other than it was if that can be: those of the request and
// of examples, and those that are shown of what is changed.
func (r *run) singles(g *ground, shown any) []body {
	if g.base.Body == nil || !isJSON(g.base.Media) {
		return nil
	}
	var all []body
	sources := []body{*g.base.Body}
	for _, example := range g.operation.exampleBodies() {
		sources = append(sources, example.body)
	}
	if media := g.operation.json(); media != nil && media.Schema != nil {
		changeable := map[string]any{}
		for _, name := range propertiesOf(media.Schema.Value) {
			if v := member(shown, name); v != nil && !hidden.MatchString(name) && name != "status" {
				changeable[name] = v
			}
		}
		if encoded, err := json.Marshal(changeable); err == nil {
			sources = append(sources, encoded)
		}
	}
	var done []string
	for _, source := range sources {
		value, err := decodeNumbers(source)
		if err != nil {
			continue
		}
		object, _ := value.(map[string]any)
		for _, name := range sortedKeys(object) {
			if slices.Contains(done, name) || object[name] == nil || len(all) >= mostMembers {
				continue
			}
			single := map[string]any{name: object[name]}
			if object[name] == "" {
				single[name] = "Something"
			}
			encoded, err := json.Marshal(single)
			if err != nil {
				continue
			}
			b := body(encoded)
			if isEnumText := name == "status"; !isEnumText {
				for _, path := range members(single, nil) {
					if other, ok := alteredAt(b, path); ok && r.isValid(g, other) {
						b = other
						break
					}
				}
			}
			if r.isValid(g, b) {
				done, all = append(done, name), append(all, b)
			}
		}
	}
	return all
}

// labels are members that somebody gives a thing for people to read, which nothing but them is printed on.
var labels = regexp.MustCompile(`^(pocket_name|name|description)$`)

// spelled are bodies of a change with a label that not everything can store, and that some write otherwise. None of its
// letters is another one by another name.
func (r *run) spelled(g *ground) []body {
	media := g.operation.json()
	if media == nil || media.Schema == nil {
		return nil
	}
	var all []body
	for _, name := range propertiesOf(media.Schema.Value) {
		encoded, err := json.Marshal(map[string]any{name: "Bjørn & Œuvre"})
		if b := body(encoded); err == nil && labels.MatchString(name) && r.isValid(g, b) {
			all = append(all, b)
		}
	}
	return all
}

// removed removes a thing, which then has to be gone for everybody.
func (r *run) removed(ctx context.Context, c change) error {
	if !r.tests(c.operations()) {
		return nil
	}
	if err := r.served(ctx, &c.reads, &c.lists); err != nil {
		return err
	}
	f, err := r.freshOf(ctx, c.operation)
	if err != nil {
		return err
	}
	known := f.ids("")
	id := known[c.parameter]
	args := map[string]string{"removal": c.operation, "id": id}
	var before []step
	for _, s := range readsOf(known, c.reads) {
		if s.Method == http.MethodGet {
			before = append(before, s) // It may come from a cache then.
		}
	}
	for _, l := range c.lists {
		if s, ok := listOf(known, l); ok {
			before = append(before, s)
		}
	}
	t, err := r.on(ctx, f, append(before, f.request())...)
	if err != nil {
		return err
	}
	for _, name := range c.reads {
		s, ok := r.callOf(known, name)
		if !ok {
			continue
		}
		s.Want = []want{{judgeGone, args}}
		if err := r.more(ctx, t, s); err != nil {
			return err
		}
	}
	for _, l := range c.lists {
		s, ok := listOf(known, l)
		if !ok {
			continue
		}
		s.Want = []want{{judgeUnlisted, map[string]string{"removal": c.operation, "id": id, "ids": l.ids}}}
		if err := r.readAll(ctx, t, s); err != nil {
			return err
		}
	}
	return nil
}

// callOf is a call of an operation with what is known, and the body that its recipe has.
func (r *run) callOf(known map[string]string, id string) (step, bool) {
	o := operationByID(id)
	s, ok := o.readOf(known)
	if !ok || o.declared.RequestBody == nil {
		return s, ok
	}
	for _, way := range r.recipes(o) {
		base := way[len(way)-1]
		if base.Body == nil || len(base.uses()) > len(step{Path: base.Path}.uses()) {
			continue
		}
		s.Media, s.Body = base.Media, base.Body
		return s, true
	}
	if bodies := o.exampleBodies(); len(bodies) > 0 {
		s.Media, s.Body = mediaJSON, &bodies[0].body
		return s, true
	}
	return s, false
}

// closed closes a thing for good, which has to be shown as CLOSED, and to stay it.
func (r *run) closed(ctx context.Context, c closing) error {
	if !r.tests(append(c.operations(), c.reopen...)) {
		return nil
	}
	if err := r.served(ctx, &c.reads, &c.lists); err != nil {
		return err
	}
	f, err := r.freshOf(ctx, c.operation)
	if err != nil {
		return err
	}
	known := f.ids("")
	id := known[c.parameter]
	s := f.request()
	if c.body != "" {
		s.Media, s.Body = mediaJSON, text(c.body)
	}
	shown := func(blamed string) []step {
		args := map[string]string{"removal": c.operation, "id": id, "blamed": blamed}
		steps := readsOf(known, c.reads)
		for i := range steps {
			steps[i].Want = []want{{judgeClosed, args}}
		}
		for _, l := range c.lists {
			if s, ok := listOf(known, l); ok {
				s.Want = []want{{judgeClosed, map[string]string{"removal": c.operation, "id": id, "ids": l.ids,
					"blamed": blamed}}}
				steps = append(steps, s)
			}
		}
		return steps
	}
	steps := append([]step{s}, shown("")...)
	for _, name := range c.reopen {
		again, ok := operationByID(name).readOf(known)
		if !ok {
			continue
		}
		again.Media, again.Body = mediaJSON, text(`{"status":"OPEN"}`)
		steps = append(append(steps, again), shown(name)...)
	}
	_, err = r.on(ctx, f, steps...)
	return err
}

// closedPocket closes one of two pockets that have no money: another one could not be closed.
func (r *run) closedPocket(ctx context.Context) error {
	c := change{"updatePocket", "pocket_id", []string{"getCustomerPocket", "getPocket"}, pocketLists[:2]}
	if !r.tests(c.operations()) {
		return nil
	}
	f, err := r.freshOf(ctx, "createPocket")
	if err != nil {
		return err
	}
	left, made := f.remade(f.request()), f.remade(f.request())
	made.Keep = map[string]string{theThing: "/id"}
	known := f.ids(thing, c.parameter)
	s, ok := operationByID(c.operation).readOf(known)
	if !ok {
		return nil
	}
	s.Media, s.Body = mediaJSON, text(`{"status":"CLOSED","closure_reason":"No longer needed"}`)
	steps := []step{left, made, s}
	args := map[string]string{"removal": c.operation, "id": thing, "blamed": ""}
	for _, look := range readsOf(known, c.reads) {
		look.Want = []want{{judgeClosed, args}}
		steps = append(steps, look)
	}
	for _, l := range c.lists {
		if look, ok := listOf(known, l); ok {
			look.Want = []want{{judgeClosed, map[string]string{"removal": c.operation, "id": thing, "ids": l.ids,
				"blamed": ""}}}
			steps = append(steps, look)
		}
	}
	return onlyError(r.on(ctx, f, steps...))
}

// pairs of a list and the read of one of its items.
var itemReads = []struct{ list, read, id, ids string }{
	{"listPocketTransactions", "getTransaction", "/items/0/transaction_id", "/items/*/transaction_id"},
	{"listCustomerTransactions", "getTransaction", "/items/0/transaction_id", "/items/*/transaction_id"},
	{"listAccountTransactions", "getAccountTransaction", "/items/0/id", itemIDs},
	{"listCustomerAccounts", "getAccount", "/items/0/id", itemIDs},
	{"listCustomerTransactionsV1", "getAccountTransaction", "/items/0/id", itemIDs},
}

// items reads what a list has, which has to be there, and the same.
func (r *run) items(ctx context.Context) error {
	for _, p := range itemReads {
		if !r.tests([]string{p.list, p.read}) {
			continue
		}
		g, err := r.known(ctx, operationByID(p.list))
		if err != nil {
			if isLeftOut(err) {
				continue
			}
			return err
		}
		list := g.request()
		list.Keep = map[string]string{theThing: p.id}
		o := operationByID(p.read)
		parameters := o.in("path")
		read, ok := o.readOf(g.ids(thing, parameters[len(parameters)-1].Name))
		if !ok {
			continue
		}
		first, second := read, read
		first.Want = []want{{judgeThere, map[string]string{"write": p.list, "id": thing}}}
		second.Want = []want{{judgeListSame, map[string]string{"list": p.list, "id": thing, "ids": p.ids}}}
		list2 := g.request()
		if _, err := r.on(ctx, g, list, first, list2, second); err != nil && !isLeftOut(err) {
			return err
		}
	}
	return nil
}

// blame is a failure of each of some operations, which are one finding.
func blame(f failure, operations ...string) []failure {
	var all []failure
	for _, id := range operations {
		if id != "" && !slices.ContainsFunc(all, func(known failure) bool { return known.operation == id }) {
			f.operation = id
			all = append(all, f)
		}
	}
	return all
}

// lastWrite is the latest success of an operation before a step, or nil.
func (t *trace) lastWrite(at int, operation string) (*exchange, int) {
	for i := at - 1; i >= 0; i-- {
		if e := t.of(i); succeeded(e) && e.step.Operation == operation {
			return e, i
		}
	}
	return nil, -1
}

// isAbout reports whether an exchange has an id in its path, its body or its answer.
func (e *exchange) isAbout(id string) bool {
	return id != "" && !strings.Contains(id, "${") && (strings.Contains(e.sent.Target, id) ||
		strings.Contains(string(e.sent.Body), id) || strings.Contains(string(e.answer.Body), id))
}

// judgeThere wants what was made to be found.
var judgeThere = register("there", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	write, _ := t.lastWrite(at, args["write"])
	if e == nil || e.status()/100 != 4 || write == nil || !write.isAbout(args["id"]) {
		return nil
	}
	if e.status() == http.StatusTooManyRequests || e.status() == http.StatusUnauthorized {
		return nil
	}
	o := operationByID(e.step.Operation)
	return blame(failure{code: codeAvailability, place: "status", rule: "after " + args["write"],
		expected: "what " + args["write"] + " has answered with", got: "status " + strconv.Itoa(e.status()),
		source: o.source()}, o.ID, args["write"])
})

// judgeListed wants what was made to be in a list.
var judgeListed = register("listed", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	write, _ := t.lastWrite(at, args["write"])
	pages, isWhole := t.listed(at)
	if !isWhole || write == nil || !write.isAbout(args["id"]) {
		return nil
	}
	for _, page := range pages {
		if elementOf(page.value, args["ids"], args["id"]) != nil {
			return nil
		}
	}
	o := operationByID(e.step.Operation)
	return blame(failure{code: codeAvailability, place: "body " + args["ids"], rule: "after " + args["write"],
		expected: "the id that " + args["write"] + " has answered with", got: "a list without it",
		source: o.source()}, o.ID, args["write"])
})

// elementOf is the element of a list that has an id, or nil. ids is the pointer of all ids.
func elementOf(v any, ids, id string) map[string]any {
	before, name, _ := cutLast(ids, "/*/")
	found, err := recipe.Find(v, before+"/*")
	if err != nil {
		return nil
	}
	for _, element := range found {
		if object, ok := element.(map[string]any); ok {
			if at, err := recipe.Find(object, "/"+name); err == nil && len(at) == 1 && at[0] == id {
				return object
			}
		}
	}
	return nil
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// judgeTaken wants the answer to a write to have what the request said.
var judgeTaken = register("taken", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || e.value == nil || e.status() == http.StatusAccepted {
		return nil
	}
	asked, err := decodeNumbers(e.sent.Body)
	if err != nil {
		return nil
	}
	return takenBy(e, asked, e.value, e.step.Operation)
})

// takenBy compares what a request says with what shows it.
func takenBy(e *exchange, asked, shown any, operations ...string) []failure {
	for _, root := range []any{shown, member(shown, "transfer")} {
		if pointer, differs := disagreement("", asked, root, false); differs {
			return blame(failure{code: codeReadBack, place: "body " + pointer, rule: "not_stored",
				expected: "what the request has there", got: "another value",
				source: operationByID(e.step.Operation).source()}, operations...)
		}
	}
	return nil
}

// judgeAnswered wants a read to show what the answer to the write before it has shown, and what its request has said.
var judgeAnswered = register("answered", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	write, _ := t.lastWrite(at, args["write"])
	if !succeeded(e) || e.value == nil || write == nil || !write.isAbout(args["id"]) || !isItem(e) ||
		write.status() == http.StatusAccepted {
		return nil
	}
	if asked, err := decodeNumbers(write.sent.Body); err == nil {
		if found := takenBy(write, asked, e.value, e.step.Operation, write.step.Operation); found != nil {
			return found
		}
	}
	if !hasID(write.value, args["id"]) || !hasID(e.value, args["id"]) {
		return nil // They are not about the same.
	}
	if pointer, differs := disagreement("", write.value, e.value, false); differs {
		return blame(failure{code: codeReadBack, place: "body " + pointer, rule: "otherwise_than_answered",
			expected: "what " + write.step.Operation + " has answered", got: "another value",
			source: operationByID(e.step.Operation).source()}, e.step.Operation, write.step.Operation)
	}
	return nil
})

// hasID reports whether an object has an id as one of its members.
func hasID(v any, id string) bool {
	object, _ := v.(map[string]any)
	for name, value := range object {
		if (name == "id" || strings.HasSuffix(name, "_id")) && value == any(id) {
			return true
		}
	}
	return false
}

// isItem reports whether an answer is about one thing, and not a list of others that belong to it.
func isItem(e *exchange) bool {
	_, isObject := e.value.(map[string]any)
	return isObject && strings.HasPrefix(e.step.Operation, "get")
}

// judgeListSame wants a list between two reads that are alike to show the same.
var judgeListSame = register("list_same", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || !isItem(e) {
		return nil
	}
	var element map[string]any
	place := -1
	var before *exchange
	for i := at - 1; i >= 0 && before == nil; i-- {
		other := t.of(i)
		switch {
		case other == nil || !other.isSuccess():
		case other.step.Method != http.MethodGet:
			return nil
		case other.step.Operation == args["list"] && element == nil:
			element, place = elementOf(other.value, args["ids"], args["id"]), i
		case element != nil && other.step.Operation == e.step.Operation && other.sent.Target == e.sent.Target:
			before = other
		}
	}
	if element == nil || before == nil || place < 0 || !hasID(e.value, args["id"]) {
		return nil
	}
	isSibling := versionOf(args["list"]) != versionOf(e.step.Operation)
	pointer, differs := disagreement("", e.value, element, !isSibling)
	if !differs {
		return nil
	}
	if moved, _ := difference("", before.value, e.value); strings.HasPrefix(pointer, moved) && moved != "" {
		return nil
	}
	if _, hasMoved := difference("", before.value, e.value); hasMoved {
		return nil
	}
	return blame(failure{code: codeReadBack, place: "body " + pointer, rule: "list_differs",
		expected: "what " + e.step.Operation + " shows of it", got: "another value in the list",
		source: operationByID(args["list"]).source()}, args["list"], e.step.Operation)
})

func versionOf(id string) string {
	if o := operationByID(id); o != nil {
		return strings.Split(o.Path, "/")[2]
	}
	return ""
}

// judgeChanged wants a read to show what a change has said, and of all else what it was.
var judgeChanged = register("changed", func(_ *run, t *trace, at int, args map[string]string) []failure {
	seen, places := t.lastReads(at, 3)
	if seen == nil {
		return nil
	}
	write, place := t.lastWrite(at, args["write"])
	if write == nil || place < places[1] || place > places[2] || !write.isAbout(args["id"]) ||
		write.status() == http.StatusAccepted {
		return nil
	}
	for i := places[1] + 1; i < places[2]; i++ {
		if e := t.of(i); i != place && e != nil && e.step.Method != http.MethodGet {
			return nil
		}
	}
	asked, err := decodeNumbers(write.sent.Body)
	object, isObject := asked.(map[string]any)
	if err != nil || !isObject {
		return nil
	}
	view := func(e *exchange) any {
		if args["ids"] == "" {
			return e.value
		}
		if element := elementOf(e.value, args["ids"], args["id"]); element != nil {
			return element
		}
		return nil
	}
	first, before, after := view(seen[0]), view(seen[1]), view(seen[2])
	if first == nil || before == nil || after == nil {
		return nil
	}
	operation := t.steps[at].Operation
	if found := takenBy(write, asked, after, operation, write.step.Operation); found != nil {
		return found
	}
	for _, name := range sortedKeys(object) {
		if name != "status" {
			continue
		}
		if is := member(after, "status"); is != nil && !reflect.DeepEqual(is, object[name]) {
			return blame(failure{code: codeReadBack, place: "body /status", rule: "not_stored",
				expected: "what the request has there", got: "another value",
				source: operationByID(write.step.Operation).source()}, operation, write.step.Operation)
		}
	}
	was, _ := before.(map[string]any)
	is, _ := after.(map[string]any)
	earlier, _ := first.(map[string]any)
	for _, name := range sortedKeys(was) {
		if _, isAsked := object[name]; isAsked || moves(name) {
			continue
		}
		if _, moved := difference("", earlier[name], was[name]); moved {
			continue
		}
		if pointer, differs := difference("/"+name, was[name], is[name]); differs {
			return blame(failure{code: codeReadBack, place: "body " + pointer, rule: "changed_unasked",
				expected: "what was there before, as the change says nothing of it", got: "another value",
				source: operationByID(write.step.Operation).source()}, operation, write.step.Operation)
		}
	}
	return nil
})

// moving are members that change without anybody's asking.
var moving = regexp.MustCompile(`^(status|.*_at|portfolio|total_value|all_time_earnings|pricing_timestamp|` +
	`appreciation_per_second|documents|verification|exception_reasons?|delivery_attempts|account_status|` +
	`.*_needed|customer_id|card_id|reference_number|reason|fees|time_settled)$`)

func moves(name string) bool { return moving.MatchString(name) }

// hidden are members that a server shows in part, or otherwise than they were sent.
var hidden = regexp.MustCompile(`secret|password|identification_number|account_number|_token|encrypted|^ssn$|` +
	`public_key`)

// disagreement is where two values that should say the same do not, at members that both have. What is shown in part is
// left out; what moves, too, unless they were read at the same time.
func disagreement(at string, a, b any, isSameTime bool) (string, bool) {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return "", false
		}
		for _, name := range sortedKeys(a) {
			value, has := other[name]
			if !has || name == "object_type" || !isSameTime && (moves(name) || hidden.MatchString(name)) {
				continue
			}
			if pointer, differs := disagreement(at+"/"+escapePointer(name), a[name], value, isSameTime); differs {
				return pointer, true
			}
		}
		return "", false
	case []any:
		other, ok := b.([]any)
		if !ok {
			return "", false
		}
		if isSameTime {
			return difference(at, a, other)
		}
		return at, !alike(a, other)
	}
	switch b.(type) {
	case map[string]any, []any:
		return "", false
	}
	return at, !isAlike(a, b)
}

// alike compares lists of scalars, whatever their order. Others it does not decide.
func alike(a, b []any) bool {
	of := func(list []any) ([]string, bool) {
		var all []string
		for _, v := range list {
			switch v.(type) {
			case map[string]any, []any:
				return nil, false
			}
			encoded, err := json.Marshal(v)
			if err != nil {
				return nil, false
			}
			all = append(all, string(encoded))
		}
		slices.Sort(all)
		return slices.Compact(all), true
	}
	x, okX := of(a)
	y, okY := of(b)
	return !okX || !okY || slices.Equal(x, y)
}

var noise = regexp.MustCompile(`[^\pL\pN]+`)

// isAlike compares scalars: times as moments, and texts without their blanks, signs and case, as servers write phone
// numbers and addresses in their own way.
func isAlike(a, b any) bool {
	if a == nil || b == nil || reflect.DeepEqual(a, b) {
		return true
	}
	x, isX := a.(string)
	y, isY := b.(string)
	if !isX || !isY {
		return numbersAlike(a, b)
	}
	if strings.Contains(y, "*") || strings.Contains(strings.ToUpper(y), "XX") {
		return true
	}
	first, errX := time.Parse(time.RFC3339, x)
	second, errY := time.Parse(time.RFC3339, y)
	if errX == nil && errY == nil {
		return first.Truncate(time.Second).Equal(second.Truncate(time.Second))
	}
	return strings.EqualFold(noise.ReplaceAllString(x, ""), noise.ReplaceAllString(y, ""))
}

func numbersAlike(a, b any) bool {
	x, isX := a.(json.Number)
	y, isY := b.(json.Number)
	if !isX || !isY {
		return false
	}
	return len(effectOf(x, y).numbers) == 0
}

// judgeGone wants what was removed to be refused.
var judgeGone = register("gone", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	removal, _ := t.lastWrite(at, args["removal"])
	if !succeeded(e) || removal == nil || !removal.isAbout(args["id"]) || !e.isAbout(args["id"]) {
		return nil
	}
	// What is removed may be removed again, unless the contract has a status for it (RFC 9110, 9.2.2).
	if e.step.Method == http.MethodDelete && !operationByID(e.step.Operation).names(http.StatusNotFound) {
		return nil
	}
	return blame(failure{code: codeUseAfterFree, place: "status", rule: "after " + args["removal"],
		expected: "404, as it was removed", got: "status " + strconv.Itoa(e.status()),
		source: operationByID(e.step.Operation).source("responses")}, e.step.Operation, args["removal"])
})

// judgeUnlisted wants what was removed to be in no list.
var judgeUnlisted = register("unlisted", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	removal, _ := t.lastWrite(at, args["removal"])
	if !succeeded(e) || removal == nil || !removal.isAbout(args["id"]) ||
		elementOf(e.value, args["ids"], args["id"]) == nil {
		return nil
	}
	return blame(failure{code: codeUseAfterFree, place: "body " + args["ids"], rule: "after " + args["removal"],
		expected: "a list without it, as it was removed", got: "a list that has it",
		source: operationByID(e.step.Operation).source()}, e.step.Operation, args["removal"])
})

// judgeClosed wants what was closed to be shown as CLOSED.
var judgeClosed = register("closed", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	removal, place := t.lastWrite(at, args["removal"])
	if !succeeded(e) || removal == nil || !removal.isAbout(args["id"]) {
		return nil
	}
	if answered, _ := member(removal.value, "status").(string); answered != "" && answered != closed {
		return nil // It is not closed yet.
	}
	shown := e.value
	if args["ids"] != "" {
		element := elementOf(e.value, args["ids"], args["id"])
		if element == nil {
			return nil // It need not be listed any more.
		}
		shown = element
	}
	status, _ := member(shown, "status").(string)
	if status == "" || status == closed {
		return nil
	}
	rule := "after " + args["removal"]
	if again, later := t.lastWrite(at, args["blamed"]); args["blamed"] != "" && again != nil && later > place {
		rule = "opened again by " + args["blamed"]
	}
	return blame(failure{code: codeUseAfterFree, place: "body /status", rule: rule,
		expected: closed + ", as it was closed for good", got: "another status",
		source: operationByID(e.step.Operation).source()}, e.step.Operation, args["removal"], args["blamed"])
})

// variablesOf renames the variables of steps, so that they can be taken beside themselves.
func renamed(steps []step, prefix string) []step {
	given := map[string]bool{}
	for _, s := range steps {
		for _, name := range s.gives() {
			given[name] = name != "set_pin"
		}
	}
	rename := func(text string) string {
		return variable.ReplaceAllStringFunc(text, func(found string) string {
			name := variable.FindStringSubmatch(found)[1]
			if !given[name] {
				return found
			}
			return strings.Replace(found, "${"+name+"}", "${"+prefix+name+"}", 1)
		})
	}
	all := make([]step, len(steps))
	for i, s := range steps {
		s.Path, s.Key = rename(s.Path), rename(s.Key)
		s.Query, s.Header = slices.Clone(s.Query), slices.Clone(s.Header)
		for j := range s.Query {
			s.Query[j].Value = rename(s.Query[j].Value)
		}
		for j := range s.Header {
			s.Header[j].Value = rename(s.Header[j].Value)
		}
		if s.Body != nil && isJSON(s.Media) {
			s.Body = text(rename(string(*s.Body)))
		}
		keep, made := map[string]string{}, map[string]recipe.Made{}
		for name, pointer := range s.Keep {
			if given[name] {
				name = prefix + name
			}
			keep[name] = pointer
		}
		for name, what := range s.Make {
			if given[name] {
				name = prefix + name
			}
			made[name] = what
		}
		s.Keep, s.Make, s.Want = keep, made, nil
		all[i] = s
	}
	return all
}

// second stands before the names of variables of what was made a second time.
const second = "second_"

// probeHierarchy asks for something below what it does not belong to.
func probeHierarchy(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	want0, got := strings.Split(o.Path, "/"), strings.Split(g.base.Path, "/")
	if len(want0) != len(got) || len(g.setup) == 0 {
		return nil
	}
	var places []int
	for i := range want0 {
		if strings.HasSuffix(want0[i], "_id}") && variable.MatchString(got[i]) {
			places = append(places, i)
		}
	}
	if len(places) < 2 {
		return nil
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	s := f.request()
	parent := places[len(places)-2]
	own := got[parent]
	path := slices.Clone(got)
	path[parent] = strings.Replace(own, "${", "${"+second, 1)
	s.Path = strings.Join(path, "/")
	s.Want = []want{{judgeForeign, map[string]string{"own": own, "other": path[parent],
		"child": got[places[len(places)-1]], "place": "path " + strings.Trim(want0[parent], "{}")}}}
	_, err = r.on(ctx, f, append(renamed(g.setup, second), s)...)
	return err
}

// judgeForeign wants a thing not to be found below another parent.
var judgeForeign = register("foreign", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || strings.Contains(args["own"]+args["other"]+args["child"], "${") ||
		args["own"] == args["other"] || args["child"] == args["other"] {
		return nil
	}
	o := operationByID(e.step.Operation)
	return []failure{{code: codeHierarchy, operation: o.ID, place: args["place"], rule: "another_parent",
		expected: "404, as it belongs to another one", got: "status " + strconv.Itoa(e.status()),
		source: o.source("responses")}}
})

// probeUnknown asks for what is not there, one id at a time.
func probeUnknown(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	want0, got := strings.Split(o.Path, "/"), strings.Split(g.base.Path, "/")
	if len(want0) != len(got) {
		return nil
	}
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	var steps []step
	for i := range want0 {
		if !strings.HasSuffix(want0[i], "_id}") {
			continue
		}
		name := strings.Trim(want0[i], "{}")
		s := f.remade(f.request())
		path := slices.Clone(got)
		path[i] = recipe.Nobody
		s.Path = strings.Join(path, "/")
		args := map[string]string{"place": "path " + name, "rule": "unknown_id", "source": o.source("responses"),
			"expected": "404, as there is nothing with that id"}
		isDecided := o.names(http.StatusNotFound) || !strings.HasPrefix(o.ID, "list")
		if isDecided {
			found := maps.Clone(args)
			found["code"], found["in"] = codeInvalid, "1xx 3xx 4xx"
			s.Want = append(s.Want, want{judgeStatus, found})
		}
		if o.names(http.StatusNotFound) {
			named := maps.Clone(args)
			named["code"], named["in"] = codeStatus, "404 2xx"
			s.Want = append(s.Want, want{judgeStatus, named})
		}
		steps = append(steps, s)
	}
	_, err = r.on(ctx, f, steps...)
	return err
}

// probeLeftovers has a request refused, after which all has to be as it was.
func probeLeftovers(ctx context.Context, r *run, g *ground) error {
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
	var refused []step
	for _, s := range append([]step{}, r.halfWrong(f)...) {
		refused = append(refused, f.remade(s))
	}
	for _, s := range r.refusedByRecipe(f) {
		refused = append(refused, f.remade(s))
	}
	if len(refused) == 0 {
		return nil
	}
	looks := reads(seen)
	for _, c := range resources {
		if c.create != o.ID {
			continue
		}
		for _, l := range c.lists {
			s, ok := listOf(f.ids("", ""), l)
			if ok && !slices.ContainsFunc(looks, func(known step) bool { return same(known, s) }) {
				looks = append(looks, s)
			}
		}
	}
	for _, c := range changes {
		if c.operation == o.ID {
			looks = append(looks, readsOf(f.ids(""), c.reads)...)
		}
	}
	looks = looks[:min(len(looks), 4)]
	for _, bad := range refused {
		steps := slices.Concat(looks, looks, []step{bad})
		for _, s := range looks {
			s.Want = []want{{judgeLeftover, map[string]string{"operation": o.ID}}}
			steps = append(steps, s)
		}
		for _, c := range resources {
			if c.create != o.ID || strings.HasPrefix(c.id, "/") || !slices.Contains(bad.uses(), c.id[2:len(c.id)-1]) {
				continue
			}
			for _, s := range readsOf(f.ids(c.id, c.parameters...), c.reads) {
				s.Want = []want{{judgeAbsent, map[string]string{"operation": o.ID, "id": c.id}}}
				steps = append(steps, s)
			}
		}
		if _, err := r.on(ctx, f, steps...); err != nil {
			return err
		}
	}
	return nil
}

// halfWrong are requests with one mistake, beside something new that would be right.
func (r *run) halfWrong(g *ground) []step {
	var all []step
	if s, ok := g.invalid(); ok && g.operation.Method != http.MethodPatch {
		all = append(all, s)
	}
	media := g.operation.json()
	if media == nil || media.Schema == nil {
		return all
	}
	names := propertiesOf(media.Schema.Value)
	for _, name := range names {
		p := media.Schema.Value.Properties[name]
		if p == nil || p.Value.MaxLength == nil || *p.Value.MaxLength > 1000 || g.base.Body == nil {
			continue
		}
		long, _ := json.Marshal(strings.Repeat("a", int(*p.Value.MaxLength)+1))
		if changed, ok := graft(*g.base.Body, "/"+escapePointer(name), long); ok {
			s := g.request()
			s.Body = &changed
			all = append(all, s)
		}
	}
	for _, b := range r.altered(g) {
		for _, name := range names {
			changed, ok := graft(b, "/"+escapePointer(name), json.RawMessage(`{"wrong":[]}`))
			if !ok {
				continue
			}
			known, err := decodeNumbers(b)
			if object, ok := known.(map[string]any); err == nil && ok && len(object) == 1 && object[name] != nil {
				continue // It would leave nothing that is right.
			}
			s := g.request()
			s.Body = &changed
			if said, ok := r.verdict(s.message(g.vars, "", false)); ok && !said.isValid {
				all = append(all, s)
				break
			}
		}
	}
	return all
}

// judgeLeftover wants a read to show nothing of requests that were refused.
var judgeLeftover = register("leftover", func(_ *run, t *trace, at int, args map[string]string) []failure {
	seen, places := t.lastReads(at, 3)
	if seen == nil {
		return nil
	}
	refused := 0
	for i := places[1] + 1; i < places[2]; i++ {
		for _, e := range t.exchanges[i] {
			if e.step.Method != http.MethodGet {
				refused++
				if e.status()/100 != 4 {
					return nil
				}
			}
		}
	}
	moved := effectOf(seen[0].value, seen[1].value).pointers()
	for _, pointer := range t.effectBetween(places[1], places[2]).pointers() {
		if refused > 0 && !slices.Contains(moved, pointer) {
			return blame(failure{code: codeLeftover, place: "effect", rule: "refused",
				expected: "what was there before, as the request was refused",
				got:      "another value in " + t.steps[at].Operation,
				source:   operationByID(args["operation"]).source("responses")}, args["operation"],
				t.steps[at].Operation)
		}
	}
	return nil
})

// judgeAbsent wants an id that only a refused request has had not to be found.
var judgeAbsent = register("absent", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || strings.Contains(args["id"], "${") {
		return nil
	}
	refused := false
	for i := range at {
		for _, other := range t.exchanges[i] {
			if other.step.Operation != args["operation"] || !strings.Contains(string(other.sent.Body), args["id"]) {
				continue
			}
			if other.status()/100 != 4 {
				return nil
			}
			refused = true
		}
	}
	if !refused {
		return nil
	}
	return blame(failure{code: codeLeftover, place: "status", rule: "refused",
		expected: "404, as the request with that id was refused", got: "status " + strconv.Itoa(e.status()),
		source: operationByID(args["operation"]).source("responses")}, args["operation"], e.step.Operation)
})

// probeAssignment sends members that only answers have, which have to be refused, or left alone.
func probeAssignment(ctx context.Context, r *run, g *ground) error {
	o := g.operation
	if o.isRead() || o.Bare || g.base.Body == nil || !isJSON(g.base.Media) || o.json() == nil || g.answer == nil {
		return nil
	}
	shown, _ := g.answer.value.(map[string]any)
	known := propertiesOf(o.json().Schema.Value)
	f, err := r.fresh(ctx, g)
	if err != nil {
		return err
	}
	var reads []string
	for _, c := range changes {
		if c.operation == o.ID {
			reads = c.reads
		}
	}
	if len(shown) == 0 && len(reads) > 0 {
		look := readsOf(f.ids(""), reads[:1])
		t, err := r.on(ctx, f, look...)
		if err != nil {
			return err
		}
		if e := t.last(); succeeded(e) && len(look) > 0 {
			shown, _ = e.value.(map[string]any)
		}
	}
	for _, name := range sortedKeys(shown) {
		if slices.Contains(known, name) {
			continue
		}
		value := r.assigned(name, shown[name])
		if value == nil {
			continue
		}
		changed, ok := graft(*f.base.Body, "/"+escapePointer(name), value)
		if !ok {
			continue
		}
		s := f.remade(f.request())
		s.Body = &changed
		args := map[string]string{"operation": o.ID, "name": name, "value": string(value)}
		s.Want = []want{{judgeAssigned, args}}
		steps := []step{s}
		if o.Method == http.MethodPatch {
			for _, look := range readsOf(f.ids(""), reads) {
				look.Want = []want{{judgeAssigned, args}}
				steps = append(steps, look)
			}
		}
		t, err := r.on(ctx, f, steps...)
		if err != nil {
			return err
		}
		if e := t.of(len(f.setup)); succeeded(e) {
			if f, err = r.fresh(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// assigned is another value for a member of an answer, or nil.
func (r *run) assigned(name string, was any) json.RawMessage {
	switch was := was.(type) {
	case string:
		switch _, err := time.Parse(time.RFC3339, was); {
		case err == nil:
			return json.RawMessage(`"2001-02-03T04:05:06Z"`)
		case uuidText.MatchString(was):
			return json.RawMessage(`"` + r.uuid() + `"`)
		case name == "status" || name == "account_status":
			for _, other := range []string{"APPROVED", closed, "COMPLETED", "PROCESSED", "VERIFIED", "disabled",
				"OPEN"} {
				if other != was {
					return json.RawMessage(strconv.Quote(statusFor(was, other)))
				}
			}
		case name == "object_type":
			return nil
		}
		return nil
	case bool:
		return json.RawMessage(strconv.FormatBool(!was))
	case json.Number:
		return json.RawMessage("987654")
	}
	return nil
}

// statusFor is the state that somebody would like something to be in that is in another one.
func statusFor(was, other string) string {
	switch was {
	case "CREATED", "SUBMITTED":
		return "APPROVED"
	case "OPEN":
		return closed
	case "enabled":
		return "disabled"
	case "PENDING":
		return "COMPLETED"
	case "INITIAL":
		return "RECEIVED"
	}
	return other
}

// judgeAssigned wants a member that only answers have not to be what a request has said.
var judgeAssigned = register("assigned", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) {
		return nil
	}
	sent := strconv.Quote(args["name"]) + ":" + args["value"]
	if e.step.Operation != args["operation"] {
		write, _ := t.lastWrite(at, args["operation"])
		if write == nil || !strings.Contains(string(write.sent.Body), sent) {
			return nil
		}
	} else if !strings.Contains(string(e.sent.Body), sent) {
		return nil
	}
	is, err := json.Marshal(member(e.value, args["name"]))
	if err != nil || string(is) != args["value"] {
		return nil
	}
	return blame(failure{code: codeMassAssignment, place: "body /" + escapePointer(args["name"]), rule: "assigned",
		expected: "a value of the server's, as requests do not have this member", got: "the value of the request",
		source: operationByID(args["operation"]).source("requestBody")}, args["operation"], e.step.Operation)
})
