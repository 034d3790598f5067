package validation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// subject is a JSON body of the contract: what kin-openapi checks it with, a message that carries it, and values to
// start from.
type subject struct {
	name     string
	schema   *openapi3.Schema
	status   int // 0 for requests
	request  *http.Request
	examples []any
}

// accepts is our verdict on the subject with this body.
func (s *subject) accepts(body []byte) (bool, error) {
	r := *s.request
	if s.status == 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		err := shared().CheckRequest(&r)
		return err == nil, err
	}
	err := shared().CheckResponse(answer(&r, s.status, string(body)))
	return err == nil, err
}

func (s *subject) direction() validation.Direction {
	if s.status == 0 {
		return validation.Request
	}
	return validation.Response
}

// world is the contract as the differential tests see it.
type world struct {
	subjects []*subject
	// names and texts are all member names, and all values of enumerations and examples of texts.
	names, texts []string
	parameters   []*sample
}

// sample is a parameter of an operation and a request to put it into.
type sample struct {
	parameter *openapi3.Parameter
	request   *http.Request
}

var theWorld = sync.OnceValue(func() *world {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err)
	}
	w := &world{texts: []string{"", "x", id, nilID, "2024-02-29", "2026-02-31", "2023-01-01T00:00:00Z", "a@b.example",
		"https://example.com"}}
	names, texts := map[string]bool{}, map[string]bool{}
	err = doc.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		for name := range ref.Value.Properties {
			names[name] = true
		}
		for _, value := range ref.Value.Enum {
			if text, ok := value.(string); ok {
				texts[text] = true
			}
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	w.names = slices.Sorted(maps.Keys(names))
	w.texts = append(w.texts, slices.Sorted(maps.Keys(texts))...)
	examples := map[string][]any{}
	eachExample(doc, func(method, path, status string, body []byte) {
		key := method + " " + path + " " + status
		examples[key] = append(examples[key], decode(body))
	})
	for template, item := range doc.Paths.Map() {
		path := fillPath(template)
		for method, op := range item.Operations() {
			add := func(status string, content openapi3.Content) {
				media := content["application/json"]
				if media == nil || media.Schema == nil {
					return
				}
				code := 0
				switch status {
				case "":
				case "default":
					code = 503
				default:
					code, _ = strconv.Atoi(strings.ReplaceAll(status, "XX", "50"))
				}
				r := request(method, path, "")
				r.Header.Set("Content-Type", "application/json")
				w.subjects = append(w.subjects, &subject{
					strings.TrimSpace(method + " " + template + " " + status), media.Schema.Value, code, r,
					examples[method+" "+path+" "+status],
				})
			}
			if op.RequestBody != nil {
				add("", op.RequestBody.Value.Content)
			}
			for status, ref := range op.Responses.Map() {
				add(status, ref.Value.Content)
			}
			for _, ref := range slices.Concat(op.Parameters, item.Parameters) {
				if ref.Value.Schema != nil && ref.Value.In != "path" {
					w.parameters = append(w.parameters, &sample{ref.Value, request(method, path, "")})
				}
			}
		}
	}
	slices.SortFunc(w.subjects, func(a, b *subject) int { return strings.Compare(a.name, b.name) })
	return w
})

func fillPath(template string) string {
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		switch {
		case segment == "{document_type}":
			segments[i] = "ID_FRONT"
		case strings.HasPrefix(segment, "{"):
			segments[i] = id
		}
	}
	return strings.Join(segments, "/")
}

func decode(body []byte) any {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		panic(err)
	}
	return value
}

// dice is where choices come from: a seeded generator, or rapid, which shrinks them.
type dice func(n int) int

func pick[T any](d dice, from []T) T { return from[d(len(from))] }

var numbers = []json.Number{
	"0", "-0", "1", "-1", "1.0", "1.5", "1e3", "100e-2", "0.1", "2147483647", "2147483648", "-2147483649",
	"9007199254740991", "9007199254740993",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "1e-400",
	"99999999999999999999999999", "1000000000000000000",
}

