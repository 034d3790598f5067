package idempotency

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// execute runs the handler under a hold, stores what it answered, and sends it, in this order. What is left when the
// process dies in between: before the handler, or in it, a hold whose lease expires, or with a transactional store
// nothing; after the response is stored, a repeat gets it.
func (m *middleware) execute(w http.ResponseWriter, r *http.Request, next http.Handler, claim Claim, token Token) {
	hold := Hold{claim.Scope, claim.Key, token}
	ctx := context.WithValue(context.WithoutCancel(r.Context()), holdKey{}, hold)
	if m.transactional != nil {
		ctx = m.transactional.Join(ctx, hold)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ctx, stop := context.WithTimeout(ctx, m.Timeout)
	defer stop()
	renewal := m.renew(ctx, claim, hold, cancel)

	response := &recorder{out: w, limit: m.MaxResponseBytes, header: make(http.Header),
		holdBack: m.transactional != nil}
	finished := false
	defer func() {
		if finished {
			return
		}
		// The handler panics. Whoever recovers answers; the key must not stay in doubt.
		renewal.stop()
		response.status, response.header, response.full = http.StatusInternalServerError, make(http.Header), false
		response.body.Reset()
		response.header.Set("Content-Type", "application/json")
		response.body.WriteString(`{"type":"internal_error","detail":"internal error"}`)
		_ = m.settle(r, response, claim, hold)
	}()
	next.ServeHTTP(response, r.WithContext(ctx))
	finished = true
	renewal.stop()

	response.WriteHeader(http.StatusOK)
	tooLarge := response.holdBack && response.full
	if tooLarge {
		response.status = http.StatusInternalServerError
	}
	if err := m.settle(r, response, claim, hold); err != nil && m.transactional != nil {
		// What the handler did is not certain to last, and so its answer must not go out.
		m.refuse(w, r, CommitUnknown, time.Second)
		return
	}
	switch {
	case tooLarge:
		m.refuse(w, r, ResponseTooLarge, 0)
	case !response.full:
		_ = response.send() // The client is gone, or not; the response is stored.
	}
}

// settle stores a response, or releases the key of one that is not to be stored.
func (m *middleware) settle(r *http.Request, response *recorder, claim Claim, hold Hold) error {
	var err error
	oversized := response.holdBack && response.full
	if release := response.status >= 500 && (oversized || !m.StoreFailure(r, response.status)); release {
		err = m.insist(r.Context(), func(ctx context.Context) error { return m.Store.Release(ctx, hold) })
		if m.transactional != nil {
			// Without its commit a transaction leaves nothing behind, however its end was received.
			m.observeEnd(r.Context(), claim, err)
			return nil
		}
	} else {
		err = m.complete(r.Context(), response, hold)
	}
	m.observeEnd(r.Context(), claim, err)
	return err
}

func (m *middleware) complete(ctx context.Context, response *recorder, hold Hold) error {
	stored := Response{Status: response.status, Header: make(http.Header), Omitted: response.full}
	for _, name := range m.headers {
		if values := response.header[name]; len(values) > 0 {
			stored.Header[name] = values
		}
	}
	if !response.full {
		stored.Body = response.body.Bytes()
	}
	record, err := stored.MarshalBinary()
	if err != nil {
		return err
	}
	return m.insist(ctx, func(ctx context.Context) error { return m.Store.Complete(ctx, hold, record) })
}

func (m *middleware) observeEnd(ctx context.Context, claim Claim, err error) {
	switch {
	case errors.Is(err, ErrLost):
		m.observe(ctx, Expired, claim, err)
	case err != nil:
		m.observe(ctx, Failed, claim, err)
	}
}

// renewal renews a lease while its handler runs.
type renewal struct {
	// cancel ends a renewal that is under way.
	cancel context.CancelFunc

	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

// renew renews the lease each third of it. The handler's context ends when the lease is lost. A store that does not
// answer is asked again next time: two thirds of the lease are left.
func (m *middleware) renew(ctx context.Context, claim Claim, hold Hold, cancel context.CancelCauseFunc) *renewal {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	n := &renewal{cancel: stop}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.timer = time.AfterFunc(m.Lease/3, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.over {
			return
		}
		step, done := context.WithTimeout(running, m.StoreTimeout)
		defer done()
		switch err := m.Store.Renew(step, hold, m.Lease); {
		case errors.Is(err, ErrLost):
			n.over = true
			m.observe(ctx, Expired, claim, err)
			cancel(ErrLost)
			return
		case err != nil && running.Err() == nil:
			m.observe(ctx, Failed, claim, err)
		}
		n.timer.Reset(m.Lease / 3)
	})
	return n
}

// stop ends renewing, and waits for what is under way.
func (n *renewal) stop() {
	n.cancel()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
	n.timer.Stop()
}
