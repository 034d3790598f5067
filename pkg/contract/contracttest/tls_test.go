package contracttest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest"
)

// quietly serves a bank with TLS, and says nothing of handshakes.
func quietly(t *testing.T, handler http.Handler, certificates ...tls.Certificate) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// expired is a certificate of yesterday for this machine.
func expired(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(-24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true,
		BasicConstraintsValid: true}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{encoded}, PrivateKey: key}
}

func TestAServerWithoutRightTLSIsAnErrorAndNoFinding(t *testing.T) {
	t.Parallel()
	right := quietly(t, bank(t).Handler)
	plain := httptest.NewServer(bank(t).Handler)
	t.Cleanup(plain.Close)
	late := quietly(t, bank(t).Handler, expired(t))
	demanding := httptest.NewUnstartedServer(bank(t).Handler)
	demanding.Config.ErrorLog = log.New(io.Discard, "", 0)
	demanding.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	demanding.StartTLS()
	t.Cleanup(demanding.Close)
	trusts := func(server *httptest.Server) *tls.Config {
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	_, port, err := net.SplitHostPort(right.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url string
		trusts    *tls.Config
		want      string
	}{
		{"an authority that nobody knows", right.URL, nil, "of an authority that is not known here"},
		{"another name", "https://localhost:" + port, trusts(right), "for another name"},
		{"a certificate of yesterday", late.URL, trusts(late), "has expired"},
		{"plain HTTP to TLS", strings.Replace(right.URL, "https", "http", 1), nil, "the URL begins with http://"},
		{"TLS to plain HTTP", strings.Replace(plain.URL, "http", "https", 1), nil, "the URL begins with https://"},
		{"a client's certificate is missing", demanding.URL, trusts(demanding), "breaks off the handshake"},
		{"an authority that is known", right.URL, trusts(right), ""},
	} {
		config := bank(t)
		config.Handler, config.URL, config.TLS = nil, c.url, c.trusts
		config.Operations, config.Phases = []string{"listPockets"}, []string{"examples"}
		report, err := contracttest.Run(context.Background(), config)
		switch {
		case c.want == "":
			if err != nil || len(report.Findings) > 0 || !succeeded(report, "listPockets") {
				t.Errorf("%s: %v, %v", c.name, report, err)
			}
		case !errors.Is(err, contracttest.ErrTLS) || !strings.Contains(err.Error(), c.want) || report != nil:
			t.Errorf("%s: %v, %v", c.name, report, err)
		}
	}
}

// A server closes connections that were idle for long. A request that is on its way then says nothing of the server.
func TestAConnectionThatIsClosedInTheMeantimeIsNoFinding(t *testing.T) {
	t.Parallel()
	config := bank(t)
	right := config.Handler
	type connection struct{ requests int }
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := r.Context().Value(connection{}).(*connection)
		if c.requests++; c.requests%3 == 0 {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		}
		right.ServeHTTP(w, r)
	}))
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connection{}, &connection{})
	}
	server.Start()
	t.Cleanup(server.Close)
	config.Handler, config.URL = nil, server.URL
	config.Operations = []string{"createPocket", "listPockets", "fundAccount"}
	report, err := contracttest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
	if !succeeded(report, "createPocket") {
		t.Error("nothing was tested")
	}
}
