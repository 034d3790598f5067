package partner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
	"github.com/jiko-partner/partner-go/pkg/signing"
)

// headerPartnerID is sent with a base URL that has no partner prefix. (Source: the provider's sample client.)
const headerPartnerID = "X-Jiko-Partner-Id"

// call is one logical call under construction and under way. The generated services make one per call.
type call struct {
	core *core
	partnerapi.Request
	callConfig
	// invalid is why the request cannot be sent.
	invalid error

	attempts int
	// unknown says that an attempt may have arrived without an answer.
	unknown bool
	// first is when the first attempt was sent.
	first time.Time
}

// newCall makes a call of what a builder returned.
func newCall(c *core, request partnerapi.Request, invalid error, options []CallOption) *call {
	r := &call{core: c, Request: request, invalid: invalid}
	r.maxRetries, r.timeout = c.maxRetries, c.attemptTimeout
	for _, option := range options {
		option(&r.callConfig)
	}
	return r
}

// read reports whether the operation changes nothing.
func (r *call) read() bool { return r.Operation.Method == http.MethodGet }

// do sends what a builder returned and decodes the answer.
func do[T any](ctx context.Context, c *core, request partnerapi.Request, invalid error,
	options []CallOption) (*T, error) {
	r := newCall(c, request, invalid, options)
	a, err := r.run(ctx)
	if err != nil {
		return nil, err
	}
	result := new(T)
	if err := decode(a, result); err != nil {
		return nil, r.fail(a, OutcomeDoneUnreadable, err)
	}
	return result, nil
}

// doSlice is do for an answer that is a list by itself.
func doSlice[T any](ctx context.Context, c *core, request partnerapi.Request, invalid error,
	options []CallOption) ([]T, error) {
	result, err := do[[]T](ctx, c, request, invalid, options)
	if err != nil {
		return nil, err
	}
	return *result, nil
}

// doEmpty is do for an answer without a body.
func doEmpty(ctx context.Context, c *core, request partnerapi.Request, invalid error, options []CallOption) error {
	_, err := newCall(c, request, invalid, options).run(ctx)
	return err
}

func decode(a *answer, into any) error {
	contentType := a.header.Get("Content-Type")
	if contentType != "application/json" {
		if mediaType, _, err := mime.ParseMediaType(contentType); err != nil || mediaType != "application/json" {
			return errors.New("the answer is not application/json")
		}
	}
	if text := bytes.TrimSpace(a.body); len(text) == 0 || string(text) == "null" {
		return errors.New("the answer is empty")
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		// The cause may quote the answer, which may hold personal data.
		return fmt.Errorf("the answer does not fit the contract: %s", decodeReason(err))
	}
	return nil
}

// decodeReason says why a text did not decode, without any of it.
func decodeReason(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("member %s is no %s", kind.Field, kind.Type)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("it is not JSON at byte %d", syntax.Offset)
	}
	return "a value is malformed"
}

// answer is the answer to one attempt, or why there is none.
type answer struct {
	status int
	header http.Header
	body   []byte
	key    idempotency.Key
	// err is why there is no answer, or why its body broke off.
	err error
	// notSent says that nothing can have arrived.
	notSent bool
}

// success reports whether the answer is complete and 2xx.
func (a *answer) success() bool { return a.err == nil && a.status >= 200 && a.status <= 299 }

