package partner_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/partner/partnertest"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

func TestTheEnvironmentConfigures(t *testing.T) {
	all := map[string]string{
		"JIKO_PARTNER": "acme", "JIKO_ENVIRONMENT": "sandbox", "JIKO_BASE_URL": "", "JIKO_USERNAME": "user",
		"JIKO_PASSWORD":       "password-marker",
		"JIKO_SIGNING_SECRET": "secret-marker", "JIKO_PARTNER_ID": "id", "JIKO_SIGNED_BASE_PATH": "",
	}
	for _, c := range []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"by partner and environment", nil, nil},
		{"by base URL", map[string]string{"JIKO_PARTNER": "", "JIKO_ENVIRONMENT": "",
			"JIKO_BASE_URL": "https://gateway.example.com"}, nil},
		{"without a partner id", map[string]string{"JIKO_PARTNER_ID": ""}, nil},
		{"with an unknown environment", map[string]string{"JIKO_ENVIRONMENT": "staging"},
			[]string{"Environment (JIKO_ENVIRONMENT) is neither"}},
		{"with both", map[string]string{"JIKO_BASE_URL": "https://gateway.example.com"},
			[]string{"BaseURL (JIKO_BASE_URL) contradicts Partner (JIKO_PARTNER) and Environment (JIKO_ENVIRONMENT)"}},
		{"with nothing", map[string]string{
			"JIKO_PARTNER": "", "JIKO_ENVIRONMENT": "", "JIKO_USERNAME": "", "JIKO_PASSWORD": "",
			"JIKO_SIGNING_SECRET": "", "JIKO_PARTNER_ID": "",
		}, []string{
			"Partner (JIKO_PARTNER) and Environment (JIKO_ENVIRONMENT), or BaseURL (JIKO_BASE_URL), are missing",
			"Username (JIKO_USERNAME) is missing", "Password (JIKO_PASSWORD) is missing",
			"SigningSecret (JIKO_SIGNING_SECRET) is missing"}},
		{"with a line break at the end of the password", map[string]string{"JIKO_PASSWORD": "password-marker\n"},
			[]string{"Password (JIKO_PASSWORD) begins or ends with white space"}},
		{"with a line break at the end of everything", map[string]string{
			"JIKO_PARTNER": "acme\n", "JIKO_ENVIRONMENT": "sandbox\r\n", "JIKO_USERNAME": "user-marker\n",
			"JIKO_PASSWORD": "password-marker\n", "JIKO_SIGNING_SECRET": "secret-marker\n", "JIKO_PARTNER_ID": "id\n",
		}, []string{"Partner (JIKO_PARTNER) begins", "Environment (JIKO_ENVIRONMENT) begins",
			"Username (JIKO_USERNAME) begins", "Password (JIKO_PASSWORD) begins",
			"SigningSecret (JIKO_SIGNING_SECRET) begins", "PartnerID (JIKO_PARTNER_ID) begins"}},
		{"with a space at the end of the base URL", map[string]string{"JIKO_PARTNER": "", "JIKO_ENVIRONMENT": "",
			"JIKO_BASE_URL": "https://gateway.example.com "}, []string{"BaseURL (JIKO_BASE_URL) begins or ends"}},
		{"with a signed path that is none", map[string]string{"JIKO_SIGNED_BASE_PATH": "marker"},
			[]string{"SignedBasePath (JIKO_SIGNED_BASE_PATH) is not an escaped path"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, value := range all {
				t.Setenv(name, value)
			}
			for name, value := range c.change {
				t.Setenv(name, value)
			}
			_, err := partner.New(partner.FromEnvironment())
			checkProblems(t, err, c.want)
		})
	}
	for name, value := range all {
		t.Setenv(name, value)
	}
	got := partner.FromEnvironment()
	if got.Partner != "acme" || got.Environment != partner.EnvironmentSandbox || got.Username != "user" ||
		got.Password.Reveal() != "password-marker" ||
		got.SigningSecret.Reveal() != "secret-marker" || got.PartnerID != "id" {
		t.Errorf("FromEnvironment = %+v", got)
	}
}

// checkProblems wants an error with as many lines as there are problems, each of them named, and no secret.
func checkProblems(t *testing.T, err error, want []string) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Errorf("New = %v", err)
		}
		return
	}
	if err == nil {
		t.Fatalf("New takes it; want %q", want)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(want) {
		t.Errorf("the error has %d lines, want %d: %v", len(lines), len(want), err)
	}
	if strings.Contains(err.Error(), "marker") {
		t.Errorf("the error repeats a value: %v", err)
	}
}

