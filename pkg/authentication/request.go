package authentication

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// SignRequest sets the idempotency key and the signature of a request in its headers. body must be the bytes that r
// sends. It fails like signing.Sign.
//
// The client of package partner signs by itself. SignRequest is for tests and for programs without that client.
func SignRequest(r *http.Request, secret signing.Secret, key string, body []byte) error {
	signature, err := signing.Sign(secret, key, r.URL.EscapedPath(), body)
	if err != nil {
		return err
	}
	r.Header.Set(idempotency.Header, key)
	r.Header.Set(signing.HeaderSignature, signature)
	return nil
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

// SignRequestStrictly does what SignRequest does, and sets a strict signature as well, made at a time. It fails like
// signing.Sign and signing.Strict.Signer.
func SignRequestStrictly(r *http.Request, secret signing.Secret, key string, body []byte, at time.Time) error {
	s := signing.Strict{Time: at, Method: r.Method, Target: r.URL.EscapedPath(), Key: key}
	if r.URL.RawQuery != "" {
		s.Target += "?" + r.URL.RawQuery
	}
	signer, err := s.Signer(secret)
	if err != nil {
		return err
	}
	_, _ = signer.Write(body)
	if err := SignRequest(r, secret, key, body); err != nil {
		return err
	}
	r.Header.Set(signing.HeaderStrict, s.Header(signer.Signature()))
	return nil
}
