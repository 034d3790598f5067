package idempotency

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// Guard stands before handlers and lets a request with a key take effect once. It stores the response of the first
// execution and sends it to every repeat. Make one with New.
type Guard struct {
	config   Config
	executor *Executor
	// headers are the ones that are stored.
	headers []string
	// transactional says that what a handler does is part of the store's transaction.
	transactional bool
}

// New returns a Guard. It fails when the configuration makes no sense.
func New(config Config) (*Guard, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	headers := []string{"Content-Type", "Content-Encoding", "Content-Language", "Location"}
	for _, name := range c.Headers {
		if name = http.CanonicalHeaderKey(name); !slices.Contains(headers, name) {
			headers = append(headers, name)
		}
	}
	g := &Guard{config: c, headers: headers}
	_, g.transactional = c.Store.(Transactional)
	g.executor, err = NewExecutor(ExecutorConfig{Store: c.Store, StoreTimeout: c.StoreTimeout, Observe: c.Observe})
	return g, err
}

// Middleware puts the guard before a handler. Place it right before the handlers, behind everything else that can
// refuse a request: whatever reaches it and has a key uses the key up.
//
// A panic of the handler counts as a failure, which is stored as a 500 or released, and goes on to whoever recovers it.
func (g *Guard) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, next) })
}

func (g *Guard) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !g.config.Applies(r) {
		next.ServeHTTP(w, r)
		return
	}
	key, reason := readKey(r.Header, g.config.Header)
	switch {
	case reason == ReasonKeyMissing && g.config.Optional && len(r.Header.Values(g.config.Header)) == 0:
		next.ServeHTTP(w, r)
		return
	case reason != "":
		g.refuse(w, r, reason, 0)
		return
	}
	claim := Claim{Scope: g.config.Scope(r), Key: key, Lease: g.config.Lease, Window: g.config.Window,
		TakeOver: g.config.TakeOver}
	var err error
	if claim.Fingerprint, err = fingerprint(w, r, g.config.MaxRequestBytes); err != nil {
		reason := ReasonBodyUnreadable
		if errors.Is(err, wire.ErrTooLarge) {
			reason = ReasonBodyTooLarge
		}
		g.refuse(w, r, reason, 0)
		return
	}
	execution, outcome, err := g.executor.Begin(r.Context(), claim)
	if err != nil {
		g.observe(r.Context(), EventFailed, claim, err)
		if errors.Is(err, ErrCorrupt) {
			g.refuse(w, r, ReasonRecordDamaged, 0)
			return
		}
		g.refuse(w, r, ReasonStoreUnavailable, time.Second)
		return
	}
	switch outcome.State {
	case StateMine:
		if outcome.TookOver {
			g.observe(r.Context(), EventExpired, claim, nil)
		}
		g.observe(r.Context(), EventClaimed, claim, nil)
		g.execute(w, r, next, claim, execution)
	case StateInProgress:
		if outcome.Remaining <= 0 {
			g.observe(r.Context(), EventExpired, claim, nil)
			g.refuse(w, r, ReasonOutcomeUnknown, 0)
			return
		}
		g.observe(r.Context(), EventConflicted, claim, nil)
		g.refuse(w, r, ReasonStillInProgress, time.Second)
	case StateOtherFingerprint:
		g.observe(r.Context(), EventMismatched, claim, nil)
		g.refuse(w, r, ReasonKeyReused, 0)
	case StateDone:
		g.replay(w, r, claim, outcome.Response)
	}
}

