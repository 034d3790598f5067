package schema_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

func TestEachRule(t *testing.T) {
	const animals = `{"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
		"discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog"}}}`
	spelled := []string{"body type must be an integer that is spelled without a fraction and an exponent"}
	for _, c := range []struct {
		schema, body string
		// want is the violations, with their messages.
		want []string
	}{
		{`{"type": "object", "required": ["a", "b"], "properties": {"a": {}}}`, `{}`,
			[]string{"body.a required is required", "body.b required is required"}},
		{`{"type": "object"}`, `[]`, []string{"body type must be an object"}},
		{`{"type": "array", "items": {"type": "string"}}`, `["a",1,null]`,
			[]string{"body.1 type must be a string", "body.2 nullable must not be null"}},
		{`{"type": "string", "nullable": true}`, `null`, nil},
		{`{"type": "string", "enum": ["A", "B", ""]}`, `"C"`, []string{`body enum must be one of: A, B, ""`}},
		{`{"type": "string", "pattern": "^a+$"}`, `"b"`, []string{"body pattern must match the pattern ^a+$"}},
		{`{"type": "string", "minLength": 2}`, `"é"`, []string{"body min_length must have at least 2 characters"}},
		{`{"type": "string", "maxLength": 1}`, `"ab"`, []string{"body max_length must have at most 1 character"}},
		{`{"type": "array", "items": {}, "minItems": 1}`, `[]`, []string{"body min_items must have at least 1 item"}},
		{`{"type": "array", "items": {}, "maxItems": 1}`, `[1,2]`, []string{"body max_items must have at most 1 item"}},
		{`{"type": "array", "items": {}, "uniqueItems": true}`, `[{"a":1},{"a":1}]`,
			[]string{"body unique_items must not have the same item twice"}},
		{`{"type": "object", "minProperties": 1}`, `{}`, []string{"body min_properties must have at least 1 member"}},
		{`{"type": "object", "maxProperties": 1}`, `{"a":1,"b":2}`,
			[]string{"body max_properties must have at most 1 member"}},
		{`{"type": "number", "minimum": 0.5}`, `0.4`, []string{"body minimum must be at least 0.5"}},
		{`{"type": "number", "maximum": 100000000}`, `1e9`, []string{"body maximum must be at most 100000000"}},
		{`{"type": "number", "minimum": 0, "exclusiveMinimum": true}`, `0`,
			[]string{"body exclusive_minimum must be more than 0"}},
		{`{"type": "number", "maximum": 0, "exclusiveMaximum": true}`, `0`,
			[]string{"body exclusive_maximum must be less than 0"}},
		{`{"type": "number", "multipleOf": 0.01}`, `0.005`, []string{"body multiple_of must be a multiple of 0.01"}},
		{`{"type": "object", "properties": {"a": {}}, "additionalProperties": false}`, `{"x":1,"y":2}`,
			[]string{"body additional_property must not have an unknown member"}},
		{`{"type": "object", "additionalProperties": {"type": "integer"}}`, `{"x":1,"y":"2"}`,
			[]string{"body.* type must be an integer"}},
		{`{"type": "object", "properties": {"a": {"type": "string", "readOnly": true}}}`, `{"a":"b"}`,
			[]string{"body.a read_only must not be sent: it is read-only"}},
		{`{"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "readOnly": true}}}`, `{}`, nil},
		{`{"not": {"type": "object", "required": ["a"]}}`, `{"a":1}`,
			[]string{"body not must not have the form, or the combination of members, that the contract rules out"}},
		{`{"anyOf": [{"type": "string"}, {"type": "integer"}]}`, `true`,
			[]string{"body any_of must match one of the allowed schemas"}},
		{`{"oneOf": [{"type": "string"}, {"type": "integer"}]}`, `true`,
			[]string{"body one_of must match one of the allowed schemas"}},
		{`{"oneOf": [{"type": "number"}, {"type": "integer"}]}`, `1`,
			[]string{"body one_of must match only one of the allowed schemas"}},
		{`{"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}`,
			`{"kind":"dog","bark":1}`, []string{"body.bark type must be a string"}},
		{animals, `{"kind":"dog"}`, nil},
		{animals, `{"kind":"cat"}`, []string{"body.lives required is required"}},
		{animals, `{"kind":"cow"}`, []string{"body.kind discriminator must be one of: cat, dog"}},
		{animals, `{"kind":7}`, []string{"body.kind type must be a string"}},
		{animals, `{}`, []string{"body.kind required is required"}},
		{animals, `"cat"`, []string{"body type must be an object"}},
		{animals, `null`, []string{"body nullable must not be null"}},
		{`{"type": "array", "items": ` + animals + `}`, `[{"kind":"dog"},{"kind":"cat","lives":"9"}]`,
			[]string{"body.1.lives type must be an integer"}},

		// What stands beside a composition is checked although the composition has failed.
		{`{"allOf": [{"$ref": "#/components/schemas/Cat"}], "required": ["a"], "properties": {"a": {}}}`,
			`{"kind":"cat"}`, []string{"body.lives required is required", "body.a required is required"}},
		{`{"type": "object", "properties": {"pet": ` + animals + `, "n": {"type": "integer"}}}`,
			`{"pet":{"kind":"cow"},"n":"1"}`, []string{"body.n type must be an integer",
				"body.pet.kind discriminator must be one of: cat, dog"}},

		// Strict reading.
		{`{}`, `{"a":1} {"a":2}`, []string{"body json_invalid must be exactly one well-formed JSON value"}},
		{`{}`, `{"a":1}x`, []string{"body json_invalid must be exactly one well-formed JSON value"}},
		{`{}`, "\"\xff\"", []string{"body json_invalid must be UTF-8"}},
		{`{}`, "\xef\xbb\xbf{}", []string{"body json_invalid must be exactly one well-formed JSON value"}},
		{`{}`, `"\ud83d"`, []string{"body json_invalid must not escape half a surrogate pair"}},
		{`{}`, `"\ud83d\u0041"`, []string{"body json_invalid must not escape half a surrogate pair"}},
		{`{}`, `"\\ud83d\ud83d\ude00"`, nil},
		{`{"properties": {"a": {}}}`, `{"a":1,"a":1}`, []string{"body.a duplicate_member must not be repeated"}},
		{`{"properties": {"a": {}}}`, `{"a":1,"\u0061":1}`, []string{"body.a duplicate_member must not be repeated"}},
		{`{}`, `[{"secret":{"b":1,"b":2}}]`, []string{"body.0.*.* duplicate_member must not be repeated"}},
		{`{}`, strings.Repeat("[", 64) + strings.Repeat("]", 64), nil},
		{`{}`, strings.Repeat("[", 65) + strings.Repeat("]", 65),
			[]string{"body json_depth must not nest deeper than 64 levels"}},
		{`{}`, strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000),
			[]string{"body json_depth must not nest deeper than 64 levels"}},
		{`{}`, strings.Repeat("9", 1001), []string{"body json_number must not have more than 1000 characters"}},
		{`{"properties": {"amount": {}}}`, `{"Amount":1}`,
			[]string{"body.amount member_case must be spelled with the same upper and lower case"}},
		{`{"properties": {"kind": {}}}`, `{"\u212Aind":1}`,
			[]string{"body.kind member_case must be spelled with the same upper and lower case"}},
		{`{"properties": {"amount": {}, "Amount": {}}}`, `{"Amount":1,"amount":1}`, nil},
		{`{"type": "array", "items": {"allOf": [{"properties": {"a": {"properties": {"b": {}}}}}]}}`, `[{"a":{"B":1}}]`,
			[]string{"body.0.a.b member_case must be spelled with the same upper and lower case"}},
		{`{"additionalProperties": {"properties": {"a": {}}}}`, `{"x":{"A":1}}`,
			[]string{"body.*.a member_case must be spelled with the same upper and lower case"}},
		{animals, `{"kind":"cat","lives":9,"Lives":8}`,
			[]string{"body.lives member_case must be spelled with the same upper and lower case"}},
		{animals, `{"kind":"cat","lives":9,"Bark":""}`, nil},
		{`{"anyOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}`,
			`{"kind":"dog","Lives":8}`,
			[]string{"body.lives member_case must be spelled with the same upper and lower case"}},

		// Numbers are never rounded.
		{`{"type": "integer"}`, `1.5`, []string{"body type must be an integer"}},
		{`{"type": "integer"}`, `9007199254740993.5`, []string{"body type must be an integer"}},
		{`{"type": "integer"}`, `1e-999999999`, []string{"body type must be an integer"}},
		{`{"type": "integer"}`, `1e999999999`, []string{"body type must be an integer"}},
		{`{"type": "integer"}`, `-0`, nil},
		{`{"type": "number", "format": "float"}`, `3.4e38`, nil},
		{`{"type": "number", "format": "float"}`, `3.5e38`,
			[]string{"body format must fit into a floating-point number of 32 bits"}},
		{`{"type": "number", "format": "double"}`, `1e308`, nil},

		// An integer is read into one.
		{`{"type": "integer"}`, `100.0`, spelled}, {`{"type": "integer"}`, `1e2`, spelled},
		{`{"type": "integer"}`, `0.0`, spelled}, {`{"type": "integer"}`, `100e-2`, spelled},
		{`{"type": "integer", "maximum": 5}`, `1e2`, spelled},
		{`{"type": "integer", "enum": [100]}`, `1e2`, spelled},
		{`{"type": "number", "maximum": 100}`, `1e2`, nil},
		{`{"type": "integer"}`, `9223372036854775807`, nil}, {`{"type": "integer"}`, `-9223372036854775808`, nil},
		{`{"type": "integer"}`, `9223372036854775808`, []string{"body format must fit into 64 bits"}},
		{`{"type": "integer", "format": "int8"}`, `128`, []string{"body format must fit into 8 bits"}},
		{`{"type": "integer", "format": "int16"}`, `-32769`, []string{"body format must fit into 16 bits"}},
		{`{"type": "integer", "format": "uint8"}`, `256`, []string{"body format must fit into 8 bits"}},
		{`{"type": "integer", "format": "uint16"}`, `-1`, []string{"body format must fit into 16 bits"}},
		{`{"type": "integer", "format": "uint32"}`, `4294967295`, nil},
		{`{"type": "integer", "format": "uint64"}`, `18446744073709551615`, nil},
		{`{"type": "integer", "format": "uint64"}`, `18446744073709551616`,
			[]string{"body format must fit into 64 bits"}},
		{`{"type": "integer", "format": "uint"}`, `-1`, []string{"body format must fit into 64 bits"}},
		{`{"type": "integer", "format": "big"}`, `99999999999999999999999999`, nil},
		{`{"type": "integer", "format": "int64"}`, `9223372036854775807`, nil},
		{`{"type": "integer", "format": "int64"}`, `-9223372036854775808`, nil},
		{`{"type": "integer", "format": "int64"}`, `9223372036854775808`,
			[]string{"body format must fit into 64 bits"}},
		{`{"type": "integer", "format": "int32"}`, `2147483648`, []string{"body format must fit into 32 bits"}},
		{`{"type": "integer", "maximum": 9007199254740992}`, `9007199254740993`,
			[]string{"body maximum must be at most 9007199254740992"}},
		{`{"type": "integer", "minimum": -9007199254740992, "exclusiveMinimum": true}`, `-9007199254740991`, nil},
		{`{"type": "number", "maximum": 1}`, `1.00000000000000000001`, []string{"body maximum must be at most 1"}},
		{`{"anyOf": [{"type": "string"}, {"type": "integer", "format": "int64"}]}`, `9223372036854775808`,
			[]string{"body format must fit into 64 bits"}},
	} {
		name := c.schema + " " + c.body
		t.Run(name[:min(len(name), 120)], func(t *testing.T) {
			var got []string
			for _, f := range compile(t, c.schema).check(c.body) {
				got = append(got, fmt.Sprintf("%s %s %s", place(f), f.Rule, f.Message))
			}
			if !slices.Equal(got, c.want) {
				t.Fatalf("violations = %q; want %q", got, c.want)
			}
		})
	}
}

