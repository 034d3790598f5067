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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever must never get out has the marker in it. serve looks for it in every answer, and the end of each
// test in the log.
const (
	marker    = "Zq7mArKeR"
	token     = "token-" + marker
	smallBody = 4 << 10
)

var (
	oldSecret = signing.NewSecret("old-secret-" + marker)
	newSecret = signing.NewSecret("new-secret-" + marker)
)

const (
	agreements = "/api/v1/agreements/"
	fund       = "/api/v1/sandbox/fund/"
	upload     = "/api/v1/customers/" + pocketID + "/documents/BYLAWS/file/"
	pocketID   = "160c0c4b-9966-4dc1-a916-8407eb10d74e"
	fundBody   = `{"account_id":"` + pocketID + `","amount_usdc":100}`
)

// bank serves what a test makes it serve, and nothing else.
type bank struct {
	partnerserver.UnimplementedStrictServer
	agreements func(context.Context) (partnerserver.ListAgreementsOutput, error)
	fund       func(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error)
	upload     func(context.Context, partnerserver.UploadCustomerDocumentInput) (
		partnerserver.UploadCustomerDocumentOutput, error)
}

func (b *bank) ListAgreements(ctx context.Context,
	in partnerserver.ListAgreementsInput) (partnerserver.ListAgreementsOutput, error) {
	if b.agreements == nil {
		return b.UnimplementedStrictServer.ListAgreements(ctx, in)
	}
	return b.agreements(ctx)
}

func (b *bank) FundAccount(ctx context.Context, in partnerserver.FundAccountInput) (partnerserver.FundAccountOutput,
	error) {
	if b.fund == nil {
		return partnerserver.FundAccountAccepted{}, nil
	}
	return b.fund(ctx, in)
}

func (b *bank) UploadCustomerDocument(ctx context.Context,
	in partnerserver.UploadCustomerDocumentInput) (partnerserver.UploadCustomerDocumentOutput, error) {
	if b.upload == nil {
		return partnerserver.UploadCustomerDocumentOK{
			Body: partnerapi.UploadedDocument{DocumentID: uuid.New(), Success: true}}, nil
	}
	return b.upload(ctx, in)
}

func (b *bank) Login(ctx context.Context, _ partnerserver.LoginInput) (partnerserver.LoginOutput, error) {
	if _, ok := authentication.CallerFromContext(ctx); ok {
		return nil, errors.New("somebody is logged in before the login")
	}
	return partnerserver.LoginUnauthorized{Body: partnerapi.Error{Detail: "no"}}, nil
}

func (b *bank) GetHealth(context.Context, partnerserver.GetHealthInput) (partnerserver.GetHealthOutput, error) {
	return partnerserver.GetHealthOK{Body: partnerapi.HealthStatusOK}, nil
}

// served is what the two handlers have in common, and what a test may set. Building a handler takes a while, with the
// race detector most of a second, so the tests share them.
type served struct {
	*bank
	authenticate func(context.Context, string) (authentication.Caller, error)
	store        idempotency.Store
	claims       []idempotency.Claim // those that reached the store
	// seen is what was told of requests.
	mu   sync.Mutex
	seen []server.Served
	log  bytes.Buffer // a handler's lock guards it; tests read it when nothing is under way
}

func (s *served) reset() {
	*s.bank = bank{}
	s.authenticate = func(_ context.Context, got string) (authentication.Caller, error) {
		if got != token {
			return authentication.Caller{}, authentication.ErrUnknownToken
		}
		return authentication.Caller{ID: "acme", Secrets: []signing.Secret{newSecret, oldSecret}}, nil
	}
	s.claims = nil
	s.observed()
	var err error
	if s.store, err = idempotency.NewMemory(idempotency.MemoryConfig{}); err != nil {
		panic(err)
	}
	s.log.Reset()
}

func (s *served) observe(_ context.Context, one server.Served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, one)
}

