package validation

import (
	"bytes"
	"io"
	"net/http"
)

// answer serves a request and checks what answers it.
func (v *Validator) answer(w http.ResponseWriter, r *http.Request, op *operation, next http.Handler) {
	a := &answerWriter{ResponseWriter: w, v: v, r: r, op: op}
	next.ServeHTTP(a, r)
	a.finish()
}

// answerWriter keeps the body of a response, or a copy of it, until it can be checked. A handler that panics leaves
// what was held back unsent, so that whoever recovers can answer.
type answerWriter struct {
	http.ResponseWriter
	v  *Validator
	r  *http.Request
	op *operation

	status int
	body   bytes.Buffer
	// over says that the body is larger than the limit, and direct that nothing is held back.
	over, direct bool
	// refused says that another response was sent in place of this one.
	refused bool
}

// Unwrap is for [http.ResponseController].
func (a *answerWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// FlushError sends what was written so far, unless it is held back.
func (a *answerWriter) FlushError() error {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if !a.direct || a.refused {
		return nil
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Flush is FlushError for handlers that ask for an [http.Flusher].
func (a *answerWriter) Flush() { _ = a.FlushError() }

// WriteHeader implements [http.ResponseWriter].
func (a *answerWriter) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	if a.status != 0 {
		return
	}
	a.status = status
	if a.v.config.Responses == ResponseModeLog {
		a.direct = true
		a.ResponseWriter.WriteHeader(status)
		return
	}
	if isJSON(a.Header().Get("Content-Type")) || a.hasNoBody() {
		return
	}
	// The body is not looked at, so all that can be wrong is known by now.
	if a.check(nil) {
		a.direct = true
		a.ResponseWriter.WriteHeader(status)
	}
}

func (a *answerWriter) hasNoBody() bool {
	return a.op.Method == http.MethodHead || a.status < 200 || a.status == http.StatusNoContent ||
		a.status == http.StatusNotModified
}

// Write implements [http.ResponseWriter]. What it holds back it counts as written.
func (a *answerWriter) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.refused {
		return len(p), nil
	}
	if int64(a.body.Len()+len(p)) <= a.v.config.MaxBodyBytes {
		a.body.Write(p)
	} else {
		a.over = true
	}
	if a.direct {
		return a.ResponseWriter.Write(p)
	}
	return len(p), nil
}

// finish checks a response that is complete, and sends what was held back of it.
func (a *answerWriter) finish() {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	switch {
	case a.refused:
	case a.v.config.Responses == ResponseModeLog:
		a.check(a.body.Bytes())
	case a.direct:
	case a.check(a.body.Bytes()):
		a.ResponseWriter.WriteHeader(a.status)
		_, _ = a.ResponseWriter.Write(a.body.Bytes())
	}
}

// check reports whether the response may go out, and answers in its place if not.
func (a *answerWriter) check(body []byte) bool {
	var e *Refusal
	if a.over {
		e = &Refusal{Status: a.status, Direction: DirectionResponse, Operation: a.op.Operation,
			Violations: []Violation{a.v.tooLarge()}}
	} else {
		s := newScratch()
		e = a.v.checkAnswer(&http.Response{StatusCode: a.status, Header: a.Header(),
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: a.r}, a.op, s)
		s.release()
	}
	if e == nil {
		return true
	}
	a.v.config.Observe(a.r.Context(), Event{a.r, e})
	if a.v.config.Responses == ResponseModeLog {
		return true
	}
	a.refused = true
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control",
		"Location"} {
		a.Header().Del(name)
	}
	a.v.config.Refuse(a.ResponseWriter, a.r, *e)
	return false
}
