package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// The guide says what the sandbox serves. Every operation of the contract is called, with what the contract gives as an
// example, to see whether that is so.
func TestTheGuideNamesWhatIsServed(t *testing.T) {
	served := servedByTheGuide(t)
	document, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	w := open(t)
	for _, operation := range partnerapi.Operations() {
		t.Run(operation.ID, func(t *testing.T) {
			declared := document.Paths.Value(operation.Path).GetOperation(operation.Method)
			var statuses []int
			for _, body := range bodies(t, declared) {
				target, header := example(t, operation.Path, declared)
				a := w.raw(t, uuid.NewString(), operation.Method, target, body.text, func(r *http.Request) {
					if body.media != "" {
						r.Header.Set("Content-Type", body.media)
					}
					maps.Copy(r.Header, header)
				})
				if a.status == http.StatusInternalServerError ||
					a.status == http.StatusUnauthorized && operation.ID != "login" {
					t.Errorf("%d %s", a.status, a.body)
				}
				if a.status == http.StatusNotImplemented && !strings.Contains(a.body, operation.ID) {
					t.Errorf("the answer does not name the operation: %s", a.body)
				}
				if a.status == http.StatusUnprocessableEntity && !served[operation.ID] {
					t.Errorf("the contract's own example is refused: %s", a.body)
				}
				statuses = append(statuses, a.status)
			}
			// One kind of request that is served is enough to serve an operation.
			isServed := slices.ContainsFunc(statuses,
				func(status int) bool { return status != http.StatusNotImplemented })
			if isServed != served[operation.ID] {
				t.Errorf("answered with %v; docs/sandbox.md says served: %t", statuses, served[operation.ID])
			}
			delete(served, operation.ID)
		})
	}
	for id := range served {
		t.Errorf("docs/sandbox.md names %s, which the contract does not have", id)
	}
}

// servedByTheGuide reads the section of docs/sandbox.md.
func servedByTheGuide(t *testing.T) map[string]bool {
	t.Helper()
	guide, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(guide), "## What it serves\n")
	if !ok {
		t.Fatal("the guide has no section on what is served")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	served := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z][A-Za-z0-9]*)`").FindAllStringSubmatch(section, -1) {
		served[m[1]] = true
	}
	return served
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

// Whatever is not served is refused before that when it is not right.
func TestWhatIsNotServedIsCheckedAllTheSame(t *testing.T) {
	w := open(t)
	const wires = "/api/v1/wires/"
	for _, c := range []struct {
		name, target string
		change       func(*http.Request)
		want         int
	}{
		{"a right request", wires, func(*http.Request) {}, http.StatusNotImplemented},
		{"a wrong parameter", wires + "?limit=0", func(*http.Request) {}, http.StatusUnprocessableEntity},
		{"a wrong token", wires, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
			http.StatusUnauthorized},
		{"a wrong signature", wires, func(r *http.Request) { r.Header.Set("x-jiko-signature", "x") },
			http.StatusUnauthorized},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := w.raw(t, uuid.NewString(), http.MethodGet, c.target, "", c.change); a.status != c.want {
				t.Errorf("%d %s; want %d", a.status, a.body, c.want)
			}
		})
	}
}
