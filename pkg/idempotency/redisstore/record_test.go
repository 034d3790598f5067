package redisstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
)

// steps are all that can be asked of a store, about the record of a hold.
var steps = map[string]func(context.Context, idempotency.Store, idempotency.Hold) error{
	"claim": func(ctx context.Context, store idempotency.Store, hold idempotency.Hold) error {
		outcome, err := store.Claim(ctx, newClaim(hold.Key))
		if err != nil && outcome.State != 0 {
			return fmt.Errorf("an outcome %+v besides %w", outcome, err)
		}
		return err
	},
	"take over": func(ctx context.Context, store idempotency.Store, hold idempotency.Hold) error {
		claim := newClaim(hold.Key)
		claim.TakeOver = true
		_, err := store.Claim(ctx, claim)
		return err
	},
	"renew": func(ctx context.Context, store idempotency.Store, hold idempotency.Hold) error {
		return store.Renew(ctx, hold, time.Minute)
	},
	"complete": func(ctx context.Context, store idempotency.Store, hold idempotency.Hold) error {
		return store.Complete(ctx, hold, []byte("another answer"))
	},
	"release": func(ctx context.Context, store idempotency.Store, hold idempotency.Hold) error {
		return store.Release(ctx, hold)
	},
}

// records brings a key into each state that a record can have.
var records = map[string]func(testing.TB, *redisstore.Store, string) idempotency.Hold{
	"held": func(t testing.TB, store *redisstore.Store, key string) idempotency.Hold {
		return mine(t, store, newClaim(key))
	},
	"taken over": func(t testing.TB, store *redisstore.Store, key string) idempotency.Hold {
		claim := newClaim(key)
		claim.TakeOver = true
		mine(t, store, claim)
		store.Advance(2 * claim.Lease)
		return mine(t, store, claim)
	},
	"done": func(t testing.TB, store *redisstore.Store, key string) idempotency.Hold {
		hold := mine(t, store, newClaim(key))
		must(t, store.Complete(t.Context(), hold, []byte("an answer")))
		return hold
	},
	"done with nothing": func(t testing.TB, store *redisstore.Store, key string) idempotency.Hold {
		hold := mine(t, store, newClaim(key))
		must(t, store.Complete(t.Context(), hold, nil))
		return hold
	},
	"released": func(t testing.TB, store *redisstore.Store, key string) idempotency.Hold {
		hold := mine(t, store, newClaim(key))
		must(t, store.Release(t.Context(), hold))
		return hold
	},
}

// duplicate puts a record under another key, as COPY does since Redis 6.2.
func duplicate(t testing.TB, client redis.UniversalClient, from, to string) {
	t.Helper()
	value, err := client.Get(t.Context(), from).Result()
	must(t, err)
	must(t, client.Set(t.Context(), to, value, 0).Err())
}

// Whatever is changed in a record, a claim does not understand it, and no step writes over it, except that what is not
// needed is not looked at: the request of a key that was released, and the name of an attempt, by which only the
// attempt itself is known. The other steps look at the back alone.
func TestAnyChangeOfARecordIsNoticed(t *testing.T) {
	t.Parallel()
	// Nothing is synced to the disk, since this makes thousands of steps.
	client := connect(t, redisserver.ForTest(t, redisserver.Options{Volatile: true}), false)
	claims, all := []string{"claim", "take over"}, []string{"claim", "take over", "renew", "complete", "release"}
	for name, make := range records {
		store := newStore(t, client)
		hold := make(t, store, "key")
		key := store.Key(hold.Scope, hold.Key)
		whole, err := client.Get(t.Context(), key).Bytes()
		must(t, err)
		record, ok := redisstore.ParseRecord(key, whole)
		if !ok {
			t.Fatalf("%s: the record is not as documented: %q", name, whole)
		}
		check := func(what string, value []byte, names []string) {
			t.Helper()
			must(t, client.Set(t.Context(), key, value, 0).Err())
			for _, step := range names {
				if err := steps[step](t.Context(), store, hold); !errors.Is(err, idempotency.ErrCorrupt) {
					t.Errorf("%s, %s: %s says %v", name, what, step, err)
				}
				if now, err := client.Get(t.Context(), key).Bytes(); err != nil || !bytes.Equal(now, value) {
					t.Fatalf("%s, %s: %s changes the record, %v", name, what, step, err)
				}
			}
		}
		for i := range whole {
			changed := bytes.Clone(whole)
			names := all
			switch {
			case i < redisstore.AttemptAt && record.State == 'r', i >= redisstore.AttemptAt && i < redisstore.BackAt:
				names = nil
			case i < redisstore.AttemptAt, i >= redisstore.RestAt:
				names = claims
			}
			for _, bits := range []byte{1, 0x80, 0xff} {
				changed[i] = whole[i] ^ bits
				check(fmt.Sprintf("byte %d changed by %x", i, bits), changed, names)
			}
			check(fmt.Sprintf("cut off at %d", i), whole[:i], claims)
		}
		check("something appended", append(bytes.Clone(whole), 0), claims)
		must(t, client.Del(t.Context(), key).Err())
	}
}

