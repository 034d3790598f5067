// Package idempotency has the keys that name a request, and what makes a server execute a request once.
//
// # Keys
//
// The Partner API treats a request whose key was used within the last hour as a repeat. (Source: the provider's
// authentication guide. What a repeat answers is not documented.) Use one key per logical request, keep it for every
// attempt, and never use it for another request:
//
//	key := idempotency.NewKey()
//
// # Servers
//
// [Middleware] claims the key of a request in a [Store], runs the handler, stores what it answers, and sends it; a
// repeat gets the stored response:
//
//	once, err := idempotency.Middleware(idempotency.Config{Store: new(idempotency.Memory)})
//	http.ListenAndServe(addr, once(handler))
//
// A [Memory] is for one process. The packages redisstore and pgstore below this one have stores for many; storetest
// holds a store to its contract. docs/idempotency.md says what is promised when something dies, and what is not.
package idempotency
