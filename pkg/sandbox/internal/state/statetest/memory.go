package statetest

import (
	"maps"
	"slices"
	"sync"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// Memory is a state.Store that can be opened again after it was closed. The zero Memory is empty.
type Memory struct {
	// Hold, if it is not nil, is waited for before anything is written.
	Hold chan struct{}

	mu      sync.Mutex
	records map[uint64]state.Record
	fail    error
}

var _ state.Store = (*Memory)(nil)

// Load implements state.Store.
func (m *Memory) Load(yield func(state.Record) error) error {
	for _, r := range m.Records() {
		if err := yield(r); err != nil {
			return err
		}
	}
	return nil
}

// Commit implements state.Store.
func (m *Memory) Commit(records []state.Record) error {
	if m.Hold != nil {
		<-m.Hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	for _, r := range records {
		m.put(r)
	}
	return nil
}

// Close implements state.Store. It keeps everything.
func (m *Memory) Close() error { return nil }

// FailWith has every Commit fail from now on, or none with nil.
func (m *Memory) FailWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// Records returns all records, in the order of Seq.
func (m *Memory) Records() []state.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]state.Record, 0, len(m.records))
	for _, seq := range slices.Sorted(maps.Keys(m.records)) {
		all = append(all, m.records[seq])
	}
	return all
}

// Put replaces a record, as somebody would who changes a file by hand.
func (m *Memory) Put(r state.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(r)
}

func (m *Memory) put(r state.Record) {
	if len(r.Data) == 0 {
		delete(m.records, r.Seq)
		return
	}
	if m.records == nil {
		m.records = map[uint64]state.Record{}
	}
	m.records[r.Seq] = r
}
