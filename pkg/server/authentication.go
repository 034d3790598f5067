package server

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// uploadTimeout is how long a file may take: 50 MiB at 700 kbit/s. Only a caller with a good token gets it.
const uploadTimeout = 10 * time.Minute

// requirement is what an operation asks of a caller. problem says that its 422 is of the contract's second shape.
type requirement struct {
	authentication.Requirement
	problem bool
}

func requirementOf(r *http.Request) requirement {
	return exchangeOf(r.Context()).needs
}

type gate struct {
	config       Config
	validator    *validation.Validator
	requirements map[string]requirement
	verify       func(http.Handler) http.Handler
}

// newGate reads what each operation asks for from the contract itself.
func newGate(config Config, document *openapi3.T, validator *validation.Validator) (*gate, error) {
	a := &gate{config: config, validator: validator, requirements: map[string]requirement{}}
	for _, path := range document.Paths.Map() {
		for _, operation := range path.Operations() {
			var r requirement
			r.Open = operation.Security != nil && len(*operation.Security) == 0
			p := operation.Parameters.GetByInAndName(openapi3.ParameterInHeader, signing.HeaderSignature)
			r.SignatureOptional = p == nil || !p.Required
			if refusal := operation.Responses.Value("422"); refusal != nil {
				media := refusal.Value.Content.Get("application/json")
				r.problem = media != nil && slices.Contains(media.Schema.Value.Required, "instance")
			}
			if operation.RequestBody != nil && operation.RequestBody.Value.Content.Get("application/json") == nil {
				r.MaxBodyBytes, r.ReadTimeout = maxUploadBytes, uploadTimeout
			}
			a.requirements[operation.OperationID] = r
		}
	}
	authenticator, err := authentication.New(authentication.Config{
		Lookup:       config.Authenticate,
		Require:      func(r *http.Request) authentication.Requirement { return requirementOf(r).Requirement },
		MaxBodyBytes: config.MaxBodyBytes,
		Development:  config.Development,
		Observe:      a.log,
		Refuse:       refuseUnverified,
	})
	if err != nil {
		return nil, err
	}
	a.verify = authenticator.Middleware
	return a, nil
}

// middleware finds out what the operation asks for and holds the request to it. The bytes that arrived are left in
// r.Body.
func (a *gate) middleware(next http.Handler) http.Handler {
	verified := a.verify(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A request that the contract does not know is authenticated all the same; the validator refuses it afterwards.
		if operation, ok := a.validator.Operation(r.Method, r.URL.EscapedPath()); ok {
			exchangeOf(r.Context()).needs = a.requirements[operation.ID]
		}
		verified.ServeHTTP(w, r)
	})
}

func (a *gate) log(ctx context.Context, event authentication.Event) {
	r, refusal := event.Request, event.Refusal
	attributes := []slog.Attr{
		slog.String("reason", string(refusal.Reason)), slog.String("explanation", refusal.Explanation),
		slog.Int("status", refusal.Status),
		slog.String("method", r.Method), slog.String("request_id", RequestID(ctx)),
	}
	if refusal.CallerID != "" {
		attributes = append(attributes, slog.String("partner", refusal.CallerID))
	}
	level := slog.LevelInfo
	if refusal.Err != nil {
		level = slog.LevelError
		attributes = append(attributes, slog.Any("error", refusal.Err))
	}
	a.config.Logger.LogAttrs(ctx, level, "refused", attributes...)
}

// refuseUnverified answers in the contract's shapes.
func refuseUnverified(w http.ResponseWriter, r *http.Request, refusal authentication.Refusal) {
	violation := validation.Violation{Location: []any{"header", idempotency.Header}}
	switch refusal.Reason {
	case authentication.ReasonKeyMissing:
		violation.Rule, violation.Message = "required", "is required"
	case authentication.ReasonKeyRepeated:
		violation.Rule, violation.Message = "duplicate_header", "must be there once"
	case authentication.ReasonKeyMalformed:
		violation.Rule, violation.Message = "uuid", "must be a UUID other than the Nil UUID"
	default:
		answer(w, refusal.Status, refusal.Detail)
		return
	}
	w.Header().Del("WWW-Authenticate")
	WriteInvalid(w, r, violation)
}
