package storetest

import (
	"context"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Steady returns a Subject whose clock does not move during a step. It is for a store that cannot move its server's
// clock and tells the server with each step how far to move it: a step that is sent before a move and executed after it
// would go by a clock that no server has.
func Steady(store idempotency.Store, advance func(time.Duration)) Subject {
	s := &steady{store: store}
	return Subject{Store: s, Advance: func(d time.Duration) {
		s.clock.Lock()
		defer s.clock.Unlock()
		advance(d)
	}}
}

type steady struct {
	store idempotency.Store
	clock sync.RWMutex
}

// Claim implements idempotency.Store.
func (s *steady) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Claim(ctx, claim)
}

// Renew implements idempotency.Store.
func (s *steady) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Renew(ctx, hold, lease)
}

// Complete implements idempotency.Store.
func (s *steady) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Complete(ctx, hold, response)
}

// Release implements idempotency.Store.
func (s *steady) Release(ctx context.Context, hold idempotency.Hold) error {
	s.clock.RLock()
	defer s.clock.RUnlock()
	return s.store.Release(ctx, hold)
}
