package authentication

import (
	"encoding/json"
	"net/http"
)

// Reason says why the middleware refuses a request. It is short and stable, for logs, metrics and decisions, and holds
// nothing of the request.
type Reason string

// The reasons. Those that begin with token, key or signature are answered with 401.
const (
	ReasonTokenMissing       Reason = "token_missing"
	ReasonTokenRepeated      Reason = "token_repeated"  // more than one Authorization header
	ReasonTokenMalformed     Reason = "token_malformed" // no bearer token, or with characters that none has
	ReasonTokenUnknown       Reason = "token_unknown"   // unknown or expired
	ReasonKeyMissing         Reason = "key_missing"
	ReasonKeyRepeated        Reason = "key_repeated"
	ReasonKeyMalformed       Reason = "key_malformed" // no UUID of 36 characters, or the Nil UUID
	ReasonSignatureMissing   Reason = "signature_missing"
	ReasonSignatureRepeated  Reason = "signature_repeated"
	ReasonSignatureMalformed Reason = "signature_malformed" // not the standard base64 of 32 bytes
	ReasonSignatureMismatch  Reason = "signature_mismatch"  // made with another secret or over something else
	ReasonBodyTooLarge       Reason = "body_too_large"      // 413
	ReasonBodyTooSlow        Reason = "body_too_slow"       // 408
	ReasonBodyUnreadable     Reason = "body_unreadable"     // 400: it broke off, or its chunks are wrong
	ReasonLookupFailed       Reason = "lookup_failed"       // 500: Lookup failed
	// 500: Lookup returned no id, no secret, an empty one, or more than two
	ReasonCallerUnusable Reason = "caller_unusable"
)

// reasons has what there is to say of each reason, in the log and, in development, to the caller.
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
	ReasonBodyTooLarge:      {http.StatusRequestEntityTooLarge, "the body is too large"},
	ReasonBodyTooSlow:       {http.StatusRequestTimeout, "the body did not arrive in time"},
	ReasonBodyUnreadable:    {http.StatusBadRequest, "the body cannot be read"},
	ReasonLookupFailed:      {http.StatusInternalServerError, "the look-up of the token failed"},
	ReasonCallerUnusable:    {http.StatusInternalServerError, "the caller cannot be verified against"},
}

// Refusal is a request that the middleware does not let through.
type Refusal struct {
	Reason Reason
	// Status is the HTTP status to answer with.
	Status int
	// CallerID names the caller, once the token is known.
	CallerID string
	// Explanation is for the log: it says what was wrong and, in development, which mistake led to a wrong signature.
	// It holds no token, signature, secret, key or body.
	Explanation string
	// Detail is for the caller: the same text for every 401, unless the middleware is in development.
	Detail string
	// Err is the cause of a 500, for the log alone.
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

// Answer writes the status and the detail as {"detail": "…"}. It is what the middleware does unless it is told
// otherwise.
func (f Refusal) Answer(w http.ResponseWriter) {
	body, err := json.Marshal(struct {
		Detail string `json:"detail"`
	}{f.Detail})
	if err != nil { // A text always encodes.
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = w.Write(body)
}