// execute runs the handler, stores what it answered, and sends that, in this order. If the process dies before the
// response is stored, it leaves a hold whose lease expires, or nothing if the store is transactional. If it dies later,
// a repeat gets the response.
func (g *Guard) execute(w http.ResponseWriter, r *http.Request, next http.Handler, claim Claim, execution *Execution) {
	ctx, stop := context.WithTimeout(execution.Context(), g.config.Timeout)
	defer stop()
	response := &recorder{out: w, limit: g.config.MaxResponseBytes, header: make(http.Header),
		holdBack: g.transactional}
	finished := false
	defer func() {
		if finished {
			return
		}
		// The handler panics. Whoever recovers answers; the key must not stay in doubt.
		response.status, response.header, response.full = http.StatusInternalServerError, make(http.Header), false
		response.body.Reset()
		response.header.Set("Content-Type", "application/json")
		response.body.WriteString(`{"type":"internal_error","detail":"internal error"}`)
		_ = g.settle(r, response, claim, execution)
	}()
	next.ServeHTTP(response, r.WithContext(ctx))
	finished = true

	response.WriteHeader(http.StatusOK)
	tooLarge := response.holdBack && response.full
	if tooLarge {
		response.status = http.StatusInternalServerError
	}
	if err := g.settle(r, response, claim, execution); err != nil && g.transactional {
		// What the handler did is not certain to last, and so its answer must not go out.
		g.refuse(w, r, ReasonCommitUnknown, time.Second)
		return
	}
	switch {
	case tooLarge:
		g.refuse(w, r, ReasonResponseTooLarge, 0)
	case !response.full:
		_ = response.send() // The client is gone, or not; the response is stored.
	}
}

// settle stores a response, or releases the key when the response is not to be stored.
func (g *Guard) settle(r *http.Request, response *recorder, claim Claim, execution *Execution) error {
	oversized := response.holdBack && response.full
	if response.status >= 500 && (oversized || !g.config.StoreFailure(r, response.status)) {
		err := execution.Release()
		g.observeEnd(r.Context(), claim, err)
		if g.transactional {
			return nil // Without its commit a transaction leaves nothing behind, even if nobody confirmed its end.
		}
		return err
	}
	record, err := g.record(response)
	if err == nil {
		err = execution.Complete(record)
	}
	g.observeEnd(r.Context(), claim, err)
	return err
}

// record encodes what is stored of a response.
func (g *Guard) record(response *recorder) ([]byte, error) {
	stored := Response{Status: response.status, Header: make(http.Header), Omitted: response.full}
	for _, name := range g.headers {
		if values := response.header[name]; len(values) > 0 {
			stored.Header[name] = values
		}
	}
	if !response.full {
		stored.Body = response.body.Bytes()
	}
	return stored.MarshalBinary()
}

// replay answers with a stored response.
func (g *Guard) replay(w http.ResponseWriter, r *http.Request, claim Claim, record []byte) {
	var stored Response
	if err := stored.UnmarshalBinary(record); err != nil {
		g.observe(r.Context(), EventFailed, claim, err)
		g.refuse(w, r, ReasonRecordDamaged, 0)
		return
	}
	g.observe(r.Context(), EventReplayed, claim, nil)
	switch {
	case g.config.RefuseRepeats:
		g.refuse(w, r, ReasonAlreadyDone, 0)
	case stored.Omitted:
		g.refuse(w, r, ReasonResponseNotStored, 0)
	default:
		w.Header().Set(HeaderReplayed, "true")
		sent := recorder{out: w, header: stored.Header, status: stored.Status}
		sent.body.Write(stored.Body)
		_ = sent.send() // The client is gone, or not.
	}
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, reason Reason, after time.Duration) {
	g.config.Refuse(w, r, Refusal{Status: reasons[reason].status, Reason: reason, RetryAfter: after})
}

func (g *Guard) observe(ctx context.Context, kind EventKind, claim Claim, err error) {
	if g.config.Observe != nil {
		g.config.Observe(ctx, Event{Kind: kind, Scope: claim.Scope, Key: claim.Key, Err: err})
	}
}

// observeEnd tells what went wrong with a Complete or a Release.
func (g *Guard) observeEnd(ctx context.Context, claim Claim, err error) {
	switch {
	case errors.Is(err, ErrLost):
		g.observe(ctx, EventExpired, claim, err)
	case err != nil:
		g.observe(ctx, EventFailed, claim, err)
	}
}
