package webhook

import (
	"context"
	"time"
)

// patience is how long a delivery waits for a slot, so that a burst is not sent away while functions are quick.
const patience = time.Second

// slots bound how many deliveries are claimed and handled at the same time, and how many wait to be.
type slots struct {
	// in has those that wait as well.
	in, busy chan struct{}
}

func newSlots(n int) slots { return slots{make(chan struct{}, 2*n), make(chan struct{}, n)} }

// take takes a slot, or says that there is none.
func (s slots) take(ctx context.Context) bool {
	select {
	case s.in <- struct{}{}:
	default:
		return false
	}
	select {
	case s.busy <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s.busy <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	<-s.in
	return false
}

// leave gives back what take took.
func (s slots) leave() {
	<-s.busy
	<-s.in
}
