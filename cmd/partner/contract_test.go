package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// broken serves a sandbox with one fault, and without it once mended is called.
func broken(t *testing.T, name string) (url string, mended func()) {
	t.Helper()
	bank, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler
	for _, animal := range zoo.All() {
		if animal.Name == name {
			handler = animal.Break(zoo.Bank{Handler: bank, SigningSecret: sandbox.DefaultSigningSecret})
		}
	}
	if handler == nil {
		t.Fatalf("there is no %s in the zoo", name)
	}
	var isMended atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isMended.Load() {
			bank.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); _ = bank.Close() })
	return server.URL, func() { isMended.Store(true) }
}

func TestAFindingOfAServerIsReplayedAndGoneOnceItIsMended(t *testing.T) {
	t.Parallel()
	url, mended := broken(t, "pocket-without-status")
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	credentials := environment{variableUsername: sandbox.DefaultUsername,
		variablePassword:      sandbox.DefaultPassword.Reveal(),
		variableSigningSecret: sandbox.DefaultSigningSecret.Reveal(), variableBaseURL: url}
	got := execute(t, credentials, "", "contract", "--allow-writes", "--operations", "getPocket",
		"--json", file("a.json"), "--junit", file("a.xml"), "--html", file("a.html"), "--trace", file("a.txt"))
	if got.status != exitFailure || !strings.Contains(got.stdout, "F101") ||
		!strings.Contains(got.stdout, "getPocket") {
		t.Fatalf("%+v", got)
	}
	for _, name := range []string{"a.json", "a.xml", "a.html", "a.txt"} {
		content, err := os.ReadFile(file(name))
		if err != nil || len(content) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(string(content), sandbox.DefaultSigningSecret.Reveal()) {
			t.Errorf("%s has the secret", name)
		}
	}
	if content, _ := os.ReadFile(file("a.json")); !json.Valid(content) {
		t.Error("the report is no JSON")
	}
	replay := []string{"contract", "replay", file("a.json")}
	if got := execute(t, credentials, "", append(replay, "--allow-writes")...); got.status != exitFailure ||
		!strings.Contains(got.stdout, "FAILED F101") {
		t.Errorf("before it is mended: %+v", got)
	}
	if got := execute(t, credentials, "", replay...); got.status != exitUsage ||
		!strings.Contains(got.stdout, "ERROR") {
		t.Errorf("without writes: %+v", got)
	}
	mended()
	if got := execute(t, credentials, "", append(replay, "--allow-writes")...); got.status != exitOK ||
		!strings.Contains(got.stdout, "FIXED") {
		t.Errorf("after it was mended: %+v", got)
	}
}

