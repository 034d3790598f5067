package delivery

import "fmt"

// EventKind says what happened to a delivery.
type EventKind uint8

// The kinds of events.
const (
	// EventDelivered says that a subscriber has taken the event.
	EventDelivered EventKind = iota + 1
	// EventFailed says that an attempt has failed, and that there will be another.
	EventFailed
	// EventGivenUp says that an attempt has failed, and that it was the last. The event does not arrive.
	EventGivenUp
	// EventCutOff says that Close has ended an attempt before it was answered. It is made again.
	EventCutOff
	// EventQueueFailed says that a step of the queue failed; Event.Err says why. With an attempt it means that this was
	// not recorded, and is made again. Otherwise the queue is asked again, after a second at first, and at most after a
	// minute.
	EventQueueFailed
)

// String returns the kind in one word, for the label of a metric.
func (k EventKind) String() string {
	switch k {
	case EventDelivered:
		return "delivered"
	case EventFailed:
		return "failed"
	case EventGivenUp:
		return "given_up"
	case EventCutOff:
		return "cut_off"
	case EventQueueFailed:
		return "queue_failed"
	}
	return fmt.Sprintf("EventKind(%d)", uint8(k))
}

// Event is what a Deliverer tells its observer. It has nothing of what was posted, or answered.
type Event struct {
	Kind EventKind
	// Delivery and Subscription name what it is about. They are empty if the queue failed before that was known.
	Delivery, Subscription string
	// Attempt is the number of the attempt, from 1, or 0 if there was none.
	Attempt int
	// Status is the HTTP status of the answer, or 0 if there was none.
	Status int
	// Err is why the queue failed, or nil.
	Err error
}
