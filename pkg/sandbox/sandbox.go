package sandbox

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/ledger"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// DefaultUsername is the name that login takes unless the configuration says otherwise. Everybody knows it and what
// goes with it, so use it only where nobody else can reach the sandbox.
const DefaultUsername = "sandbox"

var (
	// DefaultPassword goes with DefaultUsername.
	DefaultPassword = signing.NewSecret("sandbox")
	// DefaultSigningSecret signs the requests of DefaultUsername.
	DefaultSigningSecret = signing.NewSecret("sandbox-signing-secret")
)

// Config says who may call the sandbox. The zero value takes the default credentials and logs nothing.
type Config struct {
	// Username and Password are the ones that login accepts. Empty means the default.
	Username string
	Password signing.Secret
	// SigningSecret is the secret that requests must be signed with. Empty means the default.
	SigningSecret signing.Secret
	// Hosts are names and addresses by which the sandbox may be called, without their ports. It may always be called by
	// those of the loopback interface, by names below localhost, and by the address that it listens on. Whatever else
	// is in the Host header is refused with 421, so that no web page can reach the sandbox by a name of its own. "*"
	// allows every host.
	Hosts []string
	// Logger gets a line for each request, at the level of information, and failures as errors; nil discards them.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sandbox is the API with a bank behind it. It is an http.Handler and safe for concurrent use. Operations that it does
// not serve are answered with 501. Make it with New.
type Sandbox struct {
	server *server.Server
	bank   *bank
	hosts  hosts
	logger *slog.Logger
}

// New opens a sandbox whose bank is empty. It fails when Hosts has something else than names and addresses, and when a
// secret begins or ends with white space, as with the line break of its file.
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
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	for name, secret := range map[string]signing.Secret{
		"Password": config.Password, "SigningSecret": config.SigningSecret,
	} {
		if err := secret.Check(); err != nil {
			return nil, fmt.Errorf("sandbox: Config.%s: %w", name, err)
		}
	}
	hosts, err := newHosts(config.Hosts)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
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
	keys, err := newKeys(config.Now)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	chain, err := server.New(server.Config{
		API:         b,
		Lookup:      b.tokens.authenticate,
		Store:       keys,
		Development: true,
		Logger:      config.Logger,
		// The contract allows them.
		AcceptUnsignedUploads: true,
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return &Sandbox{server: chain, bank: b, hosts: hosts, logger: config.Logger}, nil
}

// newKeys makes the store of keys. Nothing but memory bounds it, of which a key takes about 400 bytes and its answer
// for an hour: the sandbox has one caller, whose load tests must not end early.
func newKeys(now func() time.Time) (*idempotency.Memory, error) {
	return idempotency.NewMemory(idempotency.MemoryConfig{MaxKeys: math.MaxInt, MaxBytes: math.MaxInt64, Now: now})
}

// ServeHTTP serves one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.hosts.allow(r) {
		s.logger.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", r.Method),
			slog.Int("status", http.StatusMisdirectedRequest), slog.String("reason", "host_not_allowed"))
		wire.WriteDetail(w, http.StatusMisdirectedRequest, "host_not_allowed",
			"the sandbox is not to be called by this name: call localhost, or allow the host")
		return
	}
	s.server.ServeHTTP(w, r)
}

// Close releases what the sandbox holds. Today that is memory alone, but call it all the same.
func (s *Sandbox) Close() error { return nil }

// Balances returns the balance of each pocket in cents and, under the Nil UUID, that of everything outside the bank:
// minus what was paid in. It fails when they do not add up to zero, or when the ledger contradicts itself.
func (s *Sandbox) Balances() (map[uuid.UUID]int64, error) {
	s.bank.mu.Lock()
	defer s.bank.mu.Unlock()
	balances := map[uuid.UUID]int64{ledger.World: s.bank.ledger.Balance(ledger.World)}
	for id := range s.bank.pockets {
		balances[id] = s.bank.ledger.Balance(id)
	}
	return balances, s.bank.ledger.Check()
}

// bank is everything that the sandbox knows. Its methods are the operations. Each holds the lock from its first read to
// its last write, so that it takes effect whole or not at all.
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

// invalid makes a 422 in the API's usual shape that names one thing.
func invalid(rule, message string, location ...string) partnerapi.HTTPValidationError {
	entry := partnerapi.ValidationError{Type: rule, Msg: message}
	for _, step := range location {
		entry.Loc = append(entry.Loc, partnerapi.NewValidationErrorLocation(step))
	}
	return partnerapi.HTTPValidationError{Detail: []partnerapi.ValidationError{entry}}
}

func ptr[T any](v T) *T { return &v }
