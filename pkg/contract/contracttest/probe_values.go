package contracttest

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/contract/recipe"
)

// aRoutingNumber is one that begins with a zero, and whose check digit is right.
const aRoutingNumber = "011000015"

// digitsOfText are texts of digits, of which the first may be lost to whoever takes them for numbers.
var digitsOfText = regexp.MustCompile(`^[0-9]{2,}$`)

// withZero is a text of digits that begins with a zero.
func withZero(name, digits string) string {
	if strings.Contains(name, "routing") && len(digits) == len(aRoutingNumber) {
		return aRoutingNumber
	}
	return "0" + digits[1:len(digits)-1] + "7"
}

// valued are bodies of a request in which something is as it seldom is: each text of digits begins with a zero, and
// each list has two elements that differ.
func (r *run) valued(g *ground) []body {
	if g.base.Body == nil || !isJSON(g.base.Media) {
		return nil
	}
	var all []body
	value, err := decodeNumbers(*g.base.Body)
	if err != nil {
		return nil
	}
	add := func(changed body, ok bool) bool {
		if ok = ok && r.isValid(g, changed); ok {
			all = append(all, changed)
		}
		return ok
	}
	for _, path := range members(value, nil) {
		pointer := pointerOf(path)
		raw, _ := valueAt(*g.base.Body, pointer)
		var text string
		name, _ := path[len(path)-1].(string)
		// Whose number it is may be looked up by it.
		if json.Unmarshal(raw, &text) == nil && digitsOfText.MatchString(text) &&
			!strings.Contains(name, "identification") && text[0] != '0' {
			add(graft(*g.base.Body, pointer, json.RawMessage(strconv.Quote(withZero(name, text)))))
			continue
		}
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
			continue
		}
		for _, other := range r.besidesOne(list[0], g, pointer+"/0") {
			if add(graft(*g.base.Body, pointer+"/"+strconv.Itoa(len(list)), other)) {
				break
			}
		}
	}
	return all
}

// besidesOne are values that may stand beside one in a list: another of those that the contract has, or one that
// differs in all of its texts, as what has an id has another one.
func (r *run) besidesOne(first json.RawMessage, g *ground, pointer string) []json.RawMessage {
	value, err := decodeNumbers(first)
	if err != nil || variable.Match(first) {
		return nil
	}
	var all []json.RawMessage
	if _, isText := value.(string); isText && r.isEnum(g, pointer) {
		for _, one := range choicesOf(g.operation.json().Schema.Value, unescaped(pointer)) {
			if encoded, err := json.Marshal(one); err == nil && string(encoded) != string(first) {
				all = append(all, encoded)
			}
		}
		return all
	}
	if _, isObject := value.(map[string]any); !isObject {
		return nil
	}
	changed := body(first)
	for _, path := range members(value, nil) {
		if other, ok := alteredAt(changed, path); ok {
			changed = other
		}
	}
	return append(all, json.RawMessage(changed))
}

// choicesOf are the values that a schema has for what is at a path of names and indexes.
func choicesOf(schema *openapi3.Schema, path []string) []any {
	if len(path) == 0 {
		return schema.Enum
	}
	if schema.Items != nil {
		return choicesOf(schema.Items.Value, path[1:])
	}
	if p := schema.Properties[path[0]]; p != nil {
		return choicesOf(p.Value, path[1:])
	}
	for _, list := range []openapi3.SchemaRefs{schema.AllOf, schema.OneOf, schema.AnyOf} {
		for _, form := range list {
			if found := choicesOf(form.Value, path); found != nil {
				return found
			}
		}
	}
	return nil
}

