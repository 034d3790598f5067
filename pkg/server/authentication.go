package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// fileTimeout is how long a file may take: 50 MiB at 700 kbit/s. Only a caller with a good token gets it.
const fileTimeout = 10 * time.Minute

func (s *Server) newAuthenticator() (*authentication.Authenticator, error) {
	return authentication.New(authentication.Config{
		Lookup: s.config.Lookup,
		Require: func(r *http.Request) authentication.Requirement {
			return exchangeOf(r.Context()).operation.requirement
		},
		MaxBodyBytes: s.config.MaxBodyBytes,
		Development:  s.config.Development,
		Observe:      s.logRefusal,
		Refuse:       s.refuseCaller,
	})
}

// authenticated passes on what is authenticated. The request is ours already, so it is not copied again.
func authenticated(authenticator *authentication.Authenticator, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if caller, ok := authenticator.Authenticate(w, r); ok {
			exchangeOf(r.Context()).caller = caller
			next.ServeHTTP(w, r)
		}
	})
}

func (s *Server) logRefusal(ctx context.Context, event authentication.Event) {
	refusal := event.Refusal
	status := refusal.Status
	if _, ok := keyViolation(refusal.Reason); ok {
		status = http.StatusUnprocessableEntity
	}
	attributes := []slog.Attr{
		slog.String("reason", string(refusal.Reason)), slog.String("explanation", refusal.Explanation),
		slog.Int("status", status), slog.String("operation", exchangeOf(ctx).match.Operation.ID),
		slog.String("method", event.Request.Method), slog.String("request_id", RequestID(ctx)),
	}
	if refusal.CallerID != "" {
		attributes = append(attributes, slog.String("partner", refusal.CallerID))
	}
	level := slog.LevelInfo
	if refusal.Err != nil {
		level = slog.LevelError
		attributes = append(attributes, slog.Any("error", refusal.Err))
	}
	s.config.Logger.LogAttrs(ctx, level, "refused", attributes...)
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