func TestWriteOnlyMembersAreNotAnswered(t *testing.T) {
	s := compile(t,
		`{"type": "object", "required": ["secret"], "properties": {"secret": {"type": "string", "writeOnly": true}}}`)
	if faults := s.check(`{"secret":"a"}`); faults != nil {
		t.Errorf("sent: %q", rules(faults))
	}
	if got := rules(check(s.response, []byte(`{"secret":"a"}`))); !slices.Equal(got,
		[]string{"body.secret write_only"}) {
		t.Errorf("answered: %q", got)
	}
	if faults := check(s.response, []byte(`{}`)); faults != nil {
		t.Errorf("left out: %q", rules(faults))
	}
}

func TestFormats(t *testing.T) {
	for format, texts := range map[string]struct{ right, wrong []string }{
		"uuid": {
			[]string{schematest.ID, strings.ToUpper(schematest.ID), schematest.NilID,
				"ffffffff-ffff-ffff-ffff-ffffffffffff"},
			[]string{"", "{" + schematest.ID + "}", "urn:uuid:" + schematest.ID,
				strings.ReplaceAll(schematest.ID, "-", ""), schematest.ID + "0", schematest.ID[:35] + "g",
				schematest.ID + "\n"},
		},
		"date": {
			[]string{"2024-02-29", "0001-01-01", "9999-12-31"},
			[]string{"", "2026-02-31", "2023-02-29", "2026-2-3", "2026-13-01", "2026-00-10", "2026-01-01T00:00:00Z",
				"26-01-01", "2026-01-01 "},
		},
		"date-time": {
			[]string{"2023-01-01T00:00:00+00:00", "2023-01-01T00:00:00Z", "2023-01-01T23:59:59.123456789-11:30"},
			[]string{"", "2023-01-01", "2023-01-01T00:00:00", "2023-01-01 00:00:00Z", "2023-02-30T00:00:00Z",
				"2023-01-01T24:00:00Z", "2023-01-01T1:00:00Z", "2023-01-01T00:00:00,5Z", "2023-01-01T00:00:00+99:00"},
		},
		"email": {
			[]string{"a@b.example", "first.last+tag@mail.example.com", "a@localhost", "josé@exämple.com"},
			[]string{"", "a", "@b", "a@", "a@b@c", "a b@c", "A <a@b.c>", "a@b..c", "a@.b", "a@b.", "a@b\n",
				strings.Repeat("a", 65) + "@b.c"},
		},
		"uri": {
			[]string{"https://example.com", "https://example.com/a%20b?c=d#e", "http://[::1]:8080/", "mailto:a@b.c",
				"file:///etc"},
			[]string{"", "/a", "example.com", "//example.com", "https://", "http:///a", "https://example.com/a b",
				"https://example.com/é", "https://exa mple", ":", "https://a/<b>"},
		},
		"byte":     {[]string{"", "YQ=="}, []string{"YQ", "a-_b", "YQ=\n="}},
		"password": {[]string{"", "anything"}, nil},
		"unknown":  {[]string{"", "anything"}, nil},
	} {
		v := compile(t, `{"type": "string", "format": "`+format+`"}`)
		check := func(text string) []string {
			body, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			return rules(v.check(string(body)))
		}
		for _, text := range texts.right {
			if got := check(text); got != nil {
				t.Errorf("%s %q: %q", format, text, got)
			}
		}
		for _, text := range texts.wrong {
			if got := check(text); !slices.Equal(got, []string{"body format"}) {
				t.Errorf("%s %q: %q; want it refused", format, text, got)
			}
		}
	}
}

