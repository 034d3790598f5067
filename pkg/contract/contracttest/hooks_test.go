package contracttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

const gatewayKey = "key-of-a-gateway"

// staging is a server as a team has one: a gateway in front asks for a key, and nobody can apply for an account, so
// that there are customers only where its own tests make them, behind the gateway.
type staging struct {
	http.Handler
	inside *partner.Client
	// asked is how often customers were made, and spoilt says that getPocket shows no status.
	asked  atomic.Int64
	spoilt atomic.Bool
}

func newStaging(t *testing.T) (*staging, contracttest.Config) {
	t.Helper()
	config := bank(t)
	inside := httptest.NewServer(config.Handler)
	t.Cleanup(inside.Close)
	client, err := partner.New(partner.Config{BaseURL: inside.URL, Username: config.Username,
		Password: config.Password, SigningSecret: config.SigningSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s := &staging{Handler: config.Handler, inside: client}
	config.Handler = s
	config.BeforeSend = func(r *http.Request) error {
		r.Header.Set("X-Gateway-Key", gatewayKey)
		return nil
	}
	config.NoControls = true
	return s, config
}

func (s *staging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isOpening := r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/applications/")
	if r.Header.Get("X-Gateway-Key") != gatewayKey || isOpening {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"type":"about:blank","title":"Forbidden","status":403,"detail":"go away","errors":[]}`))
		return
	}
	if !s.spoilt.Load() || r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/api/v2/pockets/") {
		s.Handler.ServeHTTP(w, r)
		return
	}
	recorder := httptest.NewRecorder()
	s.Handler.ServeHTTP(recorder, r)
	var pocket map[string]any
	body := recorder.Body.Bytes()
	if recorder.Code == http.StatusOK && json.Unmarshal(body, &pocket) == nil {
		delete(pocket, "status")
		body, _ = json.Marshal(pocket)
	}
	recorder.Header().Del("Content-Length")
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(body)
}

// pockets makes a customer with two pockets, and money in the first.
func (s *staging) pockets(ctx context.Context) (from, to partner.PocketID, err error) {
	s.asked.Add(1)
	profile, err := partner.NewInvestmentProfile(partner.EmployedInvestmentProfile{
		Income: partner.AnnualPersonalIncomeBelow50K, NetWorth: partner.AveragePersonalNetWorthBelow50K,
		Occupation: "Baker",
	})
	if err != nil {
		return from, to, err
	}
	agreements, err := s.inside.Individuals.ListAgreements(ctx)
	if err != nil {
		return from, to, err
	}
	application, err := s.inside.Individuals.CreateApplication(ctx, partner.CreateApplicationRequest{
		Name: partner.Name{FirstName: "Ada", LastName: "Baker"}, IdentificationNumber: "999999999",
		Email: "ada@example.com", PhoneNumber: "+15551234567",
		DateOfBirth: openapi_types.Date{Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		Address: partner.Address{StreetAddress: "1 A Way", City: "Berkeley", PostalCode: "94701",
			State: partner.Ptr("CA"), Country: "US"},
		AgreementConsent: partner.AgreementConsent{Version: agreements.Version,
			Timestamp: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)},
		InvestmentProfile: profile,
	})
	if err == nil {
		_, err = s.inside.Individuals.SubmitApplication(ctx, application.ID)
	}
	if err == nil {
		application, err = s.inside.Individuals.GetApplication(ctx, application.ID)
	}
	if err != nil {
		return from, to, err
	}
	customer, err := application.CustomerID.Get()
	for _, id := range []*partner.PocketID{&from, &to} {
		if err == nil {
			var pocket *partner.Pocket
			pocket, err = s.inside.Pockets.Create(ctx, customer, partner.CreatePocketRequest{PocketName: "Payouts",
				DepositStrategyID: partner.Ptr("UST-4W")})
			if err == nil {
				*id = pocket.ID
			}
		}
	}
	if err == nil {
		err = s.inside.Sandbox.FundAccount(ctx, nil, partner.FundAccountRequest{AccountID: from, AmountUSDC: 1_000_00})
	}
	return from, to, err
}

// prepare gives pockets, also for bodies.
func (s *staging) prepare(ctx context.Context, operation string) (map[string]string, error) {
	if operation == "login" {
		return nil, nil
	}
	from, to, err := s.pockets(ctx)
	if err != nil {
		return nil, err
	}
	pocket, err := s.inside.Pockets.Get(ctx, from, nil)
	if err != nil {
		return nil, err
	}
	given := map[string]string{"pocket_id": from.String()}
	if operation == "updatePocket" {
		given["customer_id"] = pocket.CustomerID.String()
	}
	if operation == "createOnUsTransfer" {
		given["/from_account/id"], given["/to_account/id"] = from.String(), to.String()
	}
	return given, nil
}

func succeeded(report *contracttest.Report, operation string) bool {
	return slices.ContainsFunc(report.Operations, func(o contracttest.OperationReport) bool {
		return o.ID == operation && o.Succeeded()
	})
}

func TestAServerBehindAGatewayIsTestedByHooks(t *testing.T) {
	t.Parallel()
	s, config := newStaging(t)
	config.Operations = []string{"getPocket", "updatePocket", "createOnUsTransfer"}
	var sent bytes.Buffer
	config.Trace = &sent
	without := config
	without.Phases = []string{"examples"}
	report, err := contracttest.Run(t.Context(), without)
	if err != nil || succeeded(report, "getPocket") {
		t.Fatal("nothing has made a pocket, and there is one", err)
	}
	config.Prepare = s.prepare
	report, err = contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
	for _, operation := range config.Operations {
		if !succeeded(report, operation) {
			t.Errorf("%s never succeeded", operation)
		}
	}
	if strings.Contains(sent.String(), gatewayKey) {
		t.Error("the key of the gateway is in the trace")
	}
	t.Log(report.Requests, s.asked.Load())

	config.BeforeSend = nil
	if _, err = contracttest.Run(t.Context(), config); err == nil {
		t.Error("the gateway let somebody through without a key")
	}
}

func TestAFindingOfWhatWasPreparedIsReplayedWithTheHook(t *testing.T) {
	t.Parallel()
	s, config := newStaging(t)
	config.Operations, config.Prepare = []string{"getPocket"}, s.prepare
	config.Phases = []string{"examples"}
	s.spoilt.Store(true)
	report, err := contracttest.Run(t.Context(), config)
	if err != nil || len(report.Findings) != 1 {
		t.Fatal(err, report)
	}
	f := report.Findings[0]
	if !f.Confirmed || f.Check.Code != "F101" || f.Place != "body /status" {
		t.Fatal(f)
	}
	written, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), gatewayKey) || !strings.Contains(string(written), "/${pocket_id}/") {
		t.Errorf("%s", written)
	}
	if !strings.Contains(f.Script(), `v_pocket_id="\"${PREPARED_POCKET_ID:?`) ||
		!strings.Contains(f.GoTest(), "contracttest.WithPrepare(prepare)") {
		t.Errorf("nobody says that there is a hook:\n%s\n%s", f.Script(), f.GoTest())
	}
	replay := func(config contracttest.Config) contracttest.Replayed {
		t.Helper()
		var read contracttest.Finding
		if err := json.Unmarshal(written, &read); err != nil {
			t.Fatal(err)
		}
		replayed, err := contracttest.Replay(t.Context(), config, []contracttest.Finding{read})
		if err != nil {
			t.Fatal(err)
		}
		return replayed[0]
	}
	if got := replay(config); got.Outcome != contracttest.OutcomeFailed {
		t.Error("with the same hook:", got)
	}
	s.spoilt.Store(false)
	if got := replay(config); got.Outcome != contracttest.OutcomeFixed {
		t.Error("when it is mended:", got)
	}
	config.Prepare = func(context.Context, string) (map[string]string, error) { return nil, nil }
	got := replay(config)
	if got.Outcome != contracttest.OutcomeError || !strings.Contains(got.Err.Error(), "pocket_id") {
		t.Error("with a hook that gives nothing:", got)
	}
	config.Prepare = nil
	got = replay(config)
	if got.Outcome != contracttest.OutcomeError || !strings.Contains(got.Err.Error(), "Prepare") {
		t.Error("without a hook:", got)
	}
}

func TestAHookIsAskedOnceForEachBeginning(t *testing.T) {
	t.Parallel()
	s, config := newStaging(t)
	config.Operations, config.Prepare = []string{"createOnUsTransfer"}, s.prepare
	config.Phases = []string{"examples"}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil || !succeeded(report, "createOnUsTransfer") {
		t.Fatalf("%v: %v", err, report)
	}
	// Each example is a beginning, as a transfer may leave nothing for the next one.
	if examples := report.Operations[0].Requests; int(s.asked.Load()) != examples || examples < 2 {
		t.Errorf("asked %d times for %d examples", s.asked.Load(), examples)
	}
}

func TestAnOperationThatCannotBePreparedIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(string) (map[string]string, error){
		"the vault is closed": func(string) (map[string]string, error) {
			return nil, errors.New("the vault is closed")
		},
		`it gives "pocket"`: func(string) (map[string]string, error) { return map[string]string{"pocket": "1"}, nil },
	} {
		_, config := newStaging(t)
		config.Operations = []string{"getPocket", "listPockets"}
		calls := map[string]int{}
		config.Prepare = func(_ context.Context, operation string) (map[string]string, error) {
			calls[operation]++
			if operation == "listPockets" {
				return nil, nil
			}
			return prepare(operation)
		}
		report, err := contracttest.Run(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		warnings := strings.Join(report.Warnings, "\n")
		if calls["getPocket"] != 1 || !strings.Contains(warnings, "getPocket was left out, as Prepare failed: "+name) ||
			strings.Contains(warnings, "never succeeded") || succeeded(report, "getPocket") {
			t.Errorf("%s: %d calls, %s", name, calls["getPocket"], warnings)
		}
		if !succeeded(report, "listPockets") {
			t.Errorf("%s: the other operation was left out as well", name)
		}
	}
}

func TestAHookAddsToARequestAndChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hook func(*http.Request) error
		want string
	}{
		"a header of its own": {func(r *http.Request) error { r.Header.Set("Cf-Access", "1"); return nil }, ""},
		"another path": {func(r *http.Request) error {
			r.URL.Path, r.Method = "/elsewhere", http.MethodPatch
			return nil
		}, ""},
		"the body": {func(r *http.Request) error {
			if n, err := io.Copy(io.Discard, r.Body); n > 0 || err != nil {
				return errors.New("a hook has read the body")
			}
			return nil
		}, ""},
		"a user agent": {func(r *http.Request) error { r.Header.Set("User-Agent", "tests"); return nil }, ""},
		"another token": {func(r *http.Request) error { r.Header.Set("Authorization", "x"); return nil },
			"Authorization"},
		"another key": {func(r *http.Request) error { r.Header.Set("x-jiko-idempotency", "x"); return nil },
			"X-Jiko-Idempotency"},
		"no signature": {func(r *http.Request) error { r.Header.Del("x-jiko-signature"); return nil },
			"X-Jiko-Signature"},
		"a media type": {func(r *http.Request) error {
			if r.Method == http.MethodPost {
				r.Header.Set("Content-Type", "text/plain")
			}
			return nil
		}, "Content-Type"},
		"no headers": {func(r *http.Request) error { r.Header = nil; return nil }, "takes the headers away"},
		"an error":   {func(*http.Request) error { return errors.New("the vault is closed") }, "the vault is closed"},
	} {
		config := bank(t)
		config.Operations, config.Phases, config.BeforeSend = []string{"listPockets"}, []string{"examples"}, c.hook
		report, err := contracttest.Run(t.Context(), config)
		switch {
		case c.want == "" && (err != nil || len(report.Findings) > 0 || !succeeded(report, "listPockets")):
			t.Errorf("%s: %v, %v", name, err, report)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestAHostIsNamedByAHook(t *testing.T) {
	t.Parallel()
	config := bank(t)
	next, isNamed := config.Handler, true
	config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isNamed = isNamed && r.Host == "partner.staging.example"
		r.Host = "127.0.0.1" // The sandbox has no other name.
		next.ServeHTTP(w, r)
	})
	config.Operations, config.Phases = []string{"listPockets"}, []string{"examples"}
	config.BeforeSend = func(r *http.Request) error { r.Host = "partner.staging.example"; return nil }
	if _, err := contracttest.Run(t.Context(), config); err != nil || !isNamed {
		t.Error(err, isNamed)
	}
}

func TestCredentialsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	config := bank(t)
	right := contracttest.Credentials{Username: config.Username, Password: config.Password,
		SigningSecret: config.SigningSecret}
	config.Username, config.Operations = "nobody", []string{"listPockets", "login"}
	asked := 0
	config.Credentials = func(context.Context) (contracttest.Credentials, error) { asked++; return right, nil }
	report, err := contracttest.Run(t.Context(), config)
	if err != nil || asked != 1 || len(report.Findings) > 0 || !succeeded(report, "listPockets") {
		t.Error(err, asked, report)
	}
	config.Credentials = func(context.Context) (contracttest.Credentials, error) {
		return right, errors.New("the vault is closed")
	}
	_, err = contracttest.Run(t.Context(), config)
	if err == nil || !strings.Contains(err.Error(), "the vault is closed") {
		t.Error(err)
	}
	config.Credentials = func(context.Context) (contracttest.Credentials, error) {
		return contracttest.Credentials{}, nil
	}
	if _, err = contracttest.Run(t.Context(), config); !errors.Is(err, contracttest.ErrConfig) {
		t.Error(err)
	}
}

