package partner_test

import (
	"errors"
	"io"
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
