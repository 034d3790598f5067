package redisstore

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"math"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Advance moves the clock by which the store decides what has expired, back if d is negative.
func (s *Store) Advance(d time.Duration) { s.shift.Add(d.Microseconds()) }

// Key is the name of a record in Redis.
func (s *Store) Key(scope, key string) string { return s.key(scope, key) }

// Record is a record as the scripts keep it, written and read without them.
type Record struct {
	State                         byte
	Fingerprint                   idempotency.Fingerprint
	Token, Lease, Expires, Window float64
	Rest                          []byte
}

// Bytes is the record as it stands under a Redis key.
func (r Record) Bytes(key string) []byte {
	head := append([]byte{'1', r.State}, r.Fingerprint[:]...)
	for _, number := range []float64{r.Token, r.Lease, r.Expires, r.Window} {
		head = binary.BigEndian.AppendUint64(head, math.Float64bits(number))
	}
	digest := sha1.New()
	digest.Write([]byte(key))
	digest.Write(head)
	if r.State != 'd' {
		digest.Write(r.Rest)
	}
	head = append(head, hex.EncodeToString(digest.Sum(nil))[:8]...)
	return append(head, r.Rest...)
}

// ParseRecord reads what stands under a Redis key. It says whether that is a record, and one that no one has changed.
func ParseRecord(key string, value []byte) (Record, bool) {
	if len(value) < 74 {
		return Record{}, false
	}
	r := Record{State: value[1], Fingerprint: idempotency.Fingerprint(value[2:34]), Rest: value[74:]}
	ok := true
	for i, number := range []*float64{&r.Token, &r.Lease, &r.Expires, &r.Window} {
		*number = math.Float64frombits(binary.BigEndian.Uint64(value[34+8*i:]))
		ok = ok && *number >= 0 && *number < 1<<53 && *number == math.Trunc(*number)
	}
	switch r.State {
	case 'h', 't':
		ok = ok && len(r.Rest) == 16
	case 'd':
		ok = ok && len(r.Rest) >= 4
	case 'r':
		ok = ok && len(r.Rest) == 0
	default:
		ok = false
	}
	return r, ok && bytes.Equal(r.Bytes(key), value)
}

// Forge puts a held record with the given token in the place of whatever is there.
func (s *Store) Forge(ctx context.Context, claim idempotency.Claim, token idempotency.Token) error {
	key := s.key(claim.Scope, claim.Key)
	now := float64(time.Now().UnixMicro())
	record := Record{
		State: 'h', Fingerprint: claim.Fingerprint, Rest: make([]byte, 16), Token: float64(token),
		Lease: now + float64(claim.Lease.Microseconds()), Expires: now + float64(claim.Window.Microseconds()), Window: float64(claim.Window.Microseconds()),
	}
	return s.client.Set(ctx, key, record.Bytes(key), 0).Err()
}
