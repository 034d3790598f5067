package partner

import (
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// answer is the answer to one attempt, or why there is none.
type answer struct {
	status int
	header http.Header
	body   []byte
	key    idempotency.Key
	// err is why there is no answer, or why the body of a success broke off.
	err error
	// unsent says that nothing can have arrived, and requests how many requests may have.
	unsent   bool
	requests int
}

func isSuccess(status int) bool { return status >= 200 && status <= 299 }

// read takes in an answer to its end, and closes it. It returns why the body of one that is not 2xx is cut: a refusal
// is one, whatever its body is.
func (a *answer) read(response *http.Response, method string, limit int64) (cut error) {
	a.status, a.header = response.StatusCode, response.Header
	defer func() { _ = response.Body.Close() }()
	// What follows a 101 is the connection itself, which heeds no context and may never end.
	if method == http.MethodHead || a.status < http.StatusOK {
		return nil
	}
	if !isSuccess(a.status) {
		limit = min(limit, maxErrorBytes)
	}
	a.body, a.err = readAnswer(response, limit)
	switch {
	case !isSuccess(a.status):
		a.err, cut = nil, a.err
	case isPage(a.header):
		a.err = errPage
	}
	return cut
}

// isPage reports whether an answer is for people. The API has none: it comes from a portal, a firewall or a proxy.
func isPage(header http.Header) bool {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

var (
	// errTooLarge says that an answer is longer than may be read.
	errTooLarge = errors.New("the answer is longer than the limit")
	// errPage says that an answer is not the API's, whatever its status is.
	errPage = errors.New("the answer is a page of HTML, which the API has none of: something between answers for it")
	// errTooLong says that an answer has more than it promised.
	errTooLong = errors.New("the answer is longer than its Content-Length")
)

// endTimeout is how long the end of an answer may follow its last byte. Over HTTP/2 it is a frame of its own.
const endTimeout = time.Second

// readAnswer reads a body to its end, or up to the limit.
func readAnswer(response *http.Response, limit int64) ([]byte, error) {
	if response.ContentLength > limit {
		return nil, errTooLarge
	}
	if response.ContentLength > 0 {
		text := make([]byte, response.ContentLength)
		n, err := io.ReadFull(response.Body, text)
		if err != nil {
			return text[:n], fmt.Errorf("the answer broke off: %w", discreet(withoutURL(err)))
		}
		return text, readEnd(response.Body)
	}
	limit = min(limit, math.MaxInt64-1) // Whoever has no limit says so by the largest one.
	text, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return text, fmt.Errorf("the answer broke off: %w", discreet(withoutURL(err)))
	case int64(len(text)) > limit:
		return text[:limit], errTooLarge
	}
	return text, nil
}

// readEnd waits a little for the end of a body of which everything was read: whoever closes it before then resets its
// HTTP/2 stream, which a server takes for a client that did not want the answer. A body without an end is whole all
// the same.
func readEnd(body io.ReadCloser) error {
	timer := time.AfterFunc(endTimeout, func() { _ = body.Close() })
	defer timer.Stop()
	if n, _ := io.CopyN(io.Discard, body, 1); n > 0 {
		return errTooLong
	}
	return nil
}
