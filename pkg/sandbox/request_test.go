package sandbox_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// clientOf is a client of the sandbox's own making, whose requests are raw.
func clientOf(t *testing.T, b *sandbox.Sandbox) *player {
	t.Helper()
	p := &player{bank: b, known: map[string]string{}}
	p.play(t, 0, step{method: http.MethodGet, path: "/health", want: http.StatusOK})
	b.ClearRequests()
	return p
}

// ask signs a request, changes it, and returns what was recorded of it.
func (p *player) ask(t *testing.T, method, path, body string, change ...func(*http.Request)) sandbox.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+p.token)
	if err := authentication.SignRequest(r, sandbox.DefaultSigningSecret, uuid.NewString(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	response, err := handlerTransport{p.bank}.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	seen := p.bank.Requests(sandbox.RequestQuery{Limit: 1})
	if len(seen) != 1 || seen[0].Status != response.StatusCode || seen[0].Duration <= 0 || seen[0].Method != method {
		t.Fatalf("%d: %+v", response.StatusCode, seen)
	}
	return seen[0]
}

func TestRequestsAreRecorded(t *testing.T) {
	b := newSandbox(t, sandbox.Config{Clock: noon})
	defer func() { _ = b.Close() }()
	p := clientOf(t, b)
	const fund = "/api/v1/sandbox/fund/"
	body := `{"account_id":"` + uuid.NewString() + `","amount_usdc":1,"count":1}`
	sum := sha256.Sum256([]byte(body))

	got := p.ask(t, http.MethodPost, fund, body)
	if got.Operation != "fundAccount" || got.Status != http.StatusUnprocessableEntity || got.RequestID == "" ||
		got.Reason != "" ||
		got.Signed.Head != got.IdempotencyKey+fund || got.Signed.BodyBytes != int64(len(body)) ||
		got.Signed.BodySHA256 != hex.EncodeToString(sum[:]) || got.Signed.Body != "" || !got.Time.Equal(noon) {
		t.Errorf("%+v", got)
	}
	got = p.ask(t, http.MethodPost, fund, body, func(r *http.Request) {
		key := r.Header.Get("x-jiko-idempotency")
		signature, err := signing.Sign(sandbox.DefaultSigningSecret, key, fund, nil)
		r.Header.Set(signing.HeaderSignature, must(t, signature, err))
	})
	if got.Status != http.StatusUnauthorized || got.Reason != "signature_mismatch" ||
		!strings.Contains(got.Explanation, "body") || got.Signed.BodySHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%+v", got)
	}
	got = p.ask(t, http.MethodGet, "/api/v2/pockets/?limit=7&secret=hunter2&hunter2", "")
	if got.Operation != "listPockets" || !slices.Equal(got.Query, []string{"limit", "secret"}) ||
		got.Signed.BodySHA256 == "" || got.Signed.BodyBytes != 0 {
		t.Errorf("%+v", got)
	}
	for _, password := range []string{"sandbox", "hunter2"} {
		login := `{"username":"sandbox","password":"` + password + `"}`
		got = p.ask(t, http.MethodPost, "/api/v1/login/", login)
		if got.Operation != "login" || got.Signed.BodyBytes != int64(len(login)) || got.Signed.BodySHA256 != "" {
			t.Errorf("%+v", got)
		}
	}
	if got = p.ask(t, http.MethodGet, "/nowhere/", ""); got.Operation != "" || got.Status != http.StatusNotFound {
		t.Errorf("%+v", got)
	}
	got = p.ask(t, http.MethodPost, fund, body, func(r *http.Request) {
		r.Header.Set("x-jiko-idempotency", "hunter2")
	})
	if got.IdempotencyKey != "" || strings.Contains(got.Signed.Head, "hunter2") {
		t.Errorf("%+v", got)
	}
	got = p.ask(t, http.MethodPost, fund, body, func(r *http.Request) {
		r.Header.Set(fault.Header, "status; status=503")
	})
	if got.Status != http.StatusServiceUnavailable || got.RequestID != "" {
		t.Errorf("%+v", got)
	}
	for name, c := range map[string]struct {
		filter sandbox.RequestQuery
		want   int
	}{
		"all":                   {sandbox.RequestQuery{}, 8},
		"of an operation":       {sandbox.RequestQuery{Operation: "listPockets"}, 1},
		"of a status":           {sandbox.RequestQuery{Status: http.StatusUnauthorized}, 2},
		"from a time on":        {sandbox.RequestQuery{Since: noon}, 8},
		"from a later time on":  {sandbox.RequestQuery{Since: noon.Add(time.Second)}, 0},
		"after a number":        {sandbox.RequestQuery{After: 7}, 3},
		"no more than a number": {sandbox.RequestQuery{Limit: 2}, 2},
	} {
		if seen := b.Requests(c.filter); len(seen) != c.want || !slices.IsSortedFunc(seen,
			func(a, b sandbox.Request) int { return int(b.Number) - int(a.Number) }) {
			t.Errorf("%s: %+v", name, seen)
		}
	}
	b.ClearRequests()
	if seen := b.Requests(sandbox.RequestQuery{}); len(seen) != 0 {
		t.Errorf("%+v", seen)
	}
}

