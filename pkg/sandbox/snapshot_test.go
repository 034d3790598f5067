package sandbox_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// Half a day is undone and done again, and a whole one after a reset: nobody can tell that from the answers, nor from
// what the sandbox knows, nor from what its store has.
func TestADayIsTheSameAfterItWasUndone(t *testing.T) {
	day := traffic(t)
	store := &statetest.Memory{}
	p := &player{bank: openForADay(t, 7, store), known: map[string]string{}}
	defer func() { _ = p.bank.Close() }()
	play := func(from, to int) (answers []string) {
		for i, s := range day[from:to] {
			answers = append(answers, p.play(t, from+i, s)...)
		}
		return answers
	}
	half := len(day) / 2
	first := play(0, half)
	made, err := p.bank.TakeSnapshot(t.Context(), "noon")
	at := must(t, made, err)
	noon := hashOf(t, p.bank)
	known := *p
	known.known = maps.Clone(p.known)
	second := play(half, len(day))
	evening := hashOf(t, p.bank)

	is := func(when string, want [32]byte) {
		t.Helper()
		if hash := hashOf(t, p.bank); hash != want {
			t.Fatalf("%s, the sandbox knows %x, want %x", when, hash, want)
		}
	}
	for range 2 {
		if err := p.bank.RestoreSnapshot(t.Context(), "noon"); err != nil {
			t.Fatal(err)
		}
		is("when it is noon again", noon)
		if now := p.bank.Time(); !now.Equal(at.Time) || !p.bank.Frozen() {
			t.Errorf("the clock shows %v, want %v", now, at.Time)
		}
		p.token, p.loggedIn, p.known = known.token, known.loggedIn, maps.Clone(known.known)
		same(t, second, play(half, len(day)))
		is("when it is evening again", evening)
	}
	if err := p.bank.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.known, p.loggedIn = map[string]string{}, time.Time{}
	same(t, first, play(0, half))
	is("when half of it is done after a reset", noon)
	if err := p.bank.RestoreSnapshot(t.Context(), "noon"); err != nil {
		t.Fatal(err)
	}
	is("when a snapshot of before the reset is restored", noon)
	if end(t, p.bank, store) != noon {
		t.Error("it is another sandbox at the end")
	}
	p.bank = newSandbox(t, sandbox.Config{Store: store})
	is("when it is opened again", noon)
}

func same(t *testing.T, want, got []string) {
	t.Helper()
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("answer %d is\n%s\nand then\n%s", i, want[i], got[i])
		}
	}
}

