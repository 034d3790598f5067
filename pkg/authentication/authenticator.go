package authentication

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// DefaultMaxBodyBytes bounds a body unless the configuration says otherwise: 1 MiB.
const DefaultMaxBodyBytes = wire.DefaultMaxBodyBytes

// Config says whose requests are accepted. Only Lookup is required; with it alone, every request needs a token, a key
// and a signature.
type Config struct {
	// Lookup finds the caller that a bearer token belongs to. It returns ErrUnknownToken for one that is unknown or
	// expired; any other error, and a caller without an id or with other than one or two secrets, is answered with 500.
	//
	// It is asked for every request, so secrets can be rotated while requests are served: return the old and the new
	// one for as long as clients may use either.
	//
	// Compare tokens by their hashes, as a map does, not byte by byte. Keep the secrets rather than making them anew:
	// copies of a Secret share their set-up.
	Lookup func(ctx context.Context, token string) (Caller, error)
	// Require says what a request needs. Nil means all of it, for every request.
	Require func(*http.Request) Requirement
	// Admit has a look at a request that has a body, once its headers are in order and before the token is looked up
	// and the body is read: the place for whatever its head alone shows to be wrong. It returns false if it has
	// answered. It must not depend on who calls, or the answer would tell whether a token is good. Nil admits all.
	Admit func(http.ResponseWriter, *http.Request) bool
	// Path returns the path that the caller signed. Nil means WirePath. Set it behind a proxy that changes the path.
	Path func(*http.Request) string
	// MaxBodyBytes bounds a body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// StrictAge asks for a strict signature beside the provider's, made no longer ago than this, and no further in the
	// future; 5 minutes are usual. It covers the method, the query and the time, so that a request which somebody has
	// recorded is good for nothing else, and not for long. 0 asks for none, as the provider does: clients have to make
	// them, as package partner does with Config.StrictSignatures. Within that time a request can be repeated as it is,
	// and it is up to package idempotency that a repeated write has no effect.
	StrictAge time.Duration
	// Now is the clock for StrictAge; nil means time.Now.
	Now func() time.Time
	// Spool says where a large body is held until its signature is known to be right. The zero value is right for most.
	Spool Spool
	// Development lets the answer say what was wrong, down to the mistake that led to a wrong signature, and keeps the
	// last idempotency keys of each caller to that end. Keep it off where callers are not trusted: it makes guessing
	// easier.
	Development bool
	// Observe is called with every refusal before it is answered, from many goroutines at once, and must not block. Nil
	// observes nothing. It does not see what Admit refuses.
	Observe func(context.Context, Event)
	// Refuse answers. Nil means WriteRefusal. The header WWW-Authenticate is set already when the status is 401.
	Refuse func(http.ResponseWriter, *http.Request, Refusal)
}

// Event is a request that was refused. There are no other events.
type Event struct {
	// Request is the request as it arrived. Its body may have been read, in part or whole.
	Request *http.Request
	Refusal Refusal
}

// Requirement is what a request needs. The zero Requirement is the strictest: a token, a key and a signature.
type Requirement struct {
	// Open lets everybody through. Nothing is checked, and the body is not read.
	Open bool
	// SignatureOptional lets a request through that has no signature, and does not check its key then. A signature that
	// is there must be right all the same.
	SignatureOptional bool
	// MaxBodyBytes bounds the body; 0 means Config.MaxBodyBytes. One that is larger than a caller's share of the Spool
	// is refused with 503 for ever.
	MaxBodyBytes int64
	// ReadTimeout is how long the body may take, counted from when the token was accepted. It replaces the ReadTimeout
	// of the http.Server, for files on slow links; the WriteTimeout begins anew once the body is there. 0 leaves both
	// as they are.
	ReadTimeout time.Duration
}

// Authenticator holds requests to a token, a key and a signature. Make it with New; the zero Authenticator panics.
type Authenticator struct {
	config Config
	spool  *wire.Spool
	recent recentKeys
	// nobody's secret verifies the signatures of those who have no good token.
	nobody signing.Secret
}

