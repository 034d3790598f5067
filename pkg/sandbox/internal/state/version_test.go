package state_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state/statetest"
)

// taken is a version, and what the library was then.
type taken struct {
	version *state.Version
	shown   []string
	hash    [32]byte
	drawn   uint64
	time    time.Time
	next    time.Time
	awaits  bool
}

func take(t interface{ Fatal(...any) }, l *library) taken {
	v := taken{shown: l.content(), hash: hashOf(t, l)}
	l.Lock()
	defer l.Unlock()
	v.version, v.drawn, v.time = l.Take(), l.Drawn(), l.Time()
	v.next, v.awaits = l.NextDue()
	return v
}

// is fails unless the library is what it was.
func (v taken) is(t *rapid.T, l *library) {
	t.Helper()
	now := taken{shown: l.content(), hash: hashOf(t, l)}
	l.Lock()
	defer l.Unlock()
	now.drawn, now.time = l.Drawn(), l.Time()
	now.next, now.awaits = l.NextDue()
	if now.version = v.version; fmt.Sprint(now) != fmt.Sprint(v) || !l.Latest().Equal(v.time) && v.drawn > 1 {
		t.Fatalf("it is %v; want %v", now, v)
	}
}

// goTo goes to a version, or to nothing.
func goTo(l *library, v *state.Version, commit bool) error {
	l.Lock()
	tx := l.Begin(start)
	if v == nil {
		tx.Clear(start)
	} else {
		tx.Restore(v)
	}
	if !commit {
		tx.Rollback()
		l.Unlock()
		return nil
	}
	p, err := tx.Commit()
	l.Unlock()
	return errors.Join(err, p.Wait(context.Background()))
}

// Whatever happens, and in whatever order it goes to them, a database becomes its versions again, and so does what is
// in the store.
func TestADatabaseBecomesItsVersionsAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var store state.Store
		memory := &statetest.Memory{}
		if rapid.Bool().Draw(t, "store") {
			store = memory
		}
		l, err := open(store)
		if err != nil {
			t.Fatal(err)
		}
		var versions []taken
		now := start
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			kind := rapid.SampledFrom([]string{"commit", "commit", "commit", "roll back", "run", "fail", "take", "go",
				"go", "go back", "fail to go", "forget", "clear"}).Draw(t, "kind")
			var v taken
			if len(versions) > 0 {
				v = rapid.SampledFrom(versions).Draw(t, "version")
			}
			switch kind {
			case "take":
				versions = append(versions, take(t, l))
				continue
			case "forget":
				if v.version != nil {
					l.Lock()
					l.Forget(v.version)
					l.Unlock()
					versions = slices.DeleteFunc(versions, func(one taken) bool { return one.version == v.version })
				}
				continue
			case "clear":
				if err := goTo(l, nil, true); err != nil {
					t.Fatal(err)
				}
				if shown := l.content(); len(shown) > 0 {
					t.Fatalf("it has %v after it was cleared", shown)
				}
				continue
			}
			going := v.version
			if kind == "go" || kind == "go back" || kind == "fail to go" {
				before := take(t, l)
				if kind == "fail to go" && store != nil {
					memory.FailWith(state.ErrNotCommitted)
				}
				err := goTo(l, going, kind != "go back")
				memory.FailWith(nil)
				switch {
				case kind == "go back" || kind == "fail to go" && store != nil:
					before.is(t, l)
				case err != nil:
					t.Fatal(err)
				case going != nil:
					v.is(t, l)
					if now = v.time; now.IsZero() {
						now = start
					}
				}
				l.Lock()
				l.Forget(before.version)
				l.Unlock()
				continue
			}
			if kind == "fail" && store != nil {
				memory.FailWith(state.ErrNotCommitted)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second)
			if err := change(t, l, now, kind); err != nil && (kind != "fail" || store == nil) {
				t.Fatal(err)
			}
			memory.FailWith(nil)
		}
		for _, v := range versions {
			if v.version.Lost() {
				t.Fatal("a version is lost that has seen nothing that failed")
			}
			if err := goTo(l, v.version, true); err != nil {
				t.Fatal(err)
			}
			v.is(t, l)
		}
		shown, hash := l.content(), hashOf(t, l)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if store == nil {
			return
		}
		again, err := open(store)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = again.Close() }()
		if got := again.content(); !slices.Equal(got, shown) || hashOf(t, again) != hash {
			t.Fatalf("the store has %v; want %v", got, shown)
		}
	})
}

// What a version has seen may not last. Nobody can come back to it then, but to those before.
func TestAVersionIsLostWithWhatItHasSeen(t *testing.T) {
	for _, broken := range []error{state.ErrNotCommitted, errors.New("nobody knows")} {
		store := &statetest.Memory{}
		l, err := open(store)
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.put("first")
		if err = errors.Join(err, p.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
		before := take(t, l)
		store.Hold = make(chan struct{})
		store.FailWith(broken)
		if _, err := l.put("second"); err != nil {
			t.Fatal(err)
		}
		after := take(t, l)
		if p, err = l.put("third"); err != nil {
			t.Fatal(err)
		}
		gone := make(chan error)
		go func() { gone <- goTo(l, before.version, true) }()
		close(store.Hold)
		if err := errors.Join(<-gone, p.Wait(t.Context())); err == nil {
			t.Error("nothing has failed")
		}
		l.Lock()
		if before.version.Lost() || !after.version.Lost() {
			t.Errorf("of the versions before and after, %t and %t are lost", before.version.Lost(),
				after.version.Lost())
		}
		l.Unlock()
		if got := l.content(); !slices.Equal(got, before.shown) || hashOf(t, l) != before.hash {
			t.Errorf("it is %v; want %v", got, before.shown)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// The same version, again and again, takes no more room each time.
func TestGoingToAVersionLeavesNothingBehind(t *testing.T) {
	l, err := open(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := take(t, l)
	fill := func() {
		l.Lock()
		defer l.Unlock()
		tx := l.Begin(start)
		for i := range 100 {
			l.things.Insert(tx, &thing{Name: fmt.Sprint(i), Due: start.Add(time.Hour)})
		}
		if _, err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		fill()
		if err := goTo(l, v.version, true); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.Scheduled(); n > 500 {
		t.Errorf("%d are scheduled, and none is there", n)
	}
}
