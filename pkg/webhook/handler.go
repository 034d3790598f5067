package webhook

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/idempotency"
)

// Handler is an http.Handler that takes deliveries. Make it with New and stop it with Close: the zero Handler panics.
type Handler struct {
	config   Config
	executor *idempotency.Executor
	// transactional says that what the function does is part of the store's transaction.
	transactional bool
	slots         slots
	// queue is nil unless the handler is asynchronous.
	queue chan *job

	// mu guards closed and abandoned, and that nothing is added to running or queue after them.
	mu        sync.Mutex
	closed    bool
	abandoned bool
	// running counts events that are claimed, or about to be, until they are settled.
	running sync.WaitGroup
	// abandon cuts short what is being handled.
	abandonment context.Context
	abandon     context.CancelFunc
	// drained is closed when nothing runs any more after Close.
	drained chan struct{}
}

// New returns a Handler, or an error if the configuration cannot be right. An asynchronous one has its workers running,
// so it must be closed.
func New(config Config) (*Handler, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	h := &Handler{config: config, slots: newSlots(config.MaxConcurrent), drained: make(chan struct{})}
	h.executor, err = idempotency.NewExecutor(idempotency.ExecutorConfig{
		Store: config.Store, StoreTimeout: config.StoreTimeout, Observe: h.renewed,
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	_, h.transactional = config.Store.(idempotency.Transactional)
	h.abandonment, h.abandon = context.WithCancel(context.Background())
	if config.Async != nil {
		h.queue = make(chan *job, config.Async.Queue)
		for range config.Async.Workers {
			go h.work()
		}
	}
	return h, nil
}

// ServeHTTP takes one delivery. The package's documentation lists the answers.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.executor == nil {
		panic("webhook: a Handler must be made by New")
	}
	event, reason, err := h.receive(w, r)
	if reason == "" && !h.enter() {
		reason = ReasonClosed
	}
	if reason != "" {
		h.report(r.Context(), Report{Kind: ReportRefused, Event: event, Refusal: newRefusal(reason), Err: err})
		h.refuse(w, r, reason)
		return
	}
	// From here on, whoever has the job calls running.Done.
	var j *job
	defer func() {
		if j == nil { // Also when Refuse panics, to cut the connection.
			h.running.Done()
		}
	}()
	if !h.slots.take(r.Context()) {
		h.report(r.Context(), Report{Kind: ReportRefused, Event: event, Refusal: newRefusal(ReasonBusy)})
		h.refuse(w, r, ReasonBusy)
		return
	}
	// The slot is the function's, as long as that runs. A worker has no need of one.
	defer func() {
		if j == nil || h.queue != nil {
			h.slots.leave()
		}
	}()
	j = h.begin(w, r, event)
	switch {
	case j == nil:
	case h.queue != nil:
		h.enqueue(w, r, j)
	default:
		h.handle(w, r, j)
	}
}

// handle answers with how the function went, or when its time is over.
func (h *Handler) handle(w http.ResponseWriter, r *http.Request, j *job) {
	late := time.NewTimer(h.config.Timeout)
	defer late.Stop()
	select {
	case reason := <-h.start(j):
		if reason != "" {
			h.refuse(w, r, reason)
			return
		}
		answer(w, http.StatusAccepted, "handled")
	case <-late.C:
		h.report(r.Context(), Report{Kind: ReportLate, Event: j.event})
		h.refuse(w, r, ReasonLate)
	}
}

// enter counts an event as running, unless the handler is closed.
func (h *Handler) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.running.Add(1)
	return true
}

// Close refuses further deliveries with 503 and waits until those that were taken are handled. When ctx ends before,
// the contexts of the functions that are running end, and events that are still queued are logged one by one and
// released. Close may be called again to wait for functions that do not heed their context.
//
// Shut down the http.Server first, and close the store afterwards.
func (h *Handler) Close(ctx context.Context) error {
	if h == nil || h.executor == nil {
		return nil // There is nothing to close.
	}
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	h.mu.Unlock()
	if first {
		go func() {
			h.running.Wait()
			if h.queue != nil {
				close(h.queue)
			}
			h.abandon()
			close(h.drained)
		}()
	}
	select {
	case <-h.drained:
		return nil
	default:
	}
	select {
	case <-h.drained:
		return nil
	case <-ctx.Done():
	}
	h.mu.Lock()
	h.abandoned = true
	h.mu.Unlock()
	h.abandon()
	h.empty()
	return fmt.Errorf("webhook: closing: %w", ctx.Err())
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, reason Reason) {
	if reason == ReasonMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	h.config.Refuse(w, r, newRefusal(reason))
}

// answer writes a success.
func answer(w http.ResponseWriter, status int, detail string) {
	wire.WriteDetail(w, status, "", detail)
}
