package validation

import (
	"io"
	"net/http"
	"strings"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// isEncoded reports whether a body is compressed or otherwise not what its media type says.
func isEncoded(header http.Header) bool {
	encoding := header.Get("Content-Encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

// bodyLength is how many bytes the body of a request has, or -1 when only reading it tells.
func bodyLength(r *http.Request) int64 {
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return 0
	case r.ContentLength > 0:
		return r.ContentLength
	}
	// 0 beside a body means unknown in a request that is being made.
	return -1
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
