package storetest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// shiftedClock goes on by itself and can be moved.
type shiftedClock struct {
	mu    sync.Mutex
	shift time.Duration
}

func (c *shiftedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Add(c.shift)
}

func (c *shiftedClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift += d
}

// plain is a store as simple as can be, which does one thing differently, if at all.
type plain struct {
	clock *shiftedClock
	twist string
	// twisted says that the store came to where it does something differently.
	twisted bool

	mu      sync.Mutex
	entries map[name]entry
	tokens  map[name]idempotency.Token
	latest  time.Time
}

type entry struct {
	fingerprint idempotency.Fingerprint
	attempt     idempotency.Attempt
	tookOver    bool
	token       idempotency.Token
	window      time.Duration
	since       time.Time // when it was claimed
	lease       time.Time // when it ends
	expires     time.Time
	done        bool
	response    []byte
}

func newPlain(twist string) *plain {
	return &plain{clock: &shiftedClock{}, twist: twist, entries: map[name]entry{}, tokens: map[name]idempotency.Token{}}
}

func (p *plain) subject() Subject { return Subject{Store: p, Advance: p.clock.advance} }

// is says whether the store does a thing differently.
func (p *plain) is(twist string) bool {
	if p.twist != twist {
		return false
	}
	p.twisted = true
	return true
}

func (p *plain) now() time.Time {
	now := p.clock.now()
	if p.latest.Before(now) {
		p.latest = now
	}
	if p.is("its clock refuses to go back") {
		return p.latest
	}
	if p.is("it drops what is over at once") {
		maps.DeleteFunc(p.entries, func(_ name, e entry) bool { return !e.expires.After(now) })
	}
	return now
}

func (p *plain) name(scope, key string) name {
	switch {
	case p.is("ignores the scope"):
		scope = ""
	case p.is("joins scope and key"):
		scope, key = "", scope+key
	case p.is("joins scope and key by a colon"):
		scope, key = "", scope+":"+key
	case p.is("ignores the case of keys"):
		key = strings.ToLower(key)
	case p.is("ignores the case of scopes"):
		scope = strings.ToLower(scope)
	case p.is("trims scopes"):
		scope = strings.TrimSpace(scope)
	case p.is("cuts scopes off"):
		scope = scope[:min(len(scope), idempotency.MaxScope-1)]
	case p.is("cuts keys off"):
		key = key[:min(len(key), idempotency.MaxKey-1)]
	}
	return name{scope, key}
}

func (p *plain) forgotten(e entry, now time.Time) bool {
	switch {
	case p.is("never forgets"):
		return false
	case e.done && p.is("never forgets what is done"):
		return false
	case !e.done && p.is("never forgets what is held"):
		return false
	case p.is("forgets early"):
		return !now.Before(e.expires.Add(-e.window / 4))
	case !e.done && p.is("forgets when the lease ends"):
		return !now.Before(e.lease)
	case now.Before(e.since) && p.is("forgets when the clock goes back"):
		return true
	}
	return !now.Before(e.expires)
}

func (p *plain) Claim(ctx context.Context, claim idempotency.Claim) (idempotency.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.name(claim.Scope, claim.Key)
	if err := claim.Validate(); err != nil {
		if p.is("forgets before it refuses a claim") {
			delete(p.entries, id)
		}
		if !p.is("accepts any claim") {
			return idempotency.Outcome{}, err
		}
	}
	if ctx.Err() != nil {
		switch {
		case p.is("a cancelled claim says that the store is full"):
			return idempotency.Outcome{}, idempotency.ErrFull
		case p.is("a cancelled claim drops the record"):
			delete(p.entries, id)
			return idempotency.Outcome{}, ctx.Err()
		case p.is("a cancelled claim blocks the key"):
			p.entries[id] = entry{fingerprint: claim.Fingerprint, lease: p.now().Add(claim.Window),
				expires: p.now().Add(claim.Window), window: claim.Window}
			return idempotency.Outcome{}, ctx.Err()
		case p.is("it heeds the context"):
			return idempotency.Outcome{}, ctx.Err()
		case p.is("it heeds the context too late"):
			_, _ = p.claim(id, claim)
			return idempotency.Outcome{}, ctx.Err()
		}
	}
	return p.claim(id, claim)
}

