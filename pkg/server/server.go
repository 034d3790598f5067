package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

const (
	// DefaultMaxBodyBytes bounds a JSON body unless the configuration says otherwise: 1 MiB.
	DefaultMaxBodyBytes = wire.DefaultMaxBodyBytes
	// DefaultMaxFileBytes bounds a file unless the configuration says otherwise: it must be smaller than 50 MiB.
	// (Source: the contract's content-length parameter.)
	DefaultMaxFileBytes = wire.DefaultMaxFileBytes
	// DefaultMaxOpenBodyBytes bounds the body of an operation that everybody may call unless the configuration says
	// otherwise: 4 KiB. The longest login that the contract allows has 256 characters, which are 3 KiB if every one of
	// them is escaped.
	DefaultMaxOpenBodyBytes int64 = 4 << 10
)

// Config says what to serve and for whom. Only API and Lookup are required, but without a Store money can move
// twice.
type Config struct {
	// API is the implementation.
	API partnerserver.StrictServerInterface
	// Lookup finds the caller that a bearer token belongs to. It returns authentication.ErrUnknownToken for one
	// that is unknown or expired; any other error is answered with 500, as is a caller without an id or with other than
	// one or two secrets. It is asked for every request, so secrets can be rotated while requests are served. See
	// authentication.Config.Lookup.
	Lookup func(ctx context.Context, token string) (authentication.Caller, error)

	// Middlewares wrap every operation, the first one outermost: behind everything else that the server does, with the
	// decoded input and the output. That is the place for a transaction.
	Middlewares []partnerserver.StrictMiddlewareFunc

	// Store remembers the idempotency keys of writes, so that one that is repeated takes effect once.
	//
	// WITHOUT A STORE REPEATS ARE NOT NOTICED: a payment that is sent again, as every client does that got no answer,
	// is a second payment. Leave it nil only where the API notices repeats on its own, or where nothing is at stake.
	Store idempotency.Store
	// Repeats says how repeats are treated, if there is a Store. The zero value is right for most.
	Repeats Repeats

	// ProblemDetails answers whatever this package refuses with the problem details of RFC 9457, as
	// application/problem+json: a token or a signature that is wrong, a request that differs from the contract, a
	// repeat, an error that an operation returns, a panic. The default is {"detail": …}, as the provider answers. Over
	// HTTP/2 the 431 of too many header fields, and the 503 of a newcomer that has waited for too long, have no body.
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
	// Logger gets a line for every request, at the level of information: what was called, by whom, the status that was
	// answered, how long it took and, if it was refused, why. It gets what callers must not see, the causes of 500s and
	// the like, as errors. Nil discards all of it.
	Logger *slog.Logger

	// Observe is called with every request once it is answered, with its context, from many goroutines at once, and
	// must not block. It is told what the Logger is told. Nil observes nothing.
	Observe func(context.Context, Served)

	// RequestID names a request, in logs, in X-Request-Id and in the trace_id of a problem. Many goroutines may call it
	// at once. Nil makes random UUIDs.
	RequestID func() string

	// StrictAge asks for a strict signature beside the provider's, which covers the method, the query and the time as
	// well, made no longer ago than this; 5 minutes are usual. 0 asks for none. See authentication.Config.StrictAge,
	// and signing.Strict for what clients have to do.
	StrictAge time.Duration
	// AcceptUnsignedUploads lets files in that have no signature, as the contract allows. The default is to refuse them
	// with 401: whoever has a token, stolen or not, could upload what they like. A signature that is there must be
	// right all the same.
	AcceptUnsignedUploads bool
	// MaxBodyBytes bounds a JSON body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// MaxFileBytes bounds a file; 0 means DefaultMaxFileBytes, which is the most that the contract allows.
	MaxFileBytes int64
	// MaxOpenBodyBytes bounds the body of an operation that everybody may call, such as the login; 0 means
	// DefaultMaxOpenBodyBytes.
	MaxOpenBodyBytes int64
	// Spool says where large bodies are held, files above all, and how much room there is for them. The zero value is
	// right for most.
	Spool authentication.Spool
}

// Server is an API behind the whole chain. It is an http.Handler and safe for concurrent use. Make it with New; the
// zero Server panics.
type Server struct {
	config     Config
	validator  *validation.Validator
	operations map[string]*operation
	strangers  *wire.Pace
	// chain is everything behind the request id and the recovery.
	chain http.Handler
}

// New returns a Server. It fails when a required field is missing, when a limit is negative, when a caller's share of
// the Spool has no room for a file, and when its directory takes none.
func New(config Config) (*Server, error) {
	if config.API == nil || config.Lookup == nil {
		return nil, errors.New("server: API and Lookup are required")
	}
	if min(config.MaxBodyBytes, config.MaxFileBytes, config.MaxOpenBodyBytes) < 0 {
		return nil, errors.New("server: MaxBodyBytes, MaxFileBytes and MaxOpenBodyBytes cannot be negative")
	}
	config.MaxBodyBytes = cmp.Or(config.MaxBodyBytes, DefaultMaxBodyBytes)
	config.MaxFileBytes = cmp.Or(config.MaxFileBytes, DefaultMaxFileBytes)
	config.MaxOpenBodyBytes = cmp.Or(config.MaxOpenBodyBytes, DefaultMaxOpenBodyBytes)
	if err := config.Spool.Check(config.MaxFileBytes); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.RequestID == nil {
		config.RequestID = newRequestID
	}
	contract, err := contractFor(&config)
	if err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	s := &Server{config: config, strangers: wire.NewPace()}
	if s.validator, err = contract.validator.With(s.treatment()); err != nil {
		return nil, fmt.Errorf("server: the contract: %w", err)
	}
	if s.operations, err = s.newOperations(contract.described); err != nil {
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
	s.chain = s.authenticated(authenticator, s.validator.Middleware(chain))
	return s, nil
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s == nil || s.chain == nil {
		panic("server: a Server that was not made with New serves nothing")
	}
	e, w, r := s.begin(w, r)
	defer e.depart()
	defer s.holdUp(e)
	defer s.logRequest(e, r)
	defer s.recover(w, r)
	if tooManyFields(r.Header) {
		s.refuseHead(e, w, r)
		return
	}
	e.find(r)
	if !e.enter(r) {
		s.refuseNewcomer(e, w)
		return
	}
	s.chain.ServeHTTP(w, r)
}
