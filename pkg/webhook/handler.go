package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/jiko-partner/partner-go/pkg/signing"
)

const (
	// retryAfter is how many seconds a repeat should wait.
	retryAfter = "5"
	// settleTimeout bounds recording how an event went, which must not be cut short by the deadline of its handling.
	settleTimeout = 5 * time.Second
)

// Handler is an http.Handler that takes deliveries. Make it with NewHandler and stop it with Close.
type Handler struct {
	config Config
	// queue is nil unless the handler is asynchronous.
	queue chan job

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

// job is an event that was claimed and must be settled.
type job struct {
	ctx   context.Context
	event *Event
}

// NewHandler returns a Handler, or an error if the configuration cannot be right. An asynchronous one has its workers
// running, so it must be closed.
func NewHandler(config Config) (*Handler, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	h := &Handler{config: config, drained: make(chan struct{})}
	h.abandonment, h.abandon = context.WithCancel(context.Background())
	if config.Async != nil {
		h.queue = make(chan job, config.Async.Queue)
		for range config.Async.Workers {
			go h.work()
		}
	}
	return h, nil
}

// ServeHTTP takes one delivery. The package's documentation lists the answers.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	event, err := h.receive(w, r)
	if err != nil {
		h.config.Logger.WarnContext(r.Context(), "webhook refused", slog.Int("status", err.status),
			slog.String("reason", err.reason))
		answer(w, err.status, err.detail)
		return
	}
	if !h.enter() {
		answer(w, http.StatusServiceUnavailable, "shutting down")
		return
	}
	// From here on, whoever has the job calls running.Done.
	j := job{context.WithoutCancel(r.Context()), event}
	if !h.claim(w, j) {
		h.running.Done()
		return
	}
	if h.queue != nil {
		h.enqueue(w, j)
		return
	}
	select {
	case o := <-h.start(j):
		switch {
		case o.err == nil:
			answer(w, http.StatusAccepted, "handled")
		case o.late:
			answer(w, http.StatusServiceUnavailable, "not handled in time")
		default:
			answer(w, http.StatusInternalServerError, "not handled")
		}
	case <-time.After(h.config.Timeout):
		h.log(j, slog.LevelWarn, "webhook function is over its deadline", nil)
		answer(w, http.StatusServiceUnavailable, "not handled in time")
	}
}

// refusal is why a delivery is not looked into any further. The detail is for the caller, the reason for the log;
// neither has anything of the request.
type refusal struct {
	status         int
	detail, reason string
}

// receive does everything that does not need the state of an event.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (*Event, *refusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &refusal{http.StatusMethodNotAllowed, "only POST", "the method is not POST"}
	}
	if !isJSON(r.Header.Values("Content-Type")) {
		return nil, &refusal{http.StatusUnsupportedMediaType, "only application/json",
			"the media type is not application/json"}
	}
	body, refused := h.read(w, r)
	if refused != nil {
		return nil, refused
	}
	// One signature: with several, the one that is checked here need not be the one that another checks.
	signatures := r.Header.Values(signing.HeaderSignature)
	if len(signatures) != 1 {
		return nil, &refusal{http.StatusUnauthorized, "signature refused", "there is not exactly one signature"}
	}
	if err := Verify(body, signatures[0], h.config.Secrets...); err != nil {
		return nil, &refusal{http.StatusUnauthorized, "signature refused", err.Error()}
	}
	event, err := Parse(body)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "no event", err.Error()}
	}
	if limit := h.config.MaxAge; limit > 0 {
		switch age := h.config.Now().Sub(event.Timestamp); {
		case age > limit:
			return nil, &refusal{http.StatusBadRequest, "too old", "the event is older than MaxAge"}
		case age < -min(limit, maxFuture):
			return nil, &refusal{http.StatusBadRequest, "from the future", "the event is from the future"}
		}
	}
	return event, nil
}

