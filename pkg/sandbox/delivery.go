package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/api"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
	"github.com/jiko-partner/partner-go/pkg/signing"
	"github.com/jiko-partner/partner-go/pkg/webhook/delivery"
)

// DeliveryCounts says what has become of all deliveries so far. A delivery is one event for one subscription, each time
// that it happens or is triggered.
type DeliveryCounts struct {
	// Waiting are to be made yet, again or for the first time.
	Waiting int `json:"waiting"`
	// Delivered have arrived.
	Delivered int `json:"delivered"`
	// GivenUp have not arrived, and will not: all attempts have failed.
	GivenUp int `json:"given_up"`
	// Ended had not arrived when their subscription was disabled or deleted.
	Ended int `json:"ended"`
	// Lost were lost on purpose, and Doubled have arrived and are made a second time.
	Lost    int `json:"lost"`
	Doubled int `json:"doubled"`
	// Attempts are all attempts. WrongSignature and Down are those of them that failed on purpose.
	Attempts       int `json:"attempts"`
	WrongSignature int `json:"wrong_signature"`
	Down           int `json:"down"`
}

// deliveryGrace is how long Close waits for deliveries that are under way. Those that are cut off are made again at the
// next start with the same Store.
const deliveryGrace = time.Second

// SetDeliveryFaults has the deliveries of events go wrong from now on: Lose, Double, Shuffle and Delay those of events
// that happen from now on, WrongSignature and Down all attempts from now on. The zero value lets all go well again. It
// fails as DeliveryFaults.Check does, and changes nothing then.
func (s *Sandbox) SetDeliveryFaults(faults DeliveryFaults) error {
	if err := faults.Check(); err != nil {
		return fmt.Errorf("sandbox: DeliveryFaults: %w", err)
	}
	s.bank.SetDeliveryFaults(bank.DeliveryFaults(faults))
	return nil
}

// DeliveryFaults returns what goes wrong with deliveries on purpose.
func (s *Sandbox) DeliveryFaults() DeliveryFaults { return DeliveryFaults(s.bank.DeliveryFaults()) }

// Deliveries counts the deliveries of events: one for each subscription that is enabled when an event happens.
func (s *Sandbox) Deliveries() DeliveryCounts { return DeliveryCounts(s.bank.DeliveryCounts()) }

// AwaitDeliveries returns once no attempt to deliver an event is under way, nor is due by now. What is to be repeated
// later, by the sandbox's clock, it does not wait for: Advance moves on to that. It fails when ctx ends, and when the
// sandbox is closed.
func (s *Sandbox) AwaitDeliveries(ctx context.Context) error {
	if d := s.post.running(); d != nil {
		if err := d.Settle(ctx); err != nil {
			return fmt.Errorf("sandbox: await deliveries: %w", err)
		}
	}
	return nil
}

// post delivers the events of a bank. There is nothing of it, and no goroutine, before the first delivery.
type post struct {
	bank    *bank.Bank
	logger  *slog.Logger
	timeout time.Duration

	mu        sync.Mutex
	deliverer *delivery.Deliverer
	closed    bool
	// awaits is when it looks again by itself, in nanoseconds since 1970, or 0.
	awaits atomic.Int64
	// replaced counts how often the bank has become another one.
	replaced atomic.Uint64
}

// newPost delivers what a bank has to be delivered, and what there is still from an earlier run.
func newPost(config Config, b *bank.Bank) *post {
	p := &post{bank: b, logger: config.Logger, timeout: config.DeliveryTimeout}
	b.OnDelivery(p.wake)
	b.OnReplace(func() { // What a snapshot had to be delivered is to be delivered again.
		p.replaced.Add(1)
		if p.running() != nil {
			p.wake()
		}
	})
	if b.Watched() {
		p.wake()
	}
	return p
}

