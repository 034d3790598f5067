// Package idempotency makes the keys that name requests, and has a guard for servers under which each request takes
// effect once.
//
// # Keys
//
// The Partner API takes a request for a repeat when its key was used within the last hour. (Source: the provider's
// authentication guide. What a repeat answers is not documented.) Use one key per logical request, send it with every
// attempt, and never use it for another request:
//
//	key := idempotency.NewKey()
//
// # Servers
//
// A [Guard] claims the key of a request in a [Store], runs the handler, stores the response, and sends it. A repeat
// gets the stored response:
//
//	guard, err := idempotency.New(idempotency.Config{Store: new(idempotency.Memory)})
//	http.ListenAndServe(addr, guard.Middleware(handler))
//
// What is done with an answer depends on its status, by a policy that can be replaced: [Config] has a function for it.
// Responses can be encrypted before a store gets them: see [EncryptionKey].
//
// A [Memory] serves one process. The packages redisstore and pgstore have stores that many processes share, and
// storetest holds any store to its contract. docs/idempotency.md says what is promised when something dies, and what is
// not.
//
// An [Executor] does the same for work that is not an HTTP request, such as the jobs of a queue. Package webhook
// handles events by it.
package idempotency
