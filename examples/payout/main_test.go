package main_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "payout-*")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(folder, "payout")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, out))
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// binary is the program.
var binary string

const webhookSecret = "webhook-secret-0"

// bank is a sandbox with a customer and a pocket to pay to, which the program itself has made.
type bank struct {
	client   *partner.Client
	handler  http.Handler
	customer string
	payee    partner.PocketID
	// webhook has the variables that say where the sandbox delivers webhooks to.
	webhook []string
}

func newBank(t *testing.T) *bank {
	t.Helper()
	handler, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = handler.Close() })
	b := &bank{handler: handler}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	if b.client, err = partner.New(partner.Config{
		BaseURL: server.URL, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
		SigningSecret: sandbox.DefaultSigningSecret,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	program := exec.CommandContext(t.Context(), binary, "-new-customer", "-webhook-addr", freeAddress(t))
	program.Env = credentials(server.URL)
	out, err := program.CombinedOutput()
	lines := regexp.MustCompile(`^export CUSTOMER_ID='(.*)'\nexport PAYEE_POCKET_ID='(.*)'\n` +
		`export (WEBHOOK_ADDR)='(.*)'\nexport (WEBHOOK_SECRET)='(.*)'\n$`).FindStringSubmatch(string(out))
	if err != nil || lines == nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b.customer, b.payee = lines[1], uuid.MustParse(lines[2])
	b.webhook = []string{lines[3] + "=" + lines[4], lines[5] + "=" + lines[6]}
	return b
}

// credentials are what the sandbox prints.
func credentials(url string) []string {
	return []string{"JIKO_BASE_URL=" + url, "JIKO_USERNAME=sandbox", "JIKO_PASSWORD=sandbox",
		"JIKO_SIGNING_SECRET=sandbox-signing-secret"}
}

// start runs the program with an environment beside what the bank needs.
func (b *bank) start(t *testing.T, url string, environment ...string) (program *exec.Cmd, out *output) {
	t.Helper()
	program = exec.CommandContext(t.Context(), binary)
	program.Env = append(credentials(url), "CUSTOMER_ID="+b.customer, "PAYEE_POCKET_ID="+b.payee.String())
	program.Env = append(program.Env, environment...)
	out = new(output)
	program.Stdout, program.Stderr = out, out
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	return program, out
}

// output is read while a program writes it.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wants demands that the payee has this much, in cents.
func (b *bank) wants(t *testing.T, cents int64) {
	t.Helper()
	got, err := b.client.Pockets.Get(t.Context(), b.payee, nil)
	if err != nil || got.Portfolio.TotalValue.Value != cents {
		t.Errorf("the payee has %+v, %v", got, err)
	}
}

// Beside a sandbox, as a new user would: paid at once, and once.
func TestPayout(t *testing.T) {
	b := newBank(t)
	server := httptest.NewServer(b.handler)
	defer server.Close()
	for _, want := range []string{"is PENDING; waiting for its outcome\n", "was made before\n"} {
		program, out := b.start(t, server.URL, "INVOICE=4711")
		if err := program.Wait(); err != nil || !strings.Contains(out.String(), want) ||
			!strings.Contains(out.String(), "invoice 4711 is paid") {
			t.Fatalf("%v\n%s", err, out)
		}
		b.wants(t, 25_00)
	}
	program, out := b.start(t, server.URL, "INVOICE=4712")
	if err := program.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b.wants(t, 50_00)
}

// The sandbox delivers the webhook itself, with nothing but what -new-customer has printed.
func TestPayoutIsToldByTheSandbox(t *testing.T) {
	b := newBank(t)
	server := httptest.NewServer(b.handler)
	defer server.Close()
	program, out := b.start(t, server.URL, append(b.webhook, "INVOICE=4711")...)
	if err := program.Wait(); err != nil || !strings.Contains(out.String(), "a webhook has come") ||
		!strings.Contains(out.String(), "invoice 4711 is paid") {
		t.Fatalf("%v\n%s", err, out)
	}
	b.wants(t, 25_00)
}

// The transfer stays open until the bank says otherwise. A webhook makes the program look.
func TestPayoutLooksWhenAWebhookComes(t *testing.T) {
	b := newBank(t)
	var open atomic.Bool
	var looks atomic.Int32
	open.Store(true)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/api/v1/transfers/on-us/") {
			b.handler.ServeHTTP(w, r)
			return
		}
		recorder := httptest.NewRecorder()
		b.handler.ServeHTTP(recorder, r)
		body := recorder.Body.String()
		if recorder.Code == http.StatusOK && open.Load() {
			looks.Add(1)
			body = strings.Replace(body, `"COMPLETED"`, `"PENDING"`, 1)
		}
		w.Header().Set("Content-Type", recorder.Header().Get("Content-Type"))
		w.WriteHeader(recorder.Code)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	address := freeAddress(t)
	program, out := b.start(t, server.URL, "INVOICE=4711", "WEBHOOK_ADDR="+address, "WEBHOOK_SECRET="+webhookSecret)
	until(t, out, func() bool { return looks.Load() > 0 })
	// The webhook of another transfer says nothing about this one.
	other := webhooktest.Event(t, webhook.OnUsRejected{Payload: webhook.OnUsPayload{OnUsID: uuid.New()}})
	deliver := func(event *webhook.Event) {
		response := webhooktest.Post(t, "http://"+address, signing.NewSecret(webhookSecret), event)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusAccepted {
			t.Errorf("status %d", response.StatusCode)
		}
	}
	deliver(other)
	if strings.Contains(out.String(), "a webhook has come") {
		t.Errorf("it took another transfer's webhook for its own: %s", out)
	}
	open.Store(false)
	deliver(webhooktest.Event(t, webhook.OnUsSuccess{Payload: webhook.OnUsPayload{
		OnUsID: partner.UUID(partner.KeyFor("payout transfers", "4711")), DestinationAccountID: b.payee,
	}}))
	if err := program.Wait(); err != nil || !strings.Contains(out.String(), "invoice 4711 is paid") {
		t.Fatalf("%v\n%s", err, out)
	}
	b.wants(t, 25_00)
}

