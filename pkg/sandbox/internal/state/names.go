package state

import "sync"

// Names are the keys of a table, for who cannot wait for the lock: it may be that a key has just come, or gone, and
// that this does not last.
type Names[K comparable, R any] struct {
	key func(*R) K

	mu    sync.Mutex
	names map[K]struct{}
}

// NewNames adds the names to a table of a database that is not open yet.
func NewNames[K comparable, R any](t *Table[K, R]) *Names[K, R] {
	n := &Names[K, R]{key: t.key, names: map[K]struct{}{}}
	t.indexes = append(t.indexes, n)
	return n
}

// Has reports whether the table has a record of this key.
func (n *Names[K, R]) Has(key K) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, has := n.names[key]
	return has
}

func (n *Names[K, R]) add(_ *row[R], record *R) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.names[n.key(record)] = struct{}{}
}

func (n *Names[K, R]) remove(_ *row[R], record *R) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.names, n.key(record))
}

// same is true since a record is replaced by one of its key alone.
func (n *Names[K, R]) same(*R, *R) bool { return true }

func (n *Names[K, R]) clear() (putBack func()) {
	names := n.swap(map[K]struct{}{})
	return func() { n.swap(names) }
}

func (n *Names[K, R]) swap(to map[K]struct{}) (had map[K]struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	had, n.names = n.names, to
	return had
}
