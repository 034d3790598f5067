package webhook

import (
	"context"

	"github.com/google/uuid"
)

// State is what a Deduplicator knows about an event.
type State int

// The states of an event. The zero State is none of them, so that a store that forgets to say something fails.
const (
	// StateNew means that the caller has claimed the event and must now handle it.
	StateNew State = iota + 1
	// StateInProgress means that another caller has claimed the event and has not settled it.
	StateInProgress
	// StateDone means that the event was handled.
	StateDone
)

// Deduplicator remembers which events are being handled and which were. All methods may be called at the same time.
// With several instances of a program, implement it on a store that they share.
//
// Each claim is settled by Done or by Release, unless the program dies or the store fails. A store that outlives the
// program must therefore let a claim lapse some time after Config.Timeout, or the event is answered with 409 for ever.
type Deduplicator interface {
	// Begin claims the event if it is new. Of all calls at the same time, exactly one gets StateNew.
	Begin(ctx context.Context, id uuid.UUID) (State, error)
	// Done remembers that the event was handled.
	Done(ctx context.Context, id uuid.UUID) error
	// Release gives up a claim, so that the next Begin gets StateNew. It does not change an event that was handled.
	Release(ctx context.Context, id uuid.UUID) error
}
