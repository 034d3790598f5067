package partner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// errRepeatWithoutKey says that what is meant to be a repeat would be a new request, with a key of its own.
var errRepeatWithoutKey = fmt.Errorf("%w: WithRepeatBefore and WithExpiredKey are for the key of WithIdempotencyKey, "+
	"and there is none", ErrKey)

// run sends the request until an answer is final, as often as the policy allows. The answer is there also beside an
// error, without a status when there was none.
func (r *call) run(ctx context.Context) (*answer, error) {
	if r.invalid != nil {
		return r.refuse(r.invalid)
	}
	if r.ownKey && r.key.IsZero() {
		return r.refuse(fmt.Errorf("%w: the Nil UUID names nothing", idempotency.ErrKey))
	}
	if !r.ownKey && (r.ended || r.expiredKey) {
		return r.refuse(errRepeatWithoutKey)
	}
	if r.size >= r.core.maxUploadBytes {
		return r.refuse(tooLargeError{r.core.maxUploadBytes})
	}
	if !r.Operation.Bare && !r.ownKey {
		r.key = idempotency.NewKey()
	}
	if r.ownKey {
		if err := r.core.keys.claim(ctx, r); err != nil {
			return r.refuse(err)
		}
		defer func() { r.core.keys.settle(r, r.outcome) }() // Also when a callback panics.
	}
	reauthorized, refusedToken := false, ""
	var refusal *answer
	for retries := 0; ; {
		a, usedToken := r.attempt(ctx, refusedToken)
		if refusal != nil && errors.Is(a.err, errRefusedAfresh) {
			a = refusal // It says more than that there is no other token.
		}
		kind := r.learn(a)
		if kind == replyDone {
			r.core.budget.refill()
			if r.response != nil {
				*r.response = Response{StatusCode: a.status, Header: a.header, Body: a.body, IdempotencyKey: a.key,
					Attempts: r.attempts}
			}
			return a, nil
		}
		if a.status == http.StatusUnauthorized && a.err == nil && usedToken != "" && !reauthorized {
			// The token may have ended early. A 401 comes before anything is done, so the key stays.
			reauthorized, refusedToken, refusal = true, usedToken, a
			continue
		}
		wait, again := r.again(ctx, a, kind, retries)
		if !again {
			return a, r.fail(a, a.err)
		}
		retries++
		if hook := r.core.hooks.OnRetry; hook != nil {
			hook(r.current(0), wait)
		}
		if r.core.logger.Enabled(ctx, slog.LevelInfo) {
			r.core.logger.LogAttrs(ctx, slog.LevelInfo, "partner: retry",
				slog.String("operation", operationName(r.Operation)), slog.Int("attempt", r.attempts),
				slog.Int("status", a.status), slog.Duration("wait", wait),
				slog.String("idempotency_key", r.key.String()))
		}
		if !r.core.sleep(ctx.Done(), wait) {
			return a, r.fail(a, ctx.Err())
		}
		if r.read() && !r.ownKey {
			// What a repeat of a read answers is not documented; a fresh read is always right.
			r.key = idempotency.NewKey()
		}
	}
}

// learn says what is known of the call after this answer.
func (r *call) learn(a *answer) reply {
	if a.requests > 1 {
		r.known.doubt = true // An answer is to the last request; nobody has seen that to the others.
	}
	if r.core.keys.doubtedMeanwhile(r) {
		r.known.doubt = true
	}
	r.known.late = r.late(r.core.now())
	kind := r.reply(a)
	if observe := r.core.concluding; observe != nil {
		observe(kind, r.known)
	}
	r.outcome = r.known.conclude(kind)
	r.turnedAway = kind == replyTurnedAway && comeAgain[a.status]
	return kind
}

// late reports whether the provider may have forgotten the key when an attempt that begins now arrives. An attempt can
// be on its way for as long as its timeout.
func (r *call) late(now time.Time) bool {
	return !r.first.IsZero() && elapsed(r.first, now) > idempotency.Window-r.timeout
}

// again decides whether to send the request once more, and when.
func (r *call) again(ctx context.Context, a *answer, kind reply, retries int) (wait time.Duration, again bool) {
	if retries >= r.maxRetries || ctx.Err() != nil || !r.worthRepeating(a, kind) {
		return 0, false
	}
	now := r.core.now()
	wait, ok := retryAfter(a.header, now)
	if !ok {
		wait = backoff(retries + 1)
	}
	if wait > maxRetryAfter || !r.first.IsZero() && !inWindow(r.first, now.Add(wait), r.timeout) {
		return 0, false
	}
	if deadline, ok := ctx.Deadline(); ok && now.Add(wait).After(deadline) {
		return 0, false
	}
	return wait, r.core.budget.take()
}

// refuse fails the call before anything is sent.
func (r *call) refuse(cause error) (*answer, error) {
	a := &answer{}
	r.outcome = OutcomeNotSent
	return a, r.fail(a, cause)
}

// unreadable fails a call whose answer was whole, but is not what the contract says.
func (r *call) unreadable(a *answer, cause error) error {
	r.outcome = OutcomeDoneUnreadable
	return r.fail(a, cause)
}

// fail makes the call's error.
func (r *call) fail(a *answer, cause error) error {
	e := &Error{
		Operation: r.Operation, StatusCode: a.status, Outcome: r.outcome, IdempotencyKey: r.key,
		Attempts: r.attempts,
		Header:   a.header, Body: a.body, Err: cause,
	}
	if len(e.Body) > maxErrorBytes {
		e.Body = bytes.Clone(e.Body[:maxErrorBytes])
	}
	if !r.ownKey && !r.known.harmless && (r.outcome.doubtful() || r.outcome == OutcomeDoneUnreadable) {
		r.core.keys.remember(r, r.outcome)
	}
	if r.outcome == OutcomeUnknown && !r.first.IsZero() {
		e.RepeatBefore = r.first.Add(idempotency.Window - r.timeout)
	}
	//nolint:errorlint // Only the outermost mark is taken off.
	if marked, ok := cause.(*permanentError); ok {
		e.Err = marked.error
	}
	if a.status != 0 && r.outcome != OutcomeDoneUnreadable {
		e.decode()
		e.RetryAfter, _ = retryAfter(a.header, r.core.now())
	} else if a.header != nil {
		e.RequestID = a.header.Get(headerRequestID)
	}
	e.withhold(r)
	r.core.logger.LogAttrs(context.Background(), slog.LevelWarn, "partner: call failed", slog.Any("error", e))
	return e
}