// What no client writes is not understood, even if its checks are right.
func TestARecordThatMakesNoSenseIsNotUnderstood(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{Volatile: true}), false)
	store := newStore(t, client)
	for name, make := range records {
		hold := make(t, store, "key")
		key := store.Key(hold.Scope, hold.Key)
		value, err := client.Get(t.Context(), key).Bytes()
		must(t, err)
		check := func(what string, change func(*redisstore.Record), names ...string) {
			t.Helper()
			record, _ := redisstore.ParseRecord(key, value)
			change(&record)
			must(t, client.Set(t.Context(), key, record.Bytes(key), 0).Err())
			for _, step := range names {
				if err := steps[step](t.Context(), store, hold); !errors.Is(err, idempotency.ErrCorrupt) {
					t.Errorf("%s, %s: %s says %v", name, what, step, err)
				}
			}
		}
		for field, number := range map[string]func(*redisstore.Record) *float64{
			"token":   func(r *redisstore.Record) *float64 { return &r.Token },
			"lease":   func(r *redisstore.Record) *float64 { return &r.Lease },
			"expires": func(r *redisstore.Record) *float64 { return &r.Expires },
			"window":  func(r *redisstore.Record) *float64 { return &r.Window },
		} {
			for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0.5, 1 << 53} {
				check(fmt.Sprint(field, " ", odd), func(r *redisstore.Record) { *number(r) = odd }, "claim",
					"take over", "renew", "complete", "release")
			}
		}
		for _, state := range []byte{0, 'x', 'D'} {
			check(fmt.Sprintf("state %q", state), func(r *redisstore.Record) { r.State = state }, "claim", "take over",
				"renew", "complete", "release")
		}
		if name != "released" {
			check("another version", func(r *redisstore.Record) { r.Version = '2' }, "claim", "take over")
		}
		must(t, client.Del(t.Context(), key).Err())
	}
}

// A holder whose record was changed under its hands can go on. What it leaves is not taken for good.
func TestWhatAHolderDoesNotNoticeTheNextClaimDoes(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{Volatile: true}), false)
	store := newStore(t, client)
	damage := map[string]func(hold *idempotency.Hold){
		"put under another key": func(hold *idempotency.Hold) {
			from := store.Key(hold.Scope, hold.Key)
			hold.Key = "copy"
			duplicate(t, client, from, store.Key(hold.Scope, hold.Key))
		},
	}
	for i := range redisstore.AttemptAt {
		damage[fmt.Sprintf("byte %d changed", i)] = func(hold *idempotency.Hold) {
			key := store.Key(hold.Scope, hold.Key)
			value, err := client.Get(t.Context(), key).Bytes()
			must(t, err)
			value[i] ^= 1
			must(t, client.SetArgs(t.Context(), key, value, redis.SetArgs{KeepTTL: true}).Err())
		}
	}
	for name, damage := range damage {
		for _, step := range []string{"renew", "complete"} {
			hold := records["held"](t, store, "key")
			damage(&hold)
			must(t, steps[step](t.Context(), store, hold))
			for _, claim := range []string{"claim", "take over"} {
				if err := steps[claim](t.Context(), store, hold); !errors.Is(err, idempotency.ErrCorrupt) {
					t.Errorf("%s, after %s: %s says %v", name, step, claim, err)
				}
			}
			must(t, client.FlushDB(t.Context()).Err())
		}
	}
}

