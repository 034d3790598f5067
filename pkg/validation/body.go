package validation

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// isEncoded reports whether a body is compressed or otherwise not what its media type says.
func isEncoded(header http.Header) bool {
	for _, value := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.Trim(coding, " \t"); coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}

// bodyLength is how many bytes the body of a request has, or -1 when only reading it tells.
func bodyLength(r *http.Request) int64 {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return 0
	case r.ContentLength > 0:
		return r.ContentLength
	}
	if held, ok := r.Body.(*wire.Body); ok {
		return int64(held.Len())
	}
	// 0 beside a body means unknown in a request that is being made, and of HTTP/2 in one that arrived.
	return -1
}

// isEmpty finds out whether a body of unknown length has any bytes, and leaves r.Body to yield what it would have.
func isEmpty(r *http.Request) bool {
	p := &peeked{ReadCloser: r.Body}
	for p.n == 0 && p.err == nil {
		p.n, p.err = r.Body.Read(p.first[:])
	}
	if p.n == 0 && errors.Is(p.err, io.EOF) {
		return true
	}
	r.Body = p
	return false
}

// peeked is a body of which the first byte was read.
type peeked struct {
	io.ReadCloser
	first [1]byte
	n     int
	err   error
}

func (p *peeked) Read(to []byte) (int, error) {
	if p.n > 0 && len(to) > 0 {
		p.n = 0
		to[0] = p.first[0]
		return 1, nil
	}
	if p.n == 0 && p.err != nil {
		return 0, p.err
	}
	return p.ReadCloser.Read(to)
}

// streamed is a body that is checked while it is read, because it is long and nobody knows how long.
type streamed struct {
	io.ReadCloser
	// left is how many bytes it may still have, and missing how many it must have yet.
	left, missing int64
	// over and under are what it is refused by.
	over, under *Refusal
	// refused is told, once, that it was.
	refused func(*Refusal)
	err     error
}

func (s *streamed) Read(to []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if int64(len(to))-1 > s.left { // One byte more tells that there is too much.
		to = to[:s.left+1]
	}
	n, err := s.ReadCloser.Read(to)
	s.missing -= int64(n)
	if int64(n) > s.left {
		n, err = int(s.left), s.refuse(s.over)
	}
	s.left -= int64(n)
	if errors.Is(err, io.EOF) && s.missing > 0 {
		err = s.refuse(s.under)
	}
	s.err = err
	return n, err
}

func (s *streamed) refuse(e *Refusal) error {
	if s.refused != nil {
		s.refused(e)
	}
	return e
}

// holdRequest returns the body of a request, and leaves it held in r: nobody behind needs to read it again. A body that
// is held already is not read. If it is larger than limit, or cannot be read, r.Body yields what it would have yielded.
func holdRequest(r *http.Request, length, limit int64) ([]byte, error) {
	held, ok := r.Body.(*wire.Body)
	switch {
	case !ok:
		var rest io.ReadCloser
		var err error
		if held, rest, err = wire.Retain(r.Body, length, limit); err != nil {
			r.Body = rest
			return nil, err
		}
	case int64(held.Len()) > limit:
		return nil, wire.ErrTooLarge
	}
	wire.Put(r, held)
	return held.Bytes(), nil
}

// holdResponse returns the body of a response, and leaves it held in r, as holdRequest does.
func holdResponse(r *http.Response, limit int64) ([]byte, error) {
	held, rest, err := wire.Retain(r.Body, r.ContentLength, limit)
	if err != nil {
		r.Body = rest
		return nil, err
	}
	r.Body = held
	return held.Bytes(), nil
}