// A text of the right shape is a date exactly when the calendar has the day.
func TestDatesFollowTheCalendar(t *testing.T) {
	v := compile(t, `{"type": "string", "format": "date"}`)
	rapid.Check(t, func(t *rapid.T) {
		year, month, day := rapid.IntRange(1, 9999).Draw(t, "year"), rapid.IntRange(0, 14).Draw(t, "month"),
			rapid.IntRange(0, 33).Draw(t, "day")
		actual := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		want := actual.Year() == year && int(actual.Month()) == month && actual.Day() == day
		faults := v.check(fmt.Sprintf(`"%04d-%02d-%02d"`, year, month, day))
		if (len(faults) == 0) != want {
			t.Fatalf("%04d-%02d-%02d: %q; on the calendar: %v", year, month, day, rules(faults), want)
		}
	})
}

// An int64 is accepted exactly when it is within the bounds, however large, and spelled as an integer.
func TestIntegersAreExact(t *testing.T) {
	const lowest, highest = -(1 << 53), 1 << 60
	v := compile(t, fmt.Sprintf(`{"type": "integer", "format": "int64", "minimum": %d, "maximum": %d}`, lowest,
		highest))
	near := rapid.OneOf(
		rapid.Int64Range(lowest-5, lowest+5), rapid.Int64Range(highest-5, highest+5),
		rapid.Int64Range(math.MaxInt64-5, math.MaxInt64), rapid.Int64(),
	)
	rapid.Check(t, func(t *rapid.T) {
		n := new(big.Int).Add(big.NewInt(near.Draw(t, "n")), big.NewInt(rapid.Int64Range(0, 5).Draw(t, "more")))
		want := n.IsInt64() && n.Int64() >= lowest && n.Int64() <= highest
		digits := n.String()
		if digits == "0" {
			digits = "-0"
		}
		if faults := v.check(digits); (len(faults) == 0) != want {
			t.Fatalf("%s: %q; want it accepted: %v", digits, rules(faults), want)
		}
		for _, more := range []string{".5", ".0", "e0", ".000E+0", "e-1"} {
			if v.check(digits+more) == nil {
				t.Fatalf("%s%s is accepted as an integer", digits, more)
			}
		}
	})
}

