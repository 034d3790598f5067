package partner

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
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
		transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig //nolint:forcetypeassert // so
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
		if response.ProtoMajor == 2 != http2 || try.http2 != http2 || try.counter == nil || !try.written() {
			t.Errorf("HTTP/2 %t: %s, %+v", http2, response.Proto, try)
		}
	}
}
