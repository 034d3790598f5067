package signing

import (
	"crypto/fips140"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// HeaderSignature is the header that carries the signature of a request or of a webhook delivery, as the reference
// spells it. net/http does not care about case.
const HeaderSignature = "x-jiko-signature"

var (
	// ErrInput says that something which a signature needs is missing or unusable.
	ErrInput = errors.New("signing: unusable input")
	// ErrMalformed says that a signature is not the standard base64 of 32 bytes.
	ErrMalformed = errors.New("signing: the signature is not the standard base64 of 32 bytes")
	// ErrMismatch says that a signature was made with another secret or over something else.
	ErrMismatch = errors.New("signing: the signature does not match")
)

// Sign returns the signature of a request. key is the idempotency key as it stands in its header, path the escaped path
// on the wire without the query string, and body the exact bytes sent, which may be empty. Sign fails with ErrInput
// when the secret or the key is empty, when the path does not start with a slash or has a query string, and in FIPS
// 140-only mode (GODEBUG=fips140=only) when the secret is shorter than 14 bytes.
func Sign(secret Secret, key, path string, body []byte) (string, error) {
	if err := check(secret, key, path); err != nil {
		return "", err
	}
	return encode(sum(secret, key, path, body)), nil
}

// Verify checks the signature of a request in constant time. It fails with ErrInput like Sign, with ErrMalformed or
// with ErrMismatch. Answer the last two alike, so that nobody learns how close a guess was.
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

// Verify checks a signature over all that was written, in constant time. It fails with ErrMalformed or ErrMismatch, as
// Verify does for a body in memory.
func (s *Signer) Verify(signature string) error {
	return compare([sha256.Size]byte(s.mac.Sum(nil)), signature)
}

// CheckFormat fails with ErrMalformed unless a signature is the standard base64 of 32 bytes. It says so before the body
// is read; whether the signature is right, it cannot say.
func CheckFormat(signature string) error {
	_, err := decode(signature)
	return err
}

// SignWebhook returns the signature of a webhook delivery: over the body alone, with the subscription's secret. It
// fails with ErrInput when the secret is empty or, in FIPS 140-only mode, too short.
func SignWebhook(secret Secret, body []byte) (string, error) {
	if err := checkSecret(secret); err != nil {
		return "", err
	}
	return encode(sum(secret, "", "", body)), nil
}

// VerifyWebhook checks the signature of a webhook delivery in constant time. It fails like Verify. The body must be the
// raw bytes that arrived; what was decoded and encoded again need not be the same.
func VerifyWebhook(secret Secret, body []byte, signature string) error {
	if err := checkSecret(secret); err != nil {
		return err
	}
	return compare(sum(secret, "", "", body), signature)
}

// leastFIPS is how many bytes a secret has at least in FIPS 140-only mode, where crypto/hmac panics otherwise.
const leastFIPS = 14

func checkSecret(secret Secret) error {
	switch text := secret.Reveal(); {
	case text == "":
		return fmt.Errorf("%w: the secret is empty", ErrInput)
	case len(text) < leastFIPS && fips140.Enforced():
		return fmt.Errorf("%w: the secret is shorter than the %d bytes of FIPS 140-only mode", ErrInput, leastFIPS)
	}
	return nil
}

func check(secret Secret, key, path string) error {
	if err := checkSecret(secret); err != nil {
		return err
	}
	switch {
	case key == "":
		return fmt.Errorf("%w: the idempotency key is empty", ErrInput)
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("%w: the path does not start with a slash", ErrInput)
	case strings.ContainsAny(path, "?#"):
		return fmt.Errorf("%w: the path has a query string or a fragment, neither of which is signed", ErrInput)
	}
	return nil
}

// state is an HMAC that is set up with its key, and room for its input and output.
type state struct {
	mac  hash.Hash
	head []byte
	sum  [sha256.Size]byte
}

// sum computes the HMAC of key, path and body. It borrows the idle state of the secret, which saves the set-up and all
// allocations. Concurrent callers make states of their own; the secret keeps that of the last one to finish.
func sum(secret Secret, key, path string, body []byte) [sha256.Size]byte {
	s := secret.idle.Swap(nil)
	if s == nil {
		s = &state{mac: hmac.New(sha256.New, []byte(secret.Reveal()))}
	}
	s.head = append(append(s.head[:0], key...), path...)
	s.mac.Write(s.head)
	s.mac.Write(body)
	s.mac.Sum(s.sum[:0])
	result := s.sum
	s.mac.Reset()
	secret.idle.Store(s)
	return result
}

// encode returns a signature in its one spelling.
func encode(sum [sha256.Size]byte) string {
	var text [signatureLength]byte
	base64.StdEncoding.Encode(text[:], sum[:])
	return string(text[:])
}

// signatureLength is how many characters a signature has.
const signatureLength = 44

// strict accepts exactly one spelling of each signature.
var strict = base64.StdEncoding.Strict()

func compare(want [sha256.Size]byte, signature string) error {
	got, err := decode(signature)
	if err != nil {
		return err
	}
	if !hmac.Equal(got[:], want[:]) {
		return ErrMismatch
	}
	return nil
}

// decode returns the bytes of a signature.
func decode(signature string) (sum [sha256.Size]byte, err error) {
	if len(signature) != signatureLength {
		return sum, ErrMalformed
	}
	var text [signatureLength]byte
	var got [sha256.Size + 1]byte // what the text may be of
	copy(text[:], signature)
	// Line breaks are skipped by the decoder; with one, there are too few bytes.
	if n, err := strict.Decode(got[:], text[:]); err != nil || n != sha256.Size {
		return sum, ErrMalformed
	}
	return [sha256.Size]byte(got[:sha256.Size]), nil
}
