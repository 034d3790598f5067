package partner

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// CallOption changes one call.
type CallOption func(*callConfig)

// callConfig is what the options of a call make.
type callConfig struct {
	key        idempotency.Key
	ownKey     bool
	response   *Response
	maxRetries int
	timeout    time.Duration
}

// WithIdempotencyKey gives a call its key, so that it can be sent again, by another process too, without taking effect
// twice. Keep the key until the outcome is known, send it with the same request only, and not after idempotency.Window.
// The Nil UUID is refused.
func WithIdempotencyKey(key idempotency.Key) CallOption {
	return func(c *callConfig) { c.key, c.ownKey = key, true }
}

// WithMaxRetries says how often this call is tried again: 0 means never.
func WithMaxRetries(n int) CallOption {
	return func(c *callConfig) { c.maxRetries = max(n, 0) }
}

// WithAttemptTimeout bounds each attempt of this call. It must be positive; anything else leaves the client's.
func WithAttemptTimeout(d time.Duration) CallOption {
	return func(c *callConfig) {
		if d > 0 {
			c.timeout = d
		}
	}
}

// WithResponse has the answer of a call that succeeds written to r: status, header, bytes, and the key that it was made
// with.
func WithResponse(r *Response) CallOption {
	return func(c *callConfig) { c.response = r }
}

// Response is an answer as it came.
type Response struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Header is the answer's header.
	Header http.Header
	// Body is the answer's body. It may hold personal data.
	Body []byte
	// IdempotencyKey is the key of the attempt that was answered.
	IdempotencyKey idempotency.Key
	// Attempts is how often the request was sent.
	Attempts int
}
