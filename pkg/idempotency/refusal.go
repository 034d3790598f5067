package idempotency

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Reason is a stable name of why a request was refused, for programs.
type Reason string

// The reasons, and the status that each is answered with.
const (
	// ReasonKeyMissing answers 400: the request has no key, or more than one.
	ReasonKeyMissing Reason = "idempotency_key_missing"
	// ReasonKeyMalformed answers 400: the key is not a UUID, or not what Config.Header asks for.
	ReasonKeyMalformed Reason = "idempotency_key_malformed"
	// ReasonScopeUnusable answers 400: no store can have the scope that Config.Scope made of the request. Repeating
	// does not help.
	ReasonScopeUnusable Reason = "idempotency_scope_unusable"
	// ReasonBodyUnreadable answers 400: the body broke off.
	ReasonBodyUnreadable Reason = "body_unreadable"
	// ReasonBodyTooLarge answers 413: the body has more than Config.MaxRequestBytes.
	ReasonBodyTooLarge Reason = "body_too_large"
	// ReasonKeyReused answers 422: the key was used for another request.
	ReasonKeyReused Reason = "idempotency_key_reused"
	// ReasonStillInProgress answers 409: the first request with the key is still being executed. Ask again after
	// Retry-After.
	ReasonStillInProgress Reason = "idempotency_in_progress"
	// ReasonOutcomeUnknown answers 409: whoever executed the first request died, or was cut off, before it was done. It
	// may have taken effect, so it is not executed again while the key is remembered: a person has to look.
	ReasonOutcomeUnknown Reason = "idempotency_outcome_unknown"
	// ReasonAlreadyDone answers 409: the request was executed before, and Config.RefuseRepeats is set.
	ReasonAlreadyDone Reason = "idempotency_already_done"
	// ReasonResponseNotStored answers 409: the request was executed before, and its response was too large to store.
	ReasonResponseNotStored Reason = "idempotency_response_not_stored"
	// ReasonRecordDamaged answers 500: the stored response cannot be read. The request is not executed again.
	ReasonRecordDamaged Reason = "idempotency_record_damaged"
	// ReasonStoreUnavailable answers 503: the store is full or does not answer, so nothing was executed.
	ReasonStoreUnavailable Reason = "idempotency_store_unavailable"
	// ReasonCommitUnknown answers 503: the answer to the commit was lost, or the handler has ended the transaction. The
	// same request with the same key tells whether it took effect.
	ReasonCommitUnknown Reason = "idempotency_commit_unknown"
	// ReasonNotCommitted answers 500: the database refused to commit the transaction, so nothing was done, and the key
	// is free.
	ReasonNotCommitted Reason = "idempotency_not_committed"
	// ReasonResponseTooLarge answers 500: the response is larger than Config.MaxResponseBytes, so the transaction was
	// rolled back.
	ReasonResponseTooLarge Reason = "idempotency_response_too_large"
)

// reasons has the status and the text of each reason.
var reasons = map[Reason]struct {
	status int
	detail string
}{
	ReasonKeyMissing:      {http.StatusBadRequest, "exactly one idempotency key is required"},
	ReasonKeyMalformed:    {http.StatusBadRequest, "the idempotency key is malformed"},
	ReasonScopeUnusable:   {http.StatusBadRequest, "the scope of the idempotency key is unusable"},
	ReasonBodyUnreadable:  {http.StatusBadRequest, "the body cannot be read"},
	ReasonBodyTooLarge:    {http.StatusRequestEntityTooLarge, "the body is too large"},
	ReasonKeyReused:       {http.StatusUnprocessableEntity, "the idempotency key was used for another request"},
	ReasonStillInProgress: {http.StatusConflict, "a request with this idempotency key is still in progress"},
	ReasonOutcomeUnknown: {http.StatusConflict,
		"the outcome of the first request with this idempotency key is unknown; it is not executed again"},
	ReasonAlreadyDone: {http.StatusConflict, "a request with this idempotency key was executed before"},
	ReasonResponseNotStored: {http.StatusConflict,
		"the request was executed before; its response was too large to be stored"},
	ReasonRecordDamaged: {http.StatusInternalServerError, "internal error"},
	ReasonStoreUnavailable: {http.StatusServiceUnavailable,
		"idempotency keys cannot be checked at the moment; nothing was executed"},
	ReasonCommitUnknown: {http.StatusServiceUnavailable,
		"it is not known whether the request took effect; repeat it with the same idempotency key"},
	ReasonNotCommitted: {http.StatusInternalServerError,
		"the transaction could not be committed; nothing was done"},
	ReasonResponseTooLarge: {http.StatusInternalServerError, "internal error"},
}

// Refusal says why a request was not executed, or why its response may not be sent.
type Refusal struct {
	// Status is the HTTP status to answer with, which follows from the reason.
	Status int
	Reason Reason
	// RetryAfter is how long to wait before the next attempt, or 0 if repeating does not help.
	RetryAfter time.Duration
}

// Detail says in a sentence what is wrong. It holds nothing of the request.
func (f Refusal) Detail() string { return reasons[f.Reason].detail }

// WriteRefusal answers with {"type": …, "detail": …} in JSON; the type is the reason. It sets Retry-After if waiting
// helps.
func WriteRefusal(w http.ResponseWriter, _ *http.Request, f Refusal) {
	wire.SetRetryAfter(w.Header(), f.RetryAfter)
	wire.WriteDetail(w, f.Status, string(f.Reason), f.Detail())
}

// WriteProblem answers with the problem details of RFC 9457; their type is the reason. It sets Retry-After if waiting
// helps.
func WriteProblem(w http.ResponseWriter, _ *http.Request, f Refusal) {
	wire.SetRetryAfter(w.Header(), f.RetryAfter)
	wire.WriteProblem(w, wire.Problem{Type: string(f.Reason), Status: f.Status, Detail: f.Detail()})
}
