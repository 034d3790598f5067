package partner

import (
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// CallOption changes one call.
type CallOption func(*callConfig)

// callConfig is what a call's options set.
type callConfig struct {
	key        idempotency.Key
	ownKey     bool
	firstUse   bool
	expiredKey bool
	// ended says that an earlier call ended in doubt, and repeatable until when it may be repeated.
	ended      bool
	repeatable time.Time
	response   *Response
	maxRetries int
	timeout    time.Duration
	// paged says that the call fetches a page for an iterator.
	paged bool
}

func (c *callConfig) set(options []CallOption) {
	for _, option := range options {
		if option != nil {
			option(c)
		}
	}
}

// WithIdempotencyKey sets the key of a call, so that the call can be sent again without taking effect twice, even by
// another process. Keep the key until the outcome is known, send it with the same request only, and not after
// KeyWindow. The Nil UUID is refused, and so is a key for an iterator, whose pages are requests of their own.
func WithIdempotencyKey(key idempotency.Key) CallOption {
	return func(c *callConfig) { c.key, c.ownKey = key, true }
}

// KeyFromOptions returns the key that options set, the last of them where there are several, and whether any does. It
// is for fakes, which get the options of a call.
func KeyFromOptions(options ...CallOption) (key idempotency.Key, ok bool) {
	var c callConfig
	c.set(options)
	return c.key, c.ownKey
}

// WithFirstUse says that no call was made with the key of WithIdempotencyKey before this one, by any process: the key
// was written down for a payment that is new. A refusal then is an OutcomeRefused, and an OutcomeRefusedThisTime
// otherwise, since the key may have been used before. It must not be given to a repeat, and changes nothing where this
// Client knows better.
func WithFirstUse() CallOption {
	return func(c *callConfig) { c.firstUse = true }
}

// WithRepeatBefore says that a call with the key of WithIdempotencyKey ended in doubt, in a process that is gone, and
// until when it may be repeated: the RepeatBefore of its Error, or 59 minutes after it was begun where there was none.
// Later the call fails with ErrKeyExpired, as it does for the zero time, which the Error of a call has that may not be
// repeated; and a refusal is an OutcomeReceivedBefore. A time that is too far ahead to be meant, such as one that was
// stored without its zone, is refused before anything is sent, and so is the option without a key. A Client that made
// the call itself knows.
func WithRepeatBefore(t time.Time) CallOption {
	return func(c *callConfig) { c.ended, c.repeatable = true, t }
}

// WithExpiredKey sends a request although a call with its key may have taken effect so long ago that the provider no
// longer knows the key, instead of failing with ErrKeyExpired. The provider takes it for a new request: give it only
// after looking up that nothing came of the first, or where a second effect is wanted. It needs a key of
// WithIdempotencyKey, as WithRepeatBefore does.
func WithExpiredKey() CallOption {
	return func(c *callConfig) { c.expiredKey = true }
}

// WithMaxRetries sets how often this call is tried again. 0 means never.
func WithMaxRetries(n int) CallOption {
	return func(c *callConfig) { c.maxRetries = max(n, 0) }
}

// WithAttemptTimeout bounds each attempt of this call. 0 and negative durations leave the client's timeout.
func WithAttemptTimeout(d time.Duration) CallOption {
	return func(c *callConfig) {
		if d > 0 {
			c.timeout = d
		}
	}
}

// WithResponse stores the answer in r when the call succeeds: status, header, bytes, and the key.
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
