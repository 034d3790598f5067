package idempotency

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Middleware returns middleware under which a request with a key takes effect once: the first execution's response is
// stored and sent again to every repeat. It fails when the configuration makes no sense.
//
// Place it behind everything that can refuse a request, right before the handlers. What it promises, and what it
// cannot, is in docs/idempotency.md.
//
// A handler that panics has failed: that is stored as a 500, or released, like any failure, and the panic goes on.
func Middleware(config Config) (func(http.Handler) http.Handler, error) {
	c, err := config.defaulted()
	if err != nil {
		return nil, err
	}
	headers := []string{"Content-Type", "Content-Encoding", "Content-Language", "Location"}
	for _, name := range c.Headers {
		if name = http.CanonicalHeaderKey(name); !slices.Contains(headers, name) {
			headers = append(headers, name)
		}
	}
	m := &middleware{Config: c, headers: headers}
	m.transactional, _ = c.Store.(Transactional)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.serve(w, r, next) })
	}, nil
}

type middleware struct {
	Config
	headers []string
	// transactional is the store, if it is one.
	transactional Transactional
}

type holdKey struct{}

// HoldFromContext returns the hold under which a handler runs. Its token fences off whoever held the key before.
func HoldFromContext(ctx context.Context) (Hold, bool) {
	hold, ok := ctx.Value(holdKey{}).(Hold)
	return hold, ok
}

func (m *middleware) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !m.Applies(r) {
		next.ServeHTTP(w, r)
		return
	}
	key, reason := m.key(r.Header)
	switch {
	case reason == KeyMissing && m.Optional && len(r.Header.Values(m.Header)) == 0:
		next.ServeHTTP(w, r)
		return
	case reason != "":
		m.refuse(w, r, reason, 0)
		return
	}
	claim := Claim{Scope: m.Scope(r), Key: key, Lease: m.Lease, Window: m.Window, TakeOver: m.TakeOver}
	_, _ = rand.Read(claim.Attempt[:]) // It never fails.
	var err error
	if claim.Fingerprint, err = fingerprint(r, m.MaxRequestBytes); err != nil {
		reason := BodyUnreadable
		if tooLarge := (*http.MaxBytesError)(nil); errors.Is(err, errTooLarge) || errors.As(err, &tooLarge) {
			reason = BodyTooLarge
		}
		m.refuse(w, r, reason, 0)
		return
	}
	outcome, err := m.claim(r.Context(), claim)
	if err != nil {
		m.observe(r.Context(), Failed, claim, err)
		if errors.Is(err, ErrCorrupt) {
			m.refuse(w, r, RecordDamaged, 0)
			return
		}
		m.refuse(w, r, StoreUnavailable, time.Second)
		return
	}
	switch outcome.State {
	case Mine:
		if outcome.TookOver {
			m.observe(r.Context(), Expired, claim, nil)
		}
		m.observe(r.Context(), Claimed, claim, nil)
		m.execute(w, r, next, claim, outcome.Token)
	case InProgress:
		if outcome.Remaining <= 0 {
			m.observe(r.Context(), Expired, claim, nil)
			m.refuse(w, r, OutcomeUnknown, 0)
			return
		}
		m.observe(r.Context(), Conflicted, claim, nil)
		m.refuse(w, r, StillInProgress, time.Second)
	case OtherFingerprint:
		m.observe(r.Context(), Mismatched, claim, nil)
		m.refuse(w, r, KeyReused, 0)
	case Done:
		m.replay(w, r, claim, outcome.Response)
	default:
		m.observe(r.Context(), Failed, claim, errors.New("idempotency: the store answered "+outcome.State.String()))
		m.refuse(w, r, StoreUnavailable, time.Second)
	}
}

func (m *middleware) refuse(w http.ResponseWriter, r *http.Request, reason Reason, after time.Duration) {
	m.Refuse(w, r, Refusal{Status: statuses[reason], Reason: reason, RetryAfter: after})
}

func (m *middleware) observe(ctx context.Context, kind EventKind, claim Claim, err error) {
	if m.Observe != nil {
		m.Observe(ctx, Event{Kind: kind, Scope: claim.Scope, Key: claim.Key, Err: err})
	}
}

// key returns the key of a request, or why it has none.
func (m *middleware) key(header http.Header) (string, Reason) {
	values := header.Values(m.Header)
	if len(values) != 1 {
		return "", KeyMissing
	}
	if strings.EqualFold(m.Header, Header) {
		// Parsed, so that its two spellings, in upper and lower case, are one.
		key, err := ParseKey(values[0])
		if err != nil {
			return "", KeyMalformed
		}
		return key.String(), ""
	}
	key, ok := unquote(values[0])
	if !ok || key == "" || len(key) > MaxKey || strings.ContainsFunc(key,
		func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", KeyMalformed
	}
	return key, ""
}

// unquote reads a string of structured fields (RFC 9651), or a bare one.
func unquote(text string) (string, bool) {
	text = strings.Trim(text, " \t")
	inside, quoted := strings.CutPrefix(text, `"`)
	if !quoted {
		return text, !strings.ContainsAny(text, `"\,;`)
	}
	var b strings.Builder
	for i := 0; i < len(inside); i++ {
		switch inside[i] {
		case '"':
			return b.String(), i == len(inside)-1
		case '\\':
			if i++; i == len(inside) || inside[i] != '"' && inside[i] != '\\' {
				return "", false
			}
		}
		b.WriteByte(inside[i])
	}
	return "", false
}

// replay answers with a stored response.
func (m *middleware) replay(w http.ResponseWriter, r *http.Request, claim Claim, record []byte) {
	var stored Response
	if err := stored.UnmarshalBinary(record); err != nil {
		m.observe(r.Context(), Failed, claim, err)
		m.refuse(w, r, RecordDamaged, 0)
		return
	}
	m.observe(r.Context(), Replayed, claim, nil)
	switch {
	case m.RefuseRepeats:
		m.refuse(w, r, AlreadyDone, 0)
	case stored.Omitted:
		m.refuse(w, r, ResponseNotStored, 0)
	default:
		w.Header().Set(HeaderReplayed, "true")
		sent := recorder{out: w, header: stored.Header, status: stored.Status}
		sent.body.Write(stored.Body)
		_ = sent.send() // The client is gone, or not.
	}
}

// claim asks the store, again when it does not answer: the attempt's name makes that safe.
func (m *middleware) claim(ctx context.Context, claim Claim) (Outcome, error) {
	var outcome Outcome
	err := m.insist(ctx, func(ctx context.Context) (err error) {
		outcome, err = m.Store.Claim(ctx, claim)
		return err
	})
	return outcome, err
}

// insist repeats a step of the store until it has an answer or StoreTimeout is over. The client going away does not end
// it, as that would leave a claim behind that nobody knows of.
func (m *middleware) insist(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.StoreTimeout)
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause *= 4 {
		err := step(ctx)
		if err == nil || errors.Is(err, ErrLost) || errors.Is(err, ErrFull) || errors.Is(err, ErrClaim) ||
			errors.Is(err, ErrCorrupt) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}
