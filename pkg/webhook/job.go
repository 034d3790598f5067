package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// job is an event that this handler holds in the store, until it is settled.
//
// If the process dies before that, the state is this. Before the claim, and before the function, nothing has happened:
// the next delivery claims the event, once the lease is over if there is a claim. In the function, and between it and
// the record, all of its work may be done, or part of it: the next delivery takes the event over and calls the function
// again. In a transactional store nothing has happened up to the commit, and the next delivery calls the function.
// After the record, the next delivery is answered as a repeat.
type job struct {
	event     *Event
	execution *idempotency.Execution
}

// eventKey is the key of the event in the context of its execution.
type eventKey struct{}

// renewed reports a renewal that failed.
func (h *Handler) renewed(ctx context.Context, failure idempotency.Event) {
	event, _ := ctx.Value(eventKey{}).(*Event)
	h.reportStore(ctx, event, failure.Err)
}

// begin claims an event. It answers, and returns nil, unless the event is this handler's to handle.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, event *Event) *job {
	ctx := context.WithValue(r.Context(), eventKey{}, event)
	var execution *idempotency.Execution
	var outcome idempotency.Outcome
	err := guard(func() (err error) {
		execution, outcome, err = h.executor.Begin(ctx, h.config.claim(event.ID))
		return err
	})
	switch {
	case err != nil:
		h.reportStore(ctx, event, err)
		h.refuse(w, r, ReasonStoreUnavailable)
	case outcome.State == idempotency.StateMine:
		if outcome.TookOver {
			h.report(ctx, Report{Kind: ReportExpired, Event: event})
		}
		return &job{event, execution}
	case outcome.State == idempotency.StateInProgress:
		h.report(ctx, Report{Kind: ReportRefused, Event: event, Refusal: newRefusal(ReasonInProgress)})
		h.refuse(w, r, ReasonInProgress)
	case outcome.State == idempotency.StateDone:
		kind := ReportRepeated
		if altered(outcome.Response, event) {
			kind = ReportAltered
		}
		h.report(ctx, Report{Kind: kind, Event: event})
		answer(w, http.StatusOK, "handled before")
	default:
		h.reportStore(ctx, event, errors.New("the store has something else by the event's id: is the scope shared?"))
		h.refuse(w, r, ReasonStoreUnavailable)
	}
	return nil
}

// errExited is what remains when the function neither returned nor panicked: it called runtime.Goexit.
var errExited = errors.New("the function ended its goroutine")

// start calls the function in a goroutine of its own, so that an answer need not wait for it. The channel yields why
// the event is not handled, or nothing.
func (h *Handler) start(j *job) <-chan Reason {
	result := make(chan Reason, 1)
	go func() {
		defer h.running.Done()
		if h.queue == nil {
			defer h.slots.leave()
		}
		ctx, cancel := context.WithTimeout(j.execution.Context(), h.config.Timeout)
		defer cancel()
		defer context.AfterFunc(h.abandonment, cancel)()
		err := errExited
		// Deferred, since the function may end the goroutine.
		defer func() {
			late := ctx.Err() != nil
			if err != nil {
				h.report(ctx, Report{Kind: ReportFailed, Event: j.event, Err: err})
				h.release(j)
			}
			switch {
			case err == nil:
				result <- h.complete(j)
			case late:
				result <- ReasonLate
			default:
				result <- ReasonFailed
			}
		}()
		err = guard(func() error { return h.config.Handle(ctx, j.event) })
	}()
	return result
}

// complete records that an event was handled. What cannot be recorded was handled all the same, except in a
// transaction.
func (h *Handler) complete(j *job) Reason {
	ctx := j.execution.Context()
	if err := guard(func() error { return j.execution.Complete(newRecord(j.event)) }); err != nil {
		h.reportStore(ctx, j.event, err)
		if h.transactional {
			return ReasonCommitUnknown
		}
		return ""
	}
	h.report(ctx, Report{Kind: ReportHandled, Event: j.event})
	return ""
}

// release frees an event for the next delivery. When that fails, the event stays in progress until its lease is over.
func (h *Handler) release(j *job) {
	if err := guard(j.execution.Release); err != nil {
		h.reportStore(j.execution.Context(), j.event, err)
	}
}

// reportStore tells that a step of the store failed.
func (h *Handler) reportStore(ctx context.Context, event *Event, err error) {
	kind := ReportStoreFailed
	if errors.Is(err, idempotency.ErrLost) {
		kind = ReportExpired
	}
	h.report(ctx, Report{Kind: kind, Event: event, Err: err})
}

// recordVersion is the first byte of a record. The hash of the body follows.
const recordVersion = 1

// newRecord is what the store has of an event that was handled.
func newRecord(event *Event) []byte {
	sum := sha256.Sum256(event.Raw)
	return append([]byte{recordVersion}, sum[:]...)
}

// altered says whether a record is that of other bytes. One of another version does not tell.
func altered(record []byte, event *Event) bool {
	mine := newRecord(event)
	return len(record) == len(mine) && record[0] == recordVersion && !bytes.Equal(record, mine)
}

// panicError is a panic in what the user of this package wrote.
type panicError struct {
	text, stack string
}

func (e *panicError) Error() string { return "panic: " + e.text }

// guard turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicError{fmt.Sprint(cause), string(debug.Stack())}
		}
	}()
	return f()
}
