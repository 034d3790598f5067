package idempotency

import (
	"context"
	"errors"
	"maps"
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
	g.executor, err = NewExecutor(ExecutorConfig{Store: c.Store, StoreTimeout: c.StoreTimeout,
		EncryptionKeys: c.EncryptionKeys, AcceptClear: c.AcceptClear, Observe: c.Observe})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Middleware puts the guard before a handler. Place it right before the handlers, behind everything else that can
// refuse a request: whatever reaches it and has a key uses the key up, if it is executed.
//
// A panic of the handler counts as a failure, which is stored as a 500 or released, and goes on to whoever recovers it.
// So does a panic of a function in the Config, once the key is neither held nor in doubt.
//
// It panics if the guard was not made by New.
func (g *Guard) Middleware(next http.Handler) http.Handler {
	if g == nil || g.executor == nil {
		panic("idempotency: a Guard that was not made by New protects nothing")
	}
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
	var buffer [256]byte
	claim.Attempt = NewAttempt(details(buffer[:0], r))
	execution, outcome, err := g.executor.Begin(r.Context(), claim)
	if err != nil {
		g.observe(r.Context(), EventFailed, claim, err)
		switch {
		case errors.Is(err, ErrCorrupt):
			g.refuse(w, r, ReasonRecordDamaged, 0)
		case errors.Is(err, ErrClaim):
			g.refuse(w, r, ReasonScopeUnusable, 0)
		default:
			g.refuse(w, r, ReasonStoreUnavailable, time.Second)
		}
		return
	}
	switch outcome.State {
	case StateMine:
		g.execute(w, r, next, &run{claim: claim, Execution: execution, tookOver: outcome.TookOver})
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

// errNoAnswer tells an observer why a response is a 500 that the handler did not write.
var errNoAnswer = errors.New("idempotency: the handler answered with a status of 1xx, which ends no response")

// run is an execution of a handler.
type run struct {
	*Execution
	claim    Claim
	tookOver bool
	response *recorder
	// entered says that the handler began, returned that it came back, and ended that the key is not held any longer.
	entered, returned, ended bool
}

// execute runs the handler, stores what it answered, and sends that, in this order. If the process dies before the
// response is stored, it leaves a hold whose lease expires, or nothing if the store is transactional. If it dies later,
// a repeat gets the response.
func (g *Guard) execute(w http.ResponseWriter, r *http.Request, next http.Handler, x *run) {
	ctx, stop := context.WithTimeout(x.Context(), g.config.Timeout)
	defer stop()
	x.response = newRecorder(w, g.config.MaxResponseBytes, g.transactional)
	// Whatever panics below, or ends the goroutine, the key must not stay in doubt. Whoever recovers answers.
	defer func() {
		switch {
		case x.ended:
		case !x.entered:
			_ = g.end(r, x, DecisionRelease)
		default: // The policy does not say.
			if !x.returned {
				x.response.fail()
			}
			_ = g.end(r, x, g.decision(x, DecisionDefault))
		}
	}()
	defer func() {
		if x.entered && !x.returned {
			x.response.fail()
			_ = g.end(r, x, g.decision(x, g.config.Policy(r, x.response.status)))
		}
	}()
	if x.tookOver {
		g.observe(r.Context(), EventExpired, x.claim, nil)
	}
	g.observe(r.Context(), EventClaimed, x.claim, nil)
	x.entered = true
	next.ServeHTTP(x.response, r.WithContext(ctx))
	x.returned = true

	response := x.response
	response.WriteHeader(http.StatusOK)
	tooLarge := response.holdBack && response.full
	if tooLarge {
		response.fail()
	} else if response.failed {
		g.observe(r.Context(), EventFailed, x.claim, errNoAnswer)
	}
	err := g.end(r, x, g.decision(x, g.config.Policy(r, response.status)))
	switch {
	case g.transactional && errors.Is(err, ErrNotCommitted):
		g.refuse(w, r, ReasonNotCommitted, 0)
	case g.transactional && err != nil:
		// What the handler did is not certain to last, and so its answer must not go out.
		g.refuse(w, r, ReasonCommitUnknown, time.Second)
	case tooLarge:
		g.refuse(w, r, ReasonResponseTooLarge, 0)
	default:
		if !response.full {
			_ = response.send() // The client is gone, or not; the response is stored.
		}
		response.sendTrailers()
	}
}

// decision says what is done with a response, if the policy says decided. What a handler that failed has done in a
// transaction is half of something, and is never committed.
func (g *Guard) decision(x *run, decided Decision) Decision {
	switch {
	case x.response.failed && g.transactional:
		return DecisionRelease
	case decided == DecisionStore, decided == DecisionRelease:
		return decided
	}
	return decision(x.response.status, g.transactional)
}

// end stores the response, or releases the key when the response is not to be stored.
func (g *Guard) end(r *http.Request, x *run, decided Decision) error {
	if decided == DecisionRelease {
		err := x.Release()
		x.ended = true
		g.observeEnd(r.Context(), x.claim, err)
		if errors.Is(err, ErrInDoubt) {
			return err
		}
		return nil // Without its commit a transaction leaves nothing behind, even if nobody confirmed its end.
	}
	err := g.complete(x, x.response.full)
	if errors.Is(err, ErrFull) && !x.response.full {
		// Repeats are told at least that the request took effect.
		g.observe(r.Context(), EventFailed, x.claim, err)
		err = g.complete(x, true)
	}
	x.ended = true
	g.observeEnd(r.Context(), x.claim, err)
	return err
}

// complete stores the response, or of a large one only that there was one.
func (g *Guard) complete(x *run, omitted bool) error {
	stored := Response{Status: x.response.status, Header: make(http.Header), Omitted: omitted}
	if !omitted {
		for _, name := range g.headers {
			if values := x.response.sent[name]; values != nil {
				stored.Header[name] = values
			}
		}
		stored.Body = x.response.body.Bytes()
	}
	record, err := stored.MarshalBinary()
	if err != nil {
		return err
	}
	return x.Complete(record)
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
		maps.Copy(w.Header(), stored.Header)
		w.Header().Set(HeaderReplayed, "true")
		w.WriteHeader(stored.Status)
		_, _ = w.Write(stored.Body) // The client is gone, or not.
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
	case errors.Is(err, ErrLost) && !g.transactional: // A transaction has no lease.
		g.observe(ctx, EventExpired, claim, err)
	case err != nil:
		g.observe(ctx, EventFailed, claim, err)
	}
}
