package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schema"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

// subject is a JSON body of the contract: its schema, for kin-openapi and compiled, and values to start from.
type subject struct {
	name      string
	source    *openapi3.SchemaRef
	compiled  *schema.Schema
	direction schema.Direction
	examples  []any
}

// world is the contract as the differential tests see it.
type world struct {
	*schematest.Words
	subjects []*subject
}

var theWorld = sync.OnceValue(func() *world {
	// What the package is compared with is openapi.yaml itself.
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err)
	}
	words, err := schematest.NewWords(document)
	if err != nil {
		panic(err)
	}
	examples := map[string][]any{}
	schematest.EachExample(document, func(method, path, status string, body []byte) {
		key := method + " " + path + " " + status
		examples[key] = append(examples[key], decode(body))
	})
	survey := schema.NewSurvey()
	w := &world{Words: words}
	for template, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			path := schematest.FillPath(template, slices.Concat(op.Parameters, item.Parameters))
			add := func(status string, direction schema.Direction, content openapi3.Content) {
				media := content["application/json"]
				if media == nil || media.Schema == nil {
					return
				}
				if err := survey.Add(media.Schema); err != nil {
					panic(err)
				}
				w.subjects = append(w.subjects, &subject{
					name: strings.TrimSpace(method + " " + template + " " + status), source: media.Schema,
					direction: direction, examples: examples[method+" "+path+" "+status],
				})
			}
			if op.RequestBody != nil {
				add("", schema.DirectionRequest, op.RequestBody.Value.Content)
			}
			for status, ref := range op.Responses.Map() {
				add(status, schema.DirectionResponse, ref.Value.Content)
			}
		}
	}
	compilers := map[schema.Direction]*schema.Compiler{}
	for _, direction := range []schema.Direction{schema.DirectionRequest, schema.DirectionResponse} {
		compilers[direction] = schema.NewCompiler(schema.Config{Direction: direction, Survey: survey})
	}
	for _, s := range w.subjects {
		if s.compiled, err = compilers[s.direction].Compile(s.source); err != nil {
			panic(err)
		}
	}
	slices.SortFunc(w.subjects, func(a, b *subject) int { return strings.Compare(a.name, b.name) })
	return w
})

// body makes a body for a subject: an example or a generated value, changed in up to three places.
func (w *world) body(d schematest.Dice, s *subject) []byte {
	var value any
	if len(s.examples) > 0 && d(3) > 0 {
		value = schematest.Pick(d, s.examples)
	} else {
		value = w.Generate(d, s.source.Value, 0)
	}
	for range d(4) {
		value = w.Mutate(d, value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		// A digit more does not always make a number.
		return []byte("00")
	}
	if d(8) == 0 {
		text = schematest.Deface(d, text)
	}
	return text
}

// compare fails when we and kin-openapi do not agree on a body.
func compare(s *subject, body []byte) (accepted bool, err error) {
	if len(body) == 0 {
		return false, nil
	}
	faults := check(s.compiled, body)
	ours, kins := len(faults) == 0, schematest.Accepts(s.source.Value, s.direction, body)
	if ours != kins && (ours || !isSpelling(s, body)) {
		return ours, fmt.Errorf("%s: we have against it: %q; kin-openapi accepts it: %v\n%s", s.name, rules(faults),
			kins, body)
	}
	if all := s.compiled.CheckAll(new(schema.Checker), body, 20); !reflect.DeepEqual(faults, all) {
		return ours, fmt.Errorf("%s: a second look finds %q; %q without passing over anything\n%s", s.name,
			rules(faults),
			rules(all), body)
	}
	for _, f := range faults {
		if f.Rule == "schema" {
			return ours, fmt.Errorf("%s: refused without a reason\n%s", s.name, body)
		}
	}
	return ours, nil
}

// isSpelling reports whether a body is refused for its escapes alone: see TestDeliberateDifferences for the one format
// that must not have any.
func isSpelling(s *subject, body []byte) bool {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	return bytes.IndexByte(body, '\\') >= 0 && encoder.Encode(decode(body)) == nil &&
		len(check(s.compiled, plain.Bytes())) == 0
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
