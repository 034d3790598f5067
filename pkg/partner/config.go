package partner

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
)

// Environment is one of the provider's deployments.
type Environment string

const (
	// EnvironmentProduction moves real money.
	EnvironmentProduction Environment = "production"
	// EnvironmentSandbox is connected to no live network.
	EnvironmentSandbox Environment = "sandbox"
)

// hosts are the servers of the contract.
var hosts = map[Environment]string{
	EnvironmentProduction: "https://%s.partner-api.jikoservices.com",
	EnvironmentSandbox:    "https://%s.sandbox-api.jikoservices.com",
}

// Defaults of the configuration.
const (
	// DefaultAttemptTimeout bounds one attempt, from dialling to the last byte.
	DefaultAttemptTimeout = 60 * time.Second
	// DefaultMaxRetries is how often a call is tried again.
	DefaultMaxRetries = 2
	// DefaultMaxResponseBytes is the longest answer that is read: 32 MiB.
	DefaultMaxResponseBytes = partnerapi.DefaultMaxResponseBytes
	// DefaultMaxUploadBytes is what the body of a request must stay below: 50 MiB. (Source: the contract's
	// content-length parameter.)
	DefaultMaxUploadBytes = partnerapi.MaxUploadBytes
	// DefaultHeldBytes is how much of a body that can be read once only is kept in memory: 1 MiB.
	DefaultHeldBytes int64 = 1 << 20
)

// Config says where the API is, who calls it, and how patiently. It needs Partner and Environment or BaseURL, Username
// and Password or Tokens, and SigningSecret or SigningSecretFunc.
type Config struct {
	// Partner is the prefix that the provider assigned, the first label of the host.
	Partner string
	// Environment is EnvironmentProduction or EnvironmentSandbox. There is no default: say
	// which money is moved.
	Environment Environment
	// BaseURL replaces Partner and Environment, for a gateway or a local sandbox. It must be https, except for loopback
	// addresses.
	BaseURL string

	// Username and Password are the credentials of the login call.
	Username string
	Password Secret
	// Tokens replaces the login, to share tokens between processes.
	Tokens TokenSource

	// SigningSecret is the shared secret that requests are signed with.
	SigningSecret Secret
	// SigningSecretFunc replaces SigningSecret, so that the secret can be rotated. It is called once per attempt, and
	// must be fast and safe for concurrent use.
	SigningSecretFunc func() (Secret, error)
	// PartnerID is sent as x-jiko-partner-id when it is set. (Source: the provider's sample client, which sends it with
	// a base URL that has no partner prefix.)
	PartnerID string

	// HTTPClient sends the requests; nil means the package's own, with at least TLS 1.2. Its Timeout does not apply:
	// AttemptTimeout does. Redirects are never followed, as a signature is good for one path only.
	HTTPClient *http.Client
	// Middleware wraps the transport, the first outermost. It sees each attempt, signed.
	Middleware []func(next http.RoundTripper) http.RoundTripper
	// AttemptTimeout bounds each attempt; the call as a whole is bounded by its context. 0 means DefaultAttemptTimeout.
	AttemptTimeout time.Duration
	// MaxRetries is how often a call is tried again; 0 means DefaultMaxRetries, a negative number means never.
	MaxRetries int
	// MaxResponseBytes caps how much of an answer is read; 0 means DefaultMaxResponseBytes.
	MaxResponseBytes int64
	// MaxUploadBytes is what the body of a request must stay below, in bytes; 0 means DefaultMaxUploadBytes. The
	// services never send a file of 50 MiB or more, whatever is set here.
	MaxUploadBytes int64
	// HeldBytes is how much memory a request takes that is sent by Do with a body but without a GetBody, which must be
	// held to be signed before it is sent. A longer body is held in a temporary file. 0 means DefaultHeldBytes.
	HeldBytes int64

	// RepeatWords are further words by which the server says that it knows a key or has what a request would make, in
	// the type, rule or text of a refusal, such as "ALREADY_BOOKED". Such a refusal is an OutcomeReceivedBefore. What
	// the provider says is not documented; the usual words are known.
	RepeatWords []string

	// Logger logs each attempt (debug), retry (info) and failure (warn), without secrets or personal data. Nil logs
	// nothing.
	Logger *slog.Logger
	// Hooks are called around each attempt.
	Hooks Hooks
}

// Environment variables that FromEnvironment reads.
const (
	envPartner       = "JIKO_PARTNER"
	envEnvironment   = "JIKO_ENVIRONMENT"
	envBaseURL       = "JIKO_BASE_URL"
	envUsername      = "JIKO_USERNAME"
	envPassword      = "JIKO_PASSWORD"
	envSigningSecret = "JIKO_SIGNING_SECRET" //nolint:gosec // G101: the name of a variable, not a secret
	envPartnerID     = "JIKO_PARTNER_ID"
)

