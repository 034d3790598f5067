//go:build !race

// The race detector makes the process that is killed ten times slower; what it runs is tested for races elsewhere.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// sandboxArguments has the arguments of a sandbox that this binary is to be, instead of a test.
const sandboxArguments = "PARTNER_TEST_SANDBOX"

// A process of its own can be killed.
func TestASandboxOfItsOwn(t *testing.T) {
	arguments, ok := os.LookupEnv(sandboxArguments)
	if !ok {
		t.Skip("it is a process that other tests start")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	status := run(ctx, append([]string{"sandbox"}, strings.Fields(arguments)...), os.Stdin, os.Stdout,
		os.Stderr, func(string) (string, bool) { return "", false })
	stop()
	os.Exit(status)
}

// victim is a sandbox in a process of its own.
type victim struct {
	command *exec.Cmd
	base    string
	token   string
	stderr  *bytes.Buffer
}

func startVictim(t *testing.T, arguments ...string) *victim {
	t.Helper()
	v := &victim{stderr: &bytes.Buffer{}}
	v.command = exec.Command(os.Args[0], "-test.run=^TestASandboxOfItsOwn$")
	v.command.Env = append(os.Environ(), sandboxArguments+"="+strings.Join(arguments, " "))
	v.command.Stderr = v.stderr
	out, err := v.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.kill)
	if v.base, _ = readGreeting(out); !strings.HasPrefix(v.base, "http://") {
		v.kill()
		t.Fatalf("the sandbox did not start: %s%s", v.base, v.stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return v
}

// terminate tells the process to end, which takes no more calls then.
func (v *victim) terminate(t *testing.T) {
	t.Helper()
	if err := v.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := v.command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, v.stderr)
	}
}

func (v *victim) kill() {
	_ = v.command.Process.Kill()
	_ = v.command.Wait()
}

// payment is an order that is sent until its answer is known.
type payment struct {
	key, path, body string
	// answer is the status and the body of the first answer that arrived; empty until then.
	answer string
	// gain is what it makes of the two pockets' money.
	gain [2]int64
}

