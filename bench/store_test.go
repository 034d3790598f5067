package bench_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jiko-partner/partner-go/bench"
	"github.com/jiko-partner/partner-go/internal/pgserver"
	"github.com/jiko-partner/partner-go/internal/redisserver"
)

// Every measured claim is of a new key and every replay finds its response; a step that does not fails.
func TestTheStepsOfEachStoreSucceed(t *testing.T) {
	for name, start := range map[string]func(context.Context) (bench.Steps, func(), error){
		"Memory": func(ctx context.Context) (bench.Steps, func(), error) {
			steps, err := bench.Memory(ctx)
			return steps, func() {}, err
		},
		"Redis": bench.Redis, "PostgreSQL": bench.PostgreSQL,
	} {
		t.Run(name, func(t *testing.T) {
			steps, stop, err := start(t.Context())
			if errors.Is(err, redisserver.ErrNotInstalled) || errors.Is(err, pgserver.ErrNotInstalled) {
				if os.Getenv("CI") != "" {
					t.Fatal(err)
				}
				t.Skipf("%v: install the packages redis-server and postgresql", err)
			} else if err != nil {
				t.Fatal(err)
			}
			defer stop()
			for what, do := range map[string]func(context.Context) error{
				"claim and complete": steps.ClaimAndComplete, "replay": steps.Replay, "round trip": steps.RoundTrip,
				"writes": steps.Writes,
			} {
				for range 3 {
					if do == nil {
						continue
					}
					if err := do(t.Context()); err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
			}
		})
	}
	store, err := bench.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	if err := bench.Fill(t.Context(), store, 100); err != nil || store.Len() != 100 {
		t.Errorf("%d keys, %v", store.Len(), err)
	}
}
