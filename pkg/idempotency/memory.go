package idempotency

import (
	"container/heap"
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// DefaultMaxKeys is how many keys a Memory has room for by default.
const DefaultMaxKeys = 100_000

// MemoryConfig says how much a Memory remembers. The zero value has the defaults.
type MemoryConfig struct {
	// MaxKeys is how many keys there is room for; 0 means DefaultMaxKeys. When they are all taken, claims of new keys
	// fail with ErrFull until old keys expire.
	MaxKeys int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Memory is a Store for one process. It forgets everything when the process ends, and a request that is repeated after
// that is executed again. Where that must not happen, or where several processes serve, use a store that they share.
// The zero Memory is ready to use and has room for DefaultMaxKeys.
type Memory struct {
	maxKeys int
	now     func() time.Time
	start   time.Time

	mu      sync.Mutex
	records map[string]*record
	queue   queue // all records, by when they expire
	token   Token
}

// record is what a Memory knows of a key. Times are counted from the store's start, on a clock that does not jump.
type record struct {
	id          string
	fingerprint Fingerprint
	attempt     Attempt
	tookOver    bool
	token       Token
	window      time.Duration
	lease       time.Duration // when it ends
	expires     time.Duration
	place       int // in the queue
	response    []byte
	done        bool
}

// sweep is the number of expired records that a claim drops at most, so that no claim has to clear up after a busy
// hour.
const sweep = 8

// NewMemory returns an empty store. It fails when MaxKeys is negative.
func NewMemory(config MemoryConfig) (*Memory, error) {
	if config.MaxKeys < 0 {
		return nil, errors.New("idempotency: MaxKeys is negative")
	}
	if config.MaxKeys == 0 {
		config.MaxKeys = DefaultMaxKeys
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Memory{maxKeys: config.MaxKeys, now: config.Now, start: config.Now(), records: make(map[string]*record)},
		nil
}

// time is how long the store has existed. It makes a zero Memory usable first.
func (m *Memory) time() time.Duration {
	if m.records == nil {
		m.maxKeys, m.now, m.start, m.records = DefaultMaxKeys, time.Now, time.Now(), make(map[string]*record)
	}
	return m.now().Sub(m.start)
}

// Len returns the number of keys that take up room. It includes expired keys until later claims drop them.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.records)
}

// appendID joins a scope and a key by a zero byte, which neither of them has.
func appendID(to []byte, scope, key string) []byte {
	return append(append(append(to, scope...), 0), key...)
}

// Claim implements Store.
func (m *Memory) Claim(_ context.Context, claim Claim) (Outcome, error) {
	if err := claim.Validate(); err != nil {
		return Outcome{}, err
	}
	var buffer [128]byte
	id := appendID(buffer[:0], claim.Scope, claim.Key)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.time()
	m.forget(now)
	r := m.records[string(id)]
	switch {
	case r == nil:
		if len(m.records) >= m.maxKeys {
			return Outcome{}, ErrFull
		}
		r = &record{id: string(id), fingerprint: claim.Fingerprint, expires: later(now, claim.Window)}
		m.records[r.id] = r
		heap.Push(&m.queue, r)
		return m.hold(r, m.next(), false, claim, now), nil
	case r.expires <= now:
		r.fingerprint, r.response, r.done = claim.Fingerprint, nil, false
		return m.hold(r, m.next(), false, claim, now), nil
	case r.fingerprint != claim.Fingerprint || r.attempt.Contradicts(claim.Attempt):
		return Outcome{State: StateOtherFingerprint}, nil
	case r.done:
		return Outcome{State: StateDone, Response: r.response}, nil
	case r.attempt == claim.Attempt && claim.Attempt != Attempt{}:
		return m.hold(r, r.token, r.tookOver, claim, now), nil
	case r.lease > now:
		return Outcome{State: StateInProgress, Remaining: r.lease - now}, nil
	case claim.TakeOver:
		return m.hold(r, m.next(), true, claim, now), nil
	}
	return Outcome{State: StateInProgress}, nil
}

// next returns a token greater than all before.
func (m *Memory) next() Token {
	m.token++
	return m.token
}

func (m *Memory) hold(r *record, token Token, tookOver bool, claim Claim, now time.Duration) Outcome {
	r.attempt, r.token, r.tookOver = claim.Attempt, token, tookOver
	r.window, r.lease = claim.Window, later(now, claim.Lease)
	m.keep(r, now)
	return Outcome{State: StateMine, Token: token, TookOver: tookOver}
}

// keep lets a record expire a window from now.
func (m *Memory) keep(r *record, now time.Duration) {
	r.expires = later(now, r.window)
	m.queue[r.place].expires = r.expires
	heap.Fix(&m.queue, r.place) // This is cheap: most records belong at the end, and are there already.
}

// forget drops some expired records, and more than a claim adds, so that no claim is refused while any record is
// expired.
func (m *Memory) forget(now time.Duration) {
	for range sweep {
		if len(m.queue) == 0 || m.queue[0].expires > now {
			return
		}
		m.drop(m.queue[0].record)
	}
}

func (m *Memory) drop(r *record) {
	heap.Remove(&m.queue, r.place)
	delete(m.records, r.id)
}

// later adds two durations, and returns the longest one there is if the sum would overflow.
func later(now, d time.Duration) time.Duration {
	if d > 0 && now > math.MaxInt64-d {
		return math.MaxInt64
	}
	return now + d
}

// held returns the record of a hold, or nil if the hold is over. With done, a hold that was completed is not over.
func (m *Memory) held(hold Hold, now time.Duration, done bool) *record {
	var buffer [128]byte
	r := m.records[string(appendID(buffer[:0], hold.Scope, hold.Key))]
	if r == nil || r.expires <= now || r.token != hold.Token || r.done && !done {
		return nil
	}
	return r
}

// Renew implements Store.
func (m *Memory) Renew(_ context.Context, hold Hold, lease time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.time()
	r := m.held(hold, now, false)
	if r == nil {
		return ErrLost
	}
	r.lease = later(now, lease)
	m.keep(r, now)
	return nil
}

// Complete implements Store. The store keeps the response, which must not be changed afterwards.
func (m *Memory) Complete(_ context.Context, hold Hold, response []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.time()
	r := m.held(hold, now, true)
	if r == nil {
		return ErrLost
	}
	if !r.done {
		r.response, r.done = response, true
		m.keep(r, now)
	}
	return nil
}

// Release implements Store.
func (m *Memory) Release(_ context.Context, hold Hold) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.time()
	r := m.held(hold, now, false)
	if r == nil {
		return ErrLost
	}
	m.drop(r)
	return nil
}

// queue is a heap of records, ordered by when they expire. That time stands beside each record, so that comparisons
// need not fetch the records.
type queue []slot

type slot struct {
	expires time.Duration
	record  *record
}

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].expires < q[j].expires }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].record.place, q[j].record.place = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	r, _ := x.(*record)
	r.place = len(*q)
	*q = append(*q, slot{r.expires, r})
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	r := (*q)[last].record
	(*q)[last] = slot{}
	*q = (*q)[:last]
	return r
}