func (w *world) scalar(d dice) any {
	switch d(8) {
	case 0:
		return nil
	case 1:
		return d(2) == 0
	case 2:
		return pick(d, []any{[]any{}, map[string]any{}, []any{nil}, map[string]any{"x": json.Number("1")},
			[]any{[]any{map[string]any{}}}})
	case 3:
		return strings.Repeat(pick(d, []string{"a", "é", "7", " ", "\U0001F600"}), d(600))
	case 4, 5:
		return pick(d, numbers)
	}
	return pick(d, w.texts)
}

// generate makes a value that a schema accepts, most of the time.
func (w *world) generate(d dice, s *openapi3.Schema, depth int) any {
	if d(60) == 0 {
		return w.scalar(d)
	}
	if s.Nullable && d(4) == 0 {
		return nil
	}
	if len(s.Enum) > 0 {
		return pick(d, s.Enum)
	}
	object := map[string]any{}
	merge := func(value any) any {
		if members, ok := value.(map[string]any); ok {
			maps.Copy(object, members)
			return nil
		}
		return value
	}
	var other any
	for _, variants := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(variants) == 0 {
			continue
		}
		variant := pick(d, variants)
		if value := merge(w.generate(d, variant.Value, depth)); value != nil {
			other = value
		}
		if s.Discriminator != nil && d(20) > 0 {
			for value := range s.Discriminator.Mapping {
				ref := s.Discriminator.Mapping[value].Ref
				if strings.TrimPrefix(ref, "#/components/schemas/") == strings.TrimPrefix(variant.Ref,
					"#/components/schemas/") {
					object[s.Discriminator.PropertyName] = value
				}
			}
		}
	}
	for _, ref := range s.AllOf {
		if value := merge(w.generate(d, ref.Value, depth)); value != nil {
			other = value
		}
	}
	switch {
	case s.Type.Is("string"):
		switch s.Format {
		case "uuid":
			return id
		case "date":
			return "2024-02-29"
		case "date-time":
			return "2023-01-01T00:00:00Z"
		case "email":
			return "a@b.example"
		case "uri":
			return "https://example.com"
		}
		n := int(s.MinLength)
		if s.MaxLength == nil || *s.MaxLength > uint64(n) {
			n++
		}
		return strings.Repeat("a", n)
	case s.Type.Is("integer"), s.Type.Is("number"):
		if s.Min != nil && d(2) == 0 {
			return json.Number(strconv.FormatFloat(*s.Min, 'f', -1, 64))
		}
		if s.Max != nil {
			return json.Number(strconv.FormatFloat(*s.Max, 'f', -1, 64))
		}
		return json.Number("5")
	case s.Type.Is("boolean"):
		return d(2) == 0
	case s.Type.Is("array"):
		items := []any{}
		for range int(s.MinItems) + d(3) {
			if s.Items != nil && depth < 8 {
				items = append(items, w.generate(d, s.Items.Value, depth+1))
			}
		}
		return items
	case other != nil:
		return other
	}
	for name, ref := range s.Properties {
		if _, there := object[name]; there && d(2) == 0 {
			continue
		}
		if (slices.Contains(s.Required, name) || d(2) == 0) && depth < 8 {
			object[name] = w.generate(d, ref.Value, depth+1)
		}
	}
	return object
}

