package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

const (
	// DefaultMaxBodyBytes bounds a JSON body unless the configuration says otherwise: 1 MiB.
	DefaultMaxBodyBytes = wire.DefaultMaxBodyBytes
	// DefaultMaxFileBytes bounds a file unless the configuration says otherwise: it must be smaller than 50 MiB.
	// (Source: the contract's content-length parameter.)
	DefaultMaxFileBytes = wire.DefaultMaxFileBytes
)

// Config says what to serve and for whom. Only API and Lookup are required, but without a Store money can move
// twice.
type Config struct {
	// API is the implementation.
	API partnerserver.StrictServerInterface
	// Lookup finds the caller that a bearer token belongs to. It returns authentication.ErrUnknownToken for one
	// that is unknown or expired; any other error is answered with 500, as is a caller without an id or with other than
	// one or two secrets. See authentication.Config.Lookup.
	Lookup func(ctx context.Context, token string) (authentication.Caller, error)

	// Store remembers the idempotency keys of writes, so that one that is repeated takes effect once.
	//
	// WITHOUT A STORE REPEATS ARE NOT NOTICED: a payment that is sent again, as every client does that got no answer,
	// is a second payment. Leave it nil only where the API notices repeats on its own, or where nothing is at stake.
	Store idempotency.Store
	// Repeats says how repeats are treated, if there is a Store. The zero value is right for most.
	Repeats Repeats

	// ProblemDetails answers whatever this package refuses with the problem details of RFC 9457, as
	// application/problem+json: a token or a signature that is wrong, a request that differs from the contract, a
	// repeat, an error that an operation returns, a panic. The default is {"detail": …}, as the provider answers.
	//
	// It wins over the contract, which documents a 422 of its own for most operations: partners whose client decodes
	// that must know of it. What an operation returns as one of its documented outputs stays as it is.
	ProblemDetails bool
	// Responses says whether the operations' answers are checked against the contract too; those that differ are
	// logged. The default does not check them.
	Responses validation.ResponseMode
	// Development makes a 401 say what was done wrong; otherwise all are alike. Keep it off where callers are not
	// trusted.
	Development bool
	// Logger gets what callers must not see: causes of 500s, reasons of refusals. Nil discards it.
	Logger *slog.Logger

	// MaxBodyBytes bounds a JSON body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// MaxFileBytes bounds a file; 0 means DefaultMaxFileBytes, which is the most that the contract allows. A file is
	// held in memory while it is verified.
	MaxFileBytes int64
}

// Server is an API behind the whole chain. It is an http.Handler and safe for concurrent use. Make it with New.
type Server struct {
	config     Config
	validator  *validation.Validator
	operations map[string]*operation
	// chain is everything behind the request id and the recovery.
	chain http.Handler
}

// New returns a Server. It fails when a required field is missing or a limit is negative.
func New(config Config) (*Server, error) {
	if config.API == nil || config.Lookup == nil {
		return nil, errors.New("server: API and Lookup are required")
	}
	if config.MaxBodyBytes < 0 || config.MaxFileBytes < 0 {
		return nil, errors.New("server: MaxBodyBytes and MaxFileBytes cannot be negative")
	}
	config.MaxBodyBytes = cmp.Or(config.MaxBodyBytes, DefaultMaxBodyBytes)
	config.MaxFileBytes = cmp.Or(config.MaxFileBytes, DefaultMaxFileBytes)
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	document, err := contract.Document()
	if err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	if config.ProblemDetails {
		documentProblems(document)
	}
	s := &Server{config: config}
	if s.validator, err = s.newValidator(document); err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	if s.operations, err = s.newOperations(document); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	authenticator, err := s.newAuthenticator()
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	var chain http.Handler = http.HandlerFunc(s.operate)
	if config.Store != nil {
		if chain, err = s.once(chain); err != nil {
			return nil, fmt.Errorf("server: %w", err)
		}
	}
	s.chain = authenticated(authenticator, s.validator.Middleware(chain))
	return s, nil
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, r := s.begin(w, r)
	defer s.recover(w, r)
	e.find(r)
	s.chain.ServeHTTP(w, r)
}
