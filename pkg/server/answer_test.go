package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/server"
)

func TestWhatAnOperationReturnsIsAnswered(t *testing.T) {
	internal := `{"detail":"internal error"}`
	refusal := &server.Error{Status: http.StatusConflict, Type: "pocket_frozen", Detail: "the pocket is frozen"}
	for _, c := range []struct {
		name   string
		output partnerserver.ListAgreementsOutput
		err    error
		want   int
		body   string
		logged string
	}{
		{"its output", partnerserver.ListAgreementsFailure{StatusCode: 418, Body: partnerapi.Error{Detail: "teapot"}},
			nil, 418, `{"detail":"teapot"}`, ""},
		{"an unknown error, whose text is for the log alone", nil, errors.New("query pockets: disk on fire"), 500,
			internal, "disk on fire"},
		{"nothing at all", nil, nil, 500, internal, "neither an output nor an error"},
		{"a refusal", nil, refusal, 409, `{"type":"pocket_frozen","detail":"the pocket is frozen"}`, ""},
		{"a wrapped refusal, without the wrapping", nil, fmt.Errorf("query pockets: %w", refusal), 409,
			`{"type":"pocket_frozen","detail":"the pocket is frozen"}`, ""},
		{"a refusal without a type", nil, &server.Error{Status: 503, Detail: "later"}, 503, `{"detail":"later"}`, ""},
		{"a refusal without a status", nil, &server.Error{Detail: "forgotten"}, 500, internal, "forgotten"},
		{"an output and an error: the error", partnerserver.ListAgreementsOK{}, errors.New("disk on fire"), 500,
			internal, "disk on fire"},
		{"what it does not implement", nil, &partnerserver.NotImplementedError{OperationID: "listAgreements"}, 501,
			`{"type":"not_implemented","detail":"listAgreements is not implemented by this server"}`, ""},
		{"an output with a status that is none", partnerserver.ListAgreementsFailure{StatusCode: 7}, nil, 500, internal,
			"7 is not the HTTP status of an answer"},
		// net/http would send it ahead, and the body after it with 200.
		{"an output with the status of what comes before an answer",
			partnerserver.ListAgreementsFailure{StatusCode: 103}, nil, 500, internal,
			"103 is not the HTTP status of an answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) { return c.output, c.err }
			w := serve(t, plain(), request(t, http.MethodGet, agreements, ""))
			if w.Code != c.want || strings.TrimSpace(w.Body.String()) != c.body {
				t.Errorf("%d %s; want %d %s", w.Code, w.Body, c.want, c.body)
			}
			switch id := w.Header().Get(server.HeaderRequestID); {
			case c.logged == "" && strings.Contains(s.log.String(), "ERROR"):
				t.Errorf("a refusal is logged as if something were wrong: %s", s.log.String())
			case !strings.Contains(s.log.String(), c.logged), c.logged != "" && !strings.Contains(s.log.String(), id):
				t.Errorf("the log does not say %q of request %s: %s", c.logged, id, s.log.String())
			}
		})
	}
}

func TestErrorIsItsDetail(t *testing.T) {
	if got := (&server.Error{Status: 409, Type: "x",
		Detail: "the pocket is frozen"}).Error(); got != "the pocket is frozen" {
		t.Errorf("Error() = %q", got)
	}
}

func TestAnOperationThatIsNotImplementedIsNamed(t *testing.T) {
	start(t)
	w := serve(t, plain(), request(t, http.MethodGet, "/api/v2/pockets/"+pocketID+"/", ""))
	if w.Code != http.StatusNotImplemented || !strings.Contains(detail(t, w), "getPocket") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	for name, cause := range map[string]any{"a text": "disk on fire", "an error": errors.New("disk on fire"),
		"a number": 42} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) { panic(cause) }
			w := serve(t, plain(), request(t, http.MethodGet, agreements, ""))
			if w.Code != http.StatusInternalServerError || detail(t, w) != "internal error" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			for _, want := range []string{fmt.Sprint(cause), w.Header().Get(server.HeaderRequestID), "answer_test.go"} {
				if !strings.Contains(s.log.String(), want) {
					t.Errorf("the log has no %q: %s", want, s.log.String())
				}
			}
		})
	}
}

// net/http's own way to drop a connection must reach net/http.
func TestAnAbortPassesThrough(t *testing.T) {
	s := start(t)
	s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) { panic(http.ErrAbortHandler) }
	w := httptest.NewRecorder()
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so, too.
			t.Errorf("recovered %v; want http.ErrAbortHandler", cause)
		}
		if w.Body.Len() > 0 || !strings.Contains(s.log.String(), `"reason":"aborted"`) ||
			strings.Contains(s.log.String(), "status") || strings.Contains(s.log.String(), "ERROR") {
			t.Errorf("answered %s, logged %s", w.Body, s.log.String())
		}
	}()
	plain().ServeHTTP(w, request(t, http.MethodGet, agreements, ""))
}
