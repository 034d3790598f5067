package idempotency

import "fmt"

// EventKind says what happened to a request.
type EventKind uint8

// The kinds of events.
const (
	// EventClaimed says that a request is executed: for the first time, or again after a release or a take-over.
	EventClaimed EventKind = iota + 1
	// EventReplayed says that a repeat got the stored response, or was refused because Config.RefuseRepeats is set.
	EventReplayed
	// EventConflicted says that a repeat came while the first request was being executed.
	EventConflicted
	// EventMismatched says that the key was used for another request.
	EventMismatched
	// EventFailed says that a step of the store failed; Event.Err says why. Before EventClaimed it means that nothing
	// was executed, after it that the response was not stored or the lease not renewed.
	EventFailed
	// EventExpired says that a lease ended before its request did: a repeat found the key abandoned, or took it over,
	// or an execution learned that it had lost the key.
	EventExpired
)

// String returns the kind in one word, for the label of a metric.
func (k EventKind) String() string {
	switch k {
	case EventClaimed:
		return "claimed"
	case EventReplayed:
		return "replayed"
	case EventConflicted:
		return "conflicted"
	case EventMismatched:
		return "mismatched"
	case EventFailed:
		return "failed"
	case EventExpired:
		return "expired"
	}
	return fmt.Sprintf("EventKind(%d)", uint8(k))
}

// Event is what a Guard or an Executor tells its observer.
type Event struct {
	Kind EventKind
	// Scope and Key are those of the request.
	Scope, Key string
	// Err is why the store failed, or nil.
	Err error
}
