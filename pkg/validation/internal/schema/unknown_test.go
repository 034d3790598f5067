package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// messages spells out faults as "body.amount is required", in their order.
func messages(faults []schema.Fault) []string {
	var list []string
	for _, f := range faults {
		list = append(list, place(f)+" "+f.Message)
	}
	return list
}

func TestUnknownMembersAreRefusedWhereOneWantsIt(t *testing.T) {
	const payment = `{"type": "object", "properties": {"description": {"type": "string"},
		"async_mode": {"type": "boolean"}, "payer": {"type": "object", "properties": {"name": {"type": "string"}}},
		"more": {"type": "object"}, "notes": {"type": "array", "items": {"properties": {"text": {}}}}}}`
	const animals = `{"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]`
	const mapping = `, "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "Dog"}}`
	const nearest = "must not be sent: the contract does not know it; the nearest known one is "
	for _, c := range []struct {
		name, schema, body string
		want               []string
	}{
		{"what the contract knows", payment, `{"description":"a","payer":{"name":"b"},"notes":[{"text":1}]}`, nil},
		{"a misspelled name", payment, `{"descriptionn":"a"}`, []string{"body.* " + nearest + "description"}},
		{"a name in another convention", payment, `{"asyncMode":true}`, []string{"body.* " + nearest + "async_mode"}},
		{"two of them", payment, `{"asyncMode":true,"descriptionn":""}`,
			[]string{"body.* " + nearest + "async_mode", "body.* " + nearest + "description"}},
		{"a name that nothing is near to", payment, `{"completely_different":true}`, []string{
			"body.* must not be sent: the contract does not know it; known are " +
				"async_mode, description, more, notes, payer"}},
		{"a name that differs in case, which is refused anyhow", payment, `{"Description":""}`,
			[]string{"body.description must be spelled with the same upper and lower case"}},
		{"inside", payment, `{"payer":{"nam":"b"},"notes":[{"test":1}]}`,
			[]string{"body.notes.0.* " + nearest + "text", "body.payer.* " + nearest + "name"}},
		{"an object of which the contract says nothing", payment, `{"more":{"a":{"b":1}}}`, nil},
		{"an object that is open", `{"properties": {"a": {}}, "additionalProperties": true}`, `{"b":1}`, nil},
		{"an object with a schema for others", `{"properties": {"a": {}}, "additionalProperties": {"type": "integer"}}`,
			`{"b":1}`, nil},
		{"an object that is closed", `{"properties": {"a": {}}, "additionalProperties": false}`, `{"b":1}`,
			[]string{"body must not have an unknown member"}},
		{"what a part of an allOf knows", `{"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}`,
			`{"a":1,"b":1}`, nil},
		{"what no part of an allOf knows", `{"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}`,
			`{"c":1}`,
			[]string{"body.* " + nearest + "a"}},
		{"what a variant knows", animals + "}", `{"kind":"dog","bark":""}`, nil},
		{"what no variant knows", animals + "}", `{"kind":"dog","tail":1}`,
			[]string{"body.* must not be sent: the contract does not know it; known are bark, kind, lives"}},
		{"what the variant that is chosen knows", animals + mapping + "}", `{"kind":"dog","bark":""}`, nil},
		{"what another variant than the one that is chosen knows", animals + mapping + "}", `{"kind":"dog","lives":9}`,
			[]string{"body.lives must not be sent: the contract does not know it; known are bark, kind"}},
		{"a tree", `{"$ref": "#/components/schemas/Node"}`, `{"next":{"next":{"valu":1}}}`,
			[]string{"body.next.next.* " + nearest + "value"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileWith(t, c.schema, schema.Config{RefuseUnknown: true})
			if got := messages(s.check(c.body)); !slices.Equal(got, c.want) {
				t.Errorf("faults = %q; want %q", got, c.want)
			}
			if faults := compile(t, c.schema).check(c.body); strings.HasPrefix(c.name, "what no") && faults != nil {
				t.Errorf("without the option: %q", messages(faults))
			}
		})
	}
}

