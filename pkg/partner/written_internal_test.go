package partner

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// writing is a connection that is asked in the middle of a write.
type writing struct {
	net.Conn
	write func([]byte) (int, error)
}

func (w writing) Write(p []byte) (int, error) { return w.write(p) }

// The other side can answer before a write has returned. What it answers to was written then.
func TestWhatIsBeingWrittenCountsAsWritten(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		err  error
	}{{"all of it", 100, nil}, {"a part", 30, errors.New("reset")}, {"nothing", 0, errors.New("reset")}} {
		t.Run(c.name, func(t *testing.T) {
			var conn *countedConn
			dial := counted(func(context.Context, string, string) (net.Conn, error) {
				return writing{write: func([]byte) (int, error) {
					if n := conn.written.Load(); n != 100 {
						t.Errorf("%d bytes while they are written", n)
					}
					return c.n, c.err
				}}, nil
			})
			made, err := dial(t.Context(), "tcp", "")
			if err != nil {
				t.Fatal(err)
			}
			conn = made.(*countedConn) //nolint:forcetypeassert // It is what is tested.
			n, err := conn.Write(make([]byte, 100))
			if n != c.n || !errors.Is(err, c.err) || conn.written.Load() != int64(c.n) {
				t.Errorf("%d, %v and %d bytes, want %d", n, err, conn.written.Load(), c.n)
			}
		})
	}
}

// What is known of a request depends on the protocol of its connection, and on the bytes below TLS.
func TestTheConnectionOfARequestIsKnown(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.EnableHTTP2 = http2
		server.StartTLS()
		defer server.Close()
		transport := newTransport(DefaultAttemptTimeout)
		defer transport.CloseIdleConnections()
		base := server.Client().Transport.(*http.Transport) //nolint:forcetypeassert // httptest has no other.
		transport.TLSClientConfig = base.TLSClientConfig
		record := new(written)
		r, err := http.NewRequestWithContext(context.WithValue(t.Context(), writtenKey{}, record), http.MethodPost,
			server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := tracked{transport}.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		try := record.trips[0].try
		if response.ProtoMajor == 2 != http2 || try.http2 != http2 || try.counter == nil || record.requests(nil) != 1 {
			t.Errorf("HTTP/2 %t: %s, %d requests", http2, response.Proto, record.requests(nil))
		}
	}
}

// tryWith is a try whose header was told of, on a connection that others have used before, with some bytes since.
func tryWith(http2 bool, bytes int64) *try {
	t := &try{http2: http2, headers: true, counter: new(countedConn), before: 1000}
	t.counter.written.Store(1000 + bytes)
	return t
}

var errLost = errors.New("the connection broke")

func TestWhatMayHaveBeenWrittenIsCounted(t *testing.T) {
	for _, c := range []struct {
		name string
		try  *try
		// last is how many requests it is as the last of a trip. The others are how many when another follows: replaced
		// if net/http sends again only what was not written, stubborn if it may send anything again.
		last, replaced, stubborn int
	}{
		{"nothing", nil, 0, 0, 0},
		{"no header", &try{}, 0, 0, 0},
		{"no header on HTTP/2", &try{http2: true}, 0, 0, 0},
		{"a header on a connection that does not count", &try{headers: true}, 1, 0, 1},
		{"no byte on HTTP/1.1", tryWith(false, 0), 0, 0, 0},
		{"an alert of TLS on HTTP/1.1", tryWith(false, leastRequest-1), 0, 0, 0},
		{"the bytes of a request on HTTP/1.1", tryWith(false, leastRequest), 1, 0, 1},
		{"no byte on HTTP/2", tryWith(true, 0), 0, 0, 0},
		{"a byte on HTTP/2", tryWith(true, 1), 1, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if last := (&trip{traced: true, returned: true, err: errLost, try: c.try}); last.requests() != c.last {
				t.Errorf("%d requests as the last, want %d", last.requests(), c.last)
			}
			// What is told of the header may be told after the answer.
			if answered := (&trip{traced: true, returned: true, try: c.try}); answered.requests() != 1 {
				t.Errorf("%d requests that are answered", answered.requests())
			}
			for once, want := range map[bool]int{true: c.replaced, false: c.stubborn} {
				replaced := &trip{traced: true, returned: true, err: errLost, once: once, try: c.try}
				replaced.next()
				if replaced.requests() != want || replaced.try != nil {
					t.Errorf("%d requests when another follows, once %t, want %d", replaced.requests(), once, want)
				}
			}
		})
	}
}

// net/http sends some requests again whatever was written of them.
func TestWhatNetHTTPSendsAgainIsKnown(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		header string
		base   http.RoundTripper
		once   bool
	}{
		{"a payment", http.MethodPost, "", &http.Transport{}, true},
		{"a payment with a key that net/http knows", http.MethodPost, "Idempotency-Key", &http.Transport{}, false},
		{"a payment with another one", http.MethodPost, "X-Idempotency-Key", &http.Transport{}, false},
		{"a read", http.MethodGet, "", &http.Transport{}, false},
		{"a payment by another transport", http.MethodPost, "", wrappedTransport{}, false},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		if c.header != "" {
			r.Header.Set(c.header, "1")
		}
		if trip := new(written).newTrip(r, c.base); trip.once != c.once {
			t.Errorf("%s: once is %t", c.name, trip.once)
		}
	}
}

func TestAnAttemptIsAllOfItsTrips(t *testing.T) {
	sent := &trip{traced: true, returned: true, err: errLost, try: tryWith(true, 1)}
	refused := &trip{traced: true, returned: true, err: errLost}
	if n := (&written{trips: []*trip{sent, sent, refused}}).requests(nil); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func TestATransportThatTellsNothingMayHaveWritten(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"an answer", nil, 1},
		{"a failure", errors.New("no"), 1},
		{"no connection", &net.OpError{Op: "dial", Err: errors.New("refused")}, 0},
		{"a connection that broke", &net.OpError{Op: "read", Err: errors.New("reset")}, 1},
	} {
		if n := (&trip{returned: true, err: c.err}).requests(); n != c.want {
			t.Errorf("%s: %d requests", c.name, n)
		}
		// It has asked for a connection, and got none.
		if n := (&trip{returned: true, asked: true, err: c.err}).requests(); c.err != nil && n != 0 {
			t.Errorf("%s, traced: %d requests", c.name, n)
		}
	}
}

// When its context ends, a request on HTTP/2 is left to the connection, which may be about to write it.
func TestARequestThatIsAbandonedOnHTTP2MayBeWritten(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name  string
		ctx   context.Context //nolint:containedctx // It is what is tested.
		http2 bool
		want  int
	}{
		{"its context has ended", over, true, 1},
		{"its context goes on", t.Context(), true, 0},
		{"its context has ended, on HTTP/1.1", over, false, 0},
	} {
		trip := &trip{traced: true, try: &try{http2: c.http2}}
		trip.end(c.ctx, errLost)
		if n := trip.requests(); n != c.want {
			t.Errorf("%s: %d requests, want %d", c.name, n, c.want)
		}
	}
}

// closing notes that it was closed.
type closing struct {
	*strings.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestARequestWithoutItsContextIsNotSent(t *testing.T) {
	body := &closing{Reader: strings.NewReader("{}")}
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/", body), {Method: http.MethodGet},
	} {
		response, err := tracked{nil}.RoundTrip(r)
		if response != nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, errContextLost) {
			t.Errorf("%v, %v", response, err)
		}
	}
	if !body.closed {
		t.Error("its body is open")
	}
}
