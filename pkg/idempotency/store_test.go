package idempotency_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

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

func TestMemoryKeepsTheContractOfStores(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		clock := newTestClock()
		return storetest.Subject{Store: newMemory(t, idempotency.MemoryConfig{Now: clock.Now}), Advance: clock.Advance}
	})
}

func TestMemoryKeepsTheContractOfStoresByTheSystemsClock(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		return storetest.Subject{Store: newMemory(t, idempotency.MemoryConfig{})}
	})
}
