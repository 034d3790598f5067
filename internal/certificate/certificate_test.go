package certificate_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/internal/certificate"
)

// get asks a server that has a certificate, as somebody who trusts the certificates of a pool.
func get(t *testing.T, c *certificate.Certificate, trusted *x509.CertPool, host string) (string, error) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetHTTP2(true)
	address := server.Listener.Addr().String()
	server.Listener = c.Listener(server.Listener)
	server.Start()
	defer server.Close()
	var dialer net.Dialer
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: trusted, ServerName: host, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get("https://" + address)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestWhoTrustsTheCertificateReachesTheServerByItsNames(t *testing.T) {
	t.Parallel()
	c, err := certificate.New("bank.example", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "bank.example", "192.0.2.1"} {
		if text, err := get(t, c, c.Pool(), host); text != "HTTP/2.0" || err != nil {
			t.Errorf("%s: %q, %v", host, text, err)
		}
	}
	_, err = get(t, c, c.Pool(), "another.example")
	if err == nil || !strings.Contains(err.Error(), "another.example") {
		t.Errorf("by a name that it does not have: %v", err)
	}
	other, err := certificate.New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, c, other.Pool(), "localhost"); err == nil {
		t.Error("one who trusts another certificate reaches the server")
	}
}

func TestACertificateIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	c, err := certificate.New()
	if err != nil {
		t.Fatal(err)
	}
	key, err := c.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	read, err := certificate.Parse(c.PEM(), key)
	if err != nil || !bytes.Equal(read.PEM(), c.PEM()) {
		t.Fatalf("%s, %v", read.PEM(), err)
	}
	if _, err := get(t, read, c.Pool(), "localhost"); err != nil {
		t.Error(err)
	}
	for name, parts := range map[string][2][]byte{
		"no certificate": {nil, key}, "no key": {c.PEM(), nil}, "in the wrong order": {key, c.PEM()},
	} {
		if _, err := certificate.Parse(parts[0], parts[1]); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), string(key)) {
			t.Errorf("%s: the error has the key: %v", name, err)
		}
	}
}
