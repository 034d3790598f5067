package fault

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strconv"
)

// answer is an answer that is not sent yet. It is the http.ResponseWriter of whoever makes it.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	// sent is the header as it was when the status was set: what comes later is not sent.
	sent http.Header
	to   http.ResponseWriter
}

func newAnswer(to http.ResponseWriter) *answer { return &answer{header: to.Header().Clone(), to: to} }

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter. What informs before the answer is left out.
func (a *answer) WriteHeader(status int) {
	if a.status != 0 || status < http.StatusOK {
		return
	}
	a.status, a.sent = status, a.header.Clone()
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// Flush implements http.Flusher: nothing goes out before all of it is known.
func (a *answer) Flush() {}

// Unwrap is for http.ResponseController: deadlines are those of the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.to }

// settle ends the answer, with the length that its body has.
func (a *answer) settle() {
	a.WriteHeader(http.StatusOK)
	a.header = a.sent
	if a.hasBody() {
		a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
	}
}

func (a *answer) hasBody() bool {
	return a.status != http.StatusNoContent && a.status != http.StatusNotModified
}

// head sends what comes before the body.
func (a *answer) head(w http.ResponseWriter) {
	clear(w.Header())
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
}

// send sends all of it.
func (a *answer) send(w http.ResponseWriter) {
	a.head(w)
	_, _ = w.Write(a.body.Bytes())
}

// begin sends the head, with the right length, and half of the body. If nothing follows, net/http closes the
// connection, or ends the stream. An answer without a body has no middle: none of it is sent.
func (a *answer) begin(w http.ResponseWriter) {
	if a.body.Len() == 0 {
		panic(http.ErrAbortHandler)
	}
	a.head(w)
	_, _ = w.Write(a.body.Bytes()[:a.body.Len()/2])
	_ = http.NewResponseController(w).Flush()
}

// breakChunk sends half of the body in a chunk, and then one whose length is no number. HTTP/2 has no chunks: there the
// stream is reset.
func (a *answer) breakChunk(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor > 1 {
		a.begin(w)
		panic(http.ErrAbortHandler)
	}
	a.header.Del("Content-Length")
	var text bytes.Buffer
	fmt.Fprintf(&text, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = a.header.Write(&text) // A buffer takes everything.
	text.WriteString("Transfer-Encoding: chunked\r\n\r\n")
	if half := a.body.Bytes()[:a.body.Len()/2]; len(half) > 0 {
		fmt.Fprintf(&text, "%x\r\n%s\r\n", len(half), half)
	}
	text.WriteString("no length\r\n")
	hangUp(w, r, text.Bytes())
}
