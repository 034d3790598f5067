package redisstore

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// DefaultPrefix is what the Redis keys begin with if the configuration does not say.
const DefaultPrefix = "idempotency:"

// Config says where in Redis the records are. The zero value is usable.
type Config struct {
	// Prefix is what all Redis keys begin with; "" means DefaultPrefix. Stores share their records if they have the same prefix
	// and the same database. Otherwise no prefix may be the beginning of another one, nor of the keys of other programs.
	Prefix string
}

// Store keeps idempotency records in Redis. It is made by New, and has nothing to close: the client belongs to the caller.
type Store struct {
	client redis.UniversalClient
	prefix string
	// shift is added to the server's clock, in microseconds. Tests set it.
	shift atomic.Int64
}

var _ idempotency.Store = (*Store)(nil)

// New returns a store that uses the client, which it does not ask anything yet. It fails when there is no client; when the
// client does not heed deadlines, which ContextTimeoutEnabled changes; and when it is a ring, which asks another server, one
// that knows nothing, as soon as one is down.
func New(client redis.UniversalClient, config Config) (*Store, error) {
	heeds := true
	switch c := client.(type) {
	case nil:
		return nil, errors.New("redisstore: there is no client")
	case *redis.Ring:
		return nil, errors.New("redisstore: a ring forgets what was claimed when a server is down; use a server or a cluster")
	case *redis.Client:
		heeds = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		heeds = c.Options().ContextTimeoutEnabled
	}
	if !heeds {
		return nil, errors.New("redisstore: the client does not heed deadlines; set ContextTimeoutEnabled in its options")
	}
	if config.Prefix == "" {
		config.Prefix = DefaultPrefix
	}
	return &Store{client: client, prefix: config.Prefix}, nil
}

// The scripts are one text each for Redis, which knows no imports.
var (
	//go:embed record.lua
	recordLua string
	//go:embed claim.lua
	claimLua string
	//go:embed renew.lua
	renewLua string
	//go:embed complete.lua
	completeLua string
	//go:embed release.lua
	releaseLua string

	claimScript    = redis.NewScript(recordLua + claimLua)
	renewScript    = redis.NewScript(recordLua + renewLua)
	completeScript = redis.NewScript(recordLua + completeLua)
	releaseScript  = redis.NewScript(recordLua + releaseLua)
)

// What the scripts answer.
const (
	answerOK = iota
	answerLost
	answerCorrupt
	answerFull
)

// What the script of a claim answers besides, in a list, unless it answers with a token.
const (
	answerInProgress = iota + 11
	answerDone
	answerOther
)

// Claim implements idempotency.Store. It fails with idempotency.ErrCorrupt when the record is damaged, and with
// idempotency.ErrFull when Redis has reached its maxmemory.
func (s *Store) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := claim.Validate(); err != nil {
		return idempotency.Outcome{}, err
	}
	// The client sends a command again when the answer is lost. By the attempt, the script knows that it is the same claim.
	attempt := claim.Attempt
	if attempt == (idempotency.Attempt{}) {
		_, _ = rand.Read(attempt[:]) // which never fails
	}
	takeOver := "0"
	if claim.TakeOver {
		takeOver = "1"
	}
	key := s.key(claim.Scope, claim.Key)
	answer, err := s.run(ctx, claimScript, key, claim.Fingerprint[:], microseconds(claim.Lease), microseconds(claim.Window), takeOver, attempt[:])
	if err == nil {
		var outcome idempotency.Outcome
		if outcome, err = readOutcome(key, answer); err == nil {
			return outcome, nil
		}
	}
	return idempotency.Outcome{}, fmt.Errorf("redisstore: claim: %w", err)
}

