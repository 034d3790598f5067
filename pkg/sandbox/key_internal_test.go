package sandbox

import (
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// The keys of the bank are a store like any other.
func TestTheKeysAreAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		var mu sync.Mutex
		now := time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
		b, err := bank.Open(bank.Config{Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		k, err := newKeys(b)
		if err != nil {
			t.Fatal(err)
		}
		return storetest.Steady(k, func(d time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			now = now.Add(d)
		})
	})
}
