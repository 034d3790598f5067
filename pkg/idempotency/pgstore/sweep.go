package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sweepBatch is how many records a sweep deletes at once, so that none of its transactions is long.
const sweepBatch = 1000

// DeleteExpired deletes records that expired or were released more than a minute ago. It deletes up to limit records
// and returns how many. Expired records do no harm but take up space, and hold responses that nobody needs any longer.
// Any number of processes may do so at once, beside claims. It fails if the limit is not positive.
func (s *Store) DeleteExpired(ctx context.Context, limit int) (int64, error) {
	if err := s.made(); err != nil {
		return 0, err
	}
	if limit < 1 {
		return 0, fmt.Errorf("pgstore: a limit of %d records", limit)
	}
	tag, err := s.db.Exec(ctx, s.sql.deleteExpired, s.offset(), limit)
	return tag.RowsAffected(), failed("deleting expired records", err)
}

// Sweep deletes all records that DeleteExpired would, in batches, and again each time that an interval has passed,
// until ctx ends, whose error it returns. After each round it calls observe, unless that is nil, with how many records
// were deleted and, if the round could not be finished, why not. Any number of processes may sweep at once. It fails at
// once if the interval is not positive.
func (s *Store) Sweep(ctx context.Context, every time.Duration, observe func(deleted int64, err error)) error {
	if err := s.made(); err != nil {
		return err
	}
	if every <= 0 {
		return errors.New("pgstore: the interval between two sweeps is not positive")
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		deleted, err := s.sweep(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if observe != nil {
			observe(deleted, err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sweep is one round.
func (s *Store) sweep(ctx context.Context) (deleted int64, err error) {
	for {
		n, err := s.DeleteExpired(ctx, sweepBatch)
		deleted += n
		if err != nil || n < sweepBatch {
			return deleted, err
		}
	}
}

// DeleteExpired is that of a Store.
func (t *Transactional) DeleteExpired(ctx context.Context, limit int) (int64, error) {
	return t.store.DeleteExpired(ctx, limit)
}

// Sweep is that of a Store. It uses a connection of the pool while it deletes.
func (t *Transactional) Sweep(ctx context.Context, every time.Duration, observe func(deleted int64, err error)) error {
	return t.store.Sweep(ctx, every, observe)
}
