package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/spec"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

const (
	// DefaultMaxBodyBytes bounds a JSON body: 1 MiB.
	DefaultMaxBodyBytes int64 = 1 << 20
	// maxUploadBytes bounds a file: below 50 MiB. (Source: the contract's content-length parameter.)
	maxUploadBytes int64 = 50<<20 - 1
)

// ErrUnknownToken is what an Authenticate function returns for a token that is unknown or expired.
var ErrUnknownToken = errors.New("the token is unknown or expired")

// Partner is who sent a request.
type Partner struct {
	// ID names the partner; idempotency keys are kept apart by it.
	ID string
	// Secrets are the active signing secrets, at least one. A second one allows for a rotation.
	Secrets []signing.Secret
}

// Config says what to serve and for whom.
type Config struct {
	// API is the implementation. Required.
	API partnerserver.StrictServerInterface
	// Authenticate finds the partner that a bearer token belongs to. It returns ErrUnknownToken for one that is unknown or
	// expired; any other error is answered with 500. Required.
	Authenticate func(ctx context.Context, token string) (Partner, error)
	// Idempotency wraps the operations, behind everything that can refuse a request. Nil means that repeats are not noticed.
	Idempotency func(http.Handler) http.Handler
	// Development makes the answer to a wrong signature say what was done wrong. Keep it off where the callers are not trusted.
	Development bool
	// Logger gets what callers must not see: causes of 500s, reasons of refusals. Nil discards it.
	Logger *slog.Logger
	// MaxBodyBytes bounds a JSON body; 0 means DefaultMaxBodyBytes. Files may have 50 MiB.
	MaxBodyBytes int64
}

// New returns the handler. It fails when a required field is missing.
func New(config Config) (http.Handler, error) {
	if config.API == nil || config.Authenticate == nil {
		return nil, errors.New("server: API and Authenticate are required")
	}
	if config.MaxBodyBytes == 0 {
		config.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	document, err := spec.Document()
	if err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	validator, err := validation.New(document, validation.WithErrorHandler(refuse), validation.WithMaxBodyBytes(config.MaxBodyBytes))
	if err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	answers := answerer{logger: config.Logger}
	operations, err := partnerserver.NewStrictHandler(config.API, answers.failure)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}

	router := chi.NewRouter()
	router.Use(identify, answers.recover)
	router.Use(newAuthentication(config, document, validator).middleware)
	router.Use(validator.Middleware)
	if config.Idempotency != nil {
		router.Use(config.Idempotency)
	}
	// Middlewares run before chi routes, so whatever the contract does not have was refused by the validator.
	return partnerserver.HandlerWithOptions(operations, partnerserver.ChiServerOptions{
		BaseRouter: router,
		ErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			answers.failure(w, r, &partnerserver.BadRequestError{Err: err})
		},
	}), nil
}

type partnerKey struct{}

// PartnerFromContext returns who sent the request, inside the operations and the idempotency middleware. It is false for
// operations that need no token.
func PartnerFromContext(ctx context.Context) (Partner, bool) {
	p, ok := ctx.Value(partnerKey{}).(Partner)
	return p, ok
}
