package contracttest

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/internal/zoo"
	"github.com/jiko-partner/partner-go/pkg/contract/contracttest/internal/call"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// newTestRun is a run that has not sent anything yet, and has an hour.
func newTestRun(t *testing.T, config Config) *run {
	t.Helper()
	config, err := config.resolve()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRun(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	r.until = time.Now().Add(time.Hour)
	return r
}

// startRun is a run against a sandbox that has begun, and the URL of that.
func startRun(t *testing.T) (*run, string) {
	t.Helper()
	b, err := sandbox.New(sandbox.Config{Clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), CustomerUpdates: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(func() { server.Close(); _ = b.Close() })
	r := newTestRun(t, Config{URL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret, AllowWrites: true})
	if err := r.reach(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r, server.URL
}

// paste runs a script as somebody would who pastes it, and returns what it shows.
func paste(t *testing.T, url, script string, more ...string) string {
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
	command.Env = append(command.Env, more...)
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

// startPartners is a bank with two partners, and its configuration.
func startPartners(t *testing.T) Config {
	t.Helper()
	other := Credentials{"other", signing.NewSecret("other-password"), signing.NewSecret("other-signing-secret")}
	config := Config{Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret, Other: other, AllowWrites: true}
	var partners []zoo.Partner
	for i, who := range []Credentials{{config.Username, config.Password, config.SigningSecret}, other} {
		b, err := sandbox.New(sandbox.Config{Seed: uint64(i) + 1, Username: who.Username, Password: who.Password,
			SigningSecret: who.SigningSecret})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		partners = append(partners, zoo.Partner{Username: who.Username, Password: who.Password,
			SigningSecret: who.SigningSecret, Handler: b})
	}
	server := httptest.NewServer(zoo.NewPartners(partners[0], partners[1]))
	t.Cleanup(server.Close)
	config.URL = server.URL
	return config
}

// What two callers do is done by two callers, each with its own token and signature, but where it lends them.
func TestAScriptHasTwoCallers(t *testing.T) {
	t.Parallel()
	config := startPartners(t)
	r, stop, err := begin(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if r.until = time.Now().Add(time.Hour); r.reach(t.Context()) != nil {
		t.Fatal("nobody can log in")
	}
	g, err := r.ground(t.Context(), operationByID("getPocket"))
	if err != nil {
		t.Fatal(err)
	}
	f := Finding{Check: checkByCode(codeOthersData), Operation: "getPocket", Steps: slices.Clone(g.setup)}
	var want []string
	for _, c := range []struct {
		by        call.Who
		token     call.Token
		signature call.Signature
		status    string
	}{
		{"", "", "", "200"}, {call.Other, "", "", "404"}, {"", call.TokenOthers, "", "401"},
		{"", "", call.SignatureOthers, "401"}, {call.Other, call.TokenOthers, "", "401"},
		{call.Other, "", call.SignatureOthers, "401"}, {"", call.TokenOthers, call.SignatureOthers, "404"},
		{call.Other, call.TokenOthers, call.SignatureOthers, "200"},
	} {
		s := g.request()
		s.By, s.Token, s.Signature = c.by, c.token, c.signature
		f.Steps, want = append(f.Steps, s), append(want, c.status)
	}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
	shown := paste(t, config.URL, f.Script(), "JIKO_OTHER_USERNAME="+config.Other.Username,
		"JIKO_OTHER_PASSWORD="+config.Other.Password.Reveal(),
		"JIKO_OTHER_SIGNING_SECRET="+config.Other.SigningSecret.Reveal())
	if all := statuses(shown); len(all) < len(want) || !slices.Equal(all[len(all)-len(want):], want) {
		t.Errorf("the script gets %q, want %q\n%s", all, want, shown)
	}
	taken, err := r.try(t.Context(), f.Steps)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got := strconv.Itoa(taken.of(len(g.setup) + i).status()); got != want[i] {
			t.Errorf("step %d gets %s, want %s", i, got, want[i])
		}
	}
}

// Without the second caller, its steps cannot be taken: nothing is said to be mended by it.
func TestStepsOfASecondCallerNeedOne(t *testing.T) {
	t.Parallel()
	r, url := startRun(t)
	config := r.config
	config.URL = url
	for _, change := range []func(*step){
		func(s *step) { s.By = call.Other }, func(s *step) { s.Token = call.TokenOthers },
		func(s *step) { s.Signature = call.SignatureOthers },
	} {
		s := step{Operation: "listPockets", Method: "GET", Path: "/api/v2/pockets/"}
		change(&s)
		done, err := Replay(t.Context(), config, []Finding{{Check: checkByCode(codeOthersData),
			Operation: "listPockets", Steps: Steps{s}}})
		if err != nil || done[0].Outcome != OutcomeError ||
			!strings.Contains(done[0].Err.Error(), "whose credentials are not known") {
			t.Errorf("%+v, %v", done, err)
		}
	}
}

// Another caller is another, and has all that it needs to call.
func TestTheOtherCallerIsAnother(t *testing.T) {
	t.Parallel()
	secret := signing.NewSecret("something-0123456789")
	for _, c := range []struct {
		name  string
		other Credentials
		want  string
	}{
		{"nobody", Credentials{}, ""},
		{"somebody else", Credentials{"other", secret, secret}, ""},
		{"the caller", Credentials{"ann", secret, secret}, "the other caller is the caller"},
		{"without a secret", Credentials{Username: "other", Password: secret}, "of the other caller is missing"},
		{"without a name", Credentials{Password: secret, SigningSecret: secret}, "of the other caller is missing"},
	} {
		_, err := Config{URL: "http://127.0.0.1:1", Username: "ann", Password: secret, SigningSecret: secret,
			Other: c.other}.resolve()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// A second caller who cannot log in is told of before anything is tested.
func TestASecondCallerWhoCannotLogIn(t *testing.T) {
	t.Parallel()
	config := startPartners(t)
	config.Other.Password = signing.NewSecret("not-the-password")
	report, err := Run(t.Context(), config)
	if err == nil || report != nil || !strings.Contains(err.Error(), "the login of the second caller was answered") {
		t.Errorf("%v, %v", report, err)
	}
	if strings.Contains(err.Error(), config.Other.Password.Reveal()) {
		t.Error("the error has the password")
	}
}