func TestARecordOfAnotherKeyIsNotUnderstood(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	for name, make := range records {
		if name == "released" {
			continue // There is nothing to understand.
		}
		store := newStore(t, client)
		hold := make(t, store, "key")
		to := store.Key(hold.Scope, "copy")
		duplicate(t, client, store.Key(hold.Scope, hold.Key), to)
		hold.Key = "copy"
		for _, step := range []string{"claim", "take over"} {
			if err := steps[step](t.Context(), store, hold); !errors.Is(err, idempotency.ErrCorrupt) {
				t.Errorf("%s: %s says %v", name, step, err)
			}
		}
		must(t, client.FlushDB(t.Context()).Err())
	}
}

func TestAnythingElseInThePlaceOfARecordIsNotUnderstood(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	store := newStore(t, client)
	hold := idempotency.Hold{Scope: "acme", Key: "key", Token: 1}
	key := store.Key(hold.Scope, hold.Key)
	for name, put := range map[string]func(context.Context) redis.Cmder{
		"an empty string": func(ctx context.Context) redis.Cmder { return client.Set(ctx, key, "", 0) },
		"a number":        func(ctx context.Context) redis.Cmder { return client.Incr(ctx, key) },
		"a bitmap":        func(ctx context.Context) redis.Cmder { return client.SetBit(ctx, key, 1000, 1) },
		"a list":          func(ctx context.Context) redis.Cmder { return client.RPush(ctx, key, "1") },
		"a set":           func(ctx context.Context) redis.Cmder { return client.SAdd(ctx, key, "1") },
		"a sorted set":    func(ctx context.Context) redis.Cmder { return client.ZAdd(ctx, key, redis.Z{Member: "1"}) },
		"a hash":          func(ctx context.Context) redis.Cmder { return client.HSet(ctx, key, "state", "d") },
		"a stream": func(ctx context.Context) redis.Cmder {
			return client.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []string{"a", "b"}})
		},
	} {
		must(t, put(t.Context()).Err())
		for step, do := range steps {
			if err := do(t.Context(), store, hold); !errors.Is(err, idempotency.ErrCorrupt) {
				t.Errorf("%s: %s says %v", name, step, err)
			}
		}
		must(t, client.Del(t.Context(), key).Err())
		mine(t, store, newClaim("key"))
		must(t, client.Del(t.Context(), key).Err())
	}
}

