package bank

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"
)

// Everything that looks random comes from the seed and from a number that is drawn once. Nobody can tell one id from
// another, and the same sandbox always makes the same ones.

// idOf returns the id that belongs to a number.
func (b *Bank) idOf(number uint64) uuid.UUID {
	var text [17]byte
	binary.BigEndian.PutUint64(text[:], b.seed)
	binary.BigEndian.PutUint64(text[8:], number)
	return asUUID(sha256.Sum256(text[:]))
}

// derivedID returns an id that always belongs to a thing, and to a name that tells it from others of that thing.
func (b *Bank) derivedID(of uuid.UUID, name string) uuid.UUID {
	text := make([]byte, 0, 8+len(of)+len(name))
	text = binary.BigEndian.AppendUint64(text, b.seed)
	text = append(text, of[:]...)
	return asUUID(sha256.Sum256(append(text, name...)))
}

// NextRequestID returns a name for a request: the n-th since the start always has the same. It is not stored how many
// there were; after another start they have other names, provided that anything was changed in between.
func (b *Bank) NextRequestID() string {
	var text [24]byte
	binary.BigEndian.PutUint64(text[:], ^b.seed) // No other id begins so.
	binary.BigEndian.PutUint64(text[8:], b.requests.Add(1))
	binary.BigEndian.PutUint64(text[16:], b.opened.Load())
	return asUUID(sha256.Sum256(text[:])).String()
}

func asUUID(sum [sha256.Size]byte) uuid.UUID {
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x40 // Version 4: it says nothing of what it was made of.
	id[8] = id[8]&0x3f | 0x80
	return id
}

// secretText returns 43 characters that belong to a number, and that nobody can guess who knows the seed alone.
func (b *Bank) secretText(number uint64, purpose string) string {
	mac := hmac.New(sha256.New, b.secret)
	_, _ = fmt.Fprintf(mac, "%s %d %d", purpose, b.seed, number)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// RoutingNumber is that of the sandbox: nine digits with the right check digit, which no bank has.
const RoutingNumber = "999999992"

// digits returns as many decimal digits as asked for, up to 15, that no other number below 10^count has: they count on
// in large steps, from where the seed says.
func (b *Bank) digits(number uint64, count int) string {
	size := uint64(1)
	for range count {
		size *= 10
	}
	// No power of ten has a factor in common with it.
	const step = 7_654_321_987_654_321
	var text [9]byte
	binary.BigEndian.PutUint64(text[:], b.seed)
	sum := sha256.Sum256(text[:])
	start := binary.BigEndian.Uint64(sum[:8]) % size
	return fmt.Sprintf("%0*d", count, (start+mulMod(number%size, step%size, size))%size)
}
