package validation

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
)

// answer serves a request and checks what answers it.
func (v *Validator) answer(w http.ResponseWriter, r *http.Request, op *operation, next http.Handler) {
	a := &answerWriter{ResponseWriter: w, v: v, r: r, op: op, rep: report{limit: v.config.MaxViolations}}
	next.ServeHTTP(a, r)
	a.finish()
}

// answerWriter checks a response as its handler gives it: what stands further out may compress it or add headers
// later. It keeps the body, or a copy of it, if that is JSON, until it can be checked. A handler that panics leaves
// what was held back unsent, so that whoever recovers can answer.
type answerWriter struct {
	http.ResponseWriter
	v  *Validator
	r  *http.Request
	op *operation

	// status and header are what the handler has answered; header is a copy if it is held back.
	status int
	header http.Header
	// rep is what was found so far, res what the contract says of the body, and media the one that is checked.
	rep   report
	res   *response
	media *media
	body  bytes.Buffer
	// sniffs says that net/http is going to find out the media type from the first bytes of the body.
	sniffs bool
	// over says that the body is larger than the limit, direct that nothing is held back, and flushed that what is held
	// back was to be sent at once.
	over, direct, flushed bool
	// refused says that another response was sent in place of this one, and hijacked that the handler has taken the
	// connection.
	refused, hijacked bool
}