// All that is wrong is reported up to the limit, however large the text is.
func TestLargeBodiesReportTheFirstViolations(t *testing.T) {
	v := compile(t, `{"type": "array", "items": {"type": "object", "required": ["a"]}}`)
	got := rules(v.check("[" + strings.Repeat("{},", 10_000) + "{}]"))
	if len(got) != 20 || got[0] != "body.0.a required" || got[19] != "body.19.a required" {
		t.Errorf("violations = %q", got)
	}
	got = rules(v.check("[" + strings.Repeat(`{"a":1},`, 10_000) + `{},{"a":2},{"a":1,"a":2}]`))
	if !slices.Equal(got, []string{"body.10000.a required", "body.10002.a duplicate_member"}) {
		t.Errorf("violations = %q", got)
	}
}

// What a checker remembers of one text says nothing of the next: a text that is too long, and has the pattern, is
// refused for its length alone, whatever was refused before.
func TestACheckerForgetsThePatternOfTheTextBefore(t *testing.T) {
	t.Parallel()
	s := compile(t, `{"type": "string", "pattern": "^a+$", "maxLength": 3}`)
	c := new(schema.Checker)
	for _, step := range []struct{ text, want string }{
		{`"b"`, "body pattern"}, {`"aaaa"`, "body max_length"}, {`"b"`, "body pattern"},
	} {
		if got := rules(s.request.Check(c, []byte(step.text), 20)); !slices.Equal(got, []string{step.want}) {
			t.Errorf("%s: %q, want %q", step.text, got, step.want)
		}
	}
}
