package redisstore

import (
	"context"
	"crypto/fips140"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// DefaultPrefix is what Redis keys begin with by default.
const DefaultPrefix = "idempotency:"

// Config says where in Redis the records are. The zero value has the defaults.
type Config struct {
	// Prefix is what all Redis keys begin with; empty means DefaultPrefix. Stores with the same prefix in the same
	// database share their records. Prefixes that differ must not begin with one another, and no other program may have
	// keys that begin with one.
	Prefix string
}

// Store is an idempotency.Store in Redis. Make one with New. There is nothing to close: the client belongs to the
// caller.
type Store struct {
	client redis.UniversalClient
	prefix string
	// shift is added to the server's clock, in microseconds, by tests.
	shift atomic.Int64
}

var _ idempotency.Store = (*Store)(nil)

// New returns a store that uses the client. It sends nothing to the server. It fails if the client is nil, if it does
// not heed deadlines, for which its option ContextTimeoutEnabled must be set, and if it is a ring: as soon as a server
// of a ring is down, the ring asks another one, which knows none of its keys.
func New(client redis.UniversalClient, config Config) (*Store, error) {
	heeds := true
	switch c := client.(type) {
	case nil:
		return nil, errors.New("redisstore: there is no client")
	case *redis.Ring:
		return nil, errors.New(
			"redisstore: a ring forgets what was claimed if a server is down; use a server or a cluster")
	case *redis.Client:
		heeds = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		heeds = c.Options().ContextTimeoutEnabled
	}
	if !heeds {
		return nil, errors.New(
			"redisstore: the client does not heed deadlines; set ContextTimeoutEnabled in its options")
	}
	if config.Prefix == "" {
		config.Prefix = DefaultPrefix
	}
	return &Store{client: client, prefix: config.Prefix}, nil
}

// Redis has no imports, so each script is one text.
var (
	//go:embed clock.lua
	clockLua string
	//go:embed new.lua
	newLua string
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
	//go:embed save.lua
	saveLua string

	claimScript    = newScript(clockLua + newLua + recordLua + claimLua + saveLua)
	renewScript    = newScript(clockLua + recordLua + renewLua + saveLua)
	completeScript = newScript(clockLua + recordLua + completeLua + saveLua)
	releaseScript  = newScript(clockLua + recordLua + releaseLua + saveLua)
)

// script is a script, and its name as an argument of a command.
type script struct {
	*redis.Script
	name any
}

func newScript(text string) (s script) {
	// Redis names scripts by their SHA-1, which FIPS 140-only mode refuses: here it protects nothing.
	fips140.WithoutEnforcement(func() { s.Script = redis.NewScript(text) })
	s.name = s.Hash()
	return s
}

// The answers of the scripts. The script of a claim can also answer with a token, a record, or a list that begins with
// one of the last two.
const (
	answerOK      = 0
	answerLost    = 1
	answerCorrupt = 2
	answerFull    = 3

	answerInProgress = 11
	answerOther      = 12
	// leastToken is greater than any of them and less than any token. Tokens are microseconds since 1970.
	leastToken = 100
)

// Claim implements idempotency.Store. It fails with idempotency.ErrCorrupt if the record is damaged, and with
// idempotency.ErrFull if Redis has reached its maxmemory.
func (s *Store) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	if err := claim.Validate(); err != nil {
		return idempotency.Outcome{}, err
	}
	// The client sends a command again if the answer is lost. The attempt tells the script that it is the same claim.
	attempt := claim.Attempt
	if attempt == (idempotency.Attempt{}) {
		//nolint:gosec // guessing it gains nothing, and this generator is faster
		binary.NativeEndian.PutUint64(attempt[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(attempt[8:], rand.Uint64()) //nolint:gosec // as above
	}
	key := s.key(claim.Scope, claim.Key)
	more := []any{front(key, claim.Fingerprint, attempt), strconv.FormatInt(dropped(claim.Window), 10), "take over"}
	if !claim.TakeOver {
		more = more[:2]
	}
	numbers := s.numbers(microseconds(claim.Lease), microseconds(claim.Window))
	answer, err := s.run(ctx, claimScript, key, numbers, more...)
	if err == nil {
		var outcome idempotency.Outcome
		if outcome, err = readOutcome(key, answer); err == nil {
			return outcome, nil
		}
	}
	return idempotency.Outcome{}, fmt.Errorf("redisstore: claim: %w", err)
}

// readOutcome reads the answer of a claim's script.
func readOutcome(key string, answer any) (idempotency.Outcome, error) {
	switch answer := answer.(type) {
	case int64:
		switch {
		case answer >= leastToken || answer <= -leastToken && answer != math.MinInt64:
			return idempotency.Outcome{State: idempotency.StateMine, Token: idempotency.Token(max(answer, -answer)),
				TookOver: answer < 0}, nil
		case answer == answerCorrupt:
			return idempotency.Outcome{}, idempotency.ErrCorrupt
		case answer == answerFull:
			return idempotency.Outcome{}, idempotency.ErrFull
		}
	case string:
		if len(answer) < responseAt {
			break
		}
		response := []byte(answer[responseAt:])
		if !agree(key, response, answer[responseAt-crc32.Size:responseAt]) {
			return idempotency.Outcome{}, idempotency.ErrCorrupt
		}
		return idempotency.Outcome{State: idempotency.StateDone, Response: response}, nil
	case []any:
		if len(answer) != 2 {
			break
		}
		remaining, isNumber := answer[1].(int64)
		request, isText := answer[1].(string)
		switch {
		case answer[0] == int64(answerInProgress) && isNumber && remaining >= 0:
			remaining := time.Duration(min(remaining, math.MaxInt64/int64(time.Microsecond))) * time.Microsecond
			return idempotency.Outcome{State: idempotency.StateInProgress, Remaining: remaining}, nil
		case answer[0] == int64(answerOther) && isText && len(request) == requestEnd:
			if request[0] != version || !agree(key, []byte(request[:requestEnd-crc32.Size]),
				request[requestEnd-crc32.Size:]) {
				return idempotency.Outcome{}, idempotency.ErrCorrupt
			}
			return idempotency.Outcome{State: idempotency.StateOtherFingerprint}, nil
		}
	}
	return idempotency.Outcome{}, errAnswer
}

// Renew implements idempotency.Store. It fails with idempotency.ErrCorrupt if the record is damaged.
func (s *Store) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	key := s.key(hold.Scope, hold.Key)
	return s.change(ctx, "renew", renewScript, key, s.numbers(float64(hold.Token), microseconds(lease)))
}

// Complete implements idempotency.Store. It fails with idempotency.ErrCorrupt if the record is damaged.
func (s *Store) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	key := s.key(hold.Scope, hold.Key)
	rest := append(appendChecksum(make([]byte, 0, crc32.Size+len(response)), key, response), response...)
	return s.change(ctx, "complete", completeScript, key, s.numbers(float64(hold.Token), 0), rest)
}

