package sandbox

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// access says who may call.
type access struct {
	bank     *bank.Bank
	username string
	password signing.Secret
	partner  authentication.Caller
}

func newAccess(config Config, b *bank.Bank) *access {
	return &access{bank: b, username: config.Username, password: config.Password,
		partner: authentication.Caller{ID: config.Username, Secrets: []signing.Secret{config.SigningSecret}}}
}

// knows reports whether the credentials are right.
func (a *access) knows(username, password string) bool {
	// Both are compared, so that nobody learns which of them is wrong.
	user, pass := isSame(username, a.username), isSame(password, a.password.Reveal())
	return user && pass
}

// isSame compares texts in a time that tells nothing of them. Hashes have one length, so not of theirs either.
func isSame(given, want string) bool {
	hash, wantHash := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(hash[:], wantHash[:]) == 1
}

// lookup finds the caller that a token belongs to.
func (a *access) lookup(_ context.Context, token string) (authentication.Caller, error) {
	switch known, err := a.bank.HasToken(token); {
	case err != nil:
		return authentication.Caller{}, err
	case !known:
		return authentication.Caller{}, authentication.ErrUnknownToken
	}
	return a.partner, nil
}

// tokenSecret makes tokens that nobody can guess who does not know the credentials.
func tokenSecret(config Config) []byte {
	h := sha256.New()
	for _, text := range []string{config.Username, config.Password.Reveal(), config.SigningSecret.Reveal()} {
		sum := sha256.Sum256([]byte(text))
		_, _ = h.Write(sum[:])
	}
	return h.Sum(nil)
}
