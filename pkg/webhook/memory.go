package webhook

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// DefaultTTL is how long a Memory remembers an event that was handled. For how long the provider repeats a delivery
	// is not documented; the retry policies seen wait minutes, so a day leaves room for an outage and for a person.
	DefaultTTL = 24 * time.Hour
	// DefaultCapacity is how many events a Memory remembers, in about 13 MB.
	DefaultCapacity = 100_000
)

// ErrFull says that a Memory is full of events that are being handled.
var ErrFull = errors.New("webhook: too many events are being handled")

// MemoryConfig bounds a Memory. What is zero or negative gets its default.
type MemoryConfig struct {
	// TTL is how long an event that was handled is remembered. Default: DefaultTTL.
	TTL time.Duration
	// Capacity is how many events are remembered. Default: DefaultCapacity.
	Capacity int
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Memory is a Deduplicator for a single instance of a program. It forgets everything when the program ends.
//
// When it is full, it forgets the event that was handled first, as if its time were over; events that are being handled
// are never forgotten. If there are only such events, Begin fails with ErrFull.
type Memory struct {
	ttl      time.Duration
	capacity int
	now      func() time.Time

	mu     sync.Mutex
	events map[uuid.UUID]*list.Element // nil while the event is being handled
	done   *list.List                  // of handled, the first one in front
}

type handled struct {
	id uuid.UUID
	at time.Time
}

var _ Deduplicator = (*Memory)(nil)

// NewMemory returns an empty Memory.
func NewMemory(config MemoryConfig) *Memory {
	if config.TTL <= 0 {
		config.TTL = DefaultTTL
	}
	if config.Capacity <= 0 {
		config.Capacity = DefaultCapacity
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Memory{
		ttl: config.TTL, capacity: config.Capacity, now: config.Now,
		events: make(map[uuid.UUID]*list.Element), done: list.New(),
	}
}

// Begin claims the event if it is new.
func (m *Memory) Begin(_ context.Context, id uuid.UUID) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire()
	if element, known := m.events[id]; known {
		if element != nil {
			return StateDone, nil
		}
		return StateInProgress, nil
	}
	if err := m.makeRoom(); err != nil {
		return 0, err
	}
	m.events[id] = nil
	return StateNew, nil
}

// Done remembers that the event was handled, from now on for the TTL.
func (m *Memory) Done(_ context.Context, id uuid.UUID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire()
	element, known := m.events[id]
	if element != nil {
		return nil
	}
	if !known {
		if err := m.makeRoom(); err != nil {
			return err
		}
	}
	m.events[id] = m.done.PushBack(handled{id, m.now()})
	return nil
}

// Release gives up a claim.
func (m *Memory) Release(_ context.Context, id uuid.UUID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, known := m.events[id]; known && element == nil {
		delete(m.events, id)
	}
	return nil
}

// Len returns how many events are remembered, those included that are being handled.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire()
	return len(m.events)
}

// expire forgets what was handled too long ago. All have the same TTL, so the list is in the order of their ends.
func (m *Memory) expire() {
	end := m.now().Add(-m.ttl)
	for first := m.done.Front(); first != nil && !first.Value.(handled).at.After(end); first = m.done.Front() {
		m.forget(first)
	}
}

func (m *Memory) makeRoom() error {
	if len(m.events) < m.capacity {
		return nil
	}
	first := m.done.Front()
	if first == nil {
		return ErrFull
	}
	m.forget(first)
	return nil
}

func (m *Memory) forget(element *list.Element) {
	delete(m.events, m.done.Remove(element).(handled).id)
}
