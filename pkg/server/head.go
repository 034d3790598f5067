package server

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"
	"weak"
)

// MaxHeaderFields is how many header fields a request may have, 100; one with more is answered with 431, over HTTP/2
// without a body. net/http bounds their bytes alone, and makes up to twenty times as much of those that are short.
const MaxHeaderFields = 100

// headLines is how many lines of a head a connection takes, before anybody has looked at it. There are some to spare,
// so that a few fields too many are answered in words.
const headLines = MaxHeaderFields + 28

var errHeadLines = errors.New("server: a head of too many lines")

// tooManyFields reports whether a request has more than MaxHeaderFields.
func tooManyFields(header http.Header) bool {
	fields := 0
	for _, values := range header {
		fields += len(values)
	}
	return fields > MaxHeaderFields
}

// refuseHead answers a request that has more. On HTTP/2 it does so by headers alone: a body might have to wait for its
// receiver, and what the request has sent would be held until then, once for each stream.
func (s *Server) refuseHead(e *exchange, w http.ResponseWriter, r *http.Request) {
	e.log.reason = "too_many_fields"
	w.Header().Set("Connection", "close")
	if r.ProtoMajor > 1 {
		w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	s.answer(w, http.StatusRequestHeaderFieldsTooLarge, "", "the request has too many header fields")
}

// boundHeads bounds the lines of heads on the connections of a listener, while they arrive: net/http keeps what it
// makes of them until the last one is there. Connections of crypto/tls are left as they are, as net/http has to know
// them.
func boundHeads(server *http.Server, listener net.Listener) net.Listener {
	heads.watch(server)
	return headListener{listener, server.Protocols != nil && server.Protocols.UnencryptedHTTP2()}
}

// heads has the servers that tell their connections of it when they are idle.
var heads = watched{servers: map[weak.Pointer[http.Server]]bool{}}

type watched struct {
	mu      sync.Mutex
	servers map[weak.Pointer[http.Server]]bool
}

// watch has a server tell its connections, once: with a second listener, those of the first are being told already.
func (w *watched) watch(server *http.Server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := weak.Make(server)
	if w.servers[key] {
		return
	}
	w.servers[key] = true
	runtime.AddCleanup(server, w.forget, key)
	told := server.ConnState
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if c, ok := conn.(*headConn); ok && state == http.StateIdle {
			c.idle()
		}
		if told != nil {
			told(conn, state)
		}
	}
}

func (w *watched) forget(key weak.Pointer[http.Server]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.servers, key)
}

type headListener struct {
	net.Listener
	http2 bool
}

// Accept implements net.Listener.
func (l headListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &headConn{TCPConn: tcp, http2: l.http2}, err
	}
	return conn, err
}

// headConn fails when a head has too many lines. Which bytes are a head it tells from what net/http does.
type headConn struct {
	*net.TCPConn
	// http2 says that the connection may be one of HTTP/2, whose frames have no lines.
	http2 bool
	// over says that a head had too many lines. Reads follow each other.
	over bool

	mu sync.Mutex
	// prefaced is how much of the preface of HTTP/2 the connection began with.
	prefaced int
	// beyond says that a head has ended, and what follows is a body, with the next head perhaps.
	beyond bool
	// lines are those of the head, or beyond it those behind the last empty one; filled says that the line that is
	// arriving is not empty.
	lines  int
	filled bool
	// waiting says that a request was answered and nothing was read since, and deadlines how many were set since.
	waiting   bool
	deadlines int
}

// preface is how a client begins that speaks HTTP/2 without TLS.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// idle says that the last request was answered.
func (c *headConn) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting, c.deadlines = true, 0
}

// SetReadDeadline implements net.Conn. net/http sets one before it waits for the next request, and one when it is
// there. If it has read nothing in between, the request is in its buffer: it was sent before the last one was answered.
// How much of that is its head cannot be known, so that what follows counts up to the next answer, a body as well.
func (c *headConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	if c.waiting {
		if c.deadlines++; c.deadlines == 2 {
			c.waiting, c.beyond = false, false
		}
	}
	c.mu.Unlock()
	return c.TCPConn.SetReadDeadline(t)
}

// Read implements net.Conn. net/http passes over the first error of a Read within a head.
func (c *headConn) Read(p []byte) (int, error) {
	// A byte alone is what net/http waits for beside a handler.
	if c.over || len(p) > 1 && c.ahead() {
		return 0, errHeadLines
	}
	n, err := c.TCPConn.Read(p)
	if !c.count(p[:n]) {
		c.over = true
		return 0, errHeadLines
	}
	return n, err
}

// ahead reports whether what was sent ahead has too many lines already.
func (c *headConn) ahead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.waiting && !c.beyond && c.lines > headLines
}

// count counts the lines of what was read, and reports whether a head has too many. Empty lines before a head are none
// of it.
func (c *headConn) count(p []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.http2 {
		left := preface[c.prefaced:]
		n := min(len(left), len(p)) // Behind the preface it is 0 for good.
		if c.http2 = string(p[:n]) == left[:n]; c.http2 {
			c.prefaced += n
			return true
		}
	}
	if c.waiting {
		c.waiting, c.beyond, c.lines, c.filled = false, false, 0, false
	}
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		p = rest
		c.filled = c.filled || len(bytes.Trim(line, "\r")) > 0
		switch {
		case !ended:
		case c.filled:
			c.filled = false
			c.lines++
		case c.lines > 0:
			c.beyond, c.lines = true, 0
		}
		if !c.beyond && c.lines > headLines {
			return false
		}
	}
	return true
}
