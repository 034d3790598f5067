package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// patience is how long a test waits for what takes milliseconds.
const patience = 20 * time.Second

// running is a sandbox that a test started.
type running struct {
	base, greeting string
	stop           context.CancelFunc
	done           chan int
	stderr         *bytes.Buffer // to be read after done
}

func startSandbox(t *testing.T, e environment, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	r := &running{stop: cancel, done: make(chan int, 1), stderr: new(bytes.Buffer)}
	go func() {
		status := run(ctx, append([]string{"sandbox"}, args...), strings.NewReader(""), writer, r.stderr, e.lookup)
		_ = writer.Close()
		r.done <- status
	}()
	r.base, r.greeting = readGreeting(reader)
	if r.base == "" {
		t.Fatalf("the sandbox did not start: status %d, stderr %q", <-r.done, r.stderr)
	}
	t.Cleanup(cancel)
	return r
}

// readGreeting reads up to the line to paste, which comes last.
func readGreeting(r io.Reader) (base, greeting string) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if base == "" {
			base = lines.Text()
		}
		greeting += lines.Text() + "\n"
		if strings.Contains(lines.Text(), "curl ") && !strings.HasPrefix(lines.Text(), "#") {
			break
		}
	}
	return base, greeting
}

func (r *running) wait(t *testing.T) int {
	t.Helper()
	select {
	case status := <-r.done:
		return status
	case <-time.After(patience):
		t.Fatal("the sandbox does not end")
		return 0
	}
}