// wake has somebody look what is to be delivered. The bank calls it while it is locked, so it does not wait.
func (p *post) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return
	case p.deliverer != nil:
		p.deliverer.Wake()
		return
	}
	var err error
	p.deliverer, err = delivery.New(delivery.Config{
		Queue: &outbox{bank: p.bank, awaits: &p.awaits, replaced: &p.replaced}, Timeout: p.timeout,
		AllowPrivate: true, AllowPlain: true, Now: p.bank.Time, Wait: p.wait, Observe: p.observe,
	})
	if err != nil {
		p.logger.LogAttrs(context.Background(), slog.LevelError, "events are not delivered", slog.Any("error", err))
		return
	}
	p.bank.OnDue(p.due)
}

// due has somebody look again when something is due sooner than was known. A sandbox that nobody calls would tell its
// subscribers of that with the next call otherwise.
func (p *post) due(at time.Time) {
	if awaits := p.awaits.Load(); awaits != 0 && awaits <= at.UnixNano() {
		return
	}
	if d := p.running(); d != nil {
		d.Wake()
	}
}

// running returns who delivers, or nil if there was nothing to deliver.
func (p *post) running() *delivery.Deliverer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deliverer
}

// wait waits for the sandbox's clock. One that stands still is moved by somebody, and what becomes due then wakes the
// deliverer.
func (p *post) wait(ctx context.Context, until time.Time) {
	if p.bank.Frozen() {
		<-ctx.Done()
		return
	}
	timer := time.NewTimer(until.Sub(p.bank.Time()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (p *post) observe(ctx context.Context, e delivery.Event) {
	if e.Kind == delivery.EventQueueFailed {
		p.logger.LogAttrs(ctx, slog.LevelError, "delivery", slog.String("id", e.Delivery), slog.Any("error", e.Err))
		return
	}
	p.logger.LogAttrs(ctx, slog.LevelInfo, "delivery", slog.String("id", e.Delivery),
		slog.String("subscription", e.Subscription), slog.Int("attempt", e.Attempt), slog.Int("status", e.Status),
		slog.String("reason", e.Kind.String()))
}

// close ends all deliveries. Those that take longer than the grace are cut off.
func (p *post) close() {
	p.mu.Lock()
	p.closed = true
	d := p.deliverer
	p.mu.Unlock()
	if d == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), deliveryGrace)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		p.logger.LogAttrs(ctx, slog.LevelInfo, "deliveries under way were cut off")
	}
}

// outbox is the bank as the queue of a deliverer. The bank is not locked while an attempt is made.
type outbox struct {
	bank *bank.Bank
	// awaits and replaced are the post's.
	awaits   *atomic.Int64
	replaced *atomic.Uint64
	// under has the attempts that are under way, by delivery.
	under sync.Map
}

// underWay is an attempt that is under way.
type underWay struct {
	// fault is what goes wrong with it on purpose.
	fault string
	// replaced is how often the bank had become another one when it began.
	replaced uint64
}

