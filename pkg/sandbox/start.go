package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// TB is what Start needs of a *testing.T or a *testing.B. The package testing itself would add its flags to every
// program that links the sandbox.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatalf(format string, values ...any)
}

// Running is a sandbox that listens, and a client of it.
type Running struct {
	// Client calls the sandbox, with the credentials of its configuration.
	Client *partner.Client
	// URL is the base URL of the sandbox, without a slash at its end. It is on the loopback interface.
	URL string
	// Sandbox is what a test asks for Balances and moves the clock of.
	Sandbox *Sandbox
	// Certificate is what it proves its name with, or nil without TLS.
	Certificate *Certificate
}

// Start runs a sandbox for a test, on a free port of the loopback interface, and closes it, and the client, when the
// test ends. It takes one configuration, or none for the default. What goes wrong ends the test.
//
//	func TestPayout(t *testing.T) {
//		bank := sandbox.Start(t, sandbox.Config{Clock: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
//		payOut(t.Context(), bank.Client)
//		if err := bank.Sandbox.RunUntilQuiet(t.Context()); err != nil {
//			t.Fatal(err)
//		}
//		…
//	}
func Start(t TB, config ...Config) *Running {
	t.Helper()
	return startOne(t, "Start", nil, config)
}

// StartTLS is Start over TLS, and HTTP/2. The client trusts the sandbox; Running.Certificate says whom others are to
// trust.
func StartTLS(t TB, config ...Config) *Running {
	t.Helper()
	certificate, err := NewCertificate()
	if err != nil {
		t.Fatalf("sandbox.StartTLS: %v", err)
	}
	return startOne(t, "StartTLS", certificate, config)
}

func startOne(t TB, name string, certificate *Certificate, config []Config) *Running {
	t.Helper()
	var c Config
	switch len(config) {
	case 0:
	case 1:
		c = config[0]
	default:
		t.Fatalf("sandbox.%s: %d configurations: want one, or none", name, len(config))
		return nil
	}
	running, err := start(t, c.withDefaults(), certificate)
	if err != nil {
		t.Fatalf("sandbox.%s: %v", name, err)
	}
	return running
}

// closeGrace is how long calls that are still under way when a test ends may take.
const closeGrace = 5 * time.Second

func start(t TB, config Config, certificate *Certificate) (*Running, error) {
	t.Helper()
	bank, err := New(config)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, bank.Close())
	}
	url := "http://" + listener.Addr().String()
	tokens := &logins{bank: bank, username: config.Username, password: config.Password}
	toBank := partner.Config{Tokens: tokens, SigningSecret: config.SigningSecret}
	if certificate != nil {
		url = "https://" + listener.Addr().String()
		listener = certificate.Listener(listener)
		transport := partner.NewTransport()
		transport.TLSClientConfig = &tls.Config{RootCAs: certificate.Pool(), MinVersion: tls.VersionTLS12}
		toBank.HTTPClient = &http.Client{Transport: transport}
	}
	toBank.BaseURL = url
	client, err := partner.New(toBank)
	if err != nil {
		return nil, errors.Join(err, listener.Close(), bank.Close())
	}
	tokens.client = client
	httpServer := NewHTTPServer(bank)
	httpServer.ErrorLog = slog.NewLogLogger(config.Logger.Handler(), slog.LevelWarn)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, httpServer, listener, closeGrace) }()
	t.Cleanup(func() {
		t.Helper()
		client.Close()
		stop()
		if err := errors.Join(<-served, bank.Close()); err != nil {
			t.Fatalf("sandbox.Start: at the end: %v", err)
		}
	})
	return &Running{Client: client, URL: url, Sandbox: bank, Certificate: certificate}, nil
}

// logins are the tokens of a client that knows the sandbox's clock. Another client logs in again when its token is
// refused, but gives up when a few in a row are refused soon after their login, and so it would in a test that takes
// days of the sandbox's clock and milliseconds of the wall's.
type logins struct {
	client   *partner.Client
	bank     *Sandbox
	username string
	password signing.Secret

	mu      sync.Mutex
	token   string
	expires time.Time
}

// Token implements partner.TokenSource.
func (l *logins) Token(ctx context.Context, refused string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token != "" && l.token != refused && l.bank.Time().Before(l.expires) {
		return l.token, nil
	}
	result, err := l.client.Security.Login(ctx,
		partnerapi.LoginRequest{Username: l.username, Password: l.password.Reveal()})
	if err != nil {
		return "", err
	}
	l.token, l.expires = result.Token, result.Expires
	return l.token, nil
}
