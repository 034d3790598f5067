package partner

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"

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

// success reports whether the answer is complete and 2xx.
func (a *answer) success() bool { return a.err == nil && isSuccess(a.status) }

func isSuccess(status int) bool { return status >= 200 && status <= 299 }

// read takes in an answer to its end, and closes it. It returns why the body of one that is not 2xx is cut: a refusal
// is one, whatever its body is.
func (a *answer) read(response *http.Response, method string, limit int64) (cut error) {
	a.status, a.header = response.StatusCode, response.Header
	defer func() { _ = response.Body.Close() }()
	if method == http.MethodHead {
		return nil
	}
	if !isSuccess(a.status) {
		limit = min(limit, maxErrorBytes)
	}
	a.body, a.err = readAnswer(response, limit)
	if !isSuccess(a.status) {
		a.err, cut = nil, a.err
	}
	return cut
}

// errTooLarge says that an answer is longer than may be read.
var errTooLarge = errors.New("the answer is longer than the limit")

// readAnswer reads a body up to the limit.
func readAnswer(response *http.Response, limit int64) ([]byte, error) {
	if response.ContentLength > limit {
		return nil, errTooLarge
	}
	if response.ContentLength > 0 {
		text := make([]byte, response.ContentLength)
		n, err := io.ReadFull(response.Body, text)
		if err != nil {
			return text[:n], fmt.Errorf("the answer broke off: %w", withoutURL(err))
		}
		return text, nil
	}
	limit = min(limit, math.MaxInt64-1) // Whoever has no limit says so by the largest one.
	text, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return text, fmt.Errorf("the answer broke off: %w", withoutURL(err))
	case int64(len(text)) > limit:
		return text[:limit], errTooLarge
	}
	return text, nil
}