func TestEveryProblemOfAConfigurationIsNamedAtOnce(t *testing.T) {
	good := func() partner.Config {
		return partner.Config{Partner: "acme", Environment: partner.EnvironmentProduction, Username: "u",
			Password: signing.NewSecret("password-marker"), SigningSecret: signing.NewSecret("secret-marker")}
	}
	secretFunc := func() (signing.Secret, error) { return signing.NewSecret("secret-marker"), nil }
	give := func(context.Context) (string, signing.Secret, error) {
		return "user", signing.NewSecret("password-marker"), nil
	}
	for _, c := range []struct {
		name   string
		change func(*partner.Config)
		want   []string
	}{
		{"the zero configuration", func(c *partner.Config) { *c = partner.Config{} },
			[]string{"Partner and Environment, or BaseURL, are missing", "Username is missing", "Password is missing",
				"SigningSecret is missing"}},
		{"a good one", func(*partner.Config) {}, nil},
		{"no partner", func(c *partner.Config) { c.Partner = "" }, []string{"Partner is missing"}},
		{"no environment", func(c *partner.Config) { c.Environment = "" }, []string{"Environment is missing"}},
		{"an unknown environment and no partner", func(c *partner.Config) { c.Partner, c.Environment = "", "marker" },
			[]string{"Partner is missing", "Environment is neither"}},
		{"a partner that is more than a label", func(c *partner.Config) { c.Partner = "acme.marker/x" },
			[]string{"Partner is not the first label"}},
		{"a partner in capitals", func(c *partner.Config) { c.Partner = "Acme" },
			[]string{"Partner is not the first label"}},
		{"a partner that ends in a hyphen", func(c *partner.Config) { c.Partner = "acme-" },
			[]string{"Partner is not the first label"}},
		{"a partner with a line break", func(c *partner.Config) { c.Partner = "acme\n" },
			[]string{"Partner begins or ends with white space"}},
		{"a partner with a line break within", func(c *partner.Config) { c.Partner = "ac\nme" },
			[]string{"Partner is not the first label"}},
		{"a partner of 64 characters", func(c *partner.Config) { c.Partner = strings.Repeat("a", 64) },
			[]string{"Partner is not the first label"}},
		{"a base URL beside the partner", func(c *partner.Config) { c.BaseURL = "https://example.com" },
			[]string{"BaseURL contradicts Partner and Environment"}},
		{"a base URL that is wrong beside the environment",
			func(c *partner.Config) { c.Partner, c.BaseURL = "", "http://marker.example.com" },
			[]string{"BaseURL contradicts", "BaseURL must be https"}},
		{"no username", func(c *partner.Config) { c.Username = "" }, []string{"Username is missing"}},
		{"no password", func(c *partner.Config) { c.Password = signing.NewSecret("") },
			[]string{"Password is missing"}},
		{"tokens instead", func(c *partner.Config) {
			c.Username, c.Password, c.Tokens = "", signing.NewSecret(""), tokens(goodToken)
		}, nil},
		{"tokens beside credentials", func(c *partner.Config) { c.Tokens = tokens(goodToken) },
			[]string{"Tokens contradicts Username and Password"}},
		{"tokens beside a password", func(c *partner.Config) { c.Username, c.Tokens = "", tokens(goodToken) },
			[]string{"Tokens contradicts"}},
		{"a function for the credentials", func(c *partner.Config) {
			c.Username, c.Password, c.CredentialsFunc = "", signing.NewSecret(""), give
		}, nil},
		{"a function beside credentials", func(c *partner.Config) { c.CredentialsFunc = give },
			[]string{"CredentialsFunc contradicts Username and Password"}},
		{"a function beside a password", func(c *partner.Config) { c.Username, c.CredentialsFunc = "", give },
			[]string{"CredentialsFunc contradicts Username and Password"}},
		{"a function beside tokens", func(c *partner.Config) {
			c.Username, c.Password, c.CredentialsFunc, c.Tokens = "", signing.NewSecret(""), give, tokens(goodToken)
		}, []string{"Tokens contradicts CredentialsFunc"}},
		{"a password with a line break",
			func(c *partner.Config) { c.Password = signing.NewSecret("password-marker\n") },
			[]string{"Password begins or ends with white space"}},
		{"a password after a space", func(c *partner.Config) { c.Password = signing.NewSecret(" password-marker") },
			[]string{"Password begins"}},
		{"a password of a file with a byte order mark",
			func(c *partner.Config) { c.Password = signing.NewSecret("\ufeffpassword-marker") },
			[]string{"Password begins"}},
		{"a password of white space", func(c *partner.Config) { c.Password = signing.NewSecret(" \t") },
			[]string{"Password begins"}},
		{"a password with spaces within", func(c *partner.Config) { c.Password = signing.NewSecret("a b\tc") }, nil},
		{"a secret with a carriage return", func(c *partner.Config) {
			c.SigningSecret = signing.NewSecret("secret-marker\r\n")
		}, []string{"SigningSecret begins or ends with white space"}},
		{"a username with a line break", func(c *partner.Config) { c.Username = "marker\n" },
			[]string{"Username begins or ends with white space"}},
		{"a base URL with a line break", func(c *partner.Config) {
			c.Partner, c.Environment, c.BaseURL = "", "", "https://marker.example.com\n"
		}, []string{"BaseURL begins or ends with white space"}},
		{"a signed path without a slash", func(c *partner.Config) { c.SignedBasePath = "marker/" },
			[]string{"SignedBasePath is not an escaped path"}},
		{"a signed path that is a URL", func(c *partner.Config) { c.SignedBasePath = "https://marker.example.com/a" },
			[]string{"SignedBasePath is not an escaped path"}},
		{"a signed path that names a host", func(c *partner.Config) { c.SignedBasePath = "//marker/a" },
			[]string{"SignedBasePath is not an escaped path"}},
		{"a signed path with a query", func(c *partner.Config) { c.SignedBasePath = "/a?marker" },
			[]string{"SignedBasePath is not an escaped path"}},
		{"a signed path that is not escaped", func(c *partner.Config) { c.SignedBasePath = "/a b" },
			[]string{"SignedBasePath is not an escaped path"}},
		{"a signed path that is escaped wrongly", func(c *partner.Config) { c.SignedBasePath = "/%zz" },
			[]string{"SignedBasePath is not an escaped path"}},
		{"a signed path with a line break", func(c *partner.Config) { c.SignedBasePath = "/a\n" },
			[]string{"SignedBasePath is not an escaped path"}},
		{"a signed path with dots", func(c *partner.Config) { c.SignedBasePath = "/a/../b" },
			[]string{"SignedBasePath has dot segments"}},
		{"a signed path with an empty segment", func(c *partner.Config) { c.SignedBasePath = "/a//b" },
			[]string{"SignedBasePath has dot segments"}},
		{"a signed path of nothing", func(c *partner.Config) { c.SignedBasePath = "/" }, nil},
		{"a signed path", func(c *partner.Config) { c.SignedBasePath = "/a%2Fb/c/" }, nil},
		{"no secret", func(c *partner.Config) { c.SigningSecret = signing.NewSecret("") },
			[]string{"SigningSecret is missing"}},
		{"a function for the secret", func(c *partner.Config) {
			c.SigningSecret,
				c.SigningSecretFunc = signing.NewSecret(""), secretFunc
		}, nil},
		{"both", func(c *partner.Config) { c.SigningSecretFunc = secretFunc },
			[]string{"SigningSecret contradicts SigningSecretFunc"}},
		{"a partner id with a line break", func(c *partner.Config) { c.PartnerID = "marker\r\nX: y" },
			[]string{"PartnerID is not a header value"}},
		{"a partner id with a control character", func(c *partner.Config) { c.PartnerID = "a\x01b" },
			[]string{"PartnerID is not a header value"}},
		{"a negative timeout", func(c *partner.Config) { c.AttemptTimeout = -1 },
			[]string{"AttemptTimeout is negative"}},
		{"a negative limit", func(c *partner.Config) { c.MaxResponseBytes = -1 },
			[]string{"MaxResponseBytes is negative"}},
		{"a negative limit of uploads", func(c *partner.Config) { c.MaxUploadBytes = -1 },
			[]string{"MaxUploadBytes is negative"}},
		{"a negative limit of what is held", func(c *partner.Config) { c.HeldBytes = -1 },
			[]string{"HeldBytes is negative"}},
		{"never a retry", func(c *partner.Config) { c.MaxRetries = -1 }, nil},
		{"everything at once", func(c *partner.Config) {
			*c = partner.Config{
				Partner: "marker marker", BaseURL: "ftp://marker", Username: "marker", Tokens: tokens(goodToken),
				SigningSecret:     signing.NewSecret("secret-marker"),
				SigningSecretFunc: secretFunc, PartnerID: "a\nb", AttemptTimeout: -time.Second, MaxResponseBytes: -5,
			}
		}, []string{"BaseURL contradicts", "BaseURL must be https", "Tokens contradicts", "SigningSecret contradicts",
			"PartnerID", "AttemptTimeout", "MaxResponseBytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := good()
			c.change(&config)
			client, err := partner.New(config)
			checkProblems(t, err, c.want)
			if (client == nil) != (err != nil) {
				t.Errorf("New = %v, %v", client, err)
			}
		})
	}
}

