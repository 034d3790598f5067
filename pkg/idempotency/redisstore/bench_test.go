package redisstore_test

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// each runs a benchmark on a server with and without a disk, by a client with one connection. What a step costs beside
// a PING is the script, and what the disk takes.
func each(b *testing.B, run func(b *testing.B, client *redis.Client)) {
	for name, volatile := range map[string]bool{"memory": true, "appendfsync-always": false} {
		b.Run(name, func(b *testing.B) {
			server := redisserver.ForTest(b, redisserver.Options{Volatile: volatile})
			client := redis.NewClient(&redis.Options{Addr: server.Addr(), PoolSize: 1, ContextTimeoutEnabled: true})
			b.Cleanup(func() { _ = client.Close() })
			b.ReportAllocs()
			run(b, client)
		})
	}
}

var response = make([]byte, 200)

func BenchmarkClaimAndComplete(b *testing.B) {
	each(b, func(b *testing.B, client *redis.Client) {
		store := newStore(b, client)
		n := 0
		for b.Loop() {
			n++
			must(b, store.Complete(b.Context(), mine(b, store, newClaim(fmt.Sprintf("key-%d", n))), response))
		}
	})
}

func BenchmarkTwoPings(b *testing.B) {
	each(b, func(b *testing.B, client *redis.Client) {
		for b.Loop() {
			must(b, client.Ping(b.Context()).Err())
			must(b, client.Ping(b.Context()).Err())
		}
	})
}

func BenchmarkReplay(b *testing.B) {
	each(b, func(b *testing.B, client *redis.Client) {
		store := newStore(b, client)
		must(b, store.Complete(b.Context(), mine(b, store, newClaim("key")), response))
		for b.Loop() {
			want(b, store, idempotency.StateDone, newClaim("key"))
		}
	})
}

func BenchmarkOnePing(b *testing.B) {
	each(b, func(b *testing.B, client *redis.Client) {
		for b.Loop() {
			must(b, client.Ping(b.Context()).Err())
		}
	})
}
