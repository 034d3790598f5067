package sandbox

import (
	"context"
	"time"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// MaxSnapshots is how many snapshots a sandbox keeps at once.
const MaxSnapshots = bank.MaxSnapshots

var (
	// ErrNoSnapshot says that there is no snapshot of a name.
	ErrNoSnapshot = bank.ErrNoSnapshot
	// ErrSnapshotExists says that there is one of the name already.
	ErrSnapshotExists = bank.ErrSnapshotExists
	// ErrTooManySnapshots says that there are MaxSnapshots already.
	ErrTooManySnapshots = bank.ErrSnapshots
	// ErrSnapshotName says that a name is not 1 to 64 of the characters A to Z, a to z, 0 to 9, - _ . without a .
	// first.
	ErrSnapshotName = bank.ErrSnapshotName
)

// Snapshot is a name for everything that a sandbox knew at a time.
type Snapshot struct {
	Name string `json:"name"`
	// Time is what the clock showed, and Frozen whether it stood still.
	Time   time.Time `json:"time"`
	Frozen bool      `json:"frozen"`
	// Records is how many records there were.
	Records int `json:"records"`
}

// TakeSnapshot gives a name to everything that the sandbox knows now, for [Sandbox.RestoreSnapshot]. It takes no time,
// and a snapshot needs room for what has changed since alone. Snapshots are in memory, also with a Store: they end with
// the process. It fails with ErrSnapshotName, ErrSnapshotExists and ErrTooManySnapshots, and there is no snapshot if
// ctx ends before it is known that what it has lasts.
func (s *Sandbox) TakeSnapshot(ctx context.Context, name string) (Snapshot, error) {
	made, err := s.bank.TakeSnapshot(ctx, name)
	return Snapshot(made), err
}

// Snapshots returns all snapshots by their names.
func (s *Sandbox) Snapshots() []Snapshot {
	var all []Snapshot
	for _, one := range s.bank.Snapshots() {
		all = append(all, Snapshot(one))
	}
	return all
}

// DeleteSnapshot forgets a snapshot. It fails with ErrNoSnapshot.
func (s *Sandbox) DeleteSnapshot(name string) error { return s.bank.DeleteSnapshot(name) }

// RestoreSnapshot has the sandbox know again what it knew, as often as somebody asks for it; other snapshots stay, also
// later ones. The same requests get the same answers again, byte for byte, if the clock stands still: ids and numbers
// come again, and what was given out in the meantime, such as a token of the caller, is unknown. The clock goes back;
// one that goes on its own is as far ahead of the one on the wall as it was. Who is in the middle of a request with an
// idempotency key is answered 503, may repeat it with the same key, and it has not taken effect.
//
// The Rules and the DeliveryFaults stay those that are set. But the rules of then know again what they had counted, and
// draw the same again; those that were set since begin anew.
//
// It takes as long as what has changed since, and waits for who has the bank to themselves. With a Store, it returns
// when the difference is written, in one commit: after a kill either all of it is there or nothing. It fails with
// ErrNoSnapshot, and with what the Store fails with: then nothing has happened. Once begun, it does not end with ctx.
func (s *Sandbox) RestoreSnapshot(ctx context.Context, name string) error {
	return s.bank.RestoreSnapshot(ctx, name)
}

// Reset has the sandbox begin again: empty, with the seed that it has, and with the clock of its Config. It answers as
// a new one does, byte for byte if the clock stands still. Rules stay, and begin to count and to draw anew. A Store is
// emptied in one commit. Snapshots stay. It fails as RestoreSnapshot does.
func (s *Sandbox) Reset(ctx context.Context) error { return s.bank.Reset(ctx) }
