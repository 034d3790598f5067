package idempotency_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestANegativeBoundIsRefused(t *testing.T) {
	for _, config := range []idempotency.MemoryConfig{{MaxKeys: -1}, {MaxBytes: -1}} {
		if memory, err := idempotency.NewMemory(config); err == nil || memory != nil {
			t.Fatalf("NewMemory = %v, %v", memory, err)
		}
	}
}

// fill claims and completes keys of a scope until there is no room, and returns how many there was room for.
func fill(t *testing.T, memory *idempotency.Memory, scope string, response []byte) (count int) {
	t.Helper()
	for {
		claim := claimOf(fmt.Sprintf("%s-%d", scope, count))
		claim.Scope = scope
		outcome, err := memory.Claim(t.Context(), claim)
		if errors.Is(err, idempotency.ErrFull) {
			return count
		}
		if err != nil || outcome.State != idempotency.StateMine {
			t.Fatalf("Claim = %s, %v", outcome.State, err)
		}
		hold := idempotency.Hold{Scope: scope, Key: claim.Key, Token: outcome.Token}
		if err := memory.Complete(t.Context(), hold, response); err != nil && !errors.Is(err, idempotency.ErrFull) {
			t.Fatal(err)
		}
		count++
	}
}

// However much one scope asks for, there is room for the next one.
func TestAScopeLeavesRoomForTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		config   idempotency.MemoryConfig
		response int
		want     []int
	}{
		"of keys":  {idempotency.MemoryConfig{MaxKeys: 1000}, 0, []int{750, 188, 47, 12}},
		"of bytes": {idempotency.MemoryConfig{MaxBytes: 1 << 20}, 1000, []int{612, 144, 37, 10}},
	} {
		t.Run(name, func(t *testing.T) {
			memory := newMemory(t, c.config)
			for i, want := range c.want {
				scope := strings.Repeat("s", i+1)
				if got := fill(t, memory, scope, make([]byte, c.response)); got < want*9/10 || got > want*11/10 {
					t.Errorf("scope %d has %d keys, want about %d", i+1, got, want)
				}
			}
		})
	}
}

func TestOneCallerWhoFillsAStoreHarmsNoOther(t *testing.T) {
	handler := protect(t, idempotency.Config{Store: newMemory(t, idempotency.MemoryConfig{MaxKeys: 100}),
		Scope: func(r *http.Request) string { return r.Header.Get("X-Partner") }},
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	send := func(partner string) int {
		r := post(idempotency.NewKey().String(), "x")
		r.Header.Set("X-Partner", partner)
		return serve(handler, r).Code
	}
	counts := map[int]int{}
	for range 1000 {
		counts[send("acme")]++
	}
	if counts[201] != 75 || counts[503] != 925 {
		t.Errorf("the one is answered %v", counts)
	}
	for range 10 {
		if status := send("globex"); status != 201 {
			t.Errorf("the other is answered %d", status)
		}
	}
}

// What does not fit is not kept, and repeats are told so.
func TestResponsesTakeNoMoreRoomThanThereIs(t *testing.T) {
	memory := newMemory(t, idempotency.MemoryConfig{MaxBytes: 1 << 18})
	events := map[string]int{}
	handler := protect(t, idempotency.Config{Store: memory,
		Observe: func(_ context.Context, e idempotency.Event) {
			if errors.Is(e.Err, idempotency.ErrFull) {
				events[e.Kind.String()]++
			}
		}},
		func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write(make([]byte, 150<<10))
		})
	var stored, omitted, refused int
	before := heap()
	for i := range 750 {
		key := fmt.Sprintf("497f6eca-6276-4993-bfeb-%012d", i)
		w := serve(handler, post(key, "x"))
		if w.Code == 503 {
			refused++
			continue
		}
		if w.Code != 201 || w.Body.Len() != 150<<10 {
			t.Fatalf("answered %d, %d bytes", w.Code, w.Body.Len())
		}
		switch w := serve(handler, post(key, "x")); {
		case w.Code == 201 && w.Body.Len() == 150<<10:
			stored++
		case w.Code == 409 && strings.Contains(w.Body.String(), string(idempotency.ReasonResponseNotStored)):
			omitted++
		default:
			t.Fatalf("the repeat is answered %d %s", w.Code, w.Body)
		}
	}
	if stored < 1 || omitted < 5 || refused < 5 || events["failed"] != omitted+refused {
		t.Errorf("%d are stored, %d are not, %d are refused; observed %v", stored, omitted, refused, events)
	}
	if held := heap() - before; held > 1<<20 && held < 1<<40 {
		t.Errorf("%d bytes are held", held)
	}
	runtime.KeepAlive(memory)
}

