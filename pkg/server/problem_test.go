package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// failing is a body that breaks.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// One option decides about the whole chain: every refusal that there is becomes problem details, whoever makes it.
func TestWithProblemDetailsEveryRefusalIsOne(t *testing.T) {
	const pocket = "/api/v2/customers/" + pocketID + "/pockets/" + pocketID + "/"
	paid := func(t *testing.T) *http.Request { return request(t, http.MethodPost, fund, fundBody) }
	list := func(t *testing.T) *http.Request { return request(t, http.MethodGet, agreements, "") }
	changed := func(right func(*testing.T) *http.Request, change func(*http.Request)) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			r := right(t)
			change(r)
			return r
		}
	}
	returning := func(err error) func(*served) {
		return func(s *served) {
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) { return nil, err }
		}
	}
	outcome := func(state idempotency.State) func(*served) {
		return func(s *served) { s.store = answering{outcome: idempotency.Outcome{State: state, Remaining: 1}} }
	}
	for _, c := range []struct {
		name    string
		arrange func(*served)
		request func(*testing.T) *http.Request
		status  int
		kind    string
		// header must be there, too, and text in the body.
		header, text string
	}{
		{"no token", nil, changed(list, func(r *http.Request) { r.Header.Del("Authorization") }),
			401, "about:blank", "WWW-Authenticate", "unauthorized"},
		{"a wrong signature", nil, changed(list, func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "x") }),
			401, "about:blank", "WWW-Authenticate", "unauthorized"},
		{"no key", nil, changed(list, func(r *http.Request) { r.Header.Del(idempotency.Header) }),
			422, "about:blank", "", `"parameter":"x-jiko-idempotency"`},
		{"a look-up that fails", func(s *served) {
			s.authenticate = func(context.Context, string) (authentication.Caller, error) {
				return authentication.Caller{}, errors.New("down")
			}
		}, list, 500, "about:blank", "", "internal error"},
		{"a body that breaks off", nil, changed(paid, func(r *http.Request) {
			r.Body = io.NopCloser(failing{io.ErrUnexpectedEOF})
		}), 400, "about:blank", "", "cannot be read"},
		{"a body that does not come", nil, changed(paid, func(r *http.Request) {
			r.Body = io.NopCloser(failing{os.ErrDeadlineExceeded})
		}), 408, "about:blank", "", "in time"},
		{"a body that is too large", nil, func(t *testing.T) *http.Request {
			return request(t, http.MethodPost, fund, fundBody+strings.Repeat(" ", smallBody))
		}, 413, "about:blank", "", ""},
		{"a file that is too large", nil, func(t *testing.T) *http.Request {
			r := request(t, http.MethodPost, upload, strings.Repeat("x", 8*smallBody+1))
			r.Header.Set("Content-Type", "application/pdf")
			return r
		}, 413, "about:blank", "", ""},
		{"a login that is too large, before anybody is known", nil, func(t *testing.T) *http.Request {
			return request(t, http.MethodPost, "/api/v1/login/", `{"username":"`+strings.Repeat("x", smallBody)+`"}`)
		}, 413, "about:blank", "", ""},
		{"an unknown path", nil, func(t *testing.T) *http.Request { return request(t, http.MethodGet, "/none/", "") },
			404, "about:blank", "", ""},
		{"another method", nil, func(t *testing.T) *http.Request {
			return request(t, http.MethodDelete, agreements, "")
		}, 405, "about:blank", "Allow", ""},
		{"another media type", nil, changed(paid, func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") }),
			415, "about:blank", "Accept", ""},
		{"a body that differs from the contract", nil, func(t *testing.T) *http.Request {
			return request(t, http.MethodPost, fund, `{"account_id":"`+marker+`"}`)
		}, 422, "about:blank", "", `"pointer":"/amount_usdc"`},
		{"the same where the contract has a shape of its own", nil, func(t *testing.T) *http.Request {
			return request(t, http.MethodPatch, pocket, `{"status":"`+marker+`"}`)
		}, 422, "about:blank", "", `"pointer":"/status"`},
		{"a key of another request", outcome(idempotency.StateOtherFingerprint), paid,
			422, "idempotency_key_reused", "", "another request"},
		{"a repeat that overtakes its first", outcome(idempotency.StateInProgress), paid,
			409, "idempotency_in_progress", "Retry-After", "still in progress"},
		{"a store that does not answer", func(s *served) { s.store = dead{} }, paid,
			503, "idempotency_store_unavailable", "Retry-After", "nothing was executed"},
		{"a refusal of an operation", returning(&server.Error{Status: 409, Type: "pocket_frozen",
			Detail: "it is frozen"}),
			list, 409, "pocket_frozen", "", "it is frozen"},
		{"a failure of an operation", returning(errors.New("disk on fire")), list,
			500, "about:blank", "", "internal error"},
		{"an operation that is not there", nil, func(t *testing.T) *http.Request {
			return request(t, http.MethodGet, "/api/v2/pockets/"+pocketID+"/", "")
		}, 501, "not_implemented", "", "getPocket"},
		{"a panic", func(s *served) {
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) { panic("disk on fire") }
		}, list, 500, "about:blank", "", "internal error"},
		{"an answer that differs from the contract", func(s *served) {
			s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) {
				return partnerserver.ListAgreementsOK{
					Body: partnerapi.AgreementBundle{Documents: []partnerapi.AgreementDocument{{}}}}, nil
			}
		}, list, 500, "about:blank", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t)
			if c.arrange != nil {
				c.arrange(s)
			}
			w := serveAs(t, problems(), c.request(t), "application/problem+json")
			var problem struct {
				Type, Title, Detail string
				Status              int
			}
			if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != c.status ||
				problem.Status != c.status || problem.Type != c.kind || problem.Title != http.StatusText(c.status) ||
				!strings.Contains(w.Body.String(), c.text) || strings.Contains(w.Body.String(), "disk on fire") {
				t.Errorf("%d %s: %v", w.Code, w.Body, err)
			}
			if c.header != "" && w.Header().Get(c.header) == "" {
				t.Errorf("no header %s: %v", c.header, w.Header())
			}
		})
	}
}

