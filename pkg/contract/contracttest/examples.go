package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// examples calls each operation as the recipes do it, and then with each example that the contract has for its body and
// its parameters. Whoever builds a server tries those first, and whoever builds a client copies them: they must not be
// refused as if the contract did not allow them.
func examples(ctx context.Context, r *run) error {
	for _, o := range operations() {
		if !r.config.AllowWrites && !o.isRead() || !slices.Contains(r.tested, o) && !r.isShown(o) {
			continue
		}
		g, err := r.ground(ctx, o)
		if err == nil {
			err = errors.Join(r.examplesOf(ctx, g), r.hush(ctx))
		}
		if err = leaveOut(err); err != nil {
			return err
		}
	}
	return nil
}

// isShown reports whether what an operation creates is shown by one that is tested.
func (r *run) isShown(o *operation) bool {
	return slices.ContainsFunc(resources, func(c resource) bool {
		return c.create == o.ID && strings.HasPrefix(c.id, "/") && r.tests(c.reads)
	})
}

// An example is a request of the contract's.
type example struct {
	// place is what it is of, and name what it is called.
	place, name string
	request     step
	// unknown are places of what the server need not have, such as what an id is of, or so much money, and of what the
	// bank has rules for.
	unknown []string
}

// examplesOf sends the examples of an operation.
func (r *run) examplesOf(ctx context.Context, g *ground) error {
	if g.operation.Bare {
		return nil // Its example is a caller whom there is not.
	}
	for _, e := range slices.Concat(g.bodyExamples(), g.parameterExamples()) {
		f, err := r.fresh(ctx, g) // The first one may have closed what the second one is about.
		if err != nil {
			return err
		}
		s := e.request
		if said, ok := r.verdict(s.message(f.vars, "", false)); !ok || !said.isValid {
			continue
		}
		s.Want = []want{{judgeExample, map[string]string{"place": e.place, "name": e.name,
			"unknown": strings.Join(e.unknown, "\n")}}}
		look := r.looksAfter(f, &s)
		t, err := r.on(ctx, f, s)
		switch {
		case err != nil:
		case succeeded(t.last()):
			err = r.more(ctx, t, look(t)...)
		case isRefusal(t.last(), e.place, "any") && !isRefusal(t.last(), e.place, "place"):
			s.Want[0].Args["control"] = "between"
			_, err = r.on(ctx, f, e.request, f.request(), s)
		}
		if err = leaveOut(err); err != nil {
			return err
		}
	}
	return nil
}

// looksAfter has the answer to a request hold what the request says, if it creates or changes something. It returns the
// reads that have to show what is created.
func (r *run) looksAfter(f *ground, s *step) func(*trace) []step {
	nothing := func(*trace) []step { return nil }
	id := f.operation.ID
	if slices.ContainsFunc(changes, func(c change) bool { return c.operation == id }) {
		s.Want = append(s.Want, want{judgeTaken, nil})
	}
	for _, c := range resources {
		if c.create != id || !strings.HasPrefix(c.id, "/") {
			continue
		}
		s.Want = append(s.Want, want{judgeTaken, nil})
		s.Keep = map[string]string{theThing: optional + c.id}
		return func(t *trace) []step {
			if t.vars[theThing] == "" {
				return nil
			}
			reads := slices.DeleteFunc(readsOf(f.ids(thing, c.parameters...), c.reads), func(s step) bool {
				return !strings.HasPrefix(s.Operation, "get")
			})
			for i := range reads {
				reads[i].Want = []want{{judgeAnswered, map[string]string{"write": id, "id": thing}}}
			}
			return reads
		}
	}
	return nothing
}

// bodyExamples are the examples of the body, with what they name as the request has it that has succeeded.
func (g *ground) bodyExamples() []example {
	if g.base.Body == nil || !isJSON(g.base.Media) {
		return nil
	}
	base := *g.base.Body
	bodies := g.operation.exampleBodies()
	fictional := fictionOf(base, bodies)
	known := g.parameters()
	var all []example
	for _, b := range bodies {
		adapted, unknown := adapt(b.body, base, fictional, known)
		for _, r := range rulingsOf(g.operation) {
			pointer := strings.TrimPrefix(r.place, "body ")
			is, has := valueAt(adapted, pointer)
			was, _ := valueAt(base, pointer)
			if has && !bytes.Equal(is, was) {
				unknown = append(unknown, r.place)
			}
		}
		if same, err := sameJSON(adapted, base); err != nil || same {
			continue // It has succeeded already.
		}
		e := example{place: "body", name: b.name, request: g.base, unknown: unknown}
		e.request.Keep, e.request.Want, e.request.Body = nil, nil, &adapted
		all = append(all, e)
	}
	return all
}