func (p *plain) claim(id name, claim idempotency.Claim) (idempotency.Outcome, error) {
	now := p.now()
	if claim.Window > 50*365*24*time.Hour && p.is("fails on long windows") {
		return idempotency.Outcome{}, errors.New("overflow")
	}
	e, known := p.entries[id]
	same := e.fingerprint == claim.Fingerprint
	switch {
	case p.is("forgets the fingerprint"):
		same = true
	case p.is("compares half of the fingerprint"):
		same = bytes.Equal(e.fingerprint[:16], claim.Fingerprint[:16])
	case e.done && p.is("does not look at the fingerprint of what is done"):
		same = true
	case !e.done && !now.Before(e.lease) && p.is("does not look at the fingerprint when the lease is over"):
		same = true
	case e.fingerprint == idempotency.Fingerprint{} && p.is("takes the zero fingerprint for none"):
		same = true
	}
	contradicts := e.attempt.Contradicts(claim.Attempt)
	marked := idempotency.NewAttempt([]byte("neither a nor b")).Contradicts(claim.Attempt)
	switch {
	case p.is("ignores marks"):
		contradicts = false
	case !now.Before(e.lease) && !e.done && p.is("does not look at marks when the lease is over"):
		contradicts = false
	case e.done && p.is("does not look at marks of what is done"):
		contradicts = false
	case !marked && p.is("takes a request without a mark for another"):
		contradicts = true
	}
	same = same && !contradicts
	if !known || p.forgotten(e, now) {
		if known && !same && p.is("remembers the fingerprint of what is forgotten") {
			return idempotency.Outcome{State: idempotency.StateOtherFingerprint}, nil
		}
		return p.hold(id, entry{}, claim, now)
	}
	remaining := max(0, e.lease.Sub(now))
	switch {
	case p.is("reports the whole lease as what remains"):
		remaining = claim.Lease
	case p.is("never says that a lease is over"):
		remaining = max(remaining, 1)
	case p.is("says too early that a lease is over"):
		remaining = max(0, remaining-claim.Lease/2)
	case p.is("lets what remains of a lease become negative"):
		remaining = e.lease.Sub(now)
	case p.is("never says what remains"):
		remaining = 0
	case now.Before(e.since) && p.is("ends leases when the clock goes back"):
		remaining = 0
	}
	switch {
	case !same:
		if p.is("answers others with the response") {
			return idempotency.Outcome{State: idempotency.StateOtherFingerprint, Response: e.response}, nil
		}
		if p.is("lets others have the key") {
			return p.hold(id, entry{}, claim, now)
		}
		if p.is("begins the window anew for another fingerprint") {
			e.expires = now.Add(e.window)
			p.entries[id] = e
		}
		return idempotency.Outcome{State: idempotency.StateOtherFingerprint}, nil
	case !e.done && e.attempt == claim.Attempt && (claim.Attempt != idempotency.Attempt{} ||
		p.is("knows an attempt without a name")) &&
		!p.is("does not know attempts") && (remaining > 0 || !p.is("forgets attempts with their leases")):
		if p.is("gives an attempt another token") {
			return p.hold(id, e, claim, now)
		}
		tookOver := e.tookOver && !p.is("tells an attempt nothing of its take-over")
		if !p.is("does not begin an attempt's lease anew") {
			e.lease = now.Add(claim.Lease)
		}
		e.window, e.expires = claim.Window, now.Add(claim.Window)
		p.entries[id] = e
		return idempotency.Outcome{State: idempotency.StateMine, Token: e.token, TookOver: tookOver}, nil
	case e.done:
		switch {
		case p.is("executes again what is done"):
			return p.hold(id, entry{}, claim, now)
		case p.is("begins the window anew when it replays"):
			e.expires = now.Add(e.window)
			p.entries[id] = e
		case claim.TakeOver && p.is("takes over what is done"):
			return p.hold(id, e, claim, now)
		}
		return idempotency.Outcome{State: idempotency.StateDone, Response: e.response}, nil
	case claim.TakeOver && (remaining == 0 || p.is("takes live leases over")) && !p.is("never takes over"),
		remaining == 0 && p.is("takes over without being asked"):
		return p.hold(id, e, claim, now)
	case p.is("lets two hold"):
		return p.hold(id, e, claim, now)
	case p.is("begins the window anew for a claim in vain"):
		e.expires = now.Add(e.window)
		p.entries[id] = e
	case p.is("begins the lease anew for a claim in vain"):
		e.lease = now.Add(claim.Lease)
		p.entries[id] = e
	}
	return idempotency.Outcome{State: idempotency.StateInProgress, Remaining: remaining}, nil
}

