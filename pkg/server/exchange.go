package server

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

// HeaderRequestID carries the id that the server gives a request. The provider's own is not documented.
const HeaderRequestID = "X-Request-Id"

// exchange is what the chain knows of a request. One context has all of it, as each further one would copy the request.
type exchange struct {
	id    string
	needs requirement
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return e
	}
	return new(exchange)
}

// RequestID returns the id of the request that ctx belongs to, or nothing.
func RequestID(ctx context.Context) string {
	return exchangeOf(ctx).id
}

// identify gives each request an id of our own: what a caller sends could be anything.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := uuid.NewString()
		w.Header().Set(HeaderRequestID, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, &exchange{id: id})))
	})
}
