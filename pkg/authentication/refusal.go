package authentication

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Reason says why a request is refused. It is short and stable, for logs, metrics and decisions, and repeats nothing of
// the request.
type Reason string

const (
	// ReasonTokenMissing answers 401: there is no Authorization header.
	ReasonTokenMissing Reason = "token_missing"
	// ReasonTokenRepeated answers 401: there is more than one Authorization header.
	ReasonTokenRepeated Reason = "token_repeated"
	// ReasonTokenMalformed answers 401: the Authorization header has no bearer token, or one with characters that no
	// token has.
	ReasonTokenMalformed Reason = "token_malformed"
	// ReasonTokenUnknown answers 401: Lookup does not know the token, or it is expired.
	ReasonTokenUnknown Reason = "token_unknown"
	// ReasonKeyMissing answers 401: there is no idempotency key.
	ReasonKeyMissing Reason = "key_missing"
	// ReasonKeyRepeated answers 401: there is more than one idempotency key.
	ReasonKeyRepeated Reason = "key_repeated"
	// ReasonKeyMalformed answers 401: the idempotency key is not a UUID of 36 characters, or it is the Nil UUID.
	ReasonKeyMalformed Reason = "key_malformed"
	// ReasonSignatureMissing answers 401: there is no signature.
	ReasonSignatureMissing Reason = "signature_missing"
	// ReasonSignatureRepeated answers 401: there is more than one signature.
	ReasonSignatureRepeated Reason = "signature_repeated"
	// ReasonSignatureMalformed answers 401: the signature is not the standard base64 of 32 bytes.
	ReasonSignatureMalformed Reason = "signature_malformed"
	// ReasonSignatureMismatch answers 401: the signature was made with another secret or over something else.
	ReasonSignatureMismatch Reason = "signature_mismatch"
	// ReasonStrictMissing answers 401: there is no strict signature, but Config.StrictAge asks for one.
	ReasonStrictMissing Reason = "strict_signature_missing"
	// ReasonStrictMalformed answers 401: the strict signature is not spelled as signing.Strict.Header spells it, or
	// there is more than one.
	ReasonStrictMalformed Reason = "strict_signature_malformed"
	// ReasonStrictExpired answers 401: the strict signature is older than Config.StrictAge, or from the future.
	ReasonStrictExpired Reason = "strict_signature_expired"
	// ReasonStrictMismatch answers 401: the strict signature was made with another secret or over something else.
	ReasonStrictMismatch Reason = "strict_signature_mismatch"
	// ReasonBodyTooLarge answers 413: the body has more bytes than are accepted.
	ReasonBodyTooLarge Reason = "body_too_large"
	// ReasonBodyTooSlow answers 408: the body did not arrive in time.
	ReasonBodyTooSlow Reason = "body_too_slow"
	// ReasonBodyUnreadable answers 400: the body broke off, or its chunks are malformed.
	ReasonBodyUnreadable Reason = "body_unreadable"
	// ReasonRoomTaken answers 503: there is no room to hold a large body, or the disk failed.
	ReasonRoomTaken Reason = "room_taken"
	// ReasonShareTaken answers 503: the caller's share of the room for large bodies is taken by others of its requests.
	ReasonShareTaken Reason = "share_taken"
	// ReasonLookupFailed answers 500: Lookup failed.
	ReasonLookupFailed Reason = "lookup_failed"
	// ReasonCallerUnusable answers 500: Lookup returned a caller without an id, without a secret, with an empty one, or
	// with more than two.
	ReasonCallerUnusable Reason = "caller_unusable"
)

