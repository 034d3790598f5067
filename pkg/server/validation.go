package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// treatment says what becomes of messages that differ from the contract.
func (s *Server) treatment() validation.Config {
	return validation.Config{
		MaxBodyBytes: s.config.MaxBodyBytes,
		MaxFileBytes: s.config.MaxFileBytes,
		Responses:    s.config.Responses,
		Logger:       s.config.Logger,
		Matched:      func(r *http.Request) *validation.Match { return &exchangeOf(r.Context()).match },
		Refuse:       s.refuseRequest,
		Observe:      s.logResponse,
	}
}

// find looks up the operation that a request calls, once for the whole chain.
func (e *exchange) find(r *http.Request) {
	if e.server.validator.Find(&e.match, r) {
		e.operation = e.server.operations[e.match.Operation.ID]
	}
}

// logResponse logs answers that differ from the contract. Requests that do are the caller's business.
func (s *Server) logResponse(ctx context.Context, event validation.Event) {
	if event.Refusal.Direction == validation.DirectionResponse {
		s.logError(ctx, "the answer differs from the contract", slog.Any("error", event.Refusal))
	}
}

// refuseRequest answers what the validator refused.
func (s *Server) refuseRequest(w http.ResponseWriter, r *http.Request, refusal validation.Refusal) {
	switch {
	case s.config.ProblemDetails:
		validation.WriteProblem(w, r, refusal)
	case refusal.Direction == validation.DirectionResponse:
		s.answer(w, http.StatusInternalServerError, "", internalError)
	case refusal.Status == http.StatusUnprocessableEntity:
		WriteInvalid(w, r, refusal.Violations...)
	default:
		validation.WriteRefusal(w, r, refusal)
	}
}

// WriteInvalid answers 422 in the shape that the contract gives the operation: the usual list of violations, or an
// error with type, instance and trace id. With Config.ProblemDetails it answers with problem details. It is for
// handlers behind this package's own.
func WriteInvalid(w http.ResponseWriter, r *http.Request, violations ...validation.Violation) {
	e := exchangeOf(r.Context())
	refusal := validation.Refusal{
		Status: http.StatusUnprocessableEntity, Direction: validation.DirectionRequest, Violations: violations,
	}
	switch {
	case e.server != nil && e.server.config.ProblemDetails:
		validation.WriteProblem(w, r, refusal)
	case e.operation.problem:
		e.writeProblem(w, r, "invalid_request", describe(violations))
	default:
		validation.WriteRefusal(w, r, refusal)
	}
}

// writeProblem answers 422 in the second shape that the contract has for it.
func (e *exchange) writeProblem(w http.ResponseWriter, r *http.Request, kind, detail string) {
	body := partnerapi.Problem{Type: kind, Instance: r.URL.Path, Detail: detail}
	if e.id[0] != "" {
		body.TraceID = &e.id[0]
	}
	wire.WriteJSON(w, http.StatusUnprocessableEntity, body)
}

func describe(violations []validation.Violation) string {
	texts := make([]string, 0, len(violations))
	for _, v := range violations {
		steps := make([]string, 0, len(v.Location))
		for _, step := range v.Location {
			steps = append(steps, fmt.Sprint(step))
		}
		texts = append(texts, strings.Join(steps, ".")+" "+v.Message)
	}
	return strings.Join(texts, "; ")
}
