package server

import (
	"errors"
	"net"
	"net/http"
	"sync/atomic"
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
	told := server.ConnState
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if c, ok := conn.(*headConn); ok && state == http.StateIdle {
			c.next()
		}
		if told != nil {
			told(conn, state)
		}
	}
	return headListener{listener}
}

type headListener struct{ net.Listener }

// Accept implements net.Listener.
func (l headListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &headConn{TCPConn: tcp}, err
	}
	return conn, err
}

// headConn fails when a head has too many lines.
type headConn struct {
	*net.TCPConn

	// lines is how many lines of a head have arrived, or headOver.
	lines atomic.Int32
	// filled says that the line that is arriving is not empty. Reads follow each other.
	filled bool
}

const headOver = -1

// next says that a head comes next.
func (c *headConn) next() { c.lines.CompareAndSwap(headOver, 0) }

// Read implements net.Conn.
func (c *headConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if lines := c.lines.Load(); lines != headOver {
		if lines = c.count(lines, p[:n]); lines > headLines {
			return 0, errHeadLines
		}
		c.lines.Store(lines)
	}
	return n, err
}

// count counts lines up to an empty one, which ends a head. Those before a head are none of it.
func (c *headConn) count(lines int32, p []byte) int32 {
	for _, b := range p {
		switch {
		case b == '\n' && !c.filled && lines > 0:
			return headOver
		case b == '\n':
			if c.filled {
				lines++
			}
			c.filled = false
		case b != '\r':
			c.filled = true
		}
	}
	return lines
}
