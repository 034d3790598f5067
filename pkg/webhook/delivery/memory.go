package delivery

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// DefaultMaxWaiting is how many deliveries a Memory has room for.
const DefaultMaxWaiting = 100_000

// ErrFull says that a Memory has no room for another delivery.
var ErrFull = errors.New("delivery: the queue is full")

// ErrExists says that a Memory has a delivery of the same ID already, which is not over.
var ErrExists = errors.New("delivery: it waits already")

// Memory is a Queue that forgets what waits when the process ends. Its zero value is empty and ready. It is safe for
// concurrent use, and for one Deliverer.
type Memory struct {
	// MaxWaiting is how many deliveries may wait; 0 means DefaultMaxWaiting, and a negative number that none may. The
	// bodies are kept with them, whatever their size.
	MaxWaiting int

	mu   sync.Mutex
	last uint64
	// waiting is all that is not over, by ID.
	waiting map[string]*waiting
	// lines are those that share an order, the first of which can begin.
	lines map[line][]*waiting
	// ready are, by subscription, the first ones of their lines, and those without an order, by when they are due.
	ready map[string][]*waiting
}

// waiting is a delivery, and when it came.
type waiting struct {
	Delivery
	number uint64
}

type line struct{ subscription, order string }

func (w *waiting) line() line { return line{w.Subscription, w.Order} }

// sooner compares two deliveries by when they are due, and what is due at the same time by when it came.
func sooner(a, b *waiting) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.number, b.number))
}

// Add has an event delivered. Then call Wake of the Deliverer. It fails with ErrExists for an ID that waits already, so
// that whoever adds what they are not sure to have added does no harm, and with ErrFull when there is no room. It
// refuses what has no ID, no Subscription or no Body, and an unusable secret.
func (m *Memory) Add(d Delivery) error {
	switch {
	case d.ID == "" || d.Subscription == "" || len(d.Body) == 0:
		return errors.New("delivery: the ID, the Subscription or the Body is missing")
	case d.Attempts < 0:
		return errors.New("delivery: Attempts is negative")
	}
	if err := d.Secret.Check(); err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	d.Body = bytes.Clone(d.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.waiting[d.ID] != nil:
		return fmt.Errorf("%w: %s", ErrExists, d.ID)
	case len(m.waiting) >= cmp.Or(m.MaxWaiting, DefaultMaxWaiting):
		return ErrFull
	case m.waiting == nil:
		m.waiting, m.lines, m.ready = map[string]*waiting{}, map[line][]*waiting{}, map[string][]*waiting{}
	}
	m.last++
	w := &waiting{d, m.last}
	m.waiting[d.ID] = w
	if d.Order != "" {
		m.lines[w.line()] = append(m.lines[w.line()], w)
		if len(m.lines[w.line()]) > 1 {
			return nil
		}
	}
	m.enter(w)
	return nil
}

// Len returns how many deliveries are not over.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting)
}

// End takes everything away that waits for a subscription, which has ended. What is under way may still arrive.
func (m *Memory) End(subscription string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, w := range m.waiting {
		if w.Subscription == subscription {
			delete(m.waiting, id)
			delete(m.lines, w.line())
		}
	}
	delete(m.ready, subscription)
}

// Next implements Queue.
func (m *Memory) Next(_ context.Context, query Query) (*Delivery, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var first *waiting
	var later time.Time
	for subscription, ready := range m.ready {
		full := slices.Contains(query.Full, subscription)
		for _, w := range ready {
			if w.Due.After(query.Now) {
				if later.IsZero() || w.Due.Before(later) {
					later = w.Due
				}
				break
			}
			if full || slices.Contains(query.Busy, w.ID) {
				continue
			}
			if first == nil || sooner(w, first) < 0 {
				first = w
			}
			break
		}
	}
	if first == nil {
		return nil, later, nil
	}
	found := first.Delivery
	return &found, time.Time{}, nil
}

// Record implements Queue.
func (m *Memory) Record(_ context.Context, d Delivery, a Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.waiting[d.ID]
	if w == nil {
		return nil
	}
	m.leave(w)
	w.Attempts, w.Due = a.Number, a.Next
	if !a.Next.IsZero() {
		m.enter(w)
		return nil
	}
	delete(m.waiting, d.ID)
	if w.Order == "" {
		return nil
	}
	behind := m.lines[w.line()][1:]
	if len(behind) == 0 {
		delete(m.lines, w.line())
		return nil
	}
	m.lines[w.line()] = behind
	m.enter(behind[0])
	return nil
}

// enter lets a delivery begin when it is due.
func (m *Memory) enter(w *waiting) {
	ready := m.ready[w.Subscription]
	at, _ := slices.BinarySearchFunc(ready, w, sooner)
	m.ready[w.Subscription] = slices.Insert(ready, at, w)
}

// leave ends enter. The delivery must be as it was then.
func (m *Memory) leave(w *waiting) {
	ready := m.ready[w.Subscription]
	at, found := slices.BinarySearchFunc(ready, w, sooner)
	if !found {
		return
	}
	if ready = slices.Delete(ready, at, at+1); len(ready) == 0 {
		delete(m.ready, w.Subscription)
		return
	}
	m.ready[w.Subscription] = ready
}