// knock asks without logging in: any answer shows that the sandbox is there.
func knock(t *testing.T, base string) {
	t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(base + "/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

func TestSandboxServesUntilItIsCancelled(t *testing.T) {
	t.Parallel()
	host := "127.0.0.1"
	if runtime.GOOS == "linux" {
		host = "127.0.0.2" // where few take the port that this one leaves
	}
	r := startSandbox(t, nil, "--addr", host+":0", "--seed", "471147114711")
	if !strings.HasPrefix(r.base, "http://"+host+":") || strings.HasSuffix(r.base, ":0") {
		t.Errorf("base URL %q; want the port that was taken", r.base)
	}
	for _, want := range []string{
		sandbox.DefaultUsername, sandbox.DefaultSigningSecret.Reveal(),
		`curl -sS -H 'Content-Type: application/json' -d '{"username":"sandbox","password":"sandbox"}' '` + r.base +
			"/api/v1/login/'\n",
	} {
		if !strings.Contains(r.greeting, want) {
			t.Errorf("the greeting lacks %q:\n%s", want, r.greeting)
		}
	}
	knock(t, r.base)
	r.stop()
	if status := r.wait(t); status != exitOK || r.stderr.Len() > 0 {
		t.Errorf("status %d, stderr %q", status, r.stderr)
	}
	// One that listens on all addresses may have taken the port meanwhile: it has another seed.
	if answer, err := http.Get(r.base + "/__sandbox/state/"); err == nil {
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err == nil && bytes.Contains(text, []byte(`"seed":471147114711,`)) {
			t.Error("it still listens")
		}
	}
}

// What the sandbox prints is what the client reads.
func TestTheLinesToPasteConnectAClient(t *testing.T) {
	r := startSandbox(t, nil, "--addr", "127.0.0.1:0")
	defer func() { r.stop(); r.wait(t) }()
	// What a shell may have had before.
	for name, value := range map[string]string{"JIKO_PARTNER": "acme", "JIKO_ENVIRONMENT": "production",
		"JIKO_BASE_URL": "https://example.com", "JIKO_PARTNER_ID": ""} {
		t.Setenv(name, value)
	}
	for line := range strings.Lines(r.greeting) {
		if names, ok := strings.CutPrefix(strings.TrimSpace(line), "unset "); ok {
			for _, name := range strings.Fields(names) {
				t.Setenv(name, "")
			}
		}
		if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			t.Setenv(name, strings.Trim(value, "'"))
		}
	}
	client, err := partner.New(partner.FromEnvironment())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Individuals.ListAgreements(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSandboxEndsInTimeForACallThatDoesNot(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		config := sandbox.Config{Logger: slog.New(slog.DiscardHandler)}
		done <- serveSandbox(ctx, "127.0.0.1:0", config, tlsFlags{}, 50*time.Millisecond, writer, io.Discard)
	}()
	base, _ := readGreeting(reader)
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	// Half a request: nobody sends the rest.
	if _, err := io.WriteString(conn,
		"POST /api/v1/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("it waits for a call that does not end")
	}
}

func TestSandboxHidesCredentialsThatAreNotTheDefaults(t *testing.T) {
	t.Parallel()
	e := environment{"JIKO_PASSWORD": hidden + "-password", "JIKO_SIGNING_SECRET": hidden + "-signing",
		"JIKO_SANDBOX_CONTROL_TOKEN": hidden + "-control-token"}
	r := startSandbox(t, e, "--addr", "127.0.0.1:0", "--username", hidden+"-user", "--log-level", "debug")
	knock(t, r.base)
	r.stop()
	if status := r.wait(t); status != exitOK {
		t.Errorf("status %d", status)
	}
	if strings.Contains(r.greeting+r.stderr.String(), hidden) {
		t.Errorf("a secret is printed:\n%s%s", r.greeting, r.stderr)
	}
	for _, want := range []string{"# JIKO_PASSWORD is as you gave it\n", "# JIKO_SIGNING_SECRET is as you gave it\n",
		`"${JIKO_USERNAME:?}" "${JIKO_PASSWORD:?}" | curl `,
		"such as a snapshot: " + r.base + sandbox.ControlPath + "\n"} {
		if !strings.Contains(r.greeting, want) {
			t.Errorf("the greeting lacks %q:\n%s", want, r.greeting)
		}
	}
}

func TestTheLinesToPasteLogIn(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	for name, e := range map[string]environment{
		"with the defaults":        {},
		"with other credentials":   {"JIKO_USERNAME": "ann", "JIKO_PASSWORD": "it's $HOME %s"},
		"with another password":    {"JIKO_PASSWORD": hidden},
		"with another secret only": {"JIKO_SIGNING_SECRET": hidden},
	} {
		t.Run(name, func(t *testing.T) {
			r := startSandbox(t, e, "--addr", "127.0.0.1:0")
			lines := strings.Split(strings.TrimSpace(r.greeting), "\n")
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			shell := exec.CommandContext(ctx, "sh", "-c", lines[len(lines)-1]+` -w '\n%{http_code}' --noproxy '*'`)
			for k, v := range e {
				shell.Env = append(shell.Environ(), k+"="+v)
			}
			out, err := shell.CombinedOutput()
			if err != nil || !strings.HasSuffix(string(out), "\n200") || !strings.Contains(string(out), `"token"`) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// comment returns the line of a greeting that begins with a text, and the one after it, without their signs.
func (r *running) comment(t *testing.T, text string) (line, next string) {
	t.Helper()
	lines := strings.Split(r.greeting, "\n")
	for i := range lines {
		if strings.HasPrefix(lines[i], "# "+text) {
			return strings.TrimPrefix(lines[i], "# "), strings.TrimPrefix(lines[i+1], "# ")
		}
	}
	t.Fatalf("the greeting lacks %q:\n%s", text, r.greeting)
	return "", ""
}

func TestASandboxOfAnotherSeedHasOtherIDs(t *testing.T) {
	t.Parallel()
	accounts := map[string]string{}
	for name, args := range map[string][]string{
		"none": nil, "seed 0": {"--seed", "0"}, "seed 7": {"--seed", "7"}, "seed 7 again": {"--seed=7"},
		"the largest": {"--seed", "18446744073709551615"},
	} {
		r := startSandbox(t, nil, append([]string{"--addr", "127.0.0.1:0"}, args...)...)
		if strings.Contains(r.greeting, "clock") {
			t.Errorf("%s: the greeting tells of a clock that goes on its own:\n%s", name, r.greeting)
		}
		_, accounts[name] = r.comment(t, "The partner's own account")
		r.stop()
		r.wait(t)
	}
	if accounts["none"] != accounts["seed 0"] || accounts["seed 7"] != accounts["seed 7 again"] ||
		accounts["none"] == accounts["seed 7"] || accounts["the largest"] == accounts["seed 7"] ||
		uuid.Validate(accounts["seed 7"]) != nil {
		t.Errorf("the partner's accounts are %v", accounts)
	}
}

func TestTheClockOfASandboxStandsStillUntilItIsMoved(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	// The flag wins over its variable.
	r := startSandbox(t, environment{"JIKO_SANDBOX_CLOCK": "2001-01-01T00:00:00Z"}, "--addr", "127.0.0.1:0",
		"--clock", "2026-01-02T10:00:00-05:00")
	defer func() { r.stop(); r.wait(t) }()
	line, curl := r.comment(t, "The clock stands still")
	if !strings.Contains(line, "at 2026-01-02T15:00:00Z.") {
		t.Errorf("the greeting says: %s", line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, want := range []string{"2026-01-03T15:00:00Z", "2026-01-04T15:00:00Z"} {
		out, err := exec.CommandContext(ctx, "sh", "-c", curl+" --noproxy '*'").CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != `{"time":"`+want+`","frozen":true}` {
			t.Errorf("%v: %s; want %s", err, out, want)
		}
	}
}

// Whoever starts from a file would look for days for why no payment arrives.
func TestTheGreetingTellsOfAClockThatStoodStillBefore(t *testing.T) {
	t.Parallel()
	args := []string{"--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "bank.db")}
	for _, more := range [][]string{{"--clock", "2026-01-02T15:00:00Z"}, nil} {
		r := startSandbox(t, nil, append(args, more...)...)
		if line, _ := r.comment(t, "The clock stands still"); !strings.Contains(line, "at 2026-01-02T15:00:00Z.") {
			t.Errorf("with %q the greeting says: %s", more, line)
		}
		r.stop()
		r.wait(t)
	}
}

func TestSandboxRefusesSeedsAndClocksThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		e    environment
		args []string
		want string
	}{
		{"a seed that is a word", nil, []string{"--seed", hidden},
			"--seed (or JIKO_SANDBOX_SEED): want a whole number from 0 to 18446744073709551615\n"},
		{"a seed below zero", nil, []string{"--seed=-1"}, "want a whole number from 0"},
		{"a seed of the environment", environment{"JIKO_SANDBOX_SEED": "18446744073709551616"}, nil,
			"want a whole number from 0"},
		{"a clock that is a word", nil, []string{"--clock", hidden},
			"--clock (or JIKO_SANDBOX_CLOCK): want a time with its zone, such as 2026-01-05T15:00:00Z\n"},
		{"a clock that is a day", environment{"JIKO_SANDBOX_CLOCK": "2026-01-05"}, nil, "want a time with its zone"},
		{"an empty clock", nil, []string{"--clock="}, "want a time with its zone"},
		{"a clock without a zone", nil, []string{"--clock", "2026-01-05T15:00:00"}, "want a time with its zone"},
		{"a clock of the last century", nil, []string{"--clock", "1989-12-31T23:59:59Z"}, "from 1990 to 2100"},
		{"a clock of the next century", nil, []string{"--clock", "2100-12-31T23:59:59-01:00"}, "from 1990 to 2100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, c.e, "", append([]string{"sandbox", "--addr", "127.0.0.1:0"}, c.args...)...)
			if got.status != exitUsage || got.stdout != "" || !strings.Contains(got.stderr, c.want) ||
				strings.Contains(got.stderr, hidden) {
				t.Errorf("%+v; want %q", got, c.want)
			}
		})
	}
}

func TestSandboxNamesAPortInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	addr := listener.Addr().String()
	got := execute(t, nil, "", "sandbox", "--addr", addr)
	want := result{"", "partner: " + addr +
		" is in use: choose another with --addr, or any free one with --addr 127.0.0.1:0\n", exitFailure}
	if got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
}

func TestSandboxWarnsWhenOthersCanReachIt(t *testing.T) {
	t.Parallel()
	r := startSandbox(t, nil, "--addr", "0.0.0.0:0")
	knock(t, r.base)
	r.stop()
	if status := r.wait(t); status != exitOK {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"WARNING", "plain http", "default credentials"} {
		if !strings.Contains(r.stderr.String(), want) {
			t.Errorf("stderr lacks %q: %s", want, r.stderr)
		}
	}
	if !strings.HasPrefix(r.base, "http://127.0.0.1:") {
		t.Errorf("base URL %q cannot be called", r.base)
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for want, at := range map[string]net.TCPAddr{
		"http://127.0.0.1:80": {IP: net.IPv4zero, Port: 80},
		"http://127.0.0.1:81": {IP: net.IPv6unspecified, Port: 81},
		"http://[::1]:82":     {IP: net.IPv6loopback, Port: 82},
		"http://192.0.2.1:83": {IP: net.ParseIP("192.0.2.1"), Port: 83},
	} {
		if got := new(tlsFlags).baseURL(&at); got != want {
			t.Errorf("the URL of %v is %s; want %s", &at, got, want)
		}
		if got := (&tlsFlags{on: true}).baseURL(&at); got != "https"+strings.TrimPrefix(want, "http") {
			t.Errorf("the URL of %v with TLS is %s", &at, got)
		}
	}
}

func TestWarningSparesOwnCredentials(t *testing.T) {
	t.Parallel()
	var w bytes.Buffer
	config := sandbox.Config{Password: signing.NewSecret(hidden), SigningSecret: signing.NewSecret(hidden),
		Logger: slog.New(slog.DiscardHandler)}
	if err := warnExposed(&w, &net.TCPAddr{IP: net.IPv4zero, Port: 80}, config, tlsFlags{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.String(), "default credentials") || strings.Contains(w.String(), hidden) {
		t.Errorf("%s", &w)
	}
}

func TestTheBinaryEndsCleanlyWithASignal(t *testing.T) {
	t.Parallel()
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("it builds the binary and sends it a signal")
	}
	binary, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, binary, "sandbox")
			cmd.Env = append(cmd.Environ(), "JIKO_SANDBOX_ADDR=127.0.0.1:0")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			base, _ := readGreeting(stdout)
			if base == "" {
				t.Fatalf("it did not start: %v, %s", cmd.Wait(), &stderr)
			}
			knock(t, base)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
				t.Errorf("%v, stderr %q", err, &stderr)
			}
		})
	}
}

func TestSandboxServesWhatRulesSay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte("- match: {operation: getHealth}\n  do: {status: 418}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startSandbox(t, environment{}, "--addr", "127.0.0.1:0", "--rules", file)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/health", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusTeapot {
		t.Errorf("%d, %v", response.StatusCode, err)
	}
	r.stop()
	if status := r.wait(t); status != exitOK {
		t.Errorf("status %d, stderr %q", status, r.stderr)
	}
}

// The flag can be repeated, and its variable has all of it.
func TestSandboxHasDeliveriesGoWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e    environment
		args []string
	}{
		"flag":     {nil, []string{"--deliveries", "lose=0.25,shuffle=1h"}},
		"flags":    {nil, []string{"--deliveries", "lose=0.25", "--deliveries=shuffle=1h"}},
		"variable": {environment{"JIKO_SANDBOX_DELIVERIES": "lose=0.25,shuffle=1h"}, nil},
	} {
		r := startSandbox(t, c.e, append([]string{"--addr", "127.0.0.1:0"}, c.args...)...)
		response, err := http.Get(r.base + "/__sandbox/deliveries/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		const want = `"faults":{"lose":0.25,"double":0,"shuffle":"1h0m0s","delay":"0s","wrong_signature":0,"down":0}`
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s, %v; want %s", name, body, err, want)
		}
		r.stop()
		r.wait(t)
	}
}

