package contracttest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

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
	if err := r.createdOn(ctx, c, f); err != nil {
		return err
	}
	if err := r.ofValues(ctx, c, f); err != nil {
		return err
	}
	for _, way := range r.otherWays(f) {
		g, err := r.prepare(ctx, f.operation, way)
		if err == nil {
			g, err = r.fresh(ctx, g)
		}
		if err == nil {
			err = r.createdOn(ctx, c, g)
		}
		if leaveOut(err) != nil {
			return err
		}
	}
	variants := r.variants(f)
	several, err := r.withSeveral(ctx, f)
	if err != nil {
		return err
	}
	for _, b := range append(variants, several...) {
		other, err := r.fresh(ctx, f)
		if err != nil {
			return err
		}
		other.base.Body = &b
		if err := leaveOut(r.createdOn(ctx, c, other)); err != nil {
			return err
		}
	}
	return nil
}

// createdOn is created on a ground.
func (r *run) createdOn(ctx context.Context, c resource, f *ground) error {
	base, id := f.remade(f.request()), c.id
	if strings.HasPrefix(c.id, "/") {
		base.Keep, id = map[string]string{theThing: c.id}, thing
	} else if !slices.Contains(base.uses(), c.id[2:len(c.id)-1]) {
		return nil
	}
	known := f.ids(id, c.parameters...)
	args := map[string]string{"write": c.create, "id": id}
	base.Want = []want{{judgeTaken, nil}, {judgeApiece, nil}, {judgeZeros, map[string]string{"write": c.create}}}
	t, err := r.on(ctx, f, base)
	if err != nil {
		return err
	}
	single := readsOf(known, c.reads)
	for i := range single {
		single[i].Want = []want{{judgeThere, args}, {judgeAnswered, args}, {judgeZeros, args}}
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
		if err := r.readAll(ctx, t, s); leaveOut(err) != nil {
			return err
		}
	}
	if err := r.seenBesides(ctx, t, c, known, args); err != nil {
		return err
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
	before, name := cutLast(ids, "/*/")
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

func cutLast(text, separator string) (before, after string) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i+len(separator):]
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
		pointer, differs := nulled("", asked, root)
		if !differs {
			pointer, differs = disagreement("", asked, root, false)
		}
		if differs {
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
