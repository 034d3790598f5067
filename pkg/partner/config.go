package partner

import (
	"context"
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
// and Password, CredentialsFunc or Tokens, and SigningSecret or SigningSecretFunc. A text or a secret that begins or
// ends with white space is refused: it was read with the line break of its file.
type Config struct {
	// Partner is the prefix that the provider assigned, the first label of the host.
	Partner string
	// Environment is EnvironmentProduction or EnvironmentSandbox. There is no default: say
	// which money is moved.
	Environment Environment
	// BaseURL replaces Partner and Environment, for a gateway or a local sandbox. It must be https, except for loopback
	// addresses.
	BaseURL string
	// SignedBasePath is the base path of what is signed, where a gateway changes the path on its way: a request is
	// signed with it in the place of the path of BaseURL. It is escaped and begins with a slash; "/" alone means none,
	// for a gateway that takes the whole path of BaseURL away. Empty means the path of BaseURL, as it is sent.
	SignedBasePath string

	// Username and Password are the credentials of the login call.
	Username string
	Password Secret
	// CredentialsFunc replaces Username and Password, so that they can be rotated. It is called once per login, again
	// when a login is refused, and then, until there are others, once a second while calls wait for a token. No two of
	// its calls overlap. Its context ends with the login.
	CredentialsFunc func(ctx context.Context) (username string, password Secret, err error)
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
	// StrictSignatures sends a strict signature with each call as well: package signing says what it covers. It is for
	// servers that ask for one, as package server does with Config.StrictAge. The provider does not know it.
	StrictSignatures bool

	// HTTPClient sends the requests. Nil, or one without a Transport, means the transport that NewTransport makes. A
	// Transport of the caller's own is used as it is: it has the limits, the TLS and the checks of connections that the
	// caller gave it; after an attempt without an answer its idle connections are closed. Its Timeout does not apply:
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
	// any name or text of a refusal, such as "ALREADY_BOOKED". Such a refusal is an OutcomeReceivedBefore. What the
	// provider says is not documented; the usual words are known.
	RepeatWords []string

	// Logger logs each attempt (debug), retry (info) and failure (warn), without secrets or personal data. Nil logs
	// nothing.
	Logger *slog.Logger
	// Hooks are called around each attempt.
	Hooks Hooks

	// fromEnvironment says that FromEnvironment made it, so that errors name the variables too.
	fromEnvironment bool
}

// variables are the environment variables that FromEnvironment reads, by the field that they set.
//
//nolint:gosec // G101: they are the names of variables, not secrets.
var variables = map[string]string{
	"Partner":        "JIKO_PARTNER",
	"Environment":    "JIKO_ENVIRONMENT",
	"BaseURL":        "JIKO_BASE_URL",
	"SignedBasePath": "JIKO_SIGNED_BASE_PATH",
	"Username":       "JIKO_USERNAME",
	"Password":       "JIKO_PASSWORD",
	"SigningSecret":  "JIKO_SIGNING_SECRET",
	"PartnerID":      "JIKO_PARTNER_ID",
}

// FromEnvironment returns the configuration that the environment variables JIKO_PARTNER, JIKO_ENVIRONMENT (production
// or sandbox), JIKO_BASE_URL, JIKO_SIGNED_BASE_PATH, JIKO_USERNAME, JIKO_PASSWORD, JIKO_SIGNING_SECRET and
// JIKO_PARTNER_ID make. New says what is missing, by the names of the variables.
func FromEnvironment() Config {
	get := func(field string) string { return os.Getenv(variables[field]) }
	return Config{
		Partner: get("Partner"), Environment: Environment(get("Environment")), BaseURL: get("BaseURL"),
		SignedBasePath: get("SignedBasePath"),
		Username:       get("Username"), Password: NewSecret(get("Password")),
		SigningSecret: NewSecret(get("SigningSecret")), PartnerID: get("PartnerID"),
		fromEnvironment: true,
	}
}

// fieldForm finds what may be the name of a field in the text of a problem.
var fieldForm = regexp.MustCompile(`\b[A-Z][A-Za-z]+\b`)

// named adds the variables to the fields that a problem names, where they come from the environment.
func (c Config) named(problem string) string {
	if !c.fromEnvironment {
		return problem
	}
	return fieldForm.ReplaceAllStringFunc(problem, func(field string) string {
		if variable, ok := variables[field]; ok {
			return field + " (" + variable + ")"
		}
		return field
	})
}

var partnerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// resolve returns the base URL, or everything that is wrong in one error that never repeats a value.
func (c Config) resolve() (*url.URL, error) {
	var problems []error
	wrong := func(is bool, text string) {
		if is {
			problems = append(problems, errors.New(c.named(text)))
		}
	}
	// padded reports that, and that it is wrong.
	padded := func(field, text string) bool {
		is := text != "" && NewSecret(text).Check() != nil
		wrong(is, field+" begins or ends with white space or with a character that does not show: "+
			"was it read with the line break of its file?")
		return is
	}
	base := c.BaseURL
	if base == "" {
		host, known := hosts[c.Environment]
		wrong(c.Partner == "" && c.Environment == "", "Partner and Environment, or BaseURL, are missing")
		wrong(c.Partner == "" && c.Environment != "", "Partner is missing")
		wrong(c.Partner != "" && c.Environment == "", "Environment is missing")
		wrong(!padded("Environment", string(c.Environment)) && c.Environment != "" && !known,
			"Environment is neither production nor sandbox")
		wrong(!padded("Partner", c.Partner) && c.Partner != "" && !partnerName.MatchString(c.Partner),
			"Partner is not the first label of a host name")
		base = fmt.Sprintf(host, c.Partner)
	} else {
		wrong(c.Partner != "" || c.Environment != "",
			"BaseURL contradicts Partner and Environment: give one or the other")
		if !padded("BaseURL", base) {
			problem := checkBaseURL(base)
			wrong(problem != "", problem)
		}
	}
	problem := checkSignedBasePath(c.SignedBasePath)
	wrong(problem != "", problem)
	static := c.Username != "" || !c.Password.IsZero()
	switch {
	case c.Tokens == nil && c.CredentialsFunc == nil:
		wrong(c.Username == "", "Username is missing")
		wrong(c.Password.IsZero(), "Password is missing")
	case c.Tokens != nil:
		wrong(static, "Tokens contradicts Username and Password: give one or the other")
		wrong(c.CredentialsFunc != nil, "Tokens contradicts CredentialsFunc: give one or the other")
	default:
		wrong(static, "CredentialsFunc contradicts Username and Password: give one or the other")
	}
	padded("Username", c.Username)
	padded("Password", c.Password.Reveal())
	wrong(c.SigningSecret.IsZero() && c.SigningSecretFunc == nil, "SigningSecret is missing")
	wrong(!c.SigningSecret.IsZero() && c.SigningSecretFunc != nil,
		"SigningSecret contradicts SigningSecretFunc: give one or the other")
	padded("SigningSecret", c.SigningSecret.Reveal())
	wrong(!padded("PartnerID", c.PartnerID) && !isHeaderValue(c.PartnerID), "PartnerID is not a header value")
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

// checkBaseURL returns what is wrong with a base URL.
func checkBaseURL(text string) string {
	base, err := url.Parse(text)
	switch {
	case err != nil, base.Hostname() == "":
		return "BaseURL is not a URL with a scheme and a host"
	case base.User != nil, base.RawQuery != "", base.Fragment != "":
		return "BaseURL must have no user, query or fragment"
	case base.Scheme == "https", base.Scheme == "http" && isLoopback(base.Hostname()):
		return ""
	}
	return "BaseURL must be https: plain http is allowed to loopback addresses only"
}

// checkSignedBasePath returns what is wrong with a path that stands before those of the operations.
func checkSignedBasePath(path string) string {
	if path == "" || path == "/" {
		return ""
	}
	u, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || u.EscapedPath() != path {
		return "SignedBasePath is not an escaped path that begins with a slash"
	}
	if checkSegments(path) != nil {
		return "SignedBasePath has dot segments or empty ones"
	}
	return ""
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
