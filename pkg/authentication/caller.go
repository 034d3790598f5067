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

// maxSecrets is the most active secrets that a caller may have: a rotation needs two.
const maxSecrets = 2

// Caller is who sent a request.
type Caller struct {
	// ID names the caller; idempotency keys are kept apart by it. It must not be empty.
	ID string
	// Secrets are the active signing secrets: one, or two during a rotation.
	Secrets []signing.Secret
	// Retired are secrets that are no longer accepted. They matter only in development, where a refusal says that one
	// of them was used.
	Retired []signing.Secret
}

// check refuses a caller against whom nothing can be verified.
func (c Caller) check() error {
	switch {
	case c.ID == "":
		return errors.New("authentication: the caller has no id")
	case len(c.Secrets) == 0:
		return errors.New("authentication: the caller has no secret")
	case len(c.Secrets) > maxSecrets:
		return fmt.Errorf("authentication: the caller has %d secrets, more than %d", len(c.Secrets), maxSecrets)
	}
	for _, secret := range c.Secrets {
		if err := secret.Check(); err != nil {
			return fmt.Errorf("authentication: a secret of the caller: %w", err)
		}
	}
	return nil
}

// FixedTokens returns a Lookup for tokens that never change, as in tests and mocks. It keeps their hashes alone, so
// that the time a look-up takes says nothing about a token.
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

// CallerKey is the key under which a context has the *Caller who sent a request. It is there for contexts of your own,
// in tests of handlers and in chains that keep everything they know in one context. To read, use CallerFromContext.
type CallerKey struct{}

// CallerFromContext returns who sent the request, behind the middleware. It returns false for a request that everybody
// may send.
func CallerFromContext(ctx context.Context) (Caller, bool) {
	caller, _ := ctx.Value(CallerKey{}).(*Caller)
	if caller == nil || caller.ID == "" {
		return Caller{}, false
	}
	return *caller, true
}

// callerContext is a context that has a caller.
type callerContext struct {
	context.Context
	caller Caller
}

// Value returns the caller under CallerKey.
func (c *callerContext) Value(key any) any {
	if key == (CallerKey{}) {
		return &c.caller
	}
	return c.Context.Value(key)
}