// While one develops, names and places are worth more than that nobody sees them. Values stay out all the same.
func TestFaultsThatRevealNames(t *testing.T) {
	const cat = `{"type": "object", "additionalProperties": false, "properties": {"lives": {"type": "integer"},
		"name": {"type": "string"}}}`
	const invalid = "body must be exactly one well-formed JSON value: "
	for _, c := range []struct {
		name, schema, body string
		want               []string
	}{
		{"an unknown member", cat, `{"live":1}`,
			[]string{"body.live must not have an unknown member; the nearest known one is lives"}},
		{"two of them", cat, `{"live":1,"legs":4}`,
			[]string{"body.legs must not have an unknown member; known are lives, name",
				"body.live must not have an unknown member; the nearest known one is lives"}},
		{"one whose name has an escape", cat, `{"l\u0069ve":1}`,
			[]string{"body.live must not have an unknown member; the nearest known one is lives"}},
		{"one with a very long name", cat, `{"` + strings.Repeat("x", 100) + `":1}`, []string{"body." +
			strings.Repeat("x", 64) + "… must not have an unknown member; known are lives, name"}},
		{"a repeated member", `{}`, `{"a":{"b":1,"b":2}}`, []string{"body.a.b must not be repeated"}},
		{"one of many", `{}`, `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"c":2}`,
			[]string{"body.c must not be repeated"}},
		{"a value of an unknown member", `{"additionalProperties": {"type": "integer"}}`, `{"a":"secret"}`,
			[]string{"body.a must be an integer"}},
		{"no value", `{}`, `{"a":}`, []string{invalid + "a value is missing at byte 5"}},
		{"no end", `{}`, `{"a":1`, []string{invalid + "a comma or a closing brace is missing at byte 6"}},
		{"no end of an array", `{}`, `[1 2]`, []string{invalid + "a comma or a closing bracket is missing at byte 3"}},
		{"no name", `{}`, `{a:1}`, []string{invalid + "a name in quotation marks is missing at byte 1"}},
		{"a comma too many", `{}`, `{"a":1,}`, []string{invalid + "a name in quotation marks is missing at byte 7"}},
		{"no colon", `{}`, `{"a" 1}`, []string{invalid + "a colon is missing behind a name at byte 5"}},
		{"an open string", `{}`, `{"a":"b}`, []string{invalid + "a string has no end at byte 8"}},
		{"a line break in a string", `{}`, "\"a\n\"",
			[]string{invalid + "a string has a control character, which must be escaped at byte 2"}},
		{"an unknown escape", `{}`, `"a\x"`, []string{invalid +
			"a string has an escape that JSON does not have at byte 2"}},
		{"a number", `{}`, `[01]`, []string{invalid + "a comma or a closing bracket is missing at byte 2"}},
		{"a plus sign", `{}`, `[+1]`, []string{invalid + "a number is not spelled as in JSON at byte 1"}},
		{"a fraction without digits", `{}`, `1.`, []string{invalid + "a number is not spelled as in JSON at byte 2"}},
		{"a word", `{}`, `[yes]`,
			[]string{invalid + "only true, false and null are spelled without quotation marks at byte 1"}},
		{"half a word", `{}`, `tru`,
			[]string{invalid + "only true, false and null are spelled without quotation marks at byte 0"}},
		{"a second value", `{}`, `{} {}`, []string{invalid + "there is something behind the value at byte 3"}},
		{"another encoding", `{}`, "\"ab\xe9\"",
			[]string{"body must be UTF-8: a string has a byte that is not UTF-8 at byte 3"}},
		{"half a pair", `{}`, `"\ud83d"`, []string{
			"body must not escape half a surrogate pair: the other half of the pair is missing at byte 1"}},
		{"too deep", `{}`, strings.Repeat("[", 65), []string{
			"body must not nest deeper than 64 levels: this is the level that is too deep at byte 64"}},
		{"nothing", `{}`, "", []string{invalid + "a value is missing at byte 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileWith(t, c.schema, schema.Config{Reveal: true})
			if got := messages(s.check(c.body)); !slices.Equal(got, c.want) {
				t.Errorf("faults = %q; want %q", got, c.want)
			}
			for _, m := range messages(compile(t, c.schema).check(c.body)) {
				if strings.Contains(m, "byte ") || strings.Contains(m, "nearest") || strings.Contains(m, "live") {
					t.Errorf("otherwise: %s", m)
				}
			}
		})
	}
}

// What is said of a text does not depend on how long it is, or on what was right before.
func TestTheSecondLookFindsWhatAFreshOneFinds(t *testing.T) {
	s := compile(t, `{"type": "object", "required": ["end"], "properties": {"end": {"type": "integer"},
		"list": {"type": "array", "items": {"type": "object", "required": ["n"],
		"properties": {"n": {"type": "integer"}, "pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"},
			{"$ref": "#/components/schemas/Dog"}]}}}}}}`)
	items := []string{`{"n":1}`, `{"n":1,"pet":{"kind":"dog","bark":"]},"}}`, `{"n":1,"x\"]":["\\"],"y":[[{}]]}`,
		` { "n" : -150 , "a":true,"b":null,"c":-1.5e3 } `, `{"n":1,"pet":{"kind":"dog"},"q":"\u00e9\""}`}
	wrong := []struct{ item, fault string }{
		{`{}`, "n is required"}, {`{"n":"1"}`, "n must be an integer"}, {`1`, " must be an object"},
		{`{"n":1,"n":1}`, "n must not be repeated"}, {`{"n":1,"N":1}`,
			"n must be spelled with the same upper and lower case"},
		{`{"n":1,"pet":{"kind":"dog","bark":7}}`, "pet.bark must be a string"},
		{`{"n":1,"pet":{"bark":"x"}}`, "pet must match one of the allowed schemas"},
		{`null`, " must not be null"},
	}
	for i, w := range wrong {
		for before := range 6 {
			body := `{"list":[` + strings.Repeat(items[(i+before)%len(items)]+",", before) + w.item +
				`],"x":{"a":[1,{}]}}`
			want := strings.TrimSuffix(fmt.Sprintf("body.list.%d.%s", before, w.fault), " ")
			want = strings.Replace(want, ". ", " ", 1)
			got := messages(s.check(body))
			slices.Sort(got)
			if !slices.Equal(got, []string{"body.end is required", want}) {
				t.Errorf("%s: %q; want %q", body, got, want)
			}
		}
	}
}
