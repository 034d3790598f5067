package partner

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

var (
	// ErrKeyReused means that a key was given to two different requests, of which the first took effect, or may have,
	// or was turned away with nothing against it, as by a 429, and is the one to come again. Nothing was sent: the
	// server would take the second for a repeat of the first. Before the second is given another key, look up what came
	// of the first, if the two are for the same thing.
	ErrKeyReused = errors.New("partner: the idempotency key was used for another request")
	// ErrKeyExpired means that a request took effect, or may have, so long ago that the provider no longer remembers
	// its key, or will not when a repeat arrives. The repeat was not sent: it would be a second payment. WithExpiredKey
	// sends it.
	ErrKeyExpired = errors.New("partner: the idempotency key is too old for a repeat")
)

const (
	// maxKeys bounds how many of the caller's keys are remembered that left no doubt, and maxDoubts those that did.
	// What is forgotten is not forgotten in silence: a key that is not remembered has an unknown history.
	maxKeys, maxDoubts = 10_000, 100_000
)

// errRepeatBefore is for a time that no call that has begun can have. The clock of the machine that began it may
// differ.
var errRepeatBefore = errors.New("the time of WithRepeatBefore is further ahead than a key is remembered: was it " +
	"stored without its time zone?")

// keyMemory remembers what the caller's own keys were used for, and keys whose call ended in doubt. It knows nothing of
// other processes. The zero keyMemory is empty.
type keyMemory struct {
	mu   sync.Mutex
	uses map[idempotency.Key]*keyUse
	// order has the keys, those that were remembered or spared last at its end.
	order list.List
	// doubts counts the uses that are in doubt.
	doubts int
}

// keyUse is what is known of a key.
type keyUse struct {
	place *list.Element
	// fingerprint is that of the request, where it is known.
	fingerprint *[sha256.Size]byte
	// first is when a request with the key may have been written first. It is zero when none was.
	first time.Time
	// begun counts the attempts that began since the first that is not taken back, and calls the calls under way.
	begun, calls int
	// doubted says that a call may have taken effect, and done that one has.
	doubted, done bool
	// bound says that the request was turned away before it was looked at, so that it is the request that comes again.
	bound bool
	// fresh says that nobody has used the key before this process.
	fresh bool
}

// held reports whether the key stands for a request that took effect, or may have.
func (u *keyUse) held() bool { return u.calls > 0 || u.doubted || u.done }

