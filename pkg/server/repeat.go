package server

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// once makes the middleware that executes a request once.
func (a answerer) once(config idempotency.Config) (func(http.Handler) http.Handler, error) {
	config.Header, config.Optional, config.MaxRequestBytes = idempotency.Header, true, maxUploadBytes
	config.Scope = func(r *http.Request) string {
		partner, _ := authentication.CallerFromContext(r.Context())
		return partner.ID
	}
	config.Applies = func(r *http.Request) bool {
		_, known := authentication.CallerFromContext(r.Context())
		return known && r.Method != http.MethodGet && r.Method != http.MethodHead
	}
	if config.Refuse == nil {
		config.Refuse = refuseRepeat
	}
	if config.Observe == nil {
		config.Observe = a.observe
	}
	guard, err := idempotency.New(config)
	if err != nil {
		return nil, err
	}
	return guard.Middleware, nil
}

// refuseRepeat answers in the contract's shapes.
func refuseRepeat(w http.ResponseWriter, r *http.Request, refusal idempotency.Refusal) {
	if refusal.Status == http.StatusUnprocessableEntity {
		WriteInvalid(w, r, validation.Violation{
			Location: []any{"header", idempotency.Header}, Rule: string(refusal.Reason),
			Message: "was used for another request",
		})
		return
	}
	if refusal.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((refusal.RetryAfter+time.Second-1)/time.Second)))
	}
	answerTyped(w, refusal.Status, string(refusal.Reason), refusal.Detail())
}

// observe logs what somebody should look at.
func (a answerer) observe(ctx context.Context, e idempotency.Event) {
	if e.Kind != idempotency.EventFailed && e.Kind != idempotency.EventExpired {
		return
	}
	a.logger.LogAttrs(ctx, slog.LevelError, "idempotency", slog.String("event", e.Kind.String()),
		slog.String("partner", e.Scope),
		slog.String("idempotency_key", e.Key), slog.Any("error", e.Err), slog.String("request_id", RequestID(ctx)))
}
