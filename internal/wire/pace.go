package wire

import (
	"runtime"
	"sync"
	"time"
)

// Pace lets work be done for those who have not proven who they are, in the order in which they come, as long as it
// takes no more than a quarter of the processors. So strangers wait for each other, and nobody else waits for them.
// It is safe for concurrent use.
type Pace struct {
	// share is how many processors there are for it.
	share float64

	mu sync.Mutex
	// free is when all work that was let in is paid for. In a quiet time it stays behind by no more than credit.
	free time.Time
}

// credit is how much of a quiet time is made up for: as many calls at once do not wait.
const credit = 100 * time.Millisecond

// NewPace returns a Pace.
func NewPace() *Pace { return &Pace{share: float64(runtime.GOMAXPROCS(0)) / 4} }

// Wait waits until there is time for work that takes about as long as cost. It does not wait, and reports false, if
// that would take longer than patience.
func (p *Pace) Wait(cost, patience time.Duration) bool {
	wait := p.take(cost, patience)
	if wait > patience {
		return false
	}
	time.Sleep(wait)
	return true
}

// take lets the work in, unless it would have to wait for longer than patience, and returns how long it has to.
func (p *Pace) take(cost, patience time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if least := now.Add(-credit); p.free.Before(least) {
		p.free = least
	}
	wait := p.free.Sub(now)
	if wait <= patience {
		p.free = p.free.Add(time.Duration(float64(cost) / p.share))
	}
	return wait
}

// Settle says how long the work took that Wait let in for less or more. What is far more than that was spent waiting,
// for a disk or for a processor that others had, and maybe by many at once: it is no time of ours.
func (p *Pace) Settle(cost, took time.Duration) {
	took = min(took, 10*cost+time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = p.free.Add(time.Duration(float64(took-cost) / p.share))
}