// claim takes the call's own key for it. Whatever claims must settle.
func (m *keyMemory) claim(ctx context.Context, r *call) error {
	fingerprint, err := r.fingerprint(ctx)
	if err != nil {
		return err
	}
	r.identity = fingerprint
	now := r.core.now()
	if r.repeatable.Sub(now) > idempotency.Window+replayMargin {
		return errRepeatBefore
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	use, remembered := m.uses[r.key]
	if !remembered {
		use = &keyUse{fresh: r.firstUse}
	}
	if r.ended && !use.done {
		// Its time is told by what is left of it. One that is over began at the very least a window ago: earlier times
		// tell no more, and one of them, 59 minutes after no time, is that of a key which was not sent.
		first := r.repeatable.Add(r.timeout - idempotency.Window)
		if over := now.Add(-idempotency.Window); first.Before(over) {
			first = over
		}
		if use.first.IsZero() || !r.repeatable.IsZero() && first.Before(use.first) {
			use.first = first
		}
		use.fresh = false
		m.doubted(use)
	}
	if !use.first.IsZero() && elapsed(use.first, now) >= idempotency.Window && use.calls == 0 {
		if r.expiredKey || !use.doubted && (!use.done || use.different(fingerprint)) {
			// The provider takes what comes now for a new request, and so it is.
			m.settled(use)
			*use = keyUse{place: use.place, fresh: use.fresh && !use.done}
		}
	}
	if (use.held() || use.bound) && use.different(fingerprint) {
		return ErrKeyReused
	}
	use.fingerprint = fingerprint
	r.first = use.first
	r.known.doubt, r.known.history = !r.known.harmless && use.held(), !use.fresh
	r.use = use
	use.calls++
	if !remembered {
		m.add(r.key, use)
	}
	return nil
}

func (u *keyUse) different(fingerprint *[sha256.Size]byte) bool {
	return u.fingerprint != nil && *u.fingerprint != *fingerprint
}

// begin notes when a request with the key may be written first. It reports whether this is that time, which retract
// takes back.
func (m *keyMemory) begin(r *call, at time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.use != nil {
		r.use.begun++
		if r.first.IsZero() {
			r.first = r.use.first // Another call with the key may have begun meanwhile.
		}
		if r.use.first.IsZero() {
			r.use.first = r.first // Another call has taken it back.
		}
	}
	if !r.first.IsZero() {
		return false
	}
	r.first = at
	if r.use != nil {
		r.use.first = at
	}
	return true
}

// retract takes back the time of a call that sent nothing, unless another attempt has begun since and goes by it.
func (m *keyMemory) retract(r *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.use != nil {
		if r.use.begun > 1 {
			return
		}
		r.use.first, r.use.begun = time.Time{}, 0
	}
	r.first = time.Time{}
}

// doubtedMeanwhile reports whether another call with the key is under way, or has ended in doubt or taken effect since
// this one claimed it: then no refusal of this one says that nothing was done.
func (m *keyMemory) doubtedMeanwhile(r *call) bool {
	if r.use == nil || r.known.harmless {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return r.use.calls > 1 || r.use.doubted || r.use.done
}

// settle ends a call. A key that stands for nothing is free for another request: that of a request that was looked at
// and refused, or never sent.
func (m *keyMemory) settle(r *call, outcome Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	use := r.use
	use.calls--
	m.learn(use, r, outcome)
	if use.bound = r.turnedAway; use.held() || use.bound {
		return
	}
	use.fingerprint = nil
	if use.first.IsZero() && !use.fresh {
		m.forget(use)
	}
}

// remember keeps the key of a call that ended in doubt or without a readable answer, so that a repeat of it with
// WithIdempotencyKey is known as one.
func (m *keyMemory) remember(r *call, outcome Outcome) {
	use := &keyUse{first: r.first, fresh: true, fingerprint: r.identity}
	if r.held() {
		use.fingerprint, _ = r.fingerprint(context.Background()) // It cannot fail: the body is in memory.
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.uses[r.key] == nil {
		m.add(r.key, use)
		m.learn(use, r, outcome)
	}
}

func (m *keyMemory) learn(use *keyUse, r *call, outcome Outcome) {
	switch {
	case outcome == OutcomeDone, outcome == OutcomeDoneUnreadable:
		m.settled(use)
		use.done = true
	case outcome.doubtful() && !use.done && !r.known.harmless:
		m.doubted(use)
	}
}

func (m *keyMemory) doubted(use *keyUse) {
	if !use.doubted {
		use.doubted = true
		m.doubts++
	}
}

// settled takes back a doubt.
func (m *keyMemory) settled(use *keyUse) {
	if use.doubted {
		use.doubted = false
		m.doubts--
	}
}

// add remembers a use. Beyond the bounds the oldest are forgotten, calls under way never, doubts last.
func (m *keyMemory) add(key idempotency.Key, use *keyUse) {
	if m.uses == nil {
		m.uses = map[idempotency.Key]*keyUse{}
	}
	m.uses[key], use.place = use, m.order.PushBack(key)
	for range m.order.Len() {
		if m.order.Len() <= maxKeys+min(m.doubts, maxDoubts) {
			return
		}
		place := m.order.Front()
		oldest := m.uses[place.Value.(idempotency.Key)] //nolint:forcetypeassert // The list has nothing else.
		if oldest == use || oldest.calls > 0 || oldest.doubted && m.doubts <= maxDoubts {
			m.order.MoveToBack(place)
			continue
		}
		m.settled(oldest)
		m.forget(oldest)
	}
}

func (m *keyMemory) forget(use *keyUse) {
	delete(m.uses, m.order.Remove(use.place).(idempotency.Key)) //nolint:forcetypeassert // As above.
}

// fingerprint tells a request from any other.
func (r *call) fingerprint(ctx context.Context) (*[sha256.Size]byte, error) {
	hash := r.fingerprinting()
	if err := r.copyBody(ctx, hash); err != nil {
		return nil, err
	}
	return fingerprinted(hash), nil
}

// fingerprinting is a fingerprint that the body is to be written to.
func (r *call) fingerprinting() hash.Hash {
	hash := sha256.New()
	for _, part := range []string{r.Operation.Method, r.Path, r.Query} {
		_, _ = io.WriteString(hash, part+"\n")
	}
	return hash
}

func fingerprinted(hash hash.Hash) *[sha256.Size]byte {
	var sum [sha256.Size]byte
	hash.Sum(sum[:0])
	return &sum
}

// elapsed returns how long ago first was. A machine that slept has a clock that stood still, and one that was set has
// one that jumped: the longer time counts.
func elapsed(first, now time.Time) time.Duration {
	return max(now.Sub(first), now.Round(0).Sub(first.Round(0)))
}
