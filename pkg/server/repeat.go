package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Repeats says how a write is treated whose idempotency key was seen before. The fields mean what they mean in
// idempotency.Config, which says more.
type Repeats struct {
	// Window is how long a key is remembered after its request is done; 0 means idempotency.Window, one hour.
	Window time.Duration
	// Timeout is how long an operation may take; 0 means 30 seconds. Its context does not end when the client goes
	// away: what was begun is finished, and a repeat gets the answer.
	Timeout time.Duration
	// Lease is how long a key stays claimed when its process dies; 0 means twice the timeout.
	Lease time.Duration
	// StoreTimeout bounds all attempts of one step of the store; 0 means 5 seconds.
	StoreTimeout time.Duration
	// TakeOver executes a request again whose first execution let its lease expire. It may have had its effect: set
	// this only if the operations do no harm when they run twice. The default refuses such repeats with 409.
	TakeOver bool
	// RefuseRepeats answers a repeat of what is done with 409 rather than with the stored answer.
	RefuseRepeats bool
	// Policy says what is done with an answer and, in an idempotency.Transactional store, with its effect. Nil means
	// the default, which docs/idempotency.md has in a table.
	Policy func(r *http.Request, status int) idempotency.Decision
	// Headers are those that are stored and replayed, besides Content-Type, Content-Encoding, Content-Language and
	// Location.
	Headers []string
	// EncryptionKeys encrypt answers before the Store gets them: the first one encrypts, and all decrypt. None means
	// that the Store has them in clear.
	EncryptionKeys []idempotency.EncryptionKey
	// AcceptClear accepts stored answers that are not encrypted although there are EncryptionKeys.
	AcceptClear bool
	// MaxResponseBytes bounds the answer that is stored; 0 means 1 MiB.
	MaxResponseBytes int64
	// Observe is called with everything that happens to a key, from many goroutines at once, and must not block.
	// Failures are logged as well.
	Observe func(context.Context, idempotency.Event)
}

// once makes the middleware that executes a write once.
func (s *Server) once(next http.Handler) (http.Handler, error) {
	repeats := s.config.Repeats
	guard, err := idempotency.New(idempotency.Config{
		Store: s.config.Store,
		Scope: func(r *http.Request) string { return exchangeOf(r.Context()).caller.ID },
		// The contract has asked for the key already, where it is required.
		Optional: true,
		Applies: func(r *http.Request) bool {
			return r.Method != http.MethodGet && r.Method != http.MethodHead &&
				exchangeOf(r.Context()).caller.ID != ""
		},
		Window: repeats.Window, Timeout: repeats.Timeout, Lease: repeats.Lease, StoreTimeout: repeats.StoreTimeout,
		TakeOver: repeats.TakeOver, RefuseRepeats: repeats.RefuseRepeats, Policy: repeats.Policy,
		Headers: repeats.Headers, EncryptionKeys: repeats.EncryptionKeys, AcceptClear: repeats.AcceptClear,
		MaxResponseBytes: repeats.MaxResponseBytes,
		MaxRequestBytes:  max(s.config.MaxBodyBytes, s.config.MaxFileBytes), // Both were held to it already.
		Refuse:           s.refuseRepeat,
		Observe:          s.observeRepeat,
	})
	if err != nil {
		return nil, err
	}
	return guard.Middleware(next), nil
}

// refuseRepeat answers in the contract's shapes, unless they are to be problem details.
func (s *Server) refuseRepeat(w http.ResponseWriter, r *http.Request, refusal idempotency.Refusal) {
	exchangeOf(r.Context()).log.reason = string(refusal.Reason)
	switch {
	case s.config.ProblemDetails:
		idempotency.WriteProblem(w, r, refusal)
	case refusal.Status == http.StatusUnprocessableEntity:
		WriteInvalid(w, r, validation.Violation{
			Location: []any{"header", idempotency.Header}, Rule: string(refusal.Reason),
			Message: "was used for another request",
		})
	default:
		idempotency.WriteRefusal(w, r, refusal)
	}
}

// observeRepeat notes what the line about the request says, and logs what somebody should look at.
func (s *Server) observeRepeat(ctx context.Context, event idempotency.Event) {
	if s.config.Repeats.Observe != nil {
		s.config.Repeats.Observe(ctx, event)
	}
	switch event.Kind {
	case idempotency.EventReplayed:
		exchangeOf(ctx).log.replayed = true
	case idempotency.EventFailed, idempotency.EventExpired:
		s.logError(ctx, "idempotency", slog.String("event", event.Kind.String()), slog.String("partner", event.Scope),
			slog.String("idempotency_key", event.Key), slog.Any("error", event.Err))
	default: // It is nothing that somebody should look at.
	}
}
