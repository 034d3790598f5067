package bank

import (
	"maps"
	"slices"
	"sync"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// memory is a store that can be opened again.
type memory struct {
	mu      sync.Mutex
	records map[uint64]state.Record
	// fail is what Commit fails with, if it is not nil.
	fail error
}

func (m *memory) Load(yield func(state.Record) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, seq := range slices.Sorted(maps.Keys(m.records)) {
		if err := yield(m.records[seq]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Commit(records []state.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.records == nil {
		m.records = map[uint64]state.Record{}
	}
	for _, r := range records {
		if len(r.Data) == 0 {
			delete(m.records, r.Seq)
		} else {
			m.records[r.Seq] = r
		}
	}
	return nil
}

func (m *memory) failWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *memory) Close() error { return nil }
