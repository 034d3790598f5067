package wire_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

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
			if got, err := io.ReadAll(rest); string(got) != c.yields || !errors.Is(err, c.end) {
				t.Errorf("yields %q, %v; want %q, %v", got, err, c.yields, c.end)
			}
			if err := rest.Close(); err != nil || !body.closed {
				t.Errorf("closed: %v, %v", body.closed, err)
			}
		})
	}
}
