package wire

import (
	"bytes"
	"io"
)

// Retain reads a body of up to limit bytes and holds it in memory. length is how many there should be, or anything
// below 1 when that is not known. It fails like Read. Then rest stands in for the body: it yields what the body would
// have yielded, what was read and then what is left or the reader's own error.
func Retain(body io.ReadCloser, length, limit int64) (held *Body, rest io.ReadCloser, err error) {
	content, err := readAll(body, length, limit)
	switch {
	case err == nil:
		return Hold(content, body), nil, nil
	case int64(len(content)) > limit:
		return nil, replay{io.MultiReader(bytes.NewReader(content), body), body}, err
	}
	return nil, replay{io.MultiReader(bytes.NewReader(content), failing{err}), body}, reason(err)
}

// replay reads from one place and closes another.
type replay struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
