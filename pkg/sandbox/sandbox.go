package sandbox

import (
	"log/slog"
	"net/http"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Defaults of the credentials, for a sandbox that nobody else can reach.
const (
	DefaultUsername                     = "sandbox"
	DefaultPassword      signing.Secret = "sandbox"
	DefaultSigningSecret signing.Secret = "sandbox-signing-secret"
)

// Config says who may call the sandbox. The zero value uses the defaults and logs nothing.
type Config struct {
	Username      string
	Password      signing.Secret
	SigningSecret signing.Secret
	Logger        *slog.Logger
}

// Sandbox serves the contract. It is an http.Handler.
type Sandbox struct{ handler http.Handler }

// New makes an empty bank.
func New(Config) (*Sandbox, error) { return &Sandbox{handler: http.NotFoundHandler()}, nil }

// ServeHTTP serves a request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }
