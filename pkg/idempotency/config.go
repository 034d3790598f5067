package idempotency

import (
	"errors"
	"net/http"
	"time"
)

// StandardHeader is the header of the IETF draft. Its value is a string of structured fields, in quotes; Middleware
// also takes it bare, as many clients send it.
const StandardHeader = "Idempotency-Key"

// HeaderReplayed marks a response that was stored: "true".
const HeaderReplayed = "Idempotency-Replayed"

// Config says how a middleware treats keys. Only Store is required.
type Config struct {
	// Store remembers the keys.
	Store Store
	// Scope says whose key a request has, such as the id of a partner: the same key of two partners is two keys. Nil
	// means that all callers share one scope.
	Scope func(*http.Request) string
	// Header is where the key is. Empty means Header, the Partner API's, whose value must be a UUID. Any other, such as
	// StandardHeader, takes 1 to MaxKey visible ASCII characters, quoted or bare.
	Header string
	// Optional lets requests without a key pass, unprotected. Otherwise they are refused with 400.
	Optional bool
	// Applies says which requests need a key. Nil means all but GET, HEAD, OPTIONS and TRACE, which pass through.
	Applies func(*http.Request) bool

	// Window is how long a key is remembered after its request is done; 0 means Window, one hour. Make it longer than
	// any caller goes on repeating.
	Window time.Duration
	// Timeout is the deadline of the handler's context, counted from the claim; 0 means 30 seconds. The context does
	// not end when the client goes away: what was begun is finished, and a repeat gets the response.
	Timeout time.Duration
	// Lease is how long a claim holds when its process dies; 0 means twice the timeout. It must be longer than the
	// timeout and is renewed, each third of it, as long as the handler runs.
	Lease time.Duration
	// StoreTimeout bounds all attempts of one step of the store; 0 means 5 seconds.
	StoreTimeout time.Duration
	// TakeOver executes a request again whose first execution let its lease expire. It may have had its effect: set
	// this only if the handler does no harm when it executes twice, for instance because it passes on the fencing token
	// of its Hold. The default refuses such repeats with 409 until the window ends, so that nothing ever happens twice.
	TakeOver bool
	// RefuseRepeats answers a repeat of what is done with 409 rather than with the stored response.
	RefuseRepeats bool

	// StoreFailure says whether a response with a status of 500 or more is stored. If not, the key is released and a
	// repeat executes again. Nil means that failures are stored, as they may have had their effect, but for a
	// Transactional store: there they are rolled back.
	StoreFailure func(r *http.Request, status int) bool
	// Headers are those that are stored and replayed, besides Content-Type, Content-Encoding, Content-Language and
	// Location.
	Headers []string
	// MaxRequestBytes bounds the body of a request, which is read to tell requests apart; 0 means 1 MiB. More is
	// refused with 413.
	MaxRequestBytes int64
	// MaxResponseBytes bounds the body of a response that is stored; 0 means 1 MiB. A larger one goes out as it comes
	// and is not stored: repeats are told with 409 that the request has taken effect. In a Transactional store, where
	// nothing may go out before it is committed, it is a failure: writing more fails with ErrResponseTooLarge.
	MaxResponseBytes int64

	// Refuse answers what is not executed. Nil means WriteRefusal.
	Refuse func(http.ResponseWriter, *http.Request, Refusal)
	// Observe is told what happens. Nil means nobody is.
	Observe Observer
}

// The values that a Config has if it does not say.
const (
	defaultTimeout      = 30 * time.Second
	defaultStoreTimeout = 5 * time.Second
	defaultBytes        = 1 << 20
)

// defaulted checks a configuration and fills in what it does not say.
func (c Config) defaulted() (Config, error) {
	orElse(&c.Header, Header)
	orElse(&c.Window, Window)
	orElse(&c.Timeout, defaultTimeout)
	orElse(&c.Lease, 2*c.Timeout)
	orElse(&c.StoreTimeout, defaultStoreTimeout)
	orElse(&c.MaxRequestBytes, defaultBytes)
	orElse(&c.MaxResponseBytes, defaultBytes)
	if c.Scope == nil {
		c.Scope = func(*http.Request) string { return "" }
	}
	if c.Applies == nil {
		c.Applies = isWrite
	}
	if c.Refuse == nil {
		c.Refuse = WriteRefusal
	}
	if c.StoreFailure == nil {
		_, transactional := c.Store.(Transactional)
		c.StoreFailure = func(*http.Request, int) bool { return !transactional }
	}
	switch {
	case c.Store == nil:
		return c, errors.New("idempotency: a middleware needs a store")
	case c.Timeout < 0 || c.StoreTimeout < 0 || c.MaxRequestBytes < 0 || c.MaxResponseBytes < 0:
		return c, errors.New("idempotency: a timeout or a limit is negative")
	case c.Lease <= c.Timeout:
		return c, errors.New("idempotency: the lease is not longer than the handler's timeout")
	case c.Window < c.Lease:
		return c, errors.New("idempotency: the window is shorter than the lease")
	}
	return c, nil
}

func orElse[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

func isWrite(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, "":
		return false
	}
	return true
}
