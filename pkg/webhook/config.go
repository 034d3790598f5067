package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	// DefaultTimeout bounds reading a body, and then handling the event.
	DefaultTimeout = 10 * time.Second
	// DefaultWindow is how long an event is remembered. For how long the provider repeats a delivery is not documented;
	// the retry policies seen wait minutes, so a day leaves room for an outage and for a person.
	DefaultWindow = 24 * time.Hour
	// DefaultScope is the scope of the events in a store.
	DefaultScope = "webhook"
	// maxFuture is how far ahead of the clock a timestamp may be, unless MaxAge is less.
	maxFuture = 5 * time.Minute
	// maxAsync bounds the queue and the workers: there is room for all of them from the start.
	maxAsync = 1 << 20
)

// RetryStatusCodes returns the statuses after which a Handler wants another delivery, for the retry policy of a
// subscription.
func RetryStatusCodes() []int32 {
	return []int32{http.StatusRequestTimeout, http.StatusConflict, http.StatusInternalServerError,
		http.StatusServiceUnavailable}
}

// Config says how a Handler treats deliveries. Secrets and Handle are required.
type Config struct {
	// Secrets are the active secrets of the subscriptions, at least one. Several allow for a rotation.
	Secrets []signing.Secret
	// Handle is called once per event. When it returns nil, the event is done. When it fails or panics, the event is
	// released, and the next delivery calls it again. With a store that is not transactional, what it does should be
	// safe to do twice: the program can die between the work and its record.
	//
	// Its context keeps the values of the request's. It ends by Timeout, when Close gives up, and when another instance
	// has taken the event over; it does not end when the provider hangs up. It has the fencing token of the event, see
	// idempotency.HoldFromContext, and the transaction of a Transactional store, see pgstore.TxFromContext.
	//
	// The text of its errors and panics is logged: keep personal data out of it.
	Handle func(ctx context.Context, event *Event) error

	// Store remembers the events. Instances of a program that take the same deliveries share one. If it is
	// Transactional, Handle works in its transaction, which commits when the event is done and is rolled back
	// otherwise. Nil means an idempotency.Memory of the handler's own, which suits a single instance and has room for
	// idempotency.DefaultMaxKeys events. A store that is full refuses new events with 503.
	Store idempotency.Store
	// Scope is the scope of the events in the store; empty means DefaultScope. Handlers of different environments that
	// share a store need a scope each.
	Scope string
	// Window is how long an event is remembered after it was handled. 0 means DefaultWindow, or longer if MaxAge needs
	// it. It must not be shorter than the deliveries of one event can be apart.
	Window time.Duration
	// Lease is how long an event stays in progress after its program died; then the next delivery takes it over. 0
	// means twice Timeout. The lease is renewed while an event is queued or handled, however long that takes.
	Lease time.Duration
	// StoreTimeout bounds all attempts of one step of the store. 0 means 5 seconds.
	StoreTimeout time.Duration

	// Timeout bounds reading a body, and then handling the event. When Handle does not return in time, the answer is
	// 503, and the event remains in progress until it does. 0 means DefaultTimeout. For how long the provider waits is
	// not documented.
	Timeout time.Duration
	// MaxBodyBytes bounds a body; 0 means 1 MiB. Events have a few hundred bytes.
	MaxBodyBytes int64
	// MaxAge refuses events whose timestamp is older, and those from the future, with 400. The clocks may differ by 5
	// minutes or by MaxAge, whichever is less. 0 means that the timestamp is not looked at: it says when something
	// happened, not when it was sent, and a retry policy can bring an event long afterwards. Within MaxAge, the store
	// recognizes a replay.
	MaxAge time.Duration
	// Now is the clock for MaxAge. Nil means time.Now.
	Now func() time.Time
	// Async answers before the event is handled. Nil answers afterwards, so that every failure, also a crash, leads to
	// another delivery.
	Async *Async

	// Refuse answers what is not handled. Nil means WriteRefusal.
	Refuse func(http.ResponseWriter, *http.Request, Refusal)
	// Observe is called with what becomes of each delivery, from many goroutines at once, and must not block. If it
	// panics, that is logged. Nil observes nothing.
	Observe func(context.Context, Report)
	// Logger gets every Report, with the ids of events, never with bodies, signatures or secrets. Nil discards them.
	Logger *slog.Logger
}

// Async queues events and answers 202 at once, which is for functions that take longer than the provider waits.
//
// The provider does not repeat what was answered with 202. So a crash loses the queue and what is being handled, and an
// event whose function fails is not delivered again: its failure is logged, with its id. Let the function repeat what
// may fail, and write down what may not be lost. An event that finds the queue full is answered with 503 and released,
// so it comes again.
//
// A queued event holds its place in the store. In a Transactional store that is a transaction, with a connection of the
// pool: give the pool more than Queue and Workers together.
type Async struct {
	// Queue is how many events may wait, at most 1,048,576. 0 means 100.
	Queue int
	// Workers is how many events are handled at the same time, at most as many. 0 means 4.
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
	case c.Timeout < 0 || c.StoreTimeout < 0 || c.MaxBodyBytes < 0 || c.MaxAge < 0:
		return c, errors.New("webhook: a timeout, MaxBodyBytes or MaxAge is negative")
	}
	c.Secrets = slices.Clone(c.Secrets)
	if c.Store == nil {
		c.Store = new(idempotency.Memory)
	}
	c.Scope = cmp.Or(c.Scope, DefaultScope)
	c.Window = cmp.Or(c.Window, max(DefaultWindow, c.MaxAge+maxFuture))
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Lease = cmp.Or(c.Lease, 2*c.Timeout)
	c.MaxBodyBytes = cmp.Or(c.MaxBodyBytes, wire.DefaultMaxBodyBytes)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Refuse == nil {
		c.Refuse = WriteRefusal
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if err := c.claim(uuid.New()).Validate(); err != nil {
		return c, fmt.Errorf("webhook: Scope, Window or Lease: %w", err)
	}
	if c.MaxAge > c.Window-min(c.MaxAge, maxFuture) {
		return c, errors.New("webhook: MaxAge lets events in for longer than Window remembers them")
	}
	if c.Async != nil {
		async := *c.Async
		if min(async.Queue, async.Workers) < 0 || max(async.Queue, async.Workers) > maxAsync {
			return c, fmt.Errorf("webhook: %d places in the queue and %d workers: both are between 0 and %d",
				async.Queue, async.Workers, maxAsync)
		}
		async.Queue = cmp.Or(async.Queue, 100)
		async.Workers = cmp.Or(async.Workers, 4)
		c.Async = &async
	}
	return c, nil
}

// claim is the claim of an event. The event's id says all there is to tell events apart, so it has no fingerprint: the
// deliveries of one event may differ in their bytes, and a record that only the same bytes could take over would lose
// the event.
func (c Config) claim(event uuid.UUID) idempotency.Claim {
	return idempotency.Claim{Scope: c.Scope, Key: event.String(), Lease: c.Lease, Window: c.Window, TakeOver: true}
}
