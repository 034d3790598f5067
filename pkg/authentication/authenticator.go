package authentication

import (
	"cmp"
	"context"
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
	// Compare tokens by their hashes, as a map does, not byte by byte. Keep the secrets rather than making them anew:
	// copies of a Secret share their set-up.
	Lookup func(ctx context.Context, token string) (Caller, error)
	// Require says what a request needs. Nil means all of it, for every request.
	Require func(*http.Request) Requirement
	// Path returns the path that the caller signed. Nil means WirePath. Set it behind a proxy that changes the path.
	Path func(*http.Request) string
	// MaxBodyBytes bounds a body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// Development lets the answer say what was wrong, down to the mistake that led to a wrong signature, and keeps the
	// last idempotency keys of each caller to that end. Keep it off where callers are not trusted: it makes guessing
	// easier.
	Development bool
	// Observe is called with every refusal before it is answered, from many goroutines at once, and must not block. Nil
	// observes nothing.
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
	// MaxBodyBytes bounds the body; 0 means Config.MaxBodyBytes.
	MaxBodyBytes int64
	// ReadTimeout is how long the body may take, counted from when the token was accepted. It replaces the ReadTimeout
	// of the http.Server, for files on slow links; the WriteTimeout begins anew once the body is there. 0 leaves both
	// as they are.
	ReadTimeout time.Duration
}

// Authenticator holds requests to a token, a key and a signature. Make it with New.
type Authenticator struct {
	config Config
	recent recentKeys
}

// New returns an Authenticator. It fails when Lookup is missing or a limit is negative.
func New(config Config) (*Authenticator, error) {
	switch {
	case config.Lookup == nil:
		return nil, errors.New("authentication: Config.Lookup is missing")
	case config.MaxBodyBytes < 0:
		return nil, errors.New("authentication: Config.MaxBodyBytes is negative")
	}
	config.MaxBodyBytes = cmp.Or(config.MaxBodyBytes, DefaultMaxBodyBytes)
	if config.Require == nil {
		config.Require = func(*http.Request) Requirement { return Requirement{} }
	}
	if config.Path == nil {
		config.Path = WirePath
	}
	if config.Observe == nil {
		config.Observe = func(context.Context, Event) {}
	}
	if config.Refuse == nil {
		config.Refuse = WriteRefusal
	}
	return &Authenticator{config: config}, nil
}

// Middleware passes authenticated requests on to next and refuses all others. CallerFromContext tells next who called.
//
// It checks the token, the key, the headers of the signature, and then the body, which it reads once, whole and
// bounded, and leaves for next with the same bytes and its length. A header that is there twice is refused: another
// reader might take the other one. Signatures are compared in constant time, and every active secret is tried before
// one is refused.
//
// A caller gets the same 401 whatever was wrong. What differs is time: a request that lacks something, as its sender
// knows, and one with an unknown token are refused before the body is read, since a stranger must not make a server
// hold bodies.
func (a *Authenticator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := &callerContext{Context: r.Context()}
		r = r.WithContext(ctx) // The body of the copy is replaced, not that of the request which arrived.
		var ok bool
		if ctx.caller, ok = a.Authenticate(w, r); ok {
			next.ServeHTTP(w, r)
		}
	})
}

// Authenticate does what Middleware does to a single request, for a chain that keeps the caller in a place of its own.
// It reports whether r may go on; if not, it has answered. A request that may be sent by everybody has the zero Caller,
// and any other has its body held in memory afterwards: r is changed.
func (a *Authenticator) Authenticate(w http.ResponseWriter, r *http.Request) (Caller, bool) {
	caller, refusal := a.verify(w, r)
	if refusal != nil {
		a.refuse(w, r, *refusal)
		return Caller{}, false
	}
	return caller, true
}

func (a *Authenticator) verify(w http.ResponseWriter, r *http.Request) (Caller, *Refusal) {
	needs := a.config.Require(r)
	if needs.Open {
		return Caller{}, nil
	}
	token, reason := bearerToken(r.Header)
	if reason != "" {
		return Caller{}, newRefusal(reason, "")
	}
	caller, err := a.config.Lookup(r.Context(), token)
	switch {
	case errors.Is(err, ErrUnknownToken):
		return Caller{}, newRefusal(ReasonTokenUnknown, "")
	case err != nil:
		refusal := newRefusal(ReasonLookupFailed, "")
		refusal.Err = fmt.Errorf("look up the token: %w", err)
		return Caller{}, refusal
	}
	if err := caller.check(); err != nil {
		refusal := newRefusal(ReasonCallerUnusable, caller.ID)
		refusal.Err = err
		return Caller{}, refusal
	}
	signed, reason := signatureHeaders(r.Header, needs)
	if reason != "" {
		return Caller{}, newRefusal(reason, caller.ID)
	}
	body, reason := a.read(w, r, needs)
	if reason != "" {
		return Caller{}, newRefusal(reason, caller.ID)
	}
	if signed {
		if refusal := a.compare(r, caller, token, body.Bytes()); refusal != nil {
			return Caller{}, refusal
		}
	}
	wire.Put(r, body)
	return caller, nil
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

// compare tries every secret. The headers are known to be there, once each.
func (a *Authenticator) compare(r *http.Request, caller Caller, token string, body []byte) *Refusal {
	key, signature, path := r.Header[keyHeader][0], r.Header[signatureHeader][0], a.config.Path(r)
	var recent []string
	if a.config.Development {
		recent = a.recent.swap(caller.ID, key)
	}
	reason := ReasonSignatureMismatch
	for _, secret := range caller.Secrets {
		err := signing.Verify(secret, key, path, body, signature)
		if err == nil {
			return nil
		}
		if errors.Is(err, signing.ErrMalformed) {
			reason = ReasonSignatureMalformed
		}
	}
	refusal := newRefusal(reason, caller.ID)
	if a.config.Development {
		refusal.Explanation = "the signature does not match: " + Diagnose(caller, Attempt{
			Key: key, Path: path, RawQuery: r.URL.RawQuery, Method: r.Method, Host: r.Host, Body: body,
			Signature: signature, Token: signing.NewSecret(token), RecentKeys: recent,
		})
	}
	return refusal
}

func (a *Authenticator) read(w http.ResponseWriter, r *http.Request, needs Requirement) (*wire.Body, Reason) {
	bounds := wire.Bounds{
		MaxBytes: a.config.MaxBodyBytes, Trusted: true, Timeout: needs.ReadTimeout, RestartWrite: true,
	}
	if needs.MaxBodyBytes > 0 {
		bounds.MaxBytes = needs.MaxBodyBytes
	}
	body, err := wire.Read(w, r, bounds)
	switch {
	case err == nil:
		return body, ""
	case errors.Is(err, wire.ErrTooLarge):
		return nil, ReasonBodyTooLarge
	case errors.Is(err, wire.ErrTooSlow):
		return nil, ReasonBodyTooSlow
	}
	return nil, ReasonBodyUnreadable
}
