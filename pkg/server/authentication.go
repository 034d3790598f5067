package server

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// uploadTimeout is how long a file may take: 50 MiB at 700 kbit/s. Only a caller with a good token gets it.
const uploadTimeout = 10 * time.Minute

// requirement is what an operation asks of a caller. problem says that its 422 is of the contract's second shape.
type requirement struct {
	signing.Requirement
	problem bool
}

func requirementOf(r *http.Request) requirement {
	return exchangeOf(r.Context()).needs
}

type authentication struct {
	config       Config
	validator    *validation.Validator
	requirements map[string]requirement
	verify       func(http.Handler) http.Handler
}

// newAuthentication reads what each operation asks for from the contract itself.
func newAuthentication(config Config, document *openapi3.T, validator *validation.Validator) (*authentication, error) {
	a := &authentication{config: config, validator: validator, requirements: map[string]requirement{}}
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
	verify, err := signing.NewMiddleware(signing.MiddlewareConfig{
		Lookup:       config.Authenticate,
		Require:      func(r *http.Request) signing.Requirement { return requirementOf(r).Requirement },
		MaxBodyBytes: config.MaxBodyBytes,
		Development:  config.Development,
		OnRefusal:    a.log,
		Refuse:       refuseUnverified,
	})
	a.verify = verify
	return a, err
}

// middleware finds out what the operation asks for and holds the request to it. The bytes that arrived are left in r.Body.
func (a *authentication) middleware(next http.Handler) http.Handler {
	verified := a.verify(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A request that the contract does not know is authenticated all the same; the validator refuses it afterwards.
		if operation, ok := a.validator.Operation(r.Method, r.URL.EscapedPath()); ok {
			exchangeOf(r.Context()).needs = a.requirements[operation.ID]
		}
		verified.ServeHTTP(w, r)
	})
}

func (a *authentication) log(r *http.Request, refusal signing.Refusal) {
	attributes := []slog.Attr{
		slog.String("reason", string(refusal.Reason)), slog.String("explanation", refusal.Explanation), slog.Int("status", refusal.Status),
		slog.String("method", r.Method), slog.String("request_id", RequestID(r.Context())),
	}
	if refusal.PartnerID != "" {
		attributes = append(attributes, slog.String("partner", refusal.PartnerID))
	}
	level := slog.LevelInfo
	if refusal.Err != nil {
		level = slog.LevelError
		attributes = append(attributes, slog.Any("error", refusal.Err))
	}
	a.config.Logger.LogAttrs(r.Context(), level, "refused", attributes...)
}

// refuseUnverified answers in the contract's shapes.
func refuseUnverified(w http.ResponseWriter, r *http.Request, refusal signing.Refusal) {
	violation := validation.Violation{Location: []any{"header", idempotency.Header}}
	switch refusal.Reason {
	case signing.KeyMissing:
		violation.Rule, violation.Message = "required", "is required"
	case signing.KeyRepeated:
		violation.Rule, violation.Message = "duplicate_header", "must be there once"
	case signing.KeyMalformed:
		violation.Rule, violation.Message = "uuid", "must be a UUID other than the Nil UUID"
	default:
		answer(w, refusal.Status, refusal.Detail)
		return
	}
	w.Header().Del("WWW-Authenticate")
	WriteInvalid(w, r, violation)
}
