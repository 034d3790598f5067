package partner

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Hooks are called around each attempt, in the calling goroutine; nil ones are skipped. They must be fast, safe for
// concurrent use, and must not change the request.
type Hooks struct {
	// OnRequest is called before an attempt is sent.
	OnRequest func(Attempt, *http.Request)
	// OnResponse is called after an attempt, with the response or the error, whose body is not for the hook to read.
	OnResponse func(Attempt, *http.Response, error)
	// OnRetry is called before the wait for another attempt.
	OnRetry func(Attempt, time.Duration)
}

// Attempt is one try of a call.
type Attempt struct {
	// Operation is what is called.
	Operation Operation
	// Number counts from 1.
	Number int
	// IdempotencyKey is what the attempt is sent with; zero for operations that have none.
	IdempotencyKey idempotency.Key
	// Duration is how long the attempt took; zero before it ends.
	Duration time.Duration
}
