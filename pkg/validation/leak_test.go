package validation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	partnergo "github.com/jiko-partner/partner-go"
	"github.com/jiko-partner/partner-go/pkg/validation"
	"github.com/jiko-partner/partner-go/pkg/validation/internal/schematest"
)

// marker stands for what must not get out: an account number, a name, a secret.
const marker = "Zq7mArKeR"

// searchLeaks fails when the marker is in anything that comes out of a refusal.
func searchLeaks(t *testing.T, what string, err error) {
	t.Helper()
	e := refusal(t, err)
	if e == nil {
		return
	}
	encoded, encodeErr := json.Marshal(e)
	if encodeErr != nil {
		t.Fatal(encodeErr)
	}
	recorder := httptest.NewRecorder()
	validation.WriteRefusal(recorder, nil, *e)
	problem := httptest.NewRecorder()
	validation.WriteProblem(problem, nil, *e)
	for name, text := range map[string]string{
		"Error": e.Error(), "%+v": fmt.Sprintf("%+v", *e), "%#v": fmt.Sprintf("%#v", *e), "json": string(encoded),
		"the answer": recorder.Body.String(), "the answer's headers": fmt.Sprint(recorder.Header()),
		"the problem": problem.Body.String(),
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(marker)) {
			t.Errorf("%s: %s holds the value: %s", what, name, text)
		}
	}
}

func TestNoValueOfARequestGetsOut(t *testing.T) {
	for what, r := range map[string]*http.Request{
		"path":           request("GET", "/"+marker, ""),
		"method":         request(marker, "/api/v1/wires/", ""),
		"path parameter": request("GET", "/api/v1/wires/"+marker+"/", ""),
		"query": request("GET",
			"/api/v1/wires/?limit="+marker+"&pocket_id="+marker+"&direction="+marker+"&customer_id="+marker, ""),
		"query name":      request("GET", "/api/v1/wires/?limit=0&"+marker+"="+marker, ""),
		"malformed query": request("GET", "/api/v1/wires/?%zz"+marker, ""),
		"list":            request("GET", "/api/v2/pockets/"+id+"/transactions/?filter[portal]="+marker, ""),
		"broken JSON":     request("POST", transfers, `{"`+marker+`":`+marker),
		"trailing JSON":   request("POST", transfers, transfer+`"`+marker+`"`),
		"repeated member": request("POST", transfers, `{"`+marker+`":1,"`+marker+`":2}`),
		"body":            request("POST", transfers, `"`+marker+`"`),
	} {
		err := shared().CheckRequest(r)
		if err == nil {
			t.Errorf("%s: accepted", what)
		}
		searchLeaks(t, what, err)
	}
	for _, name := range []string{"x-jiko-idempotency", "x-jiko-signature", "Content-Type", "Content-Encoding",
		"Content-Length"} {
		for _, r := range []*http.Request{request("POST", transfers, transfer), request("POST", upload, "PNG")} {
			r.Header[http.CanonicalHeaderKey(name)] = []string{marker, marker}
			searchLeaks(t, name, shared().CheckRequest(r))
		}
	}
}

// Every example of the contract, with every value and every name in it replaced by the marker, one at a time.
func TestNoValueOfABodyGetsOut(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(partnergo.Spec())
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	schematest.EachExample(doc, func(method, path, status string, body []byte) {
		var root any
		if err := json.Unmarshal(body, &root); err != nil {
			t.Fatal(err)
		}
		mutate(root, func(v any) { root = v }, func(what string) {
			changed, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			what = strings.Join([]string{method, path, status, what}, " ")
			if status == "" {
				err = shared().CheckRequest(request(method, path, string(changed)))
			} else {
				err = shared().CheckResponse(answer(request(method, path, ""),
					map[bool]int{true: 200, false: 422}[status < "3"], string(changed)))
			}
			if err != nil {
				refused++
			}
			searchLeaks(t, what, err)
		})
	})
	if refused < 1000 {
		t.Errorf("only %d bodies were refused", refused)
	}
}

// mutate puts the marker in place of a value and of everything below it, in turn, and calls visit each time.
func mutate(value any, set func(any), visit func(what string)) {
	for what, replacement := range map[string]any{"text": marker, "list": []any{marker},
		"object": map[string]any{marker: marker}} {
		set(replacement)
		visit(what)
	}
	set(value)
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			mutate(item, func(v any) { value[i] = v }, visit)
		}
	case map[string]any:
		for name, member := range value {
			mutate(member, func(v any) { value[name] = v }, visit)
			delete(value, name)
			value[name+marker] = member
			visit("name")
			delete(value, name+marker)
			value[strings.ToUpper(name)] = marker
			visit("name in capitals")
			delete(value, strings.ToUpper(name))
			value[name] = member
		}
	}
}

func TestNoValueGetsOutOfAnyRule(t *testing.T) {
	text := `"` + marker + `"`
	for _, c := range []struct{ schema, body string }{
		{`{"type": "string", "enum": ["a"]}`, text},
		{`{"type": "string", "pattern": "^a$"}`, text},
		{`{"type": "string", "maxLength": 1, "format": "uuid"}`, text},
		{`{"type": "string", "minLength": 100, "format": "email"}`, text},
		{`{"type": "string", "format": "uri"}`, text},
		{`{"type": "object", "additionalProperties": false}`, `{` + text + `:1}`},
		{`{"type": "object", "additionalProperties": {"type": "integer"}}`, `{` + text + `:` + text + `}`},
		{`{"type": "object", "additionalProperties": {"properties": {"a": {}}}}`, `{` + text + `:{"A":1}}`},
		{`{"type": "array", "items": {}, "uniqueItems": true}`, `[` + text + `,` + text + `]`},
		{`{"type": "object", "maxProperties": 0}`, `{` + text + `:1}`},
		{`{"not": {"type": "string"}}`, text},
		{`{"anyOf": [{"type": "integer"}]}`, text},
		{`{"oneOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]}`, text},
	} {
		err := small(t, c.schema, validation.Config{}).CheckRequest(request("POST", "/a/", c.body))
		if err == nil {
			t.Errorf("%s: accepted", c.schema)
		}
		searchLeaks(t, c.schema, err)
	}
}

// A document that holds the marker itself must not make the tests above blind.
func TestTheMarkerIsNotInTheContract(t *testing.T) {
	if bytes.Contains(bytes.ToLower(partnergo.Spec()), []byte(strings.ToLower(marker))) {
		t.Fatal("choose another marker")
	}
}
