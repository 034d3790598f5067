package payday

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/jiko-partner/partner-go/cmd/partner/internal/process"
	"github.com/jiko-partner/partner-go/internal/certificate"
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

// withTLS has a listener speak TLS, if there is a certificate.
func withTLS(listener net.Listener, config bankConfig) (net.Listener, error) {
	if config.Certificate == "" {
		return listener, nil
	}
	own, err := certificate.Parse([]byte(config.Certificate), []byte(config.Key))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return own.Listener(listener), nil
}

// newCertificate makes a certificate, in PEM, with its key.
func newCertificate() (text, key string, err error) {
	own, err := certificate.New()
	if err != nil {
		return "", "", err
	}
	secret, err := own.KeyPEM()
	return string(own.PEM()), string(secret), err
}
