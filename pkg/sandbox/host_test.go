package sandbox_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// A web page can have its own name lead to this machine, and call what listens there.
func TestTheSandboxIsNotCalledByForeignNames(t *testing.T) {
	var log bytes.Buffer
	bank, err := sandbox.New(sandbox.Config{
		Hosts:  []string{"sandbox.Internal", "10.1.2.3", "2001:db8::7"},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(bank)
	defer server.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	for host, allowed := range map[string]bool{
		"127.0.0.1:" + port: true, "127.0.0.1": true, "127.8.9.10:1": true, "localhost:" + port: true,
		"localhost":          true,
		"LocalHost.:" + port: true, "localhost.": true, "api.localhost:" + port: true, "[::1]:" + port: true,
		"[::1]":                true,
		"[0:0:0:0:0:0:0:1]:80": true, "[::ffff:127.0.0.1]:80": true, "sandbox.internal": true,
		"SANDBOX.internal.:8080": true, "10.1.2.3:8080": true, "[2001:db8::7]:8080": true, "[2001:DB8:0::7]": true,

		"evil.example": false, "evil.example:" + port: false, "localhost.evil.example": false, "evillocalhost": false,
		"127.0.0.1.evil.example": false, "10.1.2.4": false, "[2001:db8::8]": false, "0.0.0.0:" + port: false,
		"[::]:" + port: false, "2130706433": false, "127.1": false, "0x7f.0.0.1": false, "sandbox.internal.evil": false,
		"x.sandbox.internal": false, "example.com": false, ".": false, "localhost..": false, ":" + port: false,
		"[localhost]": true,
	} {
		t.Run(host, func(t *testing.T) {
			log.Reset()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/v1/login/",
				strings.NewReader(fmt.Sprintf(`{"username":%q,"password":%q}`, sandbox.DefaultUsername,
					sandbox.DefaultPassword.Reveal())))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			r.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if token := strings.Contains(string(body), `"token"`); token != allowed ||
				!allowed && response.StatusCode != http.StatusMisdirectedRequest &&
					response.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %d %s", host, response.StatusCode, body)
			}
			if strings.Contains(string(body)+log.String(), "evil") {
				t.Errorf("the name is repeated: %s %s", body, &log)
			}
		})
	}
}

func TestEveryHostCanBeAllowed(t *testing.T) {
	bank, err := sandbox.New(sandbox.Config{Hosts: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", nil)
	r.Host = "anything.example"
	w := httptest.NewRecorder()
	if bank.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A handler can be called without a connection, as in tests; httptest says then that its host is example.com.
func TestARequestThatWasNeverOnTheWireIsServed(t *testing.T) {
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"": http.StatusOK, "evil.example": http.StatusMisdirectedRequest} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", nil)
		if host != "" {
			r.Host = host
		}
		w := httptest.NewRecorder()
		if bank.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: %d %s", r.Host, w.Code, w.Body)
		}
	}
}

func TestNewRefusesSecretsThatCannotBeMeant(t *testing.T) {
	for name, config := range map[string]sandbox.Config{
		"Password":      {Password: signing.NewSecret("password-" + marker + "\n")},
		"SigningSecret": {SigningSecret: signing.NewSecret(" secret-" + marker)},
	} {
		if bank, err := sandbox.New(config); err == nil || bank != nil || !strings.Contains(err.Error(), name) ||
			strings.Contains(err.Error(), marker) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewRefusesHostsThatAreNone(t *testing.T) {
	for _, host := range []string{"", ".", "localhost:8080", "[::1]:8080", "http://localhost", "a b", "a@b"} {
		if bank, err := sandbox.New(sandbox.Config{Hosts: []string{host}}); err == nil || bank != nil ||
			!strings.HasPrefix(err.Error(), "sandbox: ") {
			t.Errorf("%q: %v", host, err)
		}
	}
}
