// Package server puts an implementation of the generated server interface behind the whole chain that the Partner API
// needs: request id and recovery, bearer token, signature over the raw bytes, validation against the contract,
// idempotency, and at last the operation.
//
//	err := server.ListenAndServe(ctx, "127.0.0.1:8080", server.Config{
//		API:    bank,
//		Lookup: lookUp,
//		Store:  store, // of package idempotency; without one, repeats are not noticed
//	})
//
// [New] makes the handler alone, and [NewHTTPServer] an http.Server with limits that are right for it.
//
// The body is read once, bounded, and held, a large one in a file: the same bytes serve the signature, the validation,
// the fingerprint and the decoder. The operation is found once: the one that is checked is the one that runs. What
// strangers can cost is bounded; docs/server.md says by what.
//
// Behind http.StripPrefix and the like, signatures are still verified over the whole path that was called.
package server
