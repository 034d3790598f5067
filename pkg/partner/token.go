package partner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// TokenSource provides bearer tokens. Implement it to share tokens between processes.
type TokenSource interface {
	// Token returns a token that is good for a call now, without white space around it. refused is the token that the
	// server has just answered with 401, if any, and must not be returned again. Token is called for every attempt and
	// from many goroutines.
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
	// askAgain is how long a Config.CredentialsFunc is left alone that gives what was refused.
	askAgain = time.Second
)

// errRefusedAfresh says that a new token would be refused like the last ones.
var errRefusedAfresh = errors.New("partner: tokens are refused right after the login")

// tokenCache logs in once for all callers. It is the TokenSource of a Client that has credentials.
type tokenCache struct {
	core *core
	// give returns the credentials. rotates says that they may be others the next time.
	give    func(context.Context) (credentials, error)
	rotates bool
	timeout time.Duration

	// current is nil before the first login. Reading it is all that most calls do.
	current atomic.Pointer[token]

	mu     sync.Mutex
	flight *loginFlight
	// After a failure no login starts before notBefore; callers get the failure again.
	failures  int
	notBefore time.Time
	failure   error
	// refused are the credentials that the failure is about, if it is about any. Others are tried at once: from askAt
	// on it is asked whether there are some.
	refused credentials
	askAt   time.Time
	// freshRefusals counts tokens in a row that were refused within refusedHold of their login.
	freshRefusals int
}

// credentials are what a login is made with.
type credentials struct {
	username string
	password signing.Secret
}

func (c credentials) equal(other credentials) bool {
	return c.username == other.username && c.password.Reveal() == other.password.Reveal()
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
	done chan struct{}
	// afresh says that it replaces a token that was refused right after its login.
	afresh bool
	token  *token
	err    error
}

func newTokenCache(c *core, config Config) *tokenCache {
	cache := &tokenCache{core: c, timeout: loginTimeout, rotates: config.CredentialsFunc != nil}
	cache.give = func(context.Context) (credentials, error) {
		return credentials{config.Username, config.Password}, nil
	}
	if cache.rotates {
		cache.give = func(ctx context.Context) (credentials, error) {
			username, password, err := config.CredentialsFunc(ctx)
			switch {
			case err != nil:
				return credentials{}, fmt.Errorf("credentials: %w", err)
			case NewSecret(username).Check() != nil:
				return credentials{}, errors.New("credentials: the username is empty or has white space around it")
			case password.Check() != nil:
				return credentials{}, errors.New("credentials: the password is empty or has white space around it")
			}
			return credentials{username, password}, nil
		}
	}
	return cache
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
		if now.Before(c.notBefore) && !c.mayDiffer(now) {
			err := c.failure
			c.mu.Unlock()
			if usable {
				return current.text, nil
			}
			return "", err
		}
		flight = &loginFlight{done: make(chan struct{})}
		switch current := c.current.Load(); {
		case current == nil || current.text != refused || now.Sub(current.since) >= refusedHold:
			c.freshRefusals = 0
		case c.freshRefusals >= maxFreshRefusals:
			c.mu.Unlock()
			return "", errRefusedAfresh
		default:
			flight.afresh = true
		}
		c.flight = flight
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

// mayDiffer reports whether it is time to ask for other credentials than those that were refused.
func (c *tokenCache) mayDiffer(now time.Time) bool {
	if !c.rotates || c.refused.username == "" || now.Before(c.askAt) {
		return false
	}
	c.askAt = now.Add(askAgain)
	return true
}

// errLoginEnded says that a login ended without a result: something that it called has ended its goroutine.
var errLoginEnded = errors.New("partner: the login ended early")

// panicked makes an error of a panic of a callback. What a panic says can be anything, so only its type is told.
func panicked(cause any) error {
	if failure, ok := cause.(runtime.Error); ok {
		return fmt.Errorf("partner: the login: a panic: %w", failure)
	}
	return fmt.Errorf("partner: the login: a panic of a %T", cause)
}

func (c *tokenCache) fly(ctx context.Context, flight *loginFlight) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	got, used, err := (*token)(nil), credentials{}, errLoginEnded
	defer func() { // Whatever ends it: others wait for it, and nobody could recover a panic in this goroutine.
		if cause := recover(); cause != nil {
			got, err = nil, panicked(cause)
		}
		c.land(flight, got, used, err)
	}()
	got, used, err = c.login(ctx)
}

