package partner

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"syscall"
)

// written knows what of one attempt may have left this machine. net/http sends some requests again by itself, and so
// may middleware, so that one attempt can be several requests.
type written struct {
	mu    sync.Mutex
	trips []*trip
}

// requests returns how many requests may have been written in an attempt that ended with err, or with an answer.
func (w *written) requests(err error) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.trips) == 0 && fromNetwork(err) && !beforeWriting(err) {
		return 1 // The middleware has a network of its own, though it should not.
	}
	n := 0
	for _, trip := range w.trips {
		n += trip.requests()
	}
	return n
}

// passedOn reports whether the transport below all middleware was asked.
func (w *written) passedOn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.trips) > 0
}

// trip is one RoundTrip of the transport below all middleware.
type trip struct {
	// traced says that the transport is net/http's, which tells all that it does.
	traced bool
	// once says that the request is sent again only where nothing of it was written, on HTTP/1.1. net/http keeps to
	// that; a transport around it may try again by rules of its own.
	once bool
	// cleartext says that connections without TLS may be HTTP/2.
	cleartext bool

	mu sync.Mutex
	// asked says that a connection was asked for, and count how many requests may have been written before the try.
	asked bool
	count int
	try   *try
	// returned says that RoundTrip has, and ended that its context had then.
	returned, ended bool
	err             error
}

// try is one connection that a request was given.
type try struct {
	http2   bool
	headers bool
	counter *countedConn
	before  int64
}

// newTrip begins a trip.
func (w *written) newTrip(r *http.Request, base http.RoundTripper) *trip {
	transport, traced := base.(*http.Transport)
	t := &trip{traced: traced,
		once: traced && len(r.Header["Idempotency-Key"]) == 0 && len(r.Header["X-Idempotency-Key"]) == 0}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		t.once = false
	}
	if traced && transport.Protocols != nil {
		t.cleartext = transport.Protocols.UnencryptedHTTP2()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trips = append(w.trips, t)
	return t
}

func (t *trip) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GetConn: func(string) { t.connecting() }, GotConn: t.connected,
		WroteHeaders: t.wroteHeaders}
}

func (t *trip) end(ctx context.Context, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.returned, t.ended, t.err = true, ctx.Err() != nil, err
}

func (t *trip) connecting() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = true
	t.next()
}

func (t *trip) connected(info httptrace.GotConnInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = true
	t.next()
	t.try = &try{http2: t.cleartext}
	conn := info.Conn
	for {
		if secure, ok := conn.(interface{ ConnectionState() tls.ConnectionState }); ok {
			t.try.http2 = secure.ConnectionState().NegotiatedProtocol == "h2"
		}
		if counted, ok := conn.(*countedConn); ok {
			t.try.counter, t.try.before = counted, counted.written.Load()
		}
		wrapper, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return
		}
		conn = wrapper.NetConn()
	}
}

// next ends a try that net/http follows by another.
func (t *trip) next() {
	if t.try == nil {
		return
	}
	if t.try.written() && (t.try.http2 || !t.once) {
		t.count++
	}
	t.try = nil
}

func (t *trip) wroteHeaders() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.try != nil {
		t.try.headers = true
	}
}

// requests returns how many requests of the trip may have been written.
func (t *trip) requests() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.returned, t.err == nil:
		// The middleware did not wait for it; or it was answered, which on HTTP/2 may be told before what was written.
		return t.count + 1
	case !t.traced && !t.asked:
		// A transport that tells nothing. Its error may still say that there was no connection.
		if beforeWriting(t.err) {
			return 0
		}
		return 1
	case t.try == nil:
		return t.count
	case t.try.written(), t.try.http2 && t.ended:
		// When its context ends, a request on HTTP/2 is left to the connection, which may be about to write it.
		return t.count + 1
	}
	return t.count
}

// leastRequest is less than any request has in bytes, and more than the alert with which TLS closes a connection.
const leastRequest = 64

// written reports whether the request may have been written to the connection. Its header is told of before it has left
// the buffer, or after that has failed: whether anything was written only the connection knows, which others share on
// HTTP/2.
func (t *try) written() bool {
	if !t.headers || t.counter == nil {
		return t.headers
	}
	n := t.counter.written.Load() - t.before
	return t.http2 && n > 0 || n >= leastRequest
}

// tracked is the transport below all middleware.
type tracked struct{ base http.RoundTripper }

type writtenKey struct{}

// errContextLost is what a request gets that no longer says which call it is of: what became of it could not be told.
var errContextLost = errors.New("middleware has sent a request without the context of the one it was given")

// RoundTrip implements http.RoundTripper.
func (t tracked) RoundTrip(r *http.Request) (*http.Response, error) {
	record, ok := r.Context().Value(writtenKey{}).(*written)
	if !ok {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, errContextLost
	}
	trip := record.newTrip(r, t.base)
	ctx := httptrace.WithClientTrace(r.Context(), trip.trace())
	response, err := t.base.RoundTrip(r.WithContext(ctx))
	trip.end(ctx, err)
	return response, err
}

// CloseIdleConnections has Client.Close reach the transport.
func (t tracked) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// countedConn counts what is written to it.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

// Write implements net.Conn. It counts before it writes, since the answer can be there before it has returned.
func (c *countedConn) Write(p []byte) (int, error) {
	c.written.Add(int64(len(p)))
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n - len(p)))
	return n, err
}

// counted has the connections of a dialer count what is written to them.
func counted(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string,
	string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: conn}, nil
	}
}

// beforeWriting reports whether an error comes from making a connection.
func beforeWriting(err error) bool {
	var (
		network *net.OpError
		lookup  *net.DNSError
	)
	return errors.As(err, &network) && (network.Op == "dial" || network.Op == "proxyconnect") || errors.As(err, &lookup)
}

// fromNetwork reports whether an error is one of a connection, rather than of a function that waits for something.
func fromNetwork(err error) bool {
	var (
		network *net.OpError
		system  syscall.Errno
	)
	return errors.As(err, &network) || errors.As(err, &system) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF)
}
