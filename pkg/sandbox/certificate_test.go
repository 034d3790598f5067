package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestStartTLSSpeaksHTTP2WithAClientThatTrustsIt(t *testing.T) {
	bank := sandbox.StartTLS(t)
	if _, err := bank.Client.TradingStrategies.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	transport := partner.NewTransport()
	defer transport.CloseIdleConnections()
	transport.TLSClientConfig = &tls.Config{RootCAs: bank.Certificate.Pool()}
	response, err := (&http.Client{Transport: transport}).Get(bank.URL + "/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.ProtoMajor != 2 {
		t.Errorf("it speaks %s", response.Proto)
	}
}

func TestACertificateIsForTheNamesThatAreGiven(t *testing.T) {
	certificate, err := sandbox.NewCertificate("bank.example", "192.0.2.7", "*")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(certificate.PEM())
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true, "bank.example": true,
		"192.0.2.7": true, "other.example": false, "192.0.2.8": false} {
		_, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: certificate.Pool()})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := time.Until(leaf.NotAfter); left > 31*24*time.Hour || left < 29*24*time.Hour {
		t.Errorf("it is good for %s", left)
	}
}
