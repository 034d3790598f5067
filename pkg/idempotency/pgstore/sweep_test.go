package pgstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

// Sweeping takes nothing away that anybody needs, whatever is under way.
func TestAStoreKeepsTheContractWhileItIsSwept(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		store := d.store(t)
		ctx, stop := context.WithCancel(t.Context())
		var sweeper sync.WaitGroup
		var clock sync.RWMutex // As with the steps of Steady, a deletion must not go by a clock that was moved since.
		sweeper.Go(func() {
			for ctx.Err() == nil {
				clock.RLock()
				_, err := store.DeleteExpired(ctx, 5)
				clock.RUnlock()
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				time.Sleep(time.Millisecond) // There is something to do only when the clock was moved.
			}
		})
		t.Cleanup(func() {
			stop()
			sweeper.Wait()
		})
		return storetest.Steady(store, func(d time.Duration) {
			clock.Lock()
			defer clock.Unlock()
			store.Advance(d)
		})
	})
}

func TestASweepDeletesAllThatHasExpired(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	store := d.store(t)
	d.do(t, `INSERT INTO idempotency_records
		(scope, key, fingerprint, lease_until, expires_at, time_window, delete_after, response)
		SELECT 'old', i::text, '\x01', now() - interval '2 hours', now() - interval '1 hour', '1 hour',
			now() - interval '1 hour', 'personal' FROM generate_series(1, 2500) i`)
	living := claimer(store.Claim).mine(t, claimOf("living"))
	// rounds sweeps until as many rounds are over, and returns what they deleted.
	rounds := func(sweep func(context.Context, time.Duration, func(int64, error)) error, n int) (deleted []int64) {
		ctx, cancel := context.WithCancel(t.Context())
		err := sweep(ctx, time.Millisecond, func(count int64, err error) {
			if err != nil {
				t.Error(err)
			}
			if deleted = append(deleted, count); len(deleted) == n {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("ended by %v", err)
		}
		return deleted
	}
	if deleted := rounds(store.Sweep, 2); !slices.Equal(deleted, []int64{2500, 0}) {
		t.Errorf("deleted %d", deleted)
	}
	if n := d.count(t, "idempotency_records"); n != 1 {
		t.Errorf("%d records are left", n)
	}
	if err := store.Complete(t.Context(), living, nil); err != nil {
		t.Errorf("what was held: %v", err)
	}
	transactional := d.transactional(t)
	transactional.Advance(2 * time.Hour)
	if deleted := rounds(transactional.Sweep, 1); !slices.Equal(deleted, []int64{1}) {
		t.Errorf("deleted %d", deleted)
	}
	if n, err := transactional.DeleteExpired(t.Context(), 1); n != 0 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
}

func TestASweepGoesOnWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	store := d.store(t)
	d.do(t, "ALTER TABLE idempotency_records RENAME TO elsewhere")
	ctx, cancel := context.WithCancel(t.Context())
	var failures, rounds int
	err := store.Sweep(ctx, time.Millisecond, func(_ int64, err error) {
		if rounds++; err != nil {
			failures++
			d.do(t, "ALTER TABLE elsewhere RENAME TO idempotency_records")
			return
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) || failures != 1 || rounds != 2 {
		t.Errorf("%d failures in %d rounds, ended by %v", failures, rounds, err)
	}
	for _, every := range []time.Duration{0, -1} {
		if err := store.Sweep(t.Context(), every, nil); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("an interval of %s: %v", every, err)
		}
	}
}