// fictionOf are the places at which the request that succeeds has something else than the example that it was made
// from: what there is not, but in the contract.
func fictionOf(base body, bodies []namedBody) []string {
	var least []string
	most := -1
	for _, b := range bodies {
		value, err := decodeNumbers(b.body)
		if err != nil {
			continue
		}
		var differs []string
		shared := 0
		for _, path := range members(value, nil) {
			pointer := pointerOf(path)
			is, has := valueAt(b.body, pointer)
			was, had := valueAt(base, pointer)
			switch {
			case !has || !had || isContainer(is):
			case bytes.Equal(is, was):
				shared++
			default:
				differs = append(differs, pointer)
			}
		}
		if shared > most {
			least, most = differs, shared
		}
	}
	return least
}

// adapt puts what there is into an example, in the place of what there is not. It returns the places at which something
// is something that the server need not have.
func adapt(content, base body, fictional []string, known map[string]string) (adapted body, unknown []string) {
	value, err := decodeNumbers(content)
	if err != nil {
		return content, nil
	}
	adapted = content
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		is, has := valueAt(content, pointer)
		was, had := valueAt(base, pointer)
		if !has || isContainer(is) || had && bytes.Equal(is, was) {
			continue
		}
		isFiction := had && (slices.Contains(fictional, pointer) || variable.Match(was) || isAddress(was))
		if id := known[idName(path)]; !had && id != "" && namesSomething(path, is) {
			was, isFiction = json.RawMessage(strconv.Quote(id)), true
		}
		if isFiction {
			if changed, ok := graft(adapted, pointer, was); ok {
				adapted = changed
			}
		}
		// What there is may be the wrong thing all the same, such as a pocket of the same customer.
		if namesSomething(path, is) || isMoney(path, is) {
			unknown = append(unknown, "body "+starred(pointer))
		}
	}
	return adapted, unknown
}

func isContainer(value json.RawMessage) bool {
	return bytes.HasPrefix(value, []byte("{")) || bytes.HasPrefix(value, []byte("["))
}

// lastName is the name of the member that a path is of, or in.
func lastName(path []any) string {
	for _, part := range slices.Backward(path) {
		if name, ok := part.(string); ok {
			return name
		}
	}
	return ""
}

// idName is the parameter that would have the id at a path: customer_id of /customer_id, /customer_ids/0 and
// /customer/id.
func idName(path []any) string {
	name := lastName(path)
	if name == "id" && len(path) > 1 {
		return lastName(path[:len(path)-1]) + "_id"
	}
	return strings.TrimSuffix(name, "s")
}

// naming are the members that say which thing is meant.
var naming = regexp.MustCompile(`^id$|_ids?$|_token$|^(account|routing)_number$`)

// namesSomething reports whether a value is what something is called that has to be there.
func namesSomething(path []any, value json.RawMessage) bool {
	return naming.MatchString(lastName(path)) || uuidText.Match(value)
}

var moneyName = regexp.MustCompile(`(^|_)amount(_|$)`)

// isMoney reports whether a value is an amount, of which there need not be so much.
func isMoney(path []any, value json.RawMessage) bool {
	_, err := strconv.ParseInt(string(value), 10, 64)
	return err == nil && moneyName.MatchString(lastName(path))
}

// sameJSON reports whether two texts say the same.
func sameJSON(a, b []byte) (bool, error) {
	x, err := decodeNumbers(a)
	if err != nil {
		return false, err
	}
	y, err := decodeNumbers(b)
	if err != nil {
		return false, err
	}
	_, differs := difference("", x, y)
	return !differs, nil
}

// parameterExamples are the examples of parameters, each by itself in the request that has succeeded.
func (g *ground) parameterExamples() []example {
	known := g.parameters()
	var all []example
	for _, p := range g.operation.parameters {
		values := map[string]any{"example": p.Example}
		for name, ref := range p.Examples {
			values[name] = ref.Value.Value
		}
		for _, name := range sortedKeys(values) {
			encoded, err := json.Marshal(values[name])
			if err != nil || values[name] == nil || p.In == "path" && uuidText.Match(encoded) {
				continue
			}
			e := example{place: p.In + " " + p.Name, name: name}
			if p.Name == "cursor" || isRuled(g.operation, e.place) {
				e.unknown = []string{e.place} // A cursor is where a list went on that nobody has read.
			}
			if uuidText.Match(encoded) {
				id := known[idOfFilter(p.Name)]
				if id == "" {
					e.unknown = []string{e.place}
				} else if encoded, err = json.Marshal(id); err != nil {
					continue
				}
			}
			var ok bool
			if e.request, ok = withParameter(g.base, p, encoded); ok {
				e.request.Keep, e.request.Want = nil, nil
				all = append(all, e)
			}
		}
	}
	return all
}

