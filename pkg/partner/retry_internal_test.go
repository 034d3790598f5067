package partner

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

func TestBackoffIsNeverNegativeAndDoublesUpToItsCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 10_000).Draw(t, "retry")
		ceiling := maxBackoff
		if n <= 4 {
			ceiling = minBackoff << (n - 1)
		}
		if wait := backoff(n); wait < 0 || wait > ceiling {
			t.Fatalf("backoff(%d) = %s, above %s", n, wait, ceiling)
		}
	})
	// Full jitter: both halves of the range are met, which by chance fails once in 2^200 runs.
	low, high := false, false
	for range 200 {
		wait := backoff(1)
		low, high = low || wait < minBackoff/2, high || wait > minBackoff/2
	}
	if !low || !high {
		t.Error("there is no jitter")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"", 0, false},
		{"0", 0, true},
		{"7", 7 * time.Second, true},
		{"30", 30 * time.Second, true},
		{"31", 31 * time.Second, true},
		{"315360000", absurdRetryAfter, true}, // Ten years.
		{"9223372036854775807", absurdRetryAfter, true},
		{"9223372036854775808", 0, false},
		{"-1", 0, false},
		{"-9223372036854775808", 0, false},
		{"1.5", 0, false},
		{"soon", 0, false},
		{"\x00", 0, false},
		{now.Add(9 * time.Second).Format(http.TimeFormat), 9 * time.Second, true},
		{now.AddDate(10, 0, 0).Format(http.TimeFormat), absurdRetryAfter, true},
		{now.AddDate(-10, 0, 0).Format(http.TimeFormat), 0, true},
		{"Fri, 31 Dec 9999 23:59:59 GMT", absurdRetryAfter, true},
		{"Mon, 01 Jan 0001 00:00:00 GMT", 0, true},
		{"Sun, 31 Feb 2026 12:00:00 GMT", 0, false},
	} {
		got, ok := retryAfter(http.Header{"Retry-After": {c.text}}, now)
		if got != c.want || ok != c.ok {
			t.Errorf("%q: %s, %v; want %s, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestRetryAfterIsNeverNegativeNorLongerThanItsCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
			rapid.Map(rapid.Int64Range(-1<<40, 1<<40),
				func(n int64) string { return time.Unix(n, 0).UTC().Format(http.TimeFormat) }),
		).Draw(t, "header")
		now := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "now"), 0)
		if wait, ok := retryAfter(http.Header{"Retry-After": {text}}, now); wait < 0 || wait > absurdRetryAfter ||
			!ok && wait != 0 {
			t.Fatalf("%q: %s, %v", text, wait, ok)
		}
	})
}

func TestWhichStatusesAreTriedAgain(t *testing.T) {
	again := map[int]bool{408: true, 425: true, 429: true, 500: true, 502: true, 503: true, 504: true}
	never := []int{0, 100, 101, 199, 301, 303, 307, 400, 401, 402, 403, 404, 405, 410, 412, 413, 415, 422, 423, 431,
		451, 501, 505, 600, 999}
	retried := func(status int, doubt bool) bool {
		c := &call{core: &core{}, Request: partnerapi.Request{Operation: Operation{Method: http.MethodPost}},
			known: knowledge{doubt: doubt}}
		a := &answer{status: status}
		return c.worthRepeating(a, c.reply(a))
	}
	for status := range again {
		if !retried(status, false) || !retried(status, true) {
			t.Errorf("%d is not tried again", status)
		}
	}
	for _, status := range never {
		if retried(status, false) || retried(status, true) {
			t.Errorf("%d is tried again", status)
		}
	}
	if retried(409, false) || !retried(409, true) {
		t.Error("a 409 is tried again exactly when it answers a repeat")
	}
}

func TestTheWindowEndsBeforeTheServersDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "first"), 0)
		after := time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(t, "after"))
		timeout := time.Duration(rapid.Int64Range(0, int64(20*time.Minute)).Draw(t, "timeout"))
		if got, want := inWindow(first, first.Add(after), timeout),
			after+max(timeout, replayMargin) < idempotency.Window; got != want {
			t.Fatalf("%s after the first, with a timeout of %s: %v", after, timeout, got)
		}
	})
}

// The monotonic clock stands still while the machine sleeps, and the clock on the wall can be set back.
func TestTheLongerOfTwoClocksCounts(t *testing.T) {
	first := time.Now()
	for name, now := range map[string]time.Time{
		"both":        first.Add(time.Hour),
		"on the wall": first.Round(0).Add(time.Hour),
	} {
		if got := elapsed(first, now); got != time.Hour {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTheBudgetIsWhatItsModelIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b budget
		tenths := budgetTokens * 10 // The model, in whole numbers.
		for range rapid.IntRange(1, 500).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "take") {
				// A tenth is no binary fraction, so the one step where it matters is left out.
				if got := b.take(); got {
					tenths -= 10
				} else if tenths > 10 {
					t.Fatalf("refused with %d tenths", tenths)
				}
			} else {
				b.refill()
				tenths = min(tenths+1, budgetTokens*10)
			}
			if tenths < 0 {
				t.Fatalf("%d tenths are left", tenths)
			}
		}
	})
	var b budget
	taken := 0
	for b.take() {
		taken++
	}
	if taken != budgetTokens {
		t.Errorf("%d tokens; want %d", taken, budgetTokens)
	}
}

func TestSleepEndsWithTheContext(t *testing.T) {
	done := make(chan struct{})
	close(done)
	if sleep(done, time.Hour) {
		t.Error("it slept on")
	}
	if !sleep(nil, time.Microsecond) {
		t.Error("it did not sleep")
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"", "1", "-1", "soon", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if wait, ok := retryAfter(http.Header{"Retry-After": {text}}, time.Now()); wait < 0 ||
			wait > absurdRetryAfter ||
			!ok && wait != 0 {
			t.Errorf("%q: %s, %v", text, wait, ok)
		}
	})
}

func TestTheWaitBeforeARetryDoublesUpToALimit(t *testing.T) {
	ceiling := minBackoff
	for n := 1; n <= 12; n++ {
		var longest time.Duration
		for range 2000 {
			wait := backoff(n)
			if wait < 0 || wait > ceiling {
				t.Fatalf("retry %d waits %s; at most %s", n, wait, ceiling)
			}
			longest = max(longest, wait)
		}
		if longest < ceiling/2 {
			t.Errorf("retry %d waits %s at most, of %s", n, longest, ceiling)
		}
		ceiling = min(2*ceiling, maxBackoff)
	}
}

func TestARepeatIsInItsWindowUntilItMayArriveTooLate(t *testing.T) {
	first := time.Date(2025, 1, 5, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after, timeout time.Duration
		want           bool
	}{
		{0, time.Second, true},
		{idempotency.Window - 10*time.Minute - 1, 10 * time.Minute, true},
		{idempotency.Window - 10*time.Minute, 10 * time.Minute, false},
		{idempotency.Window - replayMargin - 1, 0, true},
		{idempotency.Window - replayMargin, 0, false},
	} {
		if got := inWindow(first, first.Add(c.after), c.timeout); got != c.want {
			t.Errorf("after %s, with a timeout of %s: %v", c.after, c.timeout, got)
		}
	}
}
