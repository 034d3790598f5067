package fault

import (
	"context"
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
)

// Handler returns a handler that does the fault to every request, with next to have the effect and to make the answer.
// When that is to happen before the fault, it does so even if the client is gone meanwhile. A fault that Check refuses
// is answered with 500. Each wait ends with the request's context, or when the server is told to shut down.
func (f Fault) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f.Check(); err != nil {
			wire.WriteDetail(w, http.StatusInternalServerError, "fault", err.Error())
			return
		}
		f.serve(w, r, next)
	})
}

func (f Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if f.When == "" && len(moments[f.Kind]) > 0 {
		f.When = moments[f.Kind][0]
	}
	var a *answer // Nil if there is no effect.
	switch {
	case f.Kind == Delay && f.When == Before:
		if !wait(r, f.Delay) {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
		return
	case f.Kind == ExpiredToken:
		wait(r, f.Delay)
		f.refuse(w, r, next)
		return
	case f.When != Before:
		a = record(w, r, next)
	}
	if f.Kind != Dead && f.Kind != SlowClose {
		wait(r, f.Delay)
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
		wait(r, orElse(f.Delay, MaxWait))
		panic(http.ErrAbortHandler)
	case Truncate:
		a.begin(w)
	case Chunk:
		a.breakChunk(w, r)
	case SlowClose:
		w.Header().Set("Connection", "close")
		a.send(w)
		_ = http.NewResponseController(w).Flush()
		wait(r, orElse(f.Delay, defaultHold))
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
		if time.Since(began) > MaxWait || !wait(r, pause) {
			reset(w, r)
		}
		n := min(each, len(body))
		_, _ = w.Write(body[:n])
		_ = http.NewResponseController(w).Flush()
		body = body[n:]
	}
}

// wait waits, and returns false if the client is gone before, or the server is told to shut down.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-ending(r):
	}
	return false
}

// record has a request take effect, whatever becomes of its client, and returns the answer.
func record(w http.ResponseWriter, r *http.Request, next http.Handler) *answer {
	a := newAnswer(w)
	next.ServeHTTP(a, r.WithContext(context.WithoutCancel(r.Context())))
	a.settle()
	return a
}