// run sends the request until an answer is final, as often as the policy allows.
func (r *call) run(ctx context.Context) (*answer, error) {
	if r.invalid != nil {
		return nil, r.fail(&answer{}, OutcomeNotSent, r.invalid)
	}
	if r.ownKey && r.key.IsZero() {
		return nil, r.fail(&answer{}, OutcomeNotSent, fmt.Errorf("%w: the Nil UUID names nothing", idempotency.ErrKey))
	}
	if !r.Operation.Bare && !r.ownKey {
		r.key = idempotency.NewKey()
	}
	if r.ownKey {
		if err := r.core.keys.claim(r); err != nil {
			return nil, r.fail(&answer{}, OutcomeNotSent, err)
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
			return nil, r.fail(a, outcome, a.err)
		}
		retries++
		if hook := r.core.hooks.OnRetry; hook != nil {
			hook(r.current(0), wait)
		}
		if r.core.logger.Enabled(ctx, slog.LevelInfo) {
			r.core.logger.LogAttrs(ctx, slog.LevelInfo, "partner: retry", slog.String("operation", r.Operation.ID),
				slog.Int("attempt", r.attempts),
				slog.Int("status", a.status), slog.Duration("wait", wait),
				slog.String("idempotency_key", r.key.String()))
		}
		if !r.core.sleep(ctx.Done(), wait) {
			return nil, r.fail(a, outcome, ctx.Err())
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
	case a.err != nil && a.status >= 200 && a.status <= 299:
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
		return OutcomeRefused // With a fresh key it was no repeat.
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
	case a.err != nil && a.status >= 200 && a.status <= 299:
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

// errNotWorthRepeating marks failures that the same request meets again.
var errNotWorthRepeating = errors.New("")

// permanent marks an error so.
func permanent(err error) error { return &permanentError{err} }

type permanentError struct{ error }

func (e *permanentError) Unwrap() error        { return e.error }
func (e *permanentError) Is(target error) bool { return target == errNotWorthRepeating }

// attempt sends the request once. It returns the token that it was sent with.
func (r *call) attempt(ctx context.Context, refusedToken string) (a *answer, usedToken string) {
	var secret signing.Secret
	if err := ctx.Err(); err != nil {
		return &answer{key: r.key, err: permanent(err), notSent: true}, ""
	}
	if !r.Operation.Bare {
		var err error
		if usedToken, err = r.core.tokens.Token(ctx, refusedToken); err == nil && !isHeaderValue(usedToken) {
			err = errors.New("it is not a header value")
		}
		if err != nil {
			return &answer{key: r.key, err: permanent(&tokenError{err}), notSent: true}, ""
		}
		if secret, err = r.core.secret(); err != nil {
			return &answer{key: r.key, err: permanent(fmt.Errorf("signing secret: %w", err)), notSent: true}, ""
		}
	}
	attemptContext, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	request, err := r.request(attemptContext, usedToken, secret)
	if err != nil {
		return &answer{key: r.key, err: permanent(err), notSent: true}, ""
	}

	r.attempts++
	start := r.core.now()
	if r.first.IsZero() {
		r.first = start
	}
	if hook := r.core.hooks.OnRequest; hook != nil {
		hook(r.current(0), request)
	}
	response, err := r.core.http.Do(request)
	a = &answer{key: r.key}
	if err != nil {
		a.err, a.notSent = withoutURL(err), neverArrived(err)
	} else {
		a.status, a.header = response.StatusCode, response.Header
		limit := r.core.maxResponseBytes
		if a.status < 200 || a.status > 299 {
			limit = min(limit, maxErrorBytes)
		}
		a.body, a.err = readAnswer(response, limit)
		if a.status < 200 || a.status > 299 {
			a.err = nil // A refusal is one, whatever its body is.
		}
		_ = response.Body.Close()
	}
	took := r.core.now().Sub(start)
	if hook := r.core.hooks.OnResponse; hook != nil {
		hook(r.current(took), response, a.err)
	}
	if r.core.logger.Enabled(ctx, slog.LevelDebug) {
		r.core.logger.LogAttrs(ctx, slog.LevelDebug, "partner: attempt", slog.String("operation", r.Operation.ID),
			slog.Int("attempt", r.attempts),
			slog.Int("status", a.status), slog.Duration("took", took), slog.String("idempotency_key", r.key.String()))
	}
	return a, usedToken
}

// request builds the request of one attempt, signed over the bytes that it will send.
func (r *call) request(ctx context.Context, token string, secret signing.Secret) (*http.Request, error) {
	request, err := r.HTTPRequest(ctx, r.core.base)
	if err != nil {
		return nil, err
	}
	header := request.Header
	header["User-Agent"] = userAgent
	if r.Operation.Bare {
		return request, nil
	}
	key := r.key.String()
	signature, err := sign(r.Body, secret, key, request.URL.EscapedPath())
	if err != nil {
		return nil, err
	}
	header["X-Jiko-Idempotency"] = []string{key}
	header["X-Jiko-Signature"] = []string{signature}
	header["Authorization"] = []string{"Bearer " + token}
	if r.core.partnerID != "" {
		header[headerPartnerID] = []string{r.core.partnerID}
	}
	return request, nil
}

var userAgent = []string{"partner-go"}

// errTooLarge says that an answer is longer than may be read.
var errTooLarge = errors.New("the answer is longer than the limit")

// readAnswer reads a body up to the limit.
func readAnswer(response *http.Response, limit int64) ([]byte, error) {
	if response.ContentLength > limit {
		return nil, errTooLarge
	}
	if response.ContentLength > 0 {
		text := make([]byte, response.ContentLength)
		n, err := io.ReadFull(response.Body, text)
		if err != nil {
			return text[:n], fmt.Errorf("the answer broke off: %w", withoutURL(err))
		}
		return text, nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return text, fmt.Errorf("the answer broke off: %w", withoutURL(err))
	case int64(len(text)) > limit:
		return text[:limit], errTooLarge
	}
	return text, nil
}

// withoutURL takes the URL out of an error of net/http: the operation is named already.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// neverArrived reports whether an error of net/http comes from before the request was written.
func neverArrived(err error) bool {
	var (
		network *net.OpError
		lookup  *net.DNSError
	)
	return errors.As(err, &network) && network.Op == "dial" || errors.As(err, &lookup)
}

// current describes the attempt under way for a hook.
func (r *call) current(took time.Duration) Attempt {
	return Attempt{Operation: r.Operation, Number: r.attempts, IdempotencyKey: r.key, Duration: took}
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
	if marked := (*permanentError)(nil); errors.As(cause, &marked) && cause == error(marked) { //nolint:errorlint // Only the outermost mark is taken off.
		e.Err = marked.error
	}
	if a.status != 0 && outcome != OutcomeDoneUnreadable {
		e.decode()
		e.RetryAfter, _ = retryAfter(a.header, r.core.now())
	} else if a.header != nil {
		e.RequestID = a.header.Get("X-Request-Id")
	}
	r.core.logger.LogAttrs(context.Background(), slog.LevelWarn, "partner: call failed", slog.Any("error", e))
	return e
}
