package schemagen_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/schemagen"
)

// boundaries spells those of one constraint as "right VALUE" and "RULE at POINTER: VALUE".
func boundaries(gen *schemagen.Generator, constraint string) []string {
	var list []string
	for _, b := range gen.Boundaries() {
		if b.Constraint != constraint {
			continue
		}
		if b.IsValid {
			list = append(list, "right "+string(b.Value))
		} else {
			list = append(list, fmt.Sprintf("%s at %q: %s", b.Rule, b.Pointer, b.Value))
		}
	}
	return list
}

func TestEachKeywordHasItsBoundaries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		schema, constraint string
		want               []string
	}{
		{`{"type": "integer", "minimum": 1}`, "/minimum=1", []string{`minimum at "": 0`, "right 1", "right 2"}},
		{`{"type": "integer", "maximum": 9}`, "/maximum=9", []string{`maximum at "": 10`, "right 9", "right 8"}},
		{`{"type": "integer", "minimum": 1, "exclusiveMinimum": true}`, "/minimum=1",
			[]string{`exclusive_minimum at "": 1`, "right 2"}},
		{`{"type": "number", "maximum": 1, "exclusiveMaximum": true}`, "/maximum=1",
			[]string{`exclusive_maximum at "": 1`, "right 0.99"}},
		{`{"type": "number", "minimum": 0.5}`, "/minimum=0.5",
			[]string{`minimum at "": 0.49`, "right 0.5", "right 0.51"}},
		{`{"type": "integer", "multipleOf": 5, "minimum": 3}`, "/minimum=3", []string{`minimum at "": 0`, "right 5"}},
		{`{"type": "integer", "format": "int32"}`, "/format=int32", []string{"right 2147483647", "right -2147483648",
			`format at "": 2147483648`, `format at "": -2147483649`}},
		{`{"type": "integer", "format": "int64"}`, "/format=int64", []string{"right 9223372036854775807",
			"right -9223372036854775808", `format at "": 9223372036854775808`, `format at "": -9223372036854775809`}},
		{`{"type": "integer"}`, "/type=integer",
			[]string{"right 0", `type at "": true`, `type at "": "1"`, `type at "": []`,
				`type at "": {}`, `type at "": 1.5`, `type at "": 1.0`, `type at "": 1e0`}},
		{`{"type": "integer", "multipleOf": 3}`, "/multipleOf=3", []string{"right 0", `multiple_of at "": 1`, "right 3",
			`multiple_of at "": 4`, "right 6", `multiple_of at "": 7`}},
		{`{"type": "string", "minLength": 2}`, "/minLength=2",
			[]string{`min_length at "": "a"`, `right "aa"`, `right "aaa"`}},
		{`{"type": "string", "maxLength": 2}`, "/maxLength=2",
			[]string{`right "a"`, `right "aa"`, `max_length at "": "aaa"`}},
		{`{"type": "string", "enum": ["Open", "SHUT"]}`, "/enum", []string{`enum at "": "open"`,
			`enum at "": "OPEN"`,
			`enum at "": "Shut"`, `enum at "": "UNLISTED"`, `enum at "": "Open "`, `enum at "": ""`,
			`right "Open"`}},
		{`{"type": "string", "enum": ["a", "b"]}`, "/enum/1=b", []string{`right "b"`}},
		{`{"type": "boolean", "enum": [true]}`, "/enum", []string{`enum at "": false`, `right true`}},
		{`{"type": "boolean"}`, "/nullable=false", []string{`nullable at "": null`, `right false`}},
		{`{"type": "boolean", "nullable": true}`, "/nullable=true", []string{`right null`}},
		{`{"type": "array", "items": {"type": "boolean"}, "minItems": 1}`, "/minItems=1",
			[]string{`min_items at "": []`,
				"right [false]", "right [false,false]"}},
		{`{"type": "array", "items": {"type": "boolean"}, "maxItems": 1}`, "/maxItems=1", []string{"right []",
			"right [false]", `max_items at "": [false,false]`}},
		{`{"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": true}`, "/uniqueItems=true",
			[]string{"right [1,2]", `unique_items at "": [1,1]`}},
		{`{"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}}}`, "/required=a",
			[]string{`right {"a":false}`, `required at "/a": {}`}},
		{`{"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}}}`, "/properties/a",
			[]string{`right {"b":false}`, `right {"a":false}`}},
		{`{"type": "object", "properties": {"a": {"type": "boolean"}}, "additionalProperties": false}`,
			"/additionalProperties=false", []string{`right {"a":false}`,
				`additional_property at "/x-unnamed": {"x-unnamed":true}`}},
		{`{"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}`,
			"/additionalProperties/minimum=1",
			[]string{`minimum at "/x-unnamed": {"x-unnamed":0}`, `right {"x-unnamed":1}`, `right {"x-unnamed":2}`}},
		{`{"type": "object", "minProperties": 1, "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}}}`,
			"/minProperties=1",
			[]string{`min_properties at "": {}`, `right {"a":false}`, `right {"a":false,"b":false}`}},
		{`{"type": "object", "maxProperties": 1, "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}}}`,
			"/maxProperties=1",
			[]string{`right {}`, `right {"a":false}`, `max_properties at "": {"a":false,"b":false}`}},
		{`{"type": "object", "properties": {"a": {"type": "boolean", "readOnly": true}}}`, "/properties/a/readOnly",
			[]string{`right {}`, `read_only at "/a": {"a":false}`}},
		{`{"type": "object", "required": ["a/b~c"], "properties": {"a/b~c": {"type": "integer", "minimum": 0}}}`,
			"/properties/a~1b~0c/minimum=0",
			[]string{`minimum at "/a~1b~0c": {"a/b~c":-1}`, `right {"a/b~c":0}`, `right {"a/b~c":1}`}},
		{`{"allOf": [{"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}}}]}`,
			"/allOf/0/properties/a/minimum=3", []string{`minimum at "/a": {"a":2}`, `right {"a":3}`, `right {"a":4}`}},
		{`{"oneOf": [{"type": "boolean"}, {"type": "integer", "maximum": 3}]}`, "/oneOf/1", []string{"right 0"}},
		{`{"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 3}]}`, "/oneOf", []string{
			`one_of at "": {}`, `one_of at "": []`, `one_of at "": ""`, `one_of at "": true`,
			`one_of at "": {"x-unnamed":true}`,
			`one_of at "": 0.5`, "one_of at \"\": \"\\u0001\"", `one_of at "": 3`, "right 0"}},
		{`{"type": "integer", "minimum": 5, "maximum": 6, "not": {"type": "integer", "maximum": 5}}`, "/not",
			[]string{`not at "": 5`, `right 6`}},
		{`{"oneOf": [{"$ref": "#/components/schemas/Sent"}, {"$ref": "#/components/schemas/Got"}],
			"discriminator": {"propertyName": "way", "mapping": {"OUT": "#/components/schemas/Sent", "IN": "Got"}}}`,
			"/discriminator=way", []string{`required at "/way": {"to":false}`,
				`type at "/way": {"to":false,"way":1}`, `discriminator at "/way": {"to":false,"way":"UNLISTED"}`,
				`discriminator at "/way": {"to":false,"way":"in"}`, `discriminator at "/way": {"to":false,"way":"In"}`,
				`right {"to":false,"way":"OUT"}`}},
		{`{"oneOf": [{"$ref": "#/components/schemas/Sent"}, {"$ref": "#/components/schemas/Got"}],
			"discriminator": {"propertyName": "way", "mapping": {"OUT": "#/components/schemas/Sent", "IN": "Got"}}}`,
			"/discriminator/mapping=IN", []string{`right {"way":"IN"}`}},
		{`{"oneOf": [{"$ref": "#/components/schemas/Sent"}, {"$ref": "#/components/schemas/Got"}],
			"discriminator": {"propertyName": "way", "mapping": {"OUT": "#/components/schemas/Sent", "IN": "Got"}}}`,
			"/oneOf", []string{`type at "": []`, `type at "": ""`, `type at "": 0`, `type at "": true`,
				`type at "": 0.5`,
				"type at \"\": \"\\u0001\"", `required at "/to": {"way":"OUT"}`, `right {"to":false,"way":"OUT"}`}},
	} {
		gen := generator(t, schemagen.Config{Schema: load(t, c.schema, `,
			"Sent": {"type": "object", "required": ["way", "to"], "properties": {"way": {"type": "string"},
				"to": {"type": "boolean"}}},
			"Got": {"type": "object", "required": ["way"], "properties": {"way": {"type": "string"}}}`)})
		if got := boundaries(gen, c.constraint); !slices.Equal(got, c.want) {
			t.Errorf("%s of %s\ngot  %q\nwant %q", c.constraint, c.schema, got, c.want)
		}
	}
}

