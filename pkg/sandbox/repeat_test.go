package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	fund      = "/api/v1/sandbox/fund/"
	transfers = "/api/v1/transfers/on-us/"
)

func fundBody(pocket uuid.UUID, cents int64) string {
	return fmt.Sprintf(`{"account_id":%q,"amount_usdc":%d}`, pocket, cents)
}

func TestARepeatReplaysTheAnswer(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100, 0)
	body := encode(t, order(t, pockets[0], pockets[1], requested(40)))
	key := uuid.NewString()
	first := w.raw(t, key, http.MethodPost, transfers, body)
	if first.status != http.StatusCreated || first.header.Get(idempotency.HeaderReplayed) != "" {
		t.Fatalf("%d %v", first.status, first.header)
	}
	// Upper and lower case spell one key, but the signature is over the text that was sent.
	for _, spelling := range []string{key, strings.ToUpper(key), key} {
		again := w.raw(t, spelling, http.MethodPost, transfers, body)
		if again.status != first.status || again.body != first.body ||
			again.header.Get(idempotency.HeaderReplayed) != "true" ||
			again.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("the repeat: %d %v %s", again.status, again.header, again.body)
		}
		if id := again.header.Get(server.HeaderRequestID); id == "" || id == first.header.Get(server.HeaderRequestID) {
			t.Errorf("the repeat is another request: its id is %q", id)
		}
	}
	w.expect(t, pockets, 60, 40)
}

// A key does not make a read old: reads take no effect, and are done anew.
func TestAReadIsNotReplayed(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100)
	key := partner.WithIdempotencyKey(idempotency.NewKey())
	for n := range 2 {
		p, err := w.Pockets.Get(t.Context(), pockets[0], nil, key)
		if err != nil || p.Portfolio.TotalValue.Value != int64(100+n) {
			t.Errorf("GetPocket = %+v, %v", p, err)
		}
		w.fund(t, pockets[0], 1)
	}
}

func TestAKeyIsGoodForOneRequest(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100, 0)
	key := uuid.NewString()
	if a := w.raw(t, key, http.MethodPost, fund, fundBody(pockets[0], 5)); a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, c := range []struct{ name, method, target, body string }{
		{"another body", http.MethodPost, fund, fundBody(pockets[0], 6)},
		{"another spelling of the body", http.MethodPost, fund, fundBody(pockets[0], 5) + " "},
		{"another path", http.MethodPost, transfers, encode(t, order(t, pockets[0], pockets[1], requested(5)))},
		{"another query string", http.MethodPost, fund + "?x=y", fundBody(pockets[0], 5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := w.raw(t, key, c.method, c.target, c.body)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `"idempotency_key_reused"`) ||
				a.header.Get(idempotency.HeaderReplayed) != "" {
				t.Errorf("%d %v %s", a.status, a.header, a.body)
			}
		})
	}
	if a := w.raw(t, key, http.MethodPost, fund, fundBody(pockets[0], 5)); a.status != http.StatusAccepted ||
		a.header.Get(idempotency.HeaderReplayed) != "true" {
		t.Errorf("the refusals spoiled the key: %d %s", a.status, a.body)
	}
	w.expect(t, pockets, 105, 0)
}

// Nothing that was refused before it reached the bank uses up its key.
func TestARefusedRequestLeavesItsKeyUnused(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 100)
	for _, c := range []struct {
		name, target, body string
		change             func(*http.Request)
		want               int
	}{
		{"an invalid body", fund, `{"amount_usdc":0}`, nil, http.StatusUnprocessableEntity},
		{"a wrong token", fund, fundBody(pockets[0], 1),
			func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, http.StatusUnauthorized},
		{"a wrong signature", fund, fundBody(pockets[0], 1),
			func(r *http.Request) { r.Header.Set(signing.HeaderSignature, "x") }, http.StatusUnauthorized},
		{"a wrong media type", fund, fundBody(pockets[0], 1),
			func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		{"an unknown path", "/api/v1/nothing/", "", nil, http.StatusNotFound},
		{"a body that is too large", fund, fundBody(pockets[0], 1) + strings.Repeat(" ", 1<<20), nil,
			http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := uuid.NewString()
			for range 2 {
				a := w.raw(t, key, http.MethodPost, c.target, c.body, func(r *http.Request) {
					if c.change != nil {
						c.change(r)
					}
				})
				if a.status != c.want || a.header.Get(idempotency.HeaderReplayed) != "" {
					t.Errorf("%d %v %s; want %d", a.status, a.header, a.body, c.want)
				}
			}
			before := w.value(t, pockets[0])
			if a := w.raw(t, key, http.MethodPost, fund, fundBody(pockets[0], 7)); a.status != http.StatusAccepted ||
				a.header.Get(idempotency.HeaderReplayed) != "" {
				t.Errorf("the key is used up: %d %s", a.status, a.body)
			}
			w.expect(t, pockets, before+7)
		})
	}
}

