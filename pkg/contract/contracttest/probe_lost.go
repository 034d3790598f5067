package contracttest

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// changedAtOnce has several change a thing at the same time, each another member of it. Each has to stay: what a change
// does not name, it leaves. It is looked at only where it is so when one comes after the other.
func (r *run) changedAtOnce(ctx context.Context, c change) error {
	if !r.tests(c.operations()) {
		return nil
	}
	about, err := r.subjectOf(ctx, &c)
	if err != nil || len(about.looks) == 0 {
		return err
	}
	shown, err := about.shown(ctx, r)
	if err != nil {
		return err
	}
	f, t, id, looks := about.ground, about.trace, about.id, about.looks
	read := looks[0].step // A list is looked at where there is nothing else.
	var first, second []body
	for _, b := range r.singles(f, shown) {
		if list, shorter, ok := listsLike(b, shown); ok {
			first, second = append(first, list), append(second, shorter)
		} else if other, ok := r.anotherOf(f, b); ok {
			first, second = append(first, b), append(second, other)
		}
	}
	if len(first) < 2 {
		return nil
	}
	var steps []step
	for _, b := range first {
		s := f.request()
		s.Body = &b
		steps = append(steps, s)
	}
	steps = append(steps, read)
	wanted := read
	wanted.Want = []want{{judgeLost, map[string]string{"write": c.operation, "id": id, "ids": looks[0].ids}}}
	if err := r.more(ctx, t, steps...); err != nil {
		return err
	}
	rounds := 2
	if r.few() {
		rounds = 6 // As of races under one key.
	}
	for known := r.findings.count(); rounds > 0 && r.findings.count() == known; rounds-- {
		first, second = second, first
		race := f.request()
		race.Body, race.Beside, race.Times, race.OwnKeys = &first[0], slices.Clone(first[1:]), len(first), true
		if err := r.more(ctx, t, race, wanted); err != nil {
			return err
		}
	}
	return nil
}

// listsLike are bodies of one member that is a list: with what is shown of it, and with that but for the last element.
// What else may be in a list is up to the server.
func listsLike(b body, shown any) (whole, shorter body, ok bool) {
	value, err := decodeNumbers(b)
	name := strings.TrimPrefix(memberOf(value), "/")
	list, isList := member(shown, name).([]any)
	if err != nil || !isList || len(list) < 2 {
		return nil, nil, false
	}
	whole, err = json.Marshal(map[string]any{name: list})
	if err != nil {
		return nil, nil, false
	}
	shorter, err = json.Marshal(map[string]any{name: list[:len(list)-1]})
	return whole, shorter, err == nil
}

// anotherOf is a body of one member with another value of it.
func (r *run) anotherOf(g *ground, b body) (body, bool) {
	value, err := decodeNumbers(b)
	if err != nil {
		return nil, false
	}
	for _, path := range members(value, nil) {
		if other, ok := alteredAt(b, path); ok && r.isValid(g, other) {
			return other, true
		}
	}
	for name := range value.(map[string]any) { //nolint:forcetypeassert // It is of one member.
		p := g.operation.json().Schema.Value.Properties[name]
		if p == nil {
			continue
		}
		for _, other := range p.Value.Enum {
			encoded, err := json.Marshal(map[string]any{name: other})
			if err == nil && other != any(closed) && string(encoded) != string(b) && r.isValid(g, encoded) {
				return encoded, true
			}
		}
	}
	return nil, false
}

// judgeLost wants each of several changes of a thing that have come at the same time to be read afterwards, if those of
// the same members are that have come one after the other.
var judgeLost = register("lost", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || e.value == nil {
		return nil
	}
	place := at - 1
	for ; place >= 0; place-- {
		if one := t.of(place); one != nil && one.step.Method != http.MethodGet {
			break
		}
	}
	if place < 0 || t.of(place).step.Operation != args["write"] || len(t.exchanges[place]) < 2 {
		return nil
	}
	view := func(v any) any {
		if args["ids"] == "" {
			return v
		}
		if element := elementOf(v, args["ids"], args["id"]); element != nil {
			return element
		}
		return nil
	}
	shown := view(e.value)
	if shown == nil {
		return nil
	}
	var all []any
	var writes []*exchange
	for _, write := range t.exchanges[place] {
		asked, err := decodeNumbers(write.sent.Body)
		isShared := slices.ContainsFunc(all, func(other any) bool { return isSharing(asked, other) })
		if isShared || write.status()/100 == 5 {
			return nil
		}
		if err == nil && write.isSuccess() && write.status() != http.StatusAccepted && write.isAbout(args["id"]) &&
			t.isTakenAlone(place, e, asked, view) {
			all, writes = append(all, asked), append(writes, write)
		}
	}
	for i, write := range writes {
		if len(writes) > 1 && takenBy(write, all[i], shown, args["write"]) != nil {
			return blame(failure{code: codeReadBack, place: "body " + memberOf(all[i]), rule: "lost_at_once",
				expected: "what each of the requests has there, as they change different members", got: "another value",
				source: operationByID(args["write"]).source()}, args["write"], e.step.Operation)
		}
	}
	return nil
})

// memberOf is the pointer of the first member of an object.
func memberOf(asked any) string {
	object, _ := asked.(map[string]any)
	names := sortedKeys(object)
	if len(names) == 0 {
		return ""
	}
	return "/" + escapePointer(names[0])
}

// isSharing reports whether two objects have a member in common.
func isSharing(a, b any) bool {
	x, _ := a.(map[string]any)
	y, _ := b.(map[string]any)
	return slices.ContainsFunc(sortedKeys(x), func(name string) bool { _, has := y[name]; return has })
}

// isTakenAlone reports whether a change of the same members, which came by itself before a step, was read as it was
// sent, also after others that came by themselves.
func (t *trace) isTakenAlone(before int, read *exchange, asked any, view func(any) any) bool {
	names := func(v any) []string {
		object, _ := v.(map[string]any)
		return sortedKeys(object)
	}
	for i := before - 1; i >= 0; i-- {
		e := t.of(i)
		if !succeeded(e) || len(t.exchanges[i]) > 1 || e.step.Operation != t.of(before).step.Operation ||
			e.sent.Target != t.of(before).sent.Target {
			continue
		}
		alone, err := decodeNumbers(e.sent.Body)
		if err != nil || !reflect.DeepEqual(names(alone), names(asked)) {
			continue
		}
		for j := i + 1; j < before; j++ {
			later := t.of(j)
			if later == nil || later.step.Operation != read.step.Operation || later.sent.Target != read.sent.Target ||
				!later.isSuccess() {
				continue
			}
			shown := view(later.value)
			return shown != nil && takenBy(e, alone, shown, e.step.Operation) == nil
		}
	}
	return false
}
