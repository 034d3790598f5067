package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// How many sends there are, on average, to one kill of a server and to one end of a database.
const (
	sendsPerKill = 40
	sendsPerStop = 400
)

// database is a server that can be stopped, crashed and started again.
type database interface {
	Stop() error
	Kill() error
	Restart(ctx context.Context) error
}

// track is a list of disasters. Each strikes once a certain number of sends have begun, so that a slow machine suffers
// as many as a fast one.
type track struct {
	at     []int64
	strike func(ctx context.Context, n int) error
	// struck counts them.
	struck *atomic.Int64
}

// newTrack spreads count disasters over so many sends, but for the first and the last of them.
func newTrack(count int, sends int64, random *rand.Rand, struck *atomic.Int64,
	strike func(ctx context.Context, n int) error) track {
	at := make([]int64, count)
	for i := range at {
		at[i] = sends/20 + random.Int64N(max(1, sends*9/10))
	}
	slices.Sort(at)
	return track{at, strike, struck}
}

// run waits for each moment, and strikes, until it is told to stop. It skips what is not due by then and finishes what
// has begun, so that everything is running afterwards.
func (t track) run(ctx context.Context, calm <-chan struct{}, begun *atomic.Int64) error {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for n, at := range t.at {
		for begun.Load() < at {
			select {
			case <-ticker.C:
			case <-calm:
				return nil
			case <-ctx.Done():
				return nil
			}
		}
		if err := t.strike(ctx, n); err != nil {
			return err
		}
		t.struck.Add(1)
	}
	return nil
}

// killServers kills any server, and starts it again.
func killServers(f *fleet, random *rand.Rand) func(context.Context, int) error {
	return func(ctx context.Context, _ int) error {
		s := f.servers[random.IntN(len(f.servers))]
		if err := s.kill(); err != nil {
			return err
		}
		pause(ctx, time.Duration(random.Int64N(int64(50*time.Millisecond))))
		return s.start()
	}
}

// breakDatabase crashes and stops a database in turn, and starts it again. From the moment when it starts until it
// serves, which may take a slow machine longer than all requests together, no client begins with another request.
func breakDatabase(name string, d database, random *rand.Rand, clients *crowd) func(context.Context, int) error {
	return func(ctx context.Context, n int) error {
		end := d.Kill
		if n%2 == 1 {
			end = d.Stop
		}
		if err := end(); err != nil {
			return fmt.Errorf("end %s: %w", name, err)
		}
		pause(ctx, 50*time.Millisecond+time.Duration(random.Int64N(int64(500*time.Millisecond))))
		clients.repairs.Lock()
		defer clients.repairs.Unlock()
		if err := d.Restart(ctx); err != nil {
			return fmt.Errorf("start %s again: %w", name, err)
		}
		return nil
	}
}
