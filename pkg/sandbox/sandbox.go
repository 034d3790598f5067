package sandbox

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// The credentials of a sandbox that nobody else can reach.
const DefaultUsername = "sandbox"

// The secrets that go with DefaultUsername.
var (
	DefaultPassword      = signing.NewSecret("sandbox")
	DefaultSigningSecret = signing.NewSecret("sandbox-signing-secret")
)

// Config says who may call the sandbox. The zero value uses the default credentials and logs nothing.
type Config struct {
	// Username and Password are what login takes.
	Username string
	Password signing.Secret
	// SigningSecret is what requests must be signed with.
	SigningSecret signing.Secret
	// Logger gets refusals and failures; nil discards them.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sandbox is the API with a bank behind it. It is an http.Handler and safe for concurrent use. What it does not serve
// it answers with 501.
type Sandbox struct {
	handler http.Handler
	bank    *bank
}

// New opens an empty bank.
func New(config Config) (*Sandbox, error) {
	if config.Username == "" {
		config.Username = DefaultUsername
	}
	if config.Password.IsZero() {
		config.Password = DefaultPassword
	}
	if config.SigningSecret.IsZero() {
		config.SigningSecret = DefaultSigningSecret
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	b := &bank{
		now:          config.Now,
		tokens:       newTokens(config),
		applications: map[uuid.UUID]*application{},
		businesses:   map[uuid.UUID]*business{},
		customers:    map[uuid.UUID]*customer{},
		pockets:      map[uuid.UUID]*pocket{},
		transfers:    map[uuid.UUID]*transfer{},
		ledger:       ledger.New(),
	}
	keys, err := idempotency.NewMemory(idempotency.MemoryConfig{Now: config.Now})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	handler, err := server.New(server.Config{
		API:          b,
		Authenticate: b.tokens.authenticate,
		Idempotency:  &idempotency.Config{Store: keys},
		Development:  true,
		Logger:       config.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return &Sandbox{handler: handler, bank: b}, nil
}

// ServeHTTP serves one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends the sandbox. It holds nothing but memory today; call it all the same.
func (s *Sandbox) Close() error { return nil }

// Balances returns the cents of each pocket, and under the Nil UUID those of everything outside, which is negative by
// what was paid in. Together they are zero; it fails when they are not, or when the ledger contradicts itself.
func (s *Sandbox) Balances() (map[uuid.UUID]int64, error) {
	s.bank.mu.Lock()
	defer s.bank.mu.Unlock()
	balances := map[uuid.UUID]int64{ledger.World: s.bank.ledger.Balance(ledger.World)}
	for id := range s.bank.pockets {
		balances[id] = s.bank.ledger.Balance(id)
	}
	return balances, s.bank.ledger.Check()
}

// bank is everything that the sandbox knows. Its methods are the operations; each holds the lock from its first look to
// its last write, so an operation takes effect whole or not at all.
type bank struct {
	partnerserver.UnimplementedStrictServer

	now    func() time.Time
	tokens *tokens

	mu            sync.Mutex
	applications  map[uuid.UUID]*application
	businesses    map[uuid.UUID]*business
	customers     map[uuid.UUID]*customer
	customerOrder []uuid.UUID
	pockets       map[uuid.UUID]*pocket
	pocketOrder   []uuid.UUID
	transfers     map[uuid.UUID]*transfer
	ledger        *ledger.Ledger
}

func notFound() partnerapi.Error { return partnerapi.Error{Detail: "Not Found"} }

// invalid is a 422 in the API's usual shape that names one thing.
func invalid(rule, message string, location ...string) partnerapi.HTTPValidationError {
	entry := partnerapi.ValidationError{Type: rule, Msg: message}
	for _, step := range location {
		entry.Loc = append(entry.Loc, partnerapi.NewValidationErrorLocation(step))
	}
	return partnerapi.HTTPValidationError{Detail: []partnerapi.ValidationError{entry}}
}

func ptr[T any](v T) *T { return &v }