// judgeZeros wants a text of digits to be shown as it was sent, by whichever member of that name.
var judgeZeros = register("zeros", func(_ *run, t *trace, at int, args map[string]string) []failure {
	e := t.of(at)
	write := e
	if args["write"] != e.step.Operation {
		write, _ = t.lastWrite(at, args["write"])
	}
	if !succeeded(e) || write == nil || args["id"] != "" && !write.isAbout(args["id"]) {
		return nil
	}
	shown := e.value
	if args["ids"] != "" {
		element := elementOf(e.value, args["ids"], args["id"])
		if element == nil {
			return nil
		}
		shown = element
	}
	sent := map[string]string{}
	asked, err := decodeNumbers(write.sent.Body)
	if err != nil {
		return nil
	}
	for _, path := range members(asked, nil) {
		name, _ := path[len(path)-1].(string)
		found, err := recipe.Find(asked, pointerOf(path))
		if err != nil || len(found) != 1 {
			continue
		}
		if text, ok := found[0].(string); ok && digitsOfText.MatchString(text) && text[0] == '0' {
			sent[name] = text
		}
	}
	for _, path := range members(shown, nil) {
		name, _ := path[len(path)-1].(string)
		found, err := recipe.Find(shown, pointerOf(path))
		if err != nil || len(found) != 1 || sent[name] == "" {
			continue
		}
		text, isText := found[0].(string)
		if !isText || text == sent[name] || !digitsAlone.MatchString(text) ||
			strings.TrimLeft(text, "0") != strings.TrimLeft(sent[name], "0") {
			continue
		}
		return blame(failure{code: codeReadBack, place: "body " + starred(pointerOf(path)), rule: "leading_zeros",
			expected: "the digits that the request has there, with the zeros before them", got: "other ones",
			source: operationByID(write.step.Operation).source()}, e.step.Operation, write.step.Operation)
	}
	return nil
})

// apiece are operations that make one thing for each element of a list, with where the request has it and the answer
// has what was made. (Source: the descriptions of the answers.)
var apiece = []struct{ operation, asked, made string }{
	{"createPlaidCounterparties", "/accounts", "/items"},
}

// judgeApiece wants an answer to have something for each element of the request.
var judgeApiece = register("apiece", func(_ *run, t *trace, at int, _ map[string]string) []failure {
	e := t.of(at)
	if !succeeded(e) || e.value == nil {
		return nil
	}
	for _, c := range apiece {
		if c.operation != e.step.Operation {
			continue
		}
		sent, err := decodeNumbers(e.sent.Body)
		asked, isList := valueOf(sent, c.asked).([]any)
		made, isMade := valueOf(e.value, c.made).([]any)
		if err != nil || !isList || !isMade || len(made) == len(asked) {
			continue
		}
		return []failure{{code: codeReadBack, operation: c.operation, place: "body " + c.made, rule: "apiece",
			expected: "one for each element of " + c.asked, got: "another number of them",
			source: operationByID(c.operation).source("responses")}}
	}
	return nil
})

// besides are reads that show what an operation makes in another way than the resource's own.
var besides = []struct {
	create string
	reads  []string
	lists  []listing
}{
	{"createCounterparty", []string{"getCounterpartyV1"}, []listing{{"listCounterpartiesV1", itemIDs, nil}}},
}

// seenBesides looks at what was made by the reads beside a resource's own.
func (r *run) seenBesides(ctx context.Context, t *trace, c resource, known, args map[string]string) error {
	for _, b := range besides {
		if b.create != c.create {
			continue
		}
		for _, s := range readsOf(known, b.reads) {
			s.Want = []want{{judgeZeros, args}}
			if err := leaveOut(r.more(ctx, t, s)); err != nil {
				return err
			}
		}
		for _, l := range b.lists {
			if s, ok := listOf(known, l); ok {
				s.Want = []want{{judgeZeros, map[string]string{"write": c.create, "id": args["id"], "ids": l.ids}}}
				if err := leaveOut(r.more(ctx, t, s)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ofValues makes a thing of each body in which something is as it seldom is.
func (r *run) ofValues(ctx context.Context, c resource, f *ground) error {
	for _, b := range r.valued(f) {
		other, err := r.fresh(ctx, f)
		if err != nil {
			return err
		}
		other.base.Body = &b
		if err := leaveOut(r.createdOn(ctx, c, other)); err != nil {
			return err
		}
		second := c
		if second.id = strings.Replace(c.id, "/items/0/", "/items/1/", 1); second.id == c.id {
			continue
		}
		if other, err = r.fresh(ctx, f); err != nil {
			return err
		}
		other.base.Body = &b
		if err := leaveOut(r.createdOn(ctx, second, other)); err != nil {
			return err
		}
	}
	return nil
}