func TestAFullMemoryRefusesNewKeysAndKnowsTheOldOnes(t *testing.T) {
	memory := newMemory(t, idempotency.MemoryConfig{MaxKeys: 2, Now: newTestClock().Now})
	held, done := claimOf("held"), claimOf("done")
	hold := mustClaim(t, memory, held)
	if err := memory.Complete(t.Context(), mustClaim(t, memory, done), []byte("answer")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if outcome, err := memory.Claim(t.Context(), claimOf("new")); !errors.Is(err, idempotency.ErrFull) ||
			outcome.State != 0 {
			t.Fatalf("Claim = %s, %v; want ErrFull", outcome.State, err)
		}
	}
	if outcome, err := memory.Claim(t.Context(), held); err != nil || outcome.State != idempotency.StateInProgress {
		t.Errorf("what is held: %s, %v", outcome.State, err)
	}
	if outcome, err := memory.Claim(t.Context(), done); err != nil || outcome.State != idempotency.StateDone ||
		string(outcome.Response) != "answer" {
		t.Errorf("what is done: %s, %v", outcome.State, err)
	}
	if memory.Len() != 2 {
		t.Errorf("Len = %d", memory.Len())
	}
	if err := memory.Release(t.Context(), hold); err != nil || memory.Len() != 1 {
		t.Errorf("Release = %v, then Len = %d", err, memory.Len())
	}
	mustClaim(t, memory, claimOf("new"))
}

func TestWhatExpiresMakesRoom(t *testing.T) {
	for _, c := range []struct {
		name string
		// do leaves a record that has expired at the end.
		do func(t *testing.T, memory *idempotency.Memory, clock *testClock)
	}{
		{"a hold", func(t *testing.T, memory *idempotency.Memory, clock *testClock) {
			mustClaim(t, memory, claimOf("a"))
			clock.Advance(time.Hour)
		}},
		{"a response", func(t *testing.T, memory *idempotency.Memory, clock *testClock) {
			hold := mustClaim(t, memory, claimOf("a"))
			clock.Advance(time.Hour / 2)
			if err := memory.Complete(t.Context(), hold, nil); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Hour)
		}},
		{"a hold that was taken over for a shorter time",
			func(t *testing.T, memory *idempotency.Memory, clock *testClock) {
				mustClaim(t, memory, claimOf("a"))
				clock.Advance(time.Minute)
				claim := claimOf("a")
				claim.TakeOver, claim.Window = true, 2*time.Minute
				mustClaim(t, memory, claim)
				clock.Advance(2 * time.Minute)
			}},
		{"a hold that was renewed after the clock went back",
			func(t *testing.T, memory *idempotency.Memory, clock *testClock) {
				hold := mustClaim(t, memory, claimOf("a"))
				clock.Advance(-time.Hour)
				if err := memory.Renew(t.Context(), hold, time.Minute); err != nil {
					t.Fatal(err)
				}
				clock.Advance(time.Hour)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := newTestClock()
			memory := newMemory(t, idempotency.MemoryConfig{MaxKeys: 1, Now: clock.Now})
			c.do(t, memory, clock)
			clock.Advance(-1)
			if _, err := memory.Claim(t.Context(), claimOf("b")); !errors.Is(err, idempotency.ErrFull) {
				t.Fatalf("a moment earlier, Claim = %v, want ErrFull", err)
			}
			clock.Advance(1)
			mustClaim(t, memory, claimOf("b"))
			if memory.Len() != 1 {
				t.Errorf("Len = %d", memory.Len())
			}
		})
	}
}

func TestAHoldIsOverWhenItsWindowIs(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		want  error
	}{
		{"a moment before", time.Hour - 1, nil}, {"at its end", time.Hour, idempotency.ErrLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := newTestClock()
			memory := newMemory(t, idempotency.MemoryConfig{Now: clock.Now})
			hold := mustClaim(t, memory, claimOf("a"))
			clock.Advance(c.after)
			if err := memory.Complete(t.Context(), hold, nil); !errors.Is(err, c.want) {
				t.Errorf("Complete = %v, want %v", err, c.want)
			}
		})
	}
}