// Formats are what programs get wrong most: each has texts of both kinds, and none is on the wrong side.
func TestEachFormatHasTextsOfBothKinds(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"uuid", "date", "date-time", "email", "uri", "byte", "ipv4", "ipv6"} {
		gen := generator(t, schemagen.Config{Schema: load(t, `{"type": "string", "format": "`+format+`"}`, "")})
		right, wrong := 0, 0
		for _, text := range boundaries(gen, "/format="+format) {
			if strings.HasPrefix(text, "right ") {
				right++
			} else {
				wrong++
			}
		}
		if right < 2 || wrong < 4 {
			t.Errorf("%s has %d texts that are right and %d that are wrong", format, right, wrong)
		}
		if format == "date" && !slices.Contains(boundaries(gen, "/format=date"), `format at "": "2026-02-31"`) {
			t.Error("February 31 is not among the dates that are wrong")
		}
	}
}

func TestADirectionHasItsMembers(t *testing.T) {
	t.Parallel()
	ref := load(t, `{"type": "object", "required": ["id", "secret"], "properties": {
		"id": {"type": "boolean", "readOnly": true}, "secret": {"type": "boolean", "writeOnly": true}}}`, "")
	for direction, want := range map[validation.Direction]string{
		"": `{"secret":false}`, validation.DirectionRequest: `{"secret":false}`,
		validation.DirectionResponse: `{"id":false}`,
	} {
		gen := generator(t, schemagen.Config{Schema: ref, Direction: direction})
		v, err := gen.DrawValid(zero{})
		if err != nil || string(v) != want {
			t.Errorf("direction %q: %s, %v; want %s", direction, v, err, want)
		}
	}
	if _, err := schemagen.New(schemagen.Config{Schema: ref, Direction: "sideways"}); err == nil {
		t.Error("there is a direction sideways")
	}
}

