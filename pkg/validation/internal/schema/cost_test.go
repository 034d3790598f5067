package schema_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
)

// costly is a body that is refused, and one of its size and shape that is accepted.
type costly struct {
	name, schema      string
	accepted, refused string
}

// theCostly are the worst bodies that are known, of so many bytes each.
func theCostly(size int) []costly {
	fill := func(before, item, after string) string {
		return before + strings.Repeat(item, max((size-len(before)-len(after))/len(item), 1)) + after
	}
	numbered := func(before, item, after string) string {
		var b strings.Builder
		b.WriteString(before)
		for i := 0; b.Len() < size-len(after); i++ {
			fmt.Fprintf(&b, item, i)
		}
		b.WriteString(after)
		return b.String()
	}
	const (
		login = `{"type": "object", "required": ["username", "password"], "properties": {
			"username": {"type": "string", "maxLength": 100}, "password": {"type": "string", "maxLength": 100}}}`
		cats = `{"type": "object", "properties": {"pets": {"type": "array", "items": {"oneOf": [
			{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}}}}`
		chosen = `{"type": "array", "items": {"oneOf": [
			{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
			"discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "Dog"}}}}`
		integers    = `{"type": "array", "items": {"type": "integer", "maximum": 5}}`
		credentials = `"username":"a","password":"b"}`
	)
	variant := `{"type": "object", "required": ["end"], "properties": {"list": {"type": "array",
		"items": {"type": "object", "properties": {"n": {"type": "integer"}}}}, "end": {"type": "string",
			"enum": ["%d"]}}}`
	var variants []string
	for i := range 20 {
		variants = append(variants, fmt.Sprintf(variant, i))
	}
	union := func(keyword string) string { return `{"` + keyword + `": [` + strings.Join(variants, ",") + `]}` }
	list := func(end string) string { return fill(`{"list":[{"n":0}`, `,{"n":1}`, `],"end":"`+end+`"}`) }
	deep := strings.Repeat("[", 60) + strings.Repeat("]", 60)
	return []costly{
		{"an unknown list of small numbers", login, fill(`{"x":[1`, `,1`, `],`+credentials),
			fill(`{"x":[1`, `,1`, `],"username":"a","Xassword":"b"}`)},
		{"an unknown list of small numbers that comes last", login,
			fill(`{`+credentials[:len(credentials)-1]+`,"x":[1`, `,1`, `]}`),
			fill(`{"username":"a","Xassword":"b","x":[1`, `,1`, `]}`)},
		{"the end of the text is missing", login, fill(`{"x":[1`, `,1`, `],`+credentials),
			fill(`{"x":[1`, `,1`, `],"username":"a","password":"b"]`)},
		{"deep lists", login, fill(`{"x":[1`, `,`+deep, `],`+credentials), fill(`{"x":[1`, `,`+deep,
			`],"username":"a"} `)},
		{"many unknown members", login, numbered(`{`, `"a%d":1,`, credentials), numbered(`{`, `"a%d":1,`,
			`"username":"a"}`)},
		{"many unknown members with escapes", login, numbered(`{`, `"\u0061%d":1,`, credentials),
			numbered(`{`, `"\u0061%d":1,`, `"username":"a"}`)},
		{"a repeated unknown member", login, numbered(`{`, `"a%d":1,`, credentials),
			numbered(`{`, `"a%d":1,`, `"a1":2,`+credentials)},
		{"many objects with unknown members", login,
			fill(`{"x":[1`, `,{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":0}`, `],`+credentials),
			fill(`{"x":[1`, `,{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":0}`, `]}`)},
		{"nothing but wrong items", integers, fill(`[1`, `,1`, `]`), fill(`[9`, `,9`, `]`)},
		{"nothing but items of another kind", integers, fill(`[1`, `,1`, `]`), fill(`[{}`, `,""`, `]`)},
		{"a wrong item at the end", integers, fill(`[1`, `,1`, `,1]`), fill(`[1`, `,1`, `,9]`)},
		{"a wrong item at the beginning", integers, fill(`[1`, `,1`, `]`), fill(`[9`, `,1`, `]`)},
		{"a wrong item in the middle", integers, fill(`[1`, `,1`, `]`),
			fill(`[1`, `,1`, `]`)[:size/2] + strings.Replace(fill(`[1`, `,1`, `]`)[size/2:], "1", "9", 1)},
		{"an array where an object stands", login, fill(`{"x":[1`, `,1`, `],`+credentials), fill(`[1`, `,1`, `]`)},
		{"long numbers", `{"type": "array", "items": {"type": "number", "maximum": 5}}`, fill(`[1`,
			`,0.`+strings.Repeat("0", 900)+`e-9`, `]`),
			fill(`[1`, `,0.`+strings.Repeat("0", 900)+`1e-9`, `,6]`)},
		{"numbers that are too long", integers, fill(`[1`, `,1`, `]`), fill(`[1`, `,`+strings.Repeat("1", 1001), `]`)},
		{"huge exponents", `{"type": "array", "items": {"type": "number"}}`, fill(`[1`, `,1e300`, `]`),
			fill(`[1`, `,1e999999999`, `]`)},
		{"a long text", `{"type": "array", "items": {"type": "string"}}`, fill(`["`, `a`, `"]`), fill(`["`, `a`,
			`",1]`)},
		{"a long text with escapes", `{"type": "array", "items": {"type": "string"}}`, fill(`["`, `\u00e9`, `"]`),
			fill(`["`, `\u00e9`, `",1]`)},
		{"a text that is too long", `{"type": "string", "maxLength": 2000000, "pattern": "^[a-z]*$"}`, fill(`"`, `a`,
			`"`),
			fill(`"`, `a`, `0"`)},
		{"a text that is too long and has a pattern", `{"type": "object", "properties": {"x": {"type": "string",
			"maxLength": 10, "pattern": "^(a|aa)*$"}}}`, fill(`{"y":"`, `a`, `"}`), fill(`{"x":"`, `a`, `"}`)},
		{"a text that is not UTF-8", `{"type": "string"}`, fill(`"`, `é`, `"`), fill(`"`, `é`, "\xff\"")},
		{"half a surrogate pair", `{"type": "string"}`, fill(`"`, `\ud83d\ude00`, `"`), fill(`"`, `\ud83d\ude00`,
			`\ud83d"`)},
		{"variants that nobody means", cats, fill(`{"pets":[{"kind":"dog"}`, `,{"kind":"dog","bark":""}`, `]}`),
			fill(`{"pets":[{"kind":"dog"}`, `,{"kind":"dog","bark":1}`, `]}`)},
		{"a variant that nobody means at the end", cats, fill(`{"pets":[{"kind":"dog"}`, `,{"kind":"dog","bark":""}`,
			`]}`),
			fill(`{"pets":[{"kind":"dog"}`, `,{"kind":"dog","bark":""}`, `,{"kind":"dog","bark":1}]}`)},
		{"variants that the discriminator chooses", chosen, fill(`[{"kind":"dog"}`, `,{"kind":"dog","bark":""}`, `]`),
			fill(`[{"kind":"dog"}`, `,{"kind":"dog","bark":1}`, `]`)},
		{"a discriminator that leads nowhere", chosen, fill(`[{"kind":"dog"}`, `,{"kind":"dog","bark":""}`, `]`),
			fill(`[{"kind":"dog"}`, `,{"kind":"cow","bark":""}`, `]`)},
		{"twenty variants of oneOf that all fail", union("oneOf"), list("19"), list("x")},
		{"twenty variants of anyOf that all fail", union("anyOf"), list("19"), list("x")},
		{"not", `{"not": ` + variants[0] + `}`, list("x"), list("0")},
		{"equal items", `{"type": "array", "items": {}, "uniqueItems": true}`, numbered(`[`, `"a%d",`, `1]`),
			numbered(`[`, `"a%d",`, `"a1"]`)},
		{"an enumeration of other values", `{"type": "object", "properties": {"x": {"enum": [{"a": [1]}, "b"]}}}`,
			fill(`{"y":[1`, `,{"b":1}`, `]}`), fill(`{"x":[1`, `,{"b":1}`, `]}`)},
		{"an enumeration and another kind", `{"type": "object", "properties": {"x": {"type": "string", "enum": ["a",
			"b"]}}}`,
			fill(`{"y":[1`, `,{"b":1}`, `]}`), fill(`{"x":[1`, `,{"b":1}`, `]}`)},
		{"members that are closed out", `{"type": "object", "properties": {"z": {}}, "additionalProperties": false}`,
			fill(`{"z":[0`, `,1`, `]}`), numbered(`{`, `"a%d":1,`, `"z":1}`)},
		{"members with values that are wrong", `{"type": "object", "additionalProperties": {"type": "integer"}}`,
			numbered(`{`, `"a%d":1,`, `"z":1}`), numbered(`{`, `"a%d":"",`, `"z":1}`)},
		{"members that are misspelled", `{"type": "array", "items": {"type": "object", "properties": {"amount": {},
			"currency": {}}}}`,
			fill(`[{}`, `,{"amount":1}`, `]`), fill(`[{}`, `,{"Amount":1}`, `]`)},
		{"a tree of itself", `{"$ref": "#/components/schemas/Tree"}`,
			fill(`[{}`, `,{"a":["x",{"b":"y"}],"b":["z","z","z","z","z","z","z","z","z","z","z","z","z"]}`, `]`),
			fill(`[{}`, `,{"a":["x",{"b":"y"}],"b":["z","z","z","z","z","z","z","z","z","z","z","z","z"]}`, `,1]`)},
		{"spaces", integers, fill(`[1`, ` `, `]`), fill(`[9`, ` `, `]`)},
	}
}