// Release implements idempotency.Store. It fails with idempotency.ErrCorrupt if the record is damaged. An empty record
// stays for a minute, so that tokens grow.
func (s *Store) Release(ctx context.Context, hold idempotency.Hold) error {
	return s.change(ctx, "release", releaseScript, s.key(hold.Scope, hold.Key), s.numbers(float64(hold.Token), 0))
}

func (s *Store) change(ctx context.Context, doing string, script script, key string, numbers []byte,
	more ...any) error {
	answer, err := s.run(ctx, script, key, numbers, more...)
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

// run runs a script on one key, in one round trip unless the server does not know the script yet. It is a
// redis.Script's Run with fewer copies.
func (s *Store) run(ctx context.Context, script script, key string, numbers []byte, more ...any) (any, error) {
	if s.client == nil {
		return nil, errors.New("the store was not made by New")
	}
	const before = 4
	arguments := append(make([]any, 0, before+1+len(more)), "evalsha", script.name, 1, key, numbers)
	arguments = append(arguments, more...)
	command := redis.NewCmd(ctx, arguments...)
	command.SetFirstKeyPos(before - 1)
	_ = s.client.Process(ctx, command) // The command holds the error.
	answer, err := command.Result()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		answer, err = script.Eval(ctx, s.client, []string{key}, arguments[before:]...).Result()
	}
	if err != nil {
		return nil, presentable(ctx, err)
	}
	return answer, nil
}

// key names a record in Redis. It is unambiguous, since an escaped scope has no colon. It has only visible ASCII
// characters if the prefix does.
func (s *Store) key(scope, key string) string {
	return s.prefix + url.QueryEscape(scope) + ":" + key
}

// microseconds rounds a duration up to what the scripts count in. In practice neither bound is reached: below zero a
// lease is over, and beyond a century Lua's numbers would not be exact.
func microseconds(d time.Duration) float64 {
	const most = 1 << 52
	return float64(min(max(ceil(d, time.Microsecond), 0), most))
}

// dropped returns in how many milliseconds Redis may drop the record of a new claim. It is half a minute more than
// Redis has to keep it after its window, so that a response which arrives by then need not prolong it.
func dropped(window time.Duration) int64 {
	const slack = 90_000
	return ceil(window, time.Millisecond) + slack
}

// ceil returns how many units a duration has, rounded up.
func ceil(d, unit time.Duration) int64 {
	n := int64(d / unit)
	if d%unit > 0 {
		n++
	}
	return n
}

// numbers encodes the first argument of a script: what is added to the clock, and up to two numbers that the script
// needs.
func (s *Store) numbers(first, second float64) []byte {
	to := make([]byte, 0, 24)
	for _, number := range []float64{float64(s.shift.Load()), first, second} {
		to = binary.BigEndian.AppendUint64(to, math.Float64bits(number))
	}
	return to
}

// The layout of a record, as far as the client knows it. See record.lua.
const (
	version    = '1'
	requestEnd = 1 + len(idempotency.Fingerprint{}) + crc32.Size
	frontEnd   = requestEnd + len(idempotency.Attempt{})
	backSize   = 4*8 + 1
	responseAt = frontEnd + 2*backSize + crc32.Size
)

// front returns the beginning of a record.
func front(key string, fingerprint idempotency.Fingerprint, attempt idempotency.Attempt) []byte {
	to := append(make([]byte, 0, frontEnd), version)
	to = append(to, fingerprint[:]...)
	to = appendChecksum(to, key, to)
	return append(to, attempt[:]...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendChecksum appends a checksum of a key and what is stored under it. The scripts do not compute it: they have no
// fast way to, and everybody else waits while a script runs.
func appendChecksum(to []byte, key string, stored []byte) []byte {
	sum := crc32.Update(crc32.Checksum([]byte(key), castagnoli), castagnoli, stored)
	return binary.BigEndian.AppendUint32(to, sum)
}

// agree says whether a checksum is that of a key and what is stored under it.
func agree(key string, stored []byte, sum string) bool {
	return string(appendChecksum(nil, key, stored)) == sum
}
