package idempotency

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrResponseTooLarge is what a handler gets if it writes more than Config.MaxResponseBytes in a transaction.
var ErrResponseTooLarge = errors.New("idempotency: the response is too large to store")

// recorder keeps a response until it is stored. A response that grows beyond the limit is sent as the handler writes
// it, unless it must be held back. In all else the handler finds what it would find without a guard.
type recorder struct {
	out   http.ResponseWriter
	limit int64
	// header is the handler's. It begins as what those further out have set. sent is a copy of when the status was set,
	// since what comes later is not sent, but for trailers.
	header, sent http.Header
	status       int
	// length is what the handler said that the body has, or less than 0.
	length int64
	body   bytes.Buffer
	// holdBack says that nothing may be sent before the commit; full says that the limit was reached.
	holdBack, full bool
	// failed says that the handler did not answer: it panicked, or answered with a status that ends no response.
	failed bool
}

func newRecorder(out http.ResponseWriter, limit int64, holdBack bool) *recorder {
	r := &recorder{out: out, limit: limit, holdBack: holdBack, length: -1, header: out.Header().Clone()}
	if r.header == nil {
		r.header = make(http.Header)
	}
	return r
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// Flush implements http.Flusher. Before the response is stored it does nothing, since what is not stored must not be
// sent.
func (r *recorder) Flush() {
	if r.full && !r.holdBack {
		_ = http.NewResponseController(r.out).Flush() // It can, or not.
	}
}

// SetReadDeadline is for an http.ResponseController.
func (r *recorder) SetReadDeadline(deadline time.Time) error {
	return http.NewResponseController(r.out).SetReadDeadline(deadline)
}

// SetWriteDeadline is for an http.ResponseController.
func (r *recorder) SetWriteDeadline(deadline time.Time) error {
	return http.NewResponseController(r.out).SetWriteDeadline(deadline)
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	switch {
	case r.status != 0:
	case status < 100 || status > 999:
		panic(fmt.Sprintf("idempotency: invalid WriteHeader code %d", status)) // as net/http does
	case status == http.StatusContinue, status == http.StatusProcessing, status == http.StatusEarlyHints:
		before := r.out.Header().Clone()
		assign(r.out.Header(), r.header)
		r.out.WriteHeader(status)
		assign(r.out.Header(), before)
	case status < 200:
		// It is meant to be the answer, and is none: nobody can say what the handler has done.
		r.fail()
	default:
		r.status, r.sent = status, r.header.Clone()
		if length, err := strconv.ParseInt(r.sent.Get("Content-Length"), 10, 64); err == nil {
			r.length = length
		}
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	switch {
	case r.failed, !bodyAllowed(r.status):
		return 0, http.ErrBodyNotAllowed
	case r.full && r.holdBack:
		return 0, ErrResponseTooLarge
	case r.full:
		return r.out.Write(p)
	case r.length >= 0 && int64(r.body.Len()+len(p)) > r.length:
		return 0, http.ErrContentLength
	case int64(r.body.Len()+len(p)) <= r.limit:
		return r.body.Write(p)
	}
	r.full = true
	if r.holdBack {
		return 0, ErrResponseTooLarge
	}
	if err := r.send(); err != nil {
		return 0, err
	}
	r.body = bytes.Buffer{}
	return r.out.Write(p)
}

// bodyAllowed says whether a response may have a body.
func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// fail makes the response that of a failure, whatever the handler has written.
func (r *recorder) fail() {
	r.failed, r.full, r.status = true, false, http.StatusInternalServerError
	r.sent = http.Header{}
	maps.Copy(r.sent, r.out.Header())
	r.sent.Set("Content-Type", "application/json")
	r.body.Reset()
	r.body.WriteString(`{"type":"internal_error","detail":"internal error"}`)
}

// send sends what was kept.
func (r *recorder) send() error {
	assign(r.out.Header(), r.sent)
	r.out.WriteHeader(r.status)
	if r.body.Len() == 0 {
		return nil
	}
	_, err := r.out.Write(r.body.Bytes())
	return err
}

// sendTrailers sends the trailers that the handler has announced or marked as such. They are not stored.
func (r *recorder) sendTrailers() {
	if r.failed {
		return
	}
	for _, line := range r.sent["Trailer"] {
		for name := range strings.SplitSeq(line, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if values, ok := r.header[name]; ok {
				r.out.Header()[name] = values
			}
		}
	}
	for name, values := range r.header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			r.out.Header()[name] = values
		}
	}
}

// assign makes a header equal to another one.
func assign(to, from http.Header) {
	clear(to)
	maps.Copy(to, from)
}