func TestUnknownMembersAreWrongOnRequest(t *testing.T) {
	t.Parallel()
	ref := load(t, `{"type": "object", "properties": {"a": {"type": "boolean"}}}`, "")
	if got := boundaries(generator(t, schemagen.Config{Schema: ref}), "/additionalProperties"); got != nil {
		t.Errorf("unknown members are wrong: %q", got)
	}
	got := boundaries(generator(t, schemagen.Config{Schema: ref, RefuseUnknown: true}), "/additionalProperties")
	want := []string{`right {"a":false}`, `unknown_member at "/x-unnamed": {"x-unnamed":false}`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// zero draws the simplest value.
type zero struct{}

func (zero) Intn(int) int { return 0 }

func TestASchemaWithoutValuesIsAnErrorAndNoHang(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type": "integer", "minimum": 3, "maximum": 2}`,
		`{"type": "integer", "minimum": 1, "maximum": 2, "exclusiveMinimum": true, "exclusiveMaximum": true}`,
		`{"type": "string", "minLength": 3, "maxLength": 2}`,
		`{"type": "string", "pattern": "^a{5}$", "maxLength": 4}`,
		`{"type": "string", "pattern": "^a$", "format": "uuid"}`,
		`{"type": "string", "minLength": 5000000}`,
		`{"type": "array", "items": {"type": "string"}, "minItems": 5000000}`,
		`{"type": "array", "items": {"type": "boolean"}, "minItems": 3, "uniqueItems": true}`,
		`{"type": "object", "minProperties": 5000000}`,
		`{"allOf": [{"type": "string"}, {"type": "integer"}]}`,
		`{"type": "string", "not": {"type": "string"}}`,
		`{"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Endless"}}}`,
		`{"type": "string", "enum": ["a"], "minLength": 2}`,
		`{"type": "number", "format": "float", "minimum": 4e38}`,
	} {
		ref := load(t, text, `, "Endless": {"type": "object", "required": ["next"], "properties": {
			"next": {"$ref": "#/components/schemas/Endless"}}}`)
		if _, err := schemagen.New(schemagen.Config{Schema: ref}); !errors.Is(err, schemagen.ErrNoValue) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := schemagen.New(schemagen.Config{}); err == nil {
		t.Error("no schema is no error")
	}
	ahead := load(t, `{"type": "string", "pattern": "(?=a)"}`, "")
	if _, err := schemagen.New(schemagen.Config{Schema: ahead}); err == nil {
		t.Error("a pattern that cannot be checked is no error")
	}
}

// counter draws like a source, and counts.
type counter struct {
	schemagen.Source
	count int
}

func (c *counter) Intn(n int) int {
	c.count++
	return c.Source.Intn(n)
}

// What has no value is found out once, not each time that something is drawn.
func TestNobodyLooksForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	gen := generator(t, schemagen.Config{Schema: load(t, `{"type": "object", "properties": {"a": {"type": "object",
		"required": ["b"], "properties": {"b": {"type": "string", "not": {"type": "string"}}}}}}`, "")})
	src := &counter{Source: schemagen.NewSource(1)}
	for range 100 {
		if v, err := gen.DrawValid(src); err != nil || string(v) != "{}" {
			t.Fatalf("%s, %v", v, err)
		}
	}
	if src.count > 500 {
		t.Errorf("100 empty objects took %d numbers", src.count)
	}
}

// The members of one variant under the name of another are wrong in as many ways as the two differ.
func TestTheWrongVariantIsTried(t *testing.T) {
	t.Parallel()
	gen := generator(t, schemagen.Config{Schema: load(t, `{
		"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
		"discriminator": {"propertyName": "kind", "mapping": {"a": "A", "b": "B"}}}`, `,
		"A": {"type": "object", "required": ["x", "y"], "properties": {"kind": {"type": "string"},
			"x": {"type": "boolean"}, "y": {"type": "boolean"}}},
		"B": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}`)})
	for _, b := range gen.Boundaries() {
		if string(b.Value) == `{"kind":"a"}` && b.Constraint == "/oneOf" {
			if b.IsValid || b.Alone || b.Rule != "required" || b.Pointer != "/x" {
				t.Errorf("%+v", b)
			}
			return
		}
	}
	t.Error("nobody tried the members of B under the name of A")
}

// A schema with a bound that nobody can come near has the other side, and says why it has not both.
func TestASideThatCannotBeReachedSaysWhy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"type": "string", "maxLength": 5000000}`: "/maxLength=5000000: no such value can be made",
		`{"anyOf": [{"type": "integer", "minimum": 3}, {"type": "integer"}]}`: "/anyOf/0/minimum=3: " +
			"such a value is right all the same",
		`{"type": "number", "enum": [4], "minimum": 3}`: "/minimum=3: " +
			"such a value is refused for enum at the whole value",
	} {
		gen := generator(t, schemagen.Config{Schema: load(t, text, "")})
		var got []string
		for _, c := range gen.Constraints() {
			if c.Invalid.Boundaries == 0 && !c.Invalid.Absent {
				got = append(got, c.ID+": "+c.Invalid.Reason)
			}
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestASchemaThatAcceptsEverythingHasNothingInvalid(t *testing.T) {
	t.Parallel()
	gen := generator(t, schemagen.Config{Schema: load(t, `{"nullable": true}`, "")})
	if _, err := gen.DrawInvalid(zero{}); !errors.Is(err, schemagen.ErrNoValue) {
		t.Errorf("%v", err)
	}
}

// Values of schemas that contain themselves have an end, and reach the inside.
func TestASchemaThatContainsItselfHasAnEnd(t *testing.T) {
	t.Parallel()
	config := schemagen.Config{Schema: load(t, `{"$ref": "#/components/schemas/Tree"}`, `,
		"Tree": {"type": "object", "required": ["name", "children"], "properties": {
			"name": {"type": "string", "minLength": 1, "maxLength": 3},
			"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}`)}
	gen, compiled, src := generator(t, config), oracle(t, config), schemagen.NewSource(3)
	if n := len(gen.Constraints()); n < 10 || n > 30 {
		t.Errorf("it has %d constraints", n)
	}
	longest := 0
	for range 300 {
		v, err := gen.DrawValid(src)
		if err != nil || faults(compiled, v) != nil {
			t.Fatalf("%s, %v", v, err)
		}
		longest = max(longest, len(v))
	}
	if longest < 100 || longest > 100_000 {
		t.Errorf("the longest value has %d bytes", longest)
	}
}

func TestPatternsHaveTextsOfBothKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, bounds string }{
		{`^[A-Z]{2}\\d{2}[A-Z0-9]{11,30}$`, ""}, {`^\\d{4}(-\\d{2})?$`, ""}, {`^[ a-zA-Z0-9]{1,10}$`, ""},
		{`^(?:[01]\\d|2[0-3]):[0-5]\\d$`, ""}, {`^[^<>]*$`, `, "minLength": 3, "maxLength": 5`},
		{`^a*b*c*$`, `, "minLength": 40, "maxLength": 50`}, {`^(a|bb|ccc){3,}$`, `, "minLength": 12, "maxLength": 12`},
		{`^(([a-z]+)*)*$`, `, "maxLength": 2000`}, {`\\u0061b`, ""}, {`^\\p{Lu}\\p{L}*$`, `, "minLength": 2`},
		{`^(?i)abc$`, ""}, {`^.{1000}$`, ""}, {`^(a{1,1000})$`, `, "maxLength": 1000000000`},
		{`^(((((a|b){0,3}c){0,3}d){0,3}e){0,3})$`, ""}, {`^\\S+@\\S+$`, `, "maxLength": 20`},
		{`^https://`, `, "format": "uri"`}, {`^20`, `, "format": "date"`},
	} {
		config := schemagen.Config{Schema: load(t, `{"type": "string", "pattern": "`+c.pattern+`"`+c.bounds+`}`, "")}
		gen, err := schemagen.New(config)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		compiled, src := oracle(t, config), schemagen.NewSource(5)
		for range 50 {
			v, err := gen.DrawValid(src)
			if err != nil || faults(compiled, v) != nil || len(v) > 10_000 {
				t.Fatalf("%s: %.200s, %v", c.pattern, v, err)
			}
		}
		wrong := 0
		for _, b := range gen.Boundaries() {
			if !b.IsValid && b.Rule == "pattern" && b.Alone {
				wrong++
			}
		}
		if wrong == 0 {
			t.Errorf("%s has no text that is wrong", c.pattern)
		}
	}
}

