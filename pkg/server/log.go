package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"
)

// requestLog is what the log says of a request, once it is answered. It stands between the chain and the
// http.ResponseWriter, to see the status.
type requestLog struct {
	http.ResponseWriter

	status int
	start  time.Time // zero if nothing is to be logged
	// reason says why the request was refused, if it was, and explanation says it to a person. partner is who sent it.
	reason, explanation, partner string
	replayed, aborted            bool
}

// WriteHeader implements http.ResponseWriter.
func (l *requestLog) WriteHeader(status int) {
	if l.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		l.status = status
	}
	l.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (l *requestLog) Write(p []byte) (int, error) {
	if l.status == 0 {
		l.status = http.StatusOK
	}
	return l.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (l *requestLog) Unwrap() http.ResponseWriter { return l.ResponseWriter }

// logRequest is deferred: it writes the line about a request.
func (s *Server) logRequest(e *exchange, r *http.Request) {
	l := &e.log
	if l.start.IsZero() {
		return
	}
	switch {
	case l.aborted:
		l.reason = "aborted"
	case l.status == 0:
		l.status = http.StatusOK // As net/http does.
	}
	if s.config.Observe != nil {
		s.observe(e)
	}
	if !s.config.Logger.Enabled(e.Context, slog.LevelInfo) {
		return
	}
	attributes := make([]slog.Attr, 0, 9)
	attributes = append(attributes, slog.String("operation", e.match.Operation.ID), slog.String("method", r.Method))
	if l.status != 0 {
		attributes = append(attributes, slog.Int("status", l.status))
	}
	attributes = append(attributes, slog.Duration("duration", time.Since(l.start)), slog.String("request_id", e.id[0]))
	for _, text := range []struct{ name, value string }{
		{"partner", cmp.Or(e.caller.ID, l.partner)}, {"reason", l.reason}, {"explanation", l.explanation},
	} {
		if text.value != "" {
			attributes = append(attributes, slog.String(text.name, text.value))
		}
	}
	if l.replayed {
		attributes = append(attributes, slog.Bool("replayed", true))
	}
	s.config.Logger.LogAttrs(e, slog.LevelInfo, "request", attributes...)
}

// logError logs a failure of ours.
func (s *Server) logError(ctx context.Context, message string, attributes ...slog.Attr) {
	e := exchangeOf(ctx)
	s.config.Logger.LogAttrs(ctx, slog.LevelError, message, append(attributes,
		slog.String("operation", e.match.Operation.ID), slog.String("request_id", e.id[0]))...)
}