func TestAWindowUntilTheEndOfTimeIsNotOverAtOnce(t *testing.T) {
	clock := newTestClock()
	memory := newMemory(t, idempotency.MemoryConfig{Now: clock.Now})
	clock.Advance(time.Hour) // so that the sum overflows
	claim := claimOf("a")
	claim.Lease, claim.Window = math.MaxInt64, math.MaxInt64
	hold := mustClaim(t, memory, claim)
	if outcome, err := memory.Claim(t.Context(), claim); err != nil || outcome.State != idempotency.StateInProgress ||
		outcome.Remaining <= 0 {
		t.Errorf("Claim = %s, %s remaining, %v", outcome.State, outcome.Remaining, err)
	}
	if err := memory.Renew(t.Context(), hold, math.MaxInt64); err != nil {
		t.Error(err)
	}
	if err := memory.Complete(t.Context(), hold, nil); err != nil {
		t.Error(err)
	}
	if outcome, err := memory.Claim(t.Context(), claim); err != nil || outcome.State != idempotency.StateDone {
		t.Errorf("Claim = %s, %v", outcome.State, err)
	}
}

func ExampleMemory() {
	ctx := context.Background()
	store, err := idempotency.NewMemory(idempotency.MemoryConfig{MaxKeys: 10_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	claim := idempotency.Claim{
		Scope: "acme", Key: "497f6eca-6276-4993-bfeb-53cbbbba6f08", Fingerprint: idempotency.Fingerprint{1},
		Lease: 30 * time.Second, Window: idempotency.Window,
	}
	for range 2 {
		outcome, err := store.Claim(ctx, claim)
		if err != nil {
			fmt.Println(err) // nothing is known: execute nothing
			return
		}
		switch outcome.State {
		case idempotency.StateMine:
			hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
			fmt.Println("execute, then complete:", store.Complete(ctx, hold, []byte("201 Created")))
		case idempotency.StateDone:
			fmt.Printf("answer with %q again\n", outcome.Response)
		default:
			fmt.Println("refuse:", outcome.State)
		}
	}
	claim.Fingerprint = idempotency.Fingerprint{2}
	outcome, err := store.Claim(ctx, claim)
	fmt.Println(outcome.State, err, store.Len())
	// Output:
	// execute, then complete: <nil>
	// answer with "201 Created" again
	// other fingerprint <nil> 1
}

func ExampleMemory_takeOver() {
	ctx := context.Background()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	store, err := idempotency.NewMemory(idempotency.MemoryConfig{Now: func() time.Time { return now }})
	if err != nil {
		fmt.Println(err)
		return
	}
	claim := idempotency.Claim{Key: "497f6eca-6276-4993-bfeb-53cbbbba6f08", Lease: time.Minute, Window: time.Hour}
	first, err := store.Claim(ctx, claim)
	fmt.Println(first.State, first.Token, err)

	now = now.Add(45 * time.Second)
	repeat, err := store.Claim(ctx, claim)
	fmt.Println(repeat.State, repeat.Remaining, err)

	now = now.Add(45 * time.Second) // the first one has died, or is cut off
	claim.TakeOver = true           // which is right only if executing twice does no harm
	second, err := store.Claim(ctx, claim)
	fmt.Println(second.State, second.Token, second.TookOver, err)
	fmt.Println(store.Complete(ctx, idempotency.Hold{Key: claim.Key, Token: first.Token}, nil))
	// Output:
	// mine 1 <nil>
	// in progress 15s <nil>
	// mine 2 true <nil>
	// idempotency: the hold is over
}

// claimAndComplete is what a first request costs.
func claimAndComplete(b *testing.B, memory *idempotency.Memory, claim idempotency.Claim, response []byte) {
	outcome, err := memory.Claim(context.Background(), claim)
	if err != nil || outcome.State != idempotency.StateMine {
		b.Fatalf("Claim = %s, %v", outcome.State, err)
	}
	hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
	if err := memory.Complete(context.Background(), hold, response); err != nil {
		b.Fatal(err)
	}
}

// keys makes keys as long as UUIDs that differ.
func keys(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("497f6eca-6276-4993-bfeb-%012d", i)
	}
	return all
}

// BenchmarkMemoryClaimAndComplete has so many live keys, of which each claim forgets the oldest.
func BenchmarkMemoryClaimAndComplete(b *testing.B) {
	all, response := keys(200_000), bytes.Repeat([]byte("r"), 200)
	for _, live := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("live=%d", live), func(b *testing.B) {
			clock := newTestClock()
			memory := newMemory(b, idempotency.MemoryConfig{Now: clock.Now})
			claim := claimOf("")
			claim.Lease, claim.Window = time.Second, time.Duration(live)*time.Second
			next := func(i int) {
				clock.Advance(time.Second)
				claim.Key = all[i%len(all)]
				claimAndComplete(b, memory, claim, response)
			}
			i := 0
			for ; i < live; i++ {
				next(i)
			}
			b.ReportAllocs()
			for b.Loop() {
				next(i)
				i++
			}
			if memory.Len() != live {
				b.Fatalf("Len = %d", memory.Len())
			}
		})
	}
}