// filtered is what a filter is about.
var filtered = regexp.MustCompile(`^filter\[(\w+)\]$`)

// idOfFilter is the parameter of a path that takes what a parameter of a query takes.
func idOfFilter(name string) string {
	name = strings.TrimSuffix(filtered.ReplaceAllString(name, "$1"), "[]")
	return strings.TrimSuffix(name, "_id") + "_id"
}

// judgeExample wants an example of the contract's not to be refused as if the contract did not allow it. A refusal of
// what the server does not have, or of what the bank has rules about, is none of that. One that names no place has to
// come twice, with a success between the two.
var judgeExample = register("example", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	o := operationByID(e.step.Operation)
	if status := e.status(); o == nil || status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		return nil
	}
	if places, _ := refusedAt(e); places == nil && (args["control"] == "" || !t.isTakenBetween(at) ||
		t.of(at-2).status() != e.status()) {
		return nil // It may be for anything.
	}
	place, ok := refusedExample(o, e, args["place"], strings.Split(args["unknown"], "\n"))
	if !ok {
		return nil
	}
	source := o.source("requestBody")
	if args["place"] != "body" {
		source = o.source()
	}
	return []failure{{code: codeValid, operation: o.ID, place: place, rule: "example " + args["name"],
		expected: "no refusal of " + place + ": it is as in the contract's example " + args["name"],
		got:      "status " + strconv.Itoa(e.status()), source: source}}
})

// refusedExample is the place of an example that a refusal is about, if it is one that the contract allows. A refusal
// that names no place says that the request is malformed if it is 400, which the contract has for nothing else, and if
// there is nothing in the request that could be refused for what the server has.
func refusedExample(o *operation, e *exchange, changed string, unknown []string) (place string, is bool) {
	unknown = slices.DeleteFunc(unknown, func(text string) bool { return text == "" })
	in, _, _ := strings.Cut(changed, " ")
	places, isRule := refusedAt(e)
	if places == nil {
		return changed, len(unknown) == 0 && !isRule && e.status() == http.StatusBadRequest
	}
	for _, place := range places {
		place = starred(place)
		isAbout := samePlace(place, changed)
		if in == "body" {
			isAbout = strings.HasPrefix(place, "body ") // The whole is refused for rules as well.
		}
		if isAbout && !slices.ContainsFunc(unknown, func(of string) bool { return isWithin(place, of) }) &&
			!slices.ContainsFunc(rulingsOf(o), func(r ruling) bool { return isWithin(place, r.place) }) {
			return place, true
		}
	}
	return "", false
}

func rulingsOf(o *operation) []ruling {
	return slices.DeleteFunc(slices.Clone(rulings), func(r ruling) bool { return r.operation != o.ID })
}

// isWithin reports whether a refusal of one place is about another. The refusal may name the form of a body before the
// place in it.
func isWithin(refused, place string) bool {
	_, pointer, _ := strings.Cut(place, " ")
	return samePlace(refused, place) || strings.HasSuffix(refused, pointer) || strings.Contains(refused, pointer+"/")
}

// exampleBodies are the JSON bodies that the contract has as examples of an operation, by their names.
func (o *operation) exampleBodies() []namedBody {
	media := o.json()
	if media == nil {
		return nil
	}
	var all []namedBody
	add := func(name string, value any) {
		if encoded, err := json.Marshal(value); err == nil && value != nil {
			all = append(all, namedBody{name, encoded})
		}
	}
	for _, name := range sortedKeys(media.Examples) {
		add(name, media.Examples[name].Value.Value)
	}
	add("example", media.Example)
	if len(all) == 0 && media.Schema != nil {
		add("schema", media.Schema.Value.Example)
	}
	return all
}

type namedBody struct {
	name string
	body body
}

// exampleOf is the example of a parameter as text, or empty.
func exampleOf(p *openapi3.Parameter) string {
	for _, v := range []any{p.Example, p.Schema.Value.Example} {
		if v != nil {
			return fmt.Sprint(v)
		}
	}
	if len(p.Schema.Value.Enum) > 0 {
		return fmt.Sprint(p.Schema.Value.Enum[0])
	}
	return ""
}
