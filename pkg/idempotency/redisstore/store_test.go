package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/redisserver"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/idempotency/redisstore"
	"github.com/jiko-partner/partner-go/pkg/idempotency/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns a client of a server, of a cluster if that is what the server is.
func connect(t testing.TB, server *redisserver.Server, cluster bool) redis.UniversalClient {
	t.Helper()
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: []string{server.Addr()}, IsClusterMode: cluster, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func newStore(t testing.TB, client redis.UniversalClient) *redisstore.Store {
	t.Helper()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// newClaim is a claim that is as good as any other.
func newClaim(key string) idempotency.Claim {
	return idempotency.Claim{Scope: "acme", Key: key, Fingerprint: idempotency.Fingerprint{1, 2, 3}, Lease: time.Minute,
		Window: time.Hour}
}

// want claims and demands a state.
func want(t testing.TB, store idempotency.Store, state idempotency.State, claim idempotency.Claim) idempotency.Outcome {
	t.Helper()
	outcome, err := store.Claim(t.Context(), claim)
	if err != nil || outcome.State != state {
		t.Fatalf("the outcome is %+v, %v, want %s", outcome, err, state)
	}
	return outcome
}

// mine claims and demands to get the hold.
func mine(t testing.TB, store idempotency.Store, claim idempotency.Claim) idempotency.Hold {
	t.Helper()
	return idempotency.Hold{Scope: claim.Scope, Key: claim.Key,
		Token: want(t, store, idempotency.StateMine, claim).Token}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAServerAndAClusterKeepTheContractOfAStore(t *testing.T) {
	t.Parallel()
	for name, cluster := range map[string]bool{"server": false, "cluster": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := connect(t, redisserver.ForTest(t, redisserver.Options{Cluster: cluster}), cluster)
			storetest.Run(t, func(t *testing.T) storetest.Subject {
				store := newStore(t, client)
				return storetest.Steady(store, store.Advance)
			})
		})
	}
}

func TestAClientThatIsNotFitIsRefused(t *testing.T) {
	t.Parallel()
	clients := map[string]redis.UniversalClient{
		"there is no client": nil,
		"a ring forgets": redis.NewRing(
			&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}, ContextTimeoutEnabled: true}),
		"the client does not heed deadlines": redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"}),
		"the client does not heed deadlines;": redis.NewClusterClient(
			&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}}),
	}
	for reason, client := range clients {
		if store, err := redisstore.New(client, redisstore.Config{}); store != nil || err == nil ||
			!strings.Contains(err.Error(), reason) {
			t.Errorf("want %q, got %v", reason, err)
		}
		if client != nil {
			must(t, client.Close())
		}
	}
	if _, err := new(redisstore.Store).Claim(t.Context(), newClaim("key")); err == nil ||
		!strings.Contains(err.Error(), "made by New") {
		t.Errorf("the zero value says %v", err)
	}
}

func TestOneOfAThousandClaimsAtOnceGetsTheHold(t *testing.T) {
	t.Parallel()
	store := newStore(t, connect(t, redisserver.ForTest(t, redisserver.Options{}), false))
	var counts [idempotency.StateOtherFingerprint + 1]atomic.Int32
	var group sync.WaitGroup
	start := make(chan struct{})
	for range 1000 {
		group.Go(func() {
			<-start
			outcome, err := store.Claim(t.Context(), newClaim("key"))
			if err != nil {
				t.Error(err)
			}
			counts[outcome.State].Add(1)
		})
	}
	close(start)
	group.Wait()
	if a, b := counts[idempotency.StateMine].Load(), counts[idempotency.StateInProgress].Load(); a != 1 || b != 999 {
		t.Errorf("%d claims are mine and %d in progress", a, b)
	}
}

func TestStoresWithDifferentPrefixesDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	var stores [3]*redisstore.Store
	for i, prefix := range []string{"", "payouts/", "idempotency:"} {
		var err error
		stores[i], err = redisstore.New(client, redisstore.Config{Prefix: prefix})
		must(t, err)
	}
	claim := newClaim("key")
	hold := mine(t, stores[0], claim)
	other := mine(t, stores[1], claim)
	must(t, stores[0].Complete(t.Context(), hold, []byte("one")))
	must(t, stores[1].Complete(t.Context(), other, []byte("two")))
	for i, response := range []string{"one", "two", "one"} {
		if got := want(t, stores[i], idempotency.StateDone, claim).Response; string(got) != response {
			t.Errorf("store %d answers %q, want %q", i, got, response)
		}
	}
	keys, err := client.Keys(t.Context(), "*").Result()
	slices.Sort(keys)
	if err != nil || !slices.Equal(keys, []string{"idempotency:acme:key", "payouts/acme:key"}) {
		t.Errorf("Redis has the keys %q, %v", keys, err)
	}
}

