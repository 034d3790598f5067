package state_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// thing is a record like any other.
type thing struct {
	Name  string
	Group string
	Value int
	Due   time.Time
}

// library is a database of things, which are found by their group and due some day.
type library struct {
	*state.Database
	things *state.Table[string, thing]
	groups *state.Index[string, thing]
	names  *state.Names[string, thing]
	// notes are in a log, and sum is what they make.
	notes *state.Log[thing]
	sum   int
	// ran are the things that became due, in that order.
	ran []string
}

func open(store state.Store) (*library, error) {
	l := &library{Database: state.New()}
	l.things = state.NewTable(l.Database, "thing", func(t *thing) string { return t.Name })
	l.groups = state.NewIndexByOne(l.things, func(t *thing) string { return t.Group })
	l.names = state.NewNames(l.things)
	l.notes = state.NewLog(l.Database, "note", func(t *thing) { l.sum -= t.Value }, func(t *thing) { l.sum += t.Value })
	l.OnClear(func() func() {
		sum := l.sum
		l.sum = 0
		return func() { l.sum = sum }
	})
	l.things.When(func(t *thing) time.Time { return t.Due }, func(tx *state.Tx, t *thing) {
		l.ran = append(l.ran, t.Name)
		changed := *t
		changed.Due = time.Time{}
		l.things.Update(tx, &changed)
	})
	err := l.Open(store)
	l.notes.Each(func(t *thing) bool { l.sum += t.Value; return true })
	return l, err
}

// content is all that a library shows: each thing in its group, in order.
func (l *library) content() (shown []string) {
	l.RLock()
	defer l.RUnlock()
	for _, group := range []string{"a", "b", "c"} {
		l.groups.Of(group).Each(func(t *thing) bool {
			shown = append(shown, fmt.Sprintf("%s/%s=%d@%d", group, t.Name, t.Value, t.Due.Unix()))
			return true
		})
	}
	for name := 'p'; name <= 'u'; name++ {
		if text := string(name); l.names.Has(text) {
			shown = append(shown, text)
		}
	}
	l.notes.Each(func(t *thing) bool { shown = append(shown, fmt.Sprint(t.Name, t.Value)); return true })
	if l.notes.Len() > 0 || l.sum != 0 {
		shown = append(shown, fmt.Sprint(l.sum))
	}
	return shown
}

var start = time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)

// Whatever is done and undone, the tables and indexes show what a map shows, and so do those that are read again.
func TestADatabaseIsWhatItsTransactionsMakeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := &statetest.Memory{}
		l, err := open(store)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		now := start
		for range rapid.IntRange(1, 30).Draw(t, "transactions") {
			before := l.content()
			kind := rapid.SampledFrom([]string{"commit", "commit", "commit", "roll back", "fail", "reopen", "run"}).
				Draw(t, "kind")
			if kind == "reopen" {
				hash := hashOf(t, l)
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if l, err = open(store); err != nil {
					t.Fatal(err)
				}
				if got := l.content(); !slices.Equal(got, before) || hashOf(t, l) != hash {
					t.Fatalf("it was %v, and is %v when it is read again", before, got)
				}
				continue
			}
			if kind == "fail" {
				store.FailWith(fmt.Errorf("the disk is full: %w", state.ErrNotCommitted))
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second)
			err := change(t, l, now, kind)
			store.FailWith(nil)
			switch after := l.content(); {
			case kind == "fail" && err != nil && !errors.Is(err, state.ErrNotCommitted):
				t.Fatal(err)
			case (kind == "roll back" || err != nil) && !slices.Equal(after, before):
				t.Fatalf("nothing has happened, but %v became %v", before, after)
			case err != nil && kind != "fail":
				t.Fatal(err)
			}
		}
	})
}

func hashOf(t interface{ Fatal(...any) }, l *library) [32]byte {
	l.RLock()
	defer l.RUnlock()
	sum, err := l.Hash()
	if err = errors.Join(err, l.Check()); err != nil {
		t.Fatal(err)
	}
	return sum
}

