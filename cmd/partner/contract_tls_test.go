package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

func TestAnAuthorityIsTrustedByItsFile(t *testing.T) {
	t.Parallel()
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(bank)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(func() { server.Close(); _ = bank.Close() })
	folder := t.TempDir()
	right, report := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "a.json")
	if err := os.WriteFile(right, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
		Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(folder, "other.pem")
	if err := os.WriteFile(other, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	credentials := environment{variableUsername: sandbox.DefaultUsername,
		variablePassword:      sandbox.DefaultPassword.Reveal(),
		variableSigningSecret: sandbox.DefaultSigningSecret.Reveal(), variableBaseURL: server.URL}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stderr string
	}{
		{"a run without it", []string{"contract"}, exitUsage, "of an authority that is not known here"},
		{"a run with it", []string{"contract", "--tls-ca", right, "--json", report, "--operations", "listEventTypes"},
			exitOK, ""},
		{"a replay without it", []string{"contract", "replay", report}, exitUsage, "of an authority"},
		{"a replay with it", []string{"contract", "replay", report, "--tls-ca", right}, exitOK, ""},
		{"no file", []string{"contract", "--tls-ca", filepath.Join(folder, "none")}, exitUsage,
			"the file cannot be read"},
		{"no certificate", []string{"contract", "--tls-ca", other}, exitUsage, "there is no certificate in the file"},
	} {
		got := execute(t, credentials, "", c.args...)
		if got.status != c.status || !strings.Contains(got.stderr, c.stderr) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
