package idempotency

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Reason is a stable name of why a request was not executed.
type Reason string

const (
	// KeyMissing answers 400: the request has no key, or several.
	KeyMissing Reason = "idempotency_key_missing"
	// KeyMalformed answers 400: the key is not one.
	KeyMalformed Reason = "idempotency_key_malformed"
	// BodyUnreadable answers 400: the body could not be read to its end.
	BodyUnreadable Reason = "body_unreadable"
	// BodyTooLarge answers 413: the body has more than Config.MaxRequestBytes.
	BodyTooLarge Reason = "body_too_large"
	// KeyReused answers 422: the key was used for another request.
	KeyReused Reason = "idempotency_key_reused"
	// StillInProgress answers 409: the first request with the key is under way. Ask again after Retry-After.
	StillInProgress Reason = "idempotency_in_progress"
	// OutcomeUnknown answers 409: whoever executed the first request died or was cut off before it was done. It may
	// have had its effect, so it is not executed again while the key is remembered: somebody has to look.
	OutcomeUnknown Reason = "idempotency_outcome_unknown"
	// AlreadyDone answers 409: the request was executed, and repeats are refused.
	AlreadyDone Reason = "idempotency_already_done"
	// ResponseNotStored answers 409: the request was executed, and its response was too large to be stored.
	ResponseNotStored Reason = "idempotency_response_not_stored"
	// RecordDamaged answers 500: the stored response cannot be read. The request is not executed again.
	RecordDamaged Reason = "idempotency_record_damaged"
	// StoreUnavailable answers 503: the store could not be asked, so nothing was executed.
	StoreUnavailable Reason = "idempotency_store_unavailable"
	// CommitUnknown answers 503: the transaction of the request could not be committed, or the answer to that was lost.
	// Nothing has happened, or all of it: the same request with the same key tells.
	CommitUnknown Reason = "idempotency_commit_unknown"
	// ResponseTooLarge answers 500: the response is larger than a transactional store takes; what the request did was
	// rolled back.
	ResponseTooLarge Reason = "idempotency_response_too_large"
)

// Refusal says why a request was not executed, or not with a response that may go out.
type Refusal struct {
	// Status is the HTTP status to answer with, as it stands at each Reason.
	Status int
	Reason Reason
	// RetryAfter is when it is worth asking again, or 0.
	RetryAfter time.Duration
}

// Detail says for a person what is wrong.
func (f Refusal) Detail() string { return details[f.Reason] }

var details = map[Reason]string{
	KeyMissing:      "exactly one idempotency key is required",
	KeyMalformed:    "the idempotency key is malformed",
	BodyUnreadable:  "the body cannot be read",
	BodyTooLarge:    "the body is too large",
	KeyReused:       "the idempotency key was used for another request",
	StillInProgress: "a request with this idempotency key is still in progress",
	OutcomeUnknown: "the outcome of the first request with this idempotency key is unknown; it is not executed " +
		"again",
	AlreadyDone:       "a request with this idempotency key was executed before",
	ResponseNotStored: "the request was executed before; its response was too large to be stored",
	RecordDamaged:     "internal error",
	StoreUnavailable:  "idempotency keys cannot be checked at the moment; nothing was executed",
	CommitUnknown:     "it is not known whether the request took effect; repeat it with the same idempotency key",
	ResponseTooLarge:  "internal error",
}

var statuses = map[Reason]int{
	KeyMissing: http.StatusBadRequest, KeyMalformed: http.StatusBadRequest, BodyUnreadable: http.StatusBadRequest,
	BodyTooLarge: http.StatusRequestEntityTooLarge, KeyReused: http.StatusUnprocessableEntity,
	StillInProgress: http.StatusConflict,
	OutcomeUnknown:  http.StatusConflict, AlreadyDone: http.StatusConflict, ResponseNotStored: http.StatusConflict,
	RecordDamaged: http.StatusInternalServerError, StoreUnavailable: http.StatusServiceUnavailable,
	CommitUnknown: http.StatusServiceUnavailable, ResponseTooLarge: http.StatusInternalServerError,
}

// WriteRefusal answers with {"type": …, "detail": …} in JSON, and with Retry-After in whole seconds where that makes
// sense.
func WriteRefusal(w http.ResponseWriter, _ *http.Request, f Refusal) {
	body, err := json.Marshal(struct {
		Type   Reason `json:"type"`
		Detail string `json:"detail"`
	}{f.Reason, f.Detail()})
	if err != nil { // Two texts do not fail to encode.
		body = []byte(`{"detail":"internal error"}`)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.RetryAfter+time.Second-1)/time.Second), 10))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = w.Write(body)
}
