package partner

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// DefaultTimeout is how long one attempt may take, from dialling to the last byte, unless Config.HTTPClient says otherwise.
const DefaultTimeout = 60 * time.Second

// Config says where the API is and who calls it. All fields but HTTPClient are required.
type Config struct {
	// BaseURL is the server, for instance https://acme.sandbox-api.jikoservices.com. It must be https, save for loopback
	// addresses.
	BaseURL string
	// Username and Password are the credentials of the login call.
	Username string
	Password signing.Secret
	// SigningSecret is the shared secret that requests are signed with.
	SigningSecret signing.Secret
	// HTTPClient sends the requests; nil means one with DefaultTimeout and at least TLS 1.2. Whatever it says of redirects is
	// overridden: they are never followed, as a signature is good for one path only.
	HTTPClient *http.Client
}

// validate reports everything that is wrong, in one error that never repeats a value.
func (c Config) validate() error {
	var problems []error
	missing := func(name string, empty bool) {
		if empty {
			problems = append(problems, errors.New(name+" is missing"))
		}
	}
	missing("BaseURL", c.BaseURL == "")
	missing("Username", c.Username == "")
	missing("Password", c.Password == "")
	missing("SigningSecret", c.SigningSecret == "")
	if c.BaseURL != "" {
		if err := checkBaseURL(c.BaseURL); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("partner: configuration: %w", errors.Join(problems...))
}

func checkBaseURL(text string) error {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" {
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

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (c Config) httpClient() *http.Client {
	var client http.Client
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		client = http.Client{Transport: transport, Timeout: DefaultTimeout}
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// Client calls the API. It is safe for concurrent use; make one and share it.
type Client struct {
	*partnerapi.Client
	transport *transport
}

// New makes a Client. It connects to nothing: the first call logs in. It fails with an error that names all that is wrong
// with the configuration.
func New(config Config) (*Client, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	t := &transport{http: config.httpClient(), secret: config.SigningSecret}
	api, err := partnerapi.NewClient(config.BaseURL, partnerapi.WithDoer(t))
	if err != nil {
		return nil, fmt.Errorf("partner: %w", err)
	}
	t.tokens = &tokenCache{login: func(ctx context.Context) (*partnerapi.LoginResult, error) {
		return api.Login(ctx, partnerapi.LoginRequest{Username: config.Username, Password: string(config.Password)})
	}}
	return &Client{Client: api, transport: t}, nil
}

// Close closes idle connections. The Client can still be used.
func (c *Client) Close() { c.transport.http.CloseIdleConnections() }
