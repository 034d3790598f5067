package server

import (
	"cmp"
	"time"
)

// Served is a request that was answered, as Config.Observe gets it. It has no token, no signature and no body.
type Served struct {
	// RequestID is its id, as in X-Request-Id.
	RequestID string
	// Operation is the operationId, or empty if the contract has no such operation.
	Operation string
	// Status is what was answered, or 0 if the connection broke before.
	Status int
	// Duration is how long it took, by the clock on the wall.
	Duration time.Duration
	// Partner is the id of the caller, once it was known who called.
	Partner string
	// Reason says in a word why it was refused before the operation, if it was, and Explanation says it to a person:
	// with Config.Development also which mistake led to a signature that is wrong. It is not for strangers.
	Reason, Explanation string
	// Replayed says that the answer is that of an earlier request with the same key.
	Replayed bool
}

// observe tells of a request.
func (s *Server) observe(e *exchange) {
	l := &e.log
	s.config.Observe(e, Served{
		RequestID: e.id[0], Operation: e.match.Operation.ID, Status: l.status, Duration: time.Since(l.start),
		Partner: cmp.Or(e.caller.ID, l.partner), Reason: l.reason, Explanation: l.explanation, Replayed: l.replayed,
	})
}