// land ends a login.
func (c *tokenCache) land(flight *loginFlight, got *token, used credentials, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight = nil
	now := c.core.now()
	switch {
	case err == nil:
		c.failures, c.notBefore, c.failure, c.refused = 0, time.Time{}, nil, credentials{}
		c.current.Store(got)
		flight.token = got
		if flight.afresh {
			c.freshRefusals++
		}
	case errors.Is(err, errRefusedBefore):
		flight.err = c.failure
	default:
		c.failures++
		hold := backoff(c.failures)
		c.refused = credentials{}
		if isRefusal(err) {
			hold, c.refused, c.askAt = refusedHold, used, now.Add(askAgain)
		}
		c.notBefore, c.failure = now.Add(hold), err
		flight.err = err
	}
	close(flight.done)
}

// isRefusal reports whether a login was refused for what it was made with.
func isRefusal(err error) bool {
	refused := (*Error)(nil)
	return errors.As(err, &refused) && refused.Outcome == OutcomeRefused &&
		refused.StatusCode != http.StatusTooManyRequests
}

// errRefusedBefore says that the credentials are those that were refused a moment ago.
var errRefusedBefore = errors.New("partner: the credentials were refused before")

// login logs in. Credentials that are refused may have been replaced meanwhile, and are then tried once more.
func (c *tokenCache) login(ctx context.Context) (*token, credentials, error) {
	given, err := c.give(ctx)
	if err != nil {
		return nil, credentials{}, err
	}
	if c.holds(given) {
		return nil, given, errRefusedBefore
	}
	got, err := c.loginWith(ctx, given)
	if !c.rotates || !isRefusal(err) {
		return got, given, err
	}
	again, askErr := c.give(ctx)
	if askErr != nil || again.equal(given) {
		return nil, given, err
	}
	got, err = c.loginWith(ctx, again)
	return got, again, err
}

// holds reports whether credentials were refused a moment ago.
func (c *tokenCache) holds(given credentials) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.core.now().Before(c.notBefore) && c.refused.equal(given)
}

func (c *tokenCache) loginWith(ctx context.Context, given credentials) (*token, error) {
	c.core.sent.add(given.password.Reveal())
	var response Response
	request, err := partnerapi.BuildLogin(partnerapi.LoginRequest{
		Username: given.username, Password: given.password.Reveal(),
	})
	result, err := do[partnerapi.LoginResult](ctx, c.core, request, err, []CallOption{WithResponse(&response)})
	if err != nil {
		return nil, err
	}
	if err := checkToken(result.Token); err != nil {
		return nil, fmt.Errorf("partner: the login's answer: %w", err)
	}
	c.core.sent.add(result.Token)
	return newToken(result, response.Header, c.core.now()), nil
}

// checkToken refuses a token that would arrive as another one, or not at all.
func checkToken(text string) error {
	switch {
	case text == "":
		return errors.New("the token is empty")
	case NewSecret(text).Check() != nil:
		return errors.New("the token has white space around it")
	case !isHeaderValue(text):
		return errors.New("the token is not a header value")
	}
	return nil
}

// checkedTokens are the tokens of a source that is not ours.
type checkedTokens struct {
	source TokenSource
	core   *core
}

// Token implements TokenSource.
func (t checkedTokens) Token(ctx context.Context, refused string) (string, error) {
	text, err := t.source.Token(ctx, refused)
	if err == nil {
		err = checkToken(text)
	}
	if err != nil {
		return "", err
	}
	t.core.sent.add(text)
	return text, nil
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

// wait returns when the login that is under way has ended, if there is one. Later ones are of later calls.
func (c *tokenCache) wait() {
	c.mu.Lock()
	flight := c.flight
	c.mu.Unlock()
	if flight != nil {
		<-flight.done
	}
}