func TestPartnerAndEnvironmentNameTheHost(t *testing.T) {
	for _, c := range []struct {
		config partner.Config
		want   string
	}{
		{partner.Config{Partner: "acme", Environment: partner.EnvironmentProduction},
			"https://acme.partner-api.jikoservices.com/api/v1/agreements/"},
		{partner.Config{Partner: "a-1", Environment: partner.EnvironmentSandbox},
			"https://a-1.sandbox-api.jikoservices.com/api/v1/agreements/"},
		{partner.Config{BaseURL: "https://gateway.example.com:8443/jiko//"},
			"https://gateway.example.com:8443/jiko/api/v1/agreements/"},
		{partner.Config{BaseURL: "https://gateway.example.com/a%2Fb"},
			"https://gateway.example.com/a%2Fb/api/v1/agreements/"},
	} {
		t.Run(c.want, func(t *testing.T) {
			var urls []string
			config := c.config
			config.Username, config.Password, config.SigningSecret = "u", signing.NewSecret("p"), secret
			config.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				urls = append(urls, r.URL.String())
				if r.Host != r.URL.Host {
					t.Errorf("Host %q, want %q", r.Host, r.URL.Host)
				}
				if strings.HasSuffix(r.URL.Path, "/login/") {
					return stubAnswer(r, 200, `{"token":"t","expires":"2999-01-01T00:00:00Z"}`), nil
				}
				return stubAnswer(r, 200, agreements), nil
			})}
			client, err := partner.New(config)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := read(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			if got := client.BaseURL(); got != strings.TrimSuffix(c.want, "/api/v1/agreements/") {
				t.Errorf("the base URL is %q", got)
			}
			if len(urls) != 2 || urls[1] != c.want || urls[0] != strings.Replace(c.want, "agreements", "login", 1) {
				t.Errorf("it called %q", urls)
			}
		})
	}
}

