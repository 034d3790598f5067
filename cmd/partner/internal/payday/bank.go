package payday

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/process"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/sqlitestore"
	"github.com/jiko-partner/partner-go/pkg/server"
)

// bankConfig is what a bank is told on its standard input.
type bankConfig struct {
	// Data is the file that it is kept in.
	Data string `json:"data"`
	// Certificate and Key are in PEM; empty means plain HTTP.
	Certificate string `json:"certificate,omitempty"`
	Key         string `json:"key,omitempty"`
	// Log is a file that gets a line for each request.
	Log string `json:"log"`
	// Faulty says whether things go wrong, and Seed what the bank begins with, and what goes wrong when.
	Faulty bool   `json:"faulty"`
	Seed   uint64 `json:"seed"`
	// Starts is how many banks there were before it.
	Starts int `json:"starts"`
}

// Serve is a bank, as Run starts it. It reads its configuration from stdin and serves on the listener that it inherits.
// It ends with the context, and with stdin, which ends when the process that started it is gone.
func Serve(ctx context.Context, stdin io.Reader) error {
	var config bankConfig
	if err := json.NewDecoder(stdin).Decode(&config); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	ctx, cancel := process.Attach(ctx, stdin)
	defer cancel()
	listener, err := process.InheritedListener()
	if err != nil {
		return err
	}
	bank, err := openBank(config)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	httpServer := sandbox.NewHTTPServer(bank)
	httpServer.ErrorLog = log.New(io.Discard, "", 0)
	if listener, err = withTLS(listener, config); err != nil {
		return errors.Join(err, bank.Close())
	}
	err = server.Serve(ctx, httpServer, listener, time.Second)
	if errors.Is(err, server.ErrCutOff) {
		err = nil
	}
	return errors.Join(err, bank.Close())
}

func openBank(config bankConfig) (*sandbox.Sandbox, error) {
	lines, err := os.OpenFile(config.Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) // It ends with the process.
	if err != nil {
		return nil, err
	}
	store, err := sqlitestore.Open(config.Data)
	if err != nil {
		return nil, err
	}
	c := sandbox.Config{Store: store, Seed: config.Seed, Logger: slog.New(slog.NewJSONHandler(lines, nil))}
	if config.Faulty {
		c.Rules = faults(config.Starts)
	}
	return sandbox.New(c)
}

// withTLS has a listener speak TLS, with HTTP/1.1 or HTTP/2 as the client likes, if there is a certificate.
func withTLS(listener net.Listener, config bankConfig) (net.Listener, error) {
	if config.Certificate == "" {
		return listener, nil
	}
	certificate, err := tls.X509KeyPair([]byte(config.Certificate), []byte(config.Key))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate},
		NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}), nil
}

// newCertificate makes a certificate for the loopback address that vouches for itself, in PEM, with its key.
func newCertificate() (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour),
		NotAfter: now.Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return "", "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return text("CERTIFICATE", der), text("PRIVATE KEY", secret), nil
}