// FromEnvironment returns the configuration that the environment variables JIKO_PARTNER, JIKO_ENVIRONMENT (production
// or sandbox), JIKO_BASE_URL, JIKO_USERNAME, JIKO_PASSWORD, JIKO_SIGNING_SECRET and JIKO_PARTNER_ID make. New says what
// is missing.
func FromEnvironment() Config {
	return Config{
		Partner: os.Getenv(envPartner), Environment: Environment(os.Getenv(envEnvironment)),
		BaseURL:  os.Getenv(envBaseURL),
		Username: os.Getenv(envUsername), Password: NewSecret(os.Getenv(envPassword)),
		SigningSecret: NewSecret(os.Getenv(envSigningSecret)), PartnerID: os.Getenv(envPartnerID),
	}
}

var partnerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// resolve returns the base URL, or everything that is wrong in one error that never repeats a value.
func (c Config) resolve() (*url.URL, error) {
	var problems []error
	wrong := func(is bool, text string) {
		if is {
			problems = append(problems, errors.New(text))
		}
	}
	base := c.BaseURL
	if base == "" {
		host, known := hosts[c.Environment]
		wrong(c.Partner == "" && c.Environment == "", "Partner and Environment, or BaseURL, are missing")
		wrong(c.Partner == "" && c.Environment != "", "Partner is missing")
		wrong(c.Partner != "" && c.Environment == "", "Environment is missing")
		wrong(c.Environment != "" && !known, "Environment is neither production nor sandbox")
		wrong(c.Partner != "" && !partnerName.MatchString(c.Partner), "Partner is not the first label of a host name")
		base = fmt.Sprintf(host, c.Partner)
	} else {
		wrong(c.Partner != "" || c.Environment != "",
			"BaseURL contradicts Partner and Environment: give one or the other")
		if err := checkBaseURL(base); err != nil {
			problems = append(problems, err)
		}
	}
	if c.Tokens == nil {
		wrong(c.Username == "", "Username is missing")
		wrong(c.Password.IsZero(), "Password is missing")
	} else {
		wrong(c.Username != "" || !c.Password.IsZero(),
			"Tokens contradicts Username and Password: give one or the other")
	}
	wrong(c.SigningSecret.IsZero() && c.SigningSecretFunc == nil, "SigningSecret is missing")
	wrong(!c.SigningSecret.IsZero() && c.SigningSecretFunc != nil,
		"SigningSecret contradicts SigningSecretFunc: give one or the other")
	wrong(!isHeaderValue(c.PartnerID), "PartnerID is not a header value")
	wrong(slices.ContainsFunc(c.Middleware, func(wrap func(http.RoundTripper) http.RoundTripper) bool {
		return wrap == nil
	}), "Middleware has a function that is nil")
	wrong(c.AttemptTimeout < 0, "AttemptTimeout is negative")
	wrong(c.MaxResponseBytes < 0, "MaxResponseBytes is negative")
	wrong(c.MaxUploadBytes < 0, "MaxUploadBytes is negative")
	wrong(c.HeldBytes < 0, "HeldBytes is negative")
	if len(problems) > 0 {
		return nil, fmt.Errorf("partner: configuration: %w", errors.Join(problems...))
	}
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil {
		return nil, errors.New("partner: configuration: BaseURL is not a URL")
	}
	return u, nil
}

func checkBaseURL(text string) error {
	base, err := url.Parse(text)
	if err != nil || base.Hostname() == "" {
		return errors.New("BaseURL is not a URL with a scheme and a host")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return errors.New("BaseURL must have no user, query or fragment")
	}
	switch {
	case base.Scheme == "https":
		return nil
	case base.Scheme == "http" && isLoopback(base.Hostname()):
		return nil
	}
	return errors.New("BaseURL must be https: plain http is allowed to loopback addresses only")
}

// isHeaderValue reports whether net/http sends a text as the value of a header.
func isHeaderValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// httpClient returns the client that sends. It never follows a redirect, and has no timeout of its own.
func (c Config) httpClient() *http.Client {
	var client http.Client
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	} else {
		transport := &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 100,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second,
		}
		// A program may have put something else in its place.
		if standard, ok := http.DefaultTransport.(*http.Transport); ok {
			transport = standard.Clone()
		}
		dial := transport.DialContext
		if dial == nil {
			dial = (&net.Dialer{}).DialContext
		}
		transport.DialContext = counted(dial)
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		// One host is all that is called, so all idle connections may be its.
		transport.MaxIdleConnsPerHost = transport.MaxIdleConns
		client.Transport = transport
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = tracked{client.Transport}
	if len(c.Middleware) > 0 {
		transport := client.Transport
		wrapped := wrappedTransport{RoundTripper: transport, base: transport}
		for i := len(c.Middleware) - 1; i >= 0; i-- {
			wrapped.RoundTripper = c.Middleware[i](wrapped.RoundTripper)
		}
		client.Transport = wrapped
	}
	client.Timeout = 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// wrappedTransport is a transport in middleware, which need not know how to close its idle connections.
type wrappedTransport struct {
	http.RoundTripper
	base http.RoundTripper
}

func (t wrappedTransport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}
