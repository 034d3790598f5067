package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	// DefaultMaxBodyBytes bounds a body: 1 MiB. Events are a few hundred bytes.
	DefaultMaxBodyBytes int64 = 1 << 20
	// DefaultTimeout bounds reading a body, and then handling the event.
	DefaultTimeout = 10 * time.Second
	// maxFuture is how far ahead of the own clock a timestamp may be, when MaxAge does not allow for less.
	maxFuture = 5 * time.Minute
)

// RetryStatusCodes returns the statuses after which a Handler wants another delivery, for the retry policy of a
// subscription.
func RetryStatusCodes() []int32 {
	return []int32{http.StatusRequestTimeout, http.StatusConflict, http.StatusInternalServerError,
		http.StatusServiceUnavailable}
}

// Config says how a Handler treats deliveries.
type Config struct {
	// Secrets are the active secrets of the subscriptions, at least one. A second one allows for a rotation.
	Secrets []signing.Secret
	// Handle is called once per event. When it returns nil, the event is done; when it fails or panics, the event is
	// released and the next delivery calls it again. So what it does should be safe to do twice: no deduplicator can
	// know that a program died between the work and its record. Required.
	//
	// Its context keeps the values of the request's, and ends by Timeout, or when Close gives up; it does not end when
	// the provider hangs up. The text of its errors and panics is logged: keep personal data out of it.
	Handle func(ctx context.Context, event *Event) error
	// Deduplicator remembers the events. Nil means a Memory with its defaults, which is right for a single instance of
	// the program; its TTL is longer if MaxAge needs it.
	Deduplicator Deduplicator
	// Timeout bounds reading a body, and then handling the event. When Handle does not return in time, the answer is
	// 503, and the event remains in progress until it does. 0 means DefaultTimeout. For how long the provider waits is
	// not documented.
	Timeout time.Duration
	// MaxBodyBytes bounds a body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// MaxAge refuses events whose timestamp is older, and those from the future, with 400; the clocks may differ by 5
	// minutes or by MaxAge, whichever is less. 0 means that the timestamp is not looked at: it says when something
	// happened, not when it was sent, and a retry policy can bring an event long afterwards. Against replays within
	// MaxAge, the deduplicator helps.
	MaxAge time.Duration
	// Now is the clock for MaxAge. Nil means time.Now.
	Now func() time.Time
	// Async answers before the event is handled. Nil, the default, answers afterwards: then every failure, also a
	// crash, leads to another delivery.
	Async *Async
	// Logger gets refusals and failures, with the ids of events, never with bodies, signatures or secrets. Nil discards
	// it.
	Logger *slog.Logger
}

// Async queues events and answers 202 at once, which is for functions that take longer than the provider waits.
//
// The provider does not repeat what was answered with 202. So a crash loses the queue and what is being handled, and an
// event whose function fails is not delivered again: its failure is logged, with its id. Let the function repeat what
// may fail, and write down what may not be lost. An event that finds the queue full is answered with 503 and released,
// so it comes again.
type Async struct {
	// Queue is how many events may wait. 0 means 100.
	Queue int
	// Workers is how many events are handled at the same time. 0 means 4.
	Workers int
}

// resolve checks the configuration and fills in the defaults.
func (c Config) resolve() (Config, error) {
	switch {
	case len(c.Secrets) == 0:
		return c, errors.New("webhook: no secret is given")
	case slices.ContainsFunc(c.Secrets, signing.Secret.IsZero):
		return c, errors.New("webhook: a secret is empty")
	case c.Handle == nil:
		return c, errors.New("webhook: Handle is required")
	case c.Timeout < 0 || c.MaxBodyBytes < 0 || c.MaxAge < 0:
		return c, errors.New("webhook: Timeout, MaxBodyBytes and MaxAge cannot be negative")
	}
	c.Secrets = slices.Clone(c.Secrets)
	if c.Deduplicator == nil {
		c.Deduplicator = NewMemory(MemoryConfig{TTL: max(DefaultTTL, c.MaxAge+maxFuture)})
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Async != nil {
		async := *c.Async
		if async.Queue < 0 || async.Workers < 0 {
			return c, fmt.Errorf("webhook: %d places in the queue and %d workers: neither can be negative", async.Queue,
				async.Workers)
		}
		if async.Queue == 0 {
			async.Queue = 100
		}
		if async.Workers == 0 {
			async.Workers = 4
		}
		c.Async = &async
	}
	return c, nil
}
