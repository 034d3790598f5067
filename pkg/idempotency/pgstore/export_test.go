package pgstore

import "time"

// Advance moves the store's clock, forwards or backwards.
func (s *Store) Advance(d time.Duration) { s.shift.Add(int64(d)) }

// Advance moves the store's clock, forwards or backwards.
func (t *Transactional) Advance(d time.Duration) { t.store.Advance(d) }

// Open is how many transactions are held.
func (t *Transactional) Open() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// LockOf is the number of the advisory lock for a key.
var LockOf = lockOf
