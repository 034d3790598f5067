package validation_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestFormatsCanBeAddedReplacedAndLeftOut(t *testing.T) {
	const schema = `{"type": "object", "properties": {"routing": {"type": "string", "format": "routing-number"}, "mail": {"type": "string", "format": "email"},
		"day": {"type": "string", "format": "date"}}}`
	nine := func(text []byte) bool { return len(text) == 9 && bytes.Trim(text, "0123456789") == nil }
	v := small(t, schema, validation.WithFormat("routing-number", "a routing number of 9 digits", nine),
		validation.WithFormat("email", "", nil),
		validation.WithFormat("date", "a leap day",
			func(text []byte) bool { return bytes.HasSuffix(text, []byte("-02-29")) }))
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
	if err := small(t, schema).CheckRequest(request("POST", "/a/",
		`{"routing":"021","day":"2023-02-28"}`)); err != nil {
		t.Error(err)
	}
	for name, option := range map[string]validation.Option{
		"a format without a name":         validation.WithFormat("", "x", nine),
		"a format without an expectation": validation.WithFormat("x", "", nine),
		"an observer that is nil":         validation.WithObserver(nil),
		"a mode that does not exist":      validation.WithResponses(7),
	} {
		if _, err := validation.Load([]byte(document(`{}`)), option); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestBodiesThatCannotBeCheckedAreLetThroughOnRequestAlone(t *testing.T) {
	const form = `{"/a/": {"post": {"operationId": "a", "requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object"}}, "text/csv": {"schema": {"type": "string"}}}},
		"responses": {"200": {"description": "ok"}}}}}`
	if _, err := validation.Load([]byte(document(form)), validation.WithUnchecked("text/*")); err == nil ||
		!strings.Contains(err.Error(), "multipart/form-data") || !strings.Contains(err.Error(), "WithUnchecked") {
		t.Errorf("Load = %v", err)
	}
	v := load(t, form, validation.WithUnchecked("Multipart/Form-Data", "text/*"))
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
	v := small(t, `{"type": "object"}`, validation.WithObserver(
		func(_ *http.Request, e *validation.Error) { seen = append(seen, e.Status) }))
	handler := v.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, r := range []*http.Request{request("POST", "/a/", `{}`), request("POST", "/a/", `[]`),
		request("GET", "/a/", ""), request("GET", "/b/", "")} {
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if len(seen) != 3 || seen[0] != 422 || seen[1] != 405 || seen[2] != 404 {
		t.Errorf("observed %v", seen)
	}
}
