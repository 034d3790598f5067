package sandbox

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/jiko-partner/partner-go/internal/certificate"
	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/server"
)

// Certificate is what a sandbox proves its name with over TLS. It vouches for itself, so its clients have to be told to
// trust it. Make one with NewCertificate.
type Certificate struct{ own *certificate.Certificate }

// NewCertificate makes a certificate with a new key, for localhost, 127.0.0.1, ::1 and the names and addresses that are
// given besides. It is good for 30 days of the clock on the wall.
func NewCertificate(hosts ...string) (*Certificate, error) {
	own, err := certificate.New(slices.DeleteFunc(slices.Clone(hosts), func(host string) bool {
		return host == anyHost
	})...)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return &Certificate{own}, nil
}

// PEM is what clients are to trust, without the key.
func (c *Certificate) PEM() []byte { return c.own.PEM() }

// Pool has the certificate, for tls.Config.RootCAs of a client.
func (c *Certificate) Pool() *x509.CertPool { return c.own.Pool() }

// Listener has the connections of a listener speak TLS, and HTTP/2 or HTTP/1.1, as the client likes.
func (c *Certificate) Listener(listener net.Listener) net.Listener { return c.own.Listener(listener) }

// NewHTTPServer returns an http.Server for a sandbox: the one of package server, which also tells the faults of rules
// which connection a request has come by, so that they can break one of HTTP/2.
func NewHTTPServer(s *Sandbox) *http.Server {
	h := server.NewHTTPServer("", s)
	of := h.ConnContext
	h.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return fault.ConnContext(of(ctx, c), c)
	}
	return h
}
