package partner

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Hooks are called around each attempt, in the calling goroutine. They must be fast and safe for concurrent use, and
// must not change the request. A nil hook is skipped.
type Hooks struct {
	// OnRequest is called before an attempt is sent.
	OnRequest func(Attempt, *http.Request)
	// OnResponse is called after an attempt, with the response or the error. The hook must not read the body.
	OnResponse func(Attempt, *http.Response, error)
	// OnRetry is called before the wait for another attempt.
	OnRetry func(Attempt, time.Duration)
}

// Attempt is one try of a call.
type Attempt struct {
	// Operation is the operation that is called. It has no ID when the contract does not have the operation.
	Operation Operation
	// Number counts from 1.
	Number int
	// IdempotencyKey is the key that the attempt is sent with. It is zero for operations without one.
	IdempotencyKey idempotency.Key
	// Duration is how long the attempt took; zero before it ends.
	Duration time.Duration
}
