package signing

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
)

// ErrUnknownToken is what a Lookup returns for a bearer token that is unknown or expired. It may be wrapped.
var ErrUnknownToken = errors.New("the token is unknown or expired")

// maxSecrets is how many secrets of a partner are active at most: a rotation needs two.
const maxSecrets = 2

// Partner is who sent a request.
type Partner struct {
	// ID names the partner; idempotency keys are kept apart by it. It must not be empty.
	ID string
	// Secrets are the active signing secrets: one, or two during a rotation.
	Secrets []Secret
	// Retired are secrets that are accepted no more. They are used in development alone, to say that one of them was used.
	Retired []Secret
}

// check refuses a partner against whom nothing can be verified.
func (p Partner) check() error {
	switch {
	case p.ID == "":
		return fmt.Errorf("%w: the partner has no id", ErrInput)
	case len(p.Secrets) == 0:
		return fmt.Errorf("%w: the partner has no secret", ErrInput)
	case len(p.Secrets) > maxSecrets:
		return fmt.Errorf("%w: the partner has %d secrets, more than %d", ErrInput, len(p.Secrets), maxSecrets)
	}
	for _, secret := range p.Secrets {
		if secret.IsZero() {
			return fmt.Errorf("%w: a secret of the partner is empty", ErrInput)
		}
	}
	return nil
}

// FixedTokens returns a Lookup for tokens that do not change: for tests, mocks and tokens that are handed out by other ways. It
// keeps hashes of them, so that the time of a look-up tells nothing of a token.
func FixedTokens(partners map[string]Partner) func(context.Context, string) (Partner, error) {
	byHash := make(map[[sha256.Size]byte]Partner, len(partners))
	for token, partner := range partners {
		byHash[sha256.Sum256([]byte(token))] = partner
	}
	return func(_ context.Context, token string) (Partner, error) {
		partner, known := byHash[sha256.Sum256([]byte(token))]
		if !known {
			return Partner{}, ErrUnknownToken
		}
		return partner, nil
	}
}

type partnerKey struct{}

// PartnerFromContext returns who sent the request, behind the middleware. It is false for requests that needed nothing.
func PartnerFromContext(ctx context.Context) (Partner, bool) {
	p, ok := ctx.Value(partnerKey{}).(Partner)
	return p, ok
}
