package contracttest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// isStreamed reports whether the body of a request is one that only reading tells the length of, and that nobody needs
// to hold to check it.
func isStreamed(r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength > 0 {
		return false
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind != "application/json" && !strings.HasSuffix(kind, "+json")
}

// oneByte stands for a body that there is.
func oneByte() io.ReadCloser { return io.NopCloser(strings.NewReader("-")) }

func reading(content []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(content)) }

// contentOf returns what a body holds that was checked.
func contentOf(body io.ReadCloser) (content []byte, held bool) {
	if b, ok := body.(*wire.Body); ok {
		return b.Bytes(), true
	}
	return nil, false
}

// counted is a body whose length is told when it has been read to its end.
type counted struct {
	io.ReadCloser
	n    int64
	once sync.Once
	end  func(length int64)
}

func (c *counted) Read(to []byte) (int, error) {
	n, err := c.ReadCloser.Read(to)
	c.n += int64(n)
	if errors.Is(err, io.EOF) {
		c.once.Do(func() { c.end(c.n) })
	}
	return n, err
}
