package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// The program serves the client, and ends cleanly with a signal.
func TestServer(t *testing.T) {
	binary := build(t)
	address := freeAddress(t)
	running := exec.CommandContext(t.Context(), binary)
	running.Env = append(os.Environ(), "ADDR="+address, "JIKO_PASSWORD=password", "JIKO_SIGNING_SECRET=signing-secret",
		"TOKEN=a-token")
	var out strings.Builder
	running.Stdout, running.Stderr = &out, &out
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the program does not listen: %s", out.String())
		}
	}

	connect := func(password, secret string) *partner.Client {
		client, err := partner.New(partner.Config{
			BaseURL: "http://" + address, Username: "acme", Password: signing.NewSecret(password),
			SigningSecret: signing.NewSecret(secret),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return client
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	client := connect("password", "signing-secret")
	for _, err := range client.Subscriptions.All(ctx, nil) {
		t.Errorf("there is a subscription, or it failed: %v", err)
	}
	var refusal *partner.Error
	if _, err := client.Pockets.Get(ctx, uuid.New(), nil); !errors.As(err, &refusal) ||
		refusal.StatusCode != http.StatusNotImplemented {
		t.Errorf("an operation that is still to be written: %v", err)
	}
	for name, client := range map[string]*partner.Client{
		"a wrong password": connect("another", "signing-secret"), "a part of it": connect("pass", "signing-secret"),
		"a wrong secret": connect("password", "another"),
	} {
		if _, err := client.Pockets.Get(ctx, uuid.New(), nil); !errors.Is(err, partner.ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}

	if err := running.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := running.Wait(); err != nil || !strings.Contains(out.String(), "serving on http://"+address) {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, line := range []string{"operation=listSubscriptions method=GET status=200",
		"operation=getPocket method=GET status=501", "operation=login method=POST status=401"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the log has no %s: %s", line, out.String())
		}
	}
	for _, secret := range []string{"signing-secret", "a-token", "password=", "another"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the log shows %s: %s", secret, out.String())
		}
	}
}

// Without a secret everybody could call it, so it says what is missing and does not serve.
func TestWhatIsMissingIsNamed(t *testing.T) {
	binary := build(t)
	for _, c := range []struct {
		name        string
		environment []string
		want        string
	}{
		{"everything", nil, "set JIKO_PASSWORD, JIKO_SIGNING_SECRET, TOKEN\n"},
		{"a secret that is empty", []string{"JIKO_PASSWORD=password", "JIKO_SIGNING_SECRET=", "TOKEN=a-token"},
			"set JIKO_SIGNING_SECRET\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			running := exec.CommandContext(ctx, binary)
			running.Env = c.environment
			out, err := running.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasSuffix(string(out), c.want) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestItListensOnLoopbackUnlessToldOtherwise(t *testing.T) {
	for name, value := range map[string]string{"JIKO_PASSWORD": "password", "JIKO_SIGNING_SECRET": "secret",
		"TOKEN": "a-token", "ADDR": ""} {
		t.Setenv(name, value)
	}
	s, err := readSettings()
	if err != nil || s.address != "127.0.0.1:8080" {
		t.Errorf("%s, %v", s.address, err)
	}
}

func build(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "server")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// freeAddress is one that nobody listens on; somebody else may take it before the program does, on a busy machine.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
