package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/webhook"
	"github.com/jiko-partner/partner-go/pkg/webhook/webhooktest"
)

// marker stands for what must not get out: something of a body, a name, a secret.
const marker = "Zq7mArKeR"

// safeLog is a log that may be written to at any time.
type safeLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// receiver is a handler under test, with how often its function was called.
type receiver struct {
	*webhook.Handler
	calls atomic.Int32
	log   safeLog
}

// start makes a handler that is closed when the test ends. Secrets has a default; Handle is counted.
func start(t *testing.T, config webhook.Config) *receiver {
	t.Helper()
	r := &receiver{}
	if config.Secrets == nil && config.SecretsFunc == nil {
		config.Secrets = append(config.Secrets, oldSecret)
	}
	config.Logger = slog.New(slog.NewJSONHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	handle := config.Handle
	config.Handle = func(ctx context.Context, event *webhook.Event) error {
		r.calls.Add(1)
		if handle == nil {
			return nil
		}
		return handle(ctx, event)
	}
	var err error
	if r.Handler, err = webhook.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if strings.Contains(r.log.String(), marker) {
			t.Errorf("the log shows what it must not: %s", r.log.String())
		}
	})
	return r
}

// newEvent is an event that happens now, with the marker in it.
func newEvent(t *testing.T) *webhook.Event {
	t.Helper()
	body := strings.NewReplacer(id, uuid.NewString(), approvedAt, time.Now().Format(time.RFC3339Nano),
		"{", `{"name": "`+marker+`", `).Replace(approved)
	event, err := webhook.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// deliver delivers an event and checks what holds for every answer.
func (r *receiver) deliver(t *testing.T, event any) *http.Response {
	t.Helper()
	return r.serve(t, webhooktest.Request(t, "https://example.com/webhooks/", oldSecret, event))
}

func (r *receiver) serve(t *testing.T, request *http.Request) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("the answer is %q", got)
	}
	if text := fmt.Sprint(w.Header()) + w.Body.String(); strings.Contains(text, marker) ||
		strings.Contains(text, oldSecret.Reveal()) {
		t.Errorf("the answer shows what it must not: %s", text)
	}
	if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		t.Error("a 503 has no Retry-After")
	}
	return w.Result()
}

// want checks a status and how often the function was called so far.
func (r *receiver) want(t *testing.T, response *http.Response, status int, calls int32) {
	t.Helper()
	if response.StatusCode != status || r.calls.Load() != calls {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("status %d %s after %d calls; want %d after %d\n%s", response.StatusCode, body, r.calls.Load(), status,
			calls, r.log.String())
	}
}

// hooks is a store whose failures a test decides on. Unlike a Memory it heeds its context.
type hooks struct {
	idempotency.Store
	claim           func() (idempotency.Outcome, error)
	complete, renew func() error
	release         func() error
}

func newHooks() *hooks { return &hooks{Store: new(idempotency.Memory)} }

func (s *hooks) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if s.claim != nil {
		return s.claim()
	}
	if err := ctx.Err(); err != nil {
		return idempotency.Outcome{}, err
	}
	return s.Store.Claim(ctx, claim)
}

func (s *hooks) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	if s.renew != nil {
		if err := s.renew(); err != nil {
			return err
		}
	}
	return s.Store.Renew(ctx, hold, lease)
}

func (s *hooks) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	if s.complete != nil {
		return s.complete()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Store.Complete(ctx, hold, response)
}

func (s *hooks) Release(ctx context.Context, hold idempotency.Hold) error {
	if s.release != nil {
		return s.release()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Store.Release(ctx, hold)
}

// want demands what a store has of an event. StateMine means that it has nothing.
func want(t *testing.T, store idempotency.Store, event *webhook.Event, state idempotency.State) {
	t.Helper()
	outcome, err := store.Claim(t.Context(), idempotency.Claim{Scope: webhook.DefaultScope, Key: event.ID.String(),
		Lease: time.Minute, Window: time.Hour})
	if err != nil || outcome.State != state {
		t.Errorf("%s is %q, %v; want %q", event.ID, outcome.State, err, state)
	}
}

// observeInto collects the reports of deliveries that come one by one.
func observeInto(reports *[]webhook.Report) func(context.Context, webhook.Report) {
	return func(_ context.Context, r webhook.Report) { *reports = append(*reports, r) }
}