// What the hooks give is as good as a seed: with the same, the same is sent.
func TestTheSameIsSentWithHooks(t *testing.T) {
	t.Parallel()
	s, config := newStaging(t)
	from, to, err := s.pockets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config.Operations = []string{"getPocket", "getPocketEarnings"}
	config.AllowWrites = false
	config.Prepare = func(context.Context, string) (map[string]string, error) {
		return map[string]string{"pocket_id": from.String(), "wire_id": to.String()}, nil
	}
	var sent [2]bytes.Buffer
	for i := range sent {
		config.Trace = &sent[i]
		report, err := contracttest.Run(t.Context(), config)
		if err != nil || !succeeded(report, "getPocket") || !succeeded(report, "getPocketEarnings") {
			t.Fatal(err, report)
		}
	}
	if sent[0].String() != sent[1].String() || sent[0].Len() < 1000 {
		t.Errorf("%d and %d bytes of requests differ", sent[0].Len(), sent[1].Len())
	}
}

func TestAServerIsTestedWithHooks(t *testing.T) {
	t.Parallel()
	s, config := newStaging(t)
	s.spoilt.Store(true)
	options := []contracttest.ServerOption{
		contracttest.WithCredentialsFrom(func(context.Context) (contracttest.Credentials, error) {
			return contracttest.Credentials{Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
				SigningSecret: sandbox.DefaultSigningSecret}, nil
		}),
		contracttest.WithBeforeSend(config.BeforeSend), contracttest.WithPrepare(s.prepare),
		contracttest.WithOperations("getPocket"),
		contracttest.WithConfig(func(c *contracttest.Config) { c.Phases = []string{"examples"} }),
	}
	server, again := new(watched), new(watched)
	report := contracttest.Server(server, s, options...)
	if report == nil || len(report.Findings) != 1 {
		t.Fatal(server.errors, server.logs)
	}
	written, err := json.Marshal(report.Findings[0])
	if err != nil {
		t.Fatal(err)
	}
	contracttest.Reproduce(again, s, string(written), options...)
	if len(again.errors) != 1 || !strings.Contains(again.errors[0], "F101") {
		t.Errorf("%q", again.errors)
	}
}