func TestAServerThatCannotBeTestedExitsWithTwo(t *testing.T) {
	t.Parallel()
	url, _ := broken(t, "pocket-without-status")
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(sandbox.DefaultPassword.Reveal()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(flags ...string) []string {
		return slices.Concat([]string{"contract", "--username", sandbox.DefaultUsername, "--password-file", password,
			"--signing-secret", sandbox.DefaultSigningSecret.Reveal()}, flags)
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stderr string
	}{
		{"right, with a secret that others can read", with("--url", url, "--operations", "listAgreements"), exitOK,
			"shows up in the list of processes"},
		{"two passwords", with("--url", url, "--password", "another"), exitUsage,
			"--password and --password-file are two answers to one question"},
		{"an operation that is misspelt", with("--url", url, "--operations", "listAgreement"), exitUsage,
			"did you mean listAgreements?"},
		{"no server", []string{"contract", "--allow-writes"}, exitUsage, "missing --url (or JIKO_BASE_URL)"},
		{"no credentials", []string{"contract", "--url", url}, exitUsage, "missing --username (or JIKO_USERNAME)"},
		{"half a second partner", with("--url", url, "--other-username", "other"), exitUsage,
			"missing --other-password (or JIKO_OTHER_PASSWORD), --other-signing-secret (or JIKO_OTHER_SIGNING_SECRET)"},
		{"a second partner who is the first", with("--url", url, "--other-username", sandbox.DefaultUsername,
			"--other-password-file", password, "--other-signing-secret", "other-secret-0123456789"), exitUsage,
			"the other caller is the caller"},
		{"a second partner whom nobody knows", with("--url", url, "--other-username", "other",
			"--other-password-file", password, "--other-signing-secret", "other-secret-0123456789"), exitUsage,
			"the login of the second caller was answered with 401"},
		{"a second partner with a file that there is not", with("--url", url, "--other-password-file", "/none"),
			exitUsage, "--other-password-file (or JIKO_CONTRACT_OTHER_PASSWORD_FILE): the file cannot be read"},
		{"nobody there", with("--url", "http://127.0.0.1:1"), exitUsage, "there is no server"},
		{"a stranger", with("--url", url, "--username", "stranger"), exitUsage, "answered with 401"},
		{"production", with("--url", "https://acme.partner-api.jikoservices.com", "--allow-writes"), exitUsage,
			"production host"},
		{"an operation that is none", with("--url", url, "--operations", "payTwice"), exitUsage, "no operation"},
		{"a phase that is none", with("--url", url, "--phases", "love"), exitUsage, "no phase"},
		{"a tag that is none", with("--url", url, "--tags", "Loans"), exitUsage, "no such tag"},
		{"an exclusion without a reason", with("--url", url, "--exclude", "F100"), exitUsage, "a reason"},
		{"a way to a receiver that there is not", with("--url", url, "--receiver-url", "https://tunnel.example.com"),
			exitUsage, "without ReceiverAddress"},
		{"an id without its parameter", with("--url", url, "--known", "1234"), exitUsage, "a parameter and an id"},
	} {
		if got := execute(t, nil, "", c.args...); got.status != c.status || !strings.Contains(got.stderr, c.stderr) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// What a second partner must not reach is found by a command that knows both, and replayed by one that knows both.
func TestAFindingOfASecondPartnerIsReplayed(t *testing.T) {
	t.Parallel()
	secret := signing.NewSecret("other-secret-0123456789")
	var partners []zoo.Partner
	for i, who := range []zoo.Partner{{Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret}, {Username: "other", Password: secret, SigningSecret: secret}} {
		bank, err := sandbox.New(sandbox.Config{Seed: uint64(i) + 1, Username: who.Username, Password: who.Password,
			SigningSecret: who.SigningSecret})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = bank.Close() })
		who.Handler = bank
		partners = append(partners, who)
	}
	var handler http.Handler
	for _, animal := range zoo.All() {
		if animal.Name == "pocket-of-anybody" {
			handler = animal.Break(zoo.Bank{Handler: zoo.NewPartners(partners[0], partners[1])})
		}
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	credentials := environment{variableUsername: sandbox.DefaultUsername,
		variablePassword:      sandbox.DefaultPassword.Reveal(),
		variableSigningSecret: sandbox.DefaultSigningSecret.Reveal(), variableBaseURL: server.URL}
	both := environment{variableOtherUsername: "other", variableOtherPassword: secret.Reveal(),
		variableOtherSigningSecret: secret.Reveal()}
	maps.Copy(both, credentials)
	file := filepath.Join(t.TempDir(), "a.json")
	got := execute(t, both, "", "contract", "--allow-writes", "--operations", "getPocket", "--phases", "other callers",
		"--json", file)
	content, err := os.ReadFile(file)
	if got.status != exitFailure || err != nil || !strings.Contains(got.stdout, "F206") {
		t.Fatalf("%+v %v", got, err)
	}
	if strings.Contains(got.stdout+got.stderr+string(content), secret.Reveal()) {
		t.Error("the secret of the second partner is told")
	}
	replay := []string{"contract", "replay", file, "--allow-writes"}
	if got := execute(t, both, "", replay...); got.status != exitFailure ||
		!strings.Contains(got.stdout, "FAILED F206") {
		t.Errorf("with both: %+v", got)
	}
	if got := execute(t, credentials, "", replay...); got.status != exitUsage ||
		!strings.Contains(got.stdout, "it is of a second caller, whose credentials are not known") {
		t.Errorf("with one: %+v", got)
	}
}

func TestWhatWasFoundIsToldWhereTheReportCannotBeWritten(t *testing.T) {
	t.Parallel()
	url, _ := broken(t, "pocket-without-status")
	credentials := environment{variableUsername: sandbox.DefaultUsername,
		variablePassword:      sandbox.DefaultPassword.Reveal(),
		variableSigningSecret: sandbox.DefaultSigningSecret.Reveal(), variableBaseURL: url}
	got := execute(t, credentials, "", "contract", "--allow-writes", "--operations", "getPocket",
		"--json", filepath.Join(t.TempDir(), "none", "a.json"))
	if got.status != exitUsage || !strings.Contains(got.stdout, "F101") || !strings.Contains(got.stderr, "a.json") {
		t.Errorf("%+v", got)
	}
}

// A server remembers keys. What it takes for a repeat of the last run shows nothing.
func TestARunAfterAnotherFindsTheSame(t *testing.T) {
	t.Parallel()
	url, _ := broken(t, "any-signature")
	credentials := environment{variableUsername: sandbox.DefaultUsername,
		variablePassword:      sandbox.DefaultPassword.Reveal(),
		variableSigningSecret: sandbox.DefaultSigningSecret.Reveal(), variableBaseURL: url}
	file := filepath.Join(t.TempDir(), "a.json")
	for range 2 {
		got := execute(t, credentials, "", "contract", "--allow-writes", "--operations", "createWire", "--phases",
			"credentials,signatures", "--json", file)
		if got.status != exitFailure || !strings.Contains(got.stdout, "F906") {
			t.Errorf("%+v", got)
		}
		got = execute(t, credentials, "", "contract", "replay", file, "--allow-writes")
		if got.status != exitFailure || !strings.Contains(got.stdout, "\n0 fixed, ") ||
			!strings.Contains(got.stdout, " 0 could not be replayed") {
			t.Errorf("%+v", got)
		}
	}
}
