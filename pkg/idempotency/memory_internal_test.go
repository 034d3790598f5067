package idempotency

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sound compares the queue to what a scan of all records finds.
func (m *Memory) sound() error {
	if len(m.queue) != len(m.records) || len(m.records) > m.maxKeys {
		return fmt.Errorf("%d are queued, %d remembered, %d allowed", len(m.queue), len(m.records), m.maxKeys)
	}
	for i, slot := range m.queue {
		r := slot.record
		switch {
		case m.records[r.id] != r:
			return fmt.Errorf("record %q is queued and not remembered", r.id)
		case r.place != i:
			return fmt.Errorf("record %q is at %d and says %d", r.id, i, r.place)
		case slot.expires != r.expires:
			return fmt.Errorf("record %q expires at %s and is queued for %s", r.id, r.expires, slot.expires)
		case i > 0 && r.expires < m.queue[(i-1)/2].expires:
			return fmt.Errorf("record %q expires before its parent", r.id)
		}
	}
	return nil
}

// expired counts by a scan.
func (m *Memory) expired(now time.Duration) (n int) {
	for _, r := range m.records {
		if r.expires <= now {
			n++
		}
	}
	return n
}

func TestTheQueueOfAMemoryIsInOrderWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_700_000_000, 0)
		m, err := NewMemory(MemoryConfig{MaxKeys: rapid.IntRange(1, 30).Draw(t, "MaxKeys"),
			Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		var holds []Hold
		hold := func(t *rapid.T) Hold {
			if len(holds) == 0 {
				t.Skip("there are no holds")
			}
			return rapid.SampledFrom(holds).Draw(t, "hold")
		}
		seconds := func(t *rapid.T, least, most int) time.Duration {
			return time.Duration(rapid.IntRange(least, most).Draw(t, "seconds")) * time.Second
		}
		claim := func(t *rapid.T) {
			key := rapid.StringMatching(`[a-z]{1,2}`).Draw(t, "key")
			lease := seconds(t, 1, 20)
			before, expired := m.Len(), m.expired(now.Sub(m.start))
			outcome, err := m.Claim(ctx, Claim{Key: key, Lease: lease, Window: lease + seconds(t, 0, 100),
				TakeOver: true})
			switch {
			case err == nil && outcome.State == StateMine:
				holds = append(holds, Hold{Key: key, Token: outcome.Token})
			case errors.Is(err, ErrFull) && (m.Len() < m.maxKeys || m.expired(now.Sub(m.start)) > 0):
				t.Fatalf("refused, though there is room: %d of %d, %d expired", m.Len(), m.maxKeys,
					m.expired(now.Sub(m.start)))
			case err != nil && !errors.Is(err, ErrFull):
				t.Fatal(err)
			}
			if dropped := min(expired, sweep); m.Len() > before-dropped+1 || m.Len() < before-dropped {
				t.Fatalf("%d records became %d, %d of them expired", before, m.Len(), expired)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if err := m.sound(); err != nil {
					t.Fatal(err)
				}
			},
			"claim":                 claim,
			"claim again":           claim,
			"renew":                 func(t *rapid.T) { _ = m.Renew(ctx, hold(t), seconds(t, 1, 20)) },
			"complete":              func(t *rapid.T) { _ = m.Complete(ctx, hold(t), nil) },
			"release":               func(t *rapid.T) { _ = m.Release(ctx, hold(t)) },
			"let time pass":         func(t *rapid.T) { now = now.Add(seconds(t, 1, 40)) },
			"let the clock go back": func(t *rapid.T) { now = now.Add(-seconds(t, 1, 40)) },
		})
	})
}

func TestAMemoryHasRoomForDefaultMaxKeysIfNothingElseIsSaid(t *testing.T) {
	m, err := NewMemory(MemoryConfig{})
	if err != nil || m.maxKeys != DefaultMaxKeys {
		t.Fatalf("%d keys, %v", m.maxKeys, err)
	}
}
