package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// fileTimeout is how long a file may take: 50 MiB at 700 kbit/s. Only a caller with a good token gets it.
const fileTimeout = 10 * time.Minute

func (s *Server) newAuthenticator() (*authentication.Authenticator, error) {
	return authentication.New(authentication.Config{
		Lookup: func(ctx context.Context, token string) (authentication.Caller, error) {
			caller, err := s.config.Lookup(ctx, token)
			if e := exchangeOf(ctx); err == nil && e.operation.requirement.ReadTimeout > 0 {
				e.yield()
			}
			return caller, err
		},
		Require: func(r *http.Request) authentication.Requirement {
			return exchangeOf(r.Context()).operation.requirement
		},
		Admit:        s.admit,
		MaxBodyBytes: s.config.MaxBodyBytes,
		StrictAge:    s.config.StrictAge,
		Spool:        s.config.Spool,
		Development:  s.config.Development,
		Observe:      s.observeRefusal,
		Refuse:       s.refuseCaller,
	})
}

// authenticated passes on what is authenticated, or needs not be. The request is ours already, so it is not copied
// again.
func (s *Server) authenticated(authenticator *authentication.Authenticator, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := exchangeOf(r.Context())
		if e.operation.requirement.Open {
			s.serveOpen(w, r, next)
			return
		}
		caller, ok := authenticator.Authenticate(w, r)
		if !ok {
			return
		}
		if held, is := r.Body.(*wire.Body); is {
			defer held.Discard()
		}
		e.caller = caller
		if r.Header.Get(signing.HeaderSignature) != "" { // A file that came without is let in by its token alone.
			e.prove()
		}
		next.ServeHTTP(w, r)
	})
}

// observeRefusal notes a refusal for the line about its request. A cause that is ours is logged as an error.
func (s *Server) observeRefusal(ctx context.Context, event authentication.Event) {
	refusal := event.Refusal
	l := &exchangeOf(ctx).log
	l.reason, l.explanation, l.partner = string(refusal.Reason), refusal.Explanation, refusal.CallerID
	if refusal.Err != nil {
		s.logError(ctx, "refused", slog.String("reason", string(refusal.Reason)),
			slog.String("partner", refusal.CallerID), slog.Any("error", refusal.Err))
	}
}

// refuseCaller answers in the contract's shapes: there, a key that is missing or malformed is a 422.
func (s *Server) refuseCaller(w http.ResponseWriter, r *http.Request, refusal authentication.Refusal) {
	switch violation, ok := keyViolation(refusal.Reason); {
	case ok:
		w.Header().Del("WWW-Authenticate")
		WriteInvalid(w, r, violation)
	case s.config.ProblemDetails:
		authentication.WriteProblem(w, r, refusal)
	default:
		authentication.WriteRefusal(w, r, refusal)
	}
}

// keyViolation is what the contract calls a reason that is about the idempotency key. ok is false for any other reason.
func keyViolation(reason authentication.Reason) (violation validation.Violation, ok bool) {
	violation.Location = []any{"header", idempotency.Header}
	switch reason {
	case authentication.ReasonKeyMissing:
		violation.Rule, violation.Message = "required", "is required"
	case authentication.ReasonKeyRepeated:
		violation.Rule, violation.Message = "duplicate_header", "must be there once"
	case authentication.ReasonKeyMalformed:
		violation.Rule, violation.Message = "uuid", "must be a UUID other than the Nil UUID"
	default:
		return validation.Violation{}, false
	}
	return violation, true
}
