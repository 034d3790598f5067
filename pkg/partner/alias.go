package partner

import (
	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// What other packages of this module have and every caller needs, so that this package is all that a caller imports.

// Secret is a password or a signing secret. It prints as [redacted], whatever prints it.
type Secret = signing.Secret

// NewSecret makes a Secret of a text.
func NewSecret(text string) Secret { return signing.NewSecret(text) }

// Operation is an operation of the contract: its id, method and path template.
type Operation = partnerapi.Operation

// IdempotencyKey is the key under which a request takes effect once, a UUID. The zero IdempotencyKey is refused.
type IdempotencyKey = idempotency.Key

// KeyWindow is how long the provider remembers a key. A repeat that comes later is a new request.
const KeyWindow = idempotency.Window

// HeaderReplayed marks an answer that repeats the one to an earlier request with the same key. Servers of this module
// send it; whether the provider does is not documented.
const HeaderReplayed = idempotency.HeaderReplayed

// ErrKey says that something is not an idempotency key.
var ErrKey = idempotency.ErrKey

// NewKey returns a fresh random key. Keep it with what is to be done before it is sent.
func NewKey() IdempotencyKey { return idempotency.NewKey() }

// ParseKey reads a key in its canonical spelling of 36 characters. Anything else, and the Nil UUID, is refused with
// ErrKey.
func ParseKey(text string) (IdempotencyKey, error) { return idempotency.ParseKey(text) }

// KeyFor derives a key from a business reference, so that a process that starts again sends the same one: namespace
// says what kind of thing is done, "payouts" for instance, and reference names one of them, such as the id of an
// invoice. Both must not be empty, or the key is zero. See idempotency.KeyFor.
func KeyFor(namespace, reference string) IdempotencyKey {
	return idempotency.KeyFor(namespace, reference)
}
