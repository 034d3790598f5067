package idempotency

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Window is how long the provider remembers a key. It takes a repeat that comes later for a new request: do not send
// one.
const Window = time.Hour

// ErrKey says that a text is not an idempotency key.
var ErrKey = errors.New("idempotency: not a key")

// Key names one logical request. The zero Key is the Nil UUID. It names nothing, and is refused wherever a key is
// needed.
type Key uuid.UUID

// NewKey returns a new random key. It panics only if the system has no source of randomness.
func NewKey() Key { return Key(uuid.New()) }

// ParseKey reads a key in its canonical spelling of 36 characters, in lower or upper case. It refuses everything else
// with ErrKey: braces, the prefix urn:, a spelling without hyphens, and the Nil UUID. The error never repeats the text.
func ParseKey(text string) (Key, error) {
	if len(text) != 36 {
		return Key{}, fmt.Errorf("%w: want a UUID of 36 characters, got %d", ErrKey, len(text))
	}
	id, ok := wire.ParseUUID(text)
	if !ok {
		return Key{}, fmt.Errorf("%w: it is not a UUID", ErrKey)
	}
	if id == uuid.Nil {
		return Key{}, fmt.Errorf("%w: the Nil UUID names nothing", ErrKey)
	}
	return Key(id), nil
}

// IsZero reports whether k is the Nil UUID.
func (k Key) IsZero() bool { return k == Key{} }

// String returns the key as the header has it.
func (k Key) String() string { return uuid.UUID(k).String() }