// BenchmarkMemoryClaimAndCompleteParallel has a caller per processor, each with keys of its own, and about 50,000 live
// keys.
func BenchmarkMemoryClaimAndCompleteParallel(b *testing.B) {
	var ticks, callers atomic.Int64
	memory := newMemory(b, idempotency.MemoryConfig{Now: func() time.Time { return time.UnixMilli(ticks.Add(1)) }})
	response := bytes.Repeat([]byte("r"), 200)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		claim := claimOf("")
		claim.Scope = strconv.FormatInt(callers.Add(1), 10)
		claim.Lease, claim.Window = 100*time.Second, 100*time.Second
		var key []byte
		for i := int64(0); pb.Next(); i++ {
			key = strconv.AppendInt(append(key[:0], "497f6eca-6276-4993-bfeb-"...), 100_000_000_000+i, 10)
			claim.Key = string(key)
			outcome, err := memory.Claim(context.Background(), claim)
			if err != nil || outcome.State != idempotency.StateMine {
				b.Errorf("Claim = %s, %v", outcome.State, err)
				return
			}
			hold := idempotency.Hold{Scope: claim.Scope, Key: claim.Key, Token: outcome.Token}
			// A caller that did not get a processor for long has lost by this clock.
			if err := memory.Complete(context.Background(), hold, response); err != nil &&
				!errors.Is(err, idempotency.ErrLost) {
				b.Errorf("Complete = %v", err)
				return
			}
		}
	})
}

func BenchmarkMemoryReplay(b *testing.B) {
	memory := newMemory(b, idempotency.MemoryConfig{})
	claim := claimOf("497f6eca-6276-4993-bfeb-53cbbbba6f08")
	claimAndComplete(b, memory, claim, []byte("answer"))
	b.ReportAllocs()
	for b.Loop() {
		if outcome, err := memory.Claim(context.Background(), claim); err != nil ||
			outcome.State != idempotency.StateDone {
			b.Fatalf("Claim = %s, %v", outcome.State, err)
		}
	}
}

// BenchmarkMemoryHeld reports what 100,000 live keys with responses of 200 bytes cost, in millions of bytes.
func BenchmarkMemoryHeld(b *testing.B) {
	var held uint64
	for b.Loop() {
		before := heap()
		memory := newMemory(b, idempotency.MemoryConfig{})
		for _, key := range keys(100_000) {
			claimAndComplete(b, memory, claimOf(key), bytes.Repeat([]byte("r"), 200))
		}
		held = heap() - before
		if memory.Len() != 100_000 {
			b.Fatalf("Len = %d", memory.Len())
		}
		runtime.KeepAlive(memory)
	}
	b.ReportMetric(float64(held)/1e6, "MB")
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestTheZeroMemoryIsUsable(t *testing.T) {
	var store idempotency.Memory
	if store.Len() != 0 {
		t.Errorf("%d keys in a new store", store.Len())
	}
	if err := store.Renew(t.Context(), idempotency.Hold{Key: "k"}, time.Minute); !errors.Is(err, idempotency.ErrLost) {
		t.Errorf("Renew = %v", err)
	}
	claim := idempotency.Claim{Key: "k", Lease: time.Minute, Window: time.Hour}
	first, err := store.Claim(t.Context(), claim)
	if err != nil || first.State != idempotency.StateMine {
		t.Fatalf("Claim = %+v, %v", first, err)
	}
	if again, err := store.Claim(t.Context(), claim); err != nil || again.State != idempotency.StateInProgress {
		t.Errorf("Claim = %+v, %v", again, err)
	}
}
