package fault

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

const (
	// defaultStatus is what a Status answers, and defaultHTML what the page of a proxy comes with.
	defaultStatus = http.StatusServiceUnavailable
	defaultHTML   = http.StatusBadGateway
	// defaultHold is how long a SlowClose holds the connection.
	defaultHold = time.Second
	// maxDrain bounds what is read of a request whose client is to wait for an answer: net/http notices that a client
	// is gone only after that.
	maxDrain = 64 << 20
	// maxHeld bounds what is read of a request before it is looked at: 1 MiB, which is all of it but for a file.
	maxHeld = 1 << 20
)

// Handler returns a handler that does the fault to every request, with next to have the effect and to make the answer.
// When that is to happen before the fault, it does so even if the client is gone meanwhile. A fault that Check refuses
// is answered with 500. The jitter is drawn for each request, unless Draw has done it. Each wait ends with the context
// of the request, or when the server is told to shut down. It does not count for the server's ReadTimeout and
// WriteTimeout, which begin anew after it.
func (f Fault) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f.Check(); err != nil {
			wire.WriteDetail(w, http.StatusInternalServerError, "fault", err.Error())
			return
		}
		_ = ending(r) // Before the server may be told to: later is too late.
		if f.Jitter > 0 {
			f.Draw(chance()).serve(w, r, next)
			return
		}
		f.serve(w, r, next)
	})
}

// chance has numbers that nobody can have again.
func chance() *rand.Rand {
	return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // G404: how late is no secret.
}

func (f Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if f.When == "" && len(moments[f.Kind]) > 0 {
		f.When = moments[f.Kind][0]
	}
	if f.Delay > 0 && (f.When == Before || f.Kind == ExpiredToken) {
		r = hold(r)
	}
	var a *answer // Nil if there is no effect.
	switch {
	case f.Kind == Delay && f.When == Before:
		if !wait(w, r, f.Delay) {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
		return
	case f.Kind == ExpiredToken:
		wait(w, r, f.Delay)
		f.refuse(w, r, next)
		return
	case f.When != Before:
		a = record(w, r, next)
	}
	if f.Kind != Dead && f.Kind != SlowClose {
		wait(w, r, f.Delay)
	}
	switch f.Kind {
	case Delay:
		a.send(w)
	case Bandwidth:
		f.trickle(w, r, a)
	case Status, HTML:
		f.page(w)
	case Reset:
		if f.When == Middle {
			a.begin(w)
		}
		reset(w, r)
	case Empty:
		hangUp(w, r, nil)
	case Garbage:
		hangUp(w, r, []byte(garbage))
	case Dead:
		drain(w, r)
		wait(w, r, orElse(f.Delay, MaxWait))
		panic(http.ErrAbortHandler)
	case Truncate:
		a.begin(w)
	case Chunk:
		a.breakChunk(w, r)
	case SlowClose:
		w.Header().Set("Connection", "close")
		a.send(w)
		_ = http.NewResponseController(w).Flush()
		wait(w, r, orElse(f.Delay, defaultHold))
	case ContentType:
		a.header.Set("Content-Type", "text/html; charset=utf-8")
		a.send(w)
	case ExpiredToken: // It is above.
	}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// refuse has next refuse a request for its token, which is none that anybody has.
func (f Fault) refuse(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if r.Header.Get("Authorization") == "" { // It wants no token.
		next.ServeHTTP(w, r)
		return
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer expired")
	next.ServeHTTP(w, r)
}

// page answers with a status, as a server does that refuses, or a proxy.
func (f Fault) page(w http.ResponseWriter) {
	wire.SetRetryAfter(w.Header(), time.Duration(f.RetryAfter)*time.Second)
	status := f.Status
	if f.Kind == Status {
		if status == 0 {
			status = defaultStatus
		}
		wire.WriteDetail(w, status, "fault", "this answer was asked for: "+http.StatusText(status))
		return
	}
	if status == 0 {
		status = defaultHTML
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><head><title>" + http.StatusText(status) +
		"</title></head><body><h1>" + http.StatusText(status) + "</h1></body></html>\n"))
}

// trickle sends an answer slowly, twenty times a second or less, and for no longer than MaxWait.
func (f Fault) trickle(w http.ResponseWriter, r *http.Request, a *answer) {
	const often = 20
	each := max(1, f.BytesPerSecond/often)
	pause := time.Duration(float64(each) / float64(f.BytesPerSecond) * float64(time.Second))
	began := time.Now()
	a.head(w)
	for body := a.body.Bytes(); len(body) > 0; {
		if time.Since(began) > MaxWait || !wait(w, r, pause) {
			reset(w, r)
		}
		n := min(each, len(body))
		_, _ = w.Write(body[:n])
		_ = http.NewResponseController(w).Flush()
		body = body[n:]
	}
}

// wait waits, and returns false if the client is gone before, or the server is told to shut down.
func wait(w http.ResponseWriter, r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	control := http.NewResponseController(w)
	// One that passes would end the request's context, or the stream.
	_, _ = control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})
	defer renew(w, r)
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-ending(r):
	}
	return false
}

// renew has the server's timeouts begin anew.
func renew(w http.ResponseWriter, r *http.Request) {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return
	}
	after := func(timeout time.Duration) (deadline time.Time) {
		if timeout > 0 {
			deadline = time.Now().Add(timeout)
		}
		return deadline
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(after(server.ReadTimeout))
	_ = control.SetWriteDeadline(after(server.WriteTimeout))
}

// hold returns a request whose body has been read, if it is not long: net/http notices only then that a client is gone.
func hold(r *http.Request) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	held, rest, err := wire.Retain(r.Body, r.ContentLength, maxHeld)
	r = r.WithContext(r.Context())
	if err != nil { // It is too long, or breaks off: the rest has all of it, and says so.
		r.Body = rest
	} else {
		r.Body = held
	}
	return r
}

// record has a request take effect, whatever becomes of its client, and returns the answer. The answer has the time
// that the server gives to any, whatever deadline next may have set for it.
func record(w http.ResponseWriter, r *http.Request, next http.Handler) *answer {
	a := newAnswer(w)
	next.ServeHTTP(a, r.WithContext(context.WithoutCancel(r.Context())))
	a.settle()
	renew(w, r)
	return a
}
