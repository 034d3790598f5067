package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// Error is a refusal that an operation returns instead of one of its documented outputs.
type Error struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Type is a stable name of what is wrong; Detail is for a person. Neither may hold a secret or personal data.
	Type, Detail string
}

// Error returns Detail.
func (e *Error) Error() string { return e.Detail }

type answerer struct{ logger *slog.Logger }

// failure answers what an operation returned as an error. The text of an unknown one goes to the log alone.
func (a answerer) failure(w http.ResponseWriter, r *http.Request, err error) {
	var (
		refusal        *Error
		badRequest     *partnerserver.BadRequestError
		notImplemented *partnerserver.NotImplementedError
	)
	switch {
	case errors.As(err, &refusal) && refusal.Status >= 400 && refusal.Status <= 599:
		answerTyped(w, refusal.Status, refusal.Type, refusal.Detail)
	case errors.As(err, &notImplemented):
		answerTyped(w, http.StatusNotImplemented, "not_implemented", notImplemented.Error())
	case errors.As(err, &badRequest):
		answer(w, http.StatusBadRequest, badRequest.Error())
	default:
		a.logger.ErrorContext(r.Context(), "operation failed", slog.String("method", r.Method), slog.Any("error", err),
			slog.String("request_id", RequestID(r.Context())))
		answer(w, http.StatusInternalServerError, "internal error")
	}
}

// recover turns a panic into a 500 and a log line.
func (a answerer) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			a.logger.ErrorContext(r.Context(), "panic", slog.String("cause", fmt.Sprint(cause)),
				slog.String("request_id", RequestID(r.Context())), slog.String("stack", string(debug.Stack())))
			answer(w, http.StatusInternalServerError, "internal error")
		}()
		next.ServeHTTP(w, r)
	})
}

// invalid logs answers that differ from the contract. Requests that do are the caller's business.
func (a answerer) invalid(ctx context.Context, event validation.Event) {
	if event.Refusal.Direction == validation.DirectionResponse {
		a.logger.ErrorContext(ctx, "the answer differs from the contract", slog.Any("error", event.Refusal),
			slog.String("request_id", RequestID(ctx)))
	}
}

// refuse answers what the validator refused.
func refuse(w http.ResponseWriter, r *http.Request, e validation.Refusal) {
	if e.Direction == validation.DirectionResponse {
		answer(w, http.StatusInternalServerError, "internal error")
		return
	}
	if e.Status == http.StatusUnprocessableEntity {
		WriteInvalid(w, r, e.Violations...)
		return
	}
	validation.WriteRefusal(w, r, e)
}

// WriteInvalid answers 422 in the shape that the contract gives the operation: the usual list of violations, or problem
// details. It is for handlers behind this package's own.
func WriteInvalid(w http.ResponseWriter, r *http.Request, violations ...validation.Violation) {
	if !requirementOf(r).problem {
		validation.WriteRefusal(w, r, validation.Refusal{
			Status: http.StatusUnprocessableEntity, Direction: validation.DirectionRequest, Violations: violations,
		})
		return
	}
	texts := make([]string, 0, len(violations))
	for _, v := range violations {
		steps := make([]string, 0, len(v.Location))
		for _, step := range v.Location {
			steps = append(steps, fmt.Sprint(step))
		}
		texts = append(texts, strings.Join(steps, ".")+" "+v.Message)
	}
	body := partnerapi.Problem{Type: "invalid_request", Instance: r.URL.Path, Detail: strings.Join(texts, "; ")}
	if id := RequestID(r.Context()); id != "" {
		body.TraceID = &id
	}
	write(w, http.StatusUnprocessableEntity, body)
}

func answer(w http.ResponseWriter, status int, detail string) { answerTyped(w, status, "", detail) }

func answerTyped(w http.ResponseWriter, status int, kind, detail string) {
	body := partnerapi.Error{Detail: detail}
	if kind != "" {
		body.Type = &kind
	}
	write(w, status, body)
}

func write(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil { // Nothing that is written here fails to encode.
		status, b = http.StatusInternalServerError, []byte(`{"detail":"internal error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
