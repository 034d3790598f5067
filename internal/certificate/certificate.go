package certificate

import (
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
	"net/netip"
	"slices"
	"time"
)

const (
	// life is how long a certificate is good for, by the clock on the wall: longer than a server for tests runs, and no
	// longer than somebody should trust it.
	life = 30 * 24 * time.Hour
	// age is how long before now it is, for clocks that are slow.
	age = 24 * time.Hour
)

// Certificate is a certificate and its key. Make it with New or Parse.
type Certificate struct {
	pair tls.Certificate
	pem  []byte
}

// New makes a certificate with a new key, for localhost, 127.0.0.1, ::1 and the names and addresses that are given
// besides. It is good for 30 days.
func New(hosts ...string) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // It never fails.
	now := time.Now()
	template := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial),
		Subject:   pkix.Name{CommonName: "Partner API sandbox"},
		NotBefore: now.Add(-age), NotAfter: now.Add(life),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:        true, BasicConstraintsValid: true}
	for _, host := range slices.Concat([]string{"localhost", "127.0.0.1", "::1"}, hosts) {
		if address, err := netip.ParseAddr(host); err == nil {
			template.IPAddresses = append(template.IPAddresses, address.WithZone("").AsSlice())
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return &Certificate{pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem: encode("CERTIFICATE", der)}, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// Parse reads what PEM and KeyPEM have written.
func Parse(certificate, key []byte) (*Certificate, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("read a certificate: %w", err)
	}
	return &Certificate{pair: pair, pem: certificate}, nil
}

// PEM is what clients are to trust, without the key.
func (c *Certificate) PEM() []byte { return slices.Clone(c.pem) }

// KeyPEM is the key, which is a secret.
func (c *Certificate) KeyPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(c.pair.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("write a key: %w", err)
	}
	return encode("PRIVATE KEY", der), nil
}

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
