package authentication

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// DefaultMaxBodyBytes bounds a body: 1 MiB.
const DefaultMaxBodyBytes int64 = 1 << 20

// Config says whose signatures are accepted. With Lookup alone, every request needs a token, a key and a signature.
type Config struct {
	// Lookup finds the caller that a bearer token belongs to. It returns ErrUnknownToken for one that is unknown or
	// expired; any other error, and a caller without an id or with other than one or two secrets, is answered with 500.
	// Required.
	//
	// Compare tokens by their hashes, as a map does, not byte by byte. Keep the secrets rather than making them anew:
	// copies of a Secret share their set-up.
	Lookup func(ctx context.Context, token string) (Caller, error)
	// Require says what a request needs. Nil means all of it, for every request.
	Require func(*http.Request) Requirement
	// Path returns the path that the caller signed. Nil means WirePath. It is for a proxy in front that changes the
	// path.
	Path func(*http.Request) string
	// MaxBodyBytes bounds a body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// Development lets the answer say what was wrong, down to the mistake that led to a wrong signature, and keeps the
	// last idempotency keys of each caller to that end. Keep it off where the callers are not trusted: it makes
	// guessing easier.
	Development bool
	// OnRefusal is called for every refusal before it is answered, to log and to count. It may be called concurrently.
	OnRefusal func(*http.Request, Refusal)
	// Refuse answers. Nil means Refusal.Answer. The header WWW-Authenticate is set already when the status is 401.
	Refuse func(http.ResponseWriter, *http.Request, Refusal)
}

// Requirement is what a request needs. The zero Requirement is the strictest: a token, a key and a signature.
type Requirement struct {
	// Open lets everybody through. Nothing is looked at, and the body is not read.
	Open bool
	// SignatureOptional lets a request through that has no signature; its key is not looked at then. A wrong signature
	// is refused all the same.
	SignatureOptional bool
	// MaxBodyBytes bounds the body; 0 means that of the middleware.
	MaxBodyBytes int64
	// ReadTimeout is how long the body may take from when the token was accepted. It replaces the ReadTimeout of the
	// http.Server, for files on slow links; the WriteTimeout begins anew when the body is there. 0 leaves both as they
	// are.
	ReadTimeout time.Duration
}

// New returns an Authenticator, whose Middleware is for net/http and chi, or an error if the configuration cannot be
// right.
//
// It looks at the token, the key, the headers of the signature, and then at the body, which it reads once, whole and
// bounded, and leaves with the same bytes and its length for what comes next. A header that is there twice is refused:
// another reader might take the other one. The comparison takes constant time, and every active secret is tried before
// a signature is refused.
//
// A caller gets the same 401 whatever was wrong. What differs is time: a request that lacks something, as its sender
// knows, and one with an unknown token are refused before the body is read, since a stranger must not make a server
// hold bodies.
func New(config Config) (*Authenticator, error) {
	switch {
	case config.Lookup == nil:
		return nil, fmt.Errorf("%w: Lookup is required", signing.ErrInput)
	case config.MaxBodyBytes < 0:
		return nil, fmt.Errorf("%w: MaxBodyBytes cannot be negative", signing.ErrInput)
	}
	if config.MaxBodyBytes == 0 {
		config.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if config.Require == nil {
		config.Require = func(*http.Request) Requirement { return Requirement{} }
	}
	if config.Path == nil {
		config.Path = WirePath
	}
	if config.OnRefusal == nil {
		config.OnRefusal = func(*http.Request, Refusal) {}
	}
	if config.Refuse == nil {
		config.Refuse = func(w http.ResponseWriter, _ *http.Request, f Refusal) { f.Answer(w) }
	}
	return &Authenticator{config: config}, nil
}

// Authenticator holds requests to a token, a key and a signature. Make it with New.
type Authenticator struct {
	config Config
	recent recentKeys
}

// Middleware lets through to next what is authenticated, and refuses everything else. The body is read once, whole and
// bounded; next reads the same bytes.
func (v *Authenticator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		verified, refusal := v.verify(w, r)
		if refusal != nil {
			v.refuse(w, r, *refusal)
			return
		}
		next.ServeHTTP(w, verified)
	})
}

