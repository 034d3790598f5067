package redisstore

import (
	"testing"
	"time"
)

func TestDurationsAreRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]int64{
		0: 0, 1: 1, time.Millisecond - 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Hour: 3_600_000,
	} {
		if got := ceil(d, time.Millisecond); got != want {
			t.Errorf("%s is %d ms, want %d", d, got, want)
		}
	}
}
