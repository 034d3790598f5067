package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	// tokenLifetime is how long a token lives. (Source: the authentication guide.)
	tokenLifetime = 60 * time.Minute
	// maxTokens bounds the memory that logins can take. Beyond it, the oldest tokens are no longer accepted.
	maxTokens = 10_000
)

// tokens issues bearer tokens and remembers their hashes.
type tokens struct {
	username string
	password signing.Secret
	partner  authentication.Caller
	now      func() time.Time

	mu      sync.Mutex
	expires map[[sha256.Size]byte]time.Time
	order   [][sha256.Size]byte
}

func newTokens(config Config) *tokens {
	return &tokens{
		username: config.Username, password: config.Password, now: config.Now,
		partner: authentication.Caller{ID: config.Username, Secrets: []signing.Secret{config.SigningSecret}},
		expires: map[[sha256.Size]byte]time.Time{},
	}
}

// issue returns a token when the credentials are right.
func (t *tokens) issue(username, password string) (partnerapi.LoginResult, bool) {
	// Hashes have one length, so the comparison tells nothing of the texts'.
	user, pass := sha256.Sum256([]byte(username)), sha256.Sum256([]byte(password))
	wantUser, wantPass := sha256.Sum256([]byte(t.username)), sha256.Sum256([]byte(t.password.Reveal()))
	if subtle.ConstantTimeCompare(user[:], wantUser[:])&subtle.ConstantTimeCompare(pass[:], wantPass[:]) != 1 {
		return partnerapi.LoginResult{}, false
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // Never fails.
	token := base64.RawURLEncoding.EncodeToString(random)
	expires := t.now().Add(tokenLifetime)

	t.mu.Lock()
	defer t.mu.Unlock()
	hash := sha256.Sum256([]byte(token))
	t.expires[hash] = expires
	t.order = append(t.order, hash)
	if len(t.order) > maxTokens {
		delete(t.expires, t.order[0])
		t.order = t.order[1:]
	}
	return partnerapi.LoginResult{Token: token, Expires: expires.UTC()}, true
}

func (t *tokens) authenticate(_ context.Context, token string) (authentication.Caller, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	expires, ok := t.expires[sha256.Sum256([]byte(token))]
	if !ok || !t.now().Before(expires) {
		return authentication.Caller{}, authentication.ErrUnknownToken
	}
	return t.partner, nil
}

func (b *bank) Login(_ context.Context, in partnerserver.LoginInput) (partnerserver.LoginOutput, error) {
	result, ok := b.tokens.issue(in.Body.Username, in.Body.Password)
	if !ok {
		return partnerserver.LoginUnauthorized{Body: partnerapi.Error{Detail: "the username or the password is wrong"}},
			nil
	}
	return partnerserver.LoginOK{Body: result}, nil
}

func (b *bank) GetHealth(context.Context, partnerserver.GetHealthInput) (partnerserver.GetHealthOutput, error) {
	return partnerserver.GetHealthOK{Body: partnerapi.HealthStatusOK}, nil
}
