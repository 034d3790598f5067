package partner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	// maxTextBytes bounds how much of a text goes into an error's text.
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
//
// Wherever it is printed, logged or encoded it has the operation, the status, the outcome, the key, and of the server's
// answer no more than the type, the rules, the places and the id, where they have the form of such. What the server
// wrote besides, which may repeat what it was sent, is in the fields for whoever asks: keep Detail, Message, Header and
// Body out of logs.
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
	// Type and Detail are the server's name and text for what is wrong, if it gave them. The text may repeat personal
	// data from the request.
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
	Header http.Header
	Body   []byte
	// Err is why there was no answer, or why it could not be read.
	Err error

	// withheld are texts of the answer that are not shown, as they repeat what the call was sent with.
	withheld []string
}

// FieldError is one thing that is wrong with a request.
type FieldError struct {
	// Location is the path to the value, joined by dots: body.amount.amount_usdc.
	Location string
	// Rule is the stable name of the broken rule.
	Rule string
	// Message is the server's text for people. It may repeat the value.
	Message string
}

// Error names the operation, the status, which rules are broken where, the server's type of error, the cause where
// there was no answer, the outcome where it is in doubt, the request id and the key. It is one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(printable(operationName(e.Operation)))
	if e.StatusCode != 0 {
		b.WriteString(strings.TrimRight(fmt.Sprintf(": %d %s", e.StatusCode, http.StatusText(e.StatusCode)), " "))
	}
	for i, f := range e.Fields[:min(len(e.Fields), maxFields)] {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		b.WriteString(separator + e.place(f.Location))
		if e.shows(f.Rule, isRule) {
			b.WriteString(" (" + f.Rule + ")")
		}
	}
	if e.shows(e.Type, isRule) {
		b.WriteString(": " + e.Type)
	}
	if e.Err != nil {
		b.WriteString(": " + printable(e.Err.Error()))
	}
	if e.Outcome != OutcomeNotSent && e.Outcome != OutcomeRefused {
		b.WriteString(": outcome " + e.Outcome.String())
	}
	var ids []string
	if e.shows(e.RequestID, isID) {
		ids = append(ids, "request "+e.RequestID)
	}
	if !e.IdempotencyKey.IsZero() {
		ids = append(ids, "idempotency key "+e.IdempotencyKey.String())
	}
	if len(ids) > 0 {
		b.WriteString(" (" + strings.Join(ids, ", ") + ")")
	}
	return b.String()
}

// shows reports whether a text of the server's may be seen: it has the form, and repeats nothing.
func (e *Error) shows(text string, form func(string) bool) bool {
	return form(text) && !slices.Contains(e.withheld, text)
}

// place is a location with every step hidden that may not be seen.
func (e *Error) place(location string) string {
	steps := strings.Split(location, ".")
	for i, step := range steps {
		if !e.shows(step, isStep) {
			steps[i] = hidden
		}
	}
	return printable(strings.Join(steps, "."))
}

// withhold finds the texts of the answer that repeat what the call was sent with.
func (e *Error) withhold(r *call) {
	texts := []string{e.RequestID, e.Type}
	for _, f := range e.Fields {
		texts = append(append(texts, f.Rule), strings.Split(f.Location, ".")...)
	}
	for _, text := range texts {
		if r.echoes(text) {
			e.withheld = append(e.withheld, text)
		}
	}
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

// Format writes what Error returns, for every verb, also of an Error that is no pointer.
func (e Error) Format(f fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// MarshalText encodes what Error returns: an Error in a value that is encoded, for a log perhaps, shows no more.
func (e Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue logs the parts of what Error returns.
func (e Error) LogValue() slog.Value {
	attributes := []slog.Attr{
		slog.String("operation", printable(operationName(e.Operation))), slog.Int("status", e.StatusCode),
		slog.String("outcome", e.Outcome.String()), slog.String("idempotency_key", e.IdempotencyKey.String()),
		slog.Int("attempts", e.Attempts), slog.String("error", e.Error()),
	}
	if e.shows(e.Type, isRule) {
		attributes = append(attributes, slog.String("type", e.Type))
	}
	if e.shows(e.RequestID, isID) {
		attributes = append(attributes, slog.String("request_id", e.RequestID))
	}
	return slog.GroupValue(attributes...)
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
		printable(operationName(e.Operation)), printable(e.Operation.Method), printable(e.Operation.Path), status,
		e.Outcome, e.Outcome.Advice(), e.Attempts)
	if !e.IdempotencyKey.IsZero() {
		fmt.Fprintf(&b, "idempotency key: %s\n", e.IdempotencyKey)
	}
	line := func(name, text string, form func(string) bool) {
		switch {
		case text == "":
		case e.shows(text, form):
			fmt.Fprintf(&b, "%s: %s\n", name, printable(text))
		default:
			fmt.Fprintf(&b, "%s: not shown\n", name)
		}
	}
	line("type", e.Type, isRule)
	line("request id", e.RequestID, isID)
	for _, f := range e.Fields[:min(len(e.Fields), maxFields)] {
		line("field: "+e.place(f.Location), f.Rule, isRule)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, "cause: %s\n", printable(e.Err.Error()))
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Date", "Retry-After", "Server", "Via",
		headerRequestID} {
		line("header "+name, strings.Join(e.Header.Values(name), ", "), dumped[name])
	}
	if len(e.Body) == 0 {
		b.WriteString("body: empty\n")
	} else {
		fmt.Fprintf(&b, "body: %d bytes: %s\n", len(e.Body), e.shape())
	}
	return b.String()
}

// dumped are the forms of the headers that Dump shows.
var dumped = map[string]func(string) bool{
	"Content-Type": isMediaType, "Content-Length": isCount, "Date": isDate,
	"Retry-After": func(text string) bool { return isCount(text) || isDate(text) },
	"Server":      isProduct, "Via": isProduct, headerRequestID: isID,
}

// maxShapeBytes bounds the shape of a body.
const maxShapeBytes = 4 << 10

// shape is the body, if it is JSON, with its values replaced by their kinds. Names of members are kept where they have
// the form of one: the contract has them, or the server.
func (e *Error) shape() string {
	var value any
	if json.Unmarshal(e.Body, &value) != nil {
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
			names = names[:min(len(names), 40)]
			for i, name := range names {
				shown := hidden
				if e.shows(name, isStep) {
					shown = strconv.Quote(name)
				}
				names[i] = shown + ": " + walk(v[name], depth+1)
			}
			return "{" + strings.Join(names, ", ") + "}"
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
	return printable(strings.Join(parts, "."))
}