// What the bank refuses is an answer like any other: money that arrives later does not turn the repeat into a payment.
func TestWhatTheBankRefusedStaysRefused(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0, 0)
	key := partner.WithIdempotencyKey(idempotency.NewKey())
	body := order(t, pockets[0], pockets[1], requested(40))
	first, err := w.OnUsTransfers.Create(t.Context(), body, key)
	if err != nil || outcome(first) != "REJECTED INSUFFICIENT_FUNDS" {
		t.Fatalf("%s, %v", outcome(first), err)
	}
	w.fund(t, pockets[0], 100)
	again, err := w.OnUsTransfers.Create(t.Context(), body, key)
	if err != nil || encode(t, again) != encode(t, first) {
		t.Errorf("the repeat: %s, %v", encode(t, again), err)
	}
	w.expect(t, pockets, 100, 0)
}

func TestAfterAnHourAKeyIsForgotten(t *testing.T) {
	c := &clock{}
	w := openAt(t, c.now)
	_, pockets := w.pockets(t, 0)
	key := uuid.NewString()
	for _, step := range []struct {
		after time.Duration
		want  int64
	}{{0, 5}, {59 * time.Minute, 5}, {2 * time.Minute, 10}, {30 * time.Minute, 10}} {
		c.advance(step.after)
		w.token = w.login(t)
		if a := w.raw(t, key, http.MethodPost, fund, fundBody(pockets[0], 5)); a.status != http.StatusAccepted {
			t.Fatalf("%d %s", a.status, a.body)
		}
		w.expect(t, pockets, step.want)
	}
}

// A thousand callers with one key pay once, and each of them is told that it is paid or that it should ask again.
func TestAThousandRepeatsAtOnceTakeEffectOnce(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 0)
	body, key := fundBody(pockets[0], 5), uuid.NewString()
	var first, replayed, early, other atomic.Int64
	var start, done sync.WaitGroup
	start.Add(1)
	for range 1000 {
		done.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, fund, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+w.token)
			if err := authentication.SignRequest(r, signingSecret, key, []byte(body)); err != nil {
				t.Error(err)
			}
			answer := httptest.NewRecorder()
			start.Wait()
			w.bank.ServeHTTP(answer, r)
			switch isReplay := answer.Header().Get(idempotency.HeaderReplayed) == "true"; {
			case answer.Code == http.StatusAccepted && isReplay:
				replayed.Add(1)
			case answer.Code == http.StatusAccepted:
				first.Add(1)
			case answer.Code == http.StatusConflict && answer.Header().Get("Retry-After") != "":
				early.Add(1)
			default:
				other.Add(1)
				t.Errorf("%d %s", answer.Code, answer.Body)
			}
		})
	}
	start.Done()
	done.Wait()
	if first.Load() != 1 || replayed.Load()+early.Load() != 999 {
		t.Errorf("%d took effect, %d were replayed, %d were early, %d neither", first.Load(), replayed.Load(),
			early.Load(), other.Load())
	}
	w.expect(t, pockets, 5)
}

// A hundred callers move money to and fro. None of it is lost, and no pocket goes below zero on the way.
func TestAHundredCallersLoseNoMoney(t *testing.T) {
	w := open(t)
	_, pockets := w.pockets(t, 1000, 1000, 1000, 0)
	client := w.inProcess(t, partner.Config{Username: username, Password: password, SigningSecret: signingSecret})
	var moved [4]atomic.Int64
	var group sync.WaitGroup
	for caller := range 100 {
		group.Go(func() {
			for n := range 5 {
				from, to := (caller+n)%4, (caller+3*n+1)%4
				if from == to {
					to = (to + 1) % 4
				}
				transfer, err := client.OnUsTransfers.Create(t.Context(),
					order(t, pockets[from], pockets[to], requested(int64(caller*7+1))))
				if err != nil {
					t.Error(err)
					return
				}
				if transfer.Status == partnerapi.OnUsTransferStatusCompleted {
					moved[from].Add(-int64(caller*7 + 1))
					moved[to].Add(int64(caller*7 + 1))
				}
				p, err := client.Pockets.Get(t.Context(), pockets[from], nil)
				if err != nil || p.Portfolio.TotalValue.Value < 0 {
					t.Errorf("GetPocket = %+v, %v", p, err)
				}
			}
		})
	}
	group.Wait()
	balances, err := w.bank.Balances() // which checks the ledger
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for i, had := range []int64{1000, 1000, 1000, 0} {
		total += balances[pockets[i]]
		if got := balances[pockets[i]]; got != had+moved[i].Load() || got < 0 {
			t.Errorf("pocket %d has %d; want %d", i, got, had+moved[i].Load())
		}
	}
	if total != 3000 {
		t.Errorf("all of them have %d; want 3000", total)
	}
}
