package partner

import (
	"context"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

const (
	// renewBefore is how long before its end a token is no longer used. Tokens live 60 minutes (source: the authentication
	// guide); the margin is ours.
	renewBefore = 2 * time.Minute
	// loginTimeout bounds a login, which outlives the caller that caused it so that others can share it.
	loginTimeout = 30 * time.Second
)

// tokenCache logs in once for all callers and keeps the token until shortly before it expires.
type tokenCache struct {
	login func(context.Context) (*partnerapi.LoginResult, error)

	mu      sync.Mutex
	token   string
	expires time.Time
	flight  *loginFlight
}

// loginFlight is a login under way; its fields are set before done is closed.
type loginFlight struct {
	done  chan struct{}
	token string
	err   error
}

// get returns a token. stale is one that was refused: it is not returned again. The caller waits no longer than ctx lets it.
func (c *tokenCache) get(ctx context.Context, stale string) (string, error) {
	c.mu.Lock()
	if c.token != "" && c.token != stale && time.Until(c.expires) > renewBefore {
		defer c.mu.Unlock()
		return c.token, nil
	}
	flight := c.flight
	if flight == nil {
		flight = &loginFlight{done: make(chan struct{})}
		c.flight = flight
		go c.run(context.WithoutCancel(ctx), flight)
	}
	c.mu.Unlock()

	select {
	case <-flight.done:
		return flight.token, flight.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (c *tokenCache) run(ctx context.Context, flight *loginFlight) {
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	response, err := c.login(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight = nil
	if err != nil {
		flight.err = err
	} else {
		flight.token = response.Token
		c.token, c.expires = response.Token, response.Expires
	}
	close(flight.done)
}