// Awkward texts are what finds faults: some come up soon, and U+0000 only if it is asked for.
func TestTextsAreAwkwardNowAndThen(t *testing.T) {
	t.Parallel()
	for _, nul := range []bool{false, true} {
		gen := generator(t, schemagen.Config{Schema: load(t, `{"type": "string"}`, ""), NUL: nul})
		src := schemagen.NewSource(7)
		var all strings.Builder
		for range 5000 {
			v, err := gen.DrawValid(src)
			if err != nil {
				t.Fatal(err)
			}
			var text string
			if err := json.Unmarshal(v, &text); err != nil {
				t.Fatalf("%q: %v", v, err)
			}
			all.WriteString(text + "|")
		}
		for _, want := range []string{"é", "ع", "\U0001F600", `"`, `\`, "\n", " |", "| ", "||", "\u2028"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("none of 5000 texts has %q", want)
			}
		}
		if got := strings.Contains(all.String(), "\x00"); got != nul {
			t.Errorf("NUL %v: U+0000 comes up: %v", nul, got)
		}
	}
}

func TestNumbersReachTheirEnds(t *testing.T) {
	t.Parallel()
	gen := generator(t, schemagen.Config{Schema: load(t, `{"type": "integer", "format": "int64"}`, "")})
	src := schemagen.NewSource(1)
	seen := map[string]bool{}
	for range 2000 {
		v, err := gen.DrawValid(src)
		if err != nil || string(v) == "-0" {
			t.Fatalf("%s, %v", v, err)
		}
		seen[string(v)] = true
	}
	if !seen["9223372036854775807"] || !seen["-9223372036854775808"] || !seen["0"] || len(seen) < 700 {
		t.Errorf("%d numbers, without an end or zero", len(seen))
	}
}

// Combinations of variants multiply: what is tried has an end, and says that it has.
func TestASchemaWithoutEndIsListedInPart(t *testing.T) {
	t.Parallel()
	components := ""
	for level := range 9 {
		components += fmt.Sprintf(`, "L%d": {"type": "object", "properties": {`, level)
		for i, name := range []string{"a", "b", "c", "d"} {
			if i > 0 {
				components += ","
			}
			components += fmt.Sprintf(`%q: {"$ref": "#/components/schemas/L%d"}`, name, level+1)
		}
		components += "}}"
	}
	components += `, "L9": {"type": "boolean"}`
	config := schemagen.Config{Schema: load(t, `{"$ref": "#/components/schemas/L0"}`, components)}
	list := generator(t, config).Constraints()
	if last := list[len(list)-1]; last.ID != "/…" || last.Valid.Reason == "" {
		t.Errorf("of %d constraints the last one is %+v", len(list), last)
	}
}
