package partner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// TokenSource provides bearer tokens. Implement it to share tokens between processes.
type TokenSource interface {
	// Token returns a token that is good for a call now. refused is the token that the server has just answered with
	// 401, if any, and must not be returned again. Token is called for every attempt and from many goroutines.
	Token(ctx context.Context, refused string) (string, error)
}

const (
	// tokenLifetime is how long a token lives at most. (Source: the authentication guide.)
	tokenLifetime = 60 * time.Minute
	// shortestLifetime is how long a token is used that seems to have expired on arrival: only the server knows.
	shortestLifetime = 10 * time.Second
	// A token is renewed in the background this long before its end, and no longer used in the last moments.
	renewAhead, lastMoments = 5 * time.Minute, 30 * time.Second
	// loginTimeout bounds a login, which outlives the caller that caused it so that others can share it.
	loginTimeout = 30 * time.Second
	// refusedHold is how long to wait after a refused login: wrong credentials do not become right, and more tries may
	// lock the account.
	refusedHold = 30 * time.Second
	// maxFreshRefusals is how many tokens in a row may be refused within refusedHold of their login before the next has
	// to wait: a wrong signature or a blocked partner is answered with 401 as well.
	maxFreshRefusals = 3
)

// errRefusedAfresh says that a new token would be refused like the last ones.
var errRefusedAfresh = errors.New("partner: tokens are refused right after the login")

// tokenCache logs in once for all callers. It is the TokenSource of a Client that has credentials.
type tokenCache struct {
	core     *core
	username string
	password signing.Secret
	timeout  time.Duration

	// current is nil before the first login. Reading it is all that most calls do.
	current atomic.Pointer[token]

	mu     sync.Mutex
	flight *loginFlight
	// After a failure no login starts before notBefore; callers get the failure again.
	failures  int
	notBefore time.Time
	failure   error
	// freshRefusals counts tokens in a row that were refused within refusedHold of their login.
	freshRefusals int
	running       sync.WaitGroup
}

type token struct {
	text string
	// since is when it came.
	since time.Time
	// renewAt and unusableAt are by our own clock, which the server's need not agree with.
	renewAt, unusableAt time.Time
}

// loginFlight is a login under way; its fields are set before done is closed.
type loginFlight struct {
	done  chan struct{}
	token *token
	err   error
}

func newTokenCache(c *core, username string, password signing.Secret) *tokenCache {
	return &tokenCache{core: c, username: username, password: password, timeout: loginTimeout}
}

// Token implements TokenSource. The caller waits no longer than ctx lets it.
func (c *tokenCache) Token(ctx context.Context, refused string) (string, error) {
	now := c.core.now()
	current := c.current.Load()
	usable := current != nil && current.text != refused && now.Before(current.unusableAt)
	if usable && now.Before(current.renewAt) {
		return current.text, nil
	}

	c.mu.Lock()
	if again := c.current.Load(); again != current && again.text != refused && now.Before(again.renewAt) {
		c.mu.Unlock()
		return again.text, nil
	}
	flight := c.flight
	if flight == nil {
		if now.Before(c.notBefore) {
			err := c.failure
			c.mu.Unlock()
			if usable {
				return current.text, nil
			}
			return "", err
		}
		switch current := c.current.Load(); {
		case current == nil || current.text != refused || now.Sub(current.since) >= refusedHold:
			c.freshRefusals = 0
		case c.freshRefusals >= maxFreshRefusals:
			c.mu.Unlock()
			return "", errRefusedAfresh
		default:
			c.freshRefusals++
		}
		flight = &loginFlight{done: make(chan struct{})}
		c.flight = flight
		c.running.Add(1)
		go c.fly(context.WithoutCancel(ctx), flight)
	}
	c.mu.Unlock()
	if usable { // It is renewed in the background.
		return current.text, nil
	}

	select {
	case <-flight.done:
		if flight.err != nil {
			return "", flight.err
		}
		return flight.token.text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (c *tokenCache) fly(ctx context.Context, flight *loginFlight) {
	defer c.running.Done()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	got, err := c.login(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight = nil
	if err != nil {
		c.failures++
		hold := backoff(c.failures)
		if refused := (*Error)(nil); errors.As(err, &refused) && refused.Outcome == OutcomeRefused &&
			refused.StatusCode != http.StatusTooManyRequests {
			hold = refusedHold
		}
		c.notBefore, c.failure = c.core.now().Add(hold), err
		flight.err = err
	} else {
		c.failures, c.notBefore, c.failure = 0, time.Time{}, nil
		c.current.Store(got)
		flight.token = got
	}
	close(flight.done)
}

func (c *tokenCache) login(ctx context.Context) (*token, error) {
	var response Response
	request, err := partnerapi.BuildLogin(partnerapi.LoginRequest{Username: c.username, Password: c.password.Reveal()})
	result, err := do[partnerapi.LoginResult](ctx, c.core, request, err, []CallOption{WithResponse(&response)})
	if err != nil {
		return nil, err
	}
	if result.Token == "" {
		return nil, fmt.Errorf("partner: the login's answer has no token")
	}
	return newToken(result, response.Header, c.core.now()), nil
}

// newToken reckons how long a token lives by the server's own clock, where the answer tells it, so that ours may be
// wrong.
func newToken(result *partnerapi.LoginResult, header http.Header, now time.Time) *token {
	serverNow := now
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		serverNow = date
	}
	lifetime := min(max(result.Expires.Sub(serverNow), shortestLifetime), tokenLifetime)
	return &token{
		text:       result.Token,
		since:      now,
		renewAt:    now.Add(lifetime - min(renewAhead, lifetime/4)),
		unusableAt: now.Add(lifetime - min(lastMoments, lifetime/10)),
	}
}

// wait returns when no login runs.
func (c *tokenCache) wait() { c.running.Wait() }
