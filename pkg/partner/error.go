package partner

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const (
	// maxErrorBytes bounds how much of a refusal is read.
	maxErrorBytes = 1 << 20
	// maxTextBytes bounds how much of a server's text goes into an error's text.
	maxTextBytes = 300
	maxFields    = 20
)

// The kinds of an Error, for errors.Is. An Error can be of several.
var (
	// ErrNotSent means that nothing was sent, so nothing was done.
	ErrNotSent = errors.New("partner: not sent")
	// ErrOutcomeUnknown means that it is not known whether the call, or an earlier one with its key, took effect.
	ErrOutcomeUnknown = errors.New("partner: outcome unknown")
	// ErrUnauthorized means status 401: the credentials, the token or the signature are wrong.
	ErrUnauthorized = errors.New("partner: unauthorized")
	// ErrForbidden means status 403.
	ErrForbidden = errors.New("partner: forbidden")
	// ErrNotFound means status 404.
	ErrNotFound = errors.New("partner: not found")
	// ErrDuplicate means status 409, or that a repeat was refused after an attempt whose outcome is not known.
	ErrDuplicate = errors.New("partner: duplicate")
	// ErrPreconditionFailed means status 412.
	ErrPreconditionFailed = errors.New("partner: precondition failed")
	// ErrValidation means status 400 or 422: the request does not fit the contract, or breaks a rule.
	ErrValidation = errors.New("partner: invalid request")
	// ErrRateLimited means status 429.
	ErrRateLimited = errors.New("partner: rate limited")
	// ErrServer means status 500 or above.
	ErrServer = errors.New("partner: server error")
	// ErrUnreadable means that the call took effect, but its answer could not be read.
	ErrUnreadable = errors.New("partner: unreadable answer")
)

// Error is a call that failed.
type Error struct {
	// Operation is the operation that was called. It has no ID when the contract does not have the operation.
	Operation Operation
	// StatusCode is the HTTP status of the last answer, or 0 when there was none.
	StatusCode int
	// Outcome says whether the call took effect, and its Advice what to do next.
	Outcome Outcome
	// RequestID is the server's name for the request, if it gave one. Quote it to support.
	RequestID string
	// IdempotencyKey is the key of the last attempt; all attempts of a write share it.
	IdempotencyKey idempotency.Key
	// Attempts is how often the request was sent.
	Attempts int
	// Type and Detail are the server's name and text for what is wrong, if it gave them.
	Type, Detail string
	// Fields says what is wrong with which part of the request; a 422 has them.
	Fields []FieldError
	// RetryAfter is how long the server asks the caller to wait. 0 means that it does not say. What is longer than 30
	// seconds was not waited for.
	RetryAfter time.Duration
	// RepeatBefore is until when the request may be sent again with the same key, where the Outcome is OutcomeUnknown:
	// later the provider takes it for a new one. It is zero otherwise.
	RepeatBefore time.Time
	// Header and Body are the last answer as it came, the body up to 1 MiB. They may repeat personal data from the
	// request, so keep them out of logs. Dump shows them redacted.
	Header http.Header `json:"-"`
	Body   []byte      `json:"-"`
	// Err is why there was no answer, or why it could not be read.
	Err error
}

// FieldError is one thing that is wrong with a request.
type FieldError struct {
	// Location is the path to the value, joined by dots: body.amount.amount_usdc.
	Location string
	// Rule is the stable name of the broken rule.
	Rule string
	// Message is the server's text for people.
	Message string
}

// Error names the operation, the status, what is wrong, the outcome where it is in doubt, the request id and the key.
// It holds neither the body nor a secret, and is one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(operationName(e.Operation))
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	for i, f := range e.Fields {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		b.WriteString(separator + f.Location + ": " + clip(f.Message))
	}
	if e.Detail != "" && e.Detail != http.StatusText(e.StatusCode) {
		b.WriteString(": " + clip(e.Detail))
	}
	if e.Err != nil {
		b.WriteString(": " + clip(e.Err.Error()))
	}
	if e.Outcome != OutcomeNotSent && e.Outcome != OutcomeRefused {
		b.WriteString(": outcome " + e.Outcome.String())
	}
	var ids []string
	if e.RequestID != "" {
		ids = append(ids, "request "+clip(e.RequestID))
	}
	if !e.IdempotencyKey.IsZero() {
		ids = append(ids, "idempotency key "+e.IdempotencyKey.String())
	}
	if len(ids) > 0 {
		b.WriteString(" (" + strings.Join(ids, ", ") + ")")
	}
	return b.String()
}

// tokenError says why there was no token for a call. What is true of the login alone, that it was not sent or found
// nothing, must not be found true of the call.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return "token: " + e.err.Error() }

func (e *tokenError) Is(target error) bool {
	switch target {
	case ErrNotSent, ErrOutcomeUnknown, ErrUnreadable, ErrDuplicate, ErrNotFound, ErrPreconditionFailed, ErrValidation:
		return false
	}
	return errors.Is(e.err, target)
}

func (e *tokenError) As(target any) bool { return errors.As(e.err, target) }

// GoString returns what Error returns, so that %#v shows no more than %v.
func (e *Error) GoString() string { return e.Error() }

