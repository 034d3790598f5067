package delivery

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// RetryPolicy says how a delivery that failed is repeated: the contract's own type.
type RetryPolicy = partnerapi.RetryPolicy

// Delivery is an event that is to be posted to a subscription. It prints as its ID alone, through fmt and slog,
// whatever the verb.
type Delivery struct {
	// ID names the delivery. It is logged, so it should be made of the ids of the event and of the subscription.
	ID string
	// Subscription names the subscription, whose deliveries are bounded together.
	Subscription string
	// Order names what the event is about. Deliveries to one subscription with the same Order are made one after the
	// other. Empty means that it waits for none, and none for it.
	Order string
	// URL is where it is posted to.
	URL string
	// Secret signs it.
	Secret signing.Secret
	// Policy is that of the subscription. Nil means Config.Policy.
	Policy *RetryPolicy
	// Body is the event as JSON. It is posted as it is.
	Body []byte
	// Due is when the next attempt is to be made. The zero time is long ago.
	Due time.Time
	// Attempts is how many were made.
	Attempts int
}

// String returns the ID.
func (d Delivery) String() string { return d.ID }

// GoString returns what String returns.
func (d Delivery) GoString() string { return d.ID }

// Format writes what String returns, for every verb.
func (d Delivery) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.ID) }

// LogValue logs what String returns.
func (d Delivery) LogValue() slog.Value { return slog.StringValue(d.ID) }

// Attempt is one try to deliver an event.
type Attempt struct {
	// Number counts from 1.
	Number int
	// Time is when it was begun, by Config.Now.
	Time time.Time
	// Delivered says that the subscriber has taken the event, which needs no further attempt.
	Delivered bool
	// Status is the HTTP status of the answer, or 0 if there was none.
	Status int
	// Message is how the body of the answer begins, up to MaxMessage bytes of it, as valid UTF-8. Without an answer it
	// says in a few words why there was none, with neither names nor addresses. An answer may have what was posted in
	// it.
	Message string
	// Next is when the next attempt is due, and zero if there will be none: it is delivered, or given up.
	Next time.Time
}

// Query says what a Deliverer can begin with.
type Query struct {
	// Now is what the clock shows. What is due later is not asked for.
	Now time.Time
	// Busy are the IDs of the deliveries that are under way. They are not asked for, and nor is what comes after them
	// in their order. There are at most Config.MaxConcurrent.
	Busy []string
	// Full are the subscriptions of which nothing further is asked for.
	Full []string
}

// Queue keeps what is to be delivered, and must be safe for concurrent use. Its methods are called with contexts that
// end when Close gives up.
//
// A Deliverer tells by Query.Busy what it has begun itself. If several share a queue, its Next must not return what it
// has returned to another one, until that is recorded or a time has passed that is longer than Config.Timeout; and
// nothing that comes after it in its order.
type Queue interface {
	// Next returns the delivery that is due first of all that can begin: it is due by now, all before it in its order
	// are over, and it is neither busy nor of a full subscription. The subscription is as it is now, so that a new URL,
	// secret or policy counts for what waits already; what a subscription that ended had waiting is not returned, nor
	// ever counts as waiting.
	//
	// If there is none it returns nil, and when to ask again: the earliest time after now at which something becomes
	// due. The zero time means that the Deliverer is woken before there can be anything.
	Next(ctx context.Context, query Query) (next *Delivery, later time.Time, err error)
	// Record notes an attempt. If its Next is zero, the delivery is over, and the one after it in its order can begin.
	// Otherwise that is when it is due. If the delivery is not there any more, there is nothing to note. When Record
	// fails, the delivery is made again.
	Record(ctx context.Context, delivery Delivery, attempt Attempt) error
}