func TestAReplayIsRecordedAsOne(t *testing.T) {
	b := sandbox.Start(t, sandbox.Config{Clock: noon, RecordBodies: true})
	w := &world{Client: b.Client, bank: b.Sandbox}
	_, pockets := w.pockets(t, 100)
	p := &player{bank: b.Sandbox, known: map[string]string{}}
	p.play(t, 0, step{method: http.MethodGet, path: "/health", want: http.StatusOK})
	body := `{"account_id":"` + pockets[0].String() + `","amount_usdc":1,"count":1}`
	key := uuid.NewString()
	same := func(r *http.Request) {
		if err := authentication.SignRequest(r, sandbox.DefaultSigningSecret, key, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []bool{false, true} {
		got := p.ask(t, http.MethodPost, "/api/v1/sandbox/fund/", body, same)
		if got.Replayed != want || got.IdempotencyKey != key || got.Signed.Body != body || got.Status/100 != 2 {
			t.Errorf("%+v", got)
		}
	}
}

func TestNoSecretIsRecordedWithABody(t *testing.T) {
	b := newSandbox(t, sandbox.Config{Clock: noon, RecordBodies: true})
	defer func() { _ = b.Close() }()
	for _, c := range []struct {
		path, body string
		kept       bool
	}{
		{"/api/v1/login/", `{"username":"sandbox","password":"a"}`, false},
		{"/api/v1/logon/", `{"Password":"a"`, false},
		{"/api/v1/subscriptions/", `{"url":"https://example.com","shared_secret":"a"}`, false},
		{"/api/v2/plaid/", `{"public_token":"a"}`, false},
		{"/api/v1/cards/", `{"encrypted_pin":"a"}`, false},
		{"/api/v1/cards/", `{"set_pin":{"pin":"a"}}`, false},
		{"/api/v1/cards/", `{"shipping_address":{"city":"Pinsk"},"opinion":"a"}`, true},
		{"/api/v1/wires/", `{"amount_usdc":1}`, true},
	} {
		b.ClearRequests()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+c.path,
			strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Content-Type": "application/json", "Authorization": "Bearer x",
			"X-Sandbox-Fault": "empty"} { // It reads all of the body, as the chain need not.
			r.Header.Set(name, value)
		}
		func() {
			defer func() { _ = recover() }() // The connection is closed.
			_, _ = handlerTransport{b}.RoundTrip(r)
		}()
		all := b.Requests(sandbox.RequestQuery{})
		if len(all) != 1 || all[0].Signed.BodyBytes != int64(len(c.body)) ||
			(all[0].Signed.Body == c.body) != c.kept || !c.kept && all[0].Signed.Body != "" {
			t.Errorf("%s %s: %+v", c.path, c.body, all)
		}
	}
}

func TestTheLatestRequestsAreKept(t *testing.T) {
	for config, want := range map[int][]uint64{3: {5, 4, 3}, -1: {}, 0: {5, 4, 3, 2, 1}} {
		b := newSandbox(t, sandbox.Config{Clock: noon, Requests: config})
		for range 5 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/health", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := (handlerTransport{b}).RoundTrip(r); err != nil {
				t.Fatal(err)
			}
		}
		got := []uint64{}
		for _, r := range b.Requests(sandbox.RequestQuery{}) {
			got = append(got, r.Number)
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %d: %v; want %v", config, got, want)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := sandbox.New(sandbox.Config{Requests: sandbox.MaxRequests + 1}); err == nil {
		t.Error("too many are not refused")
	}
}
