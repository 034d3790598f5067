package webhook

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Reason is a stable name of why a delivery was refused, for programs.
type Reason string

// The reasons, and the status that each is answered with.
const (
	// ReasonMethodNotAllowed answers 405: the delivery is not a POST.
	ReasonMethodNotAllowed Reason = "method_not_allowed"
	// ReasonMediaTypeUnsupported answers 415: the body is not application/json in UTF-8.
	ReasonMediaTypeUnsupported Reason = "media_type_unsupported"
	// ReasonBodyTooLarge answers 413: the body has more than Config.MaxBodyBytes.
	ReasonBodyTooLarge Reason = "body_too_large"
	// ReasonBodyTooSlow answers 408: the body did not arrive within Config.Timeout.
	ReasonBodyTooSlow Reason = "body_too_slow"
	// ReasonBodyUnreadable answers 400: the body broke off.
	ReasonBodyUnreadable Reason = "body_unreadable"
	// ReasonSignatureRefused answers 401: there is not exactly one signature, or it does not verify.
	ReasonSignatureRefused Reason = "signature_refused"
	// ReasonSecretsUnavailable answers 503: Config.SecretsFunc failed, so the signature could not be checked.
	ReasonSecretsUnavailable Reason = "secrets_unavailable"
	// ReasonNotAnEvent answers 400: the body is not an event.
	ReasonNotAnEvent Reason = "not_an_event"
	// ReasonTooOld answers 400: the event is older than Config.MaxAge.
	ReasonTooOld Reason = "too_old"
	// ReasonFromFuture answers 400: the event's timestamp is more than Config.MaxSkew ahead.
	ReasonFromFuture Reason = "from_future"
	// ReasonInProgress answers 409: another delivery of this event is being handled.
	ReasonInProgress Reason = "in_progress"
	// ReasonFailed answers 500: the function failed or panicked.
	ReasonFailed Reason = "failed"
	// ReasonLate answers 503: the function did not return in time.
	ReasonLate Reason = "late"
	// ReasonCommitUnknown answers 503: the transaction could not be committed, or the answer to the commit was lost.
	// The next delivery of the event finds it done or handles it.
	ReasonCommitUnknown Reason = "commit_unknown"
	// ReasonStoreUnavailable answers 503: the store is full or does not answer, so nothing was handled.
	ReasonStoreUnavailable Reason = "store_unavailable"
	// ReasonBusy answers 503: Config.MaxConcurrent deliveries are being handled.
	ReasonBusy Reason = "busy"
	// ReasonQueueFull answers 503: all places of Async.Queue are taken.
	ReasonQueueFull Reason = "queue_full"
	// ReasonClosed answers 503: Close was called.
	ReasonClosed Reason = "closed"
)

// retryAfter is how long another delivery should wait.
const retryAfter = 5 * time.Second

// reasons has the status, the wait, and the text of each reason.
var reasons = map[Reason]struct {
	status int
	wait   time.Duration
	detail string
}{
	ReasonMethodNotAllowed:     {http.StatusMethodNotAllowed, 0, "only POST"},
	ReasonMediaTypeUnsupported: {http.StatusUnsupportedMediaType, 0, "only application/json"},
	ReasonBodyTooLarge:         {http.StatusRequestEntityTooLarge, 0, "too large"},
	ReasonBodyTooSlow:          {http.StatusRequestTimeout, 0, "too slow"},
	ReasonBodyUnreadable:       {http.StatusBadRequest, 0, "incomplete"},
	ReasonSignatureRefused:     {http.StatusUnauthorized, 0, "signature refused"},
	ReasonSecretsUnavailable:   {http.StatusServiceUnavailable, retryAfter, "try again"},
	ReasonNotAnEvent:           {http.StatusBadRequest, 0, "not an event"},
	ReasonTooOld:               {http.StatusBadRequest, 0, "too old"},
	ReasonFromFuture:           {http.StatusBadRequest, 0, "from the future"},
	ReasonInProgress:           {http.StatusConflict, retryAfter, "being handled"},
	ReasonFailed:               {http.StatusInternalServerError, 0, "not handled"},
	ReasonLate:                 {http.StatusServiceUnavailable, retryAfter, "not handled in time"},
	ReasonCommitUnknown:        {http.StatusServiceUnavailable, retryAfter, "not known to be handled"},
	ReasonStoreUnavailable:     {http.StatusServiceUnavailable, retryAfter, "try again"},
	ReasonBusy:                 {http.StatusServiceUnavailable, retryAfter, "try again"},
	ReasonQueueFull:            {http.StatusServiceUnavailable, retryAfter, "try again"},
	ReasonClosed:               {http.StatusServiceUnavailable, retryAfter, "shutting down"},
}

// Refusal says why a delivery is not answered with a success.
type Refusal struct {
	// Status is the HTTP status to answer with, which follows from the reason.
	Status int
	Reason Reason
	// RetryAfter is how long the next delivery should wait, or 0.
	RetryAfter time.Duration
}

func newRefusal(reason Reason) Refusal {
	about := reasons[reason]
	return Refusal{Status: about.status, Reason: reason, RetryAfter: about.wait}
}

// Detail says in a few words what is wrong. It holds nothing of the delivery.
func (f Refusal) Detail() string { return reasons[f.Reason].detail }

// WriteRefusal answers with {"detail": …} in JSON. It sets Retry-After if waiting helps.
func WriteRefusal(w http.ResponseWriter, _ *http.Request, f Refusal) {
	wire.SetRetryAfter(w.Header(), f.RetryAfter)
	wire.WriteDetail(w, f.Status, "", f.Detail())
}

// WriteProblem answers with the problem details of RFC 9457; their type is the reason. It sets Retry-After if waiting
// helps.
func WriteProblem(w http.ResponseWriter, _ *http.Request, f Refusal) {
	wire.SetRetryAfter(w.Header(), f.RetryAfter)
	wire.WriteProblem(w, wire.Problem{Type: string(f.Reason), Status: f.Status, Detail: f.Detail()})
}