func TestTheBaseURLIsWhatWasConfigured(t *testing.T) {
	for configured, want := range map[string]string{
		"https://gateway.example.com":            "https://gateway.example.com",
		"https://Gateway.example.com:443/":       "https://Gateway.example.com:443",
		"https://gateway.example.com/a%2Fb/c///": "https://gateway.example.com/a%2Fb/c",
		"http://[::1]:8080/":                     "http://[::1]:8080",
	} {
		client, err := partner.New(partner.Config{BaseURL: configured, Tokens: tokens(goodToken),
			SigningSecret: secret})
		if err != nil {
			t.Fatal(err)
		}
		if got := client.BaseURL(); got != want {
			t.Errorf("the base URL of %q is %q, want %q", configured, got, want)
		}
		client.Close()
		if got := client.BaseURL(); got != want {
			t.Errorf("the base URL of %q is %q once the client is closed, want %q", configured, got, want)
		}
	}
	fakes, _ := partnertest.New(t)
	if got := fakes.BaseURL(); got != "" {
		t.Errorf("the base URL of fakes is %q", got)
	}
}

func TestTheSecretIsAskedForOncePerAttempt(t *testing.T) {
	var asked int
	var signatures []string
	a, s := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		signatures = append(signatures, r.Header.Get(signing.HeaderSignature))
		status(503)(w, r)
	})
	client := a.configured(t, func(c *partner.Config) {
		c.SigningSecret = signing.NewSecret("")
		c.SigningSecretFunc = func() (signing.Secret, error) {
			asked++
			return signing.NewSecret(strings.Repeat("x", asked)), nil
		}
	})
	newClock(client)
	key := idempotency.NewKey()
	if err := read(t.Context(), client, partner.WithIdempotencyKey(key)); !errors.Is(err, partner.ErrServer) {
		t.Fatal(err)
	}
	if asked != 3 || len(s.requests()) != 3 {
		t.Fatalf("asked %d times for %d requests", asked, len(s.requests()))
	}
	for i, got := range signatures {
		if err := signing.Verify(signing.NewSecret(strings.Repeat("x", i+1)), key.String(), "/api/v1/agreements/", nil,
			got); err != nil {
			t.Errorf("attempt %d: %v", i+1, err)
		}
	}
}

