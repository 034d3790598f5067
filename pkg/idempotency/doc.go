// Package idempotency has the keys that name a request, so that sending it again does not do it again.
//
// The Partner API treats a request whose key was used within the last hour as a repeat. (Source: the provider's
// authentication guide. What a repeat answers is not documented.) Use one key per logical request, keep it for every attempt,
// and never use it for another request:
//
//	key := idempotency.NewKey()
package idempotency
