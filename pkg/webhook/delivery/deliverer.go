package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// recordTries is how often an attempt is to be recorded before it is made again.
	recordTries = 3
	// minPause and maxPause are how long a queue that fails is left alone.
	minPause = time.Second
	maxPause = time.Minute
)

// ErrClosed says that a Deliverer is closed.
var ErrClosed = errors.New("delivery: closed")

// Deliverer delivers what a Queue has. Make it with New. It is safe for concurrent use.
type Deliverer struct {
	config Config
	client http.Client
	// own is the transport if it is the Deliverer's.
	own *http.Transport
	// ctx ends when Close gives up, and stopping when it is called.
	ctx, stopping context.Context
	giveUp, stop  context.CancelFunc

	mu sync.Mutex
	// running says that the dispatcher runs. There is none while nothing waits.
	running bool
	// woken says that the queue may have something that the dispatcher has not seen.
	woken bool
	// interrupt ends the dispatcher's sleep; nil if it is awake.
	interrupt context.CancelFunc
	// busy are the deliveries that are under way, and per is how many of them each subscription has.
	busy map[string]bool
	per  map[string]int
	// waiters are told when nothing is left to do.
	waiters []chan error
	// all are the dispatcher and the attempts.
	all sync.WaitGroup
}

// New starts to deliver what the queue has. Call Close in the end.
func New(config Config) (*Deliverer, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	d := &Deliverer{config: config, busy: map[string]bool{}, per: map[string]int{}}
	d.client = http.Client{Transport: config.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if config.Transport == nil {
		d.own = newTransport(config)
		d.client.Transport = d.own
	}
	d.ctx, d.giveUp = context.WithCancel(context.Background())
	d.stopping, d.stop = context.WithCancel(d.ctx)
	d.Wake()
	return d, nil
}

// Wake says that the queue has something new, or that the clock was moved. It does not block. While nothing waits to be
// delivered, no goroutine runs.
func (d *Deliverer) Wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wake()
}

// wake needs the lock.
func (d *Deliverer) wake() {
	d.woken = true
	switch {
	case d.stopping.Err() != nil:
	case !d.running:
		d.running = true
		d.all.Go(d.dispatch)
	case d.interrupt != nil:
		d.interrupt()
	}
}

// Settle returns once nothing is under way, and nothing is left that is due by now. It fails when ctx ends, when the
// queue does, and with ErrClosed.
func (d *Deliverer) Settle(ctx context.Context) error {
	settled := make(chan error, 1)
	d.mu.Lock()
	if d.stopping.Err() != nil {
		d.mu.Unlock()
		return ErrClosed
	}
	d.waiters = append(d.waiters, settled)
	d.wake()
	d.mu.Unlock()
	select {
	case err := <-settled:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-d.stopping.Done():
		return ErrClosed
	}
}

// Close begins no further attempts, and returns when those under way are over and recorded. If ctx ends first it cuts
// them off and returns its error: they are made again when somebody else takes up the queue. It can be called again.
func (d *Deliverer) Close(ctx context.Context) error {
	d.mu.Lock()
	d.stop() // With the lock: whoever starts a goroutine has it, too.
	d.mu.Unlock()
	over := make(chan struct{})
	go func() {
		defer close(over)
		d.all.Wait()
	}()
	var err error
	select {
	case <-over:
	case <-ctx.Done():
		d.giveUp()
		<-over
		err = fmt.Errorf("delivery: close: %w", ctx.Err())
	}
	d.giveUp()
	if d.own != nil {
		d.own.CloseIdleConnections()
	}
	return err
}

// dispatch begins what is due, until nothing waits any more.
func (d *Deliverer) dispatch() {
	failures := 0
	for d.stopping.Err() == nil {
		query, ok := d.query()
		var next *Delivery
		var later time.Time
		var err error
		if ok {
			next, later, err = d.next(query)
		}
		switch {
		case err != nil:
			d.config.Observe(d.ctx, Event{Kind: EventQueueFailed, Err: err})
			d.tell(err)
			pause(d.stopping, min(minPause<<failures, maxPause))
			failures = min(failures+1, 6)
			continue
		case next != nil:
			d.begin(next)
		case !d.rest(later):
			return
		}
		failures = 0
	}
}

