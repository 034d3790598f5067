package delivery

import (
	"math"
	"testing"
	"time"
)

func TestHowLongToWait(t *testing.T) {
	t.Parallel()
	standard := DefaultPolicy()
	all := standard.RetryOnStatusCodes
	largest := RetryPolicy{RetryOnStatusCodes: all, MaximumAttempts: math.MaxInt32, BackoffCoefficient: math.MaxInt32,
		InitialIntervalSeconds: math.MaxInt32 - 1, MaximumIntervalSeconds: math.MaxInt32}
	for _, c := range []struct {
		name             string
		policy           RetryPolicy
		attempts, status int
		want             time.Duration
		again            bool
	}{
		{"at first as long as the policy says", standard, 1, 503, 30 * time.Second, true},
		{"then twice as long", standard, 2, 503, time.Minute, true},
		{"and twice as long again", standard, 3, 0, 2 * time.Minute, true},
		{"but no longer than it says", standard, 5, 503, 5 * time.Minute, true},
		{"until the last attempt", standard, 9, 503, 5 * time.Minute, true},
		{"which is the tenth", standard, 10, 503, 0, false},
		{"not when the status is not on the list", RetryPolicy{RetryOnStatusCodes: []int32{502}, MaximumAttempts: 9}, 1,
			503, 0, false},
		{"but when there is none", RetryPolicy{MaximumAttempts: 9, InitialIntervalSeconds: 3, BackoffCoefficient: 1,
			MaximumIntervalSeconds: 9}, 4, 0, 3 * time.Second, true},
		{"no longer than the first interval if the longest is less", RetryPolicy{MaximumAttempts: 9,
			InitialIntervalSeconds: 30, MaximumIntervalSeconds: 9, BackoffCoefficient: 2}, 1, 0, 9 * time.Second, true},
		{"for a second at least", RetryPolicy{MaximumAttempts: 9, InitialIntervalSeconds: -5,
			MaximumIntervalSeconds: -9}, 3, 0, time.Second, true},
		{"with the largest numbers", largest, math.MaxInt32 - 1, 599, math.MaxInt32 * time.Second, true},
		{"never without attempts", RetryPolicy{}, 1, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, again := wait(&c.policy, c.attempts, c.status); got != c.want || again != c.again {
				t.Errorf("%v, %t; want %v, %t", got, again, c.want, c.again)
			}
		})
	}
}