// hold gives a record to a claim; old is what it takes over, if anything.
func (p *plain) hold(id name, old entry, claim idempotency.Claim, now time.Time) (idempotency.Outcome, error) {
	if p.is("looks, and then claims") {
		p.mu.Unlock()
		runtime.Gosched()
		p.mu.Lock()
	}
	tookOver := old.token != 0
	p.tokens[id]++
	switch {
	case tookOver && p.is("keeps the token in a take-over"):
		p.tokens[id]--
	case p.is("gives the same token to all"):
		p.tokens[id] = 7
	case p.is("takes the time for a token"):
		p.tokens[id] = idempotency.Token(now.UnixNano())
	case p.tokens[id] == 1 && p.is("begins tokens at zero"):
		p.tokens[id] = 0
	case !tookOver && p.entries[id].token != 0 && p.is("begins tokens anew when a key is forgotten"):
		p.tokens[id] = 1
	}
	e := entry{
		fingerprint: claim.Fingerprint, attempt: claim.Attempt, tookOver: tookOver, token: p.tokens[id],
		window: claim.Window,
		since:  now, lease: now.Add(claim.Lease), expires: now.Add(claim.Window),
	}
	switch {
	case tookOver && p.is("keeps the window in a take-over"):
		e.window, e.expires = old.window, now.Add(old.window)
	case tookOver && p.is("keeps the end of the window in a take-over"):
		e.expires = old.expires
	case tookOver && p.is("keeps the lease in a take-over"):
		e.lease = old.lease
	}
	if before := p.entries[id]; before.token != 0 && p.is("keeps the first mark of a key") {
		e.attempt = before.attempt
	}
	p.entries[id] = e
	switch {
	case p.is("never says that it took over"):
		tookOver = false
	case claim.TakeOver && p.is("says that it took over whenever it was asked to"):
		tookOver = true
	}
	return idempotency.Outcome{State: idempotency.StateMine, Token: e.token, TookOver: tookOver}, nil
}

// held returns what a hold opens.
func (p *plain) held(hold idempotency.Hold, twists ...string) (id name, e entry, ok bool) {
	id = p.name(hold.Scope, hold.Key)
	now := p.now()
	e, ok = p.entries[id]
	token := e.token == hold.Token
	for _, twist := range twists {
		if p.is(twist) {
			token = true
		}
	}
	switch {
	case now.Before(e.since) && p.is("revives holds when the clock goes back"):
		token = true
	case !now.Before(e.lease) && !e.done && p.is("ends holds with their leases"):
		token = false
	case p.is("opens what is forgotten"):
		return id, e, ok && token
	}
	return id, e, ok && token && !p.forgotten(e, now)
}