// readOutcome understands what the script of a claim answers: a token, or a list of what became of it and of up to one detail.
func readOutcome(key string, answer any) (idempotency.Outcome, error) {
	if token, _ := answer.(int64); token != 0 && token != math.MinInt64 {
		return idempotency.Outcome{State: idempotency.Mine, Token: idempotency.Token(max(token, -token)), TookOver: token < 0}, nil
	}
	list, _ := answer.([]any)
	var number [2]int64
	for i := range min(len(list), len(number)) {
		number[i], _ = list[i].(int64)
	}
	switch {
	case len(list) == 2 && number[0] == answerInProgress && number[1] >= 0:
		remaining := time.Duration(min(number[1], math.MaxInt64/int64(time.Microsecond))) * time.Microsecond
		return idempotency.Outcome{State: idempotency.InProgress, Remaining: remaining}, nil
	case len(list) == 2 && number[0] == answerDone:
		if body, ok := list[1].(string); ok && len(body) >= crc32.Size {
			response := []byte(body[crc32.Size:])
			if body[:crc32.Size] == checksum(key, response) {
				return idempotency.Outcome{State: idempotency.Done, Response: response}, nil
			}
		}
		return idempotency.Outcome{}, idempotency.ErrCorrupt
	case len(list) == 1 && number[0] == answerOther:
		return idempotency.Outcome{State: idempotency.OtherFingerprint}, nil
	case len(list) == 1 && number[0] == answerCorrupt:
		return idempotency.Outcome{}, idempotency.ErrCorrupt
	case len(list) == 1 && number[0] == answerFull:
		return idempotency.Outcome{}, idempotency.ErrFull
	}
	return idempotency.Outcome{}, errAnswer
}

// Renew implements idempotency.Store. It fails with idempotency.ErrCorrupt when the record is damaged.
func (s *Store) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	return s.change(ctx, "renew", renewScript, hold, microseconds(lease))
}

// Complete implements idempotency.Store. It fails with idempotency.ErrCorrupt when the record is damaged.
func (s *Store) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	return s.change(ctx, "complete", completeScript, hold, checksum(s.key(hold.Scope, hold.Key), response), response)
}

// Release implements idempotency.Store. It fails with idempotency.ErrCorrupt when the record is damaged. An empty record stays
// for a minute.
func (s *Store) Release(ctx context.Context, hold idempotency.Hold) error {
	return s.change(ctx, "release", releaseScript, hold)
}

func (s *Store) change(ctx context.Context, doing string, script *redis.Script, hold idempotency.Hold, arguments ...any) error {
	arguments = append([]any{strconv.FormatInt(int64(hold.Token), 10)}, arguments...)
	answer, err := s.run(ctx, script, s.key(hold.Scope, hold.Key), arguments...)
	if err == nil {
		switch answer {
		case int64(answerOK):
			return nil
		case int64(answerLost):
			return idempotency.ErrLost
		case int64(answerCorrupt):
			err = idempotency.ErrCorrupt
		case int64(answerFull):
			err = refusal("OOM")
		default:
			err = errAnswer
		}
	}
	return fmt.Errorf("redisstore: %s: %w", doing, err)
}

// run runs a script on one key, in one round trip unless the server does not know the script yet.
func (s *Store) run(ctx context.Context, script *redis.Script, key string, arguments ...any) (any, error) {
	if s.client == nil {
		return nil, errors.New("a Store is made by New")
	}
	shift := strconv.FormatInt(s.shift.Load(), 10)
	answer, err := script.Run(ctx, s.client, []string{key}, append([]any{shift}, arguments...)...).Result()
	if err != nil {
		return nil, presentable(ctx, err)
	}
	return answer, nil
}

// key names the record in Redis. It is unambiguous, since an escaped scope has no colon, and it has visible ASCII characters
// alone if the prefix does.
func (s *Store) key(scope, key string) string {
	return s.prefix + url.QueryEscape(scope) + ":" + key
}

// microseconds writes a duration for a script, rounded up. Neither bound is met in practice: below zero a lease is over, and
// beyond a century Lua's numbers would not be exact.
func microseconds(d time.Duration) string {
	const most = 1 << 52
	n := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		n++
	}
	return strconv.FormatInt(min(max(n, 0), most), 10)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum tells whether a response is what was stored under a key. The scripts check the rest of a record, but not what can be
// large: they keep everybody else waiting.
func checksum(key string, response []byte) string {
	sum := crc32.Update(crc32.Checksum([]byte(key), castagnoli), castagnoli, response)
	return string(binary.BigEndian.AppendUint32(nil, sum))
}
