package validation_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestFormatsCanBeAddedReplacedAndLeftOut(t *testing.T) {
	const schema = `{"type": "object", "properties": {"routing": {"type": "string", "format": "routing-number"},
		"mail": {"type": "string", "format": "email"},
		"day": {"type": "string", "format": "date"}}}`
	nine := func(text []byte) bool { return len(text) == 9 && bytes.Trim(text, "0123456789") == nil }
	leap := func(text []byte) bool { return bytes.HasSuffix(text, []byte("-02-29")) }
	v := small(t, schema, validation.Config{Formats: map[string]validation.Format{
		"routing-number": {Expectation: "a routing number of 9 digits", Check: nine},
		"email":          {},
		"date":           {Expectation: "a leap day", Check: leap},
	}})
	if err := v.CheckRequest(request("POST", "/a/",
		`{"routing":"02100\u0030021","mail":"nobody","day":"2023-02-29"}`)); err != nil {
		t.Error(err)
	}
	e := refusal(t, v.CheckRequest(request("POST", "/a/", `{"routing":"021","day":"2023-02-28"}`)))
	if got := strings.Join(rules(e), "; "); got != "body.day format; body.routing format" {
		t.Fatalf("violations = %s", got)
	}
	if e.Violations[0].Message != "must be a leap day" ||
		e.Violations[1].Message != "must be a routing number of 9 digits" {
		t.Errorf("messages = %v", e.Violations)
	}
	// Another validator knows nothing of it.
	if err := small(t, schema, validation.Config{}).CheckRequest(request("POST", "/a/",
		`{"routing":"021","day":"2023-02-28"}`)); err != nil {
		t.Error(err)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	all := func([]byte) bool { return true }
	document, err := openapi3.NewLoader().LoadFromData([]byte(document(
		`{"/a/": {"get": {"responses": {"200": {"description": "ok"}}}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		config     validation.Config
	}{
		{"nothing at all", "Config.Document, the contract, is missing", validation.Config{}},
		{"options without a document", "Config.Document", validation.Config{MaxBodyBytes: 1}},
		{"a document that is empty", "does not say its version", validation.Config{Document: new(openapi3.T)}},
		{"a base path without its slash", "Config.BasePath", validation.Config{Document: document, BasePath: "api"}},
		{"fewer bytes than none", "Config.MaxBodyBytes", validation.Config{Document: document, MaxBodyBytes: -1}},
		{"fewer bytes of a file than none", "MaxFileBytes",
			validation.Config{Document: document, MaxFileBytes: -1}},
		{"fewer violations than none", "MaxViolations", validation.Config{Document: document, MaxViolations: -1}},
		{"a mode that does not exist", "ResponseMode(7)", validation.Config{Document: document, Responses: 7}},
		{"a format without a name", "name and an Expectation", validation.Config{Document: document,
			Formats: map[string]validation.Format{"": {Expectation: "x", Check: all}}}},
		{"a format without an expectation", "name and an Expectation", validation.Config{Document: document,
			Formats: map[string]validation.Format{"x": {Check: all}}}},
		{"a header that no operation has", "X-Key", validation.Config{Document: document,
			RefuseNilUUID: []string{"x-key"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v, err := validation.New(c.config); v != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New = %v; want it to mention %q", err, c.want)
			}
			defer func() {
				if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), c.want) {
					t.Errorf("Must panics with %v; want it to mention %q", err, c.want)
				}
			}()
			validation.Must(c.config)
		})
	}
	if _, err := validation.Load(nil, validation.Config{Document: document}); err == nil ||
		!strings.Contains(err.Error(), "Config.Document") {
		t.Errorf("Load with two documents = %v", err)
	}
}

func TestTheNilUUIDIsRefusedWhereOneSaysSo(t *testing.T) {
	const paths = `{"/a/": {"get": {"operationId": "a", "parameters": [
		{"name": "x-key", "in": "header", "schema": {"type": "string", "format": "uuid"}},
		{"name": "x-other", "in": "header", "schema": {"type": "string", "format": "uuid"}},
		{"name": "x-key", "in": "query", "schema": {"type": "string", "format": "uuid"}}],
		"responses": {"200": {"description": "ok"}}}}}`
	r := httptest.NewRequest("GET", "/a/?x-key="+nilID, nil)
	r.Header.Set("x-key", nilID)
	r.Header.Set("x-other", nilID)
	if err := load(t, paths, validation.Config{}).CheckRequest(r); err != nil {
		t.Errorf("without the option: %v", err)
	}
	v := load(t, paths, validation.Config{RefuseNilUUID: []string{"X-KEY"}})
	e := refusal(t, v.CheckRequest(r))
	if got := strings.Join(rules(e), "; "); got != "header.x-key format" {
		t.Fatalf("violations = %s", got)
	}
	if e.Violations[0].Message != "must be a UUID other than the nil UUID" {
		t.Error(e.Violations[0].Message)
	}
}

func TestFilesHaveALimitOfTheirOwn(t *testing.T) {
	const paths = `{"/a/": {"post": {"operationId": "a", "requestBody": {"content": {
		"image/png": {"schema": {"type": "string", "format": "binary"}}, "application/json": {}}},
		"responses": {"200": {"description": "ok"}}}}}`
	v := load(t, paths, validation.Config{MaxBodyBytes: 5, MaxFileBytes: 10})
	for _, c := range []struct {
		contentType, body string
		status            int
	}{
		{"image/png", "0123456789", 0}, {"image/png", "01234567890", 413},
		{"application/json", "12345", 0}, {"application/json", "123456", 413},
	} {
		for _, length := range []int64{int64(len(c.body)), -1} {
			r := request("POST", "/a/", c.body)
			r.Header.Set("Content-Type", c.contentType)
			r.ContentLength = length
			err := v.CheckRequest(r)
			if err == nil {
				_, err = io.ReadAll(r.Body)
			}
			if e := refusal(t, err); e == nil && c.status != 0 || e != nil && e.Status != c.status {
				t.Errorf("%s of %d bytes: %v; want %d", c.contentType, len(c.body), e, c.status)
			}
		}
	}
}

func TestBodiesThatCannotBeCheckedAreLetThroughOnlyOnRequest(t *testing.T) {
	const form = `{"/a/": {"post": {"operationId": "a",
		"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object"}},
		"text/csv": {"schema": {"type": "string"}}}},
		"responses": {"200": {"description": "ok"}}}}}`
	if _, err := validation.Load([]byte(document(form)),
		validation.Config{Unchecked: []string{"text/*"}}); err == nil ||
		!strings.Contains(err.Error(), "multipart/form-data") || !strings.Contains(err.Error(), "Config.Unchecked") {
		t.Errorf("Load = %v", err)
	}
	v := load(t, form, validation.Config{Unchecked: []string{"Multipart/Form-Data", "text/*"}})
	for contentType, status := range map[string]int{"multipart/form-data; boundary=x": 0, "text/csv": 0,
		"text/html": 415, "application/json": 415} {
		r := request("POST", "/a/", "anything")
		r.Header.Set("Content-Type", contentType)
		if e := refusal(t, v.CheckRequest(r)); e == nil && status != 0 || e != nil && e.Status != status {
			t.Errorf("%s: %v; want %d", contentType, e, status)
		}
	}
}

func TestObserverSeesWhatIsRefusedAndNothingElse(t *testing.T) {
	var seen []int
	v := small(t, `{"type": "object"}`, validation.Config{Observe: func(_ context.Context, event validation.Event) {
		if event.Request.URL.Path == "" {
			t.Error("an event without its request")
		}
		seen = append(seen, event.Refusal.Status)
	}})
	handler := v.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, r := range []*http.Request{request("POST", "/a/", `{}`), request("POST", "/a/", `[]`),
		request("GET", "/a/", ""), request("GET", "/b/", "")} {
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if len(seen) != 3 || seen[0] != 422 || seen[1] != 405 || seen[2] != 404 {
		t.Errorf("observed %v", seen)
	}
}

// What is derived checks the same as what it comes from, which stays as it is.
func TestAValidatorServesSeveralConfigurations(t *testing.T) {
	const schema = `{"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}}`
	v := small(t, schema, validation.Config{RefuseUnknown: true})
	observed := 0
	shorter, err := v.With(validation.Config{MaxBodyBytes: 9,
		Observe: func(context.Context, validation.Event) { observed++ }})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		body           string
		whole, derived int
	}{
		{`{"a":"b"}`, http.StatusNoContent, http.StatusNoContent},
		{`{"a":"b"} `, http.StatusNoContent, http.StatusRequestEntityTooLarge},
		{`{"a":12}`, http.StatusUnprocessableEntity, http.StatusUnprocessableEntity},
		{`{"b":12}`, http.StatusUnprocessableEntity, http.StatusUnprocessableEntity},
	} {
		for one, want := range map[*validation.Validator]int{v: c.whole, shorter: c.derived} {
			w := httptest.NewRecorder()
			one.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNoContent)
			})).ServeHTTP(w, request("POST", "/a/", c.body))
			if w.Code != want {
				t.Errorf("%s is answered with %d; want %d", c.body, w.Code, want)
			}
		}
	}
	if observed != 3 {
		t.Errorf("%d refusals were observed; want those of the derived one alone", observed)
	}
}

func TestWithRefusesWhatAContractIsCompiledWith(t *testing.T) {
	v := small(t, `{}`, validation.Config{})
	for name, config := range map[string]validation.Config{
		"a document":        {Document: new(openapi3.T)},
		"a base path":       {BasePath: "/"},
		"formats":           {Formats: map[string]validation.Format{}},
		"unchecked":         {Unchecked: []string{"a/b"}},
		"headers":           {RefuseNilUUID: []string{"x"}},
		"unknown":           {RefuseUnknown: true},
		"development":       {Development: true},
		"a negative limit":  {MaxBodyBytes: -1},
		"no mode of theirs": {Responses: 7},
	} {
		if derived, err := v.With(config); derived != nil || err == nil {
			t.Errorf("%s: %v, %v", name, derived, err)
		}
	}
	if _, err := new(validation.Validator).With(validation.Config{}); err == nil {
		t.Error("a validator that New has not made")
	}
}
