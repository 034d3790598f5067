package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
	// DefaultMaxAge is how old an event may be when it is delivered. It is as long as an event is remembered at least.
	DefaultMaxAge = DefaultWindow
	// DefaultMaxSkew is how far ahead of the clock a timestamp may be, unless MaxAge is less.
	DefaultMaxSkew = 5 * time.Minute
	// DefaultMaxConcurrent is how many deliveries are claimed and handled at the same time.
	DefaultMaxConcurrent = 100
	// DefaultScope is the scope of the events in a store.
	DefaultScope = "webhook"
	// maxPlaces bounds the queue, the workers and MaxConcurrent: there is room for all of them from the start.
	maxPlaces = 1 << 20
)

// Config says how a Handler treats deliveries. Handle is required, and Secrets or SecretsFunc.
type Config struct {
	// Secrets are the active secrets of the subscriptions, at least one. Several allow for a rotation. One that begins
	// or ends with white space is refused: it was read from a file with its line break.
	Secrets []signing.Secret
	// SecretsFunc replaces Secrets, so that secrets can be rotated without a restart. It is called once per delivery,
	// and must be fast and safe for concurrent use. While it fails or returns what Secrets would not take, deliveries
	// are answered with 503, so they come again. The text of its errors is logged: keep secrets out of it.
	SecretsFunc func(ctx context.Context) ([]signing.Secret, error)
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
	// share a store need a scope each. It has up to idempotency.MaxScope bytes of printable text, and neither begins
	// nor ends with a space.
	Scope string
	// Window is how long an event is remembered after it was handled. 0 means DefaultWindow, or longer if MaxAge needs
	// it. It must be longer than MaxAge by MaxSkew at least, and if there is no MaxAge, longer than the deliveries of
	// one event can be apart.
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
	// MaxAge refuses events whose timestamp is older, and those from the future, with 400. Within it, the store
	// recognizes a repeat; beyond it, the store may have forgotten the event, and a repeat would be handled again. 0
	// means DefaultMaxAge.
	//
	// The timestamp says when something happened, not when it was sent, and a retry policy can bring an event long
	// afterwards: what is refused as too old is lost, unless you ask the API for it. So MaxAge must be longer than the
	// longest outage plus all attempts of the policy. A negative MaxAge means that the timestamp is not looked at, and
	// that an event which comes again after Window is handled again.
	MaxAge time.Duration
	// MaxSkew is how far ahead of this clock a timestamp may be. 0 means DefaultMaxSkew or MaxAge, whichever is less.
	MaxSkew time.Duration
	// Now is the clock for MaxAge. Nil means time.Now.
	Now func() time.Time
	// MaxConcurrent bounds how many deliveries are claimed and handled at the same time, at most 1,048,576; a function
	// that is over its deadline counts until it returns. As many again wait for up to a second. Further ones are
	// answered with 503, so they come again. 0 means DefaultMaxConcurrent.
	//
	// With a Transactional store each has a connection of the pool: have it less than the pool.
	MaxConcurrent int
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
// A function that hangs keeps its worker; when all of them hang, the queue fills up, and deliveries are answered with
// 503.
//
// A queued event holds its place in the store. In a Transactional store that is a transaction, with a connection of the
// pool, which does nothing but wait. So Queue has no default there: give the pool more connections than Queue and
// Workers together.
type Async struct {
	// Queue is how many events may wait, at most 1,048,576. 0 means 100, and is refused with a Transactional store.
	Queue int
	// Workers is how many events are handled at the same time, at most as many. 0 means 4.
	Workers int
}

// resolve checks the configuration and fills in the defaults.
func (c Config) resolve() (Config, error) {
	switch {
	case len(c.Secrets) > 0 && c.SecretsFunc != nil:
		return c, errors.New("webhook: Secrets contradicts SecretsFunc: give one or the other")
	case c.Handle == nil:
		return c, errors.New("webhook: Handle is missing")
	case min(c.Timeout, c.StoreTimeout, c.MaxSkew) < 0 || c.MaxBodyBytes < 0:
		return c, errors.New("webhook: Timeout, StoreTimeout, MaxBodyBytes or MaxSkew is negative")
	case c.MaxConcurrent < 0 || c.MaxConcurrent > maxPlaces:
		return c, fmt.Errorf("webhook: MaxConcurrent is not between 0 and %d", maxPlaces)
	case !isName(c.Scope):
		return c, errors.New("webhook: Scope is not printable text, or it begins or ends with a space")
	}
	if c.SecretsFunc == nil {
		secrets := slices.Clone(c.Secrets)
		if err := checkSecrets(secrets); err != nil {
			return c, err
		}
		c.SecretsFunc = func(context.Context) ([]signing.Secret, error) { return secrets, nil }
	}
	if c.Store == nil {
		c.Store = new(idempotency.Memory)
	}
	c.Scope = cmp.Or(c.Scope, DefaultScope)
	c.MaxConcurrent = cmp.Or(c.MaxConcurrent, DefaultMaxConcurrent)
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
	if err := c.resolveAge(); err != nil {
		return c, err
	}
	if err := c.claim(uuid.New()).Validate(); err != nil {
		return c, fmt.Errorf("webhook: Scope, Window or Lease: %w", err)
	}
	if c.Async != nil {
		async := *c.Async
		_, transactional := c.Store.(idempotency.Transactional)
		switch {
		case min(async.Queue, async.Workers) < 0 || max(async.Queue, async.Workers) > maxPlaces:
			return c, fmt.Errorf("webhook: %d places in the queue and %d workers: both are between 0 and %d",
				async.Queue, async.Workers, maxPlaces)
		case transactional && async.Queue == 0:
			return c, errors.New("webhook: Async.Queue is missing: in a transactional store each queued event holds " +
				"a connection, so say how many may, and give the pool more than Queue and Workers together")
		}
		async.Queue = cmp.Or(async.Queue, 100)
		async.Workers = cmp.Or(async.Workers, 4)
		c.Async = &async
	}
	return c, nil
}

// resolveAge makes sure that an event is remembered for as long as it is let in. There is room for the clocks of two
// instances and of the store to differ.
func (c *Config) resolveAge() error {
	if c.MaxAge < 0 {
		if c.MaxSkew > 0 {
			return errors.New("webhook: MaxSkew contradicts a negative MaxAge, which looks at no timestamp")
		}
		c.Window = cmp.Or(c.Window, DefaultWindow)
		return nil
	}
	c.MaxAge = cmp.Or(c.MaxAge, DefaultMaxAge)
	c.MaxSkew = cmp.Or(c.MaxSkew, min(c.MaxAge, DefaultMaxSkew))
	// A quarter of what a Duration can be is seventy years.
	if max(c.MaxAge, c.MaxSkew) > math.MaxInt64/4 {
		return errors.New("webhook: MaxAge or MaxSkew is too long for any Window")
	}
	c.Window = cmp.Or(c.Window, max(DefaultWindow, c.MaxAge+2*c.MaxSkew))
	if c.Window < c.MaxAge+c.MaxSkew {
		return errors.New("webhook: MaxAge and MaxSkew let events in for longer than Window remembers them")
	}
	return nil
}

// isName says whether a scope is a text that people can tell from others. A line break that came with it from a file
// would part it from the same scope elsewhere, and events would be handled once in each.
func isName(text string) bool {
	return utf8.ValidString(text) && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// claim is the claim of an event. The event's id says all there is to tell events apart, so it has no fingerprint: the
// deliveries of one event may differ in their bytes, and a record that only the same bytes could take over would lose
// the event.
func (c Config) claim(event uuid.UUID) idempotency.Claim {
	return idempotency.Claim{Scope: c.Scope, Key: event.String(), Lease: c.Lease, Window: c.Window, TakeOver: true}
}
