package partner

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// Client calls the API. Each of its services has the operations of one tag of the contract. It is safe for concurrent
// use; make one with New and share it. A service can be replaced, by a fake in a test for instance, before the Client
// is shared.
type Client struct {
	Services
	core *core
}

// New makes a Client. It connects to nothing: the first call logs in. Its error names everything that is missing or
// contradictory in the configuration.
func New(config Config) (*Client, error) {
	base, err := config.resolve()
	if err != nil {
		return nil, err
	}
	c := &core{
		base:             base,
		signedBase:       config.signedBase(base),
		http:             config.httpClient(),
		partnerID:        config.PartnerID,
		strict:           config.StrictSignatures,
		attemptTimeout:   config.AttemptTimeout,
		maxRetries:       config.MaxRetries,
		maxResponseBytes: config.MaxResponseBytes,
		maxUploadBytes:   config.MaxUploadBytes,
		heldBytes:        config.HeldBytes,
		hooks:            config.Hooks,
		logger:           config.Logger,
		repeats:          newRepeats(config.RepeatWords),
		now:              time.Now,
		sleep:            sleep,
	}
	c.secret = c.signingSecret(config)
	if c.attemptTimeout == 0 {
		c.attemptTimeout = DefaultAttemptTimeout
	}
	switch {
	case c.maxRetries == 0:
		c.maxRetries = DefaultMaxRetries
	case c.maxRetries < 0:
		c.maxRetries = 0
	}
	if c.maxResponseBytes == 0 {
		c.maxResponseBytes = DefaultMaxResponseBytes
	}
	if c.maxUploadBytes == 0 {
		c.maxUploadBytes = DefaultMaxUploadBytes
	}
	if c.heldBytes == 0 {
		c.heldBytes = DefaultHeldBytes
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	if config.Tokens != nil {
		c.tokens = checkedTokens{config.Tokens, c}
	} else {
		c.tokens = newTokenCache(c, config)
	}
	return &Client{Services: newServices(c), core: c}, nil
}

// BaseURL returns where the client's requests go, for a client of another make that sends through Do or a Doer. It is
// empty if the services are fakes.
func (c *Client) BaseURL() string {
	if c.core == nil {
		return ""
	}
	return c.core.base.String()
}

// Close closes idle connections and waits for a login that is under way, at most 30 seconds. It can be called at any
// time and any number of times, also while calls are under way, and the Client can still be used.
func (c *Client) Close() {
	if c.core == nil { // Its services are fakes.
		return
	}
	if cache, ok := c.core.tokens.(*tokenCache); ok {
		cache.wait()
	}
	c.core.http.CloseIdleConnections()
}

// core is what all services share.
type core struct {
	base *url.URL
	// signedBase is the path of base in what is signed.
	signedBase       string
	http             *http.Client
	secret           func() (signing.Secret, error)
	tokens           TokenSource
	partnerID        string
	strict           bool
	attemptTimeout   time.Duration
	maxRetries       int
	maxResponseBytes int64
	maxUploadBytes   int64
	heldBytes        int64
	hooks            Hooks
	logger           *slog.Logger
	budget           budget
	keys             keyMemory
	repeats          repeats
	// concluding, where it is set, is told what each conclusion comes from; tests count them.
	concluding func(reply, knowledge)
	sent       sentSecrets
	// now and sleep are the clock; tests replace them.
	now   func() time.Time
	sleep func(done <-chan struct{}, d time.Duration) bool
}

// signedPath returns what is signed of an escaped path that is sent.
func (c *core) signedPath(escapedPath string) string {
	return c.signedBase + strings.TrimPrefix(escapedPath, c.base.EscapedPath())
}

// signedBase returns the base path in what is signed.
func (c Config) signedBase(base *url.URL) string {
	if c.SignedBasePath == "" {
		return base.EscapedPath()
	}
	return strings.TrimRight(c.SignedBasePath, "/")
}

// signingSecret returns where each attempt gets its secret from.
func (c *core) signingSecret(config Config) func() (signing.Secret, error) {
	if give := config.SigningSecretFunc; give != nil {
		return func() (signing.Secret, error) {
			secret, err := give()
			if err == nil {
				err = secret.Check()
			}
			if err != nil {
				return signing.Secret{}, err
			}
			c.sent.add(secret.Reveal())
			return secret, nil
		}
	}
	secret := config.SigningSecret
	c.sent.add(secret.Reveal())
	return func() (signing.Secret, error) { return secret, nil }
}
