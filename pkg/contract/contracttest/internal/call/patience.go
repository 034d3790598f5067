package call

import (
	"context"
	"strconv"
	"time"
)

const (
	// mostPatience is how often a message is sent again to a server that is called too often, and longestRest how long
	// one of its waits may be.
	mostPatience = 4
	longestRest  = 2 * time.Second
)

// rest waits as long as Retry-After says in seconds, within a bound, or longer each time where it says nothing.
// What it says as a date is not read.
func rest(ctx context.Context, retryAfter string, n int) error {
	pause := 50 * time.Millisecond << n
	if seconds, err := strconv.Atoi(retryAfter); err == nil && seconds >= 0 {
		pause = time.Duration(min(seconds, int(longestRest/time.Second))) * time.Second
	}
	timer := time.NewTimer(min(pause, longestRest))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
