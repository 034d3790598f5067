package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// mostMembers bounds how many members are changed one by one.
const mostMembers = 6

// changed changes a thing, which then has to be what was said, and otherwise what it was.
func (r *run) changed(ctx context.Context, c change) error {
	if !r.tests(c.operations()) {
		return nil
	}
	about, err := r.subjectOf(ctx, &c)
	if err != nil {
		return err
	}
	f, t, looks, id := about.ground, about.trace, about.looks, about.id
	var plain, wanted, again []step
	for _, l := range looks {
		plain = append(plain, l.step)
		args := map[string]string{"write": c.operation, "id": id, "ids": l.ids}
		first, second := l.step, l.step
		first.Want = []want{{judgeChanged, args}}
		if l.ids == "" {
			first.Want = append(first.Want, want{judgeAnswered, args}, want{judgeValidator, args})
			second.Want = listSame(c.lists, id)
		}
		wanted, again = append(wanted, first), append(again, second)
	}
	shown, err := about.shown(ctx, r)
	if err != nil {
		return err
	}
	catalogued, err := r.catalogued(ctx, t, f, shown)
	if err != nil {
		return err
	}
	bodies := slices.Concat(catalogued, r.singles(f, shown), r.spelled(f))
	// What is closed cannot be changed any more.
	closes := func(b body) bool { return bytes.Contains(b, []byte(strconv.Quote(closed))) }
	last := slices.DeleteFunc(slices.Clone(bodies), func(b body) bool { return !closes(b) })
	bodies = slices.DeleteFunc(bodies, closes)
	steps := slices.Concat(plain, plain)
	// All of them come again: each could undo what those after it did, and of what is as it is by default, nobody
	// sees that.
	for _, b := range slices.Concat(bodies, bodies, last) {
		s := f.request()
		s.Body, s.Want = &b, []want{{judgeTaken, nil}}
		steps = append(steps, s)
		steps = append(append(steps, wanted...), again...)
	}
	return r.more(ctx, t, steps...)
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

// catalogs are the lists that have the values of members which take no other text, and where they have them.
var catalogs = []struct{ member, list, values string }{
	{"deposit_strategy_id", "listTradingStrategies", itemIDs},
	{"reinvestment_strategy_id", "listTradingStrategies", itemIDs},
}

// A choice is a value of such a list for a member.
type choice struct{ member, value string }

// chosen are other values than what is shown, for each member of a request that has them, and each another one.
func (r *run) chosen(ctx context.Context, t *trace, o *operation, shown any) ([]choice, error) {
	media := o.json()
	if media == nil || media.Schema == nil {
		return nil, nil
	}
	var all []choice
	for _, c := range catalogs {
		s, ok := operationByID(c.list).readOf(nil)
		if !ok || !slices.Contains(propertiesOf(media.Schema.Value), c.member) {
			continue
		}
		if err := r.more(ctx, t, s); err != nil {
			return nil, err
		}
		values, err := recipe.Find(t.last().value, c.values)
		if err != nil {
			continue
		}
		for _, v := range values {
			value, isText := v.(string)
			isUsed := slices.ContainsFunc(all, func(other choice) bool { return other.value == value })
			if isText && !isUsed && v != member(shown, c.member) {
				all = append(all, choice{c.member, value})
				break
			}
		}
	}
	return all, nil
}

// catalogued are bodies of a change with one such value each.
func (r *run) catalogued(ctx context.Context, t *trace, g *ground, shown any) ([]body, error) {
	all, err := r.chosen(ctx, t, g.operation, shown)
	var bodies []body
	for _, c := range all {
		b, err := json.Marshal(map[string]any{c.member: c.value})
		if err == nil && r.isValid(g, b) {
			bodies = append(bodies, b)
		}
	}
	return bodies, err
}

// withSeveral are bodies of a request that has all such members, each with another value: and with none of the last,
// where there need not be one.
func (r *run) withSeveral(ctx context.Context, f *ground) ([]body, error) {
	if f.base.Body == nil || !isJSON(f.base.Media) {
		return nil, nil
	}
	t, err := r.on(ctx, f)
	if err != nil {
		return nil, err
	}
	value, _ := decodeNumbers(*f.base.Body) // It is of the run itself.
	object, _ := value.(map[string]any)
	choices, err := r.chosen(ctx, t, f.operation, value)
	if err != nil || object == nil || len(choices) == 0 {
		return nil, err
	}
	var all []body
	add := func() {
		if encoded, err := json.Marshal(object); err == nil && r.isValid(f, encoded) {
			all = append(all, encoded)
		}
	}
	for _, c := range choices {
		object[c.member] = c.value
	}
	add()
	object[choices[len(choices)-1].member] = nil
	add()
	return all, nil
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
		// Many servers write a phone number otherwise, and some without its country.
		phone := body(`{"phone_number":"+14155550134"}`)
		if name == "phone_number" && r.isValid(g, phone) {
			all = append(all, phone)
		}
	}
	return all
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
		pointer, differs := difference("/"+name, was[name], is[name])
		within, _ := cutLast(args["ids"], "/")
		// What the contract does not have may count the changes.
		if differs && operationByID(operation).shows(seen[2].status(), within+pointer) {
			return blame(failure{code: codeReadBack, place: "body " + pointer, rule: "changed_unasked",
				expected: "what was there before, as the change says nothing of it", got: "another value",
				source: operationByID(write.step.Operation).source()}, operation, write.step.Operation)
		}
	}
	return nil
})
