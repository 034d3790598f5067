package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/server"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// counter is an API whose one operation counts how often it runs, and does what a test says.
type counter struct {
	partnerserver.UnimplementedStrictServer
	runs atomic.Int64
	do   func(run int64) (partnerserver.FundAccountOutput, error)
}

func (c *counter) FundAccount(context.Context, partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
	return c.do(c.runs.Add(1))
}

// bench is the middleware under test between a server and the counter, with a clock. The bearer token is the partner's name.
type bench struct {
	counter *counter
	replays *replays
	time    time.Time
}

var (
	current *bench
	// serving is built once: that takes a while.
	serving = sync.OnceValue(func() http.Handler {
		handler, err := server.New(server.Config{
			API: relay{},
			Authenticate: func(_ context.Context, token string) (server.Partner, error) {
				return server.Partner{ID: token, Secrets: []signing.Secret{signing.NewSecret("secret")}}, nil
			},
			Idempotency: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { current.replays.middleware(next).ServeHTTP(w, r) })
			},
		})
		if err != nil {
			panic(err)
		}
		return handler
	})
)

// relay serves with whatever counter is under test.
type relay struct {
	partnerserver.UnimplementedStrictServer
}

func (relay) FundAccount(ctx context.Context, in partnerserver.FundAccountInput) (partnerserver.FundAccountOutput, error) {
	return current.counter.FundAccount(ctx, in)
}

func newBench(do func(run int64) (partnerserver.FundAccountOutput, error)) *bench {
	b := &bench{counter: &counter{do: do}, time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.replays = newReplays(func() time.Time { return b.time })
	current = b
	return b
}

const benchBody = `{"account_id":"160c0c4b-9966-4dc1-a916-8407eb10d74e","amount_usdc":100}`

// send sends a request to the counter, as partner.
func (b *bench) send(t testing.TB, partner, key string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/sandbox/fund/", strings.NewReader(benchBody))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+partner)
	if err := signing.SignRequest(r, signing.NewSecret("secret"), key, []byte(benchBody)); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	serving().ServeHTTP(w, r)
	return w
}

// numbered answers each run with another text.
func numbered(run int64) (partnerserver.FundAccountOutput, error) {
	return partnerserver.FundAccountFailure{StatusCode: 418, Body: partnerapi.Error{Detail: strings.Repeat("I", int(run))}}, nil
}

func TestARepeatAfterAnHourIsExecutedAnew(t *testing.T) {
	b := newBench(numbered)
	key := uuid.NewString()
	first := b.send(t, "acme", key)
	b.time = b.time.Add(idempotency.Window - 1)
	if again := b.send(t, "acme", key); again.Body.String() != first.Body.String() || again.Header().Get(HeaderReplayed) != "true" {
		t.Errorf("within the hour: %s; want %s", again.Body, first.Body)
	}
	b.time = b.time.Add(1)
	if anew := b.send(t, "acme", key); anew.Body.String() == first.Body.String() || anew.Header().Get(HeaderReplayed) != "" {
		t.Errorf("after the hour: %s", anew.Body)
	}
	// Its hour begins with the new run, not with the repeat.
	b.time = b.time.Add(idempotency.Window - 1)
	b.send(t, "acme", key)
	if runs := b.counter.runs.Load(); runs != 2 {
		t.Errorf("it ran %d times; want 2", runs)
	}
}

func TestTwoPartnersMayUseOneKey(t *testing.T) {
	b := newBench(numbered)
	key := uuid.NewString()
	one, other := b.send(t, "acme", key), b.send(t, "ucme", key)
	if one.Body.String() == other.Body.String() || other.Header().Get(HeaderReplayed) != "" {
		t.Errorf("one partner gets the other's answer: %s", other.Body)
	}
}

func TestARepeatThatOvertakesItsFirstIsRefused(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	b := newBench(func(run int64) (partnerserver.FundAccountOutput, error) {
		close(started)
		<-finish
		return numbered(run)
	})
	key := uuid.NewString()
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- b.send(t, "acme", key) }()
	<-started
	early := b.send(t, "acme", key)
	if early.Code != http.StatusConflict || early.Header().Get("Retry-After") != "1" || early.Header().Get(HeaderReplayed) != "" ||
		early.Header().Get("Content-Type") != "application/json" || !strings.Contains(early.Body.String(), "in progress") {
		t.Errorf("%d %v %s", early.Code, early.Header(), early.Body)
	}
	// Even when the first takes longer than the hour.
	b.time = b.time.Add(2 * idempotency.Window)
	if late := b.send(t, "acme", key); late.Code != http.StatusConflict {
		t.Errorf("%d %s", late.Code, late.Body)
	}
	b.time = b.time.Add(-2 * idempotency.Window)
	close(finish)
	done := <-first
	if again := b.send(t, "acme", key); again.Body.String() != done.Body.String() || again.Header().Get(HeaderReplayed) != "true" {
		t.Errorf("afterwards: %s; want %s", again.Body, done.Body)
	}
	if runs := b.counter.runs.Load(); runs != 1 {
		t.Errorf("it ran %d times", runs)
	}
}

