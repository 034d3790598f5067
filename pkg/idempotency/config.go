package idempotency

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Config says how a Guard treats requests and their keys. Only Store is required.
type Config struct {
	// Store remembers the keys.
	Store Store
	// Scope says whose key a request has, such as the id of a partner: the same key in two scopes is two keys. Nil
	// means that all callers share one scope. A scope that no store can have, see Claim.Scope, is refused with 400 and
	// observed, since a server that makes such scopes is wrong.
	Scope func(*http.Request) string
	// Header names the header that has the key. Empty means Header, the Partner API's, whose value must be a UUID. Any
	// other, such as HeaderStandard, takes 1 to MaxKey visible ASCII characters, with or without quotes.
	Header string
	// Optional lets requests without a key pass, unprotected. Otherwise they are refused with 400.
	Optional bool
	// Applies says which requests need a key; the others pass through. Nil means all but GET, HEAD, OPTIONS and TRACE.
	Applies func(*http.Request) bool

	// Window is how long a key is remembered after its request is done; 0 means Window, one hour. Make it longer than
	// any caller keeps repeating.
	Window time.Duration
	// Timeout is the deadline of the handler's context, counted from the claim; 0 means 30 seconds. The context does
	// not end when the client goes away: what has begun is finished, and a repeat gets the response.
	Timeout time.Duration
	// Lease is how long a key stays held when its process dies; 0 means twice the timeout. It must be longer than the
	// timeout. While the handler runs, the lease is renewed, each time that a third of it is over.
	Lease time.Duration
	// StoreTimeout bounds all attempts of one step of the store; 0 means 5 seconds.
	StoreTimeout time.Duration
	// TakeOver executes a request again when the lease of its first execution has expired. That execution may have had
	// its effect, so set this only if a second one does no harm, for instance because the handler passes on the fencing
	// token of its Hold. By default such repeats are refused with 409 until the window ends, and nothing ever happens
	// twice.
	TakeOver bool
	// RefuseRepeats answers a repeat of what is done with 409 instead of the stored response.
	RefuseRepeats bool

	// Policy says what is done with the answer of a handler and, in a Transactional store, with its effect. It may
	// return DecisionDefault for what it has no opinion of; nil has none of anything. A panic of the handler counts as
	// a 500, which in a Transactional store is always rolled back.
	Policy func(r *http.Request, status int) Decision
	// Headers names headers to store and replay besides Content-Type, Content-Encoding, Content-Language and Location.
	// What is further out has set of them is part of the response. Headers of a connection or of one message, such as
	// Trailer, are refused.
	Headers []string
	// EncryptionKeys encrypt responses before the store gets them: the first one encrypts, and all decrypt. None means
	// that the store has them in clear. See ExecutorConfig.
	EncryptionKeys []EncryptionKey
	// AcceptClear accepts responses that are not encrypted although there are EncryptionKeys. See ExecutorConfig.
	AcceptClear bool
	// MaxRequestBytes bounds the body of a request, all of which is read and held; 0 means 1 MiB. A larger one is
	// refused with 413.
	MaxRequestBytes int64
	// MaxResponseBytes bounds the body of a response that is stored; 0 means 1 MiB. A larger one is sent as the handler
	// writes it and is not stored: repeats are told with 409 that the request has taken effect. In a Transactional
	// store nothing may be sent before the commit, so there a larger response is a failure, and writing it fails with
	// ErrResponseTooLarge.
	MaxResponseBytes int64

	// Refuse answers a request that is not executed. Nil means WriteRefusal.
	Refuse func(http.ResponseWriter, *http.Request, Refusal)
	// Observe is called with everything that happens to a key, from many goroutines at once, and must not block. A
	// panic of it is ignored while a lease is renewed, and otherwise goes on once the key is not held any longer. Nil
	// observes nothing.
	Observe func(context.Context, Event)
}

// defaultTimeout is the deadline of a handler.
const defaultTimeout = 30 * time.Second

// resolve checks a configuration and fills in the defaults.
func (c Config) resolve() (Config, error) {
	c.Header = cmp.Or(c.Header, Header)
	c.Window = cmp.Or(c.Window, Window)
	c.Timeout = cmp.Or(c.Timeout, defaultTimeout)
	c.Lease = cmp.Or(c.Lease, 2*c.Timeout)
	c.MaxRequestBytes = cmp.Or(c.MaxRequestBytes, wire.DefaultMaxBodyBytes)
	c.MaxResponseBytes = cmp.Or(c.MaxResponseBytes, wire.DefaultMaxBodyBytes)
	if c.Scope == nil {
		c.Scope = func(*http.Request) string { return "" }
	}
	if c.Applies == nil {
		c.Applies = isWrite
	}
	if c.Refuse == nil {
		c.Refuse = WriteRefusal
	}
	if c.Policy == nil {
		c.Policy = func(*http.Request, int) Decision { return DecisionDefault }
	}
	switch {
	case c.Store == nil:
		return c, errors.New("idempotency: Config.Store is missing")
	case c.Window < 0 || c.Lease < 0 || c.Timeout < 0 || c.StoreTimeout < 0 ||
		c.MaxRequestBytes < 0 || c.MaxResponseBytes < 0:
		return c, errors.New("idempotency: a duration or a limit is negative")
	case c.Lease <= c.Timeout:
		return c, errors.New("idempotency: the lease is not longer than the handler's timeout")
	case c.Window < c.Lease:
		return c, errors.New("idempotency: the window is shorter than the lease")
	case c.Lease < MinLease:
		return c, fmt.Errorf("idempotency: the lease is shorter than %s", MinLease)
	case !isToken(c.Header):
		return c, errors.New("idempotency: Config.Header is not the name of a header")
	}
	for _, name := range c.Headers {
		switch name = http.CanonicalHeaderKey(name); {
		case !isToken(name):
			return c, errors.New("idempotency: a name in Config.Headers is not that of a header")
		case slices.Contains(ofConnections, name):
			return c, fmt.Errorf("idempotency: Config.Headers has %s, which is of one connection", name)
		}
	}
	return c, nil
}

// ofConnections are headers that say something of one connection or of one message on it, and nothing of the response
// that a repeat gets.
var ofConnections = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding",
	"Upgrade"}

// isToken says whether a text can be the name of a header (RFC 9110, section 5.6.2).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}

func isWrite(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, "":
		return false
	}
	return true
}