// mutate changes a value in one place.
func (w *world) mutate(d dice, value any) any {
	switch v := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		v = maps.Clone(v)
		if len(names) > 0 && d(4) > 0 {
			name := pick(d, names)
			switch d(8) {
			case 0:
				delete(v, name)
			case 1:
				v[strings.ToUpper(name)] = v[name]
			case 2:
				v[strings.ToUpper(name)] = v[name]
				delete(v, name)
			case 3:
				v[name] = v[pick(d, names)]
			default:
				v[name] = w.mutate(d, v[name])
			}
			return v
		}
		if d(3) > 0 {
			v[pick(d, w.names)] = w.scalar(d)
			return v
		}
	case []any:
		v = slices.Clone(v)
		if len(v) > 0 && d(3) > 0 {
			i := d(len(v))
			switch d(6) {
			case 0:
				return slices.Delete(v, i, i+1)
			case 1:
				return append(v, v[i])
			default:
				v[i] = w.mutate(d, v[i])
				return v
			}
		}
	case json.Number:
		switch d(5) {
		case 0:
			return v + "0"
		case 1:
			return v.String()
		case 2:
			if n, err := v.Int64(); err == nil {
				return json.Number(strconv.FormatInt(n+int64(d(5))-2, 10))
			}
		case 3:
			return json.Number("-" + strings.TrimPrefix(v.String(), "-"))
		}
	case string:
		if len(v) > 0 && d(3) == 0 {
			i := d(len(v))
			return strings.ToValidUTF8(v[:i]+pick(d, []string{"", "é", "0", "-", " ", "\"", "\\", "\n", v})+v[i+1:], "")
		}
	}
	return w.scalar(d)
}

// deface changes the bytes of a text.
func deface(d dice, text []byte) []byte {
	if len(text) == 0 {
		return text
	}
	i := d(len(text))
	switch d(6) {
	case 0:
		return text[:i]
	case 1:
		return slices.Insert(slices.Clone(text), i, pick(d, []byte("{}[]\",:\\ue0-+.\x00\xff\xc3 \t\n")))
	case 2:
		return slices.Delete(slices.Clone(text), i, i+1)
	case 3:
		return append(slices.Clone(text), pick(d, []string{" ", "\n", "x", "{}", ","})...)
	case 4:
		// The same character, escaped, where it stands in a text.
		if b := text[i]; b >= 'a' && b <= 'z' {
			return slices.Replace(slices.Clone(text), i, i+1, fmt.Appendf(nil, `\u%04x`, b)...)
		}
	case 5:
		if j := bytes.IndexByte(text, '{'); j >= 0 {
			if k := bytes.IndexAny(text[j:], ",}"); k > 1 {
				return slices.Concat(text[:j+1], text[j+1:j+k], []byte(","), text[j+1:])
			}
		}
	}
	return text
}

