package signing

import (
	"encoding/json"
	"net/http"
)

// Reason says why the middleware refuses a request. It is short and stable, for logs, metrics and decisions, and holds nothing
// of the request.
type Reason string

// The reasons. Those that begin with token, key or signature are answered with 401.
const (
	TokenMissing       Reason = "token_missing"
	TokenRepeated      Reason = "token_repeated"  // more than one Authorization header
	TokenMalformed     Reason = "token_malformed" // no bearer token, or with characters that none has
	TokenUnknown       Reason = "token_unknown"   // unknown or expired
	KeyMissing         Reason = "key_missing"
	KeyRepeated        Reason = "key_repeated"
	KeyMalformed       Reason = "key_malformed" // no UUID of 36 characters, or the Nil UUID
	SignatureMissing   Reason = "signature_missing"
	SignatureRepeated  Reason = "signature_repeated"
	SignatureMalformed Reason = "signature_malformed" // not the standard base64 of 32 bytes
	SignatureMismatch  Reason = "signature_mismatch"  // made with another secret or over something else
	BodyTooLarge       Reason = "body_too_large"      // 413
	BodyTooSlow        Reason = "body_too_slow"       // 408
	BodyUnreadable     Reason = "body_unreadable"     // 400: it broke off, or its chunks are wrong
	LookupFailed       Reason = "lookup_failed"       // 500: Lookup failed
	PartnerUnusable    Reason = "partner_unusable"    // 500: Lookup returned no id, no secret, an empty one, or more than two
)

// reasons has what there is to say of each reason, in the log and, in development, to the caller.
var reasons = map[Reason]struct {
	status int
	text   string
}{
	TokenMissing:       {http.StatusUnauthorized, "the request has no bearer token"},
	TokenRepeated:      {http.StatusUnauthorized, "the request has more than one Authorization header"},
	TokenMalformed:     {http.StatusUnauthorized, "the request has no bearer token that could be one"},
	TokenUnknown:       {http.StatusUnauthorized, "the token is unknown or expired: log in again"},
	KeyMissing:         {http.StatusUnauthorized, "the request has no idempotency key"},
	KeyRepeated:        {http.StatusUnauthorized, "the request has more than one idempotency key"},
	KeyMalformed:       {http.StatusUnauthorized, "the idempotency key is not a UUID of 36 characters, or it is the Nil UUID"},
	SignatureMissing:   {http.StatusUnauthorized, "the request has no signature"},
	SignatureRepeated:  {http.StatusUnauthorized, "the request has more than one signature"},
	SignatureMalformed: {http.StatusUnauthorized, "the signature does not match: it is not the standard base64 of 32 bytes"},
	SignatureMismatch:  {http.StatusUnauthorized, "the signature does not match"},
	BodyTooLarge:       {http.StatusRequestEntityTooLarge, "the body is too large"},
	BodyTooSlow:        {http.StatusRequestTimeout, "the body did not arrive in time"},
	BodyUnreadable:     {http.StatusBadRequest, "the body cannot be read"},
	LookupFailed:       {http.StatusInternalServerError, "the look-up of the token failed"},
	PartnerUnusable:    {http.StatusInternalServerError, "the partner cannot be verified against"},
}

// Refusal is a request that the middleware does not let through.
type Refusal struct {
	Reason Reason
	// Status is the HTTP status to answer with.
	Status int
	// PartnerID names the partner, once the token is known.
	PartnerID string
	// Explanation is for the log: it says what was wrong and, in development, which mistake led to a wrong signature. It holds
	// no token, signature, secret, key or body.
	Explanation string
	// Detail is for the caller: the same text for every 401, unless the middleware is in development.
	Detail string
	// Err is the cause of a 500, for the log alone.
	Err error
}

func newRefusal(reason Reason, partnerID string) *Refusal {
	about := reasons[reason]
	f := &Refusal{Reason: reason, Status: about.status, PartnerID: partnerID, Explanation: about.text, Detail: about.text}
	switch f.Status {
	case http.StatusUnauthorized:
		f.Detail = "unauthorized"
	case http.StatusInternalServerError:
		f.Detail = "internal error"
	}
	return f
}

// Answer writes the status and the detail as {"detail": "…"}. It is what the middleware does unless it is told otherwise.
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
