package redisstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Advance moves the clock by which the store decides what has expired, back if d is negative.
func (s *Store) Advance(d time.Duration) { s.shift.Add(d.Microseconds()) }

// Key is the name of a record in Redis.
func (s *Store) Key(scope, key string) string { return s.key(scope, key) }

// Record is a record as the scripts keep it, written and read without them.
type Record struct {
	Version                       byte
	Fingerprint                   idempotency.Fingerprint
	Attempt                       idempotency.Attempt
	Token, Lease, Expires, Window float64
	State                         byte
	// Rest is a checksum and a response.
	Rest []byte
}

// What a record has before its rest, and where the parts of that begin.
const (
	AttemptAt = 1 + 32 + 4
	BackAt    = AttemptAt + 16
	RestAt    = BackAt + 2*(4*8+1)
)

// Bytes is the record as it stands under a Redis key.
func (r Record) Bytes(key string) []byte {
	request := append([]byte{r.Version}, r.Fingerprint[:]...)
	sum := crc32.Checksum(append([]byte(key), request...), crc32.MakeTable(crc32.Castagnoli))
	record := append(binary.BigEndian.AppendUint32(request, sum), r.Attempt[:]...)
	var back []byte
	for _, number := range []float64{r.Token, r.Lease, r.Expires, r.Window} {
		back = binary.BigEndian.AppendUint64(back, math.Float64bits(number))
	}
	back = append(back, r.State)
	return slices.Concat(record, back, back, r.Rest)
}

// ParseRecord reads what stands under a Redis key. It says whether that is a record, and one that no one has changed
// but for the attempt and the rest.
func ParseRecord(key string, value []byte) (Record, bool) {
	if len(value) < RestAt {
		return Record{}, false
	}
	r := Record{
		Version: value[0], Fingerprint: idempotency.Fingerprint(value[1:]),
		Attempt: idempotency.Attempt(value[AttemptAt:]), State: value[BackAt+32], Rest: value[RestAt:],
	}
	ok := r.Version == '1'
	for i, number := range []*float64{&r.Token, &r.Lease, &r.Expires, &r.Window} {
		*number = math.Float64frombits(binary.BigEndian.Uint64(value[BackAt+8*i:]))
		ok = ok && *number >= 0 && *number < 1<<53 && *number == math.Trunc(*number)
	}
	switch r.State {
	case 'h', 't', 'r':
		ok = ok && len(r.Rest) == 0
	case 'd':
		ok = ok && len(r.Rest) >= 4
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
		Version: '1', State: 'h', Fingerprint: claim.Fingerprint, Token: float64(token),
		Lease: now + float64(claim.Lease.Microseconds()), Expires: now + float64(claim.Window.Microseconds()),
		Window: float64(claim.Window.Microseconds()),
	}
	return s.client.Set(ctx, key, record.Bytes(key), 0).Err()
}