// body makes a body for a subject: an example or a generated value, changed in up to three places.
func (w *world) body(d dice, s *subject) []byte {
	var value any
	if len(s.examples) > 0 && d(3) > 0 {
		value = pick(d, s.examples)
	} else {
		value = w.generate(d, s.schema, 0)
	}
	for range d(4) {
		value = w.mutate(d, value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		// A digit more does not always make a number.
		return []byte("00")
	}
	if d(8) == 0 {
		text = deface(d, text)
	}
	return text
}

// compare fails when we and kin-openapi do not agree on a body.
func compare(s *subject, body []byte) (accepted bool, err error) {
	if len(body) == 0 {
		return false, nil
	}
	ours, reason := s.accepts(body)
	kins := kinAccepts(s.schema, s.direction(), body)
	if ours != kins {
		return ours, fmt.Errorf("%s: we accept it: %v (%w); kin-openapi: %v\n%s", s.name, ours, reason, kins, body)
	}
	if e, ok := reason.(*validation.Error); ok { //nolint:errorlint // it must not be wrapped
		for _, v := range e.Violations {
			if v.Rule == "schema" {
				return ours, fmt.Errorf("%s: refused without a reason\n%s", s.name, body)
			}
		}
	}
	return ours, nil
}

// The same verdict as kin-openapi, for every body of the contract in both directions. VALIDATION_MUTANTS says how many
// bodies to try; docs/validation.md has the figure of the last long run.
func TestBodiesGetTheVerdictOfKin(t *testing.T) {
	count := 20_000
	if text := os.Getenv("VALIDATION_MUTANTS"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := theWorld()
	var next, accepted, wrong atomic.Int64
	var group sync.WaitGroup
	seed := rand.Uint64()
	for worker := range uint64(4) {
		group.Go(func() {
			source := rand.New(rand.NewPCG(seed, worker))
			for wrong.Load() < 5 {
				i := int(next.Add(1)) - 1
				if i >= count {
					return
				}
				s := w.subjects[i%len(w.subjects)]
				ok, err := compare(s, w.body(source.IntN, s))
				if err != nil {
					wrong.Add(1)
					t.Errorf("seed %d: %v", seed, err)
				}
				if ok {
					accepted.Add(1)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d bodies of %d kinds, %d of them accepted by both", count, len(w.subjects), accepted.Load())
	if share := float64(accepted.Load()) / float64(count); share < 0.05 || share > 0.95 {
		t.Errorf("%.0f%% of the bodies are accepted: the test is blind on one side", share*100)
	}
}

// The same, with bodies that rapid makes smaller when it finds one.
func TestGeneratedBodiesGetTheVerdictOfKin(t *testing.T) {
	w := theWorld()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(w.subjects).Draw(t, "subject")
		body := w.body(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }, s)
		if _, err := compare(s, body); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzBodiesGetTheVerdictOfKin(f *testing.F) {
	w := theWorld()
	for i, s := range w.subjects {
		for _, example := range s.examples {
			body, err := json.Marshal(example)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, body)
		}
	}
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		if i < 0 || i >= len(w.subjects) {
			return
		}
		if _, err := compare(w.subjects[i], body); err != nil {
			t.Error(err)
		}
	})
}

// Parameters get kin-openapi's verdict too, once their text has the type that the schema asks for.
func TestParametersGetTheVerdictOfKin(t *testing.T) {
	w := theWorld()
	source := rand.New(rand.NewPCG(rand.Uint64(), 0))
	d := dice(source.IntN)
	accepted, refused := 0, 0
	for range 30_000 {
		s := pick(d, w.parameters)
		p := s.parameter
		var texts []string
		for range 1 + d(2)*d(2) {
			text, ok := w.generate(d, p.Schema.Value, 0).(string)
			if !ok || d(3) == 0 {
				text = fmt.Sprint(pick(d, []any{d(200) - 50, pick(d, w.texts), pick(d, numbers), d(2) == 0, id + "é",
					"\xff", "a\"\\b"}))
			}
			texts = append(texts, text)
		}
		r := s.request.Clone(s.request.Context())
		list := p.Schema.Value.Type.Is("array")
		var value any
		switch {
		case list:
			items := []any{}
			for _, text := range texts {
				items = append(items, kinCoerce(p.Schema.Value.Items.Value, text))
			}
			value = items
		default:
			value = kinCoerce(p.Schema.Value, texts[0])
		}
		switch p.In {
		case "query":
			query := r.URL.Query()
			query[p.Name] = texts
			r.URL.RawQuery = query.Encode()
			if d(2) == 0 && !strings.ContainsAny(strings.Join(texts, ""), "&=%+;#") {
				r.URL.RawQuery = p.Name + "=" + strings.Join(texts, "&"+p.Name+"=")
			}
		default:
			texts = texts[:1]
			r.Header[http.CanonicalHeaderKey(p.Name)] = texts
		}
		want := kinVisit(p.Schema.Value, value) && (list || len(texts) == 1) &&
			(!strings.EqualFold(p.Name, "x-jiko-idempotency") || texts[0] != nilID)
		got := true
		for _, rule := range rules(refusal(t, shared().CheckRequest(r))) {
			got = got && !strings.HasPrefix(rule, p.In+"."+p.Name+" ") && !strings.HasPrefix(rule, p.In+"."+p.Name+".")
		}
		if got != want {
			t.Fatalf("%s %s = %q: we accept it: %v; kin-openapi: %v", p.In, p.Name, texts, got, want)
		}
		if got {
			accepted++
		} else {
			refused++
		}
	}
	if accepted < 1000 || refused < 1000 {
		t.Errorf("%d accepted, %d refused: the test is blind on one side", accepted, refused)
	}
}