func isJSON(contentTypes []string) bool {
	if len(contentTypes) != 1 {
		return false
	}
	mediaType, parameters, err := mime.ParseMediaType(contentTypes[0])
	if err != nil || mediaType != "application/json" {
		return false
	}
	charset, given := parameters["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

// read reads the body, bounded in size and, where the connection allows, in time.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, "too large", "the body is too large"}
	if r.ContentLength > h.config.MaxBodyBytes {
		return nil, tooLarge
	}
	// Not every ResponseWriter has deadlines; the body is bounded in size all the same. The server drops this one by
	// itself when the body has been read.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.config.Timeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.config.MaxBodyBytes))
	var limit *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &limit):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &refusal{http.StatusRequestTimeout, "too slow", "the body did not arrive in time"}
	default:
		return nil, &refusal{http.StatusBadRequest, "incomplete", "the body broke off"}
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

// claim asks the deduplicator. It answers unless the event is new.
func (h *Handler) claim(w http.ResponseWriter, j job) bool {
	ctx, cancel := context.WithTimeout(j.ctx, h.config.Timeout)
	defer cancel()
	var state State
	err := guard(func() (err error) {
		state, err = h.config.Deduplicator.Begin(ctx, j.event.ID)
		return err
	})
	switch {
	case err == nil && state == StateNew:
		return true
	case err == nil && state == StateInProgress:
		h.log(j, slog.LevelInfo, "webhook is being handled already", nil)
		w.Header().Set("Retry-After", retryAfter)
		answer(w, http.StatusConflict, "being handled")
	case err == nil && state == StateDone:
		h.log(j, slog.LevelInfo, "webhook was handled before", nil)
		answer(w, http.StatusOK, "handled before")
	default:
		if err == nil {
			err = fmt.Errorf("unknown state %d", state)
		}
		h.log(j, slog.LevelError, "webhook deduplicator failed", err)
		answer(w, http.StatusServiceUnavailable, "try again")
	}
	return false
}

// enqueue gives the job to the workers.
func (h *Handler) enqueue(w http.ResponseWriter, j job) {
	// What is in the queue when Close gives up is released, so nothing may be added afterwards.
	h.mu.Lock()
	queued := false
	if !h.abandoned {
		select {
		case h.queue <- j:
			queued = true
		default:
		}
	}
	h.mu.Unlock()
	if queued {
		answer(w, http.StatusAccepted, "queued")
		return
	}
	h.log(j, slog.LevelWarn, "webhook queue is full", nil)
	h.giveUp(j.ctx, j)
	answer(w, http.StatusServiceUnavailable, "try again")
}

// work handles what is queued, until there will be no more.
func (h *Handler) work() {
	for j := range h.queue {
		if h.abandonment.Err() != nil {
			h.log(j, slog.LevelError, "webhook was not handled before the end", nil)
			h.giveUp(j.ctx, j)
			continue
		}
		<-h.start(j)
	}
}

// giveUp releases a job that was not started.
func (h *Handler) giveUp(ctx context.Context, j job) {
	defer h.running.Done()
	h.settle(ctx, j, false)
}

// outcome is how the function went. late says that its context had ended when it returned.
type outcome struct {
	err  error
	late bool
}

// errExited is what remains when the function neither returned nor panicked: it called runtime.Goexit.
var errExited = errors.New("the function ended its goroutine")

// start calls the function in a goroutine of its own, so that an answer need not wait for it.
func (h *Handler) start(j job) <-chan outcome {
	result := make(chan outcome, 1)
	go func() {
		defer h.running.Done()
		ctx, cancel := context.WithTimeout(j.ctx, h.config.Timeout)
		defer cancel()
		defer context.AfterFunc(h.abandonment, cancel)()
		o := outcome{err: errExited}
		// Deferred, since the function may end the goroutine.
		defer func() {
			o.late = ctx.Err() != nil
			if o.err != nil {
				h.log(j, slog.LevelError, "webhook function failed", o.err)
			}
			h.settle(j.ctx, j, o.err == nil)
			result <- o
		}()
		o.err = guard(func() error { return h.config.Handle(ctx, j.event) })
		if o.err == nil {
			h.log(j, slog.LevelDebug, "webhook handled", nil)
		}
	}()
	return result
}

// settle records how an event went. When that fails, the event remains in progress; nothing else can be done about it.
func (h *Handler) settle(ctx context.Context, j job, done bool) {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	record := h.config.Deduplicator.Release
	if done {
		record = h.config.Deduplicator.Done
	}
	if err := guard(func() error { return record(ctx, j.event.ID) }); err != nil {
		h.log(j, slog.LevelError, "webhook deduplicator failed to settle", err)
	}
}

// Close refuses further deliveries with 503 and waits until those that were taken are handled. When ctx ends before,
// the contexts of the functions that are running end, and events that are still queued are logged one by one and
// released. Close may be called again to wait for functions that do not heed their context.
//
// Shut down the http.Server first.
func (h *Handler) Close(ctx context.Context) error {
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
	h.empty(context.WithoutCancel(ctx))
	return fmt.Errorf("webhook: closing: %w", ctx.Err())
}

// empty releases what is queued. Workers that are free do the same.
func (h *Handler) empty(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	for {
		select {
		case j, open := <-h.queue:
			if !open {
				return
			}
			h.log(j, slog.LevelError, "webhook was not handled before the end", nil)
			h.giveUp(ctx, j)
		default:
			return
		}
	}
}

// log writes what happened to an event. A panic brings its stack.
func (h *Handler) log(j job, level slog.Level, message string, err error) {
	attributes := []slog.Attr{slog.String("event_id", j.event.ID.String()), slog.String("event_type", j.event.kind())}
	if err != nil {
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	var p *panicError
	if errors.As(err, &p) {
		attributes = append(attributes, slog.String("stack", p.stack))
	}
	h.config.Logger.LogAttrs(j.ctx, level, message, attributes...)
}

// panicError is a panic in what the user of this package wrote.
type panicError struct {
	text, stack string
}

func (e *panicError) Error() string { return "panic: " + e.text }

// guard turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicError{fmt.Sprint(cause), string(debug.Stack())}
		}
	}()
	return f()
}

// answer writes a status and a fixed text.
func answer(w http.ResponseWriter, status int, detail string) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"detail":"`+detail+`"}`)
}
