package validation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

// exchanged is a JSON body of the contract and the Go type that is generated for it.
type exchanged struct {
	name, method, path string
	// status is 0 for a request.
	status   int
	schema   *openapi3.Schema
	model    reflect.Type
	examples []any
}

func (e *exchanged) check(body []byte) error {
	if e.status == 0 {
		return shared().CheckRequest(request(e.method, e.path, string(body)))
	}
	return shared().CheckResponse(answer(request(e.method, e.path, ""), e.status, string(body)))
}

// theExchanged are all JSON bodies of requests and of answers that succeed.
var theExchanged = sync.OnceValue(func() []*exchanged {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		panic(err)
	}
	examples := map[string][]any{}
	schematest.EachExample(document, func(method, path, status string, body []byte) {
		key := method + " " + path + " " + status
		examples[key] = append(examples[key], numbered(body))
	})
	methodOf := func(t reflect.Type, operation string) reflect.Type {
		for i := range t.NumMethod() {
			if strings.EqualFold(t.Method(i).Name, operation) {
				return t.Method(i).Type
			}
		}
		panic(operation + " is not generated")
	}
	server := reflect.TypeFor[partnerserver.StrictServerInterface]()
	client := reflect.TypeFor[*partnerapi.Client]()
	var list []*exchanged
	for template, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			path := schematest.FillPath(template, slices.Concat(op.Parameters, item.Parameters))
			add := func(status string, content openapi3.Content, model reflect.Type) {
				media := content["application/json"]
				if media == nil || media.Schema == nil {
					return
				}
				code := 0
				_, _ = fmt.Sscan(status, &code)
				list = append(list, &exchanged{
					name: strings.TrimSpace(op.OperationID + " " + status), method: method, path: path, status: code,
					schema: media.Schema.Value, model: model, examples: examples[method+" "+path+" "+status],
				})
			}
			if op.RequestBody != nil {
				if body, ok := methodOf(server, op.OperationID).In(1).FieldByName("Body"); ok {
					add("", op.RequestBody.Value.Content, body.Type)
				}
			}
			for status, ref := range op.Responses.Map() {
				if strings.HasPrefix(status, "2") {
					add(status, ref.Value.Content, methodOf(client, op.OperationID).Out(0))
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b *exchanged) int { return strings.Compare(a.name, b.name) })
	return list
})

func numbered(body []byte) any {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil
	}
	return value
}

// read fails when a body that is accepted does not decode into its model, or decodes to something else.
func (e *exchanged) read(body []byte) (accepted bool, err error) {
	if refused := e.check(body); refused != nil {
		return false, nil //nolint:nilerr // it is refused
	}
	model := reflect.New(e.model)
	if err := json.Unmarshal(body, model.Interface()); err != nil {
		return true, fmt.Errorf("%s: accepted, but it does not decode: %w\n%s", e.name, err, body)
	}
	encoded, err := json.Marshal(model.Interface())
	if err != nil {
		return true, fmt.Errorf("%s: accepted and decoded, but it does not encode: %w\n%s", e.name, err, body)
	}
	if where := differ(numbered(body), numbered(encoded)); where != "" {
		return true, fmt.Errorf("%s: accepted, but decodes to something else at %s:\n%s\n%s", e.name, where, body,
			encoded)
	}
	return true, nil
}

// differ returns where two values differ that are in both, or nothing.
func differ(a, b any) string {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return " "
		}
		for name, value := range a {
			if other, there := b[name]; there {
				if where := differ(value, other); where != "" {
					return "/" + name + where
				}
			}
		}
		return ""
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return " "
		}
		for i := range a {
			if where := differ(a[i], b[i]); where != "" {
				return fmt.Sprintf("/%d%s", i, where)
			}
		}
		return ""
	case json.Number:
		b, ok := b.(json.Number)
		x, isX := new(big.Rat).SetString(a.String())
		y, isY := new(big.Rat).SetString(b.String())
		if !ok || !isX || !isY || x.Cmp(y) != 0 {
			return " "
		}
		return ""
	case string:
		b, ok := b.(string)
		if !ok || !strings.EqualFold(a, b) && !sameTime(a, b) {
			return " "
		}
		return ""
	}
	if !reflect.DeepEqual(a, b) {
		return " "
	}
	return ""
}

func sameTime(a, b string) bool {
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	return errX == nil && errY == nil && x.Equal(y)
}