// Whatever stands under a key, a claim either says that it is damaged, or it is a record that somebody wrote with care
// and whose meaning is clear.
func FuzzRecord(f *testing.F) {
	server := redisserver.ForTest(f, redisserver.Options{Volatile: true})
	client := connect(f, server, false)
	store := newStore(f, client)
	key := store.Key("acme", "key")
	// A signed value has the right check, so that what comes after it is fuzzed too.
	for _, make := range records {
		make(f, newStore(f, client), "key")
		value, err := client.Get(context.Background(), key).Bytes()
		must(f, err)
		must(f, client.Del(context.Background(), key).Err())
		f.Add(value, false)
		f.Add(value, true)
		f.Add(value[:redisstore.RestAt], true)
	}
	f.Add([]byte{}, false)
	f.Add(bytes.Repeat([]byte{0xff}, 200), true)
	f.Fuzz(func(t *testing.T, value []byte, signed bool) {
		if len(value) >= redisstore.RestAt && signed {
			record, _ := redisstore.ParseRecord(key, value)
			value = record.Bytes(key)
		}
		must(t, client.Set(t.Context(), key, value, 0).Err())
		record, whole := redisstore.ParseRecord(key, value)
		claim := newClaim("key")
		outcome, err := store.Claim(t.Context(), claim)
		if err != nil {
			if !errors.Is(err, idempotency.ErrCorrupt) || outcome.State != 0 {
				t.Fatalf("%+v, %v", outcome, err)
			}
			if now, err := client.Get(t.Context(), key).Bytes(); err != nil || !bytes.Equal(now, value) {
				t.Fatalf("the record was changed, %v", err)
			}
			return
		}
		// What was released or is forgotten needs no more than its back.
		back := len(value) >= redisstore.RestAt &&
			bytes.Equal(record.Bytes(key)[redisstore.BackAt:], value[redisstore.BackAt:])
		if !whole && (outcome.State != idempotency.StateMine || !back) {
			t.Fatalf("%q was taken for a record: %+v", value, outcome)
		}
		now := float64(time.Now().UnixMicro())
		switch outcome.State {
		case idempotency.StateMine:
			if record.Expires > now && record.State != 'r' || outcome.Token <= 0 ||
				float64(outcome.Token) <= record.Token {
				t.Fatalf("%+v came of %+v", outcome, record)
			}
		case idempotency.StateInProgress:
			if record.Fingerprint != claim.Fingerprint || record.State != 'h' && record.State != 't' ||
				outcome.Remaining < 0 {
				t.Fatalf("%+v came of %+v", outcome, record)
			}
		case idempotency.StateDone:
			if record.Fingerprint != claim.Fingerprint || record.State != 'd' ||
				!bytes.Equal(outcome.Response, record.Rest[4:]) {
				t.Fatalf("%+v came of %+v", outcome, record)
			}
		case idempotency.StateOtherFingerprint:
			if record.Fingerprint == claim.Fingerprint {
				t.Fatalf("%+v came of %+v", outcome, record)
			}
		default:
			t.Fatalf("%+v", outcome)
		}
	})
}

// firstRule is version 1 of the fingerprint, as servers computed it that know no other.
func firstRule(r *http.Request, body string) idempotency.Fingerprint {
	var text []byte
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	return sha256.Sum256(append(text, body...))
}

// While servers are replaced by a later version, the records of old ones are understood by new ones, and the other way
// round.
func TestARecordOfAnOldServerIsOfTheSameRequest(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	store := newStore(t, client)
	const uuid = "497f6eca-6276-4993-bfeb-53cbbbba6f08"
	key := store.Key("", uuid)
	request := func(contentType string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/payments/", strings.NewReader("10 USD"))
		r.Header.Set(idempotency.Header, uuid)
		r.Header.Set("Content-Type", contentType)
		return r
	}
	guard, err := idempotency.New(idempotency.Config{Store: store})
	must(t, err)
	handler := guard.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
	}))
	response, err := idempotency.Response{Status: 202, Body: []byte("old")}.MarshalBinary()
	must(t, err)
	now := float64(time.Now().UnixMicro())
	sum := crc32.Checksum(append([]byte(key), response...), crc32.MakeTable(crc32.Castagnoli))
	record := redisstore.Record{
		Version: '1', State: 'd', Fingerprint: firstRule(request(""), "10 USD"),
		Attempt: idempotency.Attempt([]byte("0123456789abcdef")),
		Token:   now, Lease: now + 60e6, Expires: now + 3600e6, Window: 3600e6,
		Rest: append(binary.BigEndian.AppendUint32(nil, sum), response...),
	}
	must(t, client.Set(t.Context(), key, record.Bytes(key), 0).Err())
	for _, contentType := range []string{"", "application/json", "text/plain"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request(contentType))
		if w.Code != 202 || w.Body.String() != "old" {
			t.Errorf("%q: answered %d %s", contentType, w.Code, w.Body)
		}
	}
	must(t, client.Del(t.Context(), key).Err())
	handler.ServeHTTP(httptest.NewRecorder(), request("application/json"))
	claim := newClaim(uuid)
	claim.Scope, claim.Fingerprint = "", record.Fingerprint
	want(t, store, idempotency.StateDone, claim)
}