func TestWithoutASecretNothingIsSent(t *testing.T) {
	gone := errors.New("the vault is sealed")
	a, s := scripted(t, agreementsOK)
	for name, give := range map[string]func() (signing.Secret, error){
		"an error":        func() (signing.Secret, error) { return signing.NewSecret(""), gone },
		"an empty secret": func() (signing.Secret, error) { return signing.NewSecret(""), nil },
		"a secret with a line break": func() (signing.Secret, error) {
			return signing.NewSecret("secret-marker\n"), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := a.configured(t, func(c *partner.Config) {
				c.SigningSecret,
					c.SigningSecretFunc = signing.NewSecret(""), give
			})
			clock := newClock(client)
			err := pay(t.Context(), t, client)
			if !errors.Is(err, partner.ErrNotSent) || len(s.requests()) != 0 || len(clock.waited()) != 0 {
				t.Errorf("%v after %d requests and %v", err, len(s.requests()), clock.waited())
			}
			if name == "an error" && !errors.Is(err, gone) {
				t.Errorf("the cause is lost: %v", err)
			}
			if strings.Contains(err.Error(), "marker") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestThePartnerIDIsSentWhenThereIsOne(t *testing.T) {
	var got, login []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/login/") {
			login = r.Header.Values("x-jiko-partner-id")
			answer(w, 200, `{"token":"t","expires":"2999-01-01T00:00:00Z"}`)
			return
		}
		got = r.Header.Values("x-jiko-partner-id")
		agreementsOK(w, r)
	}))
	defer server.Close()
	for _, id := range []string{"", "acme-1"} {
		client := (&api{Server: server}).configured(t, func(c *partner.Config) { c.PartnerID = id })
		if err := read(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "|") != id || len(login) != 0 {
			t.Errorf("%q was sent as %q, with the login as %q", id, got, login)
		}
	}
}

func TestMiddlewareSeesEverySignedAttemptOutermostFirst(t *testing.T) {
	a, _ := scripted(t, status(503), agreementsOK)
	var order []string
	layer := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/login/") {
					return next.RoundTrip(r)
				}
				order = append(order, name)
				body := []byte(nil)
				if r.Body != nil {
					body, _ = io.ReadAll(r.Body)
				}
				if err := signing.Verify(secret, r.Header.Get(idempotency.Header), r.URL.EscapedPath(), body,
					r.Header.Get(signing.HeaderSignature)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if r.Header.Get("Authorization") != "Bearer token-1" {
					t.Errorf("%s: no token", name)
				}
				return next.RoundTrip(r)
			})
		}
	}
	client := a.configured(t, func(c *partner.Config) {
		c.Middleware = []func(http.RoundTripper) http.RoundTripper{layer("outer"), layer("inner")}
	})
	newClock(client)
	if err := read(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if want := []string{"outer", "inner", "outer", "inner"}; !slices.Equal(order, want) {
		t.Errorf("order %q, want %q", order, want)
	}
}

func TestCloseEndsIdleConnectionsBehindMiddlewareToo(t *testing.T) {
	var open atomic.Int64
	closed := make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(http.HandlerFunc(agreementsOK))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
			closed <- struct{}{}
		default:
		}
	}
	server.Start()
	defer server.Close()
	for _, middleware := range [][]func(http.RoundTripper) http.RoundTripper{
		nil, {func(next http.RoundTripper) http.RoundTripper { return roundTripper(next.RoundTrip) }},
	} {
		client, err := partner.New(partner.Config{BaseURL: server.URL, Tokens: tokens(goodToken), SigningSecret: secret,
			Middleware: middleware})
		if err != nil {
			t.Fatal(err)
		}
		if err := read(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		client.Close()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			t.Fatalf("with %d middlewares, %d connections stay open", len(middleware), open.Load())
		}
	}
}

func TestAReplacedDefaultTransportDoesNotMatter(t *testing.T) {
	standard := http.DefaultTransport
	http.DefaultTransport = roundTripper(func(*http.Request) (*http.Response, error) {
		return nil,
			errors.New("replaced")
	})
	defer func() { http.DefaultTransport = standard }()
	a, _ := scripted(t, agreementsOK)
	if err := read(t.Context(), a.client(t)); err != nil {
		t.Error(err)
	}
}

