package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/fault"
	"github.com/jiko-partner/partner-go/pkg/server"
)

const (
	// certificateLife is how long a certificate is good for, by the clock on the wall: longer than a sandbox runs, and
	// no longer than somebody should trust it.
	certificateLife = 30 * 24 * time.Hour
	// certificateAge is how long before now it is, for clocks that are slow.
	certificateAge = 24 * time.Hour
)

// Certificate is what a sandbox proves its name with over TLS. It vouches for itself, so its clients have to be told to
// trust it. Make one with NewCertificate.
type Certificate struct {
	pair tls.Certificate
	pem  []byte
}

// NewCertificate makes a certificate with a new key, for localhost, 127.0.0.1, ::1 and the names and addresses that are
// given besides. It is good for 30 days of the clock on the wall.
func NewCertificate(hosts ...string) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sandbox: make a key: %w", err)
	}
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // It never fails.
	now := time.Now()
	template := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial),
		Subject:   pkix.Name{CommonName: "Partner API sandbox"},
		NotBefore: now.Add(-certificateAge), NotAfter: now.Add(certificateLife),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:        true, BasicConstraintsValid: true}
	for _, host := range slices.Concat([]string{"localhost", "127.0.0.1", "::1"}, hosts) {
		if address, err := netip.ParseAddr(host); err == nil {
			template.IPAddresses = append(template.IPAddresses, address.WithZone("").AsSlice())
		} else if host != anyHost {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("sandbox: make a certificate: %w", err)
	}
	return &Certificate{pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

// PEM is what clients are to trust, without the key.
func (c *Certificate) PEM() []byte { return slices.Clone(c.pem) }

// Pool has the certificate, for tls.Config.RootCAs of a client.
func (c *Certificate) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.pem)
	return pool
}

// Listener has the connections of a listener speak TLS, and HTTP/2 or HTTP/1.1, as the client likes.
func (c *Certificate) Listener(listener net.Listener) net.Listener {
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{c.pair},
		NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12})
}

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
