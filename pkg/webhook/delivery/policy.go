package delivery

import (
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/pkg/webhook"
)

// DefaultPolicy is that of subscriptions which have none: whatever fails is repeated, after 30 seconds at first, then
// after twice as long each time and at most 5 minutes, up to 10 attempts, the last after 32.5 minutes. (Inferred: the
// provider's own is not documented. The intervals are those of its sample, whose coefficient and number of attempts, 1
// and 1, would lose each event that fails once.)
func DefaultPolicy() RetryPolicy {
	return RetryPolicy{RetryOnStatusCodes: webhook.RetryStatusCodes(), BackoffCoefficient: 2, MaximumAttempts: 10,
		InitialIntervalSeconds: 30, MaximumIntervalSeconds: 300}
}

// wait returns how long to wait after so many attempts, the last of which was answered with a status, or with none if
// that is 0. It returns false if there is to be no further attempt.
func wait(policy *RetryPolicy, attempts, status int) (time.Duration, bool) {
	if attempts >= int(policy.MaximumAttempts) ||
		status != 0 && !slices.Contains(policy.RetryOnStatusCodes, int32(status)) { //nolint:gosec // Three digits.
		return 0, false
	}
	// A policy that nobody has checked may have numbers that make no sense: no wait would be a flood. All of them are
	// below 2^31, so that no product overflows.
	longest := max(int64(policy.MaximumIntervalSeconds), 1)
	seconds := min(max(int64(policy.InitialIntervalSeconds), 1), longest)
	for n := 1; n < attempts && seconds < longest && policy.BackoffCoefficient > 1; n++ {
		seconds = min(seconds*int64(policy.BackoffCoefficient), longest)
	}
	return time.Duration(seconds) * time.Second, true
}
