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

// run sends the request until an answer is final, as often as the policy allows. The answer is there also beside an
// error, without a status when there was none.
func (r *call) run(ctx context.Context) (*answer, error) {
	if r.invalid != nil {
		return r.refuse(r.invalid)
	}
	if r.ownKey && r.key.IsZero() {
		return r.refuse(fmt.Errorf("%w: the Nil UUID names nothing", idempotency.ErrKey))
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
	}
	reauthorized, refusedToken := false, ""
	var refusal *answer
	for retries := 0; ; {
		a, usedToken := r.attempt(ctx, refusedToken)
		if refusal != nil && errors.Is(a.err, errRefusedAfresh) {
			a = refusal // It says more than that there is no other token.
		}
		if a.success() {
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
		outcome := r.outcome(a)
		wait, again := r.again(ctx, a, retries)
		if !again {
			return a, r.fail(a, outcome, a.err)
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
			return a, r.fail(a, outcome, ctx.Err())
		}
		if r.read() && !r.ownKey {
			// What a repeat of a read answers is not documented; a fresh read is always right.
			r.key = idempotency.NewKey()
		}
	}
}

// outcome says what is known of the call after this answer, and remembers whether anything is in doubt.
func (r *call) outcome(a *answer) Outcome {
	switch {
	case a.err != nil && isSuccess(a.status):
		r.unknown = true
		return OutcomeDoneUnreadable
	case a.notSent && !r.unknown:
		return OutcomeNotSent
	case a.notSent, a.err != nil, a.status >= 500, a.status == http.StatusRequestTimeout,
		a.status >= 300 && a.status < http.StatusTemporaryRedirect:
		// A redirect other than 307 and 308 may come after the deed, 303 does.
		r.unknown = true
		return OutcomeUnknown
	case r.read() && !r.ownKey:
		return OutcomeRefused // With a fresh key it was not a repeat.
	case r.ownKey && a.status == http.StatusConflict:
		// The first may be under way from another process, and would be done twice with a new key.
		r.unknown = true
		return OutcomeReceivedBefore
	case !r.unknown:
		return OutcomeRefused
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusTooManyRequests:
		return OutcomeUnknown // It was not looked at as a repeat.
	}
	return OutcomeReceivedBefore
}

// again decides whether to send the request once more, and when.
func (r *call) again(ctx context.Context, a *answer, retries int) (wait time.Duration, again bool) {
	switch {
	case retries >= r.maxRetries, ctx.Err() != nil:
		return 0, false
	case a.err != nil && isSuccess(a.status):
		// The write is done. Only a read is worth another look.
		if !r.read() || errors.Is(a.err, errTooLarge) {
			return 0, false
		}
	case a.err != nil:
		if errors.Is(a.err, errNotWorthRepeating) {
			return 0, false
		}
	case !retryable(a.status, r.unknown || r.attempts > 1):
		return 0, false
	}
	now := r.core.now()
	wait, ok := retryAfter(a.header, now)
	if !ok {
		wait = backoff(retries + 1)
	}
	if !inWindow(r.first, now, wait) {
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
	return a, r.fail(a, OutcomeNotSent, cause)
}

// fail makes the call's error.
func (r *call) fail(a *answer, outcome Outcome, cause error) error {
	e := &Error{
		Operation: r.Operation, StatusCode: a.status, Outcome: outcome, IdempotencyKey: r.key,
		Attempts: r.attempts,
		Header:   a.header, Body: a.body, Err: cause,
	}
	if len(e.Body) > maxErrorBytes {
		e.Body = bytes.Clone(e.Body[:maxErrorBytes])
	}
	if r.ownKey && outcome != OutcomeNotSent && outcome != OutcomeRefused {
		r.core.keys.doubt(r.key)
	}
	//nolint:errorlint // Only the outermost mark is taken off.
	if marked, ok := cause.(*permanentError); ok {
		e.Err = marked.error
	}
	if a.status != 0 && outcome != OutcomeDoneUnreadable {
		e.decode()
		e.RetryAfter, _ = retryAfter(a.header, r.core.now())
	} else if a.header != nil {
		e.RequestID = a.header.Get(headerRequestID)
	}
	r.core.logger.LogAttrs(context.Background(), slog.LevelWarn, "partner: call failed", slog.Any("error", e))
	return e
}
