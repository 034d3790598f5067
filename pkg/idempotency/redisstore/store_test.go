package redisstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns a client of a server, of a cluster if that is what the server is.
func connect(t testing.TB, server *redisserver.Server, cluster bool) redis.UniversalClient {
	t.Helper()
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: []string{server.Addr()}, IsClusterMode: cluster, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func newStore(t testing.TB, client redis.UniversalClient) *redisstore.Store {
	t.Helper()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// clocked is a store whose clock moves between steps only. A step takes along how far the clock has been moved, so the clock of
// the server would jump back and forth if it were moved while steps are on their way.
type clocked struct {
	*redisstore.Store
	mu sync.RWMutex
}

func (c *clocked) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Store.Advance(d)
}

func (c *clocked) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.Store.Claim(ctx, claim)
}

func (c *clocked) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.Store.Renew(ctx, hold, lease)
}

func (c *clocked) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.Store.Complete(ctx, hold, response)
}

func (c *clocked) Release(ctx context.Context, hold idempotency.Hold) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.Store.Release(ctx, hold)
}

func TestAServerAndAClusterKeepTheContractOfAStore(t *testing.T) {
	t.Parallel()
	for name, cluster := range map[string]bool{"server": false, "cluster": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := connect(t, redisserver.ForTest(t, redisserver.Options{Cluster: cluster}), cluster)
			storetest.Run(t, func(t *testing.T) storetest.Subject {
				store := &clocked{Store: newStore(t, client)}
				return storetest.Subject{Store: store, Advance: store.Advance}
			})
		})
	}
}
