package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// DefaultTimeout bounds an attempt, from looking up the name to the end of the answer.
	DefaultTimeout = 10 * time.Second
	// DefaultMaxConcurrent is how many attempts are made at the same time.
	DefaultMaxConcurrent = 64
	// DefaultMaxPerSubscription is how many of them are to one subscription.
	DefaultMaxPerSubscription = 8
	// MaxMessage is how many bytes of an answer are kept.
	MaxMessage = 4 << 10
)

// maxPlaces bounds MaxConcurrent.
const maxPlaces = 1 << 16

// Config says how a Deliverer delivers. Only Queue is required.
type Config struct {
	// Queue keeps what is to be delivered.
	Queue Queue
	// Policy is that of subscriptions which have none. Nil means DefaultPolicy.
	Policy *RetryPolicy
	// Timeout bounds an attempt, from looking up the name to the end of the answer. 0 means DefaultTimeout.
	Timeout time.Duration
	// MaxConcurrent is how many attempts are made at the same time, at most 65,536. 0 means DefaultMaxConcurrent.
	MaxConcurrent int
	// MaxPerSubscription is how many of them may be to one subscription. Few are left for it when few are left in all,
	// so that subscribers that hang take a while to hold up everybody. 0 means DefaultMaxPerSubscription.
	MaxPerSubscription int

	// AllowPrivate lets it connect to addresses that are not public, such as 127.0.0.1. It is for tests, and for
	// networks whose subscribers are all trusted.
	AllowPrivate bool
	// AllowPlain lets it post to URLs that begin with http://, which whoever is on the way can read.
	AllowPlain bool
	// Transport makes the calls instead of a transport of its own. Then which addresses are allowed, and whether there
	// is a proxy, is its own affair. It is not closed.
	Transport http.RoundTripper

	// Now is the clock by which attempts are due and are dated; nil means time.Now.
	Now func() time.Time
	// Wait returns when the clock shows a time or when its context ends, whichever is first. Nil waits for as long as
	// Now says that it takes. With a clock that somebody moves, call Wake after each move.
	Wait func(ctx context.Context, until time.Time)

	// Observe is called with what becomes of each attempt, from many goroutines at once, and must neither block nor
	// panic. Nil observes nothing.
	Observe func(context.Context, Event)
}

// resolve checks the configuration and fills in the defaults.
func (c Config) resolve() (Config, error) {
	switch {
	case c.Queue == nil:
		return c, errors.New("delivery: Queue is missing")
	case c.Timeout < 0:
		return c, errors.New("delivery: Timeout is negative")
	case c.MaxConcurrent < 0 || c.MaxConcurrent > maxPlaces || c.MaxPerSubscription < 0:
		return c, fmt.Errorf("delivery: MaxConcurrent is not between 0 and %d, or MaxPerSubscription is negative",
			maxPlaces)
	case c.Transport != nil && c.AllowPrivate:
		return c, errors.New("delivery: AllowPrivate contradicts Transport, which alone says where it connects to")
	}
	if c.Policy == nil {
		policy := DefaultPolicy()
		c.Policy = &policy
	}
	if p := c.Policy; min(p.MaximumAttempts, p.BackoffCoefficient, p.InitialIntervalSeconds,
		p.MaximumIntervalSeconds) < 1 {
		return c, errors.New("delivery: each number of the Policy is at least 1")
	}
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.MaxConcurrent = cmp.Or(c.MaxConcurrent, DefaultMaxConcurrent)
	c.MaxPerSubscription = cmp.Or(c.MaxPerSubscription, DefaultMaxPerSubscription)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		now := c.Now
		c.Wait = func(ctx context.Context, until time.Time) { pause(ctx, until.Sub(now())) }
	}
	if c.Observe == nil {
		c.Observe = func(context.Context, Event) {}
	}
	return c, nil
}

// pause waits for a time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
