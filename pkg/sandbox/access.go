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
	// Hashes have one length, so the comparison tells nothing of the texts'.
	user, pass := sha256.Sum256([]byte(username)), sha256.Sum256([]byte(password))
	wantUser, wantPass := sha256.Sum256([]byte(a.username)), sha256.Sum256([]byte(a.password.Reveal()))
	return subtle.ConstantTimeCompare(user[:], wantUser[:])&subtle.ConstantTimeCompare(pass[:], wantPass[:]) == 1
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
