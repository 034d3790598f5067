package idempotency_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const aKey = "497f6eca-6276-4993-bfeb-53cbbbba6f08"

// protect puts a handler behind a guard, with a Memory if config has no store.
func protect(t testing.TB, config idempotency.Config, handler http.HandlerFunc) http.Handler {
	t.Helper()
	if config.Store == nil {
		config.Store = memory(t)
	}
	guard, err := idempotency.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return guard.Middleware(handler)
}

func memory(t testing.TB) *idempotency.Memory {
	t.Helper()
	m, err := idempotency.NewMemory(idempotency.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// post is a request with a key.
func post(key, body string) *http.Request {
	r := httptest.NewRequest("POST", "/payments/", strings.NewReader(body))
	if key != "" {
		r.Header.Set(idempotency.Header, key)
	}
	return r
}

func serve(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// pay is a handler that counts how often it has paid.
func pay(count *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "unreadable", http.StatusBadRequest)
			return
		}
		n := count.Add(1)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Location", "/payments/1/")
		w.Header().Set("X-Trace", "of the first")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "payment %d of %s", n, body)
	}
}

var errDead = errors.New("connection refused")

// hooks is a store of which parts can be broken.
type hooks struct {
	idempotency.Store
	claim    func(context.Context, idempotency.Claim) (idempotency.Outcome, error)
	complete func(context.Context, idempotency.Hold, []byte) error
	renew    func() error
}

func (h *hooks) Claim(ctx context.Context, c idempotency.Claim) (idempotency.Outcome, error) {
	if h.claim != nil {
		return h.claim(ctx, c)
	}
	return h.Store.Claim(ctx, c)
}

func (h *hooks) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	if h.complete != nil {
		return h.complete(ctx, hold, response)
	}
	return h.Store.Complete(ctx, hold, response)
}

func (h *hooks) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	if h.renew != nil {
		if err := h.renew(); err != nil {
			return err
		}
	}
	return h.Store.Renew(ctx, hold, lease)
}

// claimOf is a claim of a key that is forgotten after an hour.
func claimOf(key string) idempotency.Claim {
	return idempotency.Claim{Scope: "acme", Key: key, Lease: time.Minute, Window: time.Hour}
}

// mustClaim returns the hold that a claim gives.
func mustClaim(t testing.TB, store idempotency.Store, claim idempotency.Claim) idempotency.Hold {
	t.Helper()
	outcome, err := store.Claim(t.Context(), claim)
	if err != nil || outcome.State != idempotency.StateMine {
		t.Fatalf("Claim = %s, %v", outcome.State, err)
	}
	return idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
}

// testClock is a clock that tests move.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newTestClock() *testClock { return &testClock{now: time.Unix(1_700_000_000, 0)} }

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newMemory(t testing.TB, config idempotency.MemoryConfig) *idempotency.Memory {
	t.Helper()
	memory, err := idempotency.NewMemory(config)
	if err != nil {
		t.Fatal(err)
	}
	return memory
}