// query returns what can begin, or false if there is no place.
func (d *Deliverer) query() (Query, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken = false
	free := d.config.MaxConcurrent - len(d.busy)
	if free <= 0 {
		return Query{}, false
	}
	query := Query{Now: d.config.Now()}
	for id := range d.busy {
		query.Busy = append(query.Busy, id)
	}
	for subscription, n := range d.per {
		if n >= min(d.config.MaxPerSubscription, free) {
			query.Full = append(query.Full, subscription)
		}
	}
	return query, true
}

func (d *Deliverer) next(query Query) (*Delivery, time.Time, error) {
	next, later, err := d.config.Queue.Next(d.stopping, query)
	switch {
	case err != nil:
		return nil, later, err
	case next == nil:
		return nil, later, nil
	case next.ID == "":
		return nil, later, errors.New("delivery: the queue has a delivery without an ID")
	}
	for _, id := range query.Busy {
		if id == next.ID {
			return nil, later, fmt.Errorf("delivery: the queue returns %s, which is under way", id)
		}
	}
	return next, later, nil
}

// begin starts an attempt.
func (d *Deliverer) begin(x *Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopping.Err() != nil {
		return
	}
	d.busy[x.ID] = true
	d.per[x.Subscription]++
	d.all.Go(func() {
		defer d.end(x)
		d.attempt(x)
	})
}

// end makes room for another attempt.
func (d *Deliverer) end(x *Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, x.ID)
	if d.per[x.Subscription]--; d.per[x.Subscription] == 0 {
		delete(d.per, x.Subscription)
	}
	d.wake()
}

// rest waits until there may be something to do, at a time or when somebody wakes it. It returns false when nothing
// waits any more, and the dispatcher is to end.
func (d *Deliverer) rest(until time.Time) bool {
	d.mu.Lock()
	if d.woken {
		d.mu.Unlock()
		return true
	}
	if len(d.busy) == 0 {
		d.tellAll(nil)
		if until.IsZero() {
			d.running = false
			d.mu.Unlock()
			return false
		}
	}
	ctx, cancel := context.WithCancel(d.stopping)
	defer cancel()
	d.interrupt = cancel
	d.mu.Unlock()
	if until.IsZero() {
		<-ctx.Done()
	} else {
		d.config.Wait(ctx, until)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.interrupt = nil
	return true
}

func (d *Deliverer) tell(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tellAll(err)
}

// tellAll needs the lock.
func (d *Deliverer) tellAll(err error) {
	for _, settled := range d.waiters {
		settled <- err
	}
	d.waiters = nil
}

// attempt makes an attempt and records it.
func (d *Deliverer) attempt(x *Delivery) {
	a := Attempt{Number: x.Attempts + 1, Time: d.config.Now()}
	event := Event{Delivery: x.ID, Subscription: x.Subscription, Attempt: a.Number}
	a.Status, a.Message = d.send(d.ctx, x)
	if a.Status == 0 && d.ctx.Err() != nil {
		event.Kind = EventCutOff
		d.config.Observe(d.ctx, event)
		return
	}
	event.Kind, event.Status = EventGivenUp, a.Status
	policy := x.Policy
	if policy == nil {
		policy = d.config.Policy
	}
	if a.Delivered = a.Status/100 == 2; a.Delivered {
		event.Kind = EventDelivered
	} else if interval, again := wait(policy, a.Number, a.Status); again {
		event.Kind, a.Next = EventFailed, a.Time.Add(interval)
	}
	if event.Err = d.record(x, a); event.Err != nil {
		event.Kind = EventQueueFailed
	}
	d.config.Observe(d.ctx, event)
}

// record tries a few times: what is not recorded is made again.
func (d *Deliverer) record(x *Delivery, a Attempt) (err error) {
	for try := range recordTries {
		if err = d.config.Queue.Record(d.ctx, *x, a); err == nil || d.ctx.Err() != nil {
			return err
		}
		// Also after the last: the delivery is due, and would be made again at once.
		pause(d.stopping, minPause<<try)
	}
	return err
}