func TestResponsesAreKeptToTheByte(t *testing.T) {
	t.Parallel()
	store := newStore(t, connect(t, redisserver.ForTest(t, redisserver.Options{}), false))
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, response := range map[string][]byte{
		"nothing": nil, "a zero byte": {0}, "every byte": all, "what looks like Redis": []byte("$-1\r\n*0\r\n"),
		"no UTF-8": {0xff, 0xfe}, "8 MiB": bytes.Repeat(all, 8<<20/len(all)),
	} {
		claim := newClaim(strings.ReplaceAll(name, " ", "-"))
		must(t, store.Complete(t.Context(), mine(t, store, claim), response))
		if got := want(t, store, idempotency.StateDone, claim).Response; !bytes.Equal(got, response) {
			t.Errorf("%s: %d bytes came back, of %d", name, len(got), len(response))
		}
	}
}

// counter counts what a client sends.
type counter struct{ atomic.Int32 }

func (c *counter) DialHook(next redis.DialHook) redis.DialHook { return next }
func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		c.Add(1)
		return next(ctx, command)
	}
}

func (c *counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		c.Add(1)
		return next(ctx, commands)
	}
}

func TestEachStepIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	store := newStore(t, client)
	var trips counter
	client.AddHook(&trips)
	must(t, client.Ping(t.Context()).Err()) // a new connection has a conversation of its own
	// A script that the server does not know is sent again, in whole, the first time that it is used.
	walk := func(name string, first int32) {
		t.Helper()
		var hold idempotency.Hold
		claim := newClaim(name)
		for _, step := range []struct {
			name  string
			trips int32
			do    func()
		}{
			{"the first claim", first, func() { hold = mine(t, store, claim) }},
			{"renew", first, func() { must(t, store.Renew(t.Context(), hold, time.Minute)) }},
			{"release", first, func() { must(t, store.Release(t.Context(), hold)) }},
			{"a claim of a released key", 1, func() { hold = mine(t, store, claim) }},
			{"a claim of a held key", 1, func() { want(t, store, idempotency.StateInProgress, claim) }},
			{"complete", first, func() { must(t, store.Complete(t.Context(), hold, []byte("answer"))) }},
			{"a replay", 1, func() { want(t, store, idempotency.StateDone, claim) }},
		} {
			trips.Store(0)
			step.do()
			if got := trips.Load(); got != step.trips {
				t.Errorf("%s: %s took %d round trips, want %d", name, step.name, got, step.trips)
			}
		}
	}
	walk("while-the-scripts-are-unknown", 2)
	walk("as-usual", 1)
	must(t, client.ScriptFlush(t.Context()).Err())
	walk("after-the-scripts-were-forgotten", 2)
}

