package schema_test

import (
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

// TestDeliberateDifferences lists where our verdict is not that of kin-openapi, each with its reason;
// docs/validation.md has the same list.
func TestDeliberateDifferences(t *testing.T) {
	for _, c := range []struct {
		name, schema, body string
		ours, kins         bool
	}{
		{"a not without keywords refuses everything", `{"not": {}}`, `0`, false, true},
		{"items are the same number however it is spelled",
			`{"type": "array", "items": {"type": "number"}, "uniqueItems": true}`, `[1, 1.0]`, false, true},
		{"large integers keep their digits in a multipleOf", `{"type": "integer", "multipleOf": 2}`, `9007199254740993`,
			false, true},
		{"a multipleOf has no tolerance", `{"type": "number", "multipleOf": 0.01}`, `0.070000000000000001`, false,
			true},
		{"large integers keep their digits in an enum", `{"type": "integer", "enum": [9007199254740992]}`,
			`9007199254740993`, false, true},
		{"large integers keep their digits without a type", `{"maximum": 9007199254740992}`, `9007199254740993`, false,
			true},
		{"large integers keep their digits in a not", `{"not": {"type": "integer", "maximum": 9007199254740992}}`,
			`9007199254740993`, true, false},
		{"large integers keep their digits in a oneOf",
			`{"oneOf": [{"type": "integer", "maximum": 9007199254740992}, {"type": "integer", "minimum": 0}]}`,
			`9007199254740993`, true, false},
		{"a bound is the decimal that the contract has", `{"type": "number", "maximum": 0.1}`, `0.1000000000000000055`,
			false, true},
		{"an integer is spelled without a fraction", `{"type": "integer"}`, `100.0`, false, true},
		{"an integer is spelled without an exponent", `{"type": "integer", "format": "int64"}`, `1e2`, false, true},
		{"a number that is spelled with a fraction is no integer in a oneOf",
			`{"oneOf": [{"type": "number"}, {"type": "integer"}]}`, `1.0`, true, false},
		{"a number that is spelled with an exponent is no integer in a not", `{"not": {"type": "integer"}}`, `1e2`,
			true,
			false},
		{"an integer without a format fits into 64 bits", `{"type": "integer"}`, `9223372036854775808`, false, true},
		{"an integer fits into the format that it has", `{"type": "integer", "format": "uint8"}`, `256`, false, true},
		{"a number fits into the format that it has", `{"type": "number", "format": "float"}`, `1e39`, false, true},
		{"a time is spelled without escapes", `{"type": "string", "format": "date-time"}`,
			`"2023-01-01T00:00:00\u005a"`, false, true},
		{"addresses are checked", `{"type": "string", "format": "ipv4"}`, `"1.2.3"`, false, true},
		{"addresses of version 6 are checked", `{"type": "string", "format": "ipv6"}`, `"::g"`, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compile(t, c.schema)
			faults := s.check(c.body)
			kins := schematest.AcceptsAlone(s.source, schema.DirectionRequest, []byte(c.body))
			if (len(faults) == 0) != c.ours || kins != c.kins {
				t.Errorf("ours: %q; kin-openapi accepts it: %v; want %v, %v", rules(faults), kins, c.ours, c.kins)
			}
		})
	}
}

// An array of numbers that differ only far behind the point, and other things that a compiler could get wrong at its
// edges.
func TestEdges(t *testing.T) {
	many := func(n int, f func(i int) string, join string) string {
		text := ""
		for i := range n {
			if i > 0 {
				text += join
			}
			text += f(i)
		}
		return text
	}
	name := func(i int) string { return `"n` + string(rune('a'+i/26)) + string(rune('a'+i%26)) + `"` }
	properties := many(200, func(i int) string { return name(i) + `: {"type": "integer"}` }, ",")
	required := many(200, name, ",")
	body := many(200, func(i int) string { return name(i) + `: 1` }, ",")
	for _, c := range []struct {
		name, schema, body string
		want               []string
	}{
		{"two hundred properties", `{"type": "object", "properties": {` + properties + `}, "required": [` + required +
			`]}`, `{` + body + `}`, nil},
		{"one of two hundred is missing", `{"type": "object", "properties": {` + properties + `}, "required": [` +
			required + `]}`, `{` + body[9:] + `}`, []string{"body.naa required"}},
		{"one of two hundred is repeated", `{"type": "object", "properties": {` + properties + `}}`,
			`{` + body + `,"nha":2}`, []string{"body.nha duplicate_member"}},
		{"many unknown members", `{"type": "object"}`, `{` + body + `}`, nil},
		{"one of many unknown members is repeated", `{"type": "object"}`, `{` + body + `,"n\u0061b":2}`,
			[]string{"body.* duplicate_member"}},
		{"unknown members inside unknown members", `{"type": "object"}`, `{"x":{"x":{"x":1},"y":1},"y":{"x":1}}`, nil},
		{"a schema inside itself", `{"$ref": "#/components/schemas/Node"}`, `{"next":{"next":{"next":{"value":"x"}}}}`,
			[]string{"body.next.next.next.value type"}},
		{"items that are long and different", `{"type": "array", "items": {}, "uniqueItems": true}`,
			`[1,10,100,1.5,"1","a\"","a\\",{"a":[]},{"a":{}},true,false]`, nil},
		{"items that are the same in another spelling", `{"type": "array", "items": {}, "uniqueItems": true}`,
			`[{"a":1,"b":"x"},{"b":"\u0078","a":1e0}]`, []string{"body unique_items"}},
		{"an enum of any values", `{"enum": [{"a": [1, null]}, 2.50, "x"]}`, `{"a": [1.0, null]}`, nil},
		{"a value that is none of them", `{"enum": [{"a": [1, null]}, 2.50, "x"]}`, `{"a": [1]}`,
			[]string{"body enum"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rules(compile(t, c.schema).check(c.body))
			if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
				t.Errorf("violations = %q; want %q", got, c.want)
			}
		})
	}
}
