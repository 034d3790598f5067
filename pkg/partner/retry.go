package partner

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

const (
	// The wait before the first retry is up to minBackoff, and doubles up to maxBackoff.
	minBackoff = 500 * time.Millisecond
	maxBackoff = 8 * time.Second
	// maxRetryAfter is the longest that a server can make us wait. Asked for more, a call fails at once and says so.
	maxRetryAfter = 30 * time.Second
	// absurdRetryAfter is the longest that is told of.
	absurdRetryAfter = 10 * 365 * 24 * time.Hour
	// replayMargin is kept free before the end of the window: a repeat that arrives after the window is a new request.
	replayMargin = 5 * time.Minute
)

// backoff returns how long to wait before retry n, counted from 1: exponential with full jitter, so that callers who
// failed together do not come back together.
func backoff(n int) time.Duration {
	ceiling := maxBackoff
	if n < 5 {
		ceiling = min(minBackoff<<(n-1), maxBackoff)
	}
	return rand.N(ceiling + 1) //nolint:gosec // G404: jitter needs no secrecy
}

// retryAfter reads the header, in seconds or as a date. ok is false when it is absent or makes no sense.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := header.Get("Retry-After")
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		if seconds < 0 {
			return 0, false
		}
		return time.Duration(min(seconds, int64(absurdRetryAfter/time.Second))) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), absurdRetryAfter), true
	}
	return 0, false
}

// inWindow reports whether a repeat that is sent then, and may take as long as its timeout to arrive, still counts as
// one.
func inWindow(first, then time.Time, timeout time.Duration) bool {
	return elapsed(first, then) < idempotency.Window-max(timeout, replayMargin)
}

// budget is a token bucket that keeps retries a fraction of the calls: each retry takes a token, each success gives a
// tenth of one back. The zero budget is full.
type budget struct {
	mu    sync.Mutex
	spent float64
}

const (
	budgetTokens = 20
	budgetRefill = 0.1
)

// take reports whether there is a token left, and takes it.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+1 > budgetTokens {
		return false
	}
	b.spent++
	return true
}

func (b *budget) refill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(b.spent-budgetRefill, 0)
}

// sleep waits for d. It is false when done was closed first.
func sleep(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}
