package idempotency

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Window is how long the provider remembers a key. A repeat after it is a new request: do not send one.
const Window = time.Hour

// ErrKey says that a text is no idempotency key.
var ErrKey = errors.New("idempotency: no usable key")

// Key names one logical request. The zero Key is the Nil UUID, which names nothing: it is refused wherever a key is
// needed.
type Key uuid.UUID

// NewKey returns a fresh random key. It panics only if the system has no randomness left.
func NewKey() Key { return Key(uuid.New()) }

// ParseKey reads a key in its one canonical spelling, 36 characters in lower or upper case. Braces, the urn: prefix,
// the spelling without hyphens and the Nil UUID are refused with ErrKey, which never repeats the text.
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

// String returns the key as it goes into the header.
func (k Key) String() string { return uuid.UUID(k).String() }
