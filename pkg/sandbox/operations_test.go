package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// Every operation of the contract is called, with what the contract gives as an example: none is answered with 501, and
// nothing breaks.
func TestEveryOperationIsServed(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	w := open(t)
	for _, operation := range partnerapi.Operations() {
		t.Run(operation.ID, func(t *testing.T) {
			declared := document.Paths.Value(operation.Path).GetOperation(operation.Method)
			for _, body := range bodies(t, declared) {
				target, header := example(t, operation.Path, declared)
				a := w.raw(t, uuid.NewString(), operation.Method, target, body.text, func(r *http.Request) {
					if body.media != "" {
						r.Header.Set("Content-Type", body.media)
					}
					maps.Copy(r.Header, header)
				})
				switch {
				case a.status >= http.StatusInternalServerError,
					a.status == http.StatusUnauthorized && operation.ID != "login":
					t.Errorf("%d %s", a.status, a.body)
				case declared.Responses.Status(a.status) == nil && declared.Responses.Default() == nil:
					t.Errorf("%d, which the contract does not have", a.status)
				}
			}
		})
	}
}

type content struct{ media, text string }

// bodies are the bodies that the contract gives as examples, or one without any.
func bodies(t *testing.T, operation *openapi3.Operation) []content {
	t.Helper()
	if operation.RequestBody == nil {
		return []content{{}}
	}
	declared := operation.RequestBody.Value.Content
	if declared.Get("application/json") == nil {
		media := slices.Sorted(maps.Keys(declared))[0]
		return []content{{media, fmt.Sprint(declared[media].Example)}}
	}
	json := declared["application/json"]
	var all []content
	if json.Example != nil {
		all = append(all, content{"application/json", encode(t, json.Example)})
	}
	for _, name := range slices.Sorted(maps.Keys(json.Examples)) {
		all = append(all, content{"application/json", encode(t, json.Examples[name].Value.Value)})
	}
	if json.Schema.Value.Example != nil {
		all = append(all, content{"application/json", encode(t, json.Schema.Value.Example)})
	}
	if len(all) == 0 {
		t.Fatal("the contract has no example of the body")
	}
	return all
}

// example is a path and the headers that the operation needs beyond those of every request.
func example(t *testing.T, path string, operation *openapi3.Operation) (string, http.Header) {
	t.Helper()
	query, header := url.Values{}, http.Header{}
	for _, ref := range operation.Parameters {
		p := ref.Value
		switch {
		case p.In == openapi3.ParameterInPath:
			path = strings.ReplaceAll(path, "{"+p.Name+"}", text(t, p))
		case !p.Required, strings.HasPrefix(p.Name, "x-jiko-"), p.Name == "content-length":
		case p.In == openapi3.ParameterInQuery:
			query.Set(p.Name, text(t, p))
		case p.In == openapi3.ParameterInHeader:
			header.Set(p.Name, text(t, p))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, header
}

func text(t *testing.T, p *openapi3.Parameter) string {
	t.Helper()
	value := p.Example
	if value == nil {
		value = p.Schema.Value.Example
	}
	if s, ok := value.(string); ok {
		return s
	}
	if value == nil {
		t.Fatalf("the contract has no example of %s", p.Name)
	}
	b, err := json.Marshal(value)
	return string(must(t, b, err))
}
