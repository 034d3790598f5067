package partner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// contractOperation is an operation with what is needed to serve it and to call it.
type contractOperation struct {
	*openapi3.Operation
	method, template string
	path             *regexp.Regexp
	// parameters are the operation's own and those of its path.
	parameters openapi3.Parameters
	status     int
	mediaType  string
	answer     []byte
}

// contractServer answers every operation of the contract with the example of its first success, after it checked the
// request against the contract.
type contractServer struct {
	operations map[string]*contractOperation
	handler    http.Handler

	mu sync.Mutex
	// seen counts the requests to each operation.
	seen map[string]int
	// last is the last request.
	last struct {
		operation, query, body, contentType string
	}
	refused []string
	// onePage has lists end with their first page.
	onePage bool
}

func newContractServer(t *testing.T) *contractServer {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	s := &contractServer{operations: map[string]*contractOperation{}, seen: map[string]int{}}
	validator, err := validation.Load(partnergo.Spec(), validation.Config{
		Refuse: func(w http.ResponseWriter, r *http.Request, refusal validation.Refusal) {
			s.mu.Lock()
			s.refused = append(s.refused, fmt.Sprintf("%s %s: %v", r.Method, r.URL, &refusal))
			s.mu.Unlock()
			validation.WriteRefusal(w, r, refusal)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	variable := regexp.MustCompile(`\\\{[^}]*\\\}`)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			o := &contractOperation{
				Operation: operation, method: method, template: path,
				parameters: slices.Concat(operation.Parameters, item.Parameters),
				path:       regexp.MustCompile("^" + variable.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$"),
			}
			for _, code := range slices.Sorted(maps.Keys(operation.Responses.Map())) {
				if !strings.HasPrefix(code, "2") {
					continue
				}
				if _, err := fmt.Sscan(code, &o.status); err != nil {
					t.Fatal(err)
				}
				for mediaType, content := range operation.Responses.Value(code).Value.Content {
					o.mediaType, o.answer = mediaType, encoded(t, example(content.Example, content.Examples))
				}
				break
			}
			if o.status == 0 {
				t.Fatalf("%s has no success", operation.OperationID)
			}
			s.operations[operation.OperationID] = o
		}
	}
	s.handler = validator.Middleware(http.HandlerFunc(s.serve))
	return s
}

func (s *contractServer) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var found *contractOperation
	for _, o := range s.operations {
		if o.method == r.Method && o.path.MatchString(r.URL.EscapedPath()) {
			// A path without parameters is more precise than one with.
			if found == nil || len(o.path.String()) > len(found.path.String()) {
				found = o
			}
		}
	}
	if found == nil {
		answer(w, 404, `{"detail":"no such operation"}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[found.OperationID]++
	s.last.operation, s.last.query, s.last.body, s.last.contentType = found.OperationID, r.URL.RawQuery, string(body),
		r.Header.Get("Content-Type")
	text := found.answer
	if s.onePage {
		text = lastPage(text)
	}
	if found.mediaType != "" {
		w.Header().Set("Content-Type", found.mediaType)
	}
	w.WriteHeader(found.status)
	_, _ = w.Write(text)
}

// lastPage makes a page the only one.
func lastPage(text []byte) []byte {
	var page map[string]any
	if json.Unmarshal(text, &page) != nil {
		return text
	}
	items, _ := page["items"].([]any)
	page["next_page"], page["count"] = nil, len(items)
	b, _ := json.Marshal(page)
	return b
}

// example is the one example of some content, or the first by name.
func example(one any, many openapi3.Examples) any {
	if one != nil {
		return one
	}
	for _, name := range slices.Sorted(maps.Keys(many)) {
		return many[name].Value.Value
	}
	return nil
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	if value == nil {
		return nil
	}
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// parameterExample is what the contract shows of a parameter, as JSON.
func parameterExample(t *testing.T, p *openapi3.Parameter) []byte {
	t.Helper()
	value := example(p.Example, p.Examples)
	schema := p.Schema.Value
	if value == nil {
		value = schema.Example
	}
	if value == nil && len(schema.Enum) > 0 {
		value = schema.Enum[0]
	}
	if value == nil && schema.Default != nil {
		value = schema.Default
	}
	if value == nil && schema.Items != nil {
		if item := schema.Items.Value; item.Example != nil {
			value = []any{item.Example}
		} else if len(item.Enum) > 0 {
			value = []any{item.Enum[0], item.Enum[len(item.Enum)-1]}
		}
	}
	if value == nil {
		switch {
		case schema.Format == "uuid":
			value = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
		case schema.Format == "date-time":
			value = "2026-01-02T03:04:05Z"
		case schema.Format == "date":
			value = "2026-01-02"
		case schema.Type.Is("integer"):
			value = 1
		case schema.Type.Is("boolean"):
			value = true
		case schema.Type.Is("string"):
			value = "a b/c&d"
		default:
			t.Fatalf("the parameter %s has no example", p.Name)
		}
	}
	return encoded(t, value)
}

// arguments makes the arguments of a service's method from the contract. With all, every optional parameter is set.
//
//nolint:revive // The testing.T comes first, as everywhere.
func (s *contractServer) arguments(t *testing.T, ctx context.Context, method reflect.Type, o *contractOperation,
	all bool) (in []reflect.Value, hasParams bool) {
	t.Helper()
	var path []*openapi3.Parameter
	others := map[string]*openapi3.Parameter{}
	for _, p := range o.parameters {
		if p.Value.In == "path" {
			path = append(path, p.Value)
		} else {
			others[p.Value.Name] = p.Value
		}
	}
	// In the order of the template.
	slices.SortFunc(path, func(a, b *openapi3.Parameter) int {
		return strings.Index(o.template, "{"+a.Name+"}") - strings.Index(o.template, "{"+b.Name+"}")
	})
	decoded := func(of reflect.Type, text []byte) reflect.Value {
		v := reflect.New(of)
		if err := json.Unmarshal(text, v.Interface()); err != nil {
			t.Fatalf("%s: an example is no %s: %v", o.OperationID, of, err)
		}
		return v
	}
	reader := reflect.TypeFor[io.Reader]()
	for i := range method.NumIn() - 1 { // The last are the options.
		of := method.In(i)
		switch {
		case of == reflect.TypeFor[context.Context]():
			in = append(in, reflect.ValueOf(ctx))
		case of == reader:
			in = append(in, reflect.ValueOf(strings.NewReader("a file")))
		case i+2 < method.NumIn() && method.In(i+1) == reader: // The media type comes before its file.
			in = append(in, reflect.ValueOf(slices.Sorted(maps.Keys(o.RequestBody.Value.Content))[0]))
		case of.Kind() == reflect.Pointer && strings.HasSuffix(of.Elem().Name(), "Params"):
			hasParams = true
			params := reflect.New(of.Elem())
			required := false
			for f := range of.Elem().NumField() {
				field := of.Elem().Field(f)
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				p := others[name]
				if p == nil {
					t.Fatalf("%s: the contract has no parameter %q", o.OperationID, name)
				}
				required = required || p.Required
				if all || p.Required {
					params.Elem().Field(f).Set(decoded(field.Type, parameterExample(t, p)).Elem())
				}
			}
			if !all && !required {
				params = reflect.Zero(of)
			}
			in = append(in, params)
		case len(path) > 0:
			in = append(in, decoded(of, parameterExample(t, path[0])).Elem())
			path = path[1:]
		case o.RequestBody != nil:
			content := o.RequestBody.Value.Content["application/json"]
			text := encoded(t, example(content.Example, content.Examples))
			if of.Kind() == reflect.Pointer && text == nil {
				in = append(in, reflect.Zero(of))
				continue
			}
			in = append(in, decoded(of, text).Elem())
		default:
			t.Fatalf("%s: nothing in the contract is a %s", o.OperationID, of)
		}
	}
	return in, hasParams
}

// operationOf finds out what a method calls: it is given nothing, in a context that is over, and its error names it.
func operationOf(t *testing.T, method reflect.Value) string {
	t.Helper()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	of := method.Type()
	in := []reflect.Value{reflect.ValueOf(over)}
	for i := 1; i < of.NumIn()-1; i++ {
		in = append(in, reflect.Zero(of.In(i)))
	}
	out := method.Call(in)
	var err error
	if last := out[len(out)-1]; last.Type().CanSeq2() {
		for _, failure := range last.Seq2() {
			err, _ = failure.Interface().(error)
		}
	} else {
		err, _ = last.Interface().(error)
	}
	var failure *partner.Error
	if !errors.As(err, &failure) || failure.Outcome != partner.OutcomeNotSent {
		t.Fatalf("a call without arguments in a context that is over: %v", err)
	}
	return failure.Operation.ID
}

func TestEveryOperationIsCalledThroughItsService(t *testing.T) {
	contract := newContractServer(t)
	server := httptest.NewServer(contract.handler)
	defer server.Close()
	// The example of a login ended long ago.
	contract.operations["login"].answer = fmt.Appendf(nil, `{"token":"t","expires":%q}`,
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	client, err := partner.New(partner.Config{BaseURL: server.URL, Username: "u", Password: signing.NewSecret("p"),
		SigningSecret: secret, MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	called, walked := map[string]bool{}, 0
	services := reflect.ValueOf(client.Services)
	for i := range services.NumField() {
		service := services.Field(i)
		of := services.Type().Field(i).Type
		for m := range of.NumMethod() {
			name := of.Method(m).Name
			// The method of the interface, not of what implements it.
			method := service.MethodByName(name)
			t.Run(services.Type().Field(i).Name+"."+name, func(t *testing.T) {
				id := operationOf(t, method)
				o := contract.operations[id]
				if o == nil {
					t.Fatalf("the contract has no operation %q", id)
				}
				walks := method.Type().Out(0).Kind() == reflect.Func && method.Type().Out(0).CanSeq2()
				for _, all := range []bool{false, true} {
					in, hasParams := contract.arguments(t, t.Context(), method.Type(), o, all)
					if all && !hasParams {
						break
					}
					contract.mu.Lock()
					before := contract.seen[id]
					contract.onePage, contract.refused = walks, nil
					contract.mu.Unlock()

					var response partner.Response
					out := method.Call(append(in, reflect.ValueOf(partner.WithResponse(&response))))
					switch {
					case walks:
						walked++
						var page struct{ Items []json.RawMessage }
						if err := json.Unmarshal(o.answer, &page); err != nil {
							t.Fatal(err)
						}
						n := 0
						for item, failure := range out[0].Seq2() {
							if err, _ := failure.Interface().(error); err != nil {
								t.Fatalf("%v: %q", err, contract.refused)
							}
							if n++; n > len(page.Items) {
								t.Fatalf("more items than there are: %v", item)
							}
						}
						if n != len(page.Items) {
							t.Errorf("%d items, want %d", n, len(page.Items))
						}
					default:
						if err, _ := out[len(out)-1].Interface().(error); err != nil {
							t.Fatalf("%v: %q", err, contract.refused)
						}
						called[id] = true
						if len(out) == 2 {
							checkResult(t, out[0], o.answer)
						} else if len(o.answer) > 0 {
							t.Errorf("the method returns nothing of %s", o.answer)
						}
						if response.StatusCode != o.status {
							t.Errorf("the status is %d, want %d", response.StatusCode, o.status)
						}
					}
					contract.mu.Lock()
					if contract.seen[id] != before+1 || contract.last.operation != id {
						t.Errorf("the server saw %s, %d times", contract.last.operation, contract.seen[id]-before)
					}
					if all && contract.last.query == "" &&
						slices.ContainsFunc(o.parameters,
							func(p *openapi3.ParameterRef) bool { return p.Value.In == "query" }) {
						t.Error("no query was sent")
					}
					if o.RequestBody == nil && contract.last.body != "" {
						t.Errorf("a body was sent: %s", contract.last.body)
					}
					contract.mu.Unlock()
				}
			})
		}
	}

	var missing []string
	for id := range contract.operations {
		if !called[id] {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	if len(called) != 99 || len(missing) > 0 {
		t.Errorf("%d operations were called, want 99; left out: %q", len(called), missing)
	}
	if walked < 28 {
		t.Errorf("%d walks", walked)
	}
}

// checkResult wants a result that, encoded again, has everything that the answer has.
func checkResult(t *testing.T, result reflect.Value, text []byte) {
	t.Helper()
	b, err := json.Marshal(result.Interface())
	if err != nil {
		t.Fatal(err)
	}
	decode := func(text []byte) any {
		var v any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	if lost := missing("", decode(text), decode(b)); lost != "" {
		t.Errorf("%s differs from the answer, or is lost", lost)
	}
}

// missing names the first thing that want has and got has not.
func missing(at string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return at
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			value, ok := object[name]
			if list, empty := want[name].([]any); !ok && (want[name] == nil || empty && len(list) == 0) {
				continue // Absent is as good as null, or as an empty list.
			}
			if !ok {
				return at + "." + name
			}
			if lost := missing(at+"."+name, want[name], value); lost != "" {
				return lost
			}
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return at
		}
		for i := range want {
			if lost := missing(fmt.Sprintf("%s[%d]", at, i), want[i], list[i]); lost != "" {
				return lost
			}
		}
	case string:
		other, ok := got.(string)
		if ok && want == other {
			return ""
		}
		// One moment has many spellings.
		a, errA := time.Parse(time.RFC3339, want)
		b, errB := time.Parse(time.RFC3339, other)
		if errA != nil || errB != nil || !a.Equal(b) {
			return at
		}
	default:
		if want != got {
			return at
		}
	}
	return ""
}
