package partner_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/partner"
)

func TestAnOwnKeyIsForOneRequest(t *testing.T) {
	from, to := uuid.New(), uuid.New()
	send := func(client *partner.Client, cents int64, key idempotency.Key) error {
		_, err := client.OnUsTransfers.Create(t.Context(), order(t, from, to, cents), partner.WithIdempotencyKey(key))
		return err
	}
	a, s := scripted(t, transferCreated)
	client := a.client(t)
	clock := newClock(client)
	key := idempotency.NewKey()
	for _, c := range []struct {
		name     string
		after    time.Duration
		call     func() error
		refused  bool
		requests int
	}{
		{"the first request", 0, func() error { return send(client, 1, key) }, false, 1},
		{"the same request", time.Minute, func() error { return send(client, 1, key) }, false, 2},
		{"another amount", 0, func() error { return send(client, 2, key) }, true, 2},
		{"another operation", 0, func() error { return read(t.Context(), client, partner.WithIdempotencyKey(key)) },
			true, 2},
		{"a file", 0, func() error {
			return upload(t.Context(), client, strings.NewReader("x"), partner.WithIdempotencyKey(key))
		}, true, 2},
		{"another amount with another key", 0, func() error { return send(client, 2, idempotency.NewKey()) }, false, 3},
		{"another client does not know", 0, func() error { return send(a.client(t), 2, key) }, false, 4},
		{"the same request at the end of the window", 58 * time.Minute, func() error { return send(client, 1, key) },
			false, 5},
		{"another amount just before it", 59 * time.Second, func() error { return send(client, 2, key) }, true, 5},
		{"another amount after the window", 2 * time.Second, func() error { return send(client, 2, key) }, false, 6},
		{"and now the first request is the other one", 0, func() error { return send(client, 1, key) }, true, 6},
	} {
		clock.advance(c.after)
		err := c.call()
		if errors.Is(err, partner.ErrKeyReused) != c.refused || (err != nil) != c.refused ||
			len(s.requests()) != c.requests {
			t.Errorf("%s: %v after %d requests", c.name, err, len(s.requests()))
		}
		if c.refused && !errors.Is(err, partner.ErrNotSent) {
			t.Errorf("%s: nothing was sent, but the error says %v", c.name, err)
		}
	}
}

func TestAnOwnKeyIsForOneFile(t *testing.T) {
	a, s := scripted(t, status(403))
	client := a.client(t)
	key := partner.WithIdempotencyKey(idempotency.NewKey())
	for i, c := range []struct {
		file   io.Reader
		reused bool
	}{
		{strings.NewReader("a file"), false}, {bare{strings.NewReader("a file")}, false},
		{strings.NewReader("another"), true}, {bare{strings.NewReader("another")}, true},
	} {
		if err := upload(t.Context(), client, c.file, key); errors.Is(err, partner.ErrKeyReused) != c.reused {
			t.Errorf("file %d: %v", i+1, err)
		}
	}
	if len(s.requests()) != 2 {
		t.Errorf("%d requests", len(s.requests()))
	}
}

func TestAnOwnKeyIsForOneQuery(t *testing.T) {
	a, s := scripted(t, status(403))
	client := a.client(t)
	key := partner.WithIdempotencyKey(idempotency.NewKey())
	for _, limit := range []int{1, 1, 2} {
		_, err := client.Subscriptions.List(t.Context(), &partner.ListSubscriptionsParams{Limit: &limit}, key)
		if errors.Is(err, partner.ErrKeyReused) != (limit == 2) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	if len(s.requests()) != 2 {
		t.Errorf("%d requests", len(s.requests()))
	}
}

func TestOfManyCallsWithOneKeyOnlyOneRequestIsSent(t *testing.T) {
	from, to := uuid.New(), uuid.New()
	a, s := scripted(t, transferCreated)
	client := a.client(t)
	key := partner.WithIdempotencyKey(idempotency.NewKey())
	var group sync.WaitGroup
	for i := range 100 {
		body := order(t, from, to, int64(1+i%10))
		group.Go(func() {
			if _, err := client.OnUsTransfers.Create(t.Context(), body, key); err != nil &&
				!errors.Is(err, partner.ErrKeyReused) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	bodies := map[string]bool{}
	for _, request := range s.requests() {
		bodies[request.body] = true
	}
	if len(bodies) != 1 || len(s.requests()) != 10 {
		t.Errorf("%d different bodies in %d requests", len(bodies), len(s.requests()))
	}
}

// A call that sent nothing takes back the time of its key, but not that of another one, which did send something.
func TestTheWindowOfAKeyBeginsWithTheFirstOfTwoCallsThatWasSent(t *testing.T) {
	server, script := scripted(t, hangUp, transferCreated)
	type unsent struct{}
	dialing, fails := make(chan struct{}), make(chan struct{})
	client := server.configured(t, func(c *partner.Config) {
		c.MaxRetries = -1
		c.Middleware = []func(http.RoundTripper) http.RoundTripper{func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Context().Value(unsent{}) == nil {
					return next.RoundTrip(r)
				}
				close(dialing)
				<-fails
				return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
			})
		}}
	})
	clock := newClock(client)
	key := partner.WithIdempotencyKey(partner.KeyFor("payouts", "4711"))
	body := order(t, uuid.New(), uuid.New(), 100)
	pay := func(ctx context.Context) error {
		_, err := client.OnUsTransfers.Create(ctx, body, key)
		return err
	}
	_ = read(t.Context(), client) // It logs in.
	script.reset()
	first := make(chan error)
	go func() { first <- pay(context.WithValue(t.Context(), unsent{}, true)) }()
	<-dialing
	if err := pay(t.Context()); !errors.Is(err, partner.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	close(fails)
	if err := <-first; err == nil {
		t.Fatal("the first call did not fail")
	}
	clock.advance(partner.KeyWindow + time.Minute)
	if err := pay(t.Context()); !errors.Is(err, partner.ErrKeyExpired) {
		t.Errorf("after the window: %v, %d requests", err, len(script.requests()))
	}
}
