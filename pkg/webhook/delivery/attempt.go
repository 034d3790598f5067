package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/jiko-partner/partner-go/pkg/webhook"
)

const (
	// maxDrain bounds what is read of an answer beyond what is kept, so that its connection can be used again.
	maxDrain = 64 << 10
	// maxHeader bounds the header of an answer.
	maxHeader = 32 << 10
	// maxIdle is how long a connection waits for another delivery.
	maxIdle = 30 * time.Second
)

var (
	errPlain = errors.New("delivery: the URL does not begin with https://")
	errURL   = errors.New("delivery: the URL is none that can be posted to")
)

// newTransport makes the calls of a Deliverer. It knows no proxy: that would connect to what is not allowed here.
func newTransport(c Config) *http.Transport {
	dialer := &net.Dialer{}
	if !c.AllowPrivate {
		dialer.Control = publicOnly
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           c.MaxConcurrent,
		MaxIdleConnsPerHost:    c.MaxPerSubscription,
		IdleConnTimeout:        maxIdle,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
	}
}

// send posts a delivery once. It returns the status of the answer and how that begins, or 0 and why there is none.
func (d *Deliverer) send(ctx context.Context, x *Delivery) (status int, message string) {
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	response, err := d.post(ctx, x)
	if err != nil {
		return 0, reason(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response.StatusCode, "" // What follows is no answer: it is a connection, which does not end with ctx.
	}
	// The status alone decides: what goes wrong from here on changes nothing.
	kept, _ := io.ReadAll(io.LimitReader(response.Body, MaxMessage))
	_, _ = io.CopyN(io.Discard, response.Body, maxDrain)
	return response.StatusCode, string(bytes.ToValidUTF8(kept, []byte("\uFFFD")))
}

func (d *Deliverer) post(ctx context.Context, x *Delivery) (*http.Response, error) {
	to, err := url.Parse(x.URL)
	switch {
	case err != nil || to.Scheme != "https" && to.Scheme != "http" || to.Hostname() == "":
		return nil, errURL
	case to.Scheme == "http" && !d.config.AllowPlain:
		return nil, errPlain
	}
	request, err := webhook.NewRequest(ctx, x.URL, x.Secret, x.Body)
	if err != nil {
		return nil, err
	}
	return d.client.Do(request)
}

// reason says in a few words why there is no answer. Errors of net/http have the URL in them, which may have a secret
// of the subscriber's.
func reason(err error) string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		record      tls.RecordHeaderError
		timeout     net.Error
	)
	switch {
	case errors.Is(err, errAddress):
		return "address not allowed"
	case errors.Is(err, errPlain):
		return "plain http not allowed"
	case errors.Is(err, errURL):
		return "no URL to post to"
	case errors.As(err, &name) && !name.IsTimeout:
		return "name not found"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "certificate not trusted"
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "no TLS"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF):
		return "connection broken"
	}
	return "no answer"
}
