package webhook_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// model is what a Memory should do, written as plainly as possible.
type model struct {
	ttl      time.Duration
	capacity int
	now      time.Time
	running  map[uuid.UUID]bool
	done     []doneEvent // the first one in front
}

type doneEvent struct {
	id uuid.UUID
	at time.Time
}

func (m *model) expire() {
	m.done = slices.DeleteFunc(m.done, func(d doneEvent) bool { return m.now.Sub(d.at) >= m.ttl })
}

func (m *model) isDone(id uuid.UUID) bool {
	return slices.ContainsFunc(m.done, func(d doneEvent) bool { return d.id == id })
}

func (m *model) fits() bool {
	if len(m.running)+len(m.done) < m.capacity {
		return true
	}
	if len(m.done) == 0 {
		return false
	}
	m.done = m.done[1:]
	return true
}

func TestAMemoryDoesWhatItsModelDoes(t *testing.T) {
	ids := make([]uuid.UUID, 8)
	for i := range ids {
		ids[i] = uuid.New()
	}
	rapid.Check(t, func(t *rapid.T) {
		m := &model{
			ttl: 10 * time.Second, capacity: rapid.IntRange(1, 6).Draw(t, "capacity"),
			now: time.Unix(1_700_000_000, 0), running: map[uuid.UUID]bool{},
		}
		memory := webhook.NewMemory(webhook.MemoryConfig{TTL: m.ttl, Capacity: m.capacity,
			Now: func() time.Time { return m.now }})
		ctx := context.Background()
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				m.expire()
				if got := memory.Len(); got != len(m.running)+len(m.done) || got > m.capacity {
					t.Fatalf("Len = %d, want %d", got, len(m.running)+len(m.done))
				}
			},
			"time passes": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "seconds")) * time.Second)
			},
			"Begin": func(t *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(t, "id")
				m.expire()
				want, full := webhook.StateNew, false
				switch {
				case m.isDone(id):
					want = webhook.StateDone
				case m.running[id]:
					want = webhook.StateInProgress
				case m.fits():
					m.running[id] = true
				default:
					want, full = 0, true
				}
				if got, err := memory.Begin(ctx, id); got != want || errors.Is(err, webhook.ErrFull) != full {
					t.Fatalf("Begin = %d, %v; want %d", got, err, want)
				}
			},
			"Done": func(t *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(t, "id")
				m.expire()
				full := false
				switch {
				case m.isDone(id):
				case m.running[id] || m.fits():
					delete(m.running, id)
					m.done = append(m.done, doneEvent{id, m.now})
				default:
					full = true
				}
				if err := memory.Done(ctx, id); errors.Is(err, webhook.ErrFull) != full {
					t.Fatalf("Done = %v", err)
				}
			},
			"Release": func(t *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(t, "id")
				delete(m.running, id)
				if err := memory.Release(ctx, id); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
}

func TestAMemoryGivesAClaimToOneCallerAlone(t *testing.T) {
	memory := webhook.NewMemory(webhook.MemoryConfig{})
	id := uuid.New()
	for round := range 20 {
		var claims atomic.Int32
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				switch state, err := memory.Begin(t.Context(), id); {
				case err != nil:
					t.Error(err)
				case state == webhook.StateNew:
					claims.Add(1)
				case state != webhook.StateInProgress:
					t.Errorf("Begin = %d", state)
				}
			})
		}
		group.Wait()
		if claims.Load() != 1 {
			t.Fatalf("round %d: %d callers got the claim", round, claims.Load())
		}
		if err := memory.Release(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAMemoryHasBoundsByDefault(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	memory := webhook.NewMemory(webhook.MemoryConfig{TTL: -1, Capacity: -1, Now: func() time.Time { return now }})
	id := uuid.New()
	if err := memory.Done(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	now = now.Add(webhook.DefaultTTL - 1)
	if state, err := memory.Begin(t.Context(), id); state != webhook.StateDone || err != nil {
		t.Errorf("before the end, Begin = %d, %v", state, err)
	}
	now = now.Add(1)
	if memory.Len() != 0 {
		t.Error("it is remembered for longer than DefaultTTL")
	}
	for range webhook.DefaultCapacity + 10 {
		if err := memory.Done(t.Context(), uuid.New()); err != nil {
			t.Fatal(err)
		}
	}
	if got := memory.Len(); got != webhook.DefaultCapacity {
		t.Errorf("Len = %d", got)
	}
}

func BenchmarkMemory(b *testing.B) {
	memory := webhook.NewMemory(webhook.MemoryConfig{})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		id := uuid.New()
		_, _ = memory.Begin(ctx, id)
		_ = memory.Done(ctx, id)
	}
}
