package server

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/jiko-partner/partner-go/internal/wire"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

const (
	// openTimeout is how long the body of an open operation may take: it is a packet or two.
	openTimeout = 10 * time.Second
	// checkPerByte is about what it takes to check a byte.
	checkPerByte = 10 * time.Nanosecond
	// refusalCost is what the refusal of a stranger costs beyond that, at worst: a connection, headers, an answer, and
	// what the kernel has taken in of a body that nobody reads.
	refusalCost = time.Millisecond
	// strangersPatience is how long a stranger waits for its turn.
	strangersPatience = time.Second
)

// holdUp keeps back the refusal of a stranger until it is its turn: those who call over and over must not take the time
// of those who are known. It is deferred, and the answer goes out afterwards.
func (s *Server) holdUp(e *exchange) {
	if e.caller.ID != "" || e.log.status < http.StatusBadRequest || e.log.reason == reasonNewcomer ||
		s.strangers.Wait(refusalCost, strangersPatience) {
		return
	}
	// Too many wait. If it did not, more connections would be all that a stranger needs.
	patience := time.NewTimer(strangersPatience)
	defer patience.Stop()
	select {
	case <-patience.C:
	case <-e.Done(): // It is gone.
	}
}

// serveOpen serves an operation that everybody may call. Whoever calls it is a stranger, so its body is small, and is
// checked when it is its turn.
func (s *Server) serveOpen(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if r.Body == nil || r.Body == http.NoBody {
		next.ServeHTTP(w, r)
		return
	}
	if r.ContentLength > s.config.MaxOpenBodyBytes {
		s.refuseBody(w, r, wire.ErrTooLarge)
		return
	}
	if !s.admit(w, r) {
		return
	}
	body, err := wire.Read(w, r, wire.Bounds{MaxBytes: s.config.MaxOpenBodyBytes, Timeout: openTimeout})
	if err != nil {
		s.refuseBody(w, r, err)
		return
	}
	// Nobody knows what a stranger's body is made of, so as much time is set aside as the worst takes.
	cost := time.Duration(body.Len()) * checkPerByte
	if !s.strangers.Wait(cost, strangersPatience) {
		exchangeOf(r.Context()).log.reason = "too_many_strangers"
		wire.SetRetryAfter(w.Header(), strangersPatience)
		s.answer(w, http.StatusServiceUnavailable, "", "too many are waiting: nothing was executed, come again")
		return
	}
	e := exchangeOf(r.Context())
	e.cost, e.checked = cost, time.Now()
	wire.Put(r, body)
	next.ServeHTTP(w, r)
	s.endCheck(e) // Unless the operation ran.
}

// endCheck accounts for the time that the check of a stranger's body took.
func (s *Server) endCheck(e *exchange) {
	if !e.checked.IsZero() {
		s.strangers.Settle(e.cost, time.Since(e.checked))
		e.checked = time.Time{}
	}
}

// refuseBody answers a body that was not read.
func (s *Server) refuseBody(w http.ResponseWriter, r *http.Request, err error) {
	refusal := validation.Refusal{
		Status: http.StatusBadRequest, Direction: validation.DirectionRequest,
		Operation: exchangeOf(r.Context()).match.Operation,
	}
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		refusal.Status = http.StatusRequestEntityTooLarge
	case errors.Is(err, wire.ErrTooSlow):
		refusal.Status = http.StatusRequestTimeout
	}
	s.refuseRequest(w, r, refusal)
}

// absent stands in for a body that is not read yet.
var absent = wire.Hold(nil, nil)

// admit refuses a request that has a body if its head alone shows it to be wrong: its path, its method, its parameters,
// its media type, its length. So nobody sends, and we do not read, what will be refused. It does not depend on who
// calls.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	// Most writes need no closer look. Key, signature and length have been looked at.
	if media := r.Header["Content-Type"]; exchangeOf(r.Context()).operation.plain && len(media) == 1 &&
		media[0] == "application/json" && r.URL.RawQuery == "" && len(r.Header["Content-Encoding"]) == 0 {
		return true
	}
	body, length, encoding := r.Body, r.ContentLength, r.TransferEncoding
	r.Body, r.ContentLength = absent, max(length, 1) // The length of chunks is known once they are there.
	err := s.validator.CheckRequest(r)
	r.Body, r.ContentLength, r.TransferEncoding = body, length, encoding
	var refusal *validation.Refusal
	if !errors.As(err, &refusal) {
		return true
	}
	refusal.Violations = slices.DeleteFunc(refusal.Violations, func(v validation.Violation) bool {
		return slices.Index(v.Location, "body") == 0 // That is to be seen.
	})
	if refusal.Status == http.StatusUnprocessableEntity && len(refusal.Violations) == 0 {
		return true
	}
	s.refuseRequest(w, r, *refusal)
	return false
}
