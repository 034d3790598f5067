package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestNewNamesWhatIsMissing(t *testing.T) {
	for name, config := range map[string]server.Config{
		"both": {}, "the API": {Lookup: acme()}, "a way to authenticate": {API: &bank{}},
	} {
		handler, err := server.New(config)
		if err == nil || handler != nil || err.Error() != "server: API and Lookup are required" {
			t.Errorf("%s: New = %v, %v", name, handler, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	lookUp := func(context.Context, string) (authentication.Caller, error) {
		return authentication.Caller{}, authentication.ErrUnknownToken
	}
	for _, c := range []struct {
		name   string
		config server.Config
	}{
		{"less room than a file takes", server.Config{API: &bank{}, Lookup: lookUp,
			Spool: authentication.Spool{MaxBytes: 100 << 20}}},
		{"files that are larger than a share", server.Config{API: &bank{}, Lookup: lookUp, MaxFileBytes: 300 << 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if handler, err := server.New(c.config); err == nil || handler != nil ||
				!strings.HasPrefix(err.Error(), "server: ") {
				t.Errorf("New = %v, %v", handler, err)
			}
		})
	}
}

func TestNewNamesTheLimitsOfWhichOneIsNegative(t *testing.T) {
	for name, config := range map[string]server.Config{
		"of bodies": {MaxBodyBytes: -1}, "of files": {MaxFileBytes: -1}, "of logins": {MaxOpenBodyBytes: -1},
	} {
		config.API, config.Lookup = &bank{}, acme()
		handler, err := server.New(config)
		if err == nil || handler != nil ||
			err.Error() != "server: MaxBodyBytes, MaxFileBytes and MaxOpenBodyBytes cannot be negative" {
			t.Errorf("%s: New = %v, %v", name, handler, err)
		}
	}
}

// The fields that may be left out have defaults that work.
func TestTheSmallestConfigurationWorks(t *testing.T) {
	handler, err := server.New(server.Config{API: &bank{},
		Lookup: func(context.Context, string) (authentication.Caller, error) {
			return authentication.Caller{ID: "acme", Secrets: []signing.Secret{newSecret}}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	body := fundBody + strings.Repeat(" ", int(server.DefaultMaxBodyBytes)-len(fundBody))
	if w := serve(t, handler, request(t, http.MethodPost, fund, body)); w.Code != http.StatusAccepted {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := serve(t, handler, request(t, http.MethodPost, fund, body+" ")); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// Without a logger a failure is answered all the same.
	r := request(t, http.MethodGet, agreements, "")
	r.Header.Set(signing.HeaderSignature, "wrong")
	if w := serve(t, handler, r); w.Code != http.StatusUnauthorized || detail(t, w) != "unauthorized" {
		t.Errorf("%d %s: Development must be off unless it is asked for", w.Code, w.Body)
	}
}

func TestAnOperationKnowsWhoCalled(t *testing.T) {
	s := start(t)
	s.agreements = func(ctx context.Context) (partnerserver.ListAgreementsOutput, error) {
		caller, ok := authentication.CallerFromContext(ctx)
		if !ok || caller.ID != "acme" || len(caller.Secrets) != 2 {
			return nil, errors.New("the partner is missing")
		}
		// The id in the answer lets the test compare it with the header.
		return partnerserver.ListAgreementsFailure{StatusCode: 418,
			Body: partnerapi.Error{Detail: server.RequestID(ctx)}}, nil
	}
	seen := map[string]bool{}
	for range 3 {
		r := request(t, http.MethodGet, agreements, "")
		r.Header.Set(server.HeaderRequestID, "chosen-by-the-caller-"+marker)
		w := serve(t, plain(), r) // which looks for the marker
		id := w.Header().Get(server.HeaderRequestID)
		if detail(t, w) != id || seen[id] {
			t.Errorf("request id %q in the operation, %q in the header, seen before: %t", detail(t, w), id, seen[id])
		}
		seen[id] = true
	}
}

// The idempotency middleware stands behind everything that can refuse a request, and before the operation.
func TestARefusedRequestDoesNotReachTheIdempotencyMiddleware(t *testing.T) {
	s := start(t)
	bad := request(t, http.MethodPost, fund, fundBody)
	sign(t, bad, signing.NewSecret("another"), uuid.NewString(), fundBody)
	for _, r := range []*http.Request{
		bad, request(t, http.MethodPost, fund, `{}`), request(t, http.MethodGet, "/nothing/", ""),
		request(t, http.MethodPost, fund, fundBody),
	} {
		serve(t, plain(), r)
	}
	if len(s.claims) != 1 || s.claims[0].Scope != "acme" {
		t.Errorf("claimed %+v", s.claims)
	}
}

func TestWithoutARequestThereIsNobody(t *testing.T) {
	if id := server.RequestID(t.Context()); id != "" {
		t.Errorf("RequestID = %q", id)
	}
	if partner, ok := authentication.CallerFromContext(t.Context()); ok {
		t.Errorf("PartnerFromContext = %+v", partner)
	}
}