// An operation changes the bank as its last step, so nothing happened when it panicked: the key must stay good.
func TestAPanicIsNotStored(t *testing.T) {
	b := newBench(func(run int64) (partnerserver.FundAccountOutput, error) {
		if run == 1 {
			panic("disk on fire")
		}
		return numbered(run)
	})
	key := uuid.NewString()
	if w := b.send(t, "acme", key); w.Code != http.StatusInternalServerError {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	second := b.send(t, "acme", key)
	if second.Code != http.StatusTeapot || second.Header().Get(HeaderReplayed) != "" {
		t.Errorf("the second attempt: %d %s", second.Code, second.Body)
	}
	if third := b.send(t, "acme", key); third.Body.String() != second.Body.String() || third.Header().Get(HeaderReplayed) != "true" {
		t.Errorf("its repeat: %s; want %s", third.Body, second.Body)
	}
}

// A key that panicked and was used again is young, though it stands among old ones.
func TestAPanicDoesNotKeepOtherKeysAlive(t *testing.T) {
	b := newBench(func(run int64) (partnerserver.FundAccountOutput, error) {
		if run == 1 {
			panic("disk on fire")
		}
		return numbered(run)
	})
	panicked, other := uuid.NewString(), uuid.NewString()
	b.send(t, "acme", panicked)
	b.send(t, "acme", other)
	b.time = b.time.Add(idempotency.Window / 2)
	young := b.send(t, "acme", panicked)
	b.time = b.time.Add(idempotency.Window / 2)
	if w := b.send(t, "acme", other); w.Header().Get(HeaderReplayed) != "" {
		t.Error("the hour of the other key is over, and it is replayed")
	}
	if w := b.send(t, "acme", panicked); w.Body.String() != young.Body.String() || w.Header().Get(HeaderReplayed) != "true" {
		t.Errorf("the young answer is gone: %s; want %s", w.Body, young.Body)
	}
	b.time = b.time.Add(2 * idempotency.Window)
	b.send(t, "acme", uuid.NewString())
	if len(b.replays.entries) != 1 || len(b.replays.order) != 1 {
		t.Errorf("%d entries, %d in order; want the last alone", len(b.replays.entries), len(b.replays.order))
	}
}

// A failure that was answered is an answer, and what it did is not known: it is stored.
func TestAFailureIsStored(t *testing.T) {
	b := newBench(func(int64) (partnerserver.FundAccountOutput, error) { return nil, errors.New("disk on fire") })
	key := uuid.NewString()
	first, second := b.send(t, "acme", key), b.send(t, "acme", key)
	if first.Code != http.StatusInternalServerError || second.Code != first.Code || second.Header().Get(HeaderReplayed) != "true" || b.counter.runs.Load() != 1 {
		t.Errorf("%d, then %d, %d runs", first.Code, second.Code, b.counter.runs.Load())
	}
}

// To forget an answer within its hour could pay twice. Rather nothing new is done.
func TestTooManyKeysAreRefusedAndNoneIsForgotten(t *testing.T) {
	b := newBench(numbered)
	key := uuid.NewString()
	first := b.send(t, "acme", key)
	for len(b.replays.entries) < maxReplays {
		entry := &replayEntry{key: replayKey{"acme", uuid.NewString()}, claimed: b.time, done: true}
		b.replays.entries[entry.key] = entry
		b.replays.order = append(b.replays.order, entry)
	}
	if w := b.send(t, "acme", uuid.NewString()); w.Code != http.StatusServiceUnavailable || b.counter.runs.Load() != 1 {
		t.Errorf("a new key: %d %s, %d runs", w.Code, w.Body, b.counter.runs.Load())
	}
	if w := b.send(t, "acme", key); w.Body.String() != first.Body.String() || w.Header().Get(HeaderReplayed) != "true" {
		t.Errorf("a known key: %d %s", w.Code, w.Body)
	}
	b.time = b.time.Add(idempotency.Window)
	if w := b.send(t, "acme", uuid.NewString()); w.Code != http.StatusTeapot || len(b.replays.entries) != 1 {
		t.Errorf("an hour later: %d %s, %d entries", w.Code, w.Body, len(b.replays.entries))
	}
}

func TestEachPartOfARequestCounts(t *testing.T) {
	base := func() *http.Request { return httptest.NewRequest(http.MethodPost, "/a/?b=c", nil) }
	want := fingerprint(base(), []byte("body"))
	if fingerprint(base(), []byte("body")) != want {
		t.Error("the same request has two fingerprints")
	}
	for name, got := range map[string][32]byte{
		"the method":       fingerprint(httptest.NewRequest(http.MethodPatch, "/a/?b=c", nil), []byte("body")),
		"the path":         fingerprint(httptest.NewRequest(http.MethodPost, "/b/?b=c", nil), []byte("body")),
		"the query string": fingerprint(httptest.NewRequest(http.MethodPost, "/a/?b=d", nil), []byte("body")),
		"the body":         fingerprint(base(), []byte("bodY")),
		"a moved byte":     fingerprint(httptest.NewRequest(http.MethodPost, "/a/?b=", nil), []byte("cbody")),
	} {
		if got == want {
			t.Errorf("%s does not count", name)
		}
	}
}
