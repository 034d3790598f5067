package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// internalError is all that a caller learns of a failure of ours.
const internalError = "internal error"

// Error is a refusal that an operation returns instead of one of its documented outputs.
type Error struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Type is a stable name of what is wrong; Detail is for a person. Neither may hold a secret or personal data.
	Type, Detail string
	// Violations say what is wrong with the request, each in its place. With a Status of 422 they are answered in the
	// shape that the contract gives the operation, as WriteInvalid does; one that has a type and a detail takes those
	// above, if they are there.
	Violations []validation.Violation
	// Body, if there is one, is the JSON that is answered in the place of all that, with the Status.
	Body json.RawMessage
}

// Error returns Detail.
func (e *Error) Error() string { return e.Detail }

// answerFailure answers what an operation returned as an error. The text of an unknown one goes to the log alone.
func (s *Server) answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	var (
		refusal        *Error
		badRequest     *partnerserver.BadRequestError
		notImplemented *partnerserver.NotImplementedError
	)
	switch {
	case errors.As(err, &refusal) && refusal.Status >= 400 && refusal.Status <= 599 && len(refusal.Body) > 0:
		wire.WriteJSON(w, refusal.Status, refusal.Body)
	case errors.As(err, &refusal) && refusal.Status == http.StatusUnprocessableEntity && len(refusal.Violations) > 0:
		e := exchangeOf(r.Context())
		if e.operation.problem && refusal.Type != "" && !s.config.ProblemDetails {
			e.writeProblem(w, r, refusal.Type, refusal.Detail)
			return
		}
		WriteInvalid(w, r, refusal.Violations...)
	case errors.As(err, &refusal) && refusal.Status >= 400 && refusal.Status <= 599:
		s.answer(w, refusal.Status, refusal.Type, refusal.Detail)
	case errors.As(err, &notImplemented):
		s.answer(w, http.StatusNotImplemented, "not_implemented", notImplemented.Error())
	case errors.As(err, &badRequest):
		s.answer(w, http.StatusBadRequest, "", badRequest.Error())
	default:
		s.logError(r.Context(), "operation failed", slog.Any("error", err))
		s.answer(w, http.StatusInternalServerError, "", internalError)
	}
}

// recover is deferred: it turns a panic into a 500 and a log line.
func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		exchangeOf(r.Context()).log.aborted = true
		panic(cause)
	}
	s.logError(r.Context(), "panic", slog.String("cause", fmt.Sprint(cause)),
		slog.String("stack", string(debug.Stack())))
	s.answer(w, http.StatusInternalServerError, "", internalError)
}

// answer writes an error in the one shape that the server has.
func (s *Server) answer(w http.ResponseWriter, status int, kind, detail string) {
	if s.config.ProblemDetails {
		wire.WriteProblem(w, wire.Problem{Type: kind, Status: status, Detail: detail})
		return
	}
	wire.WriteDetail(w, status, kind, detail)
}
