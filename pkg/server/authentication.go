package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// requirement is what an operation asks of a caller. problem says that its 422 is of the contract's second shape.
type requirement struct {
	token, signature, upload, problem bool
}

type requirementKey struct{}

type authentication struct {
	config       Config
	validator    *validation.Validator
	requirements map[string]requirement
}

// newAuthentication reads what each operation asks for from the contract itself.
func newAuthentication(config Config, document *openapi3.T, validator *validation.Validator) *authentication {
	a := &authentication{config: config, validator: validator, requirements: map[string]requirement{}}
	for _, path := range document.Paths.Map() {
		for _, operation := range path.Operations() {
			r := requirement{token: operation.Security == nil || len(*operation.Security) > 0}
			if p := operation.Parameters.GetByInAndName(openapi3.ParameterInHeader, signing.HeaderSignature); p != nil {
				r.signature = p.Required
			}
			if refusal := operation.Responses.Value("422"); refusal != nil {
				media := refusal.Value.Content.Get("application/json")
				r.problem = media != nil && slices.Contains(media.Schema.Value.Required, "instance")
			}
			r.upload = operation.RequestBody != nil && operation.RequestBody.Value.Content.Get("application/json") == nil
			a.requirements[operation.OperationID] = r
		}
	}
	return a
}

// middleware checks the token, then the key, then the signature over the bytes that arrived, which it leaves in r.Body.
func (a *authentication) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A request that the contract does not know is authenticated all the same; the validator refuses it afterwards.
		needs := requirement{token: true, signature: true}
		if operation, ok := a.validator.Operation(r.Method, r.URL.EscapedPath()); ok {
			needs = a.requirements[operation.ID]
		}
		r = r.WithContext(context.WithValue(r.Context(), requirementKey{}, needs))
		if needs.token {
			partner, ok := a.token(w, r)
			if !ok {
				return
			}
			r = r.WithContext(context.WithValue(r.Context(), partnerKey{}, partner))
		}
		limit := a.config.MaxBodyBytes
		if needs.upload {
			limit = maxUploadBytes
		}
		if r.ContentLength > limit { // There is no need to read what will be refused.
			answer(w, http.StatusRequestEntityTooLarge, "the body is too large")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			answer(w, http.StatusRequestEntityTooLarge, "the body is too large")
			return
		} else if err != nil {
			answer(w, http.StatusBadRequest, "the body cannot be read")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
		if needs.token && !a.signature(w, r, needs, body) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *authentication) token(w http.ResponseWriter, r *http.Request) (Partner, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		a.unauthorized(w, r, "the request has no bearer token", "no bearer token")
		return Partner{}, false
	}
	partner, err := a.config.Authenticate(r.Context(), token)
	switch {
	case errors.Is(err, ErrUnknownToken):
		a.unauthorized(w, r, "the token is unknown or expired: log in again", "unknown token")
		return Partner{}, false
	case err != nil || len(partner.Secrets) == 0:
		a.config.Logger.ErrorContext(r.Context(), "authenticate", slog.Any("error", err))
		answer(w, http.StatusInternalServerError, "internal error")
		return Partner{}, false
	}
	return partner, true
}

func (a *authentication) signature(w http.ResponseWriter, r *http.Request, needs requirement, body []byte) bool {
	header := r.Header.Get(signing.HeaderSignature)
	if header == "" && !needs.signature {
		return true
	}
	// The validator says what is wrong with the key; without one there is nothing to verify.
	if _, err := idempotency.ParseKey(r.Header.Get(idempotency.Header)); err != nil {
		WriteInvalid(w, r, validation.Violation{
			Location: []any{"header", idempotency.Header}, Rule: "uuid", Message: "must be a UUID other than the Nil UUID",
		})
		return false
	}
	if header == "" {
		a.unauthorized(w, r, "the request has no signature", "no signature")
		return false
	}
	partner, _ := PartnerFromContext(r.Context())
	key, path := r.Header.Get(idempotency.Header), r.URL.EscapedPath()
	var err error
	for _, secret := range partner.Secrets {
		if err = signing.Verify(secret, key, path, body, header); err == nil {
			return true
		}
	}
	reason := signing.Diagnose(partner.Secrets[0], signing.Attempt{
		Key: key, Method: r.Method, Path: path, RawQuery: r.URL.RawQuery, Body: body, Signature: header,
	})
	text := "the signature does not match"
	if a.config.Development {
		text += ": " + reason
	}
	a.unauthorized(w, r, text, reason)
	return false
}

func (a *authentication) unauthorized(w http.ResponseWriter, r *http.Request, text, reason string) {
	a.config.Logger.InfoContext(r.Context(), "unauthorized", slog.String("reason", reason), slog.String("method", r.Method),
		slog.String("request_id", RequestID(r.Context())))
	w.Header().Set("WWW-Authenticate", "Bearer")
	answer(w, http.StatusUnauthorized, text)
}
