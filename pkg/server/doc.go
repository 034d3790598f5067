// Package server puts an implementation of the generated server interface behind the whole chain that the Partner API
// needs: request id and recovery, body limit, bearer token, signature over the raw bytes, validation against the
// contract, idempotency, and at last the operation.
//
//	err := server.ListenAndServe(ctx, "127.0.0.1:8080", server.Config{API: bank, Authenticate: lookUp})
//
// New makes the handler alone, and NewHTTPServer an http.Server with limits that are right for it.
//
// The body is read once. The same bytes serve the signature, the validation, the fingerprint and the decoder.
//
// Mounted below a prefix, as with http.StripPrefix, the handler still verifies signatures over the whole path that was
// called.
package server
