package signing

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// HeaderStrict is the header that carries a strict signature. It is of this module's making: the provider neither knows
// nor asks for it.
const HeaderStrict = "X-Strict-Signature"

// Strict is what a strict signature covers besides the body. The provider's signature leaves out the method, the query
// and the time, so that a request which somebody has recorded can be sent again as another one, or much later. A server
// that chooses its own rules can ask for a strict signature as well.
//
// It is the standard base64 of HMAC-SHA256, keyed with the shared secret, over these lines, each of which ends in a
// line feed, and then the body as it is sent:
//
//	partner-go strict 1
//	the time in seconds since 1970, as in the header
//	the method
//	the path and, behind a question mark, the query as they are sent
//	the idempotency key
//
// The header has the time and the signature: t=1736067600,v1=….
type Strict struct {
	// Time is when the request is signed. Fractions of a second are left out.
	Time time.Time
	// Method is the method, in capital letters.
	Method string
	// Target is the escaped path on the wire and, if there is a query, a question mark and the query.
	Target string
	// Key is the idempotency key as it stands in its header.
	Key string
}

// Signer starts a strict signature. The body is to be written to it; Header takes what it makes. It fails with ErrInput
// when the secret, the method or the key is empty, when the target does not start with a slash, when the time is before
// 1970, and when the method, the target or the key has a space, a line feed or another control character.
func (s Strict) Signer(secret Secret) (*Signer, error) {
	if err := checkSecret(secret); err != nil {
		return nil, err
	}
	switch {
	case s.Method == "":
		return nil, fmt.Errorf("%w: the method is empty", ErrInput)
	case s.Key == "":
		return nil, fmt.Errorf("%w: the idempotency key is empty", ErrInput)
	case !strings.HasPrefix(s.Target, "/"):
		return nil, fmt.Errorf("%w: the target does not start with a slash", ErrInput)
	case s.Time.Unix() < 0:
		return nil, fmt.Errorf("%w: the time is before 1970", ErrInput)
	case strings.ContainsFunc(s.Method+s.Target+s.Key, func(c rune) bool { return c <= ' ' || c == 0x7f }):
		return nil, fmt.Errorf("%w: a space or a control character in the method, the target or the key", ErrInput)
	}
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	_, _ = fmt.Fprintf(mac, "partner-go strict 1\n%d\n%s\n%s\n%s\n", s.Time.Unix(), s.Method, s.Target, s.Key)
	return &Signer{mac: mac}, nil
}

// Header returns the value of HeaderStrict for a signature that the Signer made.
func (s Strict) Header(signature string) string {
	return "t=" + strconv.FormatInt(s.Time.Unix(), 10) + ",v1=" + signature
}

// ParseStrict takes a value of HeaderStrict apart. It fails with ErrMalformed unless that has the one spelling that
// Header gives it. Whether the signature is right, and the time recent, it cannot say.
func ParseStrict(value string) (at time.Time, signature string, err error) {
	seconds, signature, _ := strings.Cut(strings.TrimPrefix(value, "t="), ",v1=")
	n, _ := strconv.ParseInt(seconds, 10, 64) // What is none is not spelled like the one that it becomes.
	at = time.Unix(n, 0)
	if n < 0 || (Strict{Time: at}).Header(signature) != value || CheckFormat(signature) != nil {
		return time.Time{}, "", ErrMalformed
	}
	return at, signature, nil
}