// until waits for something that takes a moment.
func until(t *testing.T, out *output, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not happen: %s", out)
		}
	}
}

// A payment that is rejected is no success, and is not made again by itself.
func TestPayoutThatIsRejected(t *testing.T) {
	b := newBank(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/sandbox/fund/" { // Nobody pays in.
			w.WriteHeader(http.StatusAccepted)
			return
		}
		b.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	for range 2 {
		program, out := b.start(t, server.URL, "INVOICE=4711")
		err := program.Wait()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 ||
			!strings.Contains(out.String(), "INSUFFICIENT_FUNDS") || !strings.Contains(out.String(), "INVOICE=4711-2") {
			t.Errorf("%v\n%s", err, out)
		}
		b.wants(t, 0)
	}
}

func TestANewCustomerIsForASandboxAlone(t *testing.T) {
	for _, environment := range [][]string{
		{"JIKO_PARTNER=acme", "JIKO_ENVIRONMENT=production"},
		{"JIKO_BASE_URL=https://127.0.0.1.example.com"}, {"JIKO_BASE_URL=https://gateway.example"}, nil,
	} {
		program := exec.CommandContext(t.Context(), binary, "-new-customer")
		program.Env = append([]string{"JIKO_USERNAME=u", "JIKO_PASSWORD=p", "JIKO_SIGNING_SECRET=s"}, environment...)
		out, err := program.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "for a sandbox alone") {
			t.Errorf("%v: %v\n%s", environment, err, out)
		}
	}
}

func TestPayoutSaysWhatIsMissing(t *testing.T) {
	complete := []string{"INVOICE=1", "CUSTOMER_ID=" + uuid.NewString(), "PAYEE_POCKET_ID=" + uuid.NewString()}
	for _, c := range []struct {
		name        string
		environment []string
		want        []string
	}{
		{"nothing is set", nil, []string{"INVOICE is missing", "CUSTOMER_ID is missing", "PAYEE_POCKET_ID is missing",
			"-new-customer"}},
		{"an id is none", append(complete[:2:2], "PAYEE_POCKET_ID=me"), []string{"PAYEE_POCKET_ID is not a UUID"}},
		{"a webhook has no secret", append(complete[:3:3], "WEBHOOK_ADDR=127.0.0.1:0"),
			[]string{"WEBHOOK_SECRET is missing"}},
		{"a webhook has no address", append(complete[:3:3], "WEBHOOK_SECRET="+webhookSecret),
			[]string{"WEBHOOK_ADDR is missing"}},
		{"the client has nothing", complete,
			[]string{"JIKO_BASE_URL", "JIKO_USERNAME", "JIKO_PASSWORD", "JIKO_SIGNING_SECRET"}},
	} {
		program := exec.CommandContext(t.Context(), binary)
		program.Env = append([]string{"HOME=" + t.TempDir()}, c.environment...)
		out, err := program.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 ||
			strings.Contains(string(out), "panic") || strings.Contains(string(out), webhookSecret) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		for _, want := range c.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: it does not say %q: %s", c.name, want, out)
			}
		}
	}
}

func TestPayoutSaysWhatToDoAboutAFailure(t *testing.T) {
	b := newBank(t)
	for _, c := range []struct {
		name   string
		method string
		fail   http.HandlerFunc
		code   int
		want   string
	}{
		{"the answer is lost", http.MethodPost,
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 75,
			"run this again with the same INVOICE within the hour"},
		{"the server refuses", http.MethodPost, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }, 1,
			"This run has moved no money"},
		{"the answer is unreadable", http.MethodPost,
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }, 1, "do not pay again"},
		{"the first look gets no answer", http.MethodGet,
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 75,
			"This run has moved no money: run this again with the same INVOICE\n"},
		{"the first look is refused", http.MethodGet,
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, 75,
			"This run has moved no money"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == c.method && strings.HasPrefix(r.URL.Path, "/api/v1/transfers/on-us/") {
				c.fail(w, r)
				return
			}
			b.handler.ServeHTTP(w, r)
		}))
		program, out := b.start(t, server.URL, "INVOICE="+c.name)
		err := program.Wait()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != c.code ||
			!strings.Contains(out.String(), c.want) {
			t.Errorf("%s: %v\n%s", c.name, err, out.String())
		}
		server.Close()
	}
}

// Every answer is lost after the money moved. The next run finds the payment, whatever became of the key.
func TestPayoutAfterALostAnswerFindsThePayment(t *testing.T) {
	b := newBank(t)
	var lose atomic.Bool
	lose.Store(true)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if lose.Load() && r.Method == http.MethodPost && r.URL.Path == "/api/v1/transfers/on-us/" {
			b.handler.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		b.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	program, out := b.start(t, server.URL, "INVOICE=4711")
	err := program.Wait()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 75 {
		t.Fatalf("%v\n%s", err, out)
	}
	lose.Store(false)
	program, out = b.start(t, server.URL, "INVOICE=4711")
	if err := program.Wait(); err != nil || !strings.Contains(out.String(), "was made before") {
		t.Fatalf("%v\n%s", err, out)
	}
	b.wants(t, 25_00)
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