// change does a few random things in a transaction, or what is due.
func change(t *rapid.T, l *library, now time.Time, kind string) error {
	l.Lock()
	if kind == "run" {
		for {
			more, err := l.RunDue(now)
			if err != nil || !more {
				tail := l.Tail()
				l.Unlock()
				return errors.Join(err, tail.Wait(context.Background()))
			}
		}
	}
	tx := l.Begin(now)
	want := map[string]thing{}
	l.things.All().Each(func(x *thing) bool { want[x.Name] = *x; return true })
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		name := rapid.StringMatching(`[p-u]`).Draw(t, "name")
		if rapid.IntRange(0, 3).Draw(t, "note") == 0 {
			l.sum += len(want)
			l.notes.Append(tx, thing{Name: name, Value: len(want)})
		}
		made := thing{Name: name, Group: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "group"),
			Value: rapid.IntRange(0, 9).Draw(t, "value")}
		if rapid.Bool().Draw(t, "due") {
			made.Due = now.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "in")) * time.Second)
		}
		_, there := want[name]
		switch {
		case there && rapid.Bool().Draw(t, "delete"):
			l.things.Delete(tx, name)
			delete(want, name)
		case there:
			l.things.Update(tx, &made)
			want[name] = made
		default:
			l.things.Insert(tx, &made)
			want[name] = made
		}
	}
	for name, w := range want {
		if got := l.things.Get(name); got == nil || *got != w {
			t.Fatalf("%s is %v within the transaction; want %v", name, got, w)
		}
	}
	if l.things.All().Len() != len(want) {
		t.Fatalf("there are %d; want %d", l.things.All().Len(), len(want))
	}
	if kind == "roll back" {
		tx.Rollback()
		l.Unlock()
		return nil
	}
	p, err := tx.Commit()
	l.Unlock()
	if err != nil {
		return err
	}
	return p.Wait(context.Background())
}

// put commits a thing, and says when that lasts.
func (l *library) put(name string) (*state.Pending, error) {
	l.Lock()
	defer l.Unlock()
	tx := l.Begin(start)
	l.things.Insert(tx, &thing{Name: name, Group: "a"})
	return tx.Commit()
}

// What was not written is undone together with all that came after it, which may have seen it.
func TestWhatComesAfterAFailureIsUndoneToo(t *testing.T) {
	store := &statetest.Memory{Hold: make(chan struct{})}
	l, err := open(store)
	if err != nil {
		t.Fatal(err)
	}
	var pending []*state.Pending
	for _, name := range []string{"first", "second", "third"} {
		p, err := l.put(name)
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, p)
	}
	store.FailWith(fmt.Errorf("the disk is full: %w", state.ErrNotCommitted))
	close(store.Hold)
	for _, p := range pending {
		if err := p.Wait(t.Context()); !errors.Is(err, state.ErrNotCommitted) {
			t.Errorf("%v; want that nothing was committed", err)
		}
	}
	if got := l.content(); len(got) != 0 {
		t.Errorf("%v is left", got)
	}
	if got := l.Time(); !got.IsZero() { // Nor is the time, or a number, of what has not happened.
		t.Errorf("it is %s", got)
	}
	store.FailWith(nil)
	p, err := l.put("later")
	if err := errors.Join(err, p.Wait(t.Context())); err != nil {
		t.Errorf("there is room again, but: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = open(store); err != nil || len(l.content()) != 1 {
		t.Errorf("%v, %v", l.content(), err)
	}
	_ = l.Close()
}

// A store that does not know what it has written is asked nothing more.
func TestAStoreThatMayHaveWrittenIsTheEnd(t *testing.T) {
	store := &statetest.Memory{}
	l, err := open(store)
	if err != nil {
		t.Fatal(err)
	}
	store.FailWith(errors.New("the disk is gone"))
	p, err := l.put("lost")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(t.Context()); !errors.Is(err, state.ErrBroken) || errors.Is(err, state.ErrNotCommitted) {
		t.Errorf("%v; want that nobody knows", err)
	}
	store.FailWith(nil)
	if _, err := l.put("later"); !errors.Is(err, state.ErrBroken) || !errors.Is(err, state.ErrNotCommitted) {
		t.Errorf("%v; want that it is broken, and that this was not committed", err)
	}
	_ = l.Close()
}