// Next implements delivery.Queue. It returns when what it has read lasts: nobody is told of an event before.
func (o *outbox) Next(ctx context.Context, query delivery.Query) (next *delivery.Delivery, later time.Time, err error) {
	busy, full := idsOf(query.Busy), idsOf(query.Full)
	err = o.bank.Look(ctx, func(t *bank.Tx) (err error) {
		var post *bank.Post
		post, later = t.NextPost(busy, full)
		o.awaits.Store(0)
		if !later.IsZero() {
			o.awaits.Store(later.UnixNano())
		}
		if post != nil {
			o.under.Store(post.Delivery.ID, underWay{post.Fault, o.replaced.Load()})
			next, err = letter(post)
		}
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return next, later, nil
}

// Record implements delivery.Queue. What was begun before the bank became another one is not noted: ids come again, and
// what has one in this bank may be another event, which nobody has been told of.
func (o *outbox) Record(ctx context.Context, d delivery.Delivery, a delivery.Attempt) error {
	id, err := uuid.Parse(d.ID)
	if err != nil {
		return err
	}
	began, _ := o.under.Load(id)
	under, _ := began.(underWay) // Next has put one there.
	made := bank.Attempt{Time: a.Time, Success: a.Delivered, Message: a.Message}
	made.Code = int32(a.Status) //nolint:gosec // It has three digits.
	made.Fault = under.fault
	err = o.bank.Do(ctx, func(t *bank.Tx) error {
		if under.replaced == o.replaced.Load() { // Nobody can replace the bank meanwhile.
			t.AddAttempt(id, a.Number, made, a.Next)
		}
		return nil
	})
	if err == nil {
		o.under.Delete(id)
	}
	return err
}

func idsOf(texts []string) map[uuid.UUID]bool {
	ids := make(map[uuid.UUID]bool, len(texts))
	for _, text := range texts {
		if id, err := uuid.Parse(text); err == nil {
			ids[id] = true
		}
	}
	return ids
}

// nobody is where a delivery goes whose subscriber is down on purpose: no program listens on port 0.
const nobody = "http://127.0.0.1:0/"

// letter is an attempt for the deliverer.
func letter(p *bank.Post) (*delivery.Delivery, error) {
	body, err := api.EventBody(p.Event)
	if err != nil {
		return nil, err
	}
	d := &delivery.Delivery{ID: p.Delivery.ID.String(), Subscription: p.Subscription.ID.String(),
		URL: p.Subscription.URL, Secret: signing.NewSecret(string(p.Subscription.Secret)), Body: body,
		Attempts: p.Attempts}
	// In which order they are made, the bank sees to.
	if policy := p.Subscription.RetryPolicy; policy != nil {
		d.Policy = &delivery.RetryPolicy{RetryOnStatusCodes: policy.RetryOnStatusCodes,
			BackoffCoefficient: policy.BackoffCoefficient, MaximumAttempts: policy.MaximumAttempts,
			InitialIntervalSeconds: policy.InitialIntervalSeconds,
			MaximumIntervalSeconds: policy.MaximumIntervalSeconds}
	}
	switch p.Fault {
	case bank.FaultSignature:
		d.Secret = signing.NewSecret("not " + string(p.Subscription.Secret))
	case bank.FaultDown:
		d.URL = nobody
	}
	return d, nil
}

// walk is a move of the clock that has events delivered on the way, each at its time. It waits for that at most for the
// timeout of a delivery in all, so that a receiver that hangs does not hold up the clock: what it has not answered by
// then, it may answer when the clock shows more.
type walk struct {
	*Sandbox
	left time.Duration
}

func (s *Sandbox) newWalk() *walk {
	timeout := s.post.timeout
	if timeout == 0 {
		timeout = delivery.DefaultTimeout
	}
	return &walk{s, timeout}
}

// settle waits until all is delivered that is due.
func (w *walk) settle(ctx context.Context) error {
	if w.left <= 0 {
		return ctx.Err()
	}
	begun := time.Now()
	within, cancel := context.WithTimeout(ctx, w.left)
	defer cancel()
	err := w.AwaitDeliveries(within)
	w.left -= time.Since(begun)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, delivery.ErrClosed):
		return nil // Nobody waits any longer.
	}
	return err
}

// advance is Bank.Advance with deliveries.
func (w *walk) advance(ctx context.Context, by time.Duration) error {
	if !w.bank.Watched() {
		return w.bank.Advance(ctx, by)
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	for {
		moved, err := w.bank.Step(ctx, by)
		by -= moved
		if err == nil {
			err = w.settle(ctx)
		}
		if err != nil || by == 0 {
			return err
		}
	}
}

// set is Bank.SetClock with deliveries.
func (w *walk) set(ctx context.Context, to time.Time) error {
	if !w.bank.Watched() {
		return w.bank.SetClock(ctx, to)
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	for {
		done, err := w.bank.StepTo(ctx, to)
		if err == nil {
			err = w.settle(ctx)
		}
		if err != nil || done {
			return err
		}
	}
}
