package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// The credentials may be revoked in the middle. What was found by then is told, and so is what has ended it.
func TestARunThatEndsInTheMiddleTellsWhatItHasFound(t *testing.T) {
	t.Parallel()
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var lists atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isList := r.Method == http.MethodGet && r.URL.Path == "/api/v2/pockets/"
		if isList && lists.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if lists.Load() > 2 {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"type":"about:blank","title":"No","status":401,"detail":"no","errors":[]}`))
			return
		}
		bank.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); _ = bank.Close() })
	file := filepath.Join(t.TempDir(), "a.json")
	got := execute(t, environment{variableUsername: sandbox.DefaultUsername,
		variablePassword:      sandbox.DefaultPassword.Reveal(),
		variableSigningSecret: sandbox.DefaultSigningSecret.Reveal(), variableBaseURL: server.URL}, "",
		"contract", "--operations", "listPockets", "--json", file)
	if got.status != exitUsage || !strings.Contains(got.stdout, "F100") ||
		!strings.Contains(got.stderr, "the login was answered with 401") {
		t.Errorf("%+v", got)
	}
	content, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(content), "an error has ended the run") {
		t.Errorf("the file has nothing of it: %v", err)
	}
}
