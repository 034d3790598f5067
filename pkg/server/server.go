package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/contract"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

const (
	// DefaultMaxBodyBytes bounds a JSON body: 1 MiB.
	DefaultMaxBodyBytes = authentication.DefaultMaxBodyBytes
	// maxUploadBytes bounds a file: below 50 MiB. (Source: the contract's content-length parameter.)
	maxUploadBytes int64 = 50<<20 - 1
)

// Config says what to serve and for whom.
type Config struct {
	// API is the implementation. Required.
	API partnerserver.StrictServerInterface
	// Authenticate finds the partner that a bearer token belongs to. It returns authentication.ErrUnknownToken for one
	// that is unknown or expired; any other error is answered with 500, as is a partner without an id or with other
	// than one or two secrets. See authentication.Config.Lookup. Required.
	Authenticate func(ctx context.Context, token string) (authentication.Caller, error)
	// Idempotency says how repeated keys are treated; a Store is all that it needs. Nil means that repeats are not
	// noticed. New fills in what it knows better: the Scope, which is the partner; which requests it Applies to, the
	// writes that need a token; that a key is Optional, as the contract has said already where it is not;
	// MaxRequestBytes; and, if they are nil, how to Refuse in the contract's shapes and to Observe failures in the log.
	Idempotency *idempotency.Config
	// Responses says whether the operations' answers are checked against the contract too; those that differ are
	// logged. The default does not look at them.
	Responses validation.ResponseMode
	// Development makes a 401 say what was done wrong; otherwise all are alike. Keep it off where the callers are not
	// trusted.
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
	document, err := contract.Document()
	if err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	answers := answerer{logger: config.Logger}
	validator, err := validation.New(validation.Config{
		Document: document, MaxBodyBytes: config.MaxBodyBytes, MaxBinaryBytes: maxUploadBytes,
		Responses: config.Responses, RefuseNilUUID: []string{idempotency.Header},
		Refuse: refuse, Observe: answers.invalid,
	})
	if err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	operations, err := partnerserver.NewStrictHandler(config.API, answers.failure)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}

	gate, err := newGate(config, document, validator)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}

	router := chi.NewRouter()
	router.Use(identify, answers.recover)
	router.Use(gate.middleware)
	router.Use(validator.Middleware)
	if config.Idempotency != nil {
		once, err := answers.once(*config.Idempotency)
		if err != nil {
			return nil, fmt.Errorf("server: %w", err)
		}
		router.Use(once)
	}
	// Middlewares run before chi routes, so whatever the contract does not have was refused by the validator.
	return partnerserver.HandlerWithOptions(operations, partnerserver.ChiServerOptions{
		BaseRouter: router,
		ErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			answers.failure(w, r, &partnerserver.BadRequestError{Err: err})
		},
	}), nil
}
