package partner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	// maxPingInterval is how long an HTTP/2 connection may be silent before it is asked whether it is alive, and how
	// long it has to answer. A shorter timeout of attempts makes it shorter, so that a dead connection is found within
	// half an attempt, but not shorter than minPingInterval: servers take too many pings for an attack.
	maxPingInterval, minPingInterval = 15 * time.Second, time.Second
	// idlePerHost is how many idle connections are kept: one host is all that is called.
	idlePerHost = 100
)

// NewTransport returns the transport that a Client has where Config.HTTPClient is nil, for a program that needs more of
// it, such as a client certificate, and hands it over in Config.HTTPClient.
//
// It is a copy of http.DefaultTransport with its certificates and its proxy, at least TLS 1.2, and a check of HTTP/2
// connections: one on which nothing has arrived for 15 seconds is sent a ping, and is given up when another 15 seconds
// bring no answer. Without the check a connection that a device in between has forgotten takes every request for 15
// minutes.
func NewTransport() *http.Transport { return newTransport(DefaultAttemptTimeout) }

func newTransport(attemptTimeout time.Duration) *http.Transport {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: idlePerHost,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second,
	}
	// A program may have put something else in its place.
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	dial := transport.DialContext
	switch dialWithout := transport.Dial; { //nolint:staticcheck // SA1019: a program may have set it.
	case dial != nil:
	case dialWithout != nil:
		dial = func(_ context.Context, network, address string) (net.Conn, error) {
			return dialWithout(network, address)
		}
	default:
		dial = (&net.Dialer{}).DialContext
	}
	transport.DialContext = counted(dial)
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.MinVersion = max(transport.TLSClientConfig.MinVersion, tls.VersionTLS12)
	transport.MaxIdleConnsPerHost = max(transport.MaxIdleConnsPerHost, idlePerHost)
	if transport.HTTP2 == nil {
		transport.HTTP2 = &http.HTTP2Config{}
	}
	interval := min(max(attemptTimeout/4, minPingInterval), maxPingInterval)
	if transport.HTTP2.SendPingTimeout == 0 {
		transport.HTTP2.SendPingTimeout = interval
	}
	if transport.HTTP2.PingTimeout == 0 {
		transport.HTTP2.PingTimeout = interval
	}
	return transport
}

// httpClient returns the client that sends. It never follows a redirect, and has no timeout of its own.
func (c Config) httpClient() *http.Client {
	var client http.Client
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	}
	transport := client.Transport
	if transport == nil {
		timeout := c.AttemptTimeout
		if timeout == 0 {
			timeout = DefaultAttemptTimeout
		}
		transport = newTransport(timeout)
	}
	base := network{tracked{transport}}
	chain := http.RoundTripper(base)
	for i := len(c.Middleware) - 1; i >= 0; i-- {
		chain = c.Middleware[i](chain)
	}
	client.Transport = wrappedTransport{RoundTripper: chain, base: base}
	client.Timeout = 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// wrappedTransport is a transport in middleware, which need not know how to close its idle connections.
type wrappedTransport struct {
	http.RoundTripper
	base network
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (t wrappedTransport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// network is the transport below the middleware.
type network struct{ tracked }

// RoundTrip implements http.RoundTripper.
func (n network) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := n.tracked.RoundTrip(request)
	if err != nil {
		// What ended this connection, such as a gateway that has forgotten it, may have ended the idle ones too. Each
		// would cost an attempt. The transport that a program shares is left alone.
		if !n.shared() && !errors.Is(request.Context().Err(), context.Canceled) {
			n.CloseIdleConnections()
		}
		return response, discreet(err)
	}
	if response == nil { // http.Client says so.
		return response, nil
	}
	// http.Client makes an error of an answer whose Location it cannot read, though nobody follows it.
	if location := response.Header.Get("Location"); location != "" {
		if _, err := request.URL.Parse(location); err != nil {
			response.Header.Del("Location")
		}
	}
	return response, nil
}

// shared reports whether it is the program's own http.DefaultTransport.
func (n network) shared() bool {
	mine, ok := n.base.(*http.Transport)
	standard, same := http.DefaultTransport.(*http.Transport)
	return ok && same && mine == standard
}

// discreet returns an error of the network whose text has nothing in it that the other side wrote: net/http quotes what
// it cannot read, and a proxy's refusal.
func discreet(err error) error {
	if err == nil || isDiscreet(err) {
		return err
	}
	return &networkError{err}
}

// isDiscreet reports whether a text is the local machine's own. That of a certificate has the names in it, which are
// public.
func isDiscreet(err error) bool {
	switch err { //nolint:errorlint // What wraps one of them has a text of its own.
	case io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded, errContextLost:
		return true
	}
	switch err.(type) { //nolint:errorlint // As above.
	case *net.OpError, *net.DNSError, *net.AddrError, *os.SyscallError, tls.RecordHeaderError, tls.AlertError,
		*tls.CertificateVerificationError, x509.UnknownAuthorityError, x509.HostnameError,
		x509.CertificateInvalidError, *networkError:
		return true
	}
	return strings.HasPrefix(err.Error(), "tls: ") // Those of crypto/tls quote nothing.
}

// networkError is an error of the network that is shown by what is known of it alone.
type networkError struct{ err error }

// Error names what is known.
func (e *networkError) Error() string {
	text := e.err.Error()
	for status := http.StatusBadRequest; status < 600; status++ {
		if text != "" && text == http.StatusText(status) {
			return "the proxy refused: " + text
		}
	}
	var known []string
	for _, phrase := range networkPhrases {
		if strings.Contains(text, phrase) {
			known = append(known, phrase)
		}
	}
	if len(known) == 0 {
		return fmt.Sprintf("the network failed (%T)", e.err)
	}
	return strings.Join(known, ": ")
}

// Unwrap returns the error itself.
func (e *networkError) Unwrap() error { return e.err }

// ErrorType names the error by its own type for OpenTelemetry.
func (e *networkError) ErrorType() string { return fmt.Sprintf("%T", e.err) }

// networkPhrases are the parts of net/http's errors that are the same whatever the other side sent.
var networkPhrases = []string{
	"HTTP/1.x transport connection broken",
	"Transport failed to read from server",
	"server closed idle connection",
	"client connection lost",
	"client connection force closed",
	"client conn not usable",
	"server sent GOAWAY",
	"stream error",
	"connection error",
	"frame too large",
	"malformed HTTP response",
	"malformed HTTP status code",
	"malformed HTTP version",
	"malformed MIME header",
	"message cannot contain multiple Content-Length headers",
	"bad Content-Length",
	"unsupported transfer encoding",
	"too many transfer encodings",
	"malformed chunked encoding",
	"invalid byte in chunk length",
	"unexpected EOF reading trailer",
	"server response headers exceeded",
	"server replied with more than declared Content-Length",
	"response header list larger than advertised limit",
	"timeout awaiting response headers",
	"TLS handshake timeout",
	"server gave HTTP response to HTTPS client",
	"tls: first record does not look like a TLS handshake",
	"request canceled",
	"context deadline exceeded",
	"unexpected EOF",
	"connection reset by peer",
	"broken pipe",
	"use of closed network connection",
	"i/o timeout",
	"gzip: invalid header",
	"gzip: invalid checksum",
	"flate: corrupt input",
	"invalid proxy address",
}
