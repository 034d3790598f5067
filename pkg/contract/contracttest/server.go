package contracttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

// ServerOption changes how [Server] and [Reproduce] test.
type ServerOption func(*Config)

// WithCredentials has the calls made as somebody else than the variables JIKO_USERNAME, JIKO_PASSWORD and
// JIKO_SIGNING_SECRET say.
func WithCredentials(username string, password, signingSecret signing.Secret) ServerOption {
	return func(c *Config) { c.Username, c.Password, c.SigningSecret = username, password, signingSecret }
}

// WithOtherCredentials has it tried whether another partner of the same bank reaches what the caller has, by somebody
// else than the variables JIKO_OTHER_USERNAME, JIKO_OTHER_PASSWORD and JIKO_OTHER_SIGNING_SECRET say.
func WithOtherCredentials(username string, password, signingSecret signing.Secret) ServerOption {
	return func(c *Config) { c.Other = Credentials{username, password, signingSecret} }
}

// WithWrites has things created, changed and removed on a server that is named by its URL. On a handler they are
// anyway.
func WithWrites() ServerOption { return func(c *Config) { c.AllowWrites = true } }

// WithReadsOnly has nothing changed, also on a handler.
func WithReadsOnly() ServerOption { return func(c *Config) { c.AllowWrites = false } }

// WithOperations tests these operations alone.
func WithOperations(ids ...string) ServerOption {
	return func(c *Config) { c.Operations = append(c.Operations, ids...) }
}

// WithSeed draws other requests. Without it the seed is 0 for a handler, and drawn for a URL: see Config.Seed.
func WithSeed(seed uint64) ServerOption { return func(c *Config) { c.Seed = seed } }

// WithBounds ends the run after so many requests, and after so much time. 0 is the default.
func WithBounds(requests int, d time.Duration) ServerOption {
	return func(c *Config) { c.MaxRequests, c.MaxTime = requests, d }
}

// WithKnown says ids of things that are there, for a parameter such as pocket_id.
func WithKnown(parameter string, ids ...string) ServerOption {
	return func(c *Config) {
		if c.Known == nil {
			c.Known = map[string][]string{}
		}
		c.Known[parameter] = append(c.Known[parameter], ids...)
	}
}

// WithCredentialsFrom has the credentials asked for, once and before anything is sent.
func WithCredentialsFrom(ask func(context.Context) (Credentials, error)) ServerOption {
	return func(c *Config) { c.Credentials = ask }
}

// WithBeforeSend has each request go through a hook that adds headers, when it is signed. [Config] says what it may do.
func WithBeforeSend(hook func(*http.Request) error) ServerOption {
	return func(c *Config) { c.BeforeSend = hook }
}

// WithPrepare has a hook make what an operation needs, each time that it begins anew. [Config] says what it gives.
func WithPrepare(prepare func(ctx context.Context, operation string) (map[string]string, error)) ServerOption {
	return func(c *Config) { c.Prepare = prepare }
}

// WithExclusion expects a finding. Without a reason, the run is refused.
func WithExclusion(check, operation, reason string) ServerOption {
	return func(c *Config) { c.Excluded = append(c.Excluded, Exclusion{check, operation, reason}) }
}

// WithConfig changes what no other option does.
func WithConfig(change func(*Config)) ServerOption { return change }

// Server tests whether a server keeps the contract, and fails the test with each finding. The target is an
// [http.Handler] or a URL. A handler is written to; a URL is read alone, unless WithWrites says otherwise.
//
// The report is that of [Run], with its findings, warnings and what was not through: those are in the log of the test
// as well. It is nil where the server could not be tested, which has failed the test: the configuration is wrong
// ([ErrConfig]), there is no server ([ErrUnreachable]), or nobody could log in. An error in the middle fails the test
// as well, and the report has what was found before.
func Server(t TB, target any, options ...ServerOption) *Report {
	t.Helper()
	config, err := configure(target, options)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	report, err := Run(context.Background(), config)
	if report == nil {
		t.Errorf("contracttest: the server could not be tested: %v", err)
		return nil
	}
	if err != nil {
		t.Errorf("contracttest: the server could not be tested to the end: %v", err)
	}
	for _, f := range report.Findings {
		test := f.GoTest()
		if len(test) > mostTestBytes {
			test = fmt.Sprintf("(it has %d KiB: Finding.GoTest of the report has it)\n", len(test)>>10)
		}
		t.Errorf("%s\n\nAs a test:\n%s", f, test)
	}
	for _, f := range report.Excluded {
		t.Logf("expected, since %s: %s", f.Reason, f)
	}
	if len(report.Unfinished) > 0 {
		t.Logf("warning: the run ended before it was through with %s",
			strings.Join(report.Unfinished, ", "))
	}
	for _, w := range report.Warnings {
		t.Logf("warning: %s", w)
	}
	t.Logf("seed %d: %d requests, %d findings", report.Seed, report.Requests, len(report.Findings))
	return report
}

// mostTestBytes bounds what is said of a finding in the log of a test.
const mostTestBytes = 64 << 10

// DrawnSeed is a seed that no run has had lately, for Config.Seed: a server that remembers keys needs one each time.
func DrawnSeed() uint64 { return 1 + uint64(rand.Uint32()) } //nolint:gosec // Not for secrets.

// configure makes a configuration of a target and options.
func configure(target any, options []ServerOption) (Config, error) {
	config := Config{Username: os.Getenv("JIKO_USERNAME"), Password: signing.NewSecret(os.Getenv("JIKO_PASSWORD")),
		SigningSecret: signing.NewSecret(os.Getenv("JIKO_SIGNING_SECRET")),
		Other: Credentials{os.Getenv("JIKO_OTHER_USERNAME"), signing.NewSecret(os.Getenv("JIKO_OTHER_PASSWORD")),
			signing.NewSecret(os.Getenv("JIKO_OTHER_SIGNING_SECRET"))}}
	switch target := target.(type) {
	case http.Handler:
		config.Handler, config.AllowWrites = target, true
	case string:
		config.URL, config.Seed = target, DrawnSeed()
	default:
		return Config{}, fmt.Errorf("%w: the target is a %T, neither an http.Handler nor a URL", ErrConfig, target)
	}
	for _, option := range options {
		if option != nil {
			option(&config)
		}
	}
	return config, nil
}