// observed returns what was told of requests since it was asked for last.
func (s *served) observed() []server.Served {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// keys is the store of the test that runs.
type keys struct{}

func (keys) Claim(ctx context.Context, c idempotency.Claim) (idempotency.Outcome, error) {
	state.claims = append(state.claims, c)
	return state.store.Claim(ctx, c)
}

func (keys) Renew(ctx context.Context, h idempotency.Hold, lease time.Duration) error {
	return state.store.Renew(ctx, h, lease)
}

func (keys) Complete(ctx context.Context, h idempotency.Hold, response []byte) error {
	return state.store.Complete(ctx, h, response)
}

func (keys) Release(ctx context.Context, h idempotency.Hold) error {
	return state.store.Release(ctx, h)
}

var (
	state = &served{bank: &bank{}}
	// plain answers as production should, development says what is wrong with a signature.
	// problems answers whatever it refuses with problem details, and holds the operations to the contract.
	plain       = sync.OnceValue(func() http.Handler { return build(server.Config{}) })
	development = sync.OnceValue(func() http.Handler { return build(server.Config{Development: true}) })
	problems    = sync.OnceValue(func() http.Handler {
		return build(server.Config{ProblemDetails: true, Responses: validation.ResponseModeEnforce})
	})
)

func build(config server.Config) http.Handler {
	handler, err := server.New(server.Config{
		API: state.bank,
		Lookup: func(ctx context.Context, token string) (authentication.Caller, error) {
			return state.authenticate(ctx, token)
		},
		Store:       keys{},
		Development: config.Development, ProblemDetails: config.ProblemDetails, Responses: config.Responses,
		Logger:       slog.New(slog.NewJSONHandler(&state.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe:      state.observe,
		MaxBodyBytes: smallBody, MaxFileBytes: 8 * smallBody,
	})
	if err != nil {
		panic(err)
	}
	return handler
}

// start gives a test the shared handlers as new.
func start(t *testing.T) *served {
	t.Helper()
	state.reset()
	t.Cleanup(func() {
		if strings.Contains(state.log.String(), marker) {
			t.Errorf("the log shows a secret: %s", state.log.String())
		}
	})
	return state
}

// request builds a request with everything right about it.
func request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, content)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	sign(t, r, newSecret, uuid.NewString(), body)
	return r
}

func sign(t *testing.T, r *http.Request, secret signing.Secret, key, body string) {
	t.Helper()
	if err := authentication.SignRequest(r, secret, key, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

// serve serves one request and checks what holds for every answer.
func serve(t *testing.T, handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	return serveAs(t, handler, r, "application/json")
}

// serveAs is serve for a media type.
func serveAs(t *testing.T, handler http.Handler, r *http.Request, contentType string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if _, err := uuid.Parse(w.Header().Get(server.HeaderRequestID)); err != nil {
		t.Errorf("the answer's request id is %q", w.Header().Get(server.HeaderRequestID))
	}
	if w.Body.Len() > 0 && w.Header().Get("Content-Type") != contentType {
		t.Errorf("the answer is %q: %s", w.Header().Get("Content-Type"), w.Body)
	}
	var all bytes.Buffer
	_ = w.Header().Write(&all)
	if text := all.String() + w.Body.String(); strings.Contains(text, marker) {
		t.Errorf("the answer shows a secret: %s", text)
	}
	return w
}

// detail is the reason in an answer's body.
func detail(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct{ Detail string }
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Detail == "" {
		t.Errorf("the body gives no reason: %s", w.Body)
	}
	return body.Detail
}

// entries are the places and rules of a 422 in the API's first shape, as "body.amount_usdc minimum".
func entries(t *testing.T, w *httptest.ResponseRecorder) []string {
	t.Helper()
	var body partnerapi.HTTPValidationError
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || len(body.Detail) == 0 {
		t.Fatalf("%d is not in the API's shape: %s", w.Code, w.Body)
	}
	var all []string
	for _, entry := range body.Detail {
		var steps []string
		for _, step := range entry.Loc {
			value, err := step.Value()
			if err != nil {
				t.Fatal(err)
			}
			text, ok := value.(string)
			if !ok {
				text = "#"
			}
			steps = append(steps, text)
		}
		if entry.Msg == "" {
			t.Errorf("an entry has no message: %s", w.Body)
		}
		all = append(all, strings.Join(steps, ".")+" "+entry.Type)
	}
	return all
}