func BenchmarkRefusal(b *testing.B) {
	for _, c := range theCostly(1 << 18) {
		s := compile(b, c.schema)
		for name, text := range map[string]string{"accepted": c.accepted, "refused": c.refused} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				checker, body := new(schema.Checker), []byte(text)
				b.ReportAllocs()
				for b.Loop() {
					faults := s.request.Check(checker, body, 20)
					if (len(faults) == 0) != (name == "accepted") {
						b.Fatalf("%q", rules(faults))
					}
				}
			})
		}
	}
}

// A refusal allocates what its report takes, however large and however wrong the text is. That it takes no longer than
// twice what accepting takes is for BenchmarkRefusal to show.
func TestARefusalAllocatesForItsReportAlone(t *testing.T) {
	for _, c := range theCostly(1 << 17) {
		s := compile(t, c.schema)
		measure := func(text string) (count, size uint64) {
			checker, body := new(schema.Checker), []byte(text)
			s.request.Check(checker, body, 20)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s.request.Check(checker, body, 20)
			runtime.ReadMemStats(&after)
			return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc
		}
		if s.request.Check(new(schema.Checker), []byte(c.accepted), 20) != nil ||
			s.request.Check(new(schema.Checker), []byte(c.refused), 20) == nil {
			t.Errorf("%s: the bodies are not what they should be", c.name)
		}
		acceptedCount, acceptedSize := measure(c.accepted)
		count, size := measure(c.refused)
		if count > acceptedCount+2_000 || size > acceptedSize+acceptedSize/4+48<<10 {
			t.Errorf("%s: %d allocations of %d bytes; accepting takes %d of %d bytes", c.name, count, size,
				acceptedCount,
				acceptedSize)
		}
	}
}