// reasons has the status of each reason, and its text for the log and, in development, for the caller.
var reasons = map[Reason]struct {
	status int
	text   string
}{
	ReasonTokenMissing:   {http.StatusUnauthorized, "the request has no bearer token"},
	ReasonTokenRepeated:  {http.StatusUnauthorized, "the request has more than one Authorization header"},
	ReasonTokenMalformed: {http.StatusUnauthorized, "the request has no bearer token that could be one"},
	ReasonTokenUnknown:   {http.StatusUnauthorized, "the token is unknown or expired: log in again"},
	ReasonKeyMissing:     {http.StatusUnauthorized, "the request has no idempotency key"},
	ReasonKeyRepeated:    {http.StatusUnauthorized, "the request has more than one idempotency key"},
	ReasonKeyMalformed: {http.StatusUnauthorized,
		"the idempotency key is not a UUID of 36 characters, or it is the Nil UUID"},
	ReasonSignatureMissing:  {http.StatusUnauthorized, "the request has no signature"},
	ReasonSignatureRepeated: {http.StatusUnauthorized, "the request has more than one signature"},
	ReasonSignatureMalformed: {http.StatusUnauthorized,
		"the signature does not match: it is not the standard base64 of 32 bytes"},
	ReasonSignatureMismatch: {http.StatusUnauthorized, "the signature does not match"},
	ReasonStrictMissing:     {http.StatusUnauthorized, "the request has no strict signature"},
	ReasonStrictMalformed: {http.StatusUnauthorized,
		"the strict signature is not spelled as it must be, or there is more than one"},
	ReasonStrictExpired: {http.StatusUnauthorized,
		"the strict signature is too old or from the future: look at the clocks"},
	ReasonStrictMismatch: {http.StatusUnauthorized,
		"the strict signature does not match: method, path with query, time, key or body are others than were signed"},
	ReasonBodyTooLarge:   {http.StatusRequestEntityTooLarge, "the body is too large"},
	ReasonBodyTooSlow:    {http.StatusRequestTimeout, "the body did not arrive in time"},
	ReasonBodyUnreadable: {http.StatusBadRequest, "the body cannot be read"},
	ReasonRoomTaken: {http.StatusServiceUnavailable,
		"there is no room for a body of this size now: nothing was executed, come again"},
	ReasonShareTaken: {http.StatusServiceUnavailable,
		"other bodies of yours take all the room that you have: nothing was executed, come again"},
	ReasonLookupFailed:   {http.StatusInternalServerError, "the look-up of the token failed"},
	ReasonCallerUnusable: {http.StatusInternalServerError, "the caller cannot be verified against"},
}

// Refusal is a request that is not let through.
type Refusal struct {
	Reason Reason
	// Status is the HTTP status to answer with, as it stands at each Reason.
	Status int
	// CallerID names the caller, once the token is known.
	CallerID string
	// Explanation is for the log: it says what was wrong and, in development, which mistake led to a wrong signature.
	// It holds no token, signature, secret, key or body.
	Explanation string
	// Detail is for the caller: the same text for every 401, unless Config.Development is set.
	Detail string
	// RetryAfter is when to come again, for a 503.
	RetryAfter time.Duration
	// Err is the cause of a 500, and of a 503 when the disk failed, for the log alone.
	Err error
}

func newRefusal(reason Reason, callerID string) *Refusal {
	about := reasons[reason]
	f := &Refusal{Reason: reason, Status: about.status, CallerID: callerID, Explanation: about.text, Detail: about.text}
	switch f.Status {
	case http.StatusUnauthorized:
		f.Detail = "unauthorized"
	case http.StatusInternalServerError:
		f.Detail = "internal error"
	}
	return f
}

// WriteRefusal answers with the status and the detail as {"detail": "…"}.
func WriteRefusal(w http.ResponseWriter, _ *http.Request, f Refusal) {
	wire.SetRetryAfter(w.Header(), f.RetryAfter)
	wire.WriteDetail(w, f.Status, "", f.Detail)
}

// WriteProblem answers with the problem details of RFC 9457: the status, its title and the detail. All problems of a
// status have the same type, about:blank, so that a 401 says no more here than elsewhere.
func WriteProblem(w http.ResponseWriter, _ *http.Request, f Refusal) {
	wire.SetRetryAfter(w.Header(), f.RetryAfter)
	wire.WriteProblem(w, wire.Problem{Status: f.Status, Detail: f.Detail})
}