// verify returns the request to pass on, or why there is none.
func (v *Authenticator) verify(w http.ResponseWriter, r *http.Request) (*http.Request, *Refusal) {
	needs := v.config.Require(r)
	if needs.Open {
		return r, nil
	}
	token, reason := bearerToken(r.Header)
	if reason != "" {
		return nil, newRefusal(reason, "")
	}
	caller, err := v.config.Lookup(r.Context(), token)
	switch {
	case errors.Is(err, ErrUnknownToken):
		return nil, newRefusal(ReasonTokenUnknown, "")
	case err != nil:
		refusal := newRefusal(ReasonLookupFailed, "")
		refusal.Err = fmt.Errorf("look up the token: %w", err)
		return nil, refusal
	}
	if err := caller.check(); err != nil {
		refusal := newRefusal(ReasonCallerUnusable, caller.ID)
		refusal.Err = err
		return nil, refusal
	}
	signed, reason := signatureHeaders(r.Header, needs)
	if reason != "" {
		return nil, newRefusal(reason, caller.ID)
	}
	body, reason := v.read(w, r, needs)
	if reason != "" {
		return nil, newRefusal(reason, caller.ID)
	}
	if signed {
		if refusal := v.compare(r, caller, token, body); refusal != nil {
			return nil, refusal
		}
	}
	verified := r.WithContext(context.WithValue(r.Context(), callerKey{}, caller))
	verified.Body = newHeldBody(body)
	verified.ContentLength = int64(len(body))
	verified.TransferEncoding = nil
	return verified, nil
}

func (v *Authenticator) refuse(w http.ResponseWriter, r *http.Request, refusal Refusal) {
	if refusal.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
		if v.config.Development {
			refusal.Detail = refusal.Explanation
		}
	}
	v.config.OnRefusal(r, refusal)
	v.config.Refuse(w, r, refusal)
}

// compare tries every secret. The headers are known to be there, once each.
func (v *Authenticator) compare(r *http.Request, caller Caller, token string, body []byte) *Refusal {
	key, signature, path := r.Header[canonicalIdempotency][0], r.Header[canonicalSignature][0], v.config.Path(r)
	var recent []string
	if v.config.Development {
		recent = v.recent.swap(caller.ID, key)
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
	if v.config.Development {
		refusal.Explanation = "the signature does not match: " + Diagnose(caller, Attempt{
			Key: key, Path: path, RawQuery: r.URL.RawQuery, Method: r.Method, Host: r.Host, Body: body,
			Signature: signature,
			Token:     signing.NewSecret(token), RecentKeys: recent,
		})
	}
	return refusal
}

// heldBody is a body in memory. What comes after the middleware can go back in it, and have its bytes without a copy.
type heldBody struct {
	bytes.Reader
	content []byte
}

func newHeldBody(content []byte) *heldBody {
	b := &heldBody{content: content}
	b.Reset(content)
	return b
}

// Bytes returns what is left to read. It must not be changed.
func (b *heldBody) Bytes() []byte { return b.content[len(b.content)-b.Len():] }

// Close implements io.Closer.
func (*heldBody) Close() error { return nil }

// read reads the body.
func (v *Authenticator) read(w http.ResponseWriter, r *http.Request, needs Requirement) ([]byte, Reason) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, ""
	}
	limit := v.config.MaxBodyBytes
	if needs.MaxBodyBytes > 0 {
		limit = needs.MaxBodyBytes
	}
	if r.ContentLength > limit { // There is no need to read what will be refused.
		return nil, ReasonBodyTooLarge
	}
	if needs.ReadTimeout > 0 {
		// Not every ResponseWriter has deadlines; then those of the server stay. The read deadline ends with the body.
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(needs.ReadTimeout))
		if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.WriteTimeout > 0 {
			defer func() { _ = control.SetWriteDeadline(time.Now().Add(server.WriteTimeout)) }()
		}
	}
	body, err := readAll(w, r, limit)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, ""
	case errors.As(err, &tooLarge):
		return nil, ReasonBodyTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, ReasonBodyTooSlow
	}
	return nil, ReasonBodyUnreadable
}

// readAll reads a body of up to limit bytes.
func readAll(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength <= 0 {
		return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	}
	// The sender is known, so its word about the length is good enough for a guess. A reader says that it is at its end
	// when there is room for more.
	body, size := make([]byte, r.ContentLength+1), 0
	for {
		n, err := r.Body.Read(body[size:])
		switch size += n; {
		case errors.Is(err, io.EOF):
			return body[:size:size], nil
		case err != nil:
			return nil, err
		case size == len(body):
			rest, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit-int64(size)))
			return append(body, rest...), err
		}
	}
}

// WirePath returns the path as it stood in the request line: with its escapes and its trailing slash, and also behind
// http.StripPrefix and other handlers that change r.URL. Without a request line, as in some tests, it is
// r.URL.EscapedPath().
func WirePath(r *http.Request) string {
	target, _, _ := strings.Cut(r.RequestURI, "?")
	switch {
	case strings.HasPrefix(target, "/"):
		return target
	case target == "" || target == "*":
		return r.URL.EscapedPath()
	}
	// A proxy is asked with a whole URL.
	if u, err := url.ParseRequestURI(target); err == nil {
		return u.EscapedPath()
	}
	return r.URL.EscapedPath()
}
