package partner

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

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

// Error is a call that failed: it was refused, or it could not be sent, or its answer did not arrive.
type Error struct {
	// Operation is what was called.
	Operation partnerapi.Operation
	// StatusCode is the HTTP status, or 0 when there was no answer.
	StatusCode int
	// RequestID is what the server calls the request, where it says so. Quote it to support.
	RequestID string
	// IdempotencyKey is the key that the call was sent with. Send it again with the same key, within the hour and with the
	// same body, when it is not known whether the call took effect.
	IdempotencyKey idempotency.Key
	// Attempts is how often the request was sent.
	Attempts int
	// Type and Detail are the server's name and text for what is wrong, where it gives them.
	Type, Detail string
	// Fields says what is wrong with which part of the request; a 422 has them.
	Fields []FieldError
	// Body is the refusal as it came, up to 1 MiB. It may repeat personal data that was sent: keep it out of logs.
	Body []byte
	// Err is why there was no answer, or why it could not be read.
	Err error
}

// FieldError is one thing that is wrong with a request.
type FieldError struct {
	// Location is where, from the outside in and joined by dots, for instance body.amount.amount_usdc.
	Location string
	// Rule is a stable name of the rule that was broken.
	Rule string
	// Message is the server's text for a person.
	Message string
}

// Error names the operation, the status, what is wrong, the request id and the key. It holds neither the body nor a secret.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation.ID)
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
	if e.Detail != "" {
		b.WriteString(": " + clip(e.Detail))
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
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

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// refused makes the error for an answer that is not 2xx.
func (c *call) refused(response *http.Response, body []byte, readErr error) error {
	e := &Error{
		Operation: c.operation, StatusCode: response.StatusCode, RequestID: response.Header.Get("X-Request-Id"),
		IdempotencyKey: c.key, Attempts: c.attempts, Body: body, Err: readErr,
	}
	// Both shapes of the contract, and the undocumented ones: detail is a text or a list.
	var answer struct {
		Type    string          `json:"type"`
		TraceID string          `json:"trace_id"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return e
	}
	e.Type = answer.Type
	if e.RequestID == "" {
		e.RequestID = answer.TraceID
	}
	if json.Unmarshal(answer.Detail, &e.Detail) == nil {
		return e
	}
	var entries []partnerapi.ValidationError
	if json.Unmarshal(answer.Detail, &entries) != nil {
		return e
	}
	for _, entry := range entries[:min(len(entries), maxFields)] {
		e.Fields = append(e.Fields, FieldError{Location: location(entry.Loc), Rule: entry.Type, Message: entry.Msg})
	}
	return e
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
