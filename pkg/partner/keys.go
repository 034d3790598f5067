package partner

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// ErrKeyReused means that a key was given to two different requests. Nothing was sent: the server would take the second
// for a repeat of the first.
var ErrKeyReused = errors.New("partner: the idempotency key was used for another request")

// maxKeys bounds how many own keys are remembered.
const maxKeys = 10_000

// keyMemory remembers which requests the caller's own keys were used for, as long as the server does. It knows nothing
// of other processes. The zero keyMemory is empty.
type keyMemory struct {
	mu    sync.Mutex
	uses  map[idempotency.Key]keyUse
	order []idempotency.Key
}

type keyUse struct {
	fingerprint [sha256.Size]byte
	at          time.Time
	// doubted says that a call with the key may have taken effect.
	doubted bool
}

// claim refuses a key that was used for another request within the window. The window of a repeat began with the first
// call, and so did its doubts.
func (m *keyMemory) claim(ctx context.Context, r *call) error {
	hash := sha256.New()
	for _, part := range []string{r.Operation.Method, r.Path, r.Query} {
		_, _ = io.WriteString(hash, part+"\n")
	}
	if err := r.copyBody(ctx, hash); err != nil {
		return err
	}
	use := keyUse{at: r.core.now()}
	hash.Sum(use.fingerprint[:0])

	m.mu.Lock()
	defer m.mu.Unlock()
	if before, ok := m.uses[r.key]; ok && use.at.Sub(before.at) < idempotency.Window {
		if before.fingerprint != use.fingerprint {
			return ErrKeyReused
		}
		r.first, r.unknown = before.at, before.doubted
		return nil
	}
	if m.uses == nil {
		m.uses = map[idempotency.Key]keyUse{}
	}
	if _, known := m.uses[r.key]; !known {
		m.order = append(m.order, r.key)
		if len(m.order) > maxKeys {
			delete(m.uses, m.order[0])
			m.order = m.order[1:]
		}
	}
	m.uses[r.key] = use
	return nil
}

// doubt remembers that a call with an own key may have taken effect. A refusal of its repeat then says nothing about
// the first.
func (m *keyMemory) doubt(key idempotency.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if use, ok := m.uses[key]; ok {
		use.doubted = true
		m.uses[key] = use
	}
}
