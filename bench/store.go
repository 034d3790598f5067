package bench

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

// storedResponse has 200 bytes, like a small JSON answer.
var storedResponse = make([]byte, 200)

// Steps are what a middleware asks of a store, beside empty round trips on the same connection.
type Steps struct {
	// ClaimAndComplete executes a new key; Replay asks for one that is done.
	ClaimAndComplete, Replay func(context.Context) error
	// RoundTrip makes the server do nothing. Writes makes the two writes that a claim and a completion cannot do
	// without. Both are nil for a Memory.
	RoundTrip, Writes func(context.Context) error
}

// keys makes a key for each claim.
type keys struct{ last atomic.Int64 }

func (k *keys) claim() idempotency.Claim {
	const twelveDigits = 0x1000_0000_0000
	return idempotency.Claim{
		Scope: "acme", Key: "497f6eca-6276-4993-bfeb-" + strconv.FormatInt(twelveDigits+k.last.Add(1), 16),
		Lease: time.Minute, Window: time.Hour,
	}
}

func steps(ctx context.Context, store idempotency.Store) (Steps, error) {
	k := new(keys)
	done := k.claim()
	execute := func(ctx context.Context, claim idempotency.Claim) error {
		outcome, err := store.Claim(ctx, claim)
		if err != nil {
			return err
		}
		return store.Complete(ctx, idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token},
			storedResponse)
	}
	if err := execute(ctx, done); err != nil {
		return Steps{}, err
	}
	return Steps{
		ClaimAndComplete: func(ctx context.Context) error { return execute(ctx, k.claim()) },
		Replay: func(ctx context.Context) error {
			outcome, err := store.Claim(ctx, done)
			if err == nil && outcome.State != idempotency.StateDone {
				err = fmt.Errorf("what was completed is %s", outcome.State)
			}
			return err
		},
	}, nil
}

// NewMemory returns a Memory with room for all keys that are measured.
func NewMemory() (*idempotency.Memory, error) {
	return idempotency.NewMemory(idempotency.MemoryConfig{MaxKeys: 10_000_000, MaxBytes: 1 << 40})
}

// Memory returns the steps of an idempotency.Memory.
func Memory(ctx context.Context) (Steps, error) {
	store, err := NewMemory()
	if err != nil {
		return Steps{}, err
	}
	return steps(ctx, store)
}

// Fill executes count keys in a Memory.
func Fill(ctx context.Context, store *idempotency.Memory, count int) error {
	k := new(keys)
	for range count {
		claim := k.claim()
		outcome, err := store.Claim(ctx, claim)
		if err != nil {
			return err
		}
		response := make([]byte, len(storedResponse))
		if err := store.Complete(ctx, idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token},
			response); err != nil {
			return err
		}
	}
	return nil
}

// Redis returns the steps of a store on one connection to a private server that does not wait for a disk, which would
// hide everything else. It fails with redisserver.ErrNotInstalled if Redis is missing.
func Redis(ctx context.Context) (_ Steps, stop func(), err error) {
	server, err := redisserver.Start(ctx, redisserver.Options{Volatile: true})
	if err != nil {
		return Steps{}, nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), PoolSize: 1, ContextTimeoutEnabled: true})
	stop = func() { _ = client.Close(); _ = server.Close() }
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		stop()
		return Steps{}, nil, err
	}
	s, err := steps(ctx, store)
	if err != nil {
		stop()
		return Steps{}, nil, err
	}
	s.RoundTrip = func(ctx context.Context) error { return client.Ping(ctx).Err() }
	n := 0
	s.Writes = func(ctx context.Context) error {
		n++
		key := fmt.Sprintf("bare-%d", n)
		if err := client.Set(ctx, key, "held", time.Hour).Err(); err != nil {
			return err
		}
		return client.Set(ctx, key, storedResponse, time.Hour).Err()
	}
	return s, stop, nil
}

// PostgreSQL returns the steps of a store on one connection to a private server that does not wait for a disk. It fails
// with pgserver.ErrNotInstalled if PostgreSQL is missing.
func PostgreSQL(ctx context.Context) (_ Steps, stop func(), err error) {
	server, err := pgserver.Start(ctx, pgserver.Options{Volatile: true})
	if err != nil {
		return Steps{}, nil, err
	}
	config, err := pgxpool.ParseConfig(server.URL())
	if err != nil {
		_ = server.Close()
		return Steps{}, nil, err
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		_ = server.Close()
		return Steps{}, nil, err
	}
	stop = func() { pool.Close(); _ = server.Close() }
	s, err := inPool(ctx, pool)
	if err != nil {
		stop()
		return Steps{}, nil, err
	}
	return s, stop, nil
}

func inPool(ctx context.Context, pool *pgxpool.Pool) (Steps, error) {
	if err := pgstore.Migrate(ctx, pool, pgstore.Config{}); err != nil {
		return Steps{}, err
	}
	if _, err := pool.Exec(ctx, "CREATE TABLE bare (id bigint PRIMARY KEY, response bytea)"); err != nil {
		return Steps{}, err
	}
	store, err := pgstore.New(pool, pgstore.Config{})
	if err != nil {
		return Steps{}, err
	}
	s, err := steps(ctx, store)
	if err != nil {
		return Steps{}, err
	}
	s.RoundTrip = func(ctx context.Context) error {
		var one int
		return pool.QueryRow(ctx, "SELECT 1").Scan(&one)
	}
	n := 0
	s.Writes = func(ctx context.Context) error {
		n++
		if _, err := pool.Exec(ctx, "INSERT INTO bare VALUES ($1)", n); err != nil {
			return err
		}
		_, err := pool.Exec(ctx, "UPDATE bare SET response = $2 WHERE id = $1", n, storedResponse)
		return err
	}
	return s, nil
}
