package idempotency

import (
	"context"
	"fmt"
)

// EventKind is what a middleware did, or could not do, about a request.
type EventKind uint8

const (
	// Claimed says that a request was executed for the first time, or again after a release.
	Claimed EventKind = iota + 1
	// Replayed says that a repeat got the stored response, or was refused because repeats are.
	Replayed
	// Conflicted says that a repeat came while the first was under way.
	Conflicted
	// Mismatched says that the key was used for another request.
	Mismatched
	// Failed says that the store did not do what it was asked for; Event.Err says why. Before the handler it means that
	// nothing was executed; after it, that the response was not stored.
	Failed
	// Expired says that a lease ended before its request did: a repeat found the key held by nobody, or took it over,
	// or a handler lost its claim.
	Expired
)

// String returns the kind in one word, for a label of a metric.
func (k EventKind) String() string {
	switch k {
	case Claimed:
		return "claimed"
	case Replayed:
		return "replayed"
	case Conflicted:
		return "conflicted"
	case Mismatched:
		return "mismatched"
	case Failed:
		return "failed"
	case Expired:
		return "expired"
	}
	return fmt.Sprintf("EventKind(%d)", uint8(k))
}

// Event is one thing that a middleware did.
type Event struct {
	Kind EventKind
	// Scope and Key are those of the request, when they are known.
	Scope, Key string
	// Err is why the store failed, or nil.
	Err error
}

// Observer is told of each Event, from many goroutines at once. It must not block.
type Observer func(context.Context, Event)
