package delivery_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook/delivery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var secret = signing.NewSecret("0123456789abcdef")

// body is an event of the contract, whose id says which one it is.
func body(n int) []byte {
	return fmt.Appendf(nil, `{"event_id":"00000000-0000-4000-8000-%012x","event_type":"card.status.open",`+
		`"timestamp":"2026-01-05T15:00:00Z","payload":{"card_id":"497f6eca-6276-4993-bfeb-53cbbbba6f08",`+
		`"status":"OPEN"}}`, n)
}

// clock is one that a test moves.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	moved chan struct{}
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC), moved: make(chan struct{})}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
	close(c.moved)
	c.moved = make(chan struct{})
}

func (c *clock) Wait(ctx context.Context, until time.Time) {
	for {
		c.mu.Lock()
		now, moved := c.now, c.moved
		c.mu.Unlock()
		if !now.Before(until) {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return
		}
	}
}

// notebook is a queue that notes what is recorded, and fails on demand.
type notebook struct {
	delivery.Memory
	mu       sync.Mutex
	attempts map[string][]delivery.Attempt
	// fail, if it is not nil, is asked before each step.
	fail func(step string) error
}

func (n *notebook) Next(ctx context.Context, q delivery.Query) (*delivery.Delivery, time.Time, error) {
	if n.fail != nil {
		if err := n.fail("next"); err != nil {
			return nil, time.Time{}, err
		}
	}
	return n.Memory.Next(ctx, q)
}

func (n *notebook) Record(ctx context.Context, d delivery.Delivery, a delivery.Attempt) error {
	if n.fail != nil {
		if err := n.fail("record"); err != nil {
			return err
		}
	}
	n.mu.Lock()
	if n.attempts == nil {
		n.attempts = map[string][]delivery.Attempt{}
	}
	n.attempts[d.ID] = append(n.attempts[d.ID], a)
	n.mu.Unlock()
	return n.Memory.Record(ctx, d, a)
}

func (n *notebook) of(id string) []delivery.Attempt {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.attempts[id]
}

// open makes a deliverer that may call this machine, and closes it when the test ends.
func open(t testing.TB, config delivery.Config) *delivery.Deliverer {
	t.Helper()
	config.AllowPlain, config.AllowPrivate = true, config.Transport == nil
	d, err := delivery.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = d.Close(ctx)
	})
	return d
}

func settle(t testing.TB, d *delivery.Deliverer) {
	t.Helper()
	if err := d.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func add(t testing.TB, queue interface{ Add(delivery.Delivery) error }, all ...delivery.Delivery) {
	t.Helper()
	for i, d := range all {
		if d.Secret.IsZero() {
			d.Secret = secret
		}
		if d.Body == nil {
			d.Body = body(i)
		}
		if d.Subscription == "" {
			d.Subscription = "s"
		}
		if err := queue.Add(d); err != nil {
			t.Fatal(err)
		}
	}
}

// serve answers deliveries, and ends with the test.
func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// exchange is a transport that answers without a connection.
type exchange func(*http.Request) (*http.Response, error)

func (e exchange) RoundTrip(r *http.Request) (*http.Response, error) { return e(r) }

func answer(status int) *http.Response {
	return &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}}
}
