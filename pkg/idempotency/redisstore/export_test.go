package redisstore

import "time"

// Advance moves the clock by which the store decides what has expired, back if d is negative.
func (s *Store) Advance(d time.Duration) { s.shift.Add(d.Microseconds()) }

// Key is the name of a record in Redis.
func (s *Store) Key(scope, key string) string { return s.key(scope, key) }