func TestSandboxRefusesSwitchesOfDeliveriesThatThereAreNot(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "bank.db")
	for value, want := range map[string]string{
		"loose=0.3": "partner: --deliveries (or JIKO_SANDBOX_DELIVERIES): there is no such switch: want one of lose, " +
			"double, shuffle, delay, wrong_signature, down; did you mean lose?\n",
		"lose=" + hidden: "--deliveries (or JIKO_SANDBOX_DELIVERIES): lose: want a share from 0, which is none, to 1",
		hidden:           "--deliveries (or JIKO_SANDBOX_DELIVERIES): there is no such switch",
		"":               "--deliveries (or JIKO_SANDBOX_DELIVERIES): want name=value",
	} {
		got := execute(t, nil, "", "sandbox", "--addr", "127.0.0.1:0", "--data", data, "--deliveries", value)
		if got.status != exitUsage || !strings.Contains(got.stderr, want) || strings.Contains(got.stderr, hidden) {
			t.Errorf("%q: %+v; want %q", value, got, want)
		}
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the file of the bank is there: %v", err)
	}
}

func TestSandboxRefusesWrongRules(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte("- match: {operation: createWires}\n  do: {status: 5}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "bank.db")
	out := execute(t, nil, "", "sandbox", "--addr", "127.0.0.1:0", "--rules", file, "--data", data)
	for _, line := range []string{file + ":1:22: rules[0].match.operation[0]: there is no operation \"createWires\"; " +
		"did you mean createWire?", file + ":2:16: rules[0].do.status: want 400 to 599"} {
		if out.status == exitOK || !strings.Contains(out.stderr, line) {
			t.Errorf("status %d, stderr %q; want %q", out.status, out.stderr, line)
		}
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the file of the bank is there: %v", err)
	}
}
