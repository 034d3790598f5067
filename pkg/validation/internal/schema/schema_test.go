package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

func TestNoSchemaAcceptsJSONAndNothingElse(t *testing.T) {
	s, err := schema.NewCompiler(schema.Config{Survey: schema.NewSurvey()}).Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`{"a":[1,true,null,"x"]}`: true, `null`: true, ` 1 `: true, ``: false, `{"a":1,"a":2}`: false, `tru`: false,
		`[`: false, `1 2`: false, `01`: false, "\"\n\"": false, strings.Repeat("[", 65): false,
	} {
		c := new(schema.Checker)
		if got := s.Accepts(c, []byte(text)); got != want {
			t.Errorf("%s is accepted: %v", text, got)
		}
		if faults := s.Check(c, []byte(text), 5); (len(faults) == 0) != want {
			t.Errorf("%s: %v", text, faults)
		}
	}
}

// A checker is used again and again, whatever became of the text before.
func TestACheckerRemembersNothing(t *testing.T) {
	s := compile(t, `{"$ref": "#/components/schemas/Tree"}`)
	c := new(schema.Checker)
	for range 3 {
		for _, text := range []string{`{"a":["x",{"b":"y"}],"b":[[]]}`, `{"a":["x",{"b":1}]}`, `[`, `{"a":`, `"x"`,
			`{"A":"x"}`} {
			fresh := check(s.request, []byte(text))
			if used := s.request.Check(c, []byte(text), 20); len(used) != len(fresh) {
				t.Errorf("%s: %q; a new checker says %q", text, rules(used), rules(fresh))
			}
			if !c.Forget() {
				t.Error("the memory of a small text is not kept")
			}
		}
	}
}

func TestCheckReportsAsMuchAsItMay(t *testing.T) {
	s := compile(t, `{"type": "array", "items": {"type": "string"}}`)
	for limit, want := range map[int]int{1: 1, 3: 3, 20: 5} {
		if faults := s.request.Check(new(schema.Checker), []byte(`[1,2,3,4,5]`), limit); len(faults) != want {
			t.Errorf("%d faults for a limit of %d; want %d", len(faults), limit, want)
		}
	}
}

// A text that is right costs nothing, once the checker has been used.
func TestATextThatIsRightCostsNoAllocation(t *testing.T) {
	s := compile(t, `{"type": "object", "required": ["id"], "additionalProperties": {"type": "integer", "maximum": 5},
		"properties": {"id": {"type": "string", "format": "uuid"}, "pets": {"type": "array", "items": {
			"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
			"discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "Dog"}}}}}}`)
	text := []byte(
		`{"id":"497f6eca-6276-4993-bfeb-53cbbbba6f08","x":4,"pets":[{"kind":"cat","lives":9},{"kind":"d\u006fg"}]}`)
	c := new(schema.Checker)
	if n := testing.AllocsPerRun(100, func() {
		if !s.request.Accepts(c, text) {
			t.Fatal("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A string is spelled so that every decoder reads it as it was, as far as it was UTF-8.
func TestAppendString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		spelled := schema.AppendString(nil, text)
		var got string
		if err := json.Unmarshal(spelled, &got); err != nil || got != text {
			t.Fatalf("%q is spelled %s, which reads %q, %v", text, spelled, got, err)
		}
		if schema.IsPlain(text) != (string(spelled) == `"`+text+`"` &&
			!strings.ContainsFunc(text, func(r rune) bool { return r > 127 })) {
			t.Fatalf("%q is spelled %s; plain: %v", text, spelled, schema.IsPlain(text))
		}
	})
	if got := string(schema.AppendString(nil, "a\xff")); got != "\"a\uFFFD\"" {
		t.Errorf("what is not UTF-8 is spelled %q", got)
	}
}

func TestIsNumber(t *testing.T) {
	for text, want := range map[string][2]bool{
		"0": {true, true}, "-1": {true, true}, "1.5": {true, false}, "1e2": {true, false}, "01": {false, false},
		"": {false, false}, "-": {false, false}, "+1": {false, false}, "1,": {false, false}, "1x": {false, false},
		strings.Repeat("9", 1000): {true, true}, strings.Repeat("9", 1001): {false, false},
	} {
		if got := [2]bool{schema.IsNumber(text, false), schema.IsNumber(text, true)}; got != want {
			t.Errorf("%.20q is a number, an integer: %v; want %v", text, got, want)
		}
	}
}
