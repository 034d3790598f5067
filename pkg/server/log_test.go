package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// line is what the log says of a request.
type line struct {
	Level     string `json:"level"`
	Message   string `json:"msg"`
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Status    int    `json:"status"`
	Duration  *int64 `json:"duration"`
	RequestID string `json:"request_id"`
	Partner   string `json:"partner"`
	Reason    string `json:"reason"`
	Replayed  bool   `json:"replayed"`
}

// lines are those of the log, without the errors.
func lines(t *testing.T, log *bytes.Buffer) (all []line) {
	t.Helper()
	for text := range bytes.Lines(log.Bytes()) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if l.Level == "INFO" {
			all = append(all, l)
		}
	}
	return all
}

// Whoever reads the log sees a line for each request, whatever became of it, with the status that was answered.
func TestEveryRequestIsOneLineOfTheLog(t *testing.T) {
	changed := func(r *http.Request, change func(*http.Request)) *http.Request {
		change(r)
		return r
	}
	pay := func() *http.Request { return request(t, http.MethodPost, fund, fundBody) }
	list := func() *http.Request { return request(t, http.MethodGet, agreements, "") }
	login := func(body string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/login/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	const anonymous, known = "", "acme"
	for _, c := range []struct {
		name      string
		arrange   func(*served)
		request   *http.Request
		status    int
		operation string
		partner   string
		reason    string
	}{
		{"a payment", nil, pay(), 202, "fundAccount", known, ""},
		{"no token", nil, changed(pay(), func(r *http.Request) { r.Header.Del("Authorization") }),
			401, "fundAccount", anonymous, "token_missing"},
		{"an unknown token", nil, changed(pay(), func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }),
			401, "fundAccount", anonymous, "token_unknown"},
		{"no key", nil, changed(pay(), func(r *http.Request) { r.Header.Del(idempotency.Header) }),
			422, "fundAccount", anonymous, "key_missing"},
		{"a wrong signature", nil, changed(pay(), func(r *http.Request) {
			sign(t, r, signing.NewSecret("another"), uuid.NewString(), fundBody)
		}), 401, "fundAccount", known, "signature_mismatch"},
		{"a body that is too large", nil, changed(pay(), func(r *http.Request) { r.ContentLength = 1 << 40 }),
			413, "fundAccount", anonymous, "body_too_large"},
		{"a body that breaks off", nil, changed(pay(), func(r *http.Request) {
			r.Body = io.NopCloser(failing{io.ErrUnexpectedEOF})
		}), 400, "fundAccount", known, "body_unreadable"},
		{"a body that does not come", nil, changed(pay(), func(r *http.Request) {
			r.Body = io.NopCloser(failing{os.ErrDeadlineExceeded})
		}), 408, "fundAccount", known, "body_too_slow"},
		{"an unknown path", nil, request(t, http.MethodGet, "/none/", ""), 404, "", known, ""},
		{"another method", nil, request(t, http.MethodDelete, agreements, ""), 405, "", known, ""},
		{"another media type", nil, changed(pay(), func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }),
			415, "fundAccount", anonymous, ""},
		{"a body that differs from the contract", nil, request(t, http.MethodPost, fund, `{}`),
			422, "fundAccount", known, ""},
		{"a login", nil, login(`{"username":"u","password":"p"}`), 401, "login", anonymous, ""},
		{"a login that is none", nil, login(`{}`), 422, "login", anonymous, ""},
		{"a login that is too large", nil, login(strings.Repeat(" ", 5<<10)), 413, "login", anonymous, ""},
		{"what is not implemented", nil, request(t, http.MethodGet, "/api/v2/pockets/", ""),
			501, "listPockets", known, ""},
		{"an operation that fails", func(s *served) {
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) {
				return nil, errors.New("disk on fire")
			}
		}, list(), 500, "listAgreements", known, ""},
		{"an operation that panics", func(s *served) {
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) { panic("disk on fire") }
		}, list(), 500, "listAgreements", known, ""},
		{"an operation that refuses", func(s *served) {
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) {
				return nil, &server.Error{Status: 409, Detail: "no"}
			}
		}, list(), 409, "listAgreements", known, ""},
		{"a look-up that fails", func(s *served) {
			s.authenticate = func(context.Context, string) (authentication.Caller, error) {
				return authentication.Caller{}, errors.New("down")
			}
		}, list(), 500, "listAgreements", anonymous, "lookup_failed"},
		{"a store that fails", func(s *served) { s.store = dead{} }, pay(), 503, "fundAccount", known,
			"idempotency_store_unavailable"},
		{"a key that was used for another request", func(s *served) {
			s.store = answering{outcome: idempotency.Outcome{State: idempotency.StateOtherFingerprint}}
		}, pay(), 422, "fundAccount", known, "idempotency_key_reused"},
		{"a repeat while the first is under way", func(s *served) {
			s.store = answering{outcome: idempotency.Outcome{State: idempotency.StateInProgress,
				Remaining: time.Second}}
		}, pay(), 409, "fundAccount", known, "idempotency_in_progress"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			if c.arrange != nil {
				c.arrange(s)
			}
			w := serve(t, plain(), c.request)
			got := lines(t, &s.log)
			if w.Code != c.status || len(got) != 1 {
				t.Fatalf("%d; want %d; log: %s", w.Code, c.status, s.log.String())
			}
			if l := got[0]; l.Message != "request" || l.Status != c.status || l.Operation != c.operation ||
				l.Method != c.request.Method || l.Duration == nil || l.Partner != c.partner || l.Reason != c.reason ||
				l.RequestID != w.Header().Get(server.HeaderRequestID) || l.Replayed {
				t.Errorf("%+v", l)
			}
			seen := s.observed()
			if len(seen) != 1 || seen[0].Duration <= 0 || seen[0].RequestID != got[0].RequestID {
				t.Fatalf("%+v", seen)
			}
			if o := seen[0]; o.Status != c.status || o.Operation != c.operation || o.Partner != c.partner ||
				o.Reason != c.reason ||
				(o.Explanation == "") != (c.reason == "" || strings.HasPrefix(c.reason, "idem")) {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestTheLogSaysWhatWasReplayed(t *testing.T) {
	s := start(t)
	key := uuid.NewString()
	for range 2 {
		r := request(t, http.MethodPost, fund, fundBody)
		sign(t, r, newSecret, key, fundBody)
		serve(t, plain(), r)
	}
	got := lines(t, &s.log)
	if !slices.EqualFunc(got, []bool{false, true}, func(l line, replayed bool) bool {
		return l.Replayed == replayed && l.Status == http.StatusAccepted
	}) {
		t.Errorf("%+v", got)
	}
	if seen := s.observed(); len(seen) != 2 || seen[0].Replayed || !seen[1].Replayed {
		t.Errorf("%+v", seen)
	}
}

// Who logs less pays nothing for it, and sees the errors all the same.
func TestALogOfErrorsHasErrorsAlone(t *testing.T) {
	var log bytes.Buffer
	handler := newServer(t, server.Config{
		Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Lookup: func(context.Context, string) (authentication.Caller, error) {
			return authentication.Caller{}, errors.New("down")
		},
	})
	serve(t, handler, request(t, http.MethodGet, "/health", ""))
	if log.Len() > 0 {
		t.Errorf("%s", &log)
	}
	serve(t, handler, request(t, http.MethodGet, agreements, ""))
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "down") ||
		!strings.Contains(text, "listAgreements") {
		t.Errorf("%s", text)
	}
}