func TestOwnTokensReplaceTheLogin(t *testing.T) {
	a, s := scripted(t, status(401), agreementsOK)
	var refusals []string
	client := a.configured(t, func(c *partner.Config) {
		c.Username, c.Password = "", signing.NewSecret("")
		c.Tokens = tokens(func(refused string) (string, error) {
			refusals = append(refusals, refused)
			return "own-" + string(rune('0'+len(refusals))), nil
		})
	})
	if err := read(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	got := s.requests()
	if a.logins.Load() != 0 || !slices.Equal(refusals, []string{"", "own-1"}) || got[0].token != "Bearer own-1" ||
		got[1].token != "Bearer own-2" {
		t.Errorf("%d logins, asked with %q, sent %+v", a.logins.Load(), refusals, got)
	}
}

func TestAnInvalidHeaderValueIsNotSent(t *testing.T) {
	a, s := scripted(t, transferCreated)
	broken := a.configured(t, func(c *partner.Config) {
		c.Username, c.Password = "", signing.NewSecret("")
		c.Tokens = tokens(func(string) (string, error) { return "token-marker\n", nil })
	})
	good := a.client(t)
	for name, call := range map[string]func() error{
		"a token with a line break": func() error { return pay(t.Context(), t, broken) },
		"a content type with a line break": func() error {
			_, err := good.Customers.UploadDocument(t.Context(), uuid.New(), partner.DocumentTypeOther, "marker\r\nx",
				strings.NewReader("x"))
			return err
		},
		"a content disposition with a line break": func() error {
			_, err := good.Businesses.UploadDocument(t.Context(), uuid.New(),
				&partner.UploadDocumentParams{ContentDisposition: "marker\nx"}, "image/png", strings.NewReader("x"))
			return err
		},
		"a path parameter that leads elsewhere": func() error {
			_, err := good.Customers.UploadDocument(t.Context(), uuid.New(), "..", "image/png", strings.NewReader("x"))
			return err
		},
		"a body that cannot be encoded": func() error {
			_, err := good.OnUsTransfers.Create(t.Context(), partner.CreateOnUsTransferRequest{})
			return err
		},
	} {
		err := call()
		if !errors.Is(err, partner.ErrNotSent) || len(s.requests()) != 0 {
			t.Errorf("%s: %v after %d requests", name, err, len(s.requests()))
		}
		if err != nil && strings.Contains(err.Error(), "marker") {
			t.Errorf("%s: the error repeats it: %v", name, err)
		}
	}
}

func TestTheNumberOfRetriesIsTheConfigurations(t *testing.T) {
	for _, c := range []struct {
		name     string
		client   int
		options  []partner.CallOption
		attempts int
	}{
		{"two by default", 0, nil, 3},
		{"as many as configured", 4, nil, 5},
		{"none when negative", -1, nil, 1},
		{"the call's own", -1, []partner.CallOption{partner.WithMaxRetries(1)}, 2},
		{"the call's own zero means never", 0, []partner.CallOption{partner.WithMaxRetries(0)}, 1},
		{"a negative one too", 5, []partner.CallOption{partner.WithMaxRetries(-3)}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := scripted(t, status(503))
			client := a.configured(t, func(config *partner.Config) { config.MaxRetries = c.client })
			newClock(client)
			err := read(t.Context(), client, c.options...)
			var failure *partner.Error
			if !errors.As(err, &failure) || failure.Attempts != c.attempts || len(s.requests()) != c.attempts {
				t.Errorf("%v after %d requests, want %d", err, len(s.requests()), c.attempts)
			}
		})
	}
}

func TestTheCallersHTTPClientIsNotChanged(t *testing.T) {
	a, _ := scripted(t, agreementsOK)
	inner := roundTripper(http.DefaultTransport.RoundTrip)
	var used atomic.Int64
	own := &http.Client{
		Transport:     roundTripper(func(r *http.Request) (*http.Response, error) { used.Add(1); return inner(r) }),
		Timeout:       time.Nanosecond, // It does not apply.
		CheckRedirect: nil,
	}
	transport := own.Transport
	client := a.configured(t, func(c *partner.Config) {
		c.HTTPClient = own
		c.Middleware = []func(http.RoundTripper) http.RoundTripper{
			func(next http.RoundTripper) http.RoundTripper { return next }}
	})
	if err := read(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if _, same := own.Transport.(roundTripper); !same || transport == nil || own.Timeout != time.Nanosecond ||
		own.CheckRedirect != nil || used.Load() != 2 {
		t.Errorf("it was changed, or not used: %+v, %d requests", own, used.Load())
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