// oddities are values that many a decoder reads otherwise than a schema, or not at all.
var oddities = []any{
	json.Number("100.0"), json.Number("1e2"), json.Number("-0"), json.Number("0.0"), json.Number("9223372036854775807"),
	json.Number("9223372036854775808"), json.Number("-9223372036854775808"), json.Number("1e19"), json.Number("1e-400"),
	json.Number("1e400"), json.Number("2147483648"), json.Number("0.1"), json.Number("123456789012345678901234567890"),
	"2024-02-29", "2023-02-29", "0000-01-01", "2024-2-9", "2024-02-29T00:00:00Z", "2024-02-29t00:00:00z",
	"2024-06-30T23:59:60Z", "2024-02-29T24:00:00Z", "2024-02-29T00:00:00+24:00", "2024-02-29 00:00:00Z",
	"2024-02-29T00:00:00.123456789123Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2024-02-29T00:00:00,5Z",
	schematest.NilID, strings.ToUpper(id), "{" + id + "}", "urn:uuid:" + id, strings.ReplaceAll(id, "-", ""),
	"YQ==", "YR==", "YQ", "YQ==\n", "_-==", "", "0", "-0", "00.10", "1e2", "1,5", ".5", "5.", "+1", "NaN", "∞", "١",
	"a@b.example", "A <a@b.example>", "https://example.com/%zz", "\ufffd", "\u0000", "\u2028", "null", "true",
	nil, true, []any{}, map[string]any{}, []any{nil}, map[string]any{"a": nil},
}

// odd puts an oddity somewhere into a value.
func odd(d schematest.Dice, value any) any {
	switch v := value.(type) {
	case map[string]any:
		if len(v) > 0 && d(12) > 0 {
			names := make([]string, 0, len(v))
			for name := range v {
				names = append(names, name)
			}
			slices.Sort(names)
			name := schematest.Pick(d, names)
			changed := map[string]any{}
			for n, member := range v {
				changed[n] = member
			}
			changed[name] = odd(d, v[name])
			return changed
		}
	case []any:
		if len(v) > 0 && d(12) > 0 {
			changed := slices.Clone(v)
			i := d(len(v))
			changed[i] = odd(d, v[i])
			return changed
		}
	}
	return schematest.Pick(d, oddities)
}

// What is accepted means the same to the decoder of the generated model, for every JSON body of the contract.
func TestWhatIsAcceptedDecodes(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	words, err := schematest.NewWords(document)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	d := schematest.Dice(rand.New(rand.NewPCG(seed, 0)).IntN)
	accepted, refused, wrong := 0, 0, map[string]bool{}
	for _, e := range theExchanged() {
		ever := 0
		for range 300 {
			var value any
			if len(e.examples) > 0 && d(2) > 0 {
				value = schematest.Pick(d, e.examples)
			} else {
				value = words.Generate(d, e.schema, 0)
			}
			switch d(3) {
			case 0:
				value = odd(d, value)
			case 1:
				value = words.Mutate(d, value)
			}
			body, err := json.Marshal(value)
			if err != nil {
				continue
			}
			if d(4) == 0 {
				body = schematest.Deface(d, body)
			}
			ok, err := e.read(body)
			if err != nil && !wrong[e.name] {
				wrong[e.name] = true
				t.Errorf("seed %d: %v", seed, err)
			}
			if ok {
				ever++
				accepted++
			} else {
				refused++
			}
		}
		if ever == 0 {
			t.Errorf("%s: nothing was accepted", e.name)
		}
	}
	t.Logf("%d bodies of %d kinds decode, %d were refused", accepted, len(theExchanged()), refused)
	if len(theExchanged()) < 100 || accepted < 5_000 || refused < 5_000 {
		t.Error("the test is blind on one side")
	}
}

// The same for bytes that no generator thinks of.
func FuzzWhatIsAcceptedDecodes(f *testing.F) {
	list := theExchanged()
	for i, e := range list {
		for _, example := range e.examples {
			body, err := json.Marshal(example)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, body)
		}
	}
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		if i < 0 || i >= len(list) {
			return
		}
		if _, err := list[i].read(body); err != nil {
			t.Error(err)
		}
	})
}

// Parameters that are accepted are read by the generated server.
func TestParametersThatAreAcceptedAreRead(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	var unread error
	handler := partnerserver.HandlerWithOptions(partnerserver.Unimplemented{}, partnerserver.ChiServerOptions{
		ErrorHandlerFunc: func(_ http.ResponseWriter, _ *http.Request, err error) { unread = err },
	})
	var texts []string
	for _, o := range oddities {
		texts = append(texts, strings.Trim(fmt.Sprint(o), "[]"))
	}
	texts = append(texts, id, "1", "-1", "100", "050", "0x10", "1_000", " 1", "1 ", "TRUE", "True", "1,2", "a,b", "%31")
	accepted, refused := 0, 0
	for _, s := range samples(t, document) {
		for _, enumerated := range s.parameter.Schema.Value.Enum {
			texts = append(texts, fmt.Sprint(enumerated))
		}
		for _, text := range texts {
			r := s.request.Clone(t.Context())
			if s.parameter.In == "query" {
				r.URL.RawQuery = url.Values{s.parameter.Name: {text}}.Encode()
			} else {
				r.Header[http.CanonicalHeaderKey(s.parameter.Name)] = []string{text}
			}
			if shared().CheckRequest(r) != nil {
				refused++
				continue
			}
			accepted++
			unread = nil
			if handler.ServeHTTP(httptest.NewRecorder(), r); unread != nil {
				t.Errorf("%s %s: %s = %q is accepted, but not read: %v", r.Method, r.URL.Path, s.parameter.Name, text,
					unread)
			}
		}
	}
	if accepted < 300 || refused < 300 {
		t.Errorf("%d accepted, %d refused: the test is blind on one side", accepted, refused)
	}
}
