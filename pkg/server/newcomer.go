package server

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// newcomer is an HTTP/2 connection on which nobody has proven yet who they are. Its requests are served one at a time,
// as those of any HTTP/1.1 connection are, so that a stranger holds no more memory by many streams than by one. The
// first whose signature is right ends that for all others.
type newcomer struct {
	turn  chan struct{} // holds a token while nobody has the turn
	known chan struct{} // closed when it is known whose connection it is
	// isKnown goes with known. impatient says that somebody waited in vain: nobody else waits then.
	isKnown, impatient atomic.Bool
}

// newcomerPatience is how long a request waits for one before it to prove who they are, and how long the answer to a
// newcomer waits to be let in.
const newcomerPatience = time.Second

// reasonNewcomer is what the log says of a request that waited in vain.
const reasonNewcomer = "too_many_of_a_newcomer"

type newcomerKey struct{}

// connContext is for http.Server.ConnContext.
func connContext(ctx context.Context, _ net.Conn) context.Context {
	n := &newcomer{turn: make(chan struct{}, 1), known: make(chan struct{})}
	n.turn <- struct{}{}
	return context.WithValue(ctx, newcomerKey{}, n)
}

// enter waits for the turn of a request. It reports false if that does not come.
func (e *exchange) enter(r *http.Request) bool {
	if r.ProtoMajor < 2 {
		return true
	}
	n, ok := r.Context().Value(newcomerKey{}).(*newcomer)
	if !ok || n.isKnown.Load() { // It may be somebody else's http.Server.
		return true
	}
	select {
	case <-n.turn:
		e.newcomer, e.hasTurn = n, true
		return true
	default:
	}
	if n.impatient.Load() {
		return false
	}
	timeout := time.NewTimer(newcomerPatience)
	defer timeout.Stop()
	select {
	case <-n.turn:
		e.newcomer, e.hasTurn = n, true
		return true
	case <-n.known:
		return true
	case <-timeout.C:
		n.impatient.Store(true)
		return false
	}
}

// prove lets all others in on the same connection: it is known whose it is.
func (e *exchange) prove() {
	if n := e.newcomer; n != nil && n.isKnown.CompareAndSwap(false, true) {
		e.hasTurn = false
		close(n.known)
	}
}

// yield gives up the turn while a file arrives whose token is good: that can take minutes, and little of it is held.
func (e *exchange) yield() {
	if e.hasTurn {
		e.hasTurn = false
		e.newcomer.turn <- struct{}{}
	}
}

// depart is deferred: the turn is that of the next one. The answer is out before that, since it takes memory as long as
// its receiver does not let it in.
func (e *exchange) depart() {
	if !e.hasTurn {
		return
	}
	control := http.NewResponseController(e.log.ResponseWriter)
	_ = control.SetWriteDeadline(time.Now().Add(newcomerPatience))
	_ = control.Flush()
	e.newcomer.turn <- struct{}{}
}

// refuseNewcomer answers by headers alone: a body might have to wait for its receiver. The connection takes no more
// requests then, as those that nobody waits for could be sent without end.
func (s *Server) refuseNewcomer(e *exchange, w http.ResponseWriter) {
	e.log.reason = reasonNewcomer
	w.Header().Set("Connection", "close")
	wire.SetRetryAfter(w.Header(), newcomerPatience)
	w.WriteHeader(http.StatusServiceUnavailable)
}