func TestWhenRedisIsFullNothingNewIsClaimed(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	store := newStore(t, client)
	held, done, released := newClaim("held"), newClaim("done"), newClaim("released")
	hold, old := mine(t, store, held), mine(t, store, released)
	must(t, store.Complete(t.Context(), mine(t, store, done), []byte("answer")))
	must(t, client.ConfigSet(t.Context(), "maxmemory", "1").Err())
	if outcome, err := store.Claim(t.Context(), newClaim("new")); !errors.Is(err, idempotency.ErrFull) ||
		outcome.State != 0 {
		t.Errorf("a new key: %+v, %v", outcome, err)
	}
	want(t, store, idempotency.StateInProgress, held)
	want(t, store, idempotency.StateDone, done)
	for name, err := range map[string]error{
		"renew":    store.Renew(t.Context(), hold, time.Hour),
		"complete": store.Complete(t.Context(), hold, []byte("answer")),
	} {
		if err == nil || errors.Is(err, idempotency.ErrFull) || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, store.Release(t.Context(), old))
	must(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	must(t, store.Complete(t.Context(), hold, []byte("answer")))
	mine(t, store, released)
	mine(t, store, newClaim("new"))
}

func TestRedisDropsARecordSomeTimeAfterItsWindow(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	store := newStore(t, client)
	claim := newClaim("key")
	left := func(what string, least time.Duration) {
		t.Helper()
		// The window begins anew with each step. Redis has a minute on top of it, or up to a minute and a half.
		ttl, err := client.PTTL(t.Context(), store.Key(claim.Scope, claim.Key)).Result()
		if err != nil || ttl <= least+time.Minute-10*time.Second || ttl > least+90*time.Second {
			t.Errorf("%s: dropped in %s, %v; want %s and a minute", what, ttl, err, least)
		}
	}
	hold := mine(t, store, claim)
	left("claimed", claim.Window)
	must(t, store.Renew(t.Context(), hold, time.Minute))
	left("renewed", claim.Window)
	must(t, store.Release(t.Context(), hold))
	left("released", 0)
	hold = mine(t, store, claim)
	left("claimed again", claim.Window)
	must(t, store.Complete(t.Context(), hold, nil))
	left("done at once", claim.Window)
	for what, later := range map[string]time.Duration{"done in a moment": 29 * time.Second,
		"done late": 31 * time.Second, "done very late": 59 * time.Minute} {
		claim.Key = strings.ReplaceAll(what, " ", "-")
		hold := mine(t, store, claim)
		// The server's clock does not move: as much as it should have is taken from the time to live.
		store.Advance(later)
		must(t, client.PExpire(t.Context(), store.Key(claim.Scope, claim.Key), claim.Window+90*time.Second-later).Err())
		must(t, store.Complete(t.Context(), hold, nil))
		left(what, claim.Window)
	}
}

func TestTokensGrowEvenIfTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	client := connect(t, redisserver.ForTest(t, redisserver.Options{}), false)
	store := newStore(t, client)
	claim := newClaim("key")
	var last idempotency.Token
	next := func(what string) idempotency.Hold {
		t.Helper()
		hold := mine(t, store, claim)
		if hold.Token <= last {
			t.Errorf("%s: token %d follows %d", what, hold.Token, last)
		}
		last = hold.Token
		return hold
	}
	// A record of the future is what a clock that was set back leaves.
	future := idempotency.Token(time.Now().Add(1000 * time.Hour).UnixMicro())
	next("first")
	must(t, store.Forge(t.Context(), claim, future))
	last = future
	must(t, store.Release(t.Context(), idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: future}))
	hold := next("after a release")
	if hold.Token != future+1 {
		t.Errorf("got token %d, want %d", hold.Token, future+1)
	}
	store.Advance(2 * time.Minute)
	claim.TakeOver = true
	next("after a lease")
	store.Advance(2 * time.Hour)
	hold = next("after a window")
	must(t, store.Complete(t.Context(), hold, nil))
	store.Advance(2 * time.Hour)
	next("after it was done")
}

func TestRedisKeysAreReadable(t *testing.T) {
	t.Parallel()
	store, err := redisstore.New(connectNowhere(t), redisstore.Config{})
	must(t, err)
	for _, c := range []struct{ scope, key, want string }{
		{"acme", "497f6eca-6276-4993-bfeb-53cbbbba6f08", "idempotency:acme:497f6eca-6276-4993-bfeb-53cbbbba6f08"},
		{"", "k", "idempotency::k"},
		{"a:b", "c:d", "idempotency:a%3Ab:c:d"},
		{"{a} é\n", "{k}", "idempotency:%7Ba%7D+%C3%A9%0A:{k}"},
	} {
		if got := store.Key(c.scope, c.key); got != c.want {
			t.Errorf("scope %q, key %q: got %q, want %q", c.scope, c.key, got, c.want)
		}
	}
}

func TestRedisKeysAreUnambiguous(t *testing.T) {
	t.Parallel()
	store, err := redisstore.New(connectNowhere(t), redisstore.Config{})
	must(t, err)
	rapid.Check(t, func(t *rapid.T) {
		scopes, keys := rapid.StringMatching(`[a%:+ é]{0,4}`), rapid.StringMatching(`[a%:+]{1,4}`)
		a := [2]string{scopes.Draw(t, "scope"), keys.Draw(t, "key")}
		b := [2]string{scopes.Draw(t, "another scope"), keys.Draw(t, "another key")}
		keyA, keyB := store.Key(a[0], a[1]), store.Key(b[0], b[1])
		if (a == b) != (keyA == keyB) {
			t.Errorf("%q is %s and %q is %s", a, keyA, b, keyB)
		}
		if strings.ContainsFunc(keyA, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q is not readable", keyA)
		}
	})
}

// connectNowhere returns a client for what needs no server.
func connectNowhere(t *testing.T) redis.UniversalClient {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = client.Close() })
	return client
}