// pay sends an order once, and reports whether an answer arrived.
func (v *victim) pay(client *http.Client, p *payment) (answer string, replayed, arrived bool) {
	signature, err := signing.Sign(sandbox.DefaultSigningSecret, p.key, p.path, []byte(p.body))
	if err != nil {
		panic(err)
	}
	r, err := http.NewRequest(http.MethodPost, v.base+p.path, strings.NewReader(p.body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+v.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(idempotency.Header, p.key)
	r.Header.Set(signing.HeaderSignature, signature)
	response, err := client.Do(r)
	if err != nil {
		return "", false, false
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", false, false
	}
	replayed = response.Header.Get(idempotency.HeaderReplayed) == "true"
	return fmt.Sprint(response.StatusCode, " ", string(body)), replayed, true
}

// Whenever the process is killed under load, or told to end: what was acknowledged is there, a repeat gets the first
// answer, what was not acknowledged has happened once or not at all, and everything adds up.
func TestAKilledSandboxLosesNothing(t *testing.T) {
	t.Parallel()
	kills := 10
	if text := os.Getenv("SANDBOX_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const each = 25 // as many kills as a bank lives through, before it has so much to read again that it takes long
	var (
		file         string
		arguments    []string
		v            *victim
		pockets      [2]uuid.UUID
		has          [2]int64
		mu           sync.Mutex
		all          []*payment
		acknowledged int
		unknown      int
		random       = rand.New(rand.NewPCG(1, 2))
	)
	http1 := &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer http1.CloseIdleConnections()
	for kill := range kills {
		if kill%each == 0 {
			if v != nil {
				v.kill()
			}
			file = filepath.Join(t.TempDir(), "bank.db")
			arguments = []string{"--addr", "127.0.0.1:0", "--data", file}
			v = startVictim(t, arguments...)
			pockets, has = openPockets(t, v)
		}
		v.token = logIn(t, v)
		ctx, stop := context.WithCancel(t.Context())
		moment := time.Duration(20+random.IntN(150)) * time.Millisecond
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() {
				for ctx.Err() == nil {
					mu.Lock()
					p := newPayment(t, random, pockets)
					all = append(all, p)
					mu.Unlock()
					answer, _, arrived := v.pay(http1, p)
					if !arrived { // It is dead.
						return
					}
					p.answer = answer
				}
			})
		}
		workers.Go(func() { // The clock goes on, and tokens come and go, in between.
			for ctx.Err() == nil {
				v.post(ctx, http1, sandbox.ClockPath, `{"by":"100ms"}`)
				v.post(ctx, http1, "/api/v1/login/", `{"username":"sandbox","password":"sandbox"}`)
			}
		})
		time.Sleep(moment)
		if terminates := runtime.GOOS != "windows" && kill%3 == 2; terminates {
			v.terminate(t)
		} else {
			v.kill()
		}
		stop()
		workers.Wait()
		http1.CloseIdleConnections()
		if out := execute(t, nil, "", "sandbox", "verify", file); out.status != exitOK {
			t.Fatalf("after kill %d: %s%s", kill+1, out.stdout, out.stderr)
		}
		v = startVictim(t, arguments...)
		v.token = logIn(t, v)
		want := has
		for _, p := range all {
			answer, replayed, arrived := v.pay(http1, p)
			switch {
			case !arrived || !strings.HasPrefix(answer, "20"):
				t.Fatalf("after kill %d a repeat is answered with %q", kill+1, answer)
			case p.answer == "":
				p.answer = answer
				unknown++
			case !replayed || answer != p.answer:
				t.Fatalf("after kill %d a repeat (replayed: %t) is answered with\n%s\nand was with\n%s", kill+1,
					replayed, answer, p.answer)
			default:
				acknowledged++
			}
			want[0], want[1] = want[0]+p.gain[0], want[1]+p.gain[1]
		}
		if got := totals(t, v, pockets); got != want {
			t.Fatalf("after kill %d the pockets have %v; want %v", kill+1, got, want)
		}
		has, all = want, nil
	}
	t.Logf("%d kills: %d acknowledged orders were there, %d without an answer happened once", kills, acknowledged,
		unknown)
	if acknowledged == 0 {
		t.Error("nothing was acknowledged, so nothing is shown")
	}
	v.kill()
	if out := execute(t, nil, "", "sandbox", "verify", file); out.status != exitOK ||
		!strings.Contains(out.stdout, "Everything adds up.") {
		t.Errorf("%s%s", out.stdout, out.stderr)
	}
}

// post sends what needs no token, once.
func (v *victim) post(ctx context.Context, client *http.Client, path, body string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if response, err := client.Do(r); err == nil { // Otherwise it is dead.
		_ = response.Body.Close()
	}
}

// newPayment is an order over some cents: from one pocket to the other, at once or right after, or into one.
func newPayment(t *testing.T, random *rand.Rand, pockets [2]uuid.UUID) *payment {
	cents, to := random.Int64N(500)+1, random.IntN(2)
	p := &payment{key: uuid.NewString(), path: "/api/v1/transfers/on-us/"}
	order := map[string]any{
		"type":         "INTERNAL_REALLOCATION",
		"from_account": map[string]any{"type": "JIKO_ACCOUNT", "id": pockets[1-to]},
		"to_account":   map[string]any{"type": "JIKO_ACCOUNT", "id": pockets[to]},
		"amount":       map[string]any{"type": "REQUESTED_AMOUNT", "amount_usdc": cents},
		"async_mode":   random.IntN(2) == 0,
	}
	p.gain[to] = cents
	if random.IntN(3) == 0 {
		p.path, order = "/api/v1/sandbox/fund/", map[string]any{"account_id": pockets[to], "amount_usdc": cents}
	} else {
		p.gain[1-to] = -cents
	}
	body, err := json.Marshal(order)
	if err != nil {
		t.Error(err)
	}
	p.body = string(body)
	return p
}

func clientOf(t *testing.T, v *victim) *partner.Client {
	t.Helper()
	client, err := partner.New(partner.Config{BaseURL: v.base, Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword, SigningSecret: sandbox.DefaultSigningSecret})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func logIn(t *testing.T, v *victim) string {
	t.Helper()
	client := clientOf(t, v)
	defer client.Close()
	result, err := client.Security.Login(t.Context(), partnerapi.LoginRequest{Username: sandbox.DefaultUsername,
		Password: sandbox.DefaultPassword.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	return result.Token
}

// openPockets opens two pockets with money, and says how much.
func openPockets(t *testing.T, v *victim) (pockets [2]uuid.UUID, has [2]int64) {
	t.Helper()
	client := clientOf(t, v)
	defer client.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var request partnerapi.CreateApplicationRequest
	must(json.Unmarshal([]byte(`{"identification_number":"123456789","name":{"first_name":"Ada","last_name":"Lovelace"},
		"email":"ada@example.com","phone_number":"+14155550100","date_of_birth":"1990-01-01",
		"address":{"street_address":"1 Main St","city":"Oakland","postal_code":"94607","country":"US"},
		"investment_profile":{"employment_status":"RETIRED","income":"BELOW_50K","net_worth":"BELOW_50K"},
		"agreement_consent":{"version":"1.0.0","timestamp":"2026-01-02T15:00:00Z"}}`), &request))
	a, err := client.Individuals.CreateApplication(t.Context(), request)
	must(err)
	_, err = client.Individuals.SubmitApplication(t.Context(), a.ID)
	must(err)
	a, err = client.Individuals.GetApplication(t.Context(), a.ID)
	must(err)
	customer, err := a.CustomerID.Get()
	must(err)
	strategy := "UST-4W"
	for i := range pockets {
		p, err := client.Pockets.Create(t.Context(), customer,
			partnerapi.CreatePocketRequest{PocketName: "Operating", TradingStrategyID: &strategy})
		must(err)
		pockets[i], has[i] = p.ID, 4_000_000
		must(client.Sandbox.FundAccount(t.Context(), nil,
			partnerapi.FundAccountRequest{AccountID: p.ID, AmountUSDC: has[i]}))
	}
	return pockets, has
}

func totals(t *testing.T, v *victim, pockets [2]uuid.UUID) (has [2]int64) {
	t.Helper()
	client := clientOf(t, v)
	defer client.Close()
	for i, id := range pockets {
		p, err := client.Pockets.Get(t.Context(), id, nil)
		if err != nil {
			t.Fatal(err)
		}
		has[i] = p.Portfolio.TotalValue.Value
	}
	return has
}
