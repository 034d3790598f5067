package idempotency

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"time"
)

const (
	// DefaultMaxKeys is how many keys a Memory has room for by default.
	DefaultMaxKeys = 1_000_000
	// DefaultMaxBytes is how much room a Memory takes by default: 256 MiB.
	DefaultMaxBytes int64 = 256 << 20
)

// MemoryConfig says how much a Memory remembers. The zero value has the defaults.
//
// One scope gets at most three quarters of the room, and in general no more than three times of what is left, so that
// there is always some for the others: ten scopes that take what they can leave a millionth of it. Claims of new keys
// that go beyond a bound fail with ErrFull until old keys expire. So does the completion with a response that does not
// fit, instead of which a Guard stores that there was one.
type MemoryConfig struct {
	// MaxKeys is how many keys there is room for; 0 means DefaultMaxKeys.
	MaxKeys int
	// MaxBytes is how much room keys and responses may take together, in bytes; 0 means DefaultMaxBytes. A key takes
	// about 400 without its response.
	MaxBytes int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Memory is a Store for one process. It forgets everything when the process ends, and a request that is repeated after
// that is executed again. Where that must not happen, or where several processes serve, use a store that they share.
// The zero Memory is ready to use and has the defaults of a MemoryConfig.
type Memory struct {
	maxKeys  int
	maxBytes int64
	now      func() time.Time
	start    time.Time

	mu      sync.Mutex
	records map[string]*record
	queue   queue // all records, by when they expire
	token   Token
	// bytes is what all records take, and scopes what those of each scope do.
	bytes  int64
	scopes map[string]*usage
}

// usage is what the records of a scope take.
type usage struct {
	scope string
	keys  int
	bytes int64
}

const (
	// share is how much a scope may have of what is left, see MemoryConfig.
	share = 3
	// overhead is what a record takes besides its scope, its key and its response, roughly.
	overhead = 256
)

// record is what a Memory knows of a key. Times are counted from the store's start, on a clock that does not jump.
type record struct {
	id          string
	usage       *usage
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

// NewMemory returns an empty store. It fails when a bound is negative.
func NewMemory(config MemoryConfig) (*Memory, error) {
	if config.MaxKeys < 0 || config.MaxBytes < 0 {
		return nil, errors.New("idempotency: MaxKeys or MaxBytes is negative")
	}
	m := new(Memory)
	m.init(config)
	return m, nil
}

func (m *Memory) init(config MemoryConfig) {
	m.maxKeys = cmp.Or(config.MaxKeys, DefaultMaxKeys)
	m.maxBytes = cmp.Or(config.MaxBytes, DefaultMaxBytes)
	if m.now = config.Now; m.now == nil {
		m.now = time.Now
	}
	m.start, m.records, m.scopes = m.now(), make(map[string]*record), make(map[string]*usage)
}

// time is how long the store has existed. It makes a zero Memory usable first.
func (m *Memory) time() time.Duration {
	if m.records == nil {
		m.init(MemoryConfig{})
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
		used := m.scopes[claim.Scope]
		if used == nil {
			used = &usage{scope: strings.Clone(claim.Scope)} // not the request that it is a part of
		}
		cost := int64(overhead + len(id) + MinResponse)
		if !m.makeRoom(used, 1, cost, now) {
			return Outcome{}, ErrFull
		}
		r = &record{id: string(id), usage: used, fingerprint: claim.Fingerprint, expires: later(now, claim.Window)}
		m.records[r.id] = r
		if used.keys++; used.keys == 1 {
			m.scopes[used.scope] = used
		}
		m.take(used, cost)
		heap.Push(&m.queue, r)
		return m.hold(r, m.next(), false, claim, now), nil
	case r.expires <= now:
		m.take(r.usage, -beyond(r.response))
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

// forget drops some expired records, and more than a claim adds.
func (m *Memory) forget(now time.Duration) {
	for range sweep {
		if !m.forgetOne(now) {
			return
		}
	}
}

// forgetOne drops a record if one has expired.
func (m *Memory) forgetOne(now time.Duration) bool {
	if len(m.queue) == 0 || m.queue[0].expires > now {
		return false
	}
	m.drop(m.queue[0].record)
	return true
}

func (m *Memory) drop(r *record) {
	heap.Remove(&m.queue, r.place)
	delete(m.records, r.id)
	m.take(r.usage, -(int64(overhead+len(r.id)+MinResponse) + beyond(r.response)))
	if r.usage.keys--; r.usage.keys == 0 {
		delete(m.scopes, r.usage.scope)
	}
}

// beyond is what a response takes besides what is kept free for it.
func beyond(response []byte) int64 { return max(0, int64(len(response)-MinResponse)) }

// take counts what a record of a scope takes.
func (m *Memory) take(used *usage, bytes int64) {
	used.bytes += bytes
	m.bytes += bytes
}

// makeRoom says whether a scope may have so much more. No claim is refused while any record is expired.
func (m *Memory) makeRoom(used *usage, keys int, bytes int64, now time.Duration) bool {
	for {
		freeKeys, freeBytes := m.maxKeys-len(m.records), m.maxBytes-m.bytes
		if keys <= freeKeys && bytes <= freeBytes && (keys == 0 || used.keys/share < freeKeys) &&
			used.bytes/share < freeBytes {
			return true
		}
		if !m.forgetOne(now) {
			return false
		}
	}
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

// Complete implements Store. The store keeps the response, which must not be changed afterwards. It fails with ErrFull
// if there is no room for it.
func (m *Memory) Complete(_ context.Context, hold Hold, response []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.time()
	r := m.held(hold, now, true)
	if r == nil {
		return ErrLost
	}
	if !r.done {
		more := beyond(response)
		if more > 0 && !m.makeRoom(r.usage, 0, more, now) {
			return ErrFull
		}
		m.take(r.usage, more)
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
