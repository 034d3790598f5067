package server

import (
	"context"
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"github.com/jiko-partner/partner-go/pkg/authentication"
	"github.com/jiko-partner/partner-go/pkg/validation"
)

// HeaderRequestID carries the id that the server gives a request. The provider's own is not documented.
const HeaderRequestID = "X-Request-Id"

// exchange is all that the chain knows of a request. It is the one context that the chain adds, so that the request is
// copied once; what is learned on the way is noted here.
type exchange struct {
	context.Context

	server *Server
	// id is the request id. It is an array because the answer's header is a slice of it.
	id [1]string
	// match is what the request calls, or the zero Match when the contract has no such operation.
	match validation.Match
	// operation is what the chain knows of the operation that is called. It is never nil.
	operation *operation
	// caller is who called, once that is known.
	caller authentication.Caller
	// route has the values of the path's parameters, from where the generated code reads them.
	route  chi.Context
	values [4]string // Room for those of any path of the contract; more of them take memory of their own.
	routed bool
	// cost is what time was set aside for the check of a stranger's body, and checked when it began.
	cost    time.Duration
	checked time.Time
	// newcomer is the connection, if the request came when nobody had proven who they are. hasTurn says that no other
	// is served meanwhile.
	newcomer *newcomer
	hasTurn  bool
	// log sees the answer, and says what the line about it will say.
	log requestLog
}

type exchangeKey struct{}

// Value answers for the whole chain.
func (e *exchange) Value(key any) any {
	switch key {
	case exchangeKey{}:
		return e
	case authentication.CallerKey{}:
		return &e.caller
	case chi.RouteCtxKey:
		if e.routed {
			return &e.route
		}
	}
	return e.Context.Value(key)
}

// exchangeOf returns the exchange that ctx belongs to. Outside of the chain it is one of which nothing is known.
func exchangeOf(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return e
	}
	return &exchange{operation: &operation{}}
}

// RequestID returns the id of the request that ctx belongs to, or nothing.
func RequestID(ctx context.Context) string { return exchangeOf(ctx).id[0] }

// begin gives a request an id of our own, since what a caller sends could be anything, and an exchange.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) (*exchange, http.ResponseWriter, *http.Request) {
	e := &exchange{Context: r.Context(), server: s, id: [1]string{s.config.RequestID()}, operation: &unknown}
	w.Header()[HeaderRequestID] = e.id[:]
	e.log.ResponseWriter = w
	if s.config.Observe != nil || s.config.Logger.Enabled(e.Context, slog.LevelInfo) {
		e.log.start = time.Now()
	}
	return e, &e.log, r.WithContext(e)
}

// newRequestID returns a random UUID (version 4). It names a request in logs and opens nothing, so the runtime's own
// generator is good enough, and much cheaper than the system's.
func newRequestID() string {
	var id uuid.UUID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64()) //nolint:gosec // G404: see above
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64()) //nolint:gosec // G404: see above
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}
