package contracttest

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
)

// startRun is a run against a sandbox that has begun, and the URL of that.
func startRun(t *testing.T) (*run, string) {
	t.Helper()
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), CustomerUpdates: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(func() { server.Close(); _ = b.Close() })
	config, err := Config{URL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret, AllowWrites: true}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRun(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.caller.Close)
	if err := r.reach(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.until = time.Now().Add(time.Hour)
	return r, server.URL
}

// paste runs a script as somebody would who pastes it, and returns what it shows.
func paste(t *testing.T, url, script string) string {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "openssl", "awk"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("needs the Debian package of %s", tool)
		}
	}
	command := exec.CommandContext(t.Context(), "bash")
	command.Stdin = strings.NewReader(script)
	command.Env = append(os.Environ(), "JIKO_BASE_URL="+url, "JIKO_USERNAME="+sandbox.DefaultUsername,
		"JIKO_PASSWORD="+sandbox.DefaultPassword.Reveal(), "JIKO_SIGNING_SECRET="+sandbox.DefaultSigningSecret.Reveal())
	shown, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, shown, script)
	}
	return string(shown)
}

// statuses are those that a script shows, in their order.
func statuses(shown string) []string {
	var all []string
	for line := range strings.Lines(shown) {
		if _, status, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.Contains(line, " /") {
			all = append(all, status)
		}
	}
	return all
}

// scripted are operations whose ways have all that scripts can do: variables in paths, bodies and queries, lists of
// them, files, keys that are made, and time that passes. CONTRACT_SCRIPTS=all takes every operation.
func scripted() []string {
	if os.Getenv("CONTRACT_SCRIPTS") != "all" {
		return []string{"createVirtualCard", "setCardPIN", "createSubscription", "uploadDocument",
			"createACHOrigination", "login", "getPocketEarnings"}
	}
	var all []string
	for _, o := range operations() {
		all = append(all, o.ID)
	}
	return all
}

func TestAScriptDoesWhatTheStepsDo(t *testing.T) {
	t.Parallel()
	r, url := startRun(t)
	for _, id := range scripted() {
		g, err := r.ground(t.Context(), operationByID(id))
		if err != nil {
			t.Fatal(err)
		}
		f := Finding{Operation: id, Steps: append(slices.Clone(g.setup), g.base)}
		shown := paste(t, url, f.Script())
		all := statuses(shown)
		sent := 0
		for _, s := range f.Steps {
			if s.Method != "" {
				sent++
			}
		}
		if len(all) != sent || slices.ContainsFunc(all, func(s string) bool { return s[0] != '2' }) {
			t.Errorf("%s: %d requests get %q\n%s", id, sent, all, shown)
		}
	}
}

func TestAScriptSignsWronglyWhereTheStepsDo(t *testing.T) {
	t.Parallel()
	r, url := startRun(t)
	g, err := r.ground(t.Context(), operationByID("createOnUsTransfer"))
	if err != nil {
		t.Fatal(err)
	}
	f := Finding{Steps: slices.Clone(g.setup)}
	var want []string
	for _, s := range g.setup {
		if s.Method != "" {
			want = append(want, "2")
		}
	}
	add := func(status string, change func(*step)) {
		s := g.base
		change(&s)
		f.Steps, want = append(f.Steps, s), append(want, status)
	}
	for _, signature := range call.WrongSignatures() {
		add("4", func(s *step) { s.Signature = signature })
	}
	for _, token := range call.WrongTokens() {
		add("4", func(s *step) { s.Token = token })
	}
	for _, key := range call.WrongKeys() {
		add("4", func(s *step) { s.KeyForm = key })
	}
	add("4", func(s *step) { s.Media = "" })
	add("4", func(s *step) { s.Body, s.Signature = text(string(*s.Body)+"\n"), call.SignatureTrimmed })
	add("4", func(s *step) { s.Token = call.TokenEnded })
	add("4", func(s *step) { s.Body = text("\xff\x00 it's") })
	add("4", func(s *step) { s.Body = text(`{"a":"` + strings.Repeat("x", 3<<20) + `","b":"it's $HOME"}`) })
	add("2", func(*step) {})
	shown := paste(t, url, f.Script())
	all := statuses(shown)
	if len(all) != len(want) {
		t.Fatalf("%d requests get %q\n%s", len(want), all, shown)
	}
	for i := range want {
		if all[i][:1] != want[i] {
			t.Errorf("step %d gets %s, not %sxx", i+1, all[i], want[i])
		}
	}
}
