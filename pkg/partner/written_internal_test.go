package partner

import (
	"context"
	"errors"
	"net"
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