func (p *plain) Renew(ctx context.Context, hold idempotency.Hold, lease time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil && p.is("it heeds the context") {
		return ctx.Err()
	}
	id, e, ok := p.held(hold, "renews for anybody")
	if !ok || e.done && !p.is("renews what is done") {
		return idempotency.ErrLost
	}
	now := p.now()
	if !now.Before(e.lease) && p.is("does not renew a lease that has expired") {
		return idempotency.ErrLost
	}
	if p.is("renews nothing") {
		return nil
	}
	before := e
	e.lease, e.expires = now.Add(lease), now.Add(e.window)
	switch {
	case p.is("adds to the lease"):
		e.lease = before.lease.Add(lease)
	case p.is("never makes a lease shorter") && before.lease.After(e.lease):
		e.lease = before.lease
	case p.is("does not begin the window anew when it renews"):
		e.expires = before.expires
	}
	p.entries[id] = e
	return nil
}

func (p *plain) Complete(ctx context.Context, hold idempotency.Hold, response []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		switch {
		case p.is("a cancelled completion says that the hold is lost"):
			return idempotency.ErrLost
		case p.is("a cancelled completion stores nothing, for good"):
			id, e, _ := p.held(hold)
			e.done = true
			p.entries[id] = e
			return ctx.Err()
		case p.is("it heeds the context"):
			return ctx.Err()
		}
	}
	id, e, ok := p.held(hold, "completes for anybody")
	if !ok {
		if e.token == 0 && p.is("completes what it does not know") {
			p.entries[id] = entry{token: hold.Token, done: true, response: response, expires: p.now().Add(time.Hour)}
			return nil
		}
		return idempotency.ErrLost
	}
	if e.done {
		switch {
		case p.is("overwrites the response"):
			e.response = response
		case e.response == nil && p.is("overwrites an empty response"):
			e.response = response
		case p.is("does not complete again"):
			return idempotency.ErrLost
		case p.is("begins the window anew when it completes again"):
			e.expires = p.now().Add(e.window)
		}
		p.entries[id] = e
		return nil
	}
	if p.is("looks, and then completes") {
		p.mu.Unlock()
		runtime.Gosched()
		p.mu.Lock()
	}
	if p.is("loses completions") {
		return nil
	}
	e.done, e.response, e.expires = true, response, p.now().Add(e.window)
	switch {
	case len(response) == 0 && p.is("takes an empty response for none"):
		e.done = false
	case p.is("loses responses"):
		e.response = nil
	case p.is("takes responses for text"):
		e.response = []byte(strings.ToValidUTF8(string(response), ""))
	case p.is("ends responses at a zero byte"):
		e.response, _, _ = bytes.Cut(response, []byte{0})
	case p.is("trims responses"):
		e.response = bytes.TrimSpace(response)
	case p.is("cuts responses off"):
		e.response = response[:min(len(response), 1<<16)]
	case p.is("does not begin the window anew when it completes"):
		e.expires = p.entries[id].expires
	}
	p.entries[id] = e
	return nil
}

func (p *plain) Release(ctx context.Context, hold idempotency.Hold) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil && p.is("it heeds the context") {
		return ctx.Err()
	}
	id, e, ok := p.held(hold, "releases for anybody")
	if !ok || e.done && !p.is("releases what is done") {
		return idempotency.ErrLost
	}
	switch {
	case p.is("releases nothing"):
		return nil
	case p.is("ends the lease to release"):
		e.lease = p.now()
		p.entries[id] = e
		return nil
	case p.is("keeps the first mark of a key"):
		e.lease, e.expires = p.now(), p.now()
		p.entries[id] = e
		return nil
	case p.is("keeps the fingerprint of what is released"):
		e.token, e.lease, e.expires = -1, p.now(), p.now()
		p.entries[id] = e
		return nil
	case p.is("begins tokens anew when a key is released"):
		delete(p.tokens, id)
	case p.is("a cancelled release says that the hold is lost") && ctx.Err() != nil:
		return idempotency.ErrLost
	}
	delete(p.entries, id)
	return nil
}
