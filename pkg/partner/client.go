package partner

import (
	"log/slog"
	"net/http"
	"net/url"
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
		http:             config.httpClient(),
		secret:           config.SigningSecretFunc,
		tokens:           config.Tokens,
		partnerID:        config.PartnerID,
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
	if c.secret == nil {
		secret := config.SigningSecret
		c.secret = func() (signing.Secret, error) { return secret, nil }
	}
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
	if c.tokens == nil {
		c.tokens = newTokenCache(c, config.Username, config.Password)
	}
	return &Client{Services: newServices(c), core: c}, nil
}

// Close closes idle connections and waits for a token renewal that runs in the background. The Client can still be
// used.
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
	base             *url.URL
	http             *http.Client
	secret           func() (signing.Secret, error)
	tokens           TokenSource
	partnerID        string
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
	// now and sleep are the clock; tests replace them.
	now   func() time.Time
	sleep func(done <-chan struct{}, d time.Duration) bool
}