func TestNothingIsCommittedAfterTheEnd(t *testing.T) {
	l, err := open(&statetest.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.put("late"); !errors.Is(err, state.ErrClosed) || !errors.Is(err, state.ErrNotCommitted) {
		t.Errorf("%v", err)
	}
}

// Whoever commits while the database is closed is told whether that lasts, and does not wait for ever.
func TestWhatMeetsTheEndIsCommittedOrNot(t *testing.T) {
	for range 200 {
		store := &statetest.Memory{}
		l, err := open(store)
		if err != nil {
			t.Fatal(err)
		}
		var (
			workers   sync.WaitGroup
			committed atomic.Int64
		)
		for worker := range 4 {
			workers.Go(func() {
				for n := range 20 {
					p, err := l.put(fmt.Sprint(worker, n))
					if err == nil {
						err = p.Wait(t.Context())
					}
					switch {
					case err == nil:
						committed.Add(1)
					case !errors.Is(err, state.ErrNotCommitted):
						t.Error(err)
					}
				}
			})
		}
		runtime.Gosched()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		workers.Wait()
		if l, err = open(store); err != nil || int64(len(l.content())) != committed.Load() {
			t.Fatalf("%d were committed, %d are there; %v", committed.Load(), len(l.content()), err)
		}
		_ = l.Close()
	}
}

func TestWhatIsDueComesInTheOrderOfItsTime(t *testing.T) {
	l, err := open(nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Lock()
	defer l.Unlock()
	tx := l.Begin(start)
	for name, seconds := range map[string]int{"c": 3, "a": 1, "b": 2, "never": 10} {
		l.things.Insert(tx, &thing{Name: name, Group: "a", Due: start.Add(time.Duration(seconds) * time.Second)})
	}
	l.things.Insert(tx, &thing{Name: "b2", Group: "a", Due: start.Add(2 * time.Second)})
	if _, err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if next, ok := l.NextDue(); !ok || !next.Equal(start.Add(time.Second)) {
		t.Errorf("the next is due at %s, %t", next, ok)
	}
	for more := true; more; {
		if more, err = l.RunDue(start.Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a", "b", "b2", "c"}; !slices.Equal(l.ran, want) {
		t.Errorf("%v; want %v", l.ran, want)
	}
	if got := l.Time(); !got.Equal(start.Add(3 * time.Second)) {
		t.Errorf("the last one happened at %s", got)
	}
}

func TestADamagedStoreIsRefused(t *testing.T) {
	for name, record := range map[string]state.Record{
		"a kind that nobody knows":      {Kind: "other", Seq: 7, Data: []byte(`{}`)},
		"a record that is no JSON":      {Kind: "thing", Seq: 7, Data: []byte(`{`)},
		"a record from the future":      {Kind: "thing", Seq: 70, Data: []byte(`{"Name":"x"}`)},
		"a second record with one name": {Kind: "thing", Seq: 7, Data: []byte(`{"Name":"first"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			store := &statetest.Memory{}
			l, err := open(store)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh"} {
				p, err := l.put(name)
				if err := errors.Join(err, p.Wait(t.Context())); err != nil {
					t.Fatal(err)
				}
			}
			_ = l.Close()
			store.Put(record)
			if _, err := open(store); err == nil {
				t.Error("it is accepted")
			}
		})
	}
}

// Whatever is missing is missed, but for stores that are older than the count: what they have is what counts.
func TestARecordThatIsMissingIsMissed(t *testing.T) {
	store := &statetest.Memory{}
	full, err := open(store)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		p, err := full.put(name)
		if err := errors.Join(err, p.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	_ = full.Close()
	for _, c := range []struct {
		name string
		do   func()
		want bool
	}{
		{"nothing", func() {}, false},
		{"the second thing", func() { store.Put(state.Record{Seq: store.Records()[2].Seq}) }, true},
		{"the count as well", func() {
			head := store.Records()[0]
			head.Data = regexp.MustCompile(`,"records":2`).ReplaceAll(head.Data, nil)
			store.Put(head)
		}, false},
	} {
		c.do()
		l, err := open(store)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Check(); (err != nil) != c.want {
			t.Errorf("%s is missing: %v", c.name, err)
		}
		_ = l.Close()
	}
}
