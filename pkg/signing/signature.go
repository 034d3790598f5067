package signing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"strings"
)

// Names of the headers, as the reference spells them. net/http does not care about case.
const (
	// HeaderIdempotency carries the idempotency key, a UUID.
	HeaderIdempotency = "x-jiko-idempotency"
	// HeaderSignature carries the signature, of a request as of a webhook delivery.
	HeaderSignature = "x-jiko-signature"
)

var (
	// ErrInput says that something needed for a signature is missing or cannot be right.
	ErrInput = errors.New("signing: unusable input")
	// ErrMalformed says that a signature is not the standard base64 of 32 bytes.
	ErrMalformed = errors.New("signing: the signature is not the standard base64 of 32 bytes")
	// ErrMismatch says that a signature was made with another secret or over something else.
	ErrMismatch = errors.New("signing: the signature does not match")
)

// Sign returns the signature of a request. key is the idempotency key as in its header, path the escaped path on the wire
// without the query string, body the exact bytes sent, which may be empty. It fails with ErrInput when the secret or the
// key is empty, or when the path does not start with a slash or has a query string.
func Sign(secret Secret, key, path string, body []byte) (string, error) {
	if err := check(secret, key, path); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(sum(secret, key, path, body)), nil
}

// Verify checks the signature of a request in constant time. It fails with ErrInput like Sign, with ErrMalformed, or with
// ErrMismatch; a caller must answer the last two alike.
func Verify(secret Secret, key, path string, body []byte, signature string) error {
	if err := check(secret, key, path); err != nil {
		return err
	}
	return compare(sum(secret, key, path, body), signature)
}

// Signer signs a request whose body is written to it piece by piece, so that a large one need not be held in memory.
type Signer struct{ mac hash.Hash }

// NewSigner starts a signature. It fails like Sign.
func NewSigner(secret Secret, key, path string) (*Signer, error) {
	if err := check(secret, key, path); err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(key))
	mac.Write([]byte(path))
	return &Signer{mac: mac}, nil
}

// Write adds bytes of the body. It never fails.
func (s *Signer) Write(p []byte) (int, error) { return s.mac.Write(p) }

// Signature returns the signature over all that was written.
func (s *Signer) Signature() string { return base64.StdEncoding.EncodeToString(s.mac.Sum(nil)) }

// SignRequest sets both headers of r. body must be the bytes that r sends. It fails like Sign.
func SignRequest(r *http.Request, secret Secret, key string, body []byte) error {
	signature, err := Sign(secret, key, r.URL.EscapedPath(), body)
	if err != nil {
		return err
	}
	r.Header.Set(HeaderIdempotency, key)
	r.Header.Set(HeaderSignature, signature)
	return nil
}

// SignWebhook returns the signature of a webhook delivery: over the body alone, with the subscription's secret. It fails
// with ErrInput when the secret is empty.
func SignWebhook(secret Secret, body []byte) (string, error) {
	if secret.IsZero() {
		return "", fmt.Errorf("%w: the secret is empty", ErrInput)
	}
	return base64.StdEncoding.EncodeToString(sum(secret, "", "", body)), nil
}

// VerifyWebhook checks the signature of a webhook delivery in constant time. It fails like Verify. The body must be the raw
// bytes that arrived; what was decoded and encoded again need not be the same.
func VerifyWebhook(secret Secret, body []byte, signature string) error {
	if secret.IsZero() {
		return fmt.Errorf("%w: the secret is empty", ErrInput)
	}
	return compare(sum(secret, "", "", body), signature)
}

func check(secret Secret, key, path string) error {
	switch {
	case secret.IsZero():
		return fmt.Errorf("%w: the secret is empty", ErrInput)
	case key == "":
		return fmt.Errorf("%w: the idempotency key is empty", ErrInput)
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("%w: the path does not start with a slash", ErrInput)
	case strings.ContainsAny(path, "?#"):
		return fmt.Errorf("%w: the path has a query string or a fragment, neither of which is signed", ErrInput)
	}
	return nil
}

func sum(secret Secret, key, path string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(key))
	mac.Write([]byte(path))
	mac.Write(body)
	return mac.Sum(nil)
}

func compare(want []byte, signature string) error {
	// Strict, so that each signature has exactly one spelling.
	got, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil || len(got) != sha256.Size || strings.ContainsAny(signature, "\r\n") {
		return ErrMalformed
	}
	if !hmac.Equal(got, want) {
		return ErrMismatch
	}
	return nil
}
