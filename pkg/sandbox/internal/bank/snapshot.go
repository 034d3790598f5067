package bank

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/state"
)

// MaxSnapshots is how many snapshots there can be. Each has what has changed since.
const MaxSnapshots = 16

var (
	// ErrNoSnapshot says that there is no snapshot of a name.
	ErrNoSnapshot = errors.New("there is no snapshot of this name")
	// ErrSnapshotExists says that there is one already.
	ErrSnapshotExists = errors.New("there is a snapshot of this name already: delete it, or choose another name")
	// ErrSnapshots says that there are MaxSnapshots.
	ErrSnapshots = fmt.Errorf("there are %d snapshots, and no more are kept: delete one", MaxSnapshots)
	// ErrSnapshotName says that a name has not the form of one.
	ErrSnapshotName = errors.New("the name of a snapshot is 1 to 64 letters, digits and any of - _ . without a . first")
)

var snapshotName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$`)

// Snapshot is a name for what the bank was.
type Snapshot struct {
	Name string
	// Time is what the clock showed, and Frozen whether it stood still.
	Time   time.Time
	Frozen bool
	// Records is how many records the bank had.
	Records int
}

// snapshot is a Snapshot, and what the bank becomes again.
type snapshot struct {
	Snapshot
	version          *state.Version
	opened, requests uint64
	// putBack are what Keep has kept.
	putBack []func()
}

// TakeSnapshot gives a name to what the bank is, for RestoreSnapshot. It copies nothing: what changes afterwards is
// kept in both forms. It fails with ErrSnapshotName, ErrSnapshotExists or ErrSnapshots, and with what the store fails
// with if something that was there did not last, or ctx ends before that is known. Then there is no snapshot.
func (b *Bank) TakeSnapshot(ctx context.Context, name string) (Snapshot, error) {
	if !snapshotName.MatchString(name) {
		return Snapshot{}, ErrSnapshotName
	}
	var made *snapshot
	tail, err := b.locked(func() error {
		b.dropLost()
		switch {
		case b.snapshot(name) >= 0:
			return ErrSnapshotExists
		case len(b.snapshots) >= MaxSnapshots:
			return ErrSnapshots
		}
		if err := b.catchUp(b.Time()); err != nil {
			return err
		}
		records := 0
		for _, n := range b.db.Count() {
			records += n
		}
		made = &snapshot{Snapshot{name, b.Time(), b.Frozen(), records}, b.db.Take(), b.opened.Load(), b.requests.Load(),
			b.keepAll()}
		b.snapshots = append(b.snapshots, made)
		return nil
	})
	if err != nil {
		return Snapshot{}, err
	}
	if err := tail.Wait(ctx); err != nil {
		b.db.Lock()
		defer b.db.Unlock()
		if i := slices.Index(b.snapshots, made); i >= 0 {
			b.forget(i)
		}
		return Snapshot{}, err
	}
	return made.Snapshot, nil
}

// snapshot is where a snapshot is, or -1. The lock must be held.
func (b *Bank) snapshot(name string) int {
	return slices.IndexFunc(b.snapshots, func(s *snapshot) bool { return s.Name == name })
}

// forget lets go of a snapshot. The lock must be held.
func (b *Bank) forget(i int) {
	b.db.Forget(b.snapshots[i].version)
	b.snapshots = slices.Delete(b.snapshots, i, i+1)
}

// dropLost lets go of the snapshots of what never came to last. The lock must be held.
func (b *Bank) dropLost() {
	b.snapshots = slices.DeleteFunc(b.snapshots, func(s *snapshot) bool { return s.version.Lost() })
}

// Snapshots returns the snapshots by their names.
func (b *Bank) Snapshots() []Snapshot {
	b.db.Lock()
	defer b.db.Unlock()
	b.dropLost()
	all := make([]Snapshot, 0, len(b.snapshots))
	for _, s := range b.snapshots {
		all = append(all, s.Snapshot)
	}
	slices.SortFunc(all, func(a, b Snapshot) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// DeleteSnapshot forgets a snapshot. It fails with ErrNoSnapshot.
func (b *Bank) DeleteSnapshot(name string) error {
	b.db.Lock()
	defer b.db.Unlock()
	b.dropLost()
	i := b.snapshot(name)
	if i < 0 {
		return ErrNoSnapshot
	}
	b.forget(i)
	return nil
}

// RestoreSnapshot has the bank become what it was: records, numbers that are drawn next, tokens, keys, the clock. A
// clock that goes on its own is as far ahead of the one on the wall as it was. It fails with ErrNoSnapshot, and with
// what the store fails with: then nothing has happened. Once begun it does not end with ctx.
func (b *Bank) RestoreSnapshot(ctx context.Context, name string) error {
	return b.replace(ctx, func(tx *state.Tx) error {
		b.dropLost()
		i := b.snapshot(name)
		if i < 0 {
			return ErrNoSnapshot
		}
		to := b.snapshots[i]
		tx.Restore(to.version)
		b.opened.Store(to.opened)
		b.requests.Store(to.requests)
		for _, putBack := range to.putBack {
			putBack()
		}
		return nil
	})
}

// Reset has the bank become what a new one of its configuration is, with its seed. Snapshots stay. It fails as
// RestoreSnapshot does.
func (b *Bank) Reset(ctx context.Context) error {
	return b.replace(ctx, func(tx *state.Tx) error {
		tx.Clear(b.start(b.config))
		b.opened.Store(b.db.Drawn())
		b.requests.Store(0)
		for _, k := range b.kept {
			k.begin()
		}
		b.settings.Insert(tx, newSettings(b.config, b.seed))
		return nil
	})
}

// kept is something beside the bank that goes back with it.
type kept struct {
	keep  func() (putBack func())
	begin func()
}

// Keep has something go back with the bank that is not in it. keep returns what makes it what it is now, as often as
// that is called; begin has it begin anew. They are called while everybody else is held off. If a restore does not
// last, it is made what it was. Keep is to be called before the bank is used.
func (b *Bank) Keep(keep func() (putBack func()), begin func()) {
	b.kept = append(b.kept, kept{keep, begin})
}

func (b *Bank) keepAll() (putBack []func()) {
	for _, k := range b.kept {
		putBack = append(putBack, k.keep())
	}
	return putBack
}

// OnReplace has f called whenever the bank has become another one, by RestoreSnapshot or Reset, while everybody else is
// still held off. It may be that this does not last. It is to be called before the bank is used.
func (b *Bank) OnReplace(f func()) { b.onReplace = append(b.onReplace, f) }

// replace has the bank become another one.
func (b *Bank) replace(ctx context.Context, by func(*state.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tail, err := b.locked(func() error {
		clock, opened, requests := b.clock.Load(), b.opened.Load(), b.requests.Load()
		tx, putBack := b.db.Begin(b.Time()), b.keepAll()
		if err := by(tx); err != nil {
			tx.Rollback()
			return err
		}
		b.clock.Store(&running{clock: b.settings.Get(settingsKey).Clock})
		b.trusted.Store(nil)
		tx.OnRollback(func() {
			b.clock.Store(clock)
			b.trusted.Store(nil)
			b.opened.Store(opened)
			b.requests.Store(requests)
			for _, f := range putBack {
				f()
			}
		})
		_, err := tx.Commit()
		for _, f := range b.onReplace {
			f()
		}
		return err
	})
	if err != nil {
		return err
	}
	return tail.Wait(context.WithoutCancel(ctx))
}
