package wire_test

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
)

// share is how much of a second strangers get in a second.
func share() float64 { return float64(runtime.GOMAXPROCS(0)) / 4 }

// However many come, they get a quarter of the processors, in the order in which they came.
func TestStrangersWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := wire.NewPace()
		var mu sync.Mutex
		var order []int
		for i := range 1000 {
			go func() {
				if !p.Wait(time.Millisecond, time.Hour) {
					t.Error("it is refused")
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			}()
			synctest.Wait()
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(order) != 1000 {
			t.Fatalf("%d had their turn", len(order))
		}
		for i, n := range order {
			if i != n {
				t.Fatalf("%d had its turn before %d", n, i)
			}
		}
	})
}

func TestTheShareOfStrangersIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := wire.NewPace()
		start := time.Now()
		const work = 10 * time.Second
		for range work / time.Millisecond {
			p.Wait(time.Millisecond, time.Hour)
		}
		least := time.Duration(float64(work)/share()) - 200*time.Millisecond
		if took := time.Since(start); took < least || took > least+time.Second {
			t.Errorf("%s of work took %s, not about %s", work, took, least)
		}
	})
}

func TestAfterAQuietTimeNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := wire.NewPace()
		for range 3 {
			time.Sleep(time.Hour)
			start := time.Now()
			for range 10 {
				p.Wait(time.Millisecond, 0)
			}
			if took := time.Since(start); took > 0 {
				t.Errorf("ten calls wait for %s", took)
			}
		}
	})
}

func TestWhoWouldWaitTooLongIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := wire.NewPace()
		p.Wait(time.Hour, time.Second) // Begins at once, and leaves nothing for others.
		start := time.Now()
		if p.Wait(time.Millisecond, time.Second) || time.Since(start) > 0 {
			t.Error("it waits")
		}
		p.Settle(time.Hour, time.Millisecond) // It was not so bad.
		if !p.Wait(time.Millisecond, time.Second) {
			t.Error("it is refused though there is time")
		}
	})
}

// A disk that stalls, and processors that others have, make work take long on the clock, all of it at the same time.
// That is not counted, or a few slow ones would have all others wait for minutes.
func TestTimeThatIsNoWorkIsNotPaidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := wire.NewPace()
		const cost = 50 * time.Microsecond
		for range 20 {
			go func() {
				p.Wait(cost, time.Hour)
				time.Sleep(time.Second)
				p.Settle(cost, time.Second)
			}()
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		start := time.Now()
		p.Wait(cost, time.Hour)
		if took := time.Since(start); took > 200*time.Millisecond {
			t.Errorf("the next one waits for %s", took)
		}
	})
}
