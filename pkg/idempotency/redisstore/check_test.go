package redisstore_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

func TestCheckSeesWhatAServerForgets(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{})
	client := connect(t, server, false)
	store := newStore(t, client)
	must(t, store.Check(t.Context()))
	for _, c := range []struct {
		setting, value, right, want string
	}{
		{"appendonly", "no", "yes", "appendonly yes"},
		{"appendfsync", "everysec", "always", "appendfsync always"},
		{"appendfsync", "no", "always", "appendfsync always"},
		{"maxmemory-policy", "allkeys-lru", "noeviction", "maxmemory-policy noeviction"},
		{"maxmemory-policy", "volatile-ttl", "noeviction", "maxmemory-policy noeviction"},
	} {
		must(t, client.ConfigSet(t.Context(), c.setting, c.value).Err())
		err := store.Check(t.Context())
		if !errors.Is(err, redisstore.ErrVolatile) || !strings.HasSuffix(err.Error(), "does not have "+c.want) {
			t.Errorf("%s %s: %v", c.setting, c.value, err)
		}
		must(t, client.ConfigSet(t.Context(), c.setting, c.right).Err())
	}
	must(t, store.Check(t.Context()))
	t.Run("all that is wrong", func(t *testing.T) {
		volatile := redisserver.ForTest(t, redisserver.Options{Volatile: true})
		err := newStore(t, connect(t, volatile, false)).Check(t.Context())
		if !errors.Is(err, redisstore.ErrVolatile) || !strings.Contains(err.Error(), "appendonly yes") ||
			!strings.Contains(err.Error(), "appendfsync always") || strings.Contains(err.Error(), "noeviction") {
			t.Errorf("%v", err)
		}
	})
}

// Servers that are rented keep their configuration to themselves.
func TestCheckSaysWhatItCannotSee(t *testing.T) {
	t.Parallel()
	server := redisserver.ForTest(t, redisserver.Options{})
	admin := connect(t, server, false)
	as := func(name string, rules ...any) *redisstore.Store {
		t.Helper()
		user := append([]any{"ACL", "SETUSER", name, "on", ">password", "~*", "+@all"}, rules...)
		must(t, admin.Do(t.Context(), user...).Err())
		client := redis.NewClient(&redis.Options{Addr: server.Addr(), Username: name, Password: "password",
			ContextTimeoutEnabled: true})
		t.Cleanup(func() { _ = client.Close() })
		return newStore(t, client)
	}
	tells, silent := as("tells", "-config"), as("silent", "-config", "-info")
	must(t, as("needs-no-info", "-info").Check(t.Context()))
	for name, c := range map[string]struct {
		store *redisstore.Store
		want  string
	}{
		"INFO tells most": {tells, "it must have appendfsync always"},
		"nothing is told": {silent, "it must have appendfsync always, appendonly yes, maxmemory-policy noeviction"},
	} {
		if err := c.store.Check(t.Context()); !errors.Is(err, redisstore.ErrUnchecked) ||
			!strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for setting, value := range map[string]string{"appendonly": "no", "maxmemory-policy": "allkeys-random"} {
		before, err := admin.ConfigGet(t.Context(), setting).Result()
		must(t, err)
		must(t, admin.ConfigSet(t.Context(), setting, value).Err())
		if err := tells.Check(t.Context()); !errors.Is(err, redisstore.ErrVolatile) ||
			!strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
		if err := silent.Check(t.Context()); !errors.Is(err, redisstore.ErrUnchecked) {
			t.Errorf("%s: %v", setting, err)
		}
		must(t, admin.ConfigSet(t.Context(), setting, before[setting]).Err())
	}
}

func TestCheckLooksAtTheMastersOfACluster(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{Cluster: true}), true)
	store := newStore(t, client)
	must(t, store.Check(t.Context()))
	must(t, client.(*redis.ClusterClient).ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error {
		return c.ConfigSet(ctx, "appendfsync", "no").Err()
	}))
	if err := store.Check(t.Context()); !errors.Is(err, redisstore.ErrVolatile) {
		t.Errorf("%v", err)
	}
}

// A server that does not answer is neither right nor wrong.
func TestCheckFailsWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // It takes connections and says nothing.
	must(t, err)
	defer func() { _ = listener.Close() }()
	silent := redis.NewClient(&redis.Options{Addr: listener.Addr().String(), ContextTimeoutEnabled: true})
	defer func() { _ = silent.Close() }()
	server := redisserver.ForTest(t, redisserver.Options{})
	stranger := redis.NewClient(&redis.Options{Addr: server.Addr(), Username: "stranger", Password: "hunter2",
		ContextTimeoutEnabled: true})
	defer func() { _ = stranger.Close() }()
	for name, client := range map[string]redis.UniversalClient{
		"nobody listens": connectNowhere(t), "nobody answers": silent, "no such user": stranger,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := newStore(t, client).Check(ctx)
		cancel()
		if err == nil || errors.Is(err, redisstore.ErrVolatile) || errors.Is(err, redisstore.ErrUnchecked) ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := new(redisstore.Store).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "made by New") {
		t.Errorf("the zero value says %v", err)
	}
}