func TestSnapshotsHaveNamesOfTheirOwn(t *testing.T) {
	b := newSandbox(t, sandbox.Config{Clock: noon})
	defer func() { _ = b.Close() }()
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", "ä", "a b", string(make([]byte, 65))} {
		if _, err := b.TakeSnapshot(t.Context(), name); !errors.Is(err, sandbox.ErrSnapshotName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for i := range sandbox.MaxSnapshots {
		if _, err := b.TakeSnapshot(t.Context(), fmt.Sprint("n-", i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.TakeSnapshot(t.Context(), "n-3"); !errors.Is(err, sandbox.ErrSnapshotExists) {
		t.Error(err)
	}
	if _, err := b.TakeSnapshot(t.Context(), "more"); !errors.Is(err, sandbox.ErrTooManySnapshots) {
		t.Error(err)
	}
	if err := b.DeleteSnapshot("n-3"); err != nil {
		t.Error(err)
	}
	if err := b.DeleteSnapshot("n-3"); !errors.Is(err, sandbox.ErrNoSnapshot) {
		t.Error(err)
	}
	if err := b.RestoreSnapshot(t.Context(), "n-3"); !errors.Is(err, sandbox.ErrNoSnapshot) {
		t.Error(err)
	}
	all := b.Snapshots()
	if len(all) != sandbox.MaxSnapshots-1 || all[0].Name != "n-0" || !all[0].Time.Equal(noon) || !all[0].Frozen ||
		!slices.IsSortedFunc(all, func(a, b sandbox.Snapshot) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%+v", all)
	}
}

// A rule that acts the n-th time, and one that acts at random, act again as they did. Which rules there are is not for
// a snapshot to say.
func TestRulesCountAndDrawAgainAfterARestore(t *testing.T) {
	store := &statetest.Memory{}
	w := build(t, func() time.Time { return noon }, store)
	defer w.stop()
	const nth, random = `{match: {operation: getHealth, nth: 3}, do: {status: 503}}`,
		`{match: {operation: getHealth, probability: 0.5}, do: {status: 429}}`
	w.setRules(t, nth, random)
	play := func() (statuses []int) {
		for range 30 {
			statuses = append(statuses, w.answered(t, call{http.MethodGet, "/health", ""}).status)
		}
		return statuses
	}
	again := func(when string, want []int) {
		t.Helper()
		if got := play(); !slices.Equal(got, want) {
			t.Errorf("%s, the answers are %v, want %v", when, got, want)
		}
	}
	restore := func(name string) {
		t.Helper()
		if err := w.bank.RestoreSnapshot(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.bank.TakeSnapshot(t.Context(), "start"); err != nil {
		t.Fatal(err)
	}
	first := play()
	if _, err := w.bank.TakeSnapshot(t.Context(), "later"); err != nil {
		t.Fatal(err)
	}
	counts, second := w.counts(), play()
	if slices.Equal(first, second) {
		t.Fatalf("both times it is %v, which shows nothing", first)
	}
	for range 2 {
		restore("later")
		if now := w.counts(); now != counts {
			t.Errorf("the rules have counted %s, want %s", now, counts)
		}
		again("later", second)
		restore("start")
		again("from the start", first)
	}
	store.FailWith(sandbox.ErrNotCommitted)
	before := w.counts()
	for name, f := range map[string]func() error{
		"restore": func() error { return w.bank.RestoreSnapshot(t.Context(), "start") },
		"reset":   func() error { return w.bank.Reset(t.Context()) },
	} {
		if err := f(); err == nil || w.counts() != before {
			t.Errorf("after a %s that has failed (%v) the rules have counted %s, want %s", name, err, w.counts(),
				before)
		}
	}
	store.FailWith(nil)
	again("when a restore has failed", second)

	w.setRules(t, nth, random)
	play()
	restore("later")
	if len(w.bank.Rules()) != 2 {
		t.Fatalf("there are the rules %v", w.bank.Rules())
	}
	again("of rules that were set since", first)
	if err := w.bank.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := w.bank.Rules(); len(now) != 2 || now[0].Matched != 0 || now[0].Acted != 0 {
		t.Errorf("after a reset, the rules are %+v", now)
	}
	w.token = w.login(t)
	again("after a reset", first)
}

func newSandbox(t testing.TB, config sandbox.Config) *sandbox.Sandbox {
	t.Helper()
	b, err := sandbox.New(config)
	return must(t, b, err)
}

func hashOf(t testing.TB, b *sandbox.Sandbox) [32]byte {
	t.Helper()
	hash, err := b.StateHash()
	return must(t, hash, err)
}

// A clock that goes on its own goes back as well, and a store that has no room leaves everything as it was.
func TestARestoreThatFailsChangesNothing(t *testing.T) {
	store := &statetest.Memory{}
	wall := noon
	b := newSandbox(t, sandbox.Config{Store: store, Now: func() time.Time { return wall }})
	defer func() { _ = b.Close() }()
	if _, err := b.TakeSnapshot(t.Context(), "start"); err != nil {
		t.Fatal(err)
	}
	if err := b.Advance(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	before := hashOf(t, b)
	store.FailWith(fmt.Errorf("no room: %w", sandbox.ErrNotCommitted))
	for name, f := range map[string]func() error{
		"restore": func() error { return b.RestoreSnapshot(t.Context(), "start") },
		"reset":   func() error { return b.Reset(t.Context()) },
	} {
		if err := f(); !errors.Is(err, sandbox.ErrNotCommitted) {
			t.Errorf("%s: %v", name, err)
		}
		if !b.Time().Equal(noon.Add(time.Hour)) || hashOf(t, b) != before {
			t.Errorf("%s has changed something: %v", name, b.Time())
		}
	}
	store.FailWith(nil)
	wall = wall.Add(time.Minute)
	if err := b.RestoreSnapshot(t.Context(), "start"); err != nil || !b.Time().Equal(wall) || b.Frozen() {
		t.Errorf("the clock shows %v, want %v; %v", b.Time(), wall, err)
	}
}

// Whatever is under way when the bank is restored has happened before, or has not: nothing of it is there afterwards.
func TestNothingUnderWaySurvivesARestore(t *testing.T) {
	b := sandbox.Start(t, sandbox.Config{Clock: noon})
	w := &world{Client: b.Client, bank: b.Sandbox}
	_, pockets := w.pockets(t, 1_000_000, 0)
	if _, err := b.Sandbox.TakeSnapshot(t.Context(), "all"); err != nil {
		t.Fatal(err)
	}
	want := hashOf(t, b.Sandbox)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				_, _ = w.OnUsTransfers.Create(t.Context(), order(t, pockets[0], pockets[1], requested(1)))
			}
		})
	}
	for range 10 {
		if err := b.Sandbox.RestoreSnapshot(t.Context(), "all"); err != nil {
			t.Error(err)
		}
		if _, err := b.Sandbox.Balances(); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	if err := b.Sandbox.RestoreSnapshot(t.Context(), "all"); err != nil || hashOf(t, b.Sandbox) != want {
		t.Errorf("it is another bank: %v", err)
	}
	w.expect(t, pockets, 1_000_000, 0)
}