// What the contract documents of an operation is not a refusal of the chain.
func TestDocumentedOutputsStayAsTheyAre(t *testing.T) {
	s := start(t)
	s.agreements = func(context.Context) (partnerserver.ListAgreementsOutput, error) {
		return partnerserver.ListAgreementsFailure{StatusCode: 503, Body: partnerapi.Error{Detail: "later"}}, nil
	}
	if w := serve(t, problems(), request(t, http.MethodGet, agreements, "")); w.Code != 503 ||
		detail(t, w) != "later" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// WriteInvalid takes the shape of the chain that it stands in.
func TestWriteInvalidIsAProblemInAChainOfProblems(t *testing.T) {
	s := start(t)
	s.agreements = func(ctx context.Context) (partnerserver.ListAgreementsOutput, error) {
		w := httptest.NewRecorder()
		server.WriteInvalid(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		return partnerserver.ListAgreementsFailure{StatusCode: 418,
			Body: partnerapi.Error{Detail: w.Header().Get("Content-Type")}}, nil
	}
	for handler, want := range map[http.Handler]string{
		plain(): "application/json", problems(): "application/problem+json"} {
		if got := detail(t, serve(t, handler, request(t, http.MethodGet, agreements, ""))); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}

// answering is a store that says the same of every key.
type answering struct {
	idempotency.Store
	outcome idempotency.Outcome
}

func (a answering) Claim(context.Context, idempotency.Claim) (idempotency.Outcome, error) {
	return a.outcome, nil
}

// Without a store there is nothing that could be asked for a key, and each request is executed.
func TestWithoutAStoreRepeatsAreNotNoticed(t *testing.T) {
	start(t)
	payments := 0
	bank := &bank{fund: func(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
		payments++
		return partnerserver.FundAccountAccepted{}, nil
	}}
	handler, err := server.New(server.Config{API: bank, Lookup: authentication.FixedTokens(
		map[string]authentication.Caller{token: {ID: "acme", Secrets: []signing.Secret{newSecret}}})})
	if err != nil {
		t.Fatal(err)
	}
	key := uuid.NewString()
	for range 2 {
		r := request(t, http.MethodPost, fund, fundBody)
		sign(t, r, newSecret, key, fundBody)
		if w := serve(t, handler, r); w.Code != http.StatusAccepted {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if payments != 2 {
		t.Errorf("paid %d times", payments)
	}
}