// LogValue logs the error without its header and body.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("operation", operationName(e.Operation)), slog.Int("status", e.StatusCode),
		slog.String("outcome", e.Outcome.String()),
		slog.String("request_id", clip(e.RequestID)), slog.String("idempotency_key", e.IdempotencyKey.String()),
		slog.Int("attempts", e.Attempts), slog.String("error", e.Error()),
	)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the error is one of this package's sentinels.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotSent:
		return e.Outcome == OutcomeNotSent
	case ErrOutcomeUnknown:
		return e.Outcome.doubtful() || e.Outcome == OutcomeRefusedThisTime
	case ErrUnreadable:
		return e.Outcome == OutcomeDoneUnreadable
	case ErrDuplicate:
		return e.StatusCode == http.StatusConflict || e.Outcome == OutcomeReceivedBefore
	case ErrUnauthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case ErrPreconditionFailed:
		return e.StatusCode == http.StatusPreconditionFailed
	case ErrValidation:
		return e.StatusCode == http.StatusBadRequest || e.StatusCode == http.StatusUnprocessableEntity
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrServer:
		return e.StatusCode >= 500
	}
	return false
}

// Dump describes the error for support, on several lines: all that Error says, the answer's harmless headers, and the
// shape of its body with every value left out.
func (e *Error) Dump() string {
	var b strings.Builder
	status := "none, as there was no answer"
	if e.StatusCode != 0 {
		status = strconv.Itoa(e.StatusCode)
	}
	fmt.Fprintf(&b, "operation: %s (%s %s)\nstatus: %s\noutcome: %s\nnext: %s\nattempts: %d\n",
		operationName(e.Operation), e.Operation.Method, e.Operation.Path, status, e.Outcome, e.Outcome.Advice(),
		e.Attempts)
	if !e.IdempotencyKey.IsZero() {
		fmt.Fprintf(&b, "idempotency key: %s\n", e.IdempotencyKey)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, "request id: %s\n", clip(e.RequestID))
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "field: %s: %s\n", f.Location, clip(f.Rule))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, "cause: %s\n", clip(e.Err.Error()))
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Date", "Retry-After", "Server", "Via",
		headerRequestID} {
		if values := e.Header.Values(name); len(values) > 0 {
			fmt.Fprintf(&b, "header %s: %s\n", name, clip(strings.Join(values, ", ")))
		}
	}
	if len(e.Body) == 0 {
		b.WriteString("body: empty\n")
	} else {
		fmt.Fprintf(&b, "body: %d bytes: %s\n", len(e.Body), shape(e.Body))
	}
	return b.String()
}

// maxShapeBytes bounds the shape of a body.
const maxShapeBytes = 4 << 10

// shape is a JSON text with its values replaced by their kinds. Names of members are kept up to a length: the contract
// has them, or the server.
func shape(text []byte) string {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return "not JSON"
	}
	var walk func(value any, depth int) string
	walk = func(value any, depth int) string {
		if depth > 8 {
			return "…"
		}
		switch v := value.(type) {
		case map[string]any:
			names := make([]string, 0, len(v))
			for name := range v {
				names = append(names, name)
			}
			slices.Sort(names)
			for i, name := range names {
				names[i] = strconv.Quote(clip(name)) + ": " + walk(v[name], depth+1)
			}
			return "{" + strings.Join(names[:min(len(names), 40)], ", ") + "}"
		case []any:
			if len(v) == 0 {
				return "[]"
			}
			return fmt.Sprintf("[%d × %s]", len(v), walk(v[0], depth+1))
		case string:
			return "string"
		case float64:
			return "number"
		case bool:
			return "boolean"
		}
		return "null"
	}
	whole := walk(value, 0)
	if len(whole) > maxShapeBytes {
		whole = strings.ToValidUTF8(whole[:maxShapeBytes], "") + "…"
	}
	return whole
}

// decode fills in what a refusal says: both shapes of the contract, and the undocumented ones.
func (e *Error) decode() {
	e.RequestID = e.Header.Get(headerRequestID)
	var answer struct {
		Type    string          `json:"type"`
		TraceID string          `json:"trace_id"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(e.Body, &answer) != nil {
		return
	}
	e.Type = answer.Type
	if e.RequestID == "" {
		e.RequestID = answer.TraceID
	}
	if json.Unmarshal(answer.Detail, &e.Detail) == nil {
		return
	}
	var entries []partnerapi.ValidationError
	if json.Unmarshal(answer.Detail, &entries) != nil {
		return
	}
	for _, entry := range entries[:min(len(entries), maxFields)] {
		e.Fields = append(e.Fields, FieldError{Location: location(entry.Loc), Rule: entry.Type, Message: entry.Msg})
	}
}

func location(steps []partnerapi.ValidationErrorLocation) string {
	parts := make([]string, 0, len(steps))
	for _, step := range steps {
		switch v, _ := step.Value(); v := v.(type) {
		case string:
			parts = append(parts, v)
		case int64:
			parts = append(parts, strconv.FormatInt(v, 10))
		}
	}
	return clip(strings.Join(parts, "."))
}

// clip keeps a server's text from flooding a log, and from breaking its lines.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxTextBytes {
		text = strings.ToValidUTF8(text[:maxTextBytes], "") + "…"
	}
	return text
}