// Unwrap is for [http.ResponseController].
func (a *answerWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// FlushError sends what was written so far, unless it is held back.
func (a *answerWriter) FlushError() error {
	if a.hijacked {
		return http.ErrHijacked
	}
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.sniffs {
		a.settle() // Nobody finds out the type of nothing.
	}
	if !a.direct || a.refused {
		a.flushed = true
		return nil
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Flush is FlushError for handlers that ask for an [http.Flusher].
func (a *answerWriter) Flush() { _ = a.FlushError() }

// Hijack hands the connection over, where that is possible. What goes over it is no response, and nobody checks it.
func (a *answerWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	a.hijacked = a.hijacked || err == nil
	return conn, rw, err //nolint:wrapcheck // it is not ours
}

// Push implements [http.Pusher], where the connection does.
func (a *answerWriter) Push(target string, options *http.PushOptions) error {
	if pusher, ok := a.ResponseWriter.(http.Pusher); ok {
		return pusher.Push(target, options) //nolint:wrapcheck // it is not ours
	}
	return http.ErrNotSupported
}

// WriteHeader implements [http.ResponseWriter].
func (a *answerWriter) WriteHeader(status int) {
	if a.hijacked || a.status != 0 {
		return
	}
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	a.status = status
	s := newScratch()
	res := a.v.checkHead(status, a.Header(), a.op, &a.rep, s)
	s.release()
	_, typed := a.Header()["Content-Type"]
	switch {
	case res == nil || !res.hasBody(a.r.Method, status):
		a.decide()
	case typed || isEncoded(a.Header()):
		a.res = res
		a.settle()
	default:
		a.res, a.sniffs = res, true
		if a.v.config.Responses == ResponseModeLog {
			a.decide()
		}
	}
}

// settle takes in what is said of the body's media type.
func (a *answerWriter) settle() {
	a.sniffs = false
	if m := a.res.checkMedia(a.Header(), &a.rep); m != nil && m.json {
		a.media = m
	}
	a.decide()
}

// decide sends the head, unless the body has to be checked before, or something is wrong.
func (a *answerWriter) decide() {
	switch {
	case a.direct || a.refused || a.header != nil:
	case a.v.config.Responses == ResponseModeLog:
		a.direct = true
		a.ResponseWriter.WriteHeader(a.status)
	case a.media != nil:
		a.header = a.Header().Clone()
	case a.report():
		a.direct = true
		a.ResponseWriter.WriteHeader(a.status)
	}
}

// Write implements [http.ResponseWriter]. What it holds back it counts as written.
func (a *answerWriter) Write(p []byte) (int, error) {
	if a.hijacked {
		return 0, http.ErrHijacked
	}
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.sniffs && len(p) > 0 {
		a.sniff(p)
	}
	if a.refused {
		return len(p), nil
	}
	a.keep(p)
	if a.direct {
		return a.ResponseWriter.Write(p) //nolint:wrapcheck // it is not ours
	}
	return len(p), nil
}

// sniff finds out a media type that the handler has left to net/http.
func (a *answerWriter) sniff(p []byte) {
	if a.direct { // The head is gone: what net/http makes of it must not be seen by those further out.
		header := a.Header().Clone()
		header.Set("Content-Type", http.DetectContentType(p))
		a.sniffs = false
		a.res.checkMedia(header, &a.rep)
		return
	}
	a.Header().Set("Content-Type", http.DetectContentType(p))
	a.settle()
}

// keep copies what is going to be checked.
func (a *answerWriter) keep(p []byte) {
	switch {
	case a.media == nil || a.over:
	case int64(a.body.Len()+len(p)) <= a.v.config.MaxBodyBytes:
		a.body.Write(p)
	default:
		a.over = true
		a.body = bytes.Buffer{}
	}
}

// ReadFrom implements [io.ReaderFrom], by that of the connection if nothing of the body is to be seen.
func (a *answerWriter) ReadFrom(from io.Reader) (n int64, err error) {
	plain := struct{ io.Writer }{a}
	if a.status == 0 || a.sniffs {
		// As much as net/http looks at to find out the media type.
		if n, err = io.CopyN(plain, from, 512); err != nil {
			if err == io.EOF { //nolint:errorlint // CopyN returns it as it is
				err = nil
			}
			return n, err
		}
	}
	to, ok := a.ResponseWriter.(io.ReaderFrom)
	if !ok || !a.direct || a.refused || a.hijacked || a.media != nil {
		more, err := io.Copy(plain, from)
		return n + more, err
	}
	more, err := to.ReadFrom(from)
	return n + more, err //nolint:wrapcheck // it is not ours
}

// finish checks a response that is complete, and sends what was held back of it.
func (a *answerWriter) finish() {
	if a.hijacked {
		return
	}
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.sniffs {
		a.settle()
	}
	if a.refused {
		return
	}
	if a.media != nil {
		if a.over {
			a.rep.append(a.v.tooLarge())
		} else {
			s := newScratch()
			a.rep.checkContent(&s.checker, a.media, a.body.Bytes())
			s.release()
		}
	}
	if a.v.config.Responses == ResponseModeLog {
		a.report()
		return
	}
	if a.direct || !a.report() {
		return
	}
	a.send()
}

// send sends what was held back, with the headers as they were. Those that the handler has set since are for trailers.
func (a *answerWriter) send() {
	header := a.Header()
	late := maps.Clone(header)
	clear(header)
	maps.Copy(header, a.header)
	a.ResponseWriter.WriteHeader(a.status)
	_, _ = a.ResponseWriter.Write(a.body.Bytes())
	for name, values := range late {
		if _, early := a.header[name]; !early {
			header[name] = values
		}
	}
	if a.flushed { // Or net/http would give it a length, and leave out the trailers that were not announced.
		_ = http.NewResponseController(a.ResponseWriter).Flush()
	}
}

// report reports what was found and whether the response may go out. It answers in its place if not.
func (a *answerWriter) report() bool {
	e := a.rep.refuseAnswer(a.status, a.op, nil)
	if e == nil {
		return true
	}
	a.v.config.Observe(a.r.Context(), Event{a.r, e})
	if a.v.config.Responses == ResponseModeLog {
		return true
	}
	a.refused = true
	maps.DeleteFunc(a.Header(), func(name string, _ []string) bool { return slices.Contains(ofTheAnswer, name) })
	a.v.config.Refuse(a.ResponseWriter, a.r, *e)
	return false
}

// ofTheAnswer are headers that belong to the answer that is not sent.
var ofTheAnswer = []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control", "Location",
	"Trailer"}
