package authentication

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// ErrUnknownToken is what a Lookup returns for a bearer token that is unknown or expired. It may be wrapped.
var ErrUnknownToken = errors.New("the token is unknown or expired")

// maxSecrets is how many secrets of a caller are active at most: a rotation needs two.
const maxSecrets = 2

// Caller is who sent a request.
type Caller struct {
	// ID names the caller; idempotency keys are kept apart by it. It must not be empty.
	ID string
	// Secrets are the active signing secrets: one, or two during a rotation.
	Secrets []signing.Secret
	// Retired are secrets that are accepted no more. They are used in development alone, to say that one of them was
	// used.
	Retired []signing.Secret
}

// check refuses a caller against whom nothing can be verified.
func (c Caller) check() error {
	switch {
	case c.ID == "":
		return fmt.Errorf("%w: the caller has no id", signing.ErrInput)
	case len(c.Secrets) == 0:
		return fmt.Errorf("%w: the caller has no secret", signing.ErrInput)
	case len(c.Secrets) > maxSecrets:
		return fmt.Errorf("%w: the caller has %d secrets, more than %d", signing.ErrInput, len(c.Secrets), maxSecrets)
	}
	for _, secret := range c.Secrets {
		if secret.IsZero() {
			return fmt.Errorf("%w: a secret of the caller is empty", signing.ErrInput)
		}
	}
	return nil
}

// FixedTokens returns a Lookup for tokens that do not change: for tests, mocks and tokens that are handed out by other
// ways. It keeps hashes of them, so that the time of a look-up tells nothing of a token.
func FixedTokens(callers map[string]Caller) func(context.Context, string) (Caller, error) {
	byHash := make(map[[sha256.Size]byte]Caller, len(callers))
	for token, caller := range callers {
		byHash[sha256.Sum256([]byte(token))] = caller
	}
	return func(_ context.Context, token string) (Caller, error) {
		caller, known := byHash[sha256.Sum256([]byte(token))]
		if !known {
			return Caller{}, ErrUnknownToken
		}
		return caller, nil
	}
}

type callerKey struct{}

// CallerFromContext returns who sent the request, behind the middleware. It is false for requests that needed nothing.
func CallerFromContext(ctx context.Context) (Caller, bool) {
	p, ok := ctx.Value(callerKey{}).(Caller)
	return p, ok
}
