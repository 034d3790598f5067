package pgstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/pgstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

func TestAStoreKeepsTheContract(t *testing.T) {
	// Cases have scopes of their own.
	d := newDatabase(t)
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		store := &steady{store: d.store(t)}
		return storetest.Subject{Store: store, Advance: store.Advance}
	})
}

// steady is a Store whose clock does not jump in mid-statement. A statement that was sent before a jump and executed after it
// would have a clock that is wrong by as much, as no database has.
type steady struct {
	clock sync.RWMutex
	store *pgstore.Store
}

func (s *steady) Advance(d time.Duration) {
	s.clock.Lock()
	defer s.clock.Unlock()
	s.store.Advance(d)
}

func (s *steady) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Claim(ctx, claim)
}

func (s *steady) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Renew(ctx, hold, lease)
}

func (s *steady) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Complete(ctx, hold, response)
}

func (s *steady) Release(ctx context.Context, hold idempotency.Hold) error {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Release(ctx, hold)
}