// New returns an Authenticator. It fails when Lookup is missing, when a limit is negative, when a caller's share of the
// Spool has no room for a body, and when its directory takes none.
func New(config Config) (*Authenticator, error) {
	switch {
	case config.Lookup == nil:
		return nil, errors.New("authentication: Config.Lookup is missing")
	case config.MaxBodyBytes < 0:
		return nil, errors.New("authentication: Config.MaxBodyBytes is negative")
	case config.StrictAge < 0:
		return nil, errors.New("authentication: Config.StrictAge is negative")
	}
	config.MaxBodyBytes = cmp.Or(config.MaxBodyBytes, DefaultMaxBodyBytes)
	if err := config.Spool.Check(config.MaxBodyBytes); err != nil {
		return nil, fmt.Errorf("authentication: %w", err)
	}
	if config.Require == nil {
		config.Require = func(*http.Request) Requirement { return Requirement{} }
	}
	if config.Admit == nil {
		config.Admit = func(http.ResponseWriter, *http.Request) bool { return true }
	}
	if config.Path == nil {
		config.Path = WirePath
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Observe == nil {
		config.Observe = func(context.Context, Event) {}
	}
	if config.Refuse == nil {
		config.Refuse = WriteRefusal
	}
	return &Authenticator{config: config, spool: config.Spool.open(), nobody: signing.NewSecret(rand.Text())}, nil
}

// check panics unless a was made with New: without a Lookup there is nothing to check a request by.
func (a *Authenticator) check() {
	if a == nil || a.config.Lookup == nil {
		panic("authentication: an Authenticator that was not made with New lets nobody through")
	}
}

// Middleware passes authenticated requests on to next and refuses all others. CallerFromContext tells next who called.
//
// It checks the headers of the token, the key and the signature, then the token, and then the body, which it reads
// once, whole and bounded, and leaves for next with the same bytes and its length. A body of more than 16 KiB is not
// held in memory but in a file, until its signature is known to be right; the signature is made as it arrives. A header
// that is there twice is refused: another reader might take the other one. Signatures are compared in constant time,
// and every active secret is tried before one is refused.
//
// What the head of a request shows to be wrong is answered alike whoever sent it: it does not tell whether a token is
// good. A caller gets the same 401 whatever was wrong. What differs is time: the body of somebody whose token is
// unknown is not read, since a stranger must not make a server hold bodies.
func (a *Authenticator) Middleware(next http.Handler) http.Handler {
	a.check()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := &callerContext{Context: r.Context()}
		r = r.WithContext(ctx) // The body of the copy is replaced, not that of the request which arrived.
		var ok bool
		if ctx.caller, ok = a.Authenticate(w, r); !ok {
			return
		}
		if held, is := r.Body.(*wire.Body); is {
			defer held.Discard()
		}
		next.ServeHTTP(w, r)
	})
}

// Authenticate does what Middleware does to a single request, for a chain that keeps the caller in a place of its own.
// It reports whether r may go on; if not, it has answered. A request that may be sent by everybody has the zero Caller,
// and any other has its body held afterwards: r is changed. Close the body of r at the end: it may be in a file.
func (a *Authenticator) Authenticate(w http.ResponseWriter, r *http.Request) (Caller, bool) {
	a.check()
	needs := a.config.Require(r)
	if needs.Open {
		return Caller{}, true
	}
	needs.MaxBodyBytes = cmp.Or(needs.MaxBodyBytes, a.config.MaxBodyBytes)
	in := incoming{Request: r, needs: needs}
	refusal := a.readHead(&in)
	if refusal == nil {
		if r.Body != nil && r.Body != http.NoBody && !a.config.Admit(w, r) {
			return Caller{}, false
		}
		refusal = a.verify(w, &in)
	}
	if refusal != nil {
		a.refuse(w, r, *refusal)
		return Caller{}, false
	}
	return in.caller, true
}

// incoming is a request with what its headers say, and who sent it once that is known.
type incoming struct {
	*http.Request
	needs                 Requirement
	token, key, signature string
	signed                bool
	caller                Caller
	// signedAt and strict are what the strict signature says, if there must be one.
	signedAt time.Time
	strict   string
}

// readHead refuses what can be refused without knowing who calls and without the body. A caller who is known and one
// who is not get the same answer.
func (a *Authenticator) readHead(r *incoming) *Refusal {
	var reason Reason
	if r.token, reason = bearerToken(r.Header); reason != "" {
		return newRefusal(reason, "")
	}
	if r.signed, reason = signatureHeaders(r.Header, r.needs); reason != "" {
		return newRefusal(reason, "")
	}
	if r.signed {
		r.key, r.signature = r.Header[keyHeader][0], r.Header[signatureHeader][0]
		// In development the body shows what was done wrong, so it has to be read first.
		if !a.config.Development && signing.CheckFormat(r.signature) != nil {
			return newRefusal(ReasonSignatureMalformed, "")
		}
		if a.config.StrictAge > 0 {
			if reason := a.readStrict(r); reason != "" {
				return newRefusal(reason, "")
			}
		}
	}
	if r.ContentLength > r.needs.MaxBodyBytes {
		return newRefusal(ReasonBodyTooLarge, "")
	}
	return nil
}

// verify finds out who calls, and holds the body to its signature.
func (a *Authenticator) verify(w http.ResponseWriter, r *incoming) *Refusal {
	caller, err := a.config.Lookup(r.Context(), r.token)
	switch {
	case errors.Is(err, ErrUnknownToken):
		// The same work as for a good token and no body, so that the time it takes says less.
		if r.signed {
			_ = signing.Verify(a.nobody, r.key, a.config.Path(r.Request), nil, r.signature)
		}
		return newRefusal(ReasonTokenUnknown, "")
	case err != nil:
		refusal := newRefusal(ReasonLookupFailed, "")
		refusal.Err = fmt.Errorf("look up the token: %w", err)
		return refusal
	}
	if err := caller.check(); err != nil {
		refusal := newRefusal(ReasonCallerUnusable, caller.ID)
		refusal.Err = err
		return refusal
	}
	r.caller = caller
	body, refusal := a.readBody(w, r)
	if refusal == nil {
		wire.Put(r.Request, body)
	}
	return refusal
}

func (a *Authenticator) refuse(w http.ResponseWriter, r *http.Request, refusal Refusal) {
	if refusal.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
		if a.config.Development {
			refusal.Detail = refusal.Explanation
		}
	}
	a.config.Observe(r.Context(), Event{Request: r, Refusal: refusal})
	a.config.Refuse(w, r, refusal)
}
