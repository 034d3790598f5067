package wire_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// closing notes that it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestRetain(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		body   io.Reader
		length int64
		err    error
		// yields is what can be read afterwards, up to end.
		yields string
		end    error
	}{
		{"a body", strings.NewReader("hello"), 5, nil, "hello", nil},
		{"a body of unknown length", iotest.OneByteReader(strings.NewReader("hello")), -1, nil, "hello", nil},
		{"one that is too large", strings.NewReader("hello, world"), -1, wire.ErrTooLarge, "hello, world", nil},
		{"one that is larger than it should be", strings.NewReader("hello, world"), 2, wire.ErrTooLarge, "hello, world",
			nil},
		{"one that something before finds too large", io.MultiReader(strings.NewReader("he"),
			iotest.ErrReader(&http.MaxBytesError{Limit: 2})), 5, wire.ErrTooLarge, "he", &http.MaxBytesError{}},
		{"one that does not come", io.MultiReader(strings.NewReader("he"), iotest.ErrReader(os.ErrDeadlineExceeded)), 5,
			wire.ErrTooSlow, "he", os.ErrDeadlineExceeded},
		{"one that cannot be read", io.MultiReader(strings.NewReader("he"), iotest.ErrReader(broken)), 5,
			wire.ErrUnreadable, "he", broken},
		{"one that breaks off", io.MultiReader(strings.NewReader("he"), iotest.ErrReader(broken)), 5, broken, "he",
			broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := &closing{Reader: c.body}
			held, rest, err := wire.Retain(body, c.length, 5)
			if !errors.Is(err, c.err) || (held == nil) != (c.err != nil) || (rest == nil) != (c.err == nil) {
				t.Fatalf("%v, %v, %v", held, rest, err)
			}
			if held != nil {
				rest = held
			}
			got, err := io.ReadAll(rest)
			same := errors.Is(err, c.end)
			if before := new(http.MaxBytesError); errors.As(c.end, &before) {
				same = errors.As(err, &before) && before.Limit == 2
			}
			if string(got) != c.yields || !same {
				t.Errorf("yields %q, %v; want %q, %v", got, err, c.yields, c.end)
			}
			if err := rest.Close(); err != nil || !body.closed {
				t.Errorf("closed: %v, %v", body.closed, err)
			}
		})
	}
}

// Whatever is said of a body's length, and in whatever pieces it comes, the same bytes are held, and never more than
// the limit. Of a body that is too large, no byte is lost.
func TestABodyOfAnyLengthInAnyPiecesIsRetained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "content")
		length := rapid.Int64Range(-1, 4000).Draw(t, "length")
		limit := rapid.Int64Range(0, 3000).Draw(t, "limit")
		var r io.Reader = strings.NewReader(string(content))
		if rapid.Bool().Draw(t, "in pieces") {
			r = iotest.HalfReader(r)
		}
		if rapid.Bool().Draw(t, "with the end") {
			r = iotest.DataErrReader(r)
		}
		held, rest, err := wire.Retain(io.NopCloser(r), length, limit)
		if int64(len(content)) > limit {
			if !errors.Is(err, wire.ErrTooLarge) {
				t.Fatalf("%d bytes for a limit of %d: %v", len(content), limit, err)
			}
			if got, err := io.ReadAll(rest); err != nil || string(got) != string(content) {
				t.Fatalf("%d bytes of %d are left, %v", len(got), len(content), err)
			}
			return
		}
		if err != nil || string(held.Bytes()) != string(content) {
			t.Fatalf("%d bytes, %v", len(content), err)
		}
	})
}
