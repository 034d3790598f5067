package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// ReportKind says what became of a delivery.
type ReportKind uint8

// The kinds of reports.
const (
	// ReportHandled says that the function returned nil, and that the store remembers it.
	ReportHandled ReportKind = iota + 1
	// ReportRepeated says that the event was handled before. The function was not called.
	ReportRepeated
	// ReportAltered says the same of a delivery whose bytes differ from those that were handled. Nobody has handled
	// what it says otherwise: look at it, if that does not happen all the time.
	ReportAltered
	// ReportRefused says that the delivery was refused before its function was called; Report.Refusal says why.
	ReportRefused
	// ReportFailed says that the function failed or panicked; Report.Err says how.
	ReportFailed
	// ReportLate says that the function is over its deadline and has not returned. Another report follows when it does.
	ReportLate
	// ReportExpired says that a lease ended before its event was done. If Report.Err is nil, this delivery takes the
	// event over from a program that died. Otherwise another delivery took it over from this one, which may be at it
	// still.
	ReportExpired
	// ReportStoreFailed says that a step of the store failed; Report.Err says why. Before the function it means that
	// the event was not handled. Afterwards the event stays in progress until its lease ends, and a delivery that comes
	// then calls the function again.
	ReportStoreFailed
	// ReportAbandoned says that the event was released from the queue, since Close gave up.
	ReportAbandoned
)

// kinds has the label, the level and the log message of each kind.
var kinds = map[ReportKind]struct {
	label   string
	level   slog.Level
	message string
}{
	ReportHandled:     {"handled", slog.LevelDebug, "webhook handled"},
	ReportRepeated:    {"repeated", slog.LevelInfo, "webhook was handled before"},
	ReportAltered:     {"altered", slog.LevelWarn, "webhook was handled before with other content"},
	ReportRefused:     {"refused", slog.LevelWarn, "webhook refused"},
	ReportFailed:      {"failed", slog.LevelError, "webhook function failed"},
	ReportLate:        {"late", slog.LevelWarn, "webhook function is over its deadline"},
	ReportExpired:     {"expired", slog.LevelWarn, "webhook lease expired"},
	ReportStoreFailed: {"store_failed", slog.LevelError, "webhook store failed"},
	ReportAbandoned:   {"abandoned", slog.LevelError, "webhook was not handled before the end"},
}

// String returns the kind in one word, for the label of a metric.
func (k ReportKind) String() string {
	if about, ok := kinds[k]; ok {
		return about.label
	}
	return fmt.Sprintf("ReportKind(%d)", uint8(k))
}

// Report is what a Handler tells its observer. It is not called an event, as that is what is delivered.
type Report struct {
	Kind ReportKind
	// Event is what was delivered, or nil if the delivery was refused before that was known.
	Event *Event
	// Refusal is why the delivery was refused, if the kind is ReportRefused.
	Refusal Refusal
	// Err is why something failed, or nil. It holds nothing of the delivery, unless the function put that into its
	// error.
	Err error
}

// report tells the log and the observer.
func (h *Handler) report(ctx context.Context, r Report) {
	about := kinds[r.Kind]
	var attributes []slog.Attr
	if r.Event != nil {
		attributes = append(attributes, slog.String("event_id", r.Event.ID.String()),
			slog.String("event_type", r.Event.kind()))
	}
	if r.Kind == ReportRefused {
		attributes = append(attributes, slog.Int("status", r.Refusal.Status),
			slog.String("reason", string(r.Refusal.Reason)))
		if r.Refusal.Reason == ReasonInProgress {
			about.level = slog.LevelInfo
		}
	}
	if r.Err != nil {
		attributes = append(attributes, slog.String("error", r.Err.Error()))
	}
	var p *panicError
	if errors.As(r.Err, &p) {
		attributes = append(attributes, slog.String("stack", p.stack))
	}
	h.config.Logger.LogAttrs(ctx, about.level, about.message, attributes...)
	if h.config.Observe == nil {
		return
	}
	// Some reports come from goroutines that nobody recovers, and some while an event is held.
	if err := guard(func() error { h.config.Observe(ctx, r); return nil }); errors.As(err, &p) {
		h.config.Logger.LogAttrs(ctx, slog.LevelError, "webhook observer panicked", slog.String("error", err.Error()),
			slog.String("stack", p.stack))
	}
}
